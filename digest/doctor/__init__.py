"""Looks an installation over, piece by piece, and says how to mend what is wrong. Mends nothing."""
