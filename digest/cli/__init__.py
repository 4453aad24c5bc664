"""The commands: the only room that prints, logs to the terminal or exits."""
