"""Who has sent, who has not, who must correct, and what to say to each: lines for whoever prints them."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.dispatch import reminders
from pipeline.messages import number
from pipeline.report_close import closing_lines
from pipeline.results import STATUS_NAMES, Results
from pipeline.state_of_returns import UnitState, counts, states_of_returns
from schemas.text import NO_TEXT, Text


def returns_lines(results: Results) -> Iterator[Text]:
    """How many have sent, and whether the period is closed."""
    state, period = counts(results), results.owed.period
    vi, en = ("" if state.rate is None else f" ({number(state.rate, lang, 1)} %)" for lang in ("vi", "en"))
    yield Text(
        f"Kỳ {period}: {state.received}/{state.owed} đơn vị đã nộp{vi}, {state.late} muộn, "
        f"{state.to_correct} phải sửa, {state.missing} chưa nộp.",
        f"Period {period}: {state.received} of {state.owed} units have sent{en}, {state.late} late, "
        f"{state.to_correct} must correct, {state.missing} have not sent.",
    )
    if state.unusable:
        yield Text(
            f"Trong số chưa nộp, {state.unusable} đơn vị có gửi tệp nhưng tệp không tính được.",
            f"Of those, {state.unusable} sent a file that counts for nothing.",
        )
    if state.beside:
        yield Text(
            f"Gửi thêm, không thuộc diện phải gửi: {state.beside} đơn vị.",
            f"Sent without having to: {state.beside} units.",
        )
    yield from closing_lines(results)


def status_report(results: Results) -> Iterator[Text]:
    """Each unit that owes a package or must correct one: its status, how late, how much it must correct, what first.

    Then whom to remind, with what words.
    """
    yield from returns_lines(results)
    yield from (_unit(one) for one in states_of_returns(results) if one.owes or one.status == "rejected")
    yield from _to_remind(results)


def _unit(state: UnitState) -> Text:
    status, days = STATUS_NAMES[state.status], state.days_late
    day = f" {state.received:%d/%m/%Y}" if state.received else ""
    late = Text(f", muộn {days} ngày", f", {days} days late") if days else NO_TEXT
    beside = NO_TEXT if state.owes else Text(", không thuộc diện phải gửi", ", need not send")
    found = NO_TEXT
    if state.received and (state.hard or state.soft):
        found = Text(f"; {state.hard} phải sửa, {state.soft} xem lại", f"; {state.hard} hard, {state.soft} soft")
    first = Text(f"; trước hết: {state.first}", f"; first: {state.first}") if state.first else NO_TEXT
    return Text(
        f"  {state.unit.code}  {state.unit.name}: {status.vi}{day}{late.vi}{beside.vi}{found.vi}{first.vi}",
        f"  {state.unit.code}  {state.unit.name}: {status.en}{day}{late.en}{beside.en}{found.en}{first.en}",
    )


def _to_remind(results: Results) -> Iterator[Text]:
    listed = reminders(results)
    if results.closed is not None:
        yield Text("Kỳ đã chốt: không đôn đốc nữa.", "The period is closed: nobody is reminded any more.")
    elif not listed:
        yield Text("Không có đơn vị nào cần đôn đốc.", "There is no unit to remind.")
    else:
        yield Text("Cần đôn đốc:", "To be reminded:")
    for one in listed:
        unit, words = one.sending.unit, one.sending.sentence
        yield Text(
            f"  {unit.code} ({unit.email or 'chưa có địa chỉ'}): {words.vi}",
            f"  {unit.code} ({unit.email or 'no address'}): {words.en}",
        )
