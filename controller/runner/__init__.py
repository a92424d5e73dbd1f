"""The thin shell: does what the core decides, and journals before it does.

What belongs here: the loop, the performing of steps, the journal's JSON. What does not: any
decision (`controller.core`), any system (`adapters`), any word to a terminal (`controller.cli`).
"""
