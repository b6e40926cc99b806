"""The values of one table of a form file; one that is missing or of the wrong kind is a fault."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from schemas.faults import Faults
from schemas.text import NO_TEXT, Text

Raw = Mapping[str, Any]

CODE = re.compile(r"[a-z][a-z0-9_]*")
"""What the code of a row or a measure looks like."""
TABLE_ID = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


def listed(raw: Raw, key: str) -> list[Raw]:
    """The tables listed under a key; nothing for what is no list of tables."""
    values = raw.get(key)
    return [value for value in values if isinstance(value, dict)] if isinstance(values, list) else []


def whole_number(raw: Raw, key: str, faults: Faults) -> int:
    """A whole number; 0 where there is none."""
    value = raw.get(key, 0)
    if isinstance(value, int):
        return value
    faults.add(f"{key} phải là số nguyên", f"{key} must be a whole number")
    return 0


def string(raw: Raw, key: str, faults: Faults) -> str:
    """Words that must be there."""
    value = raw.get(key)
    if not isinstance(value, str) or not value:
        faults.add(f'thiếu {key} = "…"', f'needs {key} = "…"')
        return ""
    return value


def code_of(raw: Raw, faults: Faults) -> str:
    """The code of a row or column; ``?`` where it has none."""
    code = str(raw.get("code", "?"))
    if not CODE.fullmatch(code):
        faults.add(
            f'mã "{code}" phải gồm chữ thường a–z, số và gạch dưới, bắt đầu bằng chữ',
            f'code "{code}" must be lower-case letters, digits and underscores, a letter first',
        )
    return code


def label_of(raw: Raw, code: str, faults: Faults) -> Text:
    """The two labels that must be there."""
    label = Text(str(raw.get("label", "")), str(raw.get("en", "")))
    if not label.vi or not label.en:
        faults.add(f'"{code}" thiếu nhãn: cần label và en', f'"{code}" needs both label and en')
    return label


def text_pair(raw: Raw, key: str, faults: Faults) -> Text:
    """Words given as ``{ vi = "…", en = "…" }``."""
    value = raw[key]
    if isinstance(value, dict) and value.get("vi") and value.get("en"):
        return Text(str(value["vi"]), str(value["en"]))
    faults.add(f'{key} phải là {{ vi = "…", en = "…" }}', f'{key} must be {{ vi = "…", en = "…" }}')
    return NO_TEXT


def options(raw: Raw, key: str, known: Collection[str], faults: Faults) -> tuple[str, ...]:
    """Some of the known words; only ``needs_target`` may name none."""
    values = raw.get(key)
    if not isinstance(values, list | tuple) or (not values and key != "needs_target"):
        faults.add(f"thiếu {key} = […]", f"needs {key} = […]")
        return ()
    faults.only(key, key, values, known)
    return tuple(str(value) for value in values)


def one_of(raw: Raw, key: str, known: Collection[str], faults: Faults) -> str:
    """One of the known words."""
    value = raw.get(key)
    if value is None:
        faults.add(f"thiếu {key}", f"needs {key}")
        return next(iter(known))
    faults.only(key, key, [value], known)
    return str(value)
