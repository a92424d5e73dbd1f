"""Ways to keep a pod out of its Service without deleting it."""
