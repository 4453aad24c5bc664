"""The bounds of a document's rows, for all of their readers."""

MAX_ENTRIES = 30_000  # of one document, as many as a source may give in a run
TOO_MANY = f"it holds more than {MAX_ENTRIES} entries"
MAX_FIELD = 300_000  # characters of a description
MAX_SHORT = 5_000  # characters of a title, a link, an id
MAX_NAMES = 150_000  # characters of one list of authors

EXTRA_ARXIV = ("announce_type", "comment", "doi", "journal_ref")
