"""Docs that are drawn from the code, and tests that the others say what the code does."""
