"""Kubernetes: pools of pods behind a Service, pools of Nodes, and lock and state in the cluster."""
