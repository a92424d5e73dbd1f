"""Notices: what is told, how it is put and delivered, and that it is never in the way."""
