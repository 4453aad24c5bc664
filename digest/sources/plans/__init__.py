"""What to ask each source in a run: one file per kind. Parsing is `kinds`' work, asking `asking`'s."""
