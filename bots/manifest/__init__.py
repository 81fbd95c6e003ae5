"""What the platforms are told about Plaudit: built from the locale files and our own routes, without SDK or network."""
