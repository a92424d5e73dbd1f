"""The board: the live display of a rollout, as lines that fit a terminal.

Belongs here: what is shown, in how many rows and in which words, as pure functions. Does not belong
here: terminals, colours, libraries and clocks; `controller.cli.live` paints these lines.
"""
