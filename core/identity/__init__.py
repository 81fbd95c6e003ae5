"""Accounts of one person on several platforms: linking them, and merging the members that they were before."""
