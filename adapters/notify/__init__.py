"""Notifications by webhook, by mail and by command.

Belongs here: one notice as a request, a mail or an environment, and one try to deliver it. Does not
belong here: what to notify of (`controller.report`), retries and time limits
(`controller.runner.notify`), reading secrets (`controller.config`). httpx is imported by `webhook`
alone, smtplib by `smtp` alone, and either only for a file that needs it.
"""
