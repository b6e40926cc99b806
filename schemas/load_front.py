"""What leadership sees first of a form: its headline figures, and the breakdowns that are drawn as charts."""

from __future__ import annotations

from dataclasses import replace

from schemas.form import Chart, Form, Headline, Key
from schemas.load_rules import Draft
from schemas.load_values import Raw, listed
from schemas.rules import Names, RuleError, parse_weight
from schemas.text import Text

_HEADLINE_KEYS = ("cell", "label", "en")
_CHART_KEYS = ("label", "en", "cells")


def with_front(form: Form, draft: Draft, names: Names) -> Form:
    """The form with its ``headlines`` and ``charts``.

    They name cells such as ``sl_dv_nu`` or ``sl_dv_nu[nu]``: a row alone is its first measure that holds numbers. A
    headline without words of its own has those of its row.
    """
    headlines = []
    for i, raw in enumerate(listed(draft.raw, "headlines"), start=1):
        draft.faults.at = f"headlines, {i}"
        draft.faults.only("khóa", "key", raw, _HEADLINE_KEYS)
        key = _key(raw.get("cell"), form, names, draft)
        if key is not None:
            headlines.append(Headline(key, _words(raw, draft) or form.indicator(key.indicator).label))
    charts = []
    for i, raw in enumerate(listed(draft.raw, "charts"), start=1):
        draft.faults.at = f"charts, {i}"
        charts.append(_chart(raw, form, names, draft))
    return replace(form, headlines=tuple(headlines), charts=tuple(charts))


def _chart(raw: Raw, form: Form, names: Names, draft: Draft) -> Chart:
    draft.faults.only("khóa", "key", raw, _CHART_KEYS)
    title = _words(raw, draft)
    if title is None:
        draft.faults.add("thiếu label, en", "needs label and en")
    cells = raw.get("cells")
    parts = [_key(cell, form, names, draft) for cell in cells] if isinstance(cells, list) else []
    if len(parts) < 2:
        draft.faults.add('cần cells = ["…", "…"], ít nhất hai ô', 'needs cells = ["…", "…"], two at least')
    return Chart(title or Text("", ""), tuple(key for key in parts if key is not None))


def _words(raw: Raw, draft: Draft) -> Text | None:
    """The label in both languages; ``None`` where there is neither."""
    label, english = raw.get("label", ""), raw.get("en", "")
    if bool(label) != bool(english):
        draft.faults.add("cần cả label và en", "needs both label and en")
    return Text(str(label), str(english)) if label and english else None


def _key(cell: object, form: Form, names: Names, draft: Draft) -> Key | None:
    if not isinstance(cell, str):
        draft.faults.add(
            'ô ghi bằng chữ trong ngoặc kép, như "sl_dv_nu" hoặc "sl_dv_nu[nu]"',
            'a cell is words in quotes, such as "row" or "row[measure]"',
        )
        return None
    first = next((one.key.measure for one in form.cells() if one.key.indicator == cell and one.is_number), "")
    try:
        ref = parse_weight(cell, names, form.id, measure=first)
    except RuleError as fault:
        draft.faults.add(fault.text.vi, fault.text.en)
        return None
    if ref.form != form.id:
        draft.faults.add(f'"{cell}" không phải ô của biểu này', f'"{cell}" is no cell of this form')
        return None
    return Key(ref.form, ref.indicator, ref.measure)
