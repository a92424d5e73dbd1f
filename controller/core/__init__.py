"""The decisions: values in, values out.

What belongs here: pool and member values, the plan, every state transition, the judgement of
gates, and `decide`. What does not: IO, clocks, randomness, logging, libraries. Time comes in as
`now`, an instant measured from an arbitrary origin (see `controller.core.pool.Instant`).
"""
