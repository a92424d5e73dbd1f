"""Export of poolroll's own metrics: a page to scrape, a text file, a Pushgateway.

Belongs here: putting metrics into the text format (`page`, the only module that imports
prometheus-client), serving, writing and sending it. Does not belong here: which metrics there are
and what they say (`controller.telemetry`), when they are exported (`controller.telemetry.meter`),
querying a metrics server (`adapters.prometheus`). Nothing here is imported unless one of its
options is used.
"""
