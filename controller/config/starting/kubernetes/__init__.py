"""Starter rollout files for pools in Kubernetes. Pure."""
