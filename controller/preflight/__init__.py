"""Checks before anything is touched: load balancers, `unless`, gates, programs, forecast.

Everything here is read-only; `controller.lifecycle` decides what follows.
"""
