"""The edges: translate in, translate out; no rules, no SQL."""
