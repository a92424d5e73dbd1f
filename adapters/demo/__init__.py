"""The embedded default: a HAProxy, small app servers and a load, all on loopback."""
