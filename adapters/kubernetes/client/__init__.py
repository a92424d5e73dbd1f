"""Calls and watches of the Kubernetes API."""
