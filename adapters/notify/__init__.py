"""Telling people: webhooks and commands.

Belongs here: how one notice is put into a request or an environment, and one try to deliver it.
Does not belong here: what is worth telling (`controller.report`), tries and patience
(`controller.runner.notify`), where secrets come from (`controller.config`). httpx is imported by
`webhook` alone, and `webhook` only for a file that has one.
"""
