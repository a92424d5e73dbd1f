"""What is found out before anything is touched: load balancers, `unless`, gates, programs.

Everything here reads only. What follows from it is up to `controller.lifecycle`.
"""
