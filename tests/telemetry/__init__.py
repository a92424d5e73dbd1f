"""Poolroll's own metrics: what they say, how they leave, and that they are never in the way."""
