"""The report: one rollout as one HTML page that needs nothing but itself.

What belongs here: from a journal's records to values, from values to shapes (bars, curves), and
the templates that draw them. All text goes through the templates, which escape it. What does not:
files, the network, scripts, decisions.
"""

from controller.report.page.render import page

__all__ = ["page"]
