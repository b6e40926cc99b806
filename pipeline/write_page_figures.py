"""The province's figures on the page: the headlines beside an earlier period, and whom to call first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from pipeline.doubts import Doubt, Move
from pipeline.headlines import Change, HeadlineFigure, headline_figures
from pipeline.messages import number
from pipeline.results import Results
from pipeline.write_page_html import Html, Page, capital, contacts, joined, tag
from schemas.form import Cell, Key, key_of

_NEARLY_ALL, _MOST_CALLS, _MOST_MOVES = 0.95, 10, 3


def figures_section(page: Page) -> Html:
    """The headline figures, each with that of the period before and how it changed over the same units."""
    figures = headline_figures(page.results)
    if not figures:
        return Html("")
    head = tag("h2", page.say("Số liệu chính toàn tỉnh", "Headline figures of the province"))
    counted = page.say("không được tính", "left out") if page.results.only_accepted else page.say("vẫn tính", "counted")
    note = page.say(
        f"▲ có số của đơn vị còn chỗ phải sửa ({counted}); ◆ có số đã điều chỉnh theo quyết định. Chưa có số liệu "
        "không phải là 0. Tăng, giảm chỉ tính trên các đơn vị có số liệu cả hai kỳ.",
        f"▲ rests on units that must correct ({counted}); ◆ holds figures adjusted by decision. No figure is not 0. "
        "Changes are those of the units that have figures in both periods.",
    )
    cards = (_card(page, figure) for figure in figures)
    return tag("section", head, tag("div", *cards, class_="cards"), tag("p", note, class_="note"), id="figures")


def _card(page: Page, figure: HeadlineFigure) -> Html:
    shown = page.figure(figure.value, figure.cell)
    value = tag("b", shown) if shown else tag("b", page.say("chưa có số liệu", "no figure yet"), class_="no")
    marks = []
    if figure.rejected and not page.results.only_accepted:
        marks.append(page.say(f"▲ {figure.rejected} phải sửa", f"▲ {figure.rejected} must correct"))
    if adjusted := _adjusted(page.results, figure.cell):
        marks.append(page.say(f"◆ {adjusted} số điều chỉnh", f"◆ {adjusted} adjusted"))
    units = page.say(f"{figure.units}/{figure.expected} đơn vị", f"{figure.units} of {figure.expected} units")
    # What the register counts is of no unit's return.
    units = page.say("theo danh bạ", "by the register") if figure.cell.rollup == "REG" else units
    return tag(
        "div",
        tag("h3", figure.label.of(page.lang)),
        tag("p", value, " ", tag("small", figure.cell.unit) if shown else "", class_="value"),
        tag("p", *_before(page, figure), class_="before") if page.results.past is not None else "",
        tag("p", joined([units, *marks], " · "), class_="rests"),
        class_="card",
    )


def _before(page: Page, figure: HeadlineFigure) -> list[str]:
    """The figure of the earlier period, and the change of the units that have both."""
    assert page.results.past is not None
    period = capital(page.results.past.period.label(page.lang))
    before = page.figure(figure.before, figure.cell) or page.say("chưa có", "none")
    said: list[str] = [f"{period}: {before} "]
    change = figure.change
    if change is not None:
        units = page.say(f" ở {change.units} đơn vị", f" in {change.units} units")
        said.append(tag("span", _by(page, figure.cell, change), units, class_="change"))
    return said


def _by(page: Page, cell: Cell, change: Change) -> str:
    if not change.by:
        return page.say("không đổi", "unchanged")
    by = page.signed(change.by, page.figure(change.by, cell))
    share = 100 * change.by / change.before if change.before else None
    part = f" ({page.signed(share, page.points(share))})" if share is not None else ""
    return f"{'↑' if change.by > 0 else '↓'} {by}{part}"


def _adjusted(results: Results, cell: Cell) -> int:
    """How many figures that people decided stand behind the province's figure."""
    keys = {cell.key, *((key_of(ref) for ref in cell.derived.refs) if cell.derived else ())}
    return sum(
        1
        for finding in results.findings
        if finding.id == "adjusted"
        and (
            Key(finding.form, finding.indicator, finding.measure) in keys
            or Key(finding.form, "", finding.measure) in keys
        )
        and _counts_in_total(results, finding.unit, cell.key)
    )


def _counts_in_total(results: Results, unit: str, key: Key) -> bool:
    """Whether no unit between this one and the province declares the figure itself."""
    above = results.owed.tree.parent(unit)
    while above is not None and above is not results.owed.tree.province:
        if not np.isnan(results.rollup.declared[results.rollup.at(above.code, key)]):
            return False
        above = results.owed.tree.parent(above.code)
    return True


def doubts_section(page: Page) -> Html:
    """Whom to call first: the units that hold nearly all that could move the province's figures."""
    doubts = [one for one in page.results.doubts if one.reached - one.share < _NEARLY_ALL][:_MOST_CALLS]
    if not doubts:
        return Html("")
    reached = page.points(100 * doubts[-1].reached, 0)
    heads = (
        page.say("Đơn vị", "Unit"),
        page.say("Phần nghi vấn", "Share of doubt"),
        page.say("Số liệu có thể lệch nhiều nhất", "What could move most"),
        page.say("Liên hệ", "Contact"),
    )
    return tag(
        "section",
        tag("h2", page.say("Gọi đơn vị nào trước", "Whom to call first")),
        tag(
            "p",
            page.say(
                f"{len(doubts)} đơn vị chiếm {reached} phần còn nghi vấn trong số liệu toàn tỉnh.",
                f"{len(doubts)} units hold {reached} of what is in doubt in the province's figures.",
            ),
            class_="lead",
        ),
        tag(
            "table",
            tag("thead", tag("tr", *(tag("th", head, scope="col") for head in heads))),
            tag("tbody", *(_doubt(page, one, heads) for one in doubts)),
            class_="rows calls",
        ),
        id="calls",
    )


def _doubt(page: Page, doubt: Doubt, heads: Sequence[str]) -> Html:
    unit = page.results.owed.tree.unit(doubt.unit)
    moves = _one_a_row(doubt.moves)[:_MOST_MOVES]
    none = page.say("chưa có", "none")
    return tag(
        "tr",
        tag("th", tag("a", unit.name, href=f"#u-{unit.code}"), scope="row"),
        tag("td", page.points(100 * doubt.share), data_head=heads[1]),
        tag("td", "; ".join(_moved(page, move) for move in moves), data_head=heads[2], class_="words"),
        tag("td", contacts(unit.email) if unit.email else none, data_head=heads[3], class_="words"),
    )


def _one_a_row(moves: Iterable[Move]) -> list[Move]:
    """Of the figures of a row the one that could move most, which comes first."""
    rows: dict[tuple[str, str], Move] = {}
    for move in moves:
        rows.setdefault((move.key.form, move.key.indicator or move.key.measure), move)
    return list(rows.values())


def _moved(page: Page, move: Move) -> str:
    part = page.points(100 * move.part)
    return f"{page.label(move.key)} ({move.key.form}): ±{number(move.by, page.lang)} = {part}"
