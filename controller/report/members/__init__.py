"""How each member stands, in words: what was done to it, and where it was last seen."""
