"""Credentials and where they come from: a pod's own, a kubeconfig, a plugin."""
