"""Journeys: badges that are earned step by step, in order or in any, by what happens, by what holds, or by a coordinator's word."""
