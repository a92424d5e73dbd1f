"""Poolroll's own metrics: the state of a rollout for a monitoring system.

Belongs here: which metrics exist (`catalogue`), how they are computed from a state (`measure`,
`waits`: pure), and when they are exported (`meter`). Does not belong here: formatting, serving,
writing or sending them (`adapters.telemetry`, which imports only `values`), gates on other
systems' metrics, text for people (`controller.report`).
"""
