"""Hosts for tests: a real sshd on loopback, what it finds on its PATH, a machine that restarts."""
