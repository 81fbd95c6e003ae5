"""Provable draws."""
