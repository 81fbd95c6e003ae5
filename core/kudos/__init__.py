"""One member thanks others: the message, its tags, the points it moves, and the seconds it gathers."""
