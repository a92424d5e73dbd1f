"""Starter rollout files for pools behind HAProxy. Pure."""
