"""What is owed at which time."""
