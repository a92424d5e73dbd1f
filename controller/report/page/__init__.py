"""The report: one self-contained HTML page about a rollout.

Belongs here: from journal records to values, from values to shapes (bars, curves), and the
templates that draw them. All text goes through the templates, which escape it. Does not belong
here: files, the network, scripts, decisions.
"""

from controller.report.page.render import page

__all__ = ["page"]
