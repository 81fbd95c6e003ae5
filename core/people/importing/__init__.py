"""People from a CSV file: `sheet` reads it, `plan` compares it with what is known, `apply` writes it, all or nothing."""
