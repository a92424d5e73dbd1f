"""A run as it goes on: sentences for its events, the halt message, the summary, notices."""
