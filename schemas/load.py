"""Form files into forms: every fault of every file at once, each with file, table and key."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast

from schemas.edit import Edit, Rule
from schemas.errors import DefinitionError
from schemas.form import (
    LEVELS,
    NUMBER_TYPES,
    PERIOD_KINDS,
    ROLLUPS,
    Cell,
    CellType,
    Form,
    Forms,
    Heading,
    Indicator,
    Key,
    Level,
    Measure,
    Role,
    Table,
)
from schemas.rules import (
    REGISTER_GROUPS,
    Names,
    RuleError,
    parse_cell,
    parse_linear,
    parse_quotient,
    parse_rule,
    parse_weight,
)
from schemas.text import NO_TEXT, Text

_CODE = re.compile(r"[a-z][a-z0-9_]*")
_FORM_ID = re.compile(r"[A-Z][A-Z0-9]*")
_FORM_KEYS = ("id", "version", "title", "periods", "senders", "needs_target", "table")
_TABLE_KEYS = ("id", "kind", "title", "unit_note", "measures", "rows", "edits")
_MEASURE_KEYS = ("code", "label", "en", "type", "required", "decimals", "compute", "issuer", "cumulative")
_HEADING_KEYS = ("heading", "en", "no", "indent")
_ROW_KEYS = (
    *("code", "no", "label", "en", "indent", "unit", "measures", "rollup", "levels", "type", "required"),
    *("weight", "register", "derived", "link", "source"),
)
_EDIT_KEYS = ("id", "rule", "label", "en", "severity", "rows", "measures", "source")
_TYPES = (*sorted(NUMBER_TYPES), "text", "verdict")

Raw = Mapping[str, Any]


@dataclass(slots=True)
class _Faults:
    """What is wrong so far; ``at`` says where the loader stands."""

    file: str
    at: str = ""
    found: list[Text] = field(default_factory=list)

    def add(self, vi: str, en: str) -> None:
        place = f"{self.file}, {self.at}" if self.at else self.file
        self.found.append(Text(f"{place}: {vi}.", f"{place}: {en}."))


@dataclass(frozen=True, slots=True)
class _Draft:
    """A form whose rules still wait for the other forms."""

    raw: Raw
    form: Form
    faults: _Faults


def load_forms(paths: Iterable[Path]) -> Forms:
    """The forms of these TOML files.

    Raises :class:`DefinitionError` with every fault of every file.
    """
    drafts: list[_Draft] = []
    faults: list[_Faults] = []
    for path in sorted(paths):
        collected = _Faults(path.name)
        faults.append(collected)
        raw = _read(path, collected)
        if raw is not None:
            drafts.append(_Draft(raw, _form(raw, collected), collected))
    _no_twins(drafts)
    names = _names(draft.form for draft in drafts)
    forms = [_with_rules(draft, names) for draft in drafts]
    found = [fault for collected in faults for fault in collected.found]
    if found:
        raise DefinitionError(*found)
    by_id = {form.id: form for form in sorted(forms, key=lambda form: form.id)}
    cells = {cell.key: cell for form in by_id.values() for cell in form.cells()}
    return Forms(MappingProxyType(by_id), MappingProxyType(cells))


def _read(path: Path, faults: _Faults) -> Raw | None:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        faults.add(f"không đọc được tệp TOML ({fault})", f"not a readable TOML file ({fault})")
    return None


def _no_twins(drafts: list[_Draft]) -> None:
    seen: dict[str, str] = {}
    for draft in drafts:
        first = seen.setdefault(draft.form.id, draft.faults.file)
        if first != draft.faults.file:
            draft.faults.at = "id"
            draft.faults.add(f'biểu "{draft.form.id}" đã có trong {first}', f'form "{draft.form.id}" is in {first}')


def _form(raw: Raw, faults: _Faults) -> Form:
    faults.at = ""
    _only(raw, _FORM_KEYS, faults)
    form_id = _string(raw, "id", faults)
    if form_id and not _FORM_ID.fullmatch(form_id):
        faults.add(f'id "{form_id}" phải là chữ hoa và số', f'id "{form_id}" must be capitals and digits')
    title = raw.get("title")
    if not (isinstance(title, dict) and title.get("vi") and title.get("en")):
        faults.add('thiếu title = { vi = "…", en = "…" }', 'needs title = { vi = "…", en = "…" }')
        title = {"vi": form_id, "en": form_id}
    tables = tuple(_table(table, form_id, faults) for table in _listed(raw, "table"))
    if not tables:
        faults.add("không có bảng nào ([[table]])", "has no table ([[table]])")
    faults.at = ""
    _distinct([table.id for table in tables if table.id != "?"], faults)
    _distinct([row.code for table in tables for row in table.indicators], faults)
    return Form(
        form_id,
        _string(raw, "version", faults),
        Text(str(title.get("vi")), str(title.get("en"))),
        _options(raw, "periods", PERIOD_KINDS, faults),
        cast(tuple[Level, ...], _options(raw, "senders", LEVELS, faults)),
        cast(tuple[Level, ...], _options({"needs_target": (), **raw}, "needs_target", LEVELS, faults)),
        tables,
    )


def _table(raw: Raw, form_id: str, faults: _Faults) -> Table:
    table_id = str(raw.get("id", "?"))
    faults.at = f"bảng {table_id}"
    _only(raw, _TABLE_KEYS, faults)
    if table_id == "?":
        faults.add("thiếu id", "needs an id")
    for key in ("measures", "rows", "edits"):
        if _listed(raw, key) != raw.get(key, []):
            faults.add(f"{key} phải là [ {{ … }}, … ]", f"{key} must be [ {{ … }}, … ]")
    kind = raw.get("kind", "matrix")
    if kind not in ("matrix", "list"):
        faults.add(f'kind "{kind}" không có; dùng matrix hoặc list', f'kind "{kind}" is not matrix or list')
    measures = tuple(_measure(measure, faults) for measure in _listed(raw, "measures"))
    _distinct([measure.code for measure in measures], faults)
    codes = [measure.code for measure in measures]
    rows = tuple(_row(row, codes, table_id, faults) for row in _listed(raw, "rows"))
    faults.at = f"bảng {table_id}"
    if kind == "matrix" and not rows:
        faults.add("không có dòng nào (rows)", "has no rows")
    overlap = {row.code for row in rows if isinstance(row, Indicator)} & set(codes)
    for code in sorted(overlap):
        faults.add(f'mã "{code}" vừa là dòng vừa là cột', f'code "{code}" is both a row and a measure')
    title = _pair(raw, "title", faults) if "title" in raw else NO_TEXT
    note = _pair(raw, "unit_note", faults) if "unit_note" in raw else NO_TEXT
    plain = Table(table_id, title, kind, note, measures, rows, (), MappingProxyType({}))
    cells = {cell.key: cell for cell in _cells(plain, form_id)}
    _summable(cells.values(), faults)
    return replace(plain, cells=MappingProxyType(cells))


def _measure(raw: Raw, faults: _Faults) -> Measure:
    _only(raw, _MEASURE_KEYS, faults)
    code = _code(raw, faults)
    kind = raw.get("type")
    if kind not in _TYPES:
        faults.add(f'cột "{code}": type phải là một trong {", ".join(_TYPES)}', f'measure "{code}": unknown type')
        kind = "count"
    return Measure(
        code,
        _label(raw, code, faults),
        cast(CellType, kind),
        bool(raw.get("required", True)),
        _whole(raw, "decimals", faults),
        str(raw.get("compute", "")),
        bool(raw.get("issuer", False)),
        bool(raw.get("cumulative", False)),
    )


def _row(raw: Raw, measures: list[str], table_id: str, faults: _Faults) -> Indicator | Heading:
    if "heading" in raw:
        _only(raw, _HEADING_KEYS, faults)
        label = Text(str(raw["heading"]), str(raw.get("en", "")))
        if not label.en:
            faults.add(
                f'tiêu đề "{label.vi}" thiếu bản tiếng Anh (en)',
                f'heading "{label.vi}" needs its English (en)',
            )
        return Heading(str(raw.get("no", "")), label, _whole(raw, "indent", faults))
    _only(raw, _ROW_KEYS, faults)
    code = _code(raw, faults)
    faults.at = f"bảng {table_id}, dòng {code}"
    applies = tuple(str(measure) for measure in raw.get("measures", measures))
    for measure in applies:
        if measure not in measures:
            _unknown("cột", "measure", measure, measures, faults)
    links = raw.get("link", {})
    if not isinstance(links, dict):
        faults.add('link phải là { cột = "…" }', 'link must be { measure = "…" }')
    for measure in links if isinstance(links, dict) else ():
        if measure not in measures:
            _unknown("cột", "measure", measure, measures, faults)
    indicator = Indicator(
        code,
        str(raw.get("no", "")),
        _label(raw, code, faults),
        str(raw.get("unit", "")),
        frozenset(applies) | ({"ghi_chu"} & set(measures)),
        _one_of(raw, "rollup", ROLLUPS, faults),
        frozenset(cast(tuple[Level, ...], _options({"levels": LEVELS, **raw}, "levels", LEVELS, faults))),
        _whole(raw, "indent", faults),
        cast(CellType | None, _one_of(raw, "type", _TYPES, faults) if "type" in raw else None),
        bool(raw.get("required", True)),
        str(raw.get("weight", "")),
        str(raw.get("register", "")),
        str(raw.get("source", "")),
    )
    _fitting(indicator, raw, faults)
    faults.at = f"bảng {table_id}"
    return indicator


def _fitting(row: Indicator, raw: Raw, faults: _Faults) -> None:
    """A roll-up needs what it rolls up by."""
    if row.type in ("text", "verdict") and row.rollup not in ("TXT", "NONE"):
        faults.add(f"cách tổng hợp {row.rollup} không dùng cho chữ", f"roll-up {row.rollup} does not fit text")
    if (row.rollup == "WAVG") != bool(row.weight):
        faults.add("WAVG và weight phải đi cùng nhau", "WAVG and weight go together")
    if (row.rollup == "REG") != bool(row.register):
        faults.add("REG và register phải đi cùng nhau", "REG and register go together")
    if row.register and row.register not in REGISTER_GROUPS:
        _unknown("register", "register", row.register, REGISTER_GROUPS, faults)
    if row.rollup == "PCT" and "derived" not in raw and row.type not in ("percent", None):
        faults.add("cách tổng hợp PCT chỉ dùng cho tỷ lệ %", "roll-up PCT is for percentages only")


def _summable(cells: Iterable[Cell], faults: _Faults) -> None:
    """A number is not listed as text; a percentage or a mean is never summed."""
    numbers = (cell for cell in cells if cell.role == "input" and cell.is_number)
    for table, row, rollup, kind in dict.fromkeys((c.table, c.key.indicator, c.rollup, c.type) for c in numbers):
        faults.at = f"bảng {table}, dòng {row}"
        if rollup == "TXT":
            faults.add("cách tổng hợp TXT chỉ dùng cho chữ", "roll-up TXT is for text only")
        elif rollup == "SUM" and kind in ("percent", "average"):
            faults.add(
                "cách tổng hợp SUM không dùng cho tỷ lệ %, bình quân",
                "roll-up SUM does not fit percentages and means",
            )


def _cells(table: Table, form_id: str) -> Iterable[Cell]:
    for row in table.indicators:
        for measure in table.measures:
            if measure.code in row.measures:
                yield _cell(row, measure, form_id, table.id)


def _cell(row: Indicator, measure: Measure, form_id: str, table_id: str) -> Cell:
    kind = measure.type
    if row.type and kind in NUMBER_TYPES and not measure.compute and not (measure.issuer and row.type == "text"):
        kind = row.type
    role: Role = "input"
    rollup = row.rollup
    if measure.compute:
        role, rollup = "computed", "PCT"
    elif measure.issuer:
        role, rollup = "issuer", "NONE"
    elif measure.type == "verdict":
        role, rollup = "verdict", "NONE"
    elif measure.type == "text":
        role, rollup = "note", "TXT"
    return Cell(
        Key(form_id, row.code, measure.code),
        table_id,
        kind,
        role,
        rollup,
        row.levels,
        row.required and measure.required,
        row.unit,
        measure.decimals,
        register=row.register if role == "input" else "",
    )


def _names(forms: Iterable[Form]) -> Names:
    matrices: dict[str, dict[str, frozenset[str]]] = {}
    lists: dict[str, frozenset[str]] = {}
    for form in forms:
        rows: dict[str, set[str]] = {}
        for table in form.tables:
            if table.kind == "list":
                lists[form.id] = frozenset(measure.code for measure in table.measures)
            for cell in table.cells.values():
                measures = rows.setdefault(cell.key.indicator, set())
                if cell.is_number:
                    measures.add(cell.key.measure)
        matrices[form.id] = {code: frozenset(measures) for code, measures in rows.items()}
    return Names(matrices, lists)


def _with_rules(draft: _Draft, names: Names) -> Form:
    """The form with its edits, derived rows, links and percentages, now that all codes are known."""
    tables = []
    edits: list[str] = []
    for table, raw in zip(draft.form.tables, _listed(draft.raw, "table"), strict=True):
        found = tuple(_edit(edit, table, draft, names) for edit in _listed(raw, "edits"))
        edits += [edit.id for edit in found]
        raw_rows = {str(row.get("code", "?")): row for row in _listed(raw, "rows") if "heading" not in row}
        cells = {key: _bind(cell, raw_rows[key.indicator], table, draft, names) for key, cell in table.cells.items()}
        tables.append(replace(table, edits=found, cells=MappingProxyType(cells)))
    draft.faults.at = ""
    _distinct(edits, draft.faults)
    return replace(draft.form, tables=tuple(tables))


def _bind(cell: Cell, raw: Raw, table: Table, draft: _Draft, names: Names) -> Cell:
    key, form, codes = cell.key, draft.form.id, [measure.code for measure in table.measures]
    draft.faults.at = f"bảng {table.id}, dòng {key.indicator}, cột {key.measure}"
    try:
        if cell.role == "computed":
            ratio = parse_quotient(table.measure(key.measure).compute, names, form, codes, row=key.indicator)
            return replace(cell, ratio=ratio)
        if cell.role == "input" and "weight" in raw:
            ref = parse_weight(str(raw["weight"]), names, form, measure=key.measure)
            return replace(cell, weight=Key(ref.form, ref.indicator, ref.measure))
        if cell.role == "input" and "derived" in raw and cell.is_number:
            derived = parse_linear(str(raw["derived"]), names, form, codes, measure=key.measure)
            return replace(cell, derived=derived, role="derived")
        links = raw.get("link", {})
        if cell.role == "input" and isinstance(links, dict) and key.measure in links:
            ref = parse_cell(str(links[key.measure]), names, form)
            return replace(cell, link=Key(ref.form, ref.indicator, ref.measure))
    except RuleError as fault:
        draft.faults.add(fault.text.vi, fault.text.en)
    return cell


def _edit(raw: Raw, table: Table, draft: _Draft, names: Names) -> Edit:
    faults, form = draft.faults, draft.form.id
    edit_id = str(raw.get("id", "?"))
    faults.at = f"bảng {table.id}, edit {edit_id}"
    _only(raw, _EDIT_KEYS, faults)
    if edit_id == "?":
        faults.add("thiếu id", "needs an id")
    label = _label(raw, edit_id, faults)
    severity = _one_of({"severity": "hard", **raw}, "severity", ("hard", "soft"), faults)
    text = _string(raw, "rule", faults)
    fillable = [m.code for m in table.measures if m.type in NUMBER_TYPES and not m.compute and not m.issuer]
    rows = raw.get("rows", [row.code for row in table.indicators])
    checks: tuple[Rule, ...] = ()
    over = raw.get("measures", fillable)
    for measure in over:
        if measure not in [m.code for m in table.measures]:
            _unknown("cột", "measure", measure, [m.code for m in table.measures], faults)
    try:
        unknown = [row for row in rows if row not in names.matrices[form]]
        if unknown:
            _unknown("mã dòng", "row", str(unknown[0]), names.matrices[form], faults)
        elif text:
            codes = [measure.code for measure in table.measures]
            checks = parse_rule(text, names, form, codes, rows=rows, over=over)
    except RuleError as fault:
        faults.add(fault.text.vi, fault.text.en)
    return Edit(edit_id, "hard" if severity == "hard" else "soft", label, text, str(raw.get("source", "")), checks)


def _only(raw: Raw, known: Collection[str], faults: _Faults) -> None:
    for key in raw:
        if key not in known:
            _unknown("khóa", "key", key, known, faults)


def _unknown(vi: str, en: str, name: object, known: Collection[str], faults: _Faults) -> None:
    near = difflib.get_close_matches(str(name), known, n=1)
    faults.add(
        f'{vi} "{name}" không có' + (f'; có phải là "{near[0]}"?' if near else ""),
        f'{en} "{name}" does not exist' + (f'; did you mean "{near[0]}"?' if near else ""),
    )


def _distinct(codes: list[str], faults: _Faults) -> None:
    for code in sorted({code for code in codes if codes.count(code) > 1}):
        faults.add(f'mã "{code}" có hai lần', f'code "{code}" stands twice')


def _listed(raw: Raw, key: str) -> list[Raw]:
    """The tables listed under a key; nothing for what is no list of tables."""
    values = raw.get(key)
    return [value for value in values if isinstance(value, dict)] if isinstance(values, list) else []


def _whole(raw: Raw, key: str, faults: _Faults) -> int:
    value = raw.get(key, 0)
    if isinstance(value, int):
        return value
    faults.add(f"{key} phải là số nguyên", f"{key} must be a whole number")
    return 0


def _string(raw: Raw, key: str, faults: _Faults) -> str:
    value = raw.get(key)
    if not isinstance(value, str) or not value:
        faults.add(f'thiếu {key} = "…"', f'needs {key} = "…"')
        return ""
    return value


def _code(raw: Raw, faults: _Faults) -> str:
    code = str(raw.get("code", "?"))
    if not _CODE.fullmatch(code):
        faults.add(
            f'mã "{code}" phải gồm chữ thường a–z, số và gạch dưới, bắt đầu bằng chữ',
            f'code "{code}" must be lower-case letters, digits and underscores, a letter first',
        )
    return code


def _label(raw: Raw, code: str, faults: _Faults) -> Text:
    label = Text(str(raw.get("label", "")), str(raw.get("en", "")))
    if not label.vi or not label.en:
        faults.add(f'"{code}" thiếu nhãn: cần label và en', f'"{code}" needs both label and en')
    return label


def _pair(raw: Raw, key: str, faults: _Faults) -> Text:
    value = raw[key]
    if isinstance(value, dict) and value.get("vi") and value.get("en"):
        return Text(str(value["vi"]), str(value["en"]))
    faults.add(f'{key} phải là {{ vi = "…", en = "…" }}', f'{key} must be {{ vi = "…", en = "…" }}')
    return NO_TEXT


def _options(raw: Raw, key: str, known: Collection[str], faults: _Faults) -> tuple[str, ...]:
    values = raw.get(key)
    if not isinstance(values, list | tuple) or (not values and key != "needs_target"):
        faults.add(f"thiếu {key} = […]", f"needs {key} = […]")
        return ()
    for value in values:
        if value not in known:
            _unknown(key, key, str(value), known, faults)
    return tuple(str(value) for value in values)


def _one_of(raw: Raw, key: str, known: Collection[str], faults: _Faults) -> str:
    value = raw.get(key)
    if value is None:
        faults.add(f"thiếu {key}", f"needs {key}")
        return next(iter(known))
    if value not in known:
        _unknown(key, key, str(value), known, faults)
    return str(value)
