"""Mirrors the sources: tests/core for core, and so on."""
