"""A Kubernetes cluster for tests: an API server, nodes that run pods, a proxy in front of them."""
