"""One ticked row of the list of proposals: what is decided about its cell already, and the decision that it makes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from pipeline.adjust import Refusal, standing
from pipeline.messages import number
from pipeline.proposals import HEADS, OFF
from pipeline.results import Results
from schemas.csvrows import Row, bad_day, parse_day, parse_number
from schemas.decisions import FILE, Decision, amount
from schemas.decisions_added import amount_text
from schemas.form import Forms, Key
from schemas.text import NO_TEXT, Text

About = tuple[str, Key, float | str]
"""A cell of a unit and what was reported there."""

Sets = frozenset[frozenset[tuple[str, Key, str]]]
"""What is proposed together: unit, cell, figure."""

_BLANK = Text("để trống. Điền ô này.", "is blank. Fill it in.")


@dataclass(frozen=True, slots=True)
class Known:
    """What every row is held against.

    ``common`` is the row whose name and date hold for all; ``first`` the first ticked row of each cell; ``current``
    what is proposed now.
    """

    results: Results
    file: str
    common: Row
    decided: Mapping[About, Decision]
    first: Mapping[object, int]
    current: Sets

    @property
    def forms(self) -> Forms:
        """The forms whose codes the rows name."""
        return self.results.workspace.forms


@dataclass(frozen=True, slots=True)
class Match:
    """The decision that stands about a row's cell as it was reported, and whether it is the one that the row makes."""

    decision: Decision | None
    same: bool


def is_ticked(row: Row) -> bool:
    """Whether anything stands where the tick goes."""
    return row.text("tick") not in ("", OFF)


def cell_of(row: Row, forms: Forms) -> tuple[str, Key]:
    """The unit and the cell that a row is about, by the codes of today."""
    return row.text("unit"), forms.today(Key(row.text("form"), row.text("indicator"), row.text("measure")))


def decided_in(forms: Forms, decisions: Iterable[Decision]) -> dict[About, Decision]:
    """The figures that are decided, by cell and by what was reported there."""
    return {
        (one.unit, forms.today(Key(one.form, one.indicator, one.measure)), amount(one.reported)): one
        for one in decisions
        if one.kind == "adjust"
    }


def match(row: Row, decided: Mapping[About, Decision], forms: Forms) -> Match:
    """What is decided about the cell of a row already."""
    found = decided.get((*cell_of(row, forms), amount(row.text("reported"))))
    try:
        return Match(found, found is not None and parse_number(row.cells.get("decided")) == found.decided)
    except ValueError:
        return Match(found, same=False)


def figure_text(value: float | None) -> str:
    """The figure proposed as the list keeps it for programs; empty where there is not just one."""
    return "" if value is None else amount_text(value)


def proposal_of(rows: Sequence[Row], forms: Forms) -> frozenset[tuple[str, Key, str]]:
    """What the rows of a choice propose together."""
    return frozenset((*cell_of(row, forms), row.text("proposed")) for row in rows)


def at(file: str, row: Row, column: str, vi: str, en: str) -> Text:
    """A fault of a row: where it stands, and what is wrong."""
    head = HEADS[column]
    return Text(
        f'{file}, dòng {row.number}, cột "{head.vi}": {vi}', f'{file}, row {row.number}, column "{head.en}": {en}'
    )


def decision_of(known: Known, row: Row) -> tuple[Decision | None, list[Text]]:
    """The decision that a ticked row makes, or everything that is wrong with it."""
    faults = [*_conflicts(known, row)]
    decided = _decided(known.file, row, faults)
    reason, who = row.text("reason"), row.text("who") or known.common.text("who")
    blank = [column for column, said in (("reason", reason), ("who", who)) if not said]
    faults += [at(known.file, row, column, _BLANK.vi, _BLANK.en) for column in blank]
    when = _when(known, row, faults)
    if faults or decided is None or when is None:
        return None, faults
    form, indicator, measure, reported = (row.text(name) for name in ("form", "indicator", "measure", "reported"))
    period, unit = known.results.owed.period, row.text("unit")
    said = (form, indicator, measure, reported, decided, reason, who, when)
    made = Decision(period, "adjust", unit, "", *said, row.number)
    faults = _unfit(known, row, made)
    return (None, faults) if faults else (made, [])


def _conflicts(known: Known, row: Row) -> list[Text]:
    """The row is of another period, or its cell is decided or ticked elsewhere."""
    period, before = known.results.owed.period, match(row, known.decided, known.forms).decision
    faults = []
    if row.text("period") != str(period):
        said = row.text("period")
        vi, en = f"danh sách của kỳ {said}, không phải kỳ {period}.", f"the list is for {said}, not for {period}."
        faults.append(at(known.file, row, "tick", vi, en))
    if before is not None and before.decided is not None:
        vi, en = (number(before.decided, lang) for lang in ("vi", "en"))
        faults.append(
            at(
                known.file,
                row,
                "decided",
                f"ô này đã được quyết định là {vi} ({FILE}, dòng {before.row}). Bỏ dấu, hoặc sửa dòng đó.",
                f"this cell is decided to be {en} ({FILE}, row {before.row}). Take the tick away, or change that row.",
            )
        )
    first = known.first.get(cell_of(row, known.forms), row.number)
    if first != row.number:
        vi = f"ô này đã được chọn ở dòng {first}. Chỉ giữ một dòng."
        en = f"this cell is ticked in row {first} already. Keep one of the two."
        faults.append(at(known.file, row, "tick", vi, en))
    return faults


def _decided(file: str, row: Row, faults: list[Text]) -> float | None:
    word = row.text("decided")
    if not word:
        faults.append(at(file, row, "decided", _BLANK.vi, _BLANK.en))
        return None
    try:
        return parse_number(row.cells.get("decided"))
    except ValueError:
        faults.append(
            at(
                file,
                row,
                "decided",
                f'"{word}" không phải là số (không âm), hoặc đọc được hai cách. Ghi như 25 hoặc 98,5.',
                f'"{word}" is no number of 0 or more, or one of two. Write it as 25 or 98,5.',
            )
        )
        return None


def _when(known: Known, row: Row, faults: list[Text]) -> date | None:
    cell = row.cells.get("when") if row.text("when") else known.common.cells.get("when")
    if cell in (None, ""):
        faults.append(at(known.file, row, "when", _BLANK.vi, _BLANK.en))
        return None
    try:
        return parse_day(cell)
    except ValueError:
        place = at(known.file, row, "when", "", "")
        faults.append(bad_day(Text(place.vi.removesuffix(": "), place.en.removesuffix(": ")), str(cell)))
        return None


def _unfit(known: Known, row: Row, made: Decision) -> list[Text]:
    """Why the cell, as it stands now, does not take the figure."""
    results, (_, key) = known.results, cell_of(row, known.forms)
    found = standing(made, key, results.by_unit, results.owed)
    if isinstance(found, Refusal):
        column = "decided" if found.column == "decided" else "tick"
        remedy = NO_TEXT if column == "decided" else _AGAIN
        return [at(known.file, row, column, f"{found.why.vi}{remedy.vi}", f"{found.why.en}{remedy.en}")]
    cell = results.owed.forms.cell(key)
    share = cell is not None and cell.type == "percent" and made.decided is not None and 0 < made.decided <= 1
    if share and row.text("proposed") != figure_text(made.decided):
        return [at(known.file, row, "decided", _SHARE.vi, _SHARE.en)]
    return []


_AGAIN = Text(" Bỏ dấu rồi lập lại danh sách.", " Take the tick away and make a new list.")
_SHARE = Text(
    f"gõ 98% thì Excel lưu là 0,98, nên không rõ là 98 % hay 0,98 %. Ghi 98; nếu đúng là dưới 1 % thì ghi vào {FILE}.",
    f"Excel stores 98% as 0.98, so that it may be either. Write 98; if it is below 1 %, write it into {FILE}.",
)
