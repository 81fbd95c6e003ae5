"""What members do and when they were there: activities, attendance, holidays, and what is kept of them to be read at once."""
