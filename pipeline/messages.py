"""Findings in words: place, value, expectation, remedy, id."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.catalogue import CATALOGUE, Wording
from pipeline.findings import Finding, Param
from schemas.text import Text

_MOST_CELLS = 8
_VIETNAMESE = str.maketrans(",.", ".,")


def wording(finding: Finding) -> Wording:
    """The catalogue's entry for a finding."""
    return CATALOGUE[finding.say or finding.id]


class Shown(str):
    """A number in a person's notation that still knows its plain digits, for programs."""

    __slots__ = ("plain",)
    plain: str


def number(value: float, lang: str = "vi", decimals: int | None = None) -> Shown:
    """A number in the notation of the language: 1.384.359.500 and 93,96, or 1,384,359,500 and 93.96."""
    shown = f"{value:,.{decimals}f}" if decimals is not None else f"{value:,.10g}" if value % 1 else f"{value:,.0f}"
    found = Shown(shown if lang == "en" else shown.translate(_VIETNAMESE))
    found.plain = shown.replace(",", "")
    return found


def place(finding: Finding) -> str:
    """Where a finding stands: its cells, or its file, or its unit."""
    if finding.cells:
        shown = [cell if "!" in cell else f"{finding.sheet}!{cell}" for cell in finding.cells[:_MOST_CELLS]]
        return " ".join(shown) + (" …" if len(finding.cells) > _MOST_CELLS else "")
    return finding.file or finding.unit


def first_place(finding: Finding) -> str:
    """The first cell, and how many more there are: for a link, which leads to one cell."""
    if not finding.cells:
        return finding.file.rsplit("/", 1)[-1]
    more = f" (+{len(finding.cells) - 1})" if len(finding.cells) > 1 else ""
    first = finding.cells[0]
    return (first if "!" in first else f"{finding.sheet}!{first}") + more


def message(finding: Finding, lang: str = "vi") -> str:
    """The whole sentence a person reads."""
    said = wording(finding)
    words = _filled(said.sentence, finding, lang)
    parts = [f"{place(finding)}: {words}" + ("" if words.endswith((".", "?")) else ".")]
    remedy = _filled(said.remedy, finding, lang)
    if remedy:
        parts.append(remedy)
    parts.append(f"[{finding.id}]")
    return " ".join(parts)


def sentence(finding: Finding, lang: str = "vi") -> str:
    """The sentence alone: no place, no id."""
    return _filled(wording(finding).sentence, finding, lang)


def suggestion(finding: Finding, lang: str = "vi") -> str:
    """What to do about it."""
    return _filled(wording(finding).remedy, finding, lang)


def _filled(text: Text, finding: Finding, lang: str) -> str:
    words = text.of(lang)
    if "{" not in words and "}" not in words:
        return words
    own: dict[str, Param] = {
        "value": finding.value,
        "expected": finding.expected,
        "file": finding.file,
        "form": finding.form,
        "period": finding.period,
        "unit": finding.unit,
        **finding.params,
    }
    return words.format_map(_shown(own, lang))


def _shown(params: Mapping[str, Param], lang: str) -> dict[str, str]:
    shown = {}
    for key, param in params.items():
        if isinstance(param, Text):
            shown[key] = param.of(lang)
        elif isinstance(param, str):
            shown[key] = param
        else:
            shown[key] = number(param, lang)
    return shown
