"""What every finding says, in both languages: the sentence (value and expectation) and the remedy.

The words stand in ``catalogue.toml``. Braces are filled from the finding: its value, what was expected, its file, and
its own parameters.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from pipeline.findings import Severity
from schemas.text import Text


@dataclass(frozen=True, slots=True)
class Wording:
    """How a finding of one id reads, and how grave it is."""

    severity: Severity
    sentence: Text
    remedy: Text


def _load() -> Mapping[str, Wording]:
    raw = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    return MappingProxyType(
        {
            finding_id: Wording(
                entry["severity"],
                Text(entry["vi"], entry["en"]),
                Text(entry.get("remedy_vi", ""), entry.get("remedy_en", "")),
            )
            for finding_id, entry in raw.items()
        }
    )


CATALOGUE: Mapping[str, Wording] = _load()

REFUSALS = MappingProxyType({"too-large": "too-large-number"})
"""Where a cell's reason for refusal shares its word with a file's."""

KIND_NAMES: Mapping[str, Text] = {
    "count": Text("số nguyên", "a whole number"),
    "money": Text("số tiền (đồng, số nguyên)", "an amount in whole đồng"),
    "percent": Text("số phần trăm", "a percentage"),
    "average": Text("một con số", "a number"),
}
"""What a cell of each type asks for, in words."""
