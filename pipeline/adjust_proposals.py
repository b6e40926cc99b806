"""What people may decide on: the sets of cells that explain a fault, and what refused cells may have meant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby

from pipeline.adjust import unfit
from pipeline.catalogue import REFUSALS
from pipeline.changes import held_by, label_of, summed
from pipeline.findings import Finding
from pipeline.messages import number, sentence
from pipeline.proposals import Choice, Group, Line
from pipeline.results import Results
from pipeline.submission import Entry, Submission
from pipeline.suspects import Meant, SetOfCells
from schemas.form import Cell, Key
from schemas.text import NO_TEXT, Text

# Of more readings than two none is likely.
_MOST_READINGS = 2
# What is measured in something else is no figure of this cell.
_NEVER = frozenset({"unit-differs"})
_MOST_EDITS = 3
_Suspected = tuple[SetOfCells, Finding]
_TO_ENGLISH = str.maketrans(",.", ".,")


def proposals(results: Results) -> tuple[Group, ...]:
    """Every fault that figures could mend, those first that move a figure of the province most."""
    found: list[Group] = []
    for unit in sorted(results.by_unit, key=results.owed.tree.order.__getitem__):
        submission = results.by_unit[unit]
        found += _explained(results, submission)
        found += _refused(results, submission)
    return tuple(sorted(found, key=lambda group: -group.part))


def _group(results: Results, submission: Submission, choices: Sequence[Choice]) -> Group:
    name = results.owed.tree.unit(submission.unit).name
    return Group(submission.unit, name, submission.sha256, tuple(choices))


def _explained(results: Results, submission: Submission) -> Iterator[Group]:
    """The faults of a return for which there are suspects."""
    found = [
        (finding.suspects, finding)
        for finding in results.findings_of(submission.unit)
        if finding.suspects is not None and finding.file == submission.file
    ]
    found.sort(key=lambda one: (one[0].fault, one[0].rank))
    labels = {edit.id: edit.label for form in results.owed.forms for table in form.tables for edit in table.edits}
    for sets in _faults(found):
        yield _group(results, submission, [_choice(results, submission, *one, labels) for one in sets])


def _faults(found: Iterable[_Suspected]) -> list[list[_Suspected]]:
    """The sets of each fault; one that another fault explains altogether is that fault, explained less well."""
    faults = [list(sets) for _, sets in groupby(found, key=lambda one: one[0].fault)]
    better = [sets for sets in faults if sets[0][0].tied]
    for sets in faults:
        about = sets[0][0].about
        beaten_by = next((one for one in better if one is not sets and one[0][0].about & about), None)
        if not sets[0][0].tied and beaten_by is not None:
            beaten_by += sets
        elif not sets[0][0].tied:
            better.append(sets)
    return better


def _choice(
    results: Results, submission: Submission, cells: SetOfCells, finding: Finding, labels: dict[str, Text]
) -> Choice:
    slip = finding.params["slip"]
    assert isinstance(slip, Text)
    named = [labels[edit] for edit in cells.edits if edit in labels][:_MOST_EDITS]
    ids = ", ".join(cells.edits)
    how = Text(*(_begun(words.strip(" ()")) for words in (slip.vi, slip.en)))
    why = Text(
        f"{how.vi}Sửa thì khớp {ids}: " + "; ".join(label.vi for label in named),
        f"{how.en}Would meet {ids}: " + "; ".join(label.en for label in named),
    )
    reason = Text(
        f"{how.vi or 'Số báo cáo không khớp. '}Sửa thì khớp {ids}",
        f"{how.en or 'The figure reported does not agree. '}With this {ids} agrees",
    )
    stands = finding.value.split(", ")
    stands = stands if len(stands) == len(cells.cells) else [""] * len(cells.cells)
    lines = tuple(_line(results, submission, *one) for one in zip(cells.cells, stands, strict=True))
    return Choice(lines, Text(why.vi.removesuffix(": "), why.en.removesuffix(": ")), reason)


def _begun(words: str) -> str:
    """Words as a sentence; empty for none."""
    return f"{words[:1].upper()}{words[1:]}. " if words else ""


def _line(results: Results, submission: Submission, meant: Meant, stands: str) -> Line:
    key = meant.key
    cell = results.owed.forms.cell(key)
    assert cell is not None
    entry = _entry(submission, key)
    line = _made(results, submission, entry, cell, meant.value if cell.is_number else None)
    words = _as_read(meant.words) if meant.words else Text("để trống", "blank")
    locked = _locked(results, submission, cell, meant)
    if locked.vi:
        return replace(line, reported=_as_read(stands), meant=words, part=0.0, effect=NO_TEXT, locked=locked)
    return replace(line, meant=words, part=_part(results, submission.unit, cell, meant.by))


def _as_read(figures: str) -> Text:
    """Figures in the notation of either language."""
    return Text(figures, figures.translate(_TO_ENGLISH))


def _entry(submission: Submission, key: Key) -> Entry:
    """What stands in a cell, or in a cell of a list's row; blank where nothing does."""
    if key in submission.entries:
        return submission.entries[key]
    rows = (item.entries for item in submission.items.get(key.form, ()) if item.id == key.indicator)
    entries: Mapping[str, Entry] = next(rows, {})
    return entries.get(key.measure, Entry(key, *submission.place(key), "", None))


def _locked(results: Results, submission: Submission, cell: Cell, meant: Meant) -> Text:
    """Why a cell cannot be decided on here."""
    level = results.owed.tree.unit(submission.unit).level
    if cell.role == "computed":
        return Text(
            "Tỷ lệ này máy tự tính lại, không phải quyết định; chỉ đơn vị sửa tệp.",
            "This percentage is worked out anew, there is nothing to decide; only the unit mends its file.",
        )
    if not cell.is_number or cell.role not in ("input", "column") or level not in cell.levels:
        return Text(
            "Ô này không phải số liệu đơn vị tự điền: chỉ đơn vị sửa tệp.",
            "This is no figure that the unit fills: only the unit mends its file.",
        )
    if not meant.words or (meant.value is not None and (meant.value < 0 or unfit(meant.value, cell))):
        return Text("Ô này lẽ ra để trống: chỉ đơn vị sửa tệp.", "This should be blank: only the unit mends its file.")
    return NO_TEXT


def _refused(results: Results, submission: Submission) -> Iterator[Group]:
    """The cells that were refused with one or two readings."""
    listed = (
        entry
        for items in submission.items.values()
        for item in items
        if item.counted and not item.closed
        for entry in item.entries.values()
    )
    for entry in (*submission.entries.odd.values(), *listed):
        cell = results.owed.forms.cell(entry.key)
        if not entry.refusal or not entry.own or entry.refusal in _NEVER or cell is None or not cell.is_number:
            continue
        readings = dict.fromkeys(guess for guess in entry.guesses if guess >= 0 and not unfit(guess, cell))
        if 0 < len(readings) <= _MOST_READINGS and cell.role in ("input", "column"):
            yield _group(results, submission, [_reading(results, submission, entry, cell, one) for one in readings])


def _reading(results: Results, submission: Submission, entry: Entry, cell: Cell, value: float) -> Choice:
    said = f'"{entry.shown}"'
    meant = _figure(value)
    reason = Text(f"Đơn vị ghi {said}, hiểu là {meant.vi}", f"The unit wrote {said}, which is read as {meant.en}")
    reason_id, why = REFUSALS.get(entry.refusal, entry.refusal), reason
    for finding in results.findings_of(submission.unit):
        if finding.id == reason_id and finding.cells[:1] == (entry.cell,) and finding.sheet == entry.sheet:
            why = Text(*(_begun(sentence(finding, lang)).rstrip() for lang in ("vi", "en")))
            break
    return Choice((_made(results, submission, entry, cell, value),), why, reason)


def _made(results: Results, submission: Submission, entry: Entry, cell: Cell, value: float | None) -> Line:
    stands = Text(entry.shown, entry.shown) if entry.value is None or entry.text else _figure(entry.value)
    meant = NO_TEXT if value is None else _figure(value)
    delta = None if value is None else value - _counted(results, submission.unit, entry)
    part = 0.0 if delta is None else _part(results, submission.unit, cell, delta)
    effect = _effect(results, submission.unit, cell, delta)
    return Line(entry, cell, _label(results, entry.key), stands, value, meant, part, effect, NO_TEXT)


def _figure(value: float) -> Text:
    return Text(number(value), number(value, "en"))


def _label(results: Results, key: Key) -> Text:
    form = results.owed.forms.by_id[key.form]
    if key.indicator and key in results.owed.forms.cells:
        return label_of(form, key)
    measure = next(table.measure(key.measure).label for table in form.lists if key.measure in table.columns)
    row = Text(key.indicator, key.indicator) if key.indicator else Text("Cả cột", "The whole column")
    return Text(f"{row.vi} – {measure.vi}", f"{row.en} – {measure.en}")


def _counted(results: Results, unit: str, entry: Entry) -> float:
    """What goes into the sums above in the place of a cell."""
    if entry.value is not None:
        return entry.value
    # Where a unit's own figure is missing, its children's stand in its place.
    cell = results.owed.forms.cells.get(entry.key)
    if cell is None or cell.once or entry.key not in results.rollup.value.column:
        return 0.0
    return results.rollup.value.of(unit, entry.key) or 0.0


def _above(results: Results, unit: str, cell: Cell) -> Cell | None:
    """The cell of the province that a unit's goes into; of a list that of its column. ``None`` where there is none."""
    cells = results.owed.forms.cells
    summand = cells.get(cell.key) or cells.get(cell.key._replace(indicator=""))
    if summand is None or summand.key not in results.rollup.value.column or not summed(results, unit, summand):
        return None
    return summand


def _part(results: Results, unit: str, cell: Cell, delta: float) -> float:
    """How much of the province's figure that is; nothing where a union above has a figure of its own."""
    above = _above(results, unit, cell)
    if above is None or held_by(results, results.owed.tree.unit(unit), above):
        return 0.0
    total = results.rollup.value.of(results.owed.tree.province.code, above.key)
    return min(1.0, abs(delta / total)) if total else float(bool(delta))


def _effect(results: Results, unit: str, cell: Cell, delta: float | None) -> Text:
    """What becomes of the province's figure."""
    above = _above(results, unit, cell)
    if above is None or delta is None:
        return NO_TEXT
    held = held_by(results, results.owed.tree.unit(unit), above)
    if held:
        return Text(f"không đổi: {held} có số riêng", f"unchanged: {held} has its own figure")
    total = results.rollup.value.of(results.owed.tree.province.code, above.key) or 0.0
    by, now = _figure(abs(delta)), _figure(total + delta)
    sign = "-" if delta < 0 else "+"
    return Text(f"{sign}{by.vi}, thành {now.vi}", f"{sign}{by.en}, to {now.en}")
