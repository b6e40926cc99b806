"""The figures of the periods before, made from those of the demo so that what rolls over rolls over."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Iterable, Mapping
from pathlib import Path

from pipeline.demo_figures import Entries
from pipeline.package_lines import ListRow
from pipeline.rows import COLUMNS, plain
from schemas.form import Forms, Key

# What a period opens with is what the one before closed with.
_OPENING = {
    Key("B01", "sl_dv_dau", "tong"): Key("B01", "sl_doan_vien", "tong"),
    Key("B02", "cs_vay_dau", "ky_nay"): Key("B02", "cs_vay_cuoi", "ky_nay"),
}
# Counted since the fund was set up: it was no more a year ago.
_SINCE_FOUNDED = frozenset({"cs_quytuongho_dv", "cs_quytuongho_tien"})
_FLOWS = ("ky_nay", "luy_ke", "so_suat", "so_tien")
_STOCKS = frozenset(_OPENING) | frozenset(_OPENING.values())


def year_before(
    unit: str, entries: Entries, lists: Mapping[str, Iterable[ListRow]], running: Mapping[Key, float]
) -> dict[Key, float]:
    """A year before: stocks that this year opens with, flows that are near, unions that were a little smaller.

    ``running`` are the totals since January that this period goes on from.
    """
    chance = random.Random(f"{unit} năm trước")
    before = {then: float(entries[now]) for now, then in _OPENING.items() if now in entries}
    for key, value in entries.items():
        if key.form == "B02" and key.measure == "ky_nay" and key not in _STOCKS and isinstance(value, float):
            total = key._replace(measure="luy_ke")
            near = _near(chance, value)
            before[key] = min(near, value) if key.indicator in _SINCE_FOUNDED else near
            before[total] = _near(chance, value + running.get(total, 0.0))
    for form, rows in lists.items():
        for row in rows:
            members = row.values.get("so_dv")
            if isinstance(members, float):
                before[Key(form, row.id, "so_dv")] = float(round(members * chance.uniform(0.95, 1.05)))
    return before


def _near(chance: random.Random, value: float) -> float:
    """Nearly as much; of a few the same."""
    return value if value < 20 else float(round(value * chance.uniform(0.85, 1.15)))


def quarter_before(unit: str, entries: Entries, fixed: Mapping[Key, float]) -> dict[Key, float]:
    """The quarter before: running totals that this quarter goes on from; ``fixed`` are some that are given."""
    chance = random.Random(f"{unit} quý trước")
    before = {then: float(entries[now]) for now, then in _OPENING.items() if now in entries}
    for key, value in entries.items():
        running = key._replace(measure="luy_ke")
        if key.form == "B02" and key.measure == "ky_nay" and key not in _STOCKS and isinstance(value, float):
            before[running] = fixed.get(running, float(round(value * chance.uniform(1.2, 2.2))))
        elif key.form == "B02" and key.measure in _FLOWS[2:] and isinstance(value, float):
            # Gifts run from 1 January: what stood there a quarter ago is at most what stands there now.
            before[key] = float(round(value * 0.6))
    return before


def write_history(path: Path, forms: Forms, figures: Mapping[str, Mapping[Key, float]]) -> None:
    """Write ``history/P.csv`` in the columns of ``observations.csv``."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS["observations"])
    for unit, before in figures.items():
        for key, value in before.items():
            cell = forms.cell(key)
            if cell is not None:
                row = (path.stem, unit, key.form, cell.table, key.indicator, key.measure, plain(value), "", "reported")
                writer.writerow((*row, "(minh họa)", "", "", ""))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.getvalue().encode("utf-8-sig"))
