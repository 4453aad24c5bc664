"""The bounds of a feed's rows, for both of their readers."""

MAX_FIELD = 300_000  # characters of a description
MAX_SHORT = 5_000  # characters of a title, a link, an id
MAX_NAMES = 150_000  # characters of one list of authors

EXTRA_ARXIV = ("announce_type", "comment", "doi", "journal_ref")
