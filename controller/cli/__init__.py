"""The command line: arguments, questions, output and exit codes. No decisions about a rollout.

`main` imports each command's module only when it is called, so that `--help` is fast.
"""
