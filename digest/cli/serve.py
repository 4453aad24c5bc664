"""`digest serve`: the same pass as `digest run`, every minute, until it is told to stop."""

import gc
import logging
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from digest.care.around import do_chores, present_metrics, publish_metrics
from digest.care.pings import ping_about
from digest.cli import EXIT_FAILED, reason_of
from digest.cli.logs import complain
from digest.cli.people import with_everybody
from digest.cli.run import who_is_due
from digest.cli.session import choose_log, on_terminal, open_state, usual_options, utc_now
from digest.config import find_config
from digest.config.schema import Config
from digest.errors import AwayError, ConfigError, DigestError, LockedError
from digest.serving.daemon import Daemon
from digest.serving.metrics_page import metrics_page
from digest.serving.pace import NEVER, Pace, Pass
from digest.serving.watching import Watched

if TYPE_CHECKING:
    from digest.state.database import Database

log = logging.getLogger(__name__)

EVERY_SECONDS = 60
ALIVE_EVERY = timedelta(minutes=15)


@click.command("serve")
@usual_options
@click.option(
    "--every",
    type=click.IntRange(1, 3_600),
    default=EVERY_SECONDS,
    show_default=True,
    metavar="SECONDS",
    help="How often to look who is due.",
)
def command(config_path: Path | None, every: int) -> int:
    """Serve every subscriber when their hour comes, until SIGTERM; reload YAML that changes.

    A changed configuration with mistakes is told of on stderr, and the one from before stays in
    force. SIGHUP reloads at once. On SIGTERM letters that are on the wire are finished first.

    \b
    Examples:
      digest serve                     in the foreground; config/ has a systemd unit
      digest serve -v                  and say what it does
      systemctl reload morning-papers  read the configuration again (SIGHUP)

    Exit codes: 2 wrong configuration at the start, 130 Ctrl-C, 143 SIGTERM.
    """
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # until the daemon answers: all is read anyway
    import digest.cli.passing  # noqa: F401  # loaded now, so that no tick is slow to hear SIGTERM

    watched = Watched(find_config(config_path, os.environ), os.environ)
    choose_log(watched.config)
    # A database that cannot be used ends the daemon now rather than at night; a server may be late.
    with suppress(AwayError), closing(open_state(watched.config)):
        pass
    service = Service(watched, utc_now)
    daemon = Daemon(service.tick, watched.refresh, float(every))
    service.stopping = lambda: bool(daemon.stopped_by)
    log.info("daemon event=started every=%d config=%s", every, watched.path)
    if on_terminal():
        pages = watched.config.pages
        where = f"; pages at http://{pages.host}:{pages.port}" if pages else ""
        click.echo(f"Serving {watched.path}{where}. Ctrl-C stops; -v says what is done.")
    with metrics_page(watched.config.metrics_port, service.metrics), letter_pages(service):
        return daemon.run()


@contextmanager
def letter_pages(service: "Service") -> Iterator[None]:
    """Serve what letters link to until the block ends, where the configuration says so.

    Raises:
        ConfigError: their library is not installed, or somebody else has the port.
    """
    pages = service.watched.config.pages
    if pages is None:
        yield
        return
    try:
        from digest.web.pages import Desk, make_app
        from digest.web.server import listen, pages_served
    except ImportError as error:
        from digest.cli.check import NO_PAGES

        raise ConfigError.of(service.watched.path, f"pages: {NO_PAGES}", "pages") from error
    desk = Desk(lambda: service.watched.config, service.clock)
    try:
        listener = listen(pages.host, pages.port)
    except OSError as error:
        reason = f"pages: {pages.host}:{pages.port} cannot be listened on: {error.strerror}"
        raise ConfigError.of(service.watched.path, reason, "pages") from error
    with pages_served(make_app(desk), listener):
        log.info("pages event=started host=%s port=%d", pages.host, pages.port)
        yield


@dataclass(slots=True)
class Service:
    """What a tick works with."""

    watched: Watched
    clock: Callable[[], datetime]
    pace: Pace = field(default_factory=Pace)
    alive_at: datetime = NEVER
    stopping: Callable[[], bool] = lambda: False
    told: str = ""  # why the database cannot be opened, as was complained of

    @property
    def config(self) -> Config:
        """The configuration of this moment, with everybody in it."""
        return with_everybody(self.watched.config)

    def tick(self) -> int:
        """Make a pass if there is a reason for one; a failure is told of and tried again later."""
        try:
            with closing(open_state(self.watched.config)) as database:
                self.told = ""
                if self.next_pass(database) is None:
                    return self.rest(database)
                with database.lock():
                    return self.make_pass(database)
        except LockedError:
            log.info("daemon event=waiting reason=another run is under way")
        except (DigestError, OSError) as error:  # a lock that is somebody else's, no file left
            told = reason_of(error)
            if told != self.told:
                complain(told)
            self.told = told
            if not isinstance(error, AwayError):
                self.pace.hold(self.clock())
            return EXIT_FAILED
        return 0

    def rest(self, database: "Database") -> int:
        """Say now and then that the daemon is alive, while there is nothing to do.

        Who waits for a broken source keeps a dead man's switch alarmed, as from cron.
        """
        from digest.state.waiting import load_waiting

        now = self.clock()
        if abs(now - self.alive_at) >= ALIVE_EVERY:
            self.alive_at = now
            waiting = load_waiting(database)
            broken = waiting is not None and waiting.emails and waiting.covers((), now)
            ping_about(self.watched.config, "fail" if broken else "")
            config = self.config
            do_chores(lambda: publish_metrics(config, database, now))
        return 0

    def metrics(self) -> str:
        """Return the metrics of this moment."""
        with closing(open_state(self.watched.config)) as database:
            return present_metrics(self.config, database, self.clock())

    def next_pass(self, database: "Database") -> Pass | None:
        """Return what there is to do now; None: nothing."""
        from digest.state.calendar import collected_at, has_open_letters

        config, now = self.config, self.clock()
        due = who_is_due(database, config, config.subscribers, now, at_once=False)
        return self.pace.next_pass(
            due,
            unfinished=has_open_letters(database, now),
            collected=collected_at(database),
            now=now,
        )

    def make_pass(self, database: "Database") -> int:
        """Do what there is to do, now that nobody else does; return the exit code."""
        from digest.cli.passing import run_and_tell

        wanted = self.next_pass(database)
        if wanted is None or self.stopping():
            return 0
        config = self.config
        try:
            code = run_and_tell(
                config, database, wanted.due, self.clock, as_json=False, collect=wanted.collect
            )
        finally:
            gc.collect()  # a pass freezes what is there, and its cycles would stay for good
        self.pace.note(wanted, failed=code == EXIT_FAILED, now=self.clock())
        self.alive_at = self.clock()
        return code
