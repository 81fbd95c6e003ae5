"""Linking and merging."""
