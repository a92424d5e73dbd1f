"""Starter rollout files for `init`: one folder per kind of pool. Pure."""
