"""Keeps the configuration of a daemon up to date; a wrong one is told of and not taken."""

import logging
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from digest.config.loading import YAML_SUFFIXES, Register, load_register
from digest.config.schema import Config
from digest.errors import ConfigError

AT_START = ("log", "metrics_port", "pages")  # what a reload does not take over

Marks = dict[Path, tuple[int, int, int]]  # inode, time and size of every YAML file

log = logging.getLogger(__name__)


class Watched:
    """The configuration as it was last right."""

    def __init__(self, path: Path, environ: Mapping[str, str]) -> None:
        """Load it.

        Raises:
            ConfigError: it is wrong from the start.
        """
        self.path, self.environ = path, environ
        self.config: Config
        self.register: Register
        self.config, self.register = load_register(path, environ)
        self.started_with = self.config
        self.refused = ""  # what is wrong with the files of now, as was told
        self.marks = self._look()

    def refresh(self, forced: bool = False) -> bool:
        """Load it again where a file changed; True: there is a new one.

        A configuration with mistakes is tried again each time, and told of once: what mends it may
        be a file in a folder that nobody read before, or no YAML at all.
        """
        marks = self._look()
        if marks == self.marks and not forced and not self.refused:
            return False
        self.marks = marks
        try:
            self.config, self.register = load_register(self.path, self.environ)
        except ConfigError as error:
            if forced or str(error) != self.refused:
                log.error("config event=refused; the one from before stays in force:\n%s", error)
            self.refused = str(error)
            return False
        self.refused = ""
        log.info("config event=reloaded subscribers=%d", len(self.config.subscribers))
        for key in AT_START:
            if getattr(self.config, key) != getattr(self.started_with, key):
                log.warning("config event=needs_restart key=%s", key)
        return True

    def _look(self) -> Marks:
        """Return the marks of every YAML file in the folders that were read."""
        folders = {path.parent for path in (self.path, *self.register.files)}
        found: Marks = {}
        for folder in folders:
            for path in folder.glob("*"):
                if path.suffix in YAML_SUFFIXES:
                    with suppress(OSError):  # it has just gone
                        state = path.stat()
                        found[path] = (state.st_ino, state.st_mtime_ns, state.st_size)
        return found
