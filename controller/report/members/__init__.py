"""The status of each member in words: what was done to it, and where it was last seen."""
