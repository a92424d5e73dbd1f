"""The rollout file → settings, and the work on each member.

What belongs here: reading YAML with places, one model for each section of the file, every fault
a file can have with its mend, templates, the starter file, the JSON Schema. What does not:
asking a load balancer, running anything, deciding anything; and no other reading of
configuration anywhere else.

The models mirror the page: they keep `5m` as it stands there. `settings` and `working` turn
them into the values of `controller.core`.
"""

from controller.config.changes import SECRET_CHANGED, changes, fingerprint
from controller.config.json_schema import schema
from controller.config.masking import masked
from controller.config.reader import load, parse, reload
from controller.config.recipients import Audience, Recipient, WebhookTarget, audience
from controller.config.rollout_file import Program, RolloutFile
from controller.config.starting.starters import starter
from controller.config.text.places import Trail

__all__ = [
    "SECRET_CHANGED",
    "Audience",
    "Program",
    "Recipient",
    "RolloutFile",
    "Trail",
    "WebhookTarget",
    "audience",
    "changes",
    "fingerprint",
    "load",
    "masked",
    "parse",
    "reload",
    "schema",
    "starter",
]
