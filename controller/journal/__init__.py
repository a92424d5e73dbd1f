"""The journal's wire format: events and plans as JSON, and replay of a state from them.

Does not belong here: where the records are stored (`adapters.storage`).
"""
