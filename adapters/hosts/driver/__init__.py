"""The program that drives `ssh` for one task, a process of its own, and the scripts that it sends.

It is started by path with `python -I -S`, to start soon, under the helper of local steps: so it
outlives poolroll. What belongs here imports of ours only what is beside it.
"""
