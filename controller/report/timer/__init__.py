"""What starts a rollout at a time of day: units of systemd, and a line for cron. Pure."""
