"""One run, top to bottom: the only room that calls the stages, and in which order."""
