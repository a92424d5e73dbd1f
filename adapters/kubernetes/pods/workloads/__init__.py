"""Workloads that own the pods of a Service, each by its measured sequence."""
