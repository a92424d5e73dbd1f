"""Gates: configuration, evidence, and how evidence becomes a verdict.

Does not belong here: when a gate is sampled and what a verdict leads to
(`controller.core.decide.gates`), and fetching the evidence (`adapters`).
"""
