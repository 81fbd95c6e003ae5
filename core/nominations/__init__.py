"""Campaigns, ballots and votes."""
