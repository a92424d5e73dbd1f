"""Rollout files to begin with, for pools behind HAProxy. Pure."""
