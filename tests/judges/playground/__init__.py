"""Microsoft's Agents Playground as a judge."""
