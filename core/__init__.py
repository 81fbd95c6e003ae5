"""The product; knows no platform, no card and no environment."""
