"""What a letter told is one row, not one for each of its papers: a third of what freezing wrote."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Lay the table of what was told anew."""
    op.rename_table("told", "told_before")
    op.create_table(
        "told",
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("date", sa.Text(), nullable=False),
        sa.Column("letter", sa.Text(), nullable=False),
        sa.Column("papers", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("email", "date", "letter", name="one_letter_told"),
        sqlite_with_rowid=False,
    )
    in_sqlite = op.get_bind().dialect.name == "sqlite"
    papers = "json_group_array(paper)" if in_sqlite else "cast(json_agg(paper) as text)"
    op.execute(
        f"insert into told select email, max(date), letter, {papers}"  # noqa: S608
        " from told_before group by email, letter order by 1, 2, 3"
    )
    op.drop_table("told_before")
