"""A progress bar on a terminal; nothing anywhere else."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from digest.models import Receipt

if TYPE_CHECKING:
    from rich.progress import Progress as Bars


class Progress:
    """Shows how far a run is, where there is somebody to see it."""

    def __init__(self, bars: "Bars | None") -> None:
        self.bars = bars
        self.task = bars.add_task("Starting", total=None) if bars is not None else None
        self.outcomes: Counter[str] = Counter()

    def source(self, name: str) -> None:
        """Show which source was read last."""
        self.show(f"Read {name}")

    def letter(self, receipt: Receipt) -> None:
        """Count a letter that came to an outcome."""
        if self.bars is None:
            return
        self.outcomes[receipt.outcome] += 1
        counts = ", ".join(f"{count} {outcome}" for outcome, count in self.outcomes.items())
        self.show(f"Letters: {counts}")

    def show(self, text: str) -> None:
        """Put a text beside the bar."""
        if self.bars is not None and self.task is not None:
            self.bars.update(self.task, description=text)


@contextmanager
def show_progress(visible: bool) -> Iterator[Progress]:
    """Lend a progress display that vanishes at the end."""
    if not visible:
        yield Progress(None)
        return
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TimeElapsedColumn())
    with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
        yield Progress(bars)
