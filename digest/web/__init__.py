"""The pages that letters link to, for people who read them in a browser."""
