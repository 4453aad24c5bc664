"""Reads papers from the outside world and cleans every text; stores nothing itself."""
