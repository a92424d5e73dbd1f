"""The live board: a state and what was kept of its past → lines that fit a terminal.

What is shown, in how many rows and in which words, belongs here, as pure functions of values. No
terminal, no colour, no library and no clock does: `controller.cli.live` paints these lines.
"""
