"""Ranks papers for interests. Touches no network, clock or disk."""
