"""A Kubernetes cluster for tests: a stateful API server over real HTTP, true to what was measured
on a real control plane, its controllers, and kubelets in memory.

Nothing here imports the product. `FakeCluster` is the door.
"""
