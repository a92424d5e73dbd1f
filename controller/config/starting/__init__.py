"""Rollout files to begin with: the commented starter, and one filled from what was found. Pure."""
