"""The ledger: accounts and the transfers between them, which are only ever appended."""
