"""The plan for people and as JSON, with its forecast."""
