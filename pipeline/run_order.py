"""The order in which findings are told."""

from __future__ import annotations

from collections.abc import Iterable

from pipeline.findings import SEVERITIES, Finding
from pipeline.obligations import Obligations

# What all else of a return is read in the light of.
_FIRST = frozenset({"version-differs"})
_IN_THEIR_ORDER = frozenset({"suspect"})


def ordered(findings: Iterable[Finding], owed: Obligations) -> tuple[Finding, ...]:
    """Files that count for no one first, then the units in register order: another version, what must be mended."""
    order = owed.tree.order
    return tuple(
        sorted(
            findings,
            key=lambda f: (
                *(order.get(f.unit, -1), f.id not in _FIRST, SEVERITIES.index(f.severity), f.file),
                # The likeliest of several explanations comes first, wherever it stands.
                *(("", f.id, ()) if f.id in _IN_THEIR_ORDER else (f.form, f.id, f.cells)),
            ),
        )
    )
