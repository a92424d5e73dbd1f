"""Validation from outside: HTTP, TCP, a command."""
