"""What the platforms' own software says about what we send: schemas, types and parsers that nobody here wrote."""
