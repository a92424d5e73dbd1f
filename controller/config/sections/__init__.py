"""The sections of a rollout file, a model for each, as they stand on the page.

What belongs here: keys, their kinds and defaults, and what is wrong with one section by itself.
What does not: what is wrong between sections, and what follows for a rollout.
"""
