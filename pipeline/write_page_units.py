"""The units on the page: each with its state, whom to write to and in which words, its files and its findings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import islice

from pipeline.dispatch import Reminder, reminders, returns_folder
from pipeline.findings import SEVERITIES, Finding
from pipeline.messages import number, place, sentence, suggestion
from pipeline.results import STATUS_NAMES
from pipeline.state_of_returns import UnitState, state_of
from pipeline.styles import NAMES
from pipeline.write_page_html import Html, Page, capital, contacts, cut, joined, tag
from pipeline.write_returns import returned_units
from pipeline.write_returns_marks import in_order
from schemas.text import Text

_GROUPS = ("rejected", "missing", "queried", "accepted", "not-owed")
_LOOKS = {"rejected": "hard", "missing": "none", "queried": "soft", "accepted": "ok", "not-owed": "none"}
_SIGNS = {"rejected": "✕", "missing": "–", "queried": "!", "accepted": "✓", "not-owed": "·"}
_ENGLISH = {"hard": "To correct", "soft": "To look at", "info": "Note"}
# Of some 500 bytes each: with so many a page of 800 units stays at a few MB.
_MOST_FINDINGS = 6000
_ROOM = (400, 200, 100, 50, 25, 12, 6, 3)
# Of more units only those are shown by whom, or with whom, there is something to do, and no more than so many of them.
_MOST_UNITS, _MOST_BUSY = 3000, 5000
_QUIET = Text(
    "đơn vị không có việc gì phải làm không ghi ở đây; danh sách đủ trong sổ đối chiếu.",
    "units with nothing to do are not shown here; the checklist has all of them.",
)
_CROWDED = Text(
    "đơn vị nữa còn việc phải làm, không đủ chỗ ghi ở đây; danh sách đủ trong sổ đối chiếu.",
    "more units with something to do have no room here; the checklist has all of them.",
)
# Telephone numbers and names as the unit wrote them on its first sheet.
_FILLED_BY, _PHONE = "nguoi_lap", "so_dt"


@dataclass(frozen=True, slots=True)
class Units:
    """What the units are shown by: which are reminded, which get a file back, how many findings of each have room."""

    page: Page
    reminded: Mapping[str, Reminder]
    returned: frozenset[str]
    room: int
    alone: bool


def units_section(page: Page, units: Sequence[UnitState]) -> Html:
    """Those that owe or have sent, and of which else anything was found; those that must do something first."""
    states = _states(page, units)
    if not states:
        return Html("")
    lengths = [len(page.results.findings_of(one.unit.code)) for one in states]
    shown = Units(
        page,
        {one.sending.unit.code: one for one in reminders(page.results)},
        frozenset(returned_units(page.results)),
        next((room for room in _ROOM if sum(min(n, room) for n in lengths) <= _MOST_FINDINGS), _ROOM[-1]),
        len(states) == 1,
    )
    groups, busy = [], _busy(page, states)
    # The first are those that must correct, then those that are missing.
    named = frozenset([one.unit.code for one in states if one.unit.code in busy][:_MOST_BUSY])
    for status in _GROUPS:
        group = [one for one in states if one.status == status]
        if group:
            head = tag("h3", f"{STATUS_NAMES[status].of(page.lang)} ", tag("small", str(len(group))))
            each = [_unit(shown, one) for one in group if one.unit.code in named]
            left = sum(one.unit.code in busy for one in group) - len(each)
            quiet = _left_out(page, _QUIET, len(group) - left - len(each))
            groups.append(tag("div", head, *each, _left_out(page, _CROWDED, left), quiet, class_="group"))
    head = tag("h2", page.say("Từng đơn vị", "Unit by unit"))
    return tag("section", head, _tools(page, [one.status for one in states]), *groups, id="units")


def _busy(page: Page, states: Sequence[UnitState]) -> frozenset[str]:
    """The units that the page shows one by one: all of them, or those of many with which there is something to do."""
    if len(states) <= _MOST_UNITS:
        return frozenset(one.unit.code for one in states)
    doubted = {doubt.unit for doubt in page.results.doubts}
    silent = {one.unit.code for one in states if one.status in ("accepted", "not-owed") and not one.days_late}
    found = {finding.unit for finding in page.results.findings}
    return frozenset(one.unit.code for one in states) - (silent - doubted - found)


def _left_out(page: Page, why: Text, count: int) -> Html:
    if not count:
        return Html("")
    said = page.say(f"{number(count, 'vi')} {why.vi}", f"{number(count, 'en')} {why.en}")
    return tag("p", said, class_="named")


def finding_line(page: Page, finding: Finding, where: str) -> Html:
    """A finding: how grave it is, where it stands, what it says, what to do about it, its id."""
    words, remedy = cut(capital(sentence(finding, page.lang))), cut(suggestion(finding, page.lang))
    name = _ENGLISH[finding.severity] if page.lang == "en" else NAMES[finding.severity]
    # Written out: there are thousands of them.
    return Html(
        f'<li class="{finding.severity}"><b>{name}</b> '
        + (f"<code>{escape(where)}</code> " if where else "")
        + escape(words if words.endswith((".", "?", "…")) else f"{words}.")
        + (f" <i>{escape(remedy)}</i>" if remedy else "")
        + f" <small>{escape(finding.id)}</small></li>"
    )


def _states(page: Page, units: Sequence[UnitState]) -> list[UnitState]:
    results, order, states = page.results, page.results.owed.tree.order, list(units)
    known = {one.unit.code for one in states}
    beside = [unit for unit in results.owed.tree.units if unit.code not in known and results.findings_of(unit.code)]
    states += [state_of(results, unit) for unit in beside]
    return sorted(states, key=lambda one: (_GROUPS.index(one.status), order[one.unit.code]))


def _tools(page: Page, statuses: Sequence[str]) -> Html:
    """To find a unit; of use only where scripts run, and out of sight until they do."""
    choices = [("", page.say("mọi tình trạng", "any state"))]
    choices += [(status, STATUS_NAMES[status].of(page.lang)) for status in _GROUPS if status in statuses]
    find, state = page.say("Tìm đơn vị", "Find a unit"), page.say("Tình trạng", "State")
    return tag(
        "div",
        tag("input", type="search", id="find", placeholder=find, aria_label=find, autocomplete="off"),
        tag("select", *(tag("option", name, value=value) for value, name in choices), id="chosen", aria_label=state),
        tag("button", page.say("Mở tất cả", "Open all"), type="button", id="open"),
        tag("button", page.say("Đóng tất cả", "Close all"), type="button", id="close"),
        tag("output", id="count"),
        class_="tools",
        hidden=True,
    )


def _unit(shown: Units, state: UnitState) -> Html:
    page, unit = shown.page, state.unit
    status = STATUS_NAMES[state.status].of(page.lang)
    found = page.results.findings_of(unit.code)
    inside = tag(
        "div",
        _about(shown, state),
        _files(shown, state),
        _letter(shown, state),
        _findings(shown, found),
        id=f"u-{unit.code}",
        class_="inside",
    )
    head = tag(
        "summary",
        tag("span", f"{_SIGNS[state.status]} {status}", class_=f"badge {_LOOKS[state.status]}"),
        tag("b", unit.code),
        tag("span", unit.name, class_="name"),
        tag("span", ", ".join(_counted(page, state, found)), class_="counts"),
    )
    return tag("details", head, inside, class_="unit", data_state=state.status, open=shown.alone)


def _counted(page: Page, state: UnitState, found: Sequence[Finding]) -> Iterator[str]:
    if state.days_late:
        yield page.say(f"muộn {state.days_late} ngày", f"{state.days_late} days late")
    if state.hard:
        yield page.say(f"{state.hard} phải sửa", f"{state.hard} to correct")
    if state.soft:
        yield page.say(f"{state.soft} xem lại", f"{state.soft} to look at")
    notes = sum(finding.severity == "info" for finding in found)
    if notes:
        yield page.say(f"{notes} ghi chú", f"{notes} notes")


def _about(shown: Units, state: UnitState) -> Html:
    """Above whom it stands, when its return came, how to reach it."""
    page, results, unit = shown.page, shown.page.results, state.unit
    said = []
    above = results.owed.tree.parent(unit.code)
    if above is not None:
        said.append(joined([page.say("Cấp trên: ", "Above it: "), above.name]))
    if state.received is not None:
        said.append(joined([page.say("Ngày nhận: ", "Received: "), f"{state.received:%d/%m/%Y}"]))
    reminder = shown.reminded.get(unit.code)
    body = reminder.sending.sentence.of(page.lang) if reminder else ""
    subject = page.say("Báo cáo số liệu ", "Return for ") + results.owed.period.label(page.lang) if body else ""
    address = contacts(state.contact, subject=subject, body=body) if state.contact else page.say("chưa có", "none yet")
    said.append(joined([page.say("Liên hệ: ", "Contact: "), address]))
    sent = results.by_unit.get(unit.code)
    who = ", ".join(words for key in (_FILLED_BY, _PHONE) if sent and (words := sent.info.get(key, "")))
    if who:
        said.append(joined([page.say("Người lập: ", "Filled in by: "), contacts(who)]))
    return tag("p", joined(said, " · "), class_="about")


def _files(shown: Units, state: UnitState) -> Html:
    """What it sent, what goes back to it, what it is to be sent."""
    page, results, code = shown.page, shown.page.results, state.unit.code
    said = []
    sent, reminder = results.by_unit.get(code), shown.reminded.get(code)
    if sent is not None:
        said.append(joined([page.say("Tệp đã gửi: ", "File received: "), page.sent(sent.file)]))
    if code in shown.returned:
        back = returns_folder(results.workspace, results.owed.period) / f"{code}.xlsx"
        said.append(joined([page.say("Gửi trả, đã đánh dấu: ", "To give back, marked: "), page.link(back)]))
    elif reminder is not None and reminder.sending.file is not None:
        said.append(joined([page.say("Bộ biểu: ", "Package: "), page.link(reminder.sending.file)]))
    return tag("p", joined(said, " · "), class_="files") if said else Html("")


def _letter(shown: Units, state: UnitState) -> Html:
    reminder = shown.reminded.get(state.unit.code)
    if reminder is None:
        return Html("")
    head = tag("b", shown.page.say("Câu nhắn sẵn: ", "Ready to send: "))
    return tag("p", head, tag("span", reminder.sending.sentence.of(shown.page.lang)), class_="letter")


def _findings(shown: Units, found: Sequence[Finding]) -> Html:
    """What was found, the gravest first, as many as there is room for."""
    page = shown.page
    more = len(found) - shown.room
    # Where there is no room for all, no suspect takes the place of what must be mended.
    by_severity = sorted(found, key=lambda finding: SEVERITIES.index(finding.severity))
    ordered = by_severity if more > 0 else in_order(found)
    lines = [finding_line(page, finding, _where(page, finding)) for finding in islice(ordered, shown.room)]
    if more > 0:
        words = page.say(f"… và {more} phát hiện nữa: xem {_listed(page)}.", f"… and {more} more: see {_listed(page)}.")
        lines.append(tag("li", words, class_="more"))
    return tag("ul", *lines, class_="findings") if lines else Html("")


def _listed(page: Page) -> str:
    return f"doi-chieu-{page.results.owed.period}.xlsx"


def _where(page: Page, finding: Finding) -> str:
    """The cells; the file too where it is another one than that which counts."""
    counts = page.results.by_unit.get(finding.unit)
    own = counts is not None and finding.file in ("", counts.file)
    file = "" if own and finding.cells else cut(finding.file.rsplit("/", 1)[-1], 80)
    return " ".join(words for words in (file, place(finding) if finding.cells else "") if words)
