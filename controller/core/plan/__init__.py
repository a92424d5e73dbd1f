"""The plan: what will be done, or every reason to refuse, and how it is made."""
