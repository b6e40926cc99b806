"""The parts of a form file: tables, measures, indicators and the cells where they meet."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from types import MappingProxyType
from typing import cast

from schemas.faults import Faults
from schemas.form import (
    LEVELS,
    LIST_TYPES,
    NUMBER_TYPES,
    PERIOD_KINDS,
    PREFILLS,
    ROLLUPS,
    Cell,
    CellType,
    Children,
    Form,
    Heading,
    Indicator,
    Key,
    Level,
    Measure,
    Prefill,
    Role,
    Table,
)
from schemas.load_lists import with_columns
from schemas.load_values import (
    Raw,
    code_of,
    label_of,
    listed,
    one_of,
    options,
    string,
    text_pair,
    whole_number,
)
from schemas.load_versions import check_versions, former_codes, former_versions, since_of, version_of
from schemas.rules_terms import REGISTER_GROUPS
from schemas.text import NO_TEXT, Text

_FORM_ID = re.compile(r"[A-Z][A-Z0-9]*")
_FORM_KEYS = (
    *("id", "version", "title", "periods", "senders", "needs_target", "former_versions"),
    *("headlines", "charts", "table"),
)
_TABLE_KEYS = ("id", "kind", "title", "unit_note", "measures", "rows", "edits", "room", "once", "formerly", "since")
_MEASURE_KEYS = (
    *("code", "label", "en", "type", "required", "decimals", "compute", "issuer", "cumulative", "estimate", "link"),
    *("own_of", "levels", "unit", "options", "prefill", "closes", "child", "formerly", "since"),
)
_LIST_MEASURE_KEYS = frozenset({"options", "prefill", "closes", "child"})
_HEADING_KEYS = ("heading", "en", "no", "indent")
_ROW_KEYS = (
    *("code", "no", "label", "en", "indent", "unit", "measures", "rollup", "levels", "type", "required"),
    *("weight", "register", "derived", "link", "periods", "source", "formerly", "since"),
)
_TYPES = (*sorted(NUMBER_TYPES), "text", "verdict")
_COLUMN_TYPES = (*sorted(NUMBER_TYPES), *sorted(LIST_TYPES), "text")
_ROOM = 30


def read_form(raw: Raw, faults: Faults) -> Form:
    """The form of one file; its rules are not read yet."""
    faults.at = ""
    faults.only("khóa", "key", raw, _FORM_KEYS)
    form_id = string(raw, "id", faults)
    if form_id and not _FORM_ID.fullmatch(form_id):
        faults.add(f'id "{form_id}" phải là chữ hoa và số', f'id "{form_id}" must be capitals and digits')
    title = raw.get("title")
    if not (isinstance(title, dict) and title.get("vi") and title.get("en")):
        faults.add('thiếu title = { vi = "…", en = "…" }', 'needs title = { vi = "…", en = "…" }')
        title = {"vi": form_id, "en": form_id}
    tables = tuple(_table(table, form_id, faults) for table in listed(raw, "table"))
    if not tables:
        faults.add("không có bảng nào ([[table]])", "has no table ([[table]])")
    faults.at = ""
    faults.distinct([table.id for table in tables if table.id != "?"])
    faults.distinct([row.code for table in tables for row in table.indicators])
    lists = [table.id for table in tables if table.kind == "list"]
    if len(lists) > 1:
        named = ", ".join(lists)
        faults.add(f"mỗi biểu chỉ có một bảng danh sách: {named}", f"a form has one list at most: {named}")
    form = Form(
        form_id,
        version_of(string(raw, "version", faults), faults),
        Text(str(title.get("vi")), str(title.get("en"))),
        options(raw, "periods", PERIOD_KINDS, faults),
        cast(tuple[Level, ...], options(raw, "senders", LEVELS, faults)),
        cast(tuple[Level, ...], options({"needs_target": (), **raw}, "needs_target", LEVELS, faults)),
        tables,
        former_versions(raw, faults),
    )
    check_versions(form, faults)
    return form


def _table(raw: Raw, form_id: str, faults: Faults) -> Table:
    table_id = str(raw.get("id", "?"))
    faults.at = f"bảng {table_id}"
    faults.only("khóa", "key", raw, _TABLE_KEYS)
    if table_id == "?":
        faults.add("thiếu id", "needs an id")
    for key in ("measures", "rows", "edits"):
        if listed(raw, key) != raw.get(key, []):
            faults.add(f"{key} phải là [ {{ … }}, … ]", f"{key} must be [ {{ … }}, … ]")
    kind = raw.get("kind", "matrix")
    if kind not in ("matrix", "list"):
        faults.add(f'kind "{kind}" không có; dùng matrix hoặc list', f'kind "{kind}" is not matrix or list')
    is_list = kind == "list"
    measures = tuple(_measure(measure, faults, is_list=is_list) for measure in listed(raw, "measures"))
    faults.distinct([measure.code for measure in measures])
    codes = [measure.code for measure in measures]
    rows = tuple(
        _heading(row, faults) if "heading" in row else _indicator(row, codes, table_id, faults)
        for row in listed(raw, "rows")
    )
    faults.at = f"bảng {table_id}"
    title = text_pair(raw, "title", faults) if "title" in raw else NO_TEXT
    note = text_pair(raw, "unit_note", faults) if "unit_note" in raw else NO_TEXT
    room = whole_number({"room": _ROOM if is_list else 0, **raw}, "room", faults)
    once = bool(raw.get("once", False))
    former, since = former_codes(raw, faults, of_table=True), since_of(raw, faults)
    plain = Table(table_id, title, kind, note, measures, rows, (), MappingProxyType({}), {}, room, once, former, since)
    if is_list:
        return with_columns(plain, form_id, faults)
    if not rows:
        faults.add("không có dòng nào (rows)", "has no rows")
    overlap = {row.code for row in rows if isinstance(row, Indicator)} & set(codes)
    for code in sorted(overlap):
        faults.add(f'mã "{code}" vừa là dòng vừa là cột', f'code "{code}" is both a row and a measure')
    _check_own(plain, faults)
    cells = {cell.key: cell for cell in _cells(plain, form_id)}
    _summable(cells.values(), faults)
    return replace(plain, cells=MappingProxyType(cells))


def _check_own(table: Table, faults: Faults) -> None:
    """The part that a unit did itself is a part of another column of figures."""
    figures = [measure.code for measure in table.measures if measure.type in NUMBER_TYPES and not measure.own_of]
    for measure in table.measures:
        if measure.own_of:
            faults.only(f'cột "{measure.code}": own_of', f'measure "{measure.code}": own_of', [measure.own_of], figures)


def _measure(raw: Raw, faults: Faults, *, is_list: bool) -> Measure:
    faults.only("khóa", "key", raw, _MEASURE_KEYS)
    code = code_of(raw, faults)
    kind, known = raw.get("type"), _COLUMN_TYPES if is_list else _TYPES
    if kind not in known:
        faults.add(f'cột "{code}": type phải là một trong {", ".join(known)}', f'measure "{code}": unknown type')
        kind = "count"
    if kind == "verdict" and not raw.get("compute"):
        faults.add(
            f'cột "{code}" cần compute = "thực hiện / chỉ tiêu"', f'measure "{code}" needs compute = "actual / target"'
        )
    misplaced = sorted(_LIST_MEASURE_KEYS & raw.keys()) if not is_list else []
    if misplaced:
        faults.add(
            f'cột "{code}": {", ".join(misplaced)} chỉ dùng trong bảng danh sách (kind = "list")',
            f'measure "{code}": {", ".join(misplaced)} belongs to a list (kind = "list")',
        )
    at, faults.at = faults.at, f"{faults.at}, cột {code}"
    former, since = former_codes(raw, faults), since_of(raw, faults)
    faults.at = at
    return Measure(
        code,
        label_of(raw, code, faults),
        cast(CellType, kind),
        bool(raw.get("required", True)),
        whole_number(raw, "decimals", faults),
        str(raw.get("compute", "")),
        bool(raw.get("issuer", False)),
        bool(raw.get("cumulative", False)),
        bool(raw.get("estimate", False)),
        str(raw.get("link", "")),
        str(raw.get("own_of", "")),
        _levels(raw, faults),
        tuple(label_of(option, code, faults) for option in listed(raw, "options")),
        str(raw.get("unit", "")),
        cast(Prefill, one_of(raw, "prefill", PREFILLS, faults) if "prefill" in raw else ""),
        bool(raw.get("closes", False)),
        str(raw.get("child", "")),
        former,
        since,
    )


def _levels(raw: Raw, faults: Faults) -> frozenset[Level]:
    return frozenset(cast(tuple[Level, ...], options({"levels": LEVELS, **raw}, "levels", LEVELS, faults)))


def _heading(raw: Raw, faults: Faults) -> Heading:
    faults.only("khóa", "key", raw, _HEADING_KEYS)
    label = Text(str(raw["heading"]), str(raw.get("en", "")))
    if not label.en:
        faults.add(f'tiêu đề "{label.vi}" thiếu bản tiếng Anh (en)', f'heading "{label.vi}" needs its English (en)')
    return Heading(str(raw.get("no", "")), label, whole_number(raw, "indent", faults))


def _indicator(raw: Raw, measures: list[str], table_id: str, faults: Faults) -> Indicator:
    faults.only("khóa", "key", raw, _ROW_KEYS)
    code = code_of(raw, faults)
    faults.at = f"bảng {table_id}, dòng {code}"
    applies = tuple(str(measure) for measure in raw.get("measures", measures))
    faults.only("cột", "measure", applies, measures)
    links = raw.get("link", {})
    if isinstance(links, dict):
        faults.only("cột", "measure", links, measures)
    else:
        faults.add('link phải là { cột = "…" }', 'link must be { measure = "…" }')
    indicator = Indicator(
        code,
        str(raw.get("no", "")),
        label_of(raw, code, faults),
        str(raw.get("unit", "")),
        frozenset(applies) | ({"ghi_chu"} & set(measures)),
        one_of(raw, "rollup", ROLLUPS, faults),
        _levels(raw, faults),
        whole_number(raw, "indent", faults),
        cast(CellType | None, one_of(raw, "type", _TYPES, faults) if "type" in raw else None),
        bool(raw.get("required", True)),
        str(raw.get("weight", "")),
        str(raw.get("register", "")),
        options(raw, "periods", PERIOD_KINDS, faults) if "periods" in raw else (),
        str(raw.get("source", "")),
        former_codes(raw, faults),
        since_of(raw, faults),
    )
    _fitting(indicator, raw, faults)
    faults.at = f"bảng {table_id}"
    return indicator


def _fitting(row: Indicator, raw: Raw, faults: Faults) -> None:
    """A roll-up needs what it rolls up by."""
    if row.type in ("text", "verdict") and row.rollup not in ("TXT", "NONE"):
        faults.add(f"cách tổng hợp {row.rollup} không dùng cho chữ", f"roll-up {row.rollup} does not fit text")
    if (row.rollup == "WAVG") != bool(row.weight):
        faults.add("WAVG và weight phải đi cùng nhau", "WAVG and weight go together")
    if (row.rollup == "REG") != bool(row.register):
        faults.add("REG và register phải đi cùng nhau", "REG and register go together")
    if row.register:
        faults.only("register", "register", [row.register], REGISTER_GROUPS)
    if row.rollup == "PCT" and "derived" not in raw and row.type not in ("percent", None):
        faults.add("cách tổng hợp PCT chỉ dùng cho tỷ lệ %", "roll-up PCT is for percentages only")


def _summable(cells: Iterable[Cell], faults: Faults) -> None:
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
                yield _cell(row, measure, form_id, table)


def _cell(row: Indicator, measure: Measure, form_id: str, table: Table) -> Cell:
    kind = measure.type
    if row.type and kind in NUMBER_TYPES and not measure.compute and not (measure.issuer and row.type == "text"):
        kind = row.type
    role: Role = "input"
    rollup = row.rollup
    if measure.type == "verdict":
        role, rollup = "verdict", "NONE"
    elif measure.compute:
        role, rollup = "computed", "PCT"
    elif measure.issuer:
        role, rollup = "issuer", "NONE"
    elif measure.type == "text":
        role, rollup = "note", "TXT"
    return Cell(
        Key(form_id, row.code, measure.code),
        table.id,
        kind,
        role,
        rollup,
        row.levels & measure.levels,
        row.required and measure.required,
        measure.unit or row.unit,
        measure.decimals,
        children=_children(row, measure, table),
        own=_own(row, measure, form_id, table),
        once=table.once,
        cumulative=measure.cumulative,
        register=row.register if role == "input" else "",
    )


def _children(row: Indicator, measure: Measure, table: Table) -> Children:
    """What the children's figures make: where a table asks for the own part, no other measure can be told apart."""
    if table.once or measure.own_of:
        return "apart"
    parts = [part for part in table.measures if part.own_of and part.code in row.measures]
    if not parts:
        return "whole"
    return "rest" if any(part.own_of == measure.code for part in parts) else "part"


def _own(row: Indicator, measure: Measure, form_id: str, table: Table) -> Key | None:
    """The cell of the part of this figure that the unit did itself, where the table asks for it."""
    for part in table.measures:
        if part.own_of == measure.code and part.code in row.measures:
            return Key(form_id, row.code, part.code)
    return None
