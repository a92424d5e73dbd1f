"""The rollout file → settings, and the work on each member.

Belongs here: reading YAML with line and column, one model for each section of the file, every
fault and how to fix it, templates, the starter file, the JSON Schema. Does not belong here:
asking a load balancer, running commands, decisions. No other package reads configuration.

The models keep what the file says (`5m` stays a text). `controller.config.values` turns them into
the values of `controller.core`.
"""

from controller.config.changes import (
    KEYED,
    SECRET_CHANGED,
    changes,
    fingerprint,
    key_fault,
    notices_fingerprint,
)
from controller.config.json_schema import schema
from controller.config.masking import masked
from controller.config.programs import Program
from controller.config.reader import load, parse, reload
from controller.config.recipients import (
    Audience,
    MailTarget,
    Recipient,
    WebhookTarget,
    audience,
    readable_audience,
)
from controller.config.rollout_file import RolloutFile
from controller.config.secret_values import secrets_of
from controller.config.starting.starters import starter
from controller.config.text.places import Trail

__all__ = [
    "KEYED",
    "SECRET_CHANGED",
    "Audience",
    "MailTarget",
    "Program",
    "Recipient",
    "RolloutFile",
    "Trail",
    "WebhookTarget",
    "audience",
    "changes",
    "fingerprint",
    "key_fault",
    "load",
    "masked",
    "notices_fingerprint",
    "parse",
    "readable_audience",
    "reload",
    "schema",
    "secrets_of",
    "starter",
]
