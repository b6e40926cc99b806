"""The targets of the province on the page: how many are met, and each with what was done."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from pipeline.messages import number
from pipeline.percent import exactly, half_up
from pipeline.target_lines import TargetLine, target_form, target_lines
from pipeline.write_page_charts import bar, legend
from pipeline.write_page_html import Html, Page, tag
from schemas.form import Form

_ENGLISH: Mapping[str, str] = {
    "Vượt": "exceeded",
    "Đạt": "met",
    "Không đạt": "not met",
    "Không giao": "no target",
    "": "no figure yet",
}
_LOOKS = {"Vượt": "ok", "Đạt": "ok", "Không đạt": "hard"}


def targets_section(page: Page) -> Html:
    """Every target given to the province, and how many are met."""
    results = page.results
    form = target_form(results)
    lines = target_lines(results, form, results.owed.tree.province) if form is not None else []
    given = [line for line in lines if line.given is not None and line.given.value > 0]
    if form is None or not given:
        return Html("")
    met, exceeded = (sum(line.verdict in names for line in given) for names in (("Đạt", "Vượt"), ("Vượt",)))
    missed, unknown = (sum(line.verdict == name for line in given) for name in ("Không đạt", ""))
    return tag(
        "section",
        tag("h2", page.say("Chỉ tiêu", "Targets")),
        tag(
            "p",
            page.say(
                f"Đạt {met}/{len(given)} chỉ tiêu được giao, trong đó vượt {exceeded}; không đạt {missed}; "
                f"chưa có số liệu {unknown}.",
                f"{met} of {len(given)} targets met, {exceeded} of them exceeded; {missed} not met; "
                f"{unknown} without a figure yet.",
            ),
            class_="lead",
        ),
        _target_bar(page, met, missed, unknown),
        _target_table(page, form, lines),
        id="targets",
    )


def _target_bar(page: Page, met: int, missed: int, unknown: int) -> Html:
    parts = [
        ("good", page.say("đạt, vượt", "met"), met),
        ("bad", page.say("không đạt", "not met"), missed),
        ("none", page.say("chưa có số liệu", "no figure yet"), unknown),
    ]
    whole = met + missed + unknown
    said = "; ".join(f"{words} {count}" for _, words, count in parts)
    return tag(
        "figure",
        bar(page.say("Chỉ tiêu", "Targets"), said, [(look, count / whole) for look, _, count in parts]),
        legend([(look, words, str(count)) for look, words, count in parts if count]),
        class_="state",
    )


def _target_table(page: Page, form: Form, lines: Iterable[TargetLine]) -> Html:
    heads = (
        page.say("Chỉ tiêu", "Target"),
        page.say("Giao", "Given"),
        page.say("Thực hiện", "Done"),
        "%",
        page.say("Đánh giá", "Verdict"),
        page.say("Số đơn vị", "Units"),
    )
    return tag(
        "table",
        tag("thead", tag("tr", *(tag("th", head, scope="col") for head in heads))),
        tag("tbody", *_target_rows(page, form, lines, heads)),
        class_="rows",
    )


def _target_rows(page: Page, form: Form, lines: Iterable[TargetLine], heads: Sequence[str]) -> Iterator[Html]:
    """The rows that have a target, and above those set in the row that they are a part of."""
    above: TargetLine | None = None
    for line in lines:
        if line.given is None or not line.code:
            above = line if not line.indent else above
            continue
        if line.indent and above is not None:
            yield tag("tr", tag("th", _label(page, form, above), colspan="6", scope="row"), class_="above")
        above = None
        yield _target_row(page, form, line, heads)


def _label(page: Page, form: Form, line: TargetLine) -> str:
    """Number and words of a row."""
    rows = (row for table in form.tables for row in table.rows)
    found = next((row.label for row in rows if (row.no, row.label.vi) == (line.no, line.label)), None)
    label = form.indicator(line.code).label if line.code else found
    words = label.of(page.lang) if label is not None else line.label
    return f"{line.no}. {words}" if line.no else words


def _target_row(page: Page, form: Form, line: TargetLine, heads: Sequence[str]) -> Html:
    target = line.given
    assert target is not None
    sign, percent = ("≥\u00a0" if target.op == ">=" else ""), line.measured_in == "%"
    given = f"{sign}{_amount(page, target.value, percent=percent)}"
    done = _amount(page, line.actual, percent=percent) if isinstance(line.actual, float) else line.actual or ""
    verdict = line.verdict if page.lang != "en" else _ENGLISH.get(line.verdict, line.verdict)
    about = "; ".join(words for words in (target.base, *_replaced(page, line)) if words)
    texts = (
        given,
        done or page.say("chưa có", "none yet"),
        number(line.percentage, page.lang, 2) if line.percentage is not None else "",
        tag("span", verdict, class_=f"badge {_LOOKS.get(line.verdict, 'none')}") if verdict else "",
        _coverage(page, form, line),
    )
    # On a phone each figure says what it is; a verdict says so itself.
    named = (heads[1], heads[2], heads[3], "", heads[5])
    cells = (tag("td", words, data_head=head) for head, words in zip(named, texts, strict=True))
    said = tag("small", about) if about else ""
    name = tag("th", _label(page, form, line), said, scope="row", class_="in" if line.indent else False)
    return tag("tr", name, *cells)


def _amount(page: Page, value: float, *, percent: bool) -> str:
    """A figure with all its digits, or a percentage with at most two decimals."""
    shown = float(half_up(exactly(value), 2)) if percent else value
    return number(shown, page.lang) + "%" * percent


def _replaced(page: Page, line: TargetLine) -> Iterator[str]:
    """Which decision's target replaced which."""
    province = page.results.owed.tree.province.code
    for old in page.results.owed.replaced.get(province, ()):
        if old.indicator == line.code and line.given is not None:
            was = number(old.value, page.lang)
            yield page.say(
                f"theo {line.given.decision}, thay {was} theo {old.decision}",
                f"by {line.given.decision}, in place of {was} by {old.decision}",
            )


def _coverage(page: Page, form: Form, line: TargetLine) -> str:
    """Of how many units the figure is."""
    rollup, province = page.results.rollup, page.results.owed.tree.province.code
    judged = (cell.judges[0] for cell in form.cells() if cell.judges)
    key = next((one for one in judged if one.indicator == line.code and one in rollup.value.column), None)
    if key is None:
        return ""
    at = rollup.at(province, key)
    return f"{int(rollup.with_data[at])}/{int(rollup.expected[at])}"
