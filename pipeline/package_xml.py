"""How a cell stands in the XML of a sheet, letter for letter as the writer of workbooks has it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

# Excel reads ``_x0009_`` in a text as the character of that number.
_LIKE_CONTROL = re.compile(r"(_x[0-9a-fA-F]{4}_)")
_CONTROL = re.compile(r"([\x00-\x08\x0b-\x1f\ufffe\uffff])")
_SPECIAL = re.compile(r"[&<>]")


@dataclass(slots=True)
class Strings:
    """The texts of one package: those of its kind, each with its number, and behind them those of its own."""

    kind: Mapping[str, int]
    own: dict[str, int] = field(default_factory=dict)
    uses: int = 0

    def number(self, text: str) -> int:
        """Where a text stands."""
        self.uses += 1
        item = _item(text)
        known = self.kind.get(item)
        return self.own.setdefault(item, len(self.kind) + len(self.own)) if known is None else known


def escaped(text: str) -> str:
    """Text between tags."""
    if not _SPECIAL.search(text):
        return text
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def controls_escaped(text: str) -> str:
    """Text without characters that XML cannot hold."""
    return _CONTROL.sub(lambda found: f"_x{ord(found[1]):04X}_", _LIKE_CONTROL.sub(r"_x005F\1", text))


def plain_cell(head: str, value: object, strings: Strings) -> str:
    """A cell without a formula; ``head`` is its tag up to its style."""
    if value is None:
        return f"{head}/>"
    if isinstance(value, str):
        return f'{head} t="s"><v>{strings.number(value)}</v></c>'
    return f"{head}><v>{value:.16G}</v></c>"


def formula_cell(head: str, formula: str, value: object) -> str:
    """A cell with a formula, escaped already, and what it shows."""
    if value == "":
        return f"{head}><f>{formula}</f><v></v></c>"
    if isinstance(value, str):
        return f'{head} t="str"><f>{formula}</f><v>{escaped(value)}</v></c>'
    return f"{head}><f>{formula}</f><v>{value}</v></c>"


def _item(text: str) -> str:
    text = controls_escaped(text)
    space = ' xml:space="preserve"' if text != text.strip() else ""
    return f"<si><t{space}>{escaped(text)}</t></si>"
