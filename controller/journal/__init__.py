"""The journal's wire format: events and plans as JSON, and the state that they add up to.

What does not belong here: where the records are kept (`adapters.storage`).
"""
