"""HAProxy, through its Runtime API."""
