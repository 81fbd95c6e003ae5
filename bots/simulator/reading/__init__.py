"""A platform's message JSON → what a person reads on the screen."""
