"""The daemon: a pass every minute until it is told to stop. Knows no stage and no command."""
