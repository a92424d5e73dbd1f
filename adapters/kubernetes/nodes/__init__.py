"""Pools whose members are Nodes: cordoned, emptied by evictions, upgraded, proven, uncordoned."""
