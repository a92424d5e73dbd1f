"""Poolroll's own metrics: how a rollout stands, as figures for a monitoring system.

Belongs here: which metrics there are (`catalogue`), how they are taken from a state (`measure`,
`waits`: pure), and when they are handed out (`meter`). Does not belong here: how they are put into
text, served, written or sent (`adapters.telemetry`, which imports `values` alone), gates on
metrics of others, text for people (`controller.report`).
"""
