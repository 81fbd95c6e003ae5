"""Badges and the awards of them."""
