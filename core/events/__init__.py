"""What other systems tell of members: one message format, the badges and rules that want it, and what nobody could use."""
