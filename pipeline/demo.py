"""A whole province to look at: packages out, returns in with the usual mistakes, consolidated, every mistake listed."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.demo_faults import Fault, computed_faults, found, listed_faults
from pipeline.demo_figures import Printed, not_asked, read_printed, share_out
from pipeline.demo_history import quarter_before, write_history, year_before
from pipeline.demo_returns import (
    HEALTH,
    PROVINCE,
    REAL,
    blank_of,
    filled,
    filled_by,
    moment,
    province_shares,
    stamp,
    with_rows,
    write_return,
)
from pipeline.init import init
from pipeline.obligations import Obligations, obligations
from pipeline.package import plans_of
from pipeline.package_values import Content
from pipeline.results import Planted, Progress, Results
from pipeline.run import before, consolidate, silent, templates
from pipeline.workspace import Workspace, open_workspace
from schemas.form import Key
from schemas.period import Period, previous_stock, year_ago
from schemas.text import Text
from schemas.tree import Unit

__all__ = ["NOT_ASKED_FILE", "PLANTED_FILE", "Demo", "make_demo"]

PLANTED_FILE = "loi-cai-san.csv"
NOT_ASKED_FILE = "so-lieu-khong-hoi.csv"
PERIODS = ("2020", "2021", "2023-Q3", "2024")
_PARENT_OF_RETURNS = "LC-22"
_SILENT_UNIT, _EARLIER_YEAR = "LC-23", "2019"
_RETURNING = Text("Bộ biểu gửi về", "Returns")
_FIRST_DAYS = {"2020": (2020, 12, 1), "2021": (2021, 11, 30), "2023-Q3": (2023, 9, 8), "2024": (2024, 12, 2)}

Sent = tuple[Fault, str]


@dataclass(frozen=True, slots=True)
class Demo:
    """What the demo made: its workspace, its runs by period, the planted mistakes and whether each was found.

    ``results`` is the run of the current period.
    """

    workspace: Workspace
    results: Results
    runs: Mapping[str, Results]
    planted: tuple[Planted, ...]


def make_demo(folder: Path, *, lang: str = "vi", progress: Progress = silent, scripts: str = "") -> Demo:
    """Make the demo in ``folder`` and consolidate it. Raises :class:`schemas.errors.TonghopError`."""
    workspace = open_workspace(init(folder, scripts))
    faults: list[Sent] = []
    for at, name in enumerate(PERIODS):
        progress(_RETURNING, at, len(PERIODS))
        faults += _make_period(workspace, Period.parse(name), progress)
    runs = {name: consolidate(workspace, name, lang=lang, progress=progress) for name in PERIODS}
    planted = tuple(
        Planted(
            fault.unit,
            fault.period,
            address or fault.file,
            fault.what,
            fault.finding,
            found(fault, address, runs[fault.period].findings),
        )
        for fault, address in faults
    )
    _write_lists(folder, planted, [one for table in REAL.values() for one in not_asked(read_printed(table))])
    return Demo(workspace, runs[str(workspace.settings.current_period)], runs, planted)


def _make_period(workspace: Workspace, period: Period, progress: Progress) -> list[Sent]:
    """History, packages and returns of one period; the mistakes in them with their places."""
    owed = obligations(workspace, period)
    senders = [owed.tree.unit(code) for code in _senders(owed)]
    _write_earlier(workspace, owed, senders)
    templates(workspace, period, [unit.code for unit in senders], progress=progress)
    known = before(workspace, period)
    year, month, day = _FIRST_DAYS[str(period)]
    faults: list[Sent] = []
    for i, unit in enumerate(senders):
        if unit.code == _SILENT_UNIT and str(period) == "2020":
            continue
        content = filled_by(workspace, owed, unit, known)
        wrong, planted = _with_faults(content)
        write_return(workspace.inbox(period) / f"{unit.code}.xlsx", wrong, moment(year, month, day, i))
        faults += [(fault, _address(wrong, fault)) for fault in planted]
        if unit.code == _PARENT_OF_RETURNS and str(period) == "2020":
            faults += _write_children(workspace, owed, content)
    if str(period) == "2020":
        faults += [(fault, "") for fault in _write_strays(workspace, owed)]
    return faults


def _senders(owed: Obligations) -> list[str]:
    """Who sends in the demo: the upper unions, in 2021 the province alone, in 2024 the health sector's unions."""
    uppers = [unit.code for unit in owed.tree.of_level("upper")]
    match str(owed.period):
        case "2021":
            return [PROVINCE]
        case "2024":
            return [unit.code for unit in owed.tree.children(HEALTH)]
        case "2023-Q3":
            return [PROVINCE, *uppers]
    return uppers


def _write_earlier(workspace: Workspace, owed: Obligations, senders: Sequence[Unit]) -> None:
    """The figures of the period before, for the units whose figures are invented."""
    quarter = owed.period.kind == "quarter"
    shares = province_shares(owed)
    figures: dict[str, dict[Key, float]] = {}
    then: dict[str, dict[Key, float]] = {}
    for unit in senders:
        if (unit.code, str(owed.period)) not in REAL:
            content = filled_by(workspace, owed, unit)
            if quarter:
                figures[unit.code] = quarter_before(unit.code, dict(content.entries), shares.get(unit.code, {}))
            running = figures.get(unit.code, {})
            year = year_before(unit.code, dict(content.entries), content.lists, running)
            (then if quarter else figures)[unit.code] = year
    if figures:
        write_history(workspace.history(previous_stock(owed.period)), workspace.forms, figures)
    if then:
        write_history(workspace.history(year_ago(owed.period)), workspace.forms, then)


def _with_faults(content: Content) -> tuple[Content, list[Fault]]:
    """The package with the mistakes that are planted in it."""
    listed = [f for f in listed_faults() if f.unit == content.unit and f.period == content.period and f.key]
    planted = [*computed_faults(content), *listed]
    lists = {form.id for form in content.forms if form.lists}
    for fault in planted:
        matrix = {key: value for key, value in fault.writes.items() if key.form not in lists}
        content = replace(content, entries={**content.entries, **matrix}, info={**content.info, **fault.info})
        for key, value in fault.writes.items():
            if key.form in lists:
                content = with_rows(content, key.form, {key.indicator: {key.measure: value}})
    return content, planted


def _write_children(workspace: Workspace, owed: Obligations, parent: Content) -> list[Sent]:
    """The grassroots returns that one upper union passed on; together they have three members too many."""
    children = owed.tree.children(_PARENT_OF_RETURNS)
    key = Key("B01", "cl_dang_vien", "tong")
    shares = share_out(dict(parent.entries), parent.lists, [child.code for child in children])
    shares[0][key] = float(shares[0][key]) + 3
    folder = workspace.inbox(owed.period) / "CĐCS ngành Giáo dục gửi kèm"
    for i, (child, entries) in enumerate(zip(children, shares, strict=True)):
        write_return(
            folder / f"{child.code}.xlsx",
            filled(blank_of(workspace, owed, child), entries),
            moment(2020, 12, 1, 20 + i),
        )
    what = Text(
        "đảng viên của các CĐCS cộng lại nhiều hơn ngành báo cáo", "the unions' party members exceed the sector's"
    )
    fault = Fault(_PARENT_OF_RETURNS, key, "children-differ", what, {})
    return [(fault, _address(parent, fault))]


def _write_strays(workspace: Workspace, owed: Obligations) -> list[Fault]:
    """What else lands in an inbox: another year, a stranger, no workbook, a cut file, a second try, a lock file."""
    inbox, tree = workspace.inbox(owed.period), owed.tree
    good = filled_by(workspace, owed, tree.unit(_SILENT_UNIT))
    write_return(inbox / f"{_SILENT_UNIT} năm ngoái.xlsx", replace(good, period=_EARLIER_YEAR), moment(2020, 12, 1, 60))
    write_return(inbox / "Đơn vị lạ.xlsx", replace(good, unit="LC-99"), moment(2020, 12, 1, 61))
    blank = blank_of(workspace, owed, tree.unit("LC-08"))
    write_return(inbox / "LC-08 (gửi nhầm, chưa điền).xlsx", blank, moment(2020, 12, 1, 62))
    (inbox / "Báo cáo.xlsx").write_text("Kính gửi LĐLĐ tỉnh\n", encoding="utf-8")
    cut = (inbox / "LC-01.xlsx").read_bytes()
    (inbox / "LC-01 (bản hỏng).xlsx").write_bytes(cut[: len(cut) // 2])
    (inbox / "~$LC-01.xlsx").write_bytes(b"\x00" * 165)
    for i, name in enumerate(("Báo cáo.xlsx", "LC-01 (bản hỏng).xlsx", "~$LC-01.xlsx")):
        stamp(inbox / name, moment(2020, 12, 1, 63 + i))
    return [fault for fault in listed_faults() if fault.key is None]


def _address(content: Content, fault: Fault) -> str:
    """Where the mistake stands in the package that holds it."""
    if fault.at:
        return fault.at
    if fault.key is None:
        return ""
    plan = plans_of(content.forms, content.row_ids)[fault.key.form]
    return f"{fault.key.form}!{plan.address(fault.key)}"


def _write_lists(folder: Path, planted: Sequence[Planted], left: Sequence[Printed]) -> None:
    """The planted mistakes with whether they were found, and the real figures that no form asks for."""
    rows = [
        (one.period, one.unit, one.where, one.what.vi, one.what.en, one.finding, "có" if one.found else "KHÔNG")
        for one in planted
    ]
    head = ("ky", "don_vi", "o_hoac_tep", "loi_cai_san", "planted", "ma_phat_hien", "tim_thay")
    _write_csv(folder / PLANTED_FILE, head, rows)
    asked = [(one.typed, one.wording, one.place, one.reason) for one in left]
    _write_csv(folder / NOT_ASKED_FILE, ("so_lieu", "nguyen_van", "cho_in", "ly_do"), asked)


def _write_csv(path: Path, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(head)
    writer.writerows(rows)
    path.write_bytes(text.getvalue().encode("utf-8-sig"))
