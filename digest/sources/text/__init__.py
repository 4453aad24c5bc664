"""Turns whatever a source calls text into plain, readable, bounded text. Pure."""
