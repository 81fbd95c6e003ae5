"""What the `plaudit` commands do; `bots/__main__.py` says what they are called."""
