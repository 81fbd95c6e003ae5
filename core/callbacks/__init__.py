"""Callbacks: functions by name that badges call when one is awarded, a step is done, or a journey is completed."""
