"""Figures that people decided: put in the place of what was reported, each with a note at its cell."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.catalogue import CATALOGUE, KIND_NAMES
from pipeline.findings import Finding
from pipeline.messages import number
from pipeline.obligations import Obligations
from pipeline.submission import Entry, Item, Submission
from schemas.columns import LARGEST
from schemas.decisions import FILE, Decision, file_name
from schemas.form import Cell, Key
from schemas.near import near
from schemas.text import NO_TEXT, Text


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a decision is not followed: a finding's id, the column at fault, what is wrong, and the near miss."""

    id: str
    column: str
    why: Text
    hint: Text = NO_TEXT
    value: str = ""


def adjust(
    submissions: Sequence[Submission], findings: Iterable[Finding], decisions: Iterable[Decision], owed: Obligations
) -> tuple[list[Submission], list[Finding]]:
    """The submissions that count with the figures decided, and the findings with a note for each decision.

    What was said of the one cell that is adjusted is answered by the decision, and left out. A decision is followed
    only where what it says was reported still stands; nothing else is ever changed.
    """
    by_unit = {submission.unit: submission for submission in submissions}
    answered: set[tuple[str, Key]] = set()
    notes: list[Finding] = []
    for decision in decisions:
        if decision.kind != "adjust":
            continue
        key = owed.forms.today(Key(decision.form, decision.indicator, decision.measure))
        found = standing(decision, key, by_unit, owed)
        if isinstance(found, Refusal):
            notes.append(_not_followed(decision, found))
            continue
        notes.append(_note(decision, by_unit[decision.unit], found))
        by_unit[decision.unit] = _with(by_unit[decision.unit], found, decision)
        answered.add((decision.unit, key))
    left = [
        replace(one, findings=tuple(f for f in one.findings if not _about(f, answered))) for one in by_unit.values()
    ]
    return left, [*(finding for finding in findings if not _about(finding, answered)), *notes]


def _about(finding: Finding, answered: Collection[tuple[str, Key]]) -> bool:
    key = Key(finding.form, finding.indicator, finding.measure)
    return len(finding.cells) == 1 and (finding.unit, key) in answered


def standing(decision: Decision, key: Key, by_unit: Mapping[str, Submission], owed: Obligations) -> Entry | Refusal:
    """The cell as the unit sent it, blank or not; or why the decision cannot be followed."""
    if decision.unit not in owed.tree:
        day = f"{owed.dates.cut_off:%d/%m/%Y}"
        why = Text(
            f'"{decision.unit}" không có trong danh bạ ngày {day}.',
            f'"{decision.unit}" is not in the register on {day}.',
        )
        return Refusal("decision-unknown", "unit", why, near(decision.unit, [unit.code for unit in owed.tree.units]))
    cell = _cell(decision, key, owed)
    if isinstance(cell, Refusal):
        return cell
    if (refusal := _unfit(decision, cell)) is not None:
        return refusal
    submission = by_unit.get(decision.unit)
    if submission is None:
        why = Text("đơn vị chưa có bộ biểu nào được tính.", "no return of the unit counts yet.")
        return Refusal("decision-stale", "unit", why)
    if decision.file not in ("", file_name(submission.file)):
        why = Text(f"tệp được tính nay là {submission.file}.", f"the file that counts is now {submission.file}.")
        return Refusal("decision-stale", "file", why)
    entry = _entry(submission, key, owed)
    if isinstance(entry, Refusal):
        return entry
    if entry.decision or not decision.says(entry.value, entry.shown):
        said, was = _quoted(decision.reported), _quoted(entry.shown)
        why = Text(f"ô này nay là {was.vi}, không phải {said.vi}.", f"the cell now holds {was.en}, not {said.en}.")
        return Refusal("decision-stale", "reported", why, value=entry.shown)
    return entry


def _unfit(decision: Decision, cell: Cell) -> Refusal | None:
    """Why the column does not admit the figure decided."""
    assert decision.decided is not None
    if not unfit(decision.decided, cell):
        return None
    shown, asked = number(decision.decided), KIND_NAMES[cell.type]
    why = Text(f"{shown} không phải {asked.vi} mà ô này nhận.", f"{shown} is not {asked.en} that this cell takes.")
    return Refusal("decision-unfit", "decided", why)


def unfit(value: float, cell: Cell) -> bool:
    """Whether a cell of numbers does not admit this one."""
    whole = cell.type not in ("count", "money") or value.is_integer()
    return not whole or value > LARGEST[cell.type]


def _cell(decision: Decision, key: Key, owed: Obligations) -> Cell | Refusal:
    """The cell, if it is one that the unit itself fills with a figure in this period."""
    unit, forms = owed.tree.unit(decision.unit), owed.forms
    packed = {form.id: form for form in owed.forms_of(unit)}
    if key.form not in packed:
        why = Text(
            f'biểu "{key.form}" không thuộc bộ biểu của {unit.code} ở kỳ này.',
            f'form "{key.form}" is not in the package of {unit.code} for this period.',
        )
        return Refusal("decision-unknown", "form", why, near(key.form, packed))
    cell, lists = forms.cell(key), packed[key.form].lists
    rows = {row.code for table in packed[key.form].tables for row in table.indicators}
    if not lists and key.indicator not in rows:
        why = Text(f'không có chỉ tiêu "{key.indicator}".', f'there is no indicator "{key.indicator}".')
        return Refusal("decision-unknown", "indicator", why, near(key.indicator, rows))
    if cell is None:
        codes = {measure.code for table in packed[key.form].tables for measure in table.measures}
        why = Text(
            f'chỉ tiêu "{key.indicator}" không có cột "{key.measure}".',
            f'indicator "{key.indicator}" has no measure "{key.measure}".',
        )
        return Refusal("decision-unknown", "measure", why, near(key.measure, codes))
    if not cell.is_number or cell.role not in ("input", "column") or unit.level not in cell.levels:
        why = Text(
            "đơn vị không tự điền số liệu nào vào ô này.", "this is no cell that the unit itself fills with a figure."
        )
        return Refusal("decision-unknown", "measure", why)
    return cell


def _entry(submission: Submission, key: Key, owed: Obligations) -> Entry | Refusal:
    sheet, address = submission.place(key)
    blank = Entry(key, sheet, address, "", None)
    if not owed.forms.by_id[key.form].lists or key in owed.forms.cells:
        return submission.entries.get(key, blank)
    items = {item.id: item for item in submission.items.get(key.form, ()) if item.counted}
    if key.indicator not in items:
        why = Text(f'danh sách không có dòng "{key.indicator}".', f'the list has no row "{key.indicator}".')
        return Refusal("decision-unknown", "indicator", why, near(key.indicator, items))
    return items[key.indicator].entries.get(key.measure, blank)


def _with(submission: Submission, entry: Entry, decision: Decision) -> Submission:
    """The submission with the figure decided; ``raw`` stays what the unit sent."""
    decided = entry._replace(
        value=decision.decided, text="", decimals=None, refusal="", guesses=(), decision=decision.row
    )
    items = submission.items.get(entry.key.form, ())
    if any(item.id == entry.key.indicator for item in items):
        listed = tuple(_in_row(item, decided) for item in items)
        return replace(submission, items={**submission.items, entry.key.form: listed})
    return replace(submission, entries=submission.entries.changed({entry.key: decided}))


def _in_row(item: Item, entry: Entry) -> Item:
    if item.id != entry.key.indicator:
        return item
    return replace(item, entries={**item.entries, entry.key.measure: entry})


def _note(decision: Decision, submission: Submission, entry: Entry) -> Finding:
    assert decision.decided is not None
    shown = entry.shown
    return Finding(
        "adjusted",
        CATALOGUE["adjusted"].severity,
        unit=submission.unit,
        period=submission.period,
        form=entry.key.form,
        file=submission.file,
        sheet=entry.sheet,
        cells=(entry.cell,) if entry.cell else (),
        indicator=entry.key.indicator,
        measure=entry.key.measure,
        value=shown,
        expected=number(decision.decided),
        params={
            "said": _quoted(shown),
            "expected": decision.decided,
            "reason": decision.reason,
            "who": decision.who,
            "when": f"{decision.when:%d/%m/%Y}",
        },
    )


def _quoted(shown: str) -> Text:
    return Text(f'"{shown}"', f'"{shown}"') if shown else Text("để trống", "a blank")


def _not_followed(decision: Decision, refusal: Refusal) -> Finding:
    at = decision.at(refusal.column)
    fault = Text(
        f"{at.vi}: {refusal.why.vi}{refusal.hint.vi}",
        f"{at.en}: {refusal.why.en}{refusal.hint.en}",
    )
    return Finding(
        refusal.id,
        CATALOGUE[refusal.id].severity,
        unit=decision.unit,
        period=str(decision.period),
        form=decision.form,
        file=FILE,
        indicator=decision.indicator,
        measure=decision.measure,
        value=refusal.value,
        expected=decision.reported,
        params={"fault": fault},
    )
