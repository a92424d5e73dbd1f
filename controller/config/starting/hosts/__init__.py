"""The starter for hosts behind any other balancer."""
