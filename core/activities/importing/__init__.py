"""What members did and when they were there, from a file: read, compared, and written whole or not at all."""
