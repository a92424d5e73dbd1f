"""The imperative shell: carries out what the core decides, and journals each step first.

Belongs here: the loop, its watchers, performing steps, sampling gates, notifications. Does not
belong here: decisions (`controller.core`), systems (`adapters`), terminals (`controller.cli`).
"""
