"""Decisions: what people decided about a file or a figure, with the reason, who decided it and when."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal, get_args

from schemas.csvrows import Row, day_in, number_in, parse_number, period_in, place, plain, read_csv, table
from schemas.errors import DefinitionError
from schemas.near import near
from schemas.period import Period
from schemas.text import Text

Kind = Literal["set-aside", "force", "adjust"]

KINDS: tuple[Kind, ...] = get_args(Kind)
FILE = "decisions.csv"
COLUMNS = (
    *("period", "kind", "unit", "file", "form", "indicator", "measure", "reported", "decided"),
    *("reason", "who", "when"),
)
_ALWAYS = ("reason", "who")
_OF_A_CELL = ("form", "indicator", "measure", "reported", "decided")
_NEEDED: dict[Kind, tuple[str, ...]] = {
    "set-aside": ("file",),
    "force": ("file",),
    "adjust": ("unit", "form", "indicator", "measure", "decided"),
}


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision; ``row`` is where it stands in its file.

    ``set-aside`` takes ``file`` out, ``force`` makes it count although a later one came, ``adjust`` puts ``decided`` in
    the place of ``reported`` in one cell of a unit. ``reported`` is as typed, empty for a blank cell.
    """

    period: Period
    kind: Kind
    unit: str
    file: str
    form: str
    indicator: str
    measure: str
    reported: str
    decided: float | None
    reason: str
    who: str
    when: date
    row: int

    @property
    def because(self) -> str:
        """The reason, who decided it and when, as one phrase."""
        return f"{self.reason} ({self.who}, {self.when:%d/%m/%Y})"

    def at(self, column: str) -> Text:
        """The row and a column of it, for whoever names the file beside it."""
        return Text(f'dòng {self.row}, cột "{column}"', f'row {self.row}, column "{column}"')

    def says(self, value: float | None, shown: str) -> bool:
        """Whether a cell that holds ``value``, or no figure but ``shown``, is what the decision says was reported."""
        said, words = amount(self.reported), plain(shown)
        return words == self.reported or said == (amount(words) if value is None else value)


def file_name(file: str) -> str:
    """A file's name as names are compared: composed letters, single spaces, ``/`` between folders."""
    return plain(file).replace("\\", "/").removeprefix("./")


def load_decisions(path: Path) -> tuple[Decision, ...]:
    """Read ``decisions.csv``; nothing was decided where there is none.

    Raises ``DefinitionError`` with every fault of the file at once.
    """
    return parse_decisions(read_csv(path), path.name) if path.is_file() else ()


def parse_decisions(rows: Iterable[Sequence[object]], source: str = FILE) -> tuple[Decision, ...]:
    """The decisions in ``rows``, which begin with the header. Raises ``DefinitionError`` with every fault at once."""
    below, faults = table(rows, COLUMNS, source)
    found = []
    for row in below:
        decision = _decision(row, source, faults)
        if decision:
            found.append(decision)
    faults += _check_twice(found, source)
    if faults:
        raise DefinitionError(*faults)
    return tuple(found)


def _decision(row: Row, source: str, faults: list[Text]) -> Decision | None:
    """The decision in a row; its faults go to ``faults``, and then there is none."""
    before = len(faults)
    period = period_in(row, "period", source, faults)
    kind = _kind(row, source, faults)
    when = day_in(row, "when", source, faults)
    for column in (*(_NEEDED[kind] if kind else ()), *_ALWAYS):
        if not row.text(column):
            at = place(source, row.number, column)
            faults.append(Text(f"{at.vi}: để trống. Điền ô này.", f"{at.en}: is blank. Fill it in."))
    if kind in ("set-aside", "force"):
        filled = [column for column in _OF_A_CELL if row.text(column)]
        faults += [_about_a_file(place(source, row.number, column), kind) for column in filled]
    decided = number_in(row, "decided", source, faults) if kind == "adjust" and row.text("decided") else None
    if len(faults) > before or period is None or kind is None or when is None:
        return None
    return Decision(
        period,
        kind,
        row.text("unit"),
        file_name(row.text("file")),
        row.text("form"),
        row.text("indicator"),
        row.text("measure"),
        row.text("reported"),
        decided,
        row.text("reason"),
        row.text("who"),
        when,
        row.number,
    )


def _about_a_file(at: Text, kind: Kind) -> Text:
    return Text(
        f'{at.vi}: "{kind}" nói về cả tệp. Để trống ô này, hoặc ghi "adjust" nếu điều chỉnh một số liệu.',
        f'{at.en}: "{kind}" is about a whole file. Leave this blank, or write "adjust" to change one figure.',
    )


def _kind(row: Row, source: str, faults: list[Text]) -> Kind | None:
    word = row.text("kind")
    for kind in KINDS:
        if word == kind:
            return kind
    at, hint, known = place(source, row.number, "kind"), near(word, KINDS), ", ".join(KINDS)
    faults.append(
        Text(
            f'{at.vi}: "{word}" không dùng được. Ghi một trong: {known}.{hint.vi}',
            f'{at.en}: "{word}" is not known. Write one of: {known}.{hint.en}',
        )
    )
    return None


def _check_twice(decisions: Iterable[Decision], source: str) -> list[Text]:
    """A fault for each decision about what an earlier row decides already: nobody can tell which counts."""
    faults = []
    first: dict[tuple[object, ...], int] = {}
    for decision in decisions:
        about: tuple[object, ...] = (decision.period, decision.file)
        if decision.kind == "adjust":
            cell = (decision.form, decision.indicator, decision.measure)
            about = (decision.period, decision.unit, *cell, amount(decision.reported), decision.file)
        earlier = first.setdefault(about, decision.row)
        if earlier != decision.row:
            at = place(source, decision.row)
            faults.append(
                Text(
                    f"{at.vi}: điều này đã được quyết định ở dòng {earlier}. Chỉ để lại một dòng.",
                    f"{at.en}: row {earlier} decides the same. Keep one of the two rows.",
                )
            )
    return faults


def amount(reported: str) -> float | str:
    """What a cell was reported to hold: the number, or its words where they are none."""
    try:
        return parse_number(reported)
    except ValueError:
        return reported
