"""Who earned most in a period."""
