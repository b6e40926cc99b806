"""The page that says what was measured, made of the rows alone: what was not measured is not there."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from operator import truediv
from pathlib import Path
from statistics import median
from typing import Any

from scale_plot import Panel, chart

ROOT = Path(__file__).resolve().parent.parent
PAGE, PLOT = ROOT / "docs" / "benchmarks.md", ROOT / "docs" / "hinh" / "benchmark-quy-mo.svg"
ALL_FORMS = ["B01", "B02", "B03", "B04"]
NAMES: Mapping[str, tuple[str, str]] = {
    "obvious": ("chương trình viết thẳng", "the obvious program"),
    "floor": ("sàn của Python, 1 tiến trình", "Python's floor, 1 process"),
    "floor-2": ("sàn của Python, 2 tiến trình", "Python's floor, 2 processes"),
    "calamine": ("riêng python-calamine, 4 luồng", "python-calamine alone, 4 threads"),
    "cold": ("**tonghop, lần đầu**", "**cold**"),
    "again": ("**tonghop, chạy lại, không gì đổi**", "**again, nothing changed**"),
    "changed": ("**tonghop, chạy lại, một bộ biểu đổi**", "**again, one return changed**"),
}
DRAWN = ("obvious", "calamine", "floor", "cold", "changed", "again")
_SWAPPED = str.maketrans(",.", ".,")
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Run:
    """One run of the benchmark: what it was run on, and the rows of each way by round."""

    about: Row
    ways: Mapping[str, list[Row]]

    @property
    def packages(self) -> int:
        """How many returns."""
        return int(self.about["corpus"]["packages"])

    @property
    def each(self) -> float:
        """Cells of forms that hold something, a package."""
        return float(self.about["corpus"]["cells"]) / self.packages

    @property
    def forms(self) -> list[str]:
        """The forms in the packages."""
        return list(self.about["corpus"]["forms"])

    def seconds(self, way: str, what: str = "seconds") -> list[float]:
        """What each round of a way took."""
        return [float(row[what]) for row in self.ways.get(way, ()) if what in row]

    def times(self, way: str, base: str) -> list[float]:
        """How many times as long the base took, round by round."""
        own, other = ({row["round"]: row["seconds"] for row in self.ways.get(name, ())} for name in (way, base))
        both = sorted(own.keys() & other.keys())
        return list(map(truediv, (other[turn] for turn in both), (own[turn] for turn in both)))


def runs_of(rows: Sequence[Row]) -> list[Run]:
    """The last run of each corpus and engine, small ones first."""
    last: dict[tuple[object, ...], Run] = {}
    for about in (row for row in rows if "corpus" in row):
        own = [row for row in rows if row["run"] == about["run"] and "way" in row]
        if own:
            ways = {way: [row for row in own if row["way"] == way] for way in NAMES}
            corpus = about["corpus"]
            found = Run(about, {way: kept for way, kept in ways.items() if kept})
            last[corpus["packages"], tuple(corpus["forms"]), about["engine"]] = found
    return sorted(last.values(), key=lambda run: (run.packages, run.each, run.about["engine"]))


def page_of(rows: Sequence[Row]) -> str:
    """The page."""
    runs = runs_of(rows)
    sizes = [run for run in runs if run.forms == ALL_FORMS]
    lines = [*_head(runs), *_by_size(sizes), *_stages(sizes), *_growth(sizes), *_by_cells(_widths(runs))]
    if drawn(rows):
        lines += ["", f"![Thời gian theo số bộ biểu và theo số ô](hinh/{PLOT.name})"]
    return "\n".join([*lines, *_english(runs, sizes), ""])


def drawn(rows: Sequence[Row]) -> str:
    """The chart; empty where fewer than two sizes were measured."""
    runs = runs_of(rows)
    sizes, widths = [run for run in runs if run.forms == ALL_FORMS], _widths(runs)
    panels = [
        Panel("Theo số bộ biểu", "số bộ biểu", "giây", _lines(sizes, lambda run: run.packages)),
        Panel("Theo số ô của một bộ biểu", "số ô có nội dung", "giây", _lines(widths, lambda run: run.each)),
    ]
    panels = [panel for panel in panels if any(len(line) > 1 for line in panel.lines.values())]
    return chart(panels) if panels else ""


def write_page(rows: Sequence[Row]) -> None:
    """Write the page, and the chart if there is one."""
    PAGE.write_text(page_of(rows), encoding="utf-8")
    picture = drawn(rows)
    if picture:
        PLOT.write_text(picture, encoding="utf-8")
    else:
        PLOT.unlink(missing_ok=True)


def _lines(runs: Sequence[Run], at: Any) -> dict[str, list[tuple[float, float]]]:
    found: dict[str, list[tuple[float, float]]] = {}
    for way in DRAWN:
        points = {at(run): median(run.seconds(way)) for run in runs if run.seconds(way)}
        if points:
            found[NAMES[way][0].strip("*")] = list(points.items())
    return found


def _widths(runs: Sequence[Run]) -> list[Run]:
    """The runs with so many packages as most sizes of package were measured with."""
    forms: dict[int, set[tuple[str, ...]]] = {}
    for run in runs:
        forms.setdefault(run.packages, set()).add(tuple(run.forms))
    most = max(forms, key=lambda packages: len(forms[packages]), default=0)
    chosen = [run for run in runs if run.packages == most]
    return chosen if len(forms.get(most, ())) > 1 else []


def _head(runs: Sequence[Run]) -> Iterator[str]:
    yield "# Đo tốc độ"
    yield ""
    yield "Trang này do `python benchmarks/scale.py --table` ghi ra từ `benchmarks/results.json`; số nào chưa đo thì"
    yield "không có ở đây."
    yield "*An [English summary](#in-english) is at the end.*"
    if not runs:
        yield ""
        yield "Chưa có số đo."
        return
    yield ""
    for machine in _machines(runs):
        yield f"Máy đo: {machine['cores']} lõi {machine['architecture']}, {machine['memory']} GB, {machine['system']};"
        packages = ", ".join(f"{name} {number}" for name, number in machine["versions"].items())
        yield f"Python {machine['python']}, {packages}."
    yield ""
    yield "- Mỗi lần đo là một tiến trình mới, từ lúc bắt đầu đến lúc kết thúc; các cách làm chạy xen kẽ, tỷ số lấy"
    yield "  theo từng vòng. Số ghi là trung vị (ít nhất–nhiều nhất). Tệp đã nằm trong bộ nhớ đệm của hệ điều hành."
    yield "  Có tiến trình giúp thì giây CPU là của tất cả, bộ nhớ là của tiến trình lớn nhất."
    yield "- *Chương trình viết thẳng* (`benchmarks/obvious.py`): `pandas.read_excel` từng trang bằng openpyxl, một"
    yield "  bảng rộng, pandera, cộng, `to_excel`. *Sàn của Python* (`benchmarks/floor.py`): chỉ giải nén phần cần và"
    yield "  tìm mọi ô, không kiểm tra gì."
    yield "- Bộ biểu do `benchmarks/corpus.py` lập: mỗi đơn vị một bộ số riêng, cấp trên cộng từ cấp dưới."


def _machines(runs: Sequence[Run]) -> list[Row]:
    found: list[Row] = []
    for run in runs:
        if run.about["machine"] not in found:
            found.append(run.about["machine"])
    return found


def _by_size(runs: Sequence[Run]) -> Iterator[str]:
    for run in runs:
        corpus = run.about["corpus"]
        yield ""
        yield f"## {whole(run.packages)} bộ biểu"
        yield ""
        yield (
            f"{whole(corpus['cells'])} ô có nội dung ({whole(run.each)} ô một bộ), {whole(corpus['bytes'] / 2**20)} MB;"
            f" {corpus['faults']} bộ có lỗi cài sẵn, {corpus['xls']} tệp .xls; `--engine {run.about['engine']}`."
        )
        yield ""
        yield "| cách làm | giây | giây CPU | bộ nhớ cao nhất, MB | chương trình viết thẳng lâu gấp |"
        yield "|---|---:|---:|---:|---:|"
        for way, found in run.ways.items():
            sampled = found[0]["share"] < 1
            mark = f" (ước từ {whole(run.packages * found[0]['share'])} tệp)" if sampled else ""
            peak = "–" if sampled else whole(max(row["peak"] for row in found))
            times = spread(run.times(way, "obvious")) if way != "obvious" and "obvious" in run.ways else ""
            processor = said(median(run.seconds(way, "processor")))
            yield f"| {NAMES[way][0]}{mark} | {spread(run.seconds(way))} | {processor} | {peak} | {times} |"
        yield from _distance(run)


def _distance(run: Run) -> Iterator[str]:
    """How far the reading is from the floor and from calamine."""
    reading = [row["stages"]["returns_of"] for row in run.ways.get("cold", ()) if "stages" in row]
    said_of = [
        f"{said(median(reading) / median(run.seconds(way, 'work')))} lần {NAMES[way][0]}"
        for way in ("floor", "floor-2", "calamine")
        if reading and run.seconds(way, "work")
    ]
    if said_of:
        yield ""
        yield f"Riêng phần đọc của lần đầu: {'; '.join(said_of)} (không kể khởi động)."


PARTS = ("khởi động", "định nghĩa", "đọc", "đối chiếu, cộng", "ghi", "còn lại")


def parts_of(row: Row) -> list[float]:
    """Seconds of the parts of a run, which together make all of it."""
    stages = row["stages"]
    found = [
        stages.get("start", 0.0),
        stages.get("workspace_at", 0.0),
        stages.get("returns_of", 0.0),
        stages.get("_results", 0.0) - stages.get("returns_of", 0.0),
        stages.get("write_results", 0.0),
    ]
    return [*found, row["seconds"] - sum(found)]


def _stages(runs: Sequence[Run]) -> Iterator[str]:
    with_parts = [
        (run, way, [parts_of(row) for row in run.ways[way] if "stages" in row])
        for run in runs
        for way in ("cold", "changed")
        if any("stages" in row for row in run.ways.get(way, ()))
    ]
    if not with_parts:
        return
    yield ""
    yield "## Thời gian nằm ở đâu (giây, trung vị)"
    yield ""
    yield "| bộ biểu | | " + " | ".join(PARTS) + " |"
    yield "|---:|---|" + "---:|" * len(PARTS)
    for run, way, found in with_parts:
        cells = " | ".join(said(median(values)) for values in zip(*found, strict=True))
        yield f"| {whole(run.packages)} | {NAMES[way][0].strip('*')} | {cells} |"


def _growth(runs: Sequence[Run]) -> Iterator[str]:
    pairs = [(one, two) for one, two in pairwise(runs) if one.packages < two.packages]
    rows = [
        (one, two, way)
        for one, two in pairs
        for way in NAMES
        if one.seconds(way) and two.seconds(way) and way != "obvious"
    ]
    if not rows:
        return
    yield ""
    yield "## Lớn lên theo số bộ biểu"
    yield ""
    yield "Số mũ 1 là lớn đều theo số bộ biểu; dưới 1 là mỗi bộ rẻ dần."
    yield ""
    yield "| từ | đến | cách làm | giây lâu gấp | số mũ | ms một bộ, rồi |"
    yield "|---:|---:|---|---:|---:|---:|"
    for one, two, way in rows:
        first, second = median(one.seconds(way)), median(two.seconds(way))
        power = math.log(second / first) / math.log(two.packages / one.packages)
        each = f"{said(1000 * first / one.packages)} → {said(1000 * second / two.packages)}"
        sizes = f"{whole(one.packages)} | {whole(two.packages)}"
        yield f"| {sizes} | {NAMES[way][0].strip('*')} | {said(second / first)} | {said(power)} | {each} |"


def _by_cells(runs: Sequence[Run]) -> Iterator[str]:
    if not runs:
        return
    ways = [way for way in DRAWN if any(run.seconds(way) for run in runs)]
    yield ""
    yield f"## Lớn lên theo số ô ({whole(runs[0].packages)} bộ biểu)"
    yield ""
    yield "| biểu | ô một bộ | " + " | ".join(f"{NAMES[way][0].strip('*')}, giây" for way in ways) + " |"
    yield "|---|---:|" + "---:|" * len(ways)
    for run in runs:
        cells = " | ".join(said(median(run.seconds(way))) if run.seconds(way) else "" for way in ways)
        yield f"| {', '.join(run.forms)} | {whole(run.each)} | {cells} |"


def _english(runs: Sequence[Run], sizes: Sequence[Run]) -> Iterator[str]:
    yield ""
    yield "## In English"
    yield ""
    if not runs:
        yield "Nothing has been measured yet."
        return
    yield "Whole processes in turns on the machine named above, files in the page cache; median (least–most)."
    yield "Where helpers take part, memory is that of the largest process."
    yield "The obvious program calls `pandas.read_excel` once a sheet; Python's floor inflates and finds all cells and"
    yield "checks nothing."
    for run in sizes:
        yield ""
        yield f"{run.packages:,} packages, `--engine {run.about['engine']}`:"
        yield ""
        for way, found in run.ways.items():
            times = run.times(way, "obvious")
            ratio = (
                f", the obvious program {_english_of(spread(times))} times as long"
                if times and way != "obvious"
                else ""
            )
            mark = f", scaled from {run.packages * found[0]['share']:,.0f} files" if found[0]["share"] < 1 else ""
            peak = "" if mark else f", peak {max(row['peak'] for row in found):,.0f} MB"
            yield f"- {NAMES[way][1].strip('*')}: {_english_of(spread(run.seconds(way)))} s{mark}{ratio}{peak}."


def _english_of(numbers: str) -> str:
    return numbers.translate(_SWAPPED)


def spread(values: Sequence[float]) -> str:
    """Median and range; of one value that alone."""
    if len(values) < 2:
        return said(values[0]) if values else ""
    return f"{said(median(values))} ({said(min(values))}–{said(max(values))})"


def said(value: float) -> str:
    """Three digits that count, as Vietnamese writes them."""
    places = max(0, 2 - math.floor(math.log10(abs(value)))) if abs(value) >= 0.01 else 3
    return f"{value:,.{min(places, 2)}f}".translate(_SWAPPED)


def whole(value: float) -> str:
    """A whole number."""
    return f"{value:,.0f}".replace(",", ".")
