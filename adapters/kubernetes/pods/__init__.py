"""Pools of pods behind a Service."""
