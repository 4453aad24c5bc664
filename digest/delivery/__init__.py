"""Hands letters over and remembers what became of each; never looks inside one."""
