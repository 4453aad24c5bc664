"""Each day's new research papers, ranked for each subscriber, in one letter."""
