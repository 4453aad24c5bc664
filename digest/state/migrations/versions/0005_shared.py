"""What several letters tell is one snapshot: a program of before would take them for damaged."""

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Change nothing: the letters that are there stay as they are."""
