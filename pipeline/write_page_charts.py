"""Drawings of the page: bars whose parts differ by pattern as well as by colour, each with its figures beside it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pipeline.headlines import headline_figures
from pipeline.results import Results
from pipeline.write_page_html import Html, Page, joined, tag
from schemas.form import Chart, Key

_PARTS = ("p0", "p1", "p2", "p3", "p4", "p5")
_MOST_UNITS = 12
# Width and height of a pattern's tile, its ground, and what is drawn on it.
_PATTERNS: dict[str, tuple[int, str, str]] = {
    "p0": (4, "#12395b", ""),
    "p1": (8, "#f3c677", '<path d="M-2 2l4-4M0 8l8-8M6 10l4-4" stroke="#8a5a00" stroke-width="1.6"></path>'),
    "p2": (6, "#8fbfe3", '<circle cx="3" cy="3" r="1.2" fill="#12395b"></circle>'),
    "p3": (6, "#ffffff", '<path d="M1.5 0v6" stroke="#12395b" stroke-width="1.4"></path>'),
    "p4": (6, "#b9d7a4", '<path d="M0 1.5h6" stroke="#3d6b22" stroke-width="1.2"></path>'),
    "p5": (7, "#e4e4e4", '<path d="M0 0l7 7M7 0l-7 7" stroke="#555555" stroke-width="1"></path>'),
    "good": (4, "#2e7d4f", ""),
    "late": (8, "#f6d27a", '<path d="M-2 2l4-4M0 8l8-8M6 10l4-4" stroke="#8a5a00" stroke-width="2"></path>'),
    "soft": (6, "#f6d27a", '<circle cx="3" cy="3" r="1.3" fill="#8a5a00"></circle>'),
    "bad": (6, "#d9534a", '<path d="M0 0l6 6M6 0l-6 6" stroke="#ffffff" stroke-width="1.2"></path>'),
    "none": (4, "#ffffff", ""),
}


def patterns() -> Html:
    """The patterns that all bars are filled with; they stand once, out of sight."""
    drawn = "".join(
        f'<pattern id="{name}" width="{size}" height="{size}" patternUnits="userSpaceOnUse">'
        f'<rect width="{size}" height="{size}" fill="{ground}"></rect>{drawing}</pattern>'
        for name, (size, ground, drawing) in _PATTERNS.items()
    )
    return Html(f'<svg class="patterns" width="0" height="0" aria-hidden="true"><defs>{drawn}</defs></svg>')


def bar(title: str, said: str, parts: Iterable[tuple[str, float]]) -> Html:
    """One bar: of each part its pattern and its share of the whole, from 0 to 1. It is read out as ``said``."""
    drawn, at = [], 0.0
    for look, part in parts:
        drawn.append(_rect(look, at, part))
        at += part
    return tag("svg", tag("title", title), tag("desc", said), *drawn, class_="bar", role="img")


def legend(parts: Iterable[tuple[str, str, str]]) -> Html:
    """What each pattern of a bar stands for: pattern, words, figure."""
    rows = (tag("li", _swatch(look), " ", words, " ", tag("b", figure)) for look, words, figure in parts)
    return tag("ul", *rows, class_="legend")


def _rect(look: str, at: float, part: float) -> Html:
    return tag("rect", x=f"{100 * at:.3f}%", width=f"{100 * part:.3f}%", height="100%", fill=f"url(#{look})")


def _swatch(look: str) -> Html:
    return tag(
        "svg", tag("rect", width="100%", height="100%", fill=f"url(#{look})"), class_="swatch", aria_hidden="true"
    )


def charts_section(page: Page) -> Html:
    """The breakdowns that the forms declare, and the largest units of the first headline figure."""
    drawn = [one for form in page.results.owed.forms for chart in form.charts if (one := _breakdown(page, chart))]
    drawn += [one] if (one := _units(page)) else []
    if not drawn:
        return Html("")
    head = tag("h2", page.say("Cơ cấu", "Breakdowns"))
    return tag("section", head, tag("div", *drawn, class_="charts"), id="charts")


def _breakdown(page: Page, chart: Chart) -> Html | None:
    """The parts that anyone reported; of the others it says that there is no figure."""
    value, province = page.results.rollup.value, page.results.owed.tree.province.code
    found = [(key, value.of(province, key)) for key in chart.parts if key in value.column]
    whole = sum(part for _, part in found if part is not None)
    if not whole or any(part is not None and part < 0 for _, part in found):
        return None
    names, rows, parts = _names(page, [key for key, _ in found]), [], []
    for i, ((key, part), name) in enumerate(zip(found, names, strict=True)):
        look = _PARTS[i % len(_PARTS)]
        if part is not None:
            parts.append((look, part / whole))
        shown = page.figure(part, page.results.rollup.cells[key]) or page.say("chưa có số", "no figure")
        share = page.points(100 * part / whole) if part is not None else ""
        rows.append((look, name, shown, share))
    title, unit = chart.title.of(page.lang), page.results.rollup.cells[found[0][0]].unit
    said = "; ".join(f"{name}: {shown} {share}".rstrip() for _, name, shown, share in rows)
    return tag(
        "figure",
        tag("figcaption", title, " ", tag("small", unit)),
        bar(title, said, parts),
        _table((_swatch(look), name, shown, share) for look, name, shown, share in rows),
        tag("p", _rests_on(page, [key for key, _ in found]), class_="note"),
    )


def _names(page: Page, keys: Sequence[Key]) -> list[str]:
    """The rows' names, or those of the columns where all stand in one row."""
    if len({key.indicator for key in keys}) == 1:
        return [page.measure(key).label.of(page.lang) for key in keys]
    return [page.label(key) for key in keys]


def _rests_on(page: Page, keys: Sequence[Key]) -> str:
    """On how many units the figures rest, that of the fewest."""
    rollup, province = page.results.rollup, page.results.owed.tree.province.code
    at = [rollup.at(province, key) for key in keys]
    have, expected = min((int(rollup.with_data[i]), int(rollup.expected[i])) for i in at)
    rejected = max(int(rollup.rejected[i]) for i in at)
    mark = page.say(f"; ▲ {rejected} đơn vị phải sửa", f"; ▲ {rejected} must correct") if rejected else ""
    return page.say(f"Số liệu của {have}/{expected} đơn vị", f"Figures of {have} of {expected} units") + mark


def _table(rows: Iterable[tuple[str, str, str, str]]) -> Html:
    return tag(
        "table",
        *(
            tag("tr", tag("td", mark, class_="mark"), tag("th", name, scope="row"), tag("td", shown), tag("td", share))
            for mark, name, shown, share in rows
        ),
        class_="parts",
    )


def _units(page: Page) -> Html | None:
    """The largest units of the first headline figure that adds up."""
    results = page.results
    figure = next((one for one in headline_figures(results) if one.cell.rollup == "SUM" and one.value), None)
    if figure is None:
        return None
    key, tree = figure.cell.key, results.owed.tree
    children = tree.children(tree.province.code)
    found = [(unit, part) for unit in children if (part := results.rollup.value.of(unit.code, key)) is not None]
    found.sort(key=lambda one: -one[1])
    shown, rest = found[:_MOST_UNITS], found[_MOST_UNITS:]
    if len(found) < 2 or found[-1][1] < 0:
        return None
    most, whole = found[0][1], sum(part for _, part in found)
    title = page.say(f"{figure.label.vi} theo đơn vị", f"{figure.label.en} by unit")
    rows = [
        (_unit_name(results, unit.code, unit.short_name), part, _rect("p2", 0, part / most)) for unit, part in shown
    ]
    if rest:
        words = page.say(f"{len(rest)} đơn vị khác", f"{len(rest)} other units")
        rows.append((joined([words]), sum(part for _, part in rest), Html("")))
    drawn = [
        tag(
            "tr",
            tag("th", name, scope="row"),
            tag("td", tag("svg", drawing, class_="bar thin", aria_hidden="true") if drawing else "", class_="wide"),
            tag("td", page.figure(part, figure.cell)),
            tag("td", page.points(100 * part / whole)),
        )
        for name, part, drawing in rows
    ]
    return tag(
        "figure",
        tag("figcaption", title, " ", tag("small", figure.cell.unit)),
        tag("table", *drawn, class_="parts"),
        tag("p", _rests_on(page, [key]), class_="note"),
        class_="whole",
    )


def _unit_name(results: Results, code: str, name: str) -> Html:
    return joined([f"{name} ▲" if results.status_of(code) == "rejected" else name])
