"""Rollout files to begin with: one folder per kind of pool, with its commented starter. Pure."""
