"""What follows from plan, state and now: one step or one conclusion at a time.

What belongs here: the order of the questions, and one handler for each phase of a member. What does
not: how an event changes the state (`controller.core.state`), the judgement of a sample
(`controller.core.gates`).
"""
