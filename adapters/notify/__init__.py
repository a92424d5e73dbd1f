"""Notifications by webhook and by command.

Belongs here: one notice as a request or an environment, and one try to deliver it. Does not belong
here: what to notify of (`controller.report`), retries and time limits (`controller.runner.notify`),
reading secrets (`controller.config`). httpx is imported by
`webhook` alone, and `webhook` only for a file that has one.
"""
