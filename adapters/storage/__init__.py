"""The state folder: journal and lock."""
