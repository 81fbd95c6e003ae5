"""What people see: one vocabulary of cards, the words in them, and one renderer per platform."""
