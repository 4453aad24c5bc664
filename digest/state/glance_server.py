"""The quick look of `digest.state.glance` at a PostgreSQL server, by its driver alone."""

from collections.abc import Sequence
from datetime import datetime

from digest.state.glance import SQLITE_QUESTIONS, Glance, Questions, look

SCHEME = "postgresql+psycopg"
LASTS = """
select email, max(date) from letters
where date between %s and %s and email in (select json_array_elements_text(%s::json))
group by email"""
HABITS = """
select json_build_array(
        wishes->'timezone', wishes->'send_at', wishes->'days', wishes->'paused_until'
    )::text as habits, min(coalesce(newest, '')), max(coalesce(newest, ''))
from (
    select body::json as wishes, newest from subscribers left join (
        select email, max(date) as newest from letters where date between %s and %s group by email
    ) as lately using (email)
) as people group by habits"""
QUESTIONS = Questions(LASTS, HABITS, SQLITE_QUESTIONS.waiting.replace("?", "%s"))


def glance_at_server(url: str, now: datetime, emails: Sequence[str]) -> Glance | None:
    """Look into a database of the present shape; None: open it in earnest."""
    try:
        import psycopg
    except ImportError:
        return None
    try:
        with psycopg.connect(url.replace(SCHEME, "postgresql", 1), connect_timeout=10) as found:
            return look(found.execute, QUESTIONS, now, emails)
    except (psycopg.Error, ValueError):
        return None
