"""A package of an earlier version: its codes carried over to today's, what it did not ask, what is asked no more.

Whatever reads a table afterwards knows today's codes only.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from pipeline.findings import Finding
from pipeline.layout import HEAD_CODE, FoundTable, a1
from pipeline.numbers import read_text
from pipeline.read_book import Sheet
from pipeline.read_matrix import asked_rows
from schemas.form import Form, Forms, Indicator, Measure, Table
from schemas.load_values import CODE
from schemas.text import Text

Versions = Mapping[str, str]
Placed = tuple[Sheet, FoundTable]
# A code with its row or column; a cell with what names it, its row and its column.
Place = tuple[str, int]
Cell = tuple[str, int, int]

# So many figures of what is asked no more are told; where all of them stand is told always.
_MOST_VALUES = 60


def unknown_version(forms: Forms, packed: str, versions: Versions) -> Finding | None:
    """That a form in the package is of a version which its definition does not name: nothing can be read by its codes.

    ``packed`` are the forms in the package as it says itself, joined by ``+``.
    """
    ids = dict.fromkeys((*(name.strip() for name in packed.split("+")), *versions))
    known = [forms.by_id[name] for name in ids if name in forms.by_id]
    strange = [form for form in known if versions.get(form.id, "") not in form.versions]
    if known and not strange:
        return None
    said = [f"{form.id} {versions[form.id]}" for form in strange if versions.get(form.id)]
    return Finding(
        "unknown-version",
        "hard",
        value="; ".join(said) or "; ".join(f"{name} {version}".strip() for name, version in versions.items()),
        expected="; ".join(f"{form.id} {', '.join(form.versions)}" for form in strange or forms),
    )


def carried(forms: Forms, where: Sequence[Placed]) -> tuple[list[Placed], list[Finding]]:
    """Every table with today's codes in the place of former ones, and a note for each table that had some."""
    tables = {
        name: (form, table)
        for form in forms
        if form.former_versions
        for table in form.tables
        for name in (table.id, *table.formerly)
    }
    placed: list[Placed] = []
    findings: list[Finding] = []
    for sheet, found in where:
        form, table = tables.get(found.id, (None, None))
        if form is not None and table is not None:
            found, changed = _carried(table, found)
            if changed:
                findings.append(_note(form.id, sheet.name, changed))
        placed.append((sheet, found))
    return placed, findings


def _carried(table: Table, found: FoundTable) -> tuple[FoundTable, dict[str, str]]:
    rows, columns = table.former_rows, table.former_columns
    changed = {f"#{found.id}": f"#{table.id}"} if found.id != table.id else {}
    changed |= {code: rows[code] for code, _ in found.rows if code in rows}
    changed |= {code: columns[code] for code, _ in found.columns if code in columns}
    if not changed:
        return found, changed
    today = replace(
        found,
        id=table.id,
        rows=tuple((rows.get(code, code), i) for code, i in found.rows),
        columns=tuple((columns.get(code, code), j) for code, j in found.columns),
    )
    return today, changed


def _note(form: str, sheet: str, changed: Mapping[str, str]) -> Finding:
    names = "; ".join(f"{old} → {new}" for old, new in changed.items())
    old, new = ", ".join(changed), ", ".join(changed.values())
    return Finding("codes-carried", "info", form=form, sheet=sheet, value=old, expected=new, params={"names": names})


def asked_then(
    form: Form, table: Table, versions: Versions, sheet: str, found: FoundTable, period: str
) -> tuple[Table, list[Finding]]:
    """The table as the version of the package asked it, and what it did not ask yet.

    What stands in the file all the same is asked.
    """
    version = _former(form, versions)
    if not version:
        return table, []
    rows = _later(form, version, table.indicators, {code for code, _ in found.rows})
    columns = _later(form, version, table.measures, {code for code, _ in found.columns})
    if not rows and not columns:
        return table, []
    reduced = replace(
        table,
        rows=tuple(row for row in table.rows if row not in rows),
        measures=tuple(measure for measure in table.measures if measure not in columns),
    )
    told = asked_rows(table, period)
    parts = [*(row for row in rows if row.code in told), *columns]
    return reduced, [_not_yet(form, version, sheet, parts)] if parts else []


def _later(
    form: Form, version: str, parts: Sequence[Indicator | Measure], there: Collection[str]
) -> list[Indicator | Measure]:
    """What a version did not ask yet."""
    return [part for part in parts if part.code not in there and not form.asked(part.since, version)]


def missing_table(form: Form, table: Table, versions: Versions) -> Finding:
    """A table that is not in the file: that it is gone, or that the version of the package did not have it yet."""
    version = _former(form, versions)
    if version and not form.asked(table.since, version):
        return _not_yet(form, version, form.id, [table])
    return Finding("form-missing", "hard", form=form.id, params={"table": table.id})


def missing_forms(forms: Forms, asked: Iterable[str], seen: Collection[str], versions: Versions) -> Iterator[Finding]:
    """The tables of the forms in a package, these being ``asked``, that are not among those ``seen``."""
    for form in (forms.by_id[form_id] for form_id in asked if form_id in forms.by_id):
        for table in form.tables:
            if table.id not in seen:
                yield missing_table(form, table, versions)


def _not_yet(form: Form, version: str, sheet: str, parts: Sequence[Indicator | Measure | Table]) -> Finding:
    labels = [part.title if isinstance(part, Table) else part.label for part in parts]
    codes = [part.id if isinstance(part, Table) else part.code for part in parts]
    shown = [label if label.vi else Text(code, code) for label, code in zip(labels, codes, strict=True)]
    names = Text(*("; ".join(f"“{label.of(lang)}”" for label in shown) for lang in ("vi", "en")))
    return Finding(
        "not-asked-then",
        "info",
        form=form.id,
        sheet=sheet,
        value=version,
        expected=", ".join(codes),
        params={"names": names},
    )


def asked_no_more(
    form: Form, table: Table, versions: Versions, sheet: Sheet, found: FoundTable
) -> tuple[FoundTable, list[Finding]]:
    """The table without the codes that today's form does not know, and the figures that stand under them.

    In a package of an earlier version such a code is one of its own. Were it a living one that somebody altered, the
    living one would be missing, which is told.
    """
    if not _former(form, versions):
        return found, []
    rows = _strange(found.rows, table.indicators) if table.kind == "matrix" else []
    columns = _strange(found.columns, table.measures)
    if not rows and not columns:
        return found, []
    worked_out = {measure.code for measure in table.measures if measure.compute or measure.issuer}
    findings: list[Finding] = []
    for row in rows:
        cells = [(measure, row[1], j) for measure, j in found.columns if measure not in worked_out]
        findings += _kept(form.id, sheet, cells, _row_label(sheet, found, row), indicator=row[0])
    for column in columns:
        cells = [(name, i, column[1]) for name, i in _lines(table.key, sheet, found) if (name, i) not in rows]
        findings += _kept(form.id, sheet, cells, _column_label(sheet, found, column), measure=column[0])
    rest = replace(
        found,
        rows=tuple(row for row in found.rows if row not in rows),
        columns=tuple(column for column in found.columns if column not in columns),
    )
    return rest, findings


def unknown_table(forms: Forms, versions: Versions, sheet: Sheet, found: FoundTable) -> Iterator[Finding]:
    """A table that no form has: one of an earlier version of the form that its sheet is named by, or a stranger."""
    form = forms.by_id.get(sheet.name)
    if form is not None and _former(form, versions):
        lines = _lines("", sheet, found)
        cells = [(f"{name} {code}".strip(), i, j) for name, i in lines for code, j in found.columns]
        yield from _kept(form.id, sheet, cells, f"#{found.id}")
        return
    at = (a1(found.code_row, 0),)
    yield Finding("code-unknown", "hard", sheet=sheet.name, cells=at, value=f"#{found.id}", form=sheet.name)


def _former(form: Form, versions: Versions) -> str:
    """The version of a form's earlier package; empty for one of today's."""
    version = versions.get(form.id, form.version)
    return version if version in form.former_versions else ""


def _strange(found: Sequence[Place], known: Iterable[Indicator | Measure]) -> list[Place]:
    """Codes that today's table does not have, with their places; what no version could have as a code stays."""
    codes = {part.code for part in known}
    return [(code, at) for code, at in found if code not in codes and CODE.fullmatch(code)]


def _lines(key: str, sheet: Sheet, found: FoundTable) -> list[Place]:
    """The rows in which figures stand, with their codes; those of a list with what stands in the column ``key``."""
    if HEAD_CODE not in dict(found.rows):
        return list(found.rows)
    marked, column = {i for _, i in found.rows}, dict(found.columns).get(key)
    lines = [i for i in range(found.code_row + 1, min(found.end_row, len(sheet.rows))) if i not in marked]
    return [(read_text(_raw(sheet, i, column)) if column is not None else "", i) for i in lines]


def _kept(
    form: str, sheet: Sheet, cells: Iterable[Cell], label: str, *, indicator: str = "", measure: str = ""
) -> Iterator[Finding]:
    """The figures and words that stand under a code which is asked no more; nothing where there are none."""
    filled = [(name, a1(i, j), text) for name, i, j in cells if (text := read_text(_raw(sheet, i, j)))]
    if not filled:
        return
    shown = [f"{name} {text}".strip() if len(filled) > 1 else text for name, _, text in filled[:_MOST_VALUES]]
    yield Finding(
        "asked-no-more",
        "info",
        form=form,
        sheet=sheet.name,
        cells=tuple(at for _, at, _ in filled),
        indicator=indicator,
        measure=measure,
        value="; ".join([*shown, *(["…"] if len(filled) > _MOST_VALUES else [])]),
        params={"label": label},
    )


def _raw(sheet: Sheet, i: int, j: int) -> object:
    raw = sheet.rows[i][j] if j < len(sheet.rows[i]) else ""
    return sheet.unread.get(a1(i, j), raw) if sheet.unread else raw


def _row_label(sheet: Sheet, found: FoundTable, row: Place) -> str:
    """What the file itself calls a row: the longest of the words before its figures."""
    first = min((j for _, j in found.columns), default=0)
    return max((read_text(_raw(sheet, row[1], j)) for j in range(1, first)), key=len, default="") or row[0]


def _column_label(sheet: Sheet, found: FoundTable, column: Place) -> str:
    head = found.code_row + 1
    return (read_text(_raw(sheet, head, column[1])) if head < len(sheet.rows) else "") or column[0]
