"""What letters are made of stands apart from their rows; what was told lies by date, in one tree.

Each step of a letter's way wrote its whole body again, and each paper told went into a table and
three indexes: together half of what a run wrote.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Move the bodies, and lay the table of what was told anew."""
    op.create_table(
        "bodies",
        sa.Column("letter", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["letter"], ["letters.key"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("letter"),
    )
    op.execute("insert into bodies (letter, body) select key, body from letters")
    op.drop_column("letters", "body")
    op.rename_table("told", "told_before")
    op.create_table(
        "told",
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("date", sa.Text(), nullable=False),
        sa.Column("paper", sa.Text(), nullable=False),
        sa.Column("letter", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("email", "date", "paper", name="one_telling"),
        sqlite_with_rowid=False,
    )
    op.execute(
        "insert into told select told_before.email, date, paper, letter"
        " from told_before join letters on letters.id = letter order by 1, 2, 3"
    )
    op.drop_table("told_before")
