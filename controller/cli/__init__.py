"""Arguments, questions to the operator, output and exit codes. No decision about a rollout.

Every module but `main` is imported when its command is called, so that `--help` stays instant.
"""
