"""Asks for a page that letters link to, as a reader's browser would."""

from collections.abc import Iterator
from contextlib import closing

from digest.config.schema import Config
from digest.doctor.findings import Finding, bad, good
from digest.sources.asking.door import Door, Question, Unreachable

OURS = b'<meta name="generator" content="Morning Papers">'
NOBODYS = "u/nobody"  # a link of nobody's: our answer says so
WAY_OUT = "`pages: {port: 8300}`, `digest serve` and a web server that passes its requests on"


def check_pages(config: Config) -> Iterator[Finding]:
    """Look whether the pages of `base_url` are ours; none is asked for where there are none."""
    url = config.site.base_url
    if not url:
        return
    try:
        with closing(Door(config.site.operator)) as door:
            answer = door.ask(Question(f"{url}/{NOBODYS}"))
    except Unreachable as error:
        yield bad("pages", f"{url}: {error.reason}", WAY_OUT)
        return
    if OURS in answer.body:
        yield good("pages", f"{url} answers")
    else:
        text = f"{url} answers {answer.status}, but not with the pages that letters link to"
        yield bad("pages", text, WAY_OUT)
