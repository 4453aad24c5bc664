"""Bytes of a stranger -> a tree or rows that are safe to look at: bounded in size, time, memory."""
