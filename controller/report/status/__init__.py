"""`status` and `history`: what the journal says, and what the load balancers show now."""
