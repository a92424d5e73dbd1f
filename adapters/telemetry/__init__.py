"""Ways out for poolroll's own metrics: a page that is scraped, a text file, a push gateway.

Belongs here: putting metrics into the text format (`page`, the only module that imports
prometheus-client), serving, writing and sending it. Does not belong here: which metrics there are
and what they say (`controller.telemetry`), when they are handed out (`controller.telemetry.meter`),
asking somebody else's metrics (`adapters.prometheus`). Nothing here is imported without one of the
options that ask for it.
"""
