"""Rows added to ``decisions.csv``: what stands there is never rewritten."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable

from schemas.csvrows import plain
from schemas.decisions import COLUMNS, Decision, parse_decisions

_DECIMAL = re.compile(r"[0-9]+\.[0-9]+")
_MARK = "\ufeff".encode()


def with_decisions(data: bytes, decisions: Iterable[Decision]) -> bytes:
    """The bytes of the file with these decisions below what is there, in its own delimiter, order of columns and ends
    of lines; a new file is one that Excel opens.

    Raises ``DefinitionError`` where the file would not be a good one afterwards.
    """
    if not data.strip(_MARK + b" \r\n\t"):
        data = _MARK + (",".join(COLUMNS) + "\r\n").encode()
    text = data.decode("utf-8-sig")
    header = next(line for line in text.splitlines() if line.strip())
    delimiter = max(",;\t", key=header.count)
    columns = [plain(word).casefold() for word in next(csv.reader([header], delimiter=delimiter))]
    end = "\r\n" if "\r\n" in text else "\n"
    added = io.StringIO(newline="")
    if not text.endswith(("\n", "\r")):
        added.write(end)
    writer = csv.writer(added, delimiter=delimiter, lineterminator=end)
    for decision in decisions:
        cells = _cells(decision, delimiter)
        writer.writerow([cells.get(column, "") for column in columns])
    parse_decisions(list(csv.reader(io.StringIO(text + added.getvalue(), newline=""), delimiter=delimiter)))
    return data + added.getvalue().encode()


def _cells(decision: Decision, delimiter: str) -> dict[str, str]:
    assert decision.decided is not None
    # Where cells are parted by semicolons, Excel writes decimals with a comma.
    point, reported = "," if delimiter == ";" else ".", decision.reported
    return {
        "period": str(decision.period),
        "kind": decision.kind,
        "unit": decision.unit,
        "file": decision.file,
        "form": decision.form,
        "indicator": decision.indicator,
        "measure": decision.measure,
        "reported": reported.replace(".", point) if _DECIMAL.fullmatch(reported) else reported,
        "decided": amount_text(decision.decided, point),
        "reason": decision.reason,
        "who": decision.who,
        "when": decision.when.isoformat(),
    }


def amount_text(value: float, point: str = ".") -> str:
    """A number that reads as one thing only: no thousands mark, never just three digits after the point."""
    if value.is_integer():
        return str(int(value))
    whole, _, tail = f"{value:.10f}".rstrip("0").partition(".")
    return f"{whole}{point}{tail}0" if len(tail) == 3 else f"{whole}{point}{tail}"
