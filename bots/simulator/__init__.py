"""The three platforms' own APIs on loopback, and people who use them. Made without the platforms' SDKs, so that it cannot
share their misunderstandings. Imported by the demo and by tests only."""
