"""What happens around a run: pings, a word to the operator, metrics, old rows forgotten."""
