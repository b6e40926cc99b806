"""The top of the page: who has sent and what that was worth, in figures, bars and one sentence."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.results import Results
from pipeline.state_of_returns import ReturnCounts, UnitState, counts
from pipeline.write_page_charts import bar, legend
from pipeline.write_page_html import Html, Page, joined, tag

_MOST_NAMED = 12


def state_section(page: Page, units: Sequence[UnitState]) -> Html:
    """The state of returns; ``units`` are those that owe or have sent."""
    state = counts(page.results)
    return tag(
        "section",
        tag("h2", page.say("Tình hình nộp báo cáo", "State of returns")),
        tag("p", _sentence(page, state), class_="lead"),
        _tiles(page, state),
        _bars(page, state, units),
        _named(page, page.say("Chưa gửi", "Missing"), [one for one in units if one.status == "missing"]),
        _named(page, page.say("Phải sửa, gửi lại", "To correct"), [one for one in units if one.status == "rejected"]),
        id="state",
    )


def as_of(results: Results) -> str:
    """As of when the figures are, and who closed them, in the page's language."""
    if results.lang != "en":
        return results.as_of
    left_out = "; ONLY units that have nothing to correct" if results.only_accepted else ""
    closed = f"; {results.closed.words.en}" if results.closed else ""
    return f"figures as of {results.owed.dates.cut_off:%d/%m/%Y}{left_out}{closed}"


def _sentence(page: Page, state: ReturnCounts) -> str:
    if not state.owed:
        return page.say("Kỳ này không đơn vị nào phải gửi.", "Nobody owes a return for this period.")
    rate = page.points(state.rate or 0, 0)
    return page.say(
        f"{state.received}/{state.owed} đơn vị đã gửi ({rate}): {state.on_time} đúng hạn, {state.late} muộn; "
        f"{state.missing} chưa gửi; {state.to_correct} phải sửa, gửi lại.",
        f"{state.received} of {state.owed} units have sent ({rate}): {state.on_time} on time, {state.late} late; "
        f"{state.missing} missing; {state.to_correct} to correct.",
    )


def _tiles(page: Page, state: ReturnCounts) -> Html:
    tiles = [
        (page.say("Phải gửi", "Expected"), state.owed, ""),
        (page.say("Đã nhận", "Received"), state.received, ""),
        (page.say("Đúng hạn", "On time"), state.on_time, ""),
        (page.say("Gửi muộn", "Late"), state.late, "soft"),
        (page.say("Chưa gửi", "Missing"), state.missing, "hard"),
        (page.say("Phải sửa", "To correct"), state.to_correct, "hard"),
    ]
    if state.unusable:
        tiles.append((page.say("Tệp không dùng được", "Unusable files"), state.unusable, "hard"))
    if state.beside:
        tiles.append((page.say("Gửi thêm", "Beside those"), state.beside, ""))
    return tag(
        "dl",
        *(
            tag("div", tag("dt", words), tag("dd", str(count)), class_=look if look and count else False)
            for words, count, look in tiles
        ),
        class_="tiles",
    )


def _bars(page: Page, state: ReturnCounts, units: Sequence[UnitState]) -> Html:
    """Received of owed, and what the received ones are worth."""
    if not state.owed:
        return Html("")
    came = [
        ("good", page.say("đúng hạn", "on time"), state.on_time),
        ("late", page.say("muộn", "late"), state.late),
        ("none", page.say("chưa gửi", "missing"), state.missing),
    ]
    status = [one.status for one in units if one.owes]
    worth = [
        ("good", page.say("không có gì phải sửa", "nothing to correct"), status.count("accepted")),
        ("soft", page.say("có chỗ xem lại", "to look at again"), status.count("queried")),
        ("bad", page.say("phải sửa, gửi lại", "to correct"), status.count("rejected")),
    ]
    return joined(
        [
            _bar(page, page.say("Nộp báo cáo", "Returns"), came),
            _bar(page, page.say("Kiểm tra số liệu", "What was found"), worth),
        ]
    )


def _bar(page: Page, title: str, parts: Sequence[tuple[str, str, int]]) -> Html:
    whole = sum(count for _, _, count in parts)
    if not whole:
        return Html("")
    said = "; ".join(f"{words} {count}" for _, words, count in parts)
    return tag(
        "figure",
        tag("figcaption", title, " ", tag("small", page.say(f"{whole} đơn vị", f"{whole} units"))),
        bar(title, said, [(look, count / whole) for look, _, count in parts]),
        legend([(look, words, str(count)) for look, words, count in parts if count]),
        class_="state",
    )


def _named(page: Page, title: str, units: Sequence[UnitState]) -> Html:
    if not units:
        return Html("")
    more = len(units) - _MOST_NAMED
    names = [tag("a", one.unit.short_name, href=f"#u-{one.unit.code}") for one in units[:_MOST_NAMED]]
    rest = page.say(f" và {more} đơn vị khác", f" and {more} more") if more > 0 else ""
    return tag("p", tag("b", f"{title}: "), joined(names, ", "), rest, ".", class_="named")
