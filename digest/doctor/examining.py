"""Looks everything over, in the order in which a run needs it."""

from collections.abc import Iterator

from digest.config.schema import Config
from digest.doctor.findings import Finding, bad, good, skipped
from digest.doctor.machine import check_machine
from digest.doctor.mail_names import check_mail_names
from digest.doctor.people import check_people
from digest.doctor.tools import Tools
from digest.errors import TemplateError
from digest.pipeline.printing import open_press


def examine(config: Config, tools: Tools) -> Iterator[Finding]:
    """Yield a finding for each thing that was looked at."""
    yield good("configuration", f"{config.path} is right")
    yield check_templates(config)
    yield from check_machine(config, tools)
    yield from check_people(config, tools)
    if tools.offline:
        yield skipped("network", "sources, relay and DNS were not asked (--offline)")
        return
    from digest.doctor.pages import check_pages
    from digest.doctor.sources import check_sources
    from digest.doctor.ways_out import check_ways_out

    yield from check_sources(config, tools)
    yield from check_ways_out(config)
    yield from check_pages(config)
    yield from check_mail_names(config, tools.resolver)


def check_templates(config: Config) -> Finding:
    """Compile the templates and load the key that signs."""
    try:
        open_press(config, bytes(32))
    except TemplateError as error:
        return bad("templates", str(error), "`digest check` names file and line")
    return good("templates", "can be filled")
