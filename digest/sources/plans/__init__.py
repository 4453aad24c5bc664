"""What to ask each source in a run; parsing is the work of `kinds`, asking that of `asking`."""
