"""What a person may decide on: figures that could stand in the place of those reported. Nothing here is applied."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pipeline.submission import Entry
from pipeline.workspace import Workspace
from schemas.csvrows import Row
from schemas.decisions import Decision
from schemas.form import Cell
from schemas.period import Period
from schemas.text import Text

SHEET = "Đề xuất"
TICK, OFF = "x", "-"
"""What marks a proposal that is to be taken, and what stands where none can be."""

# What an officer fills in, and what the program knows its rows by; the row of these words is hidden.
INPUTS = ("tick", "decided", "reason", "who", "when")
CODES = (
    *("period", "unit", "form", "indicator", "measure", "reported", "proposed"),
    *("group", "choice", "size", "sha256"),
)
COMMON = "common"
"""The row above the table whose name and date hold wherever a row has none of its own."""

HEADS = {
    "tick": Text("Chọn", "Take"),
    "decided": Text("Số quyết định", "Figure decided"),
    "reason": Text("Lý do", "Reason"),
    "who": Text("Người quyết định", "Decided by"),
    "when": Text("Ngày", "Date"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One cell of a choice. ``value`` is the figure proposed, ``None`` where there is not just one; ``meant`` in words.

    ``reported`` is what the unit wrote, or what its figures make; ``part`` is how much of the province's figure moves,
    ``effect`` that in words. ``locked`` says why nothing can be decided here, and is empty where it can.
    """

    entry: Entry
    cell: Cell
    label: Text
    reported: Text
    value: float | None
    meant: Text
    part: float
    effect: Text
    locked: Text


@dataclass(frozen=True, slots=True)
class Choice:
    """Cells that are changed together or not at all; ``why`` says what speaks for it, ``reason`` is to be put down."""

    lines: tuple[Line, ...]
    why: Text
    reason: Text

    @property
    def part(self) -> float:
        """How far it moves that figure of the province which it moves most."""
        return max(line.part for line in self.lines)

    @property
    def locked(self) -> Text | None:
        """Why it cannot be taken; ``None`` where it can."""
        return next((line.locked for line in self.lines if line.locked.vi), None)


@dataclass(frozen=True, slots=True)
class Group:
    """One fault of a return, and the choices that would each explain it, the likeliest first; at most one is right."""

    unit: str
    name: str
    sha256: str
    choices: tuple[Choice, ...]

    @property
    def part(self) -> float:
        """How far it may move a figure of the province."""
        return max(choice.part for choice in self.choices)


@dataclass(frozen=True, slots=True)
class Listed:
    """The list as it came back: its rows below the codes, and the row whose name and date hold for all."""

    file: str
    rows: tuple[Row, ...]
    common: Row


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of the ticks: new decisions, how many stood in ``decisions.csv`` already, what could not be taken."""

    new: tuple[Decision, ...]
    already: int
    faults: tuple[Text, ...]


def proposals_file(workspace: Workspace, period: Period) -> Path:
    """Where the list of a period stands."""
    return workspace.output(period) / f"de-xuat-{period}.xlsx"
