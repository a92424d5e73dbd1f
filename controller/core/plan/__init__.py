"""What will be done, or every reason not to: the plan and how it is made."""
