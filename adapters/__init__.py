"""One folder per system that poolroll talks to, named for the technology.

Every package here implements protocols of `controller.ports`, maps its library's and system's
errors into `controller.errors` at its edge, and imports no other adapter; `words` alone is shared.
No decision about a rollout belongs here.
"""
