"""One folder per external system, named after the technology.

Every package implements protocols of `controller.ports`, maps the errors of its library and system
to `controller.errors`, and imports no other adapter. Only `words` is shared. Decisions about a
rollout do not belong here.
"""

__project__ = "poolroll"
