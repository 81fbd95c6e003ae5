"""Each claim about speed as a command: what the product does, measured against a limit in the same run."""
