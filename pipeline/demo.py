"""A whole province to look at: packages out, returns in with the usual mistakes, consolidated, every mistake listed."""

from __future__ import annotations

import csv
import io
import os
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from pipeline.contents import content_of, register_counts
from pipeline.demo_faults import Fault, computed_faults, found, listed_faults
from pipeline.demo_figures import (
    CLINIC,
    CLINIC_PERIOD,
    CLINIC_TABLE,
    HEALTH,
    HEALTH_TABLE,
    MEMBERS,
    Entries,
    Printed,
    invent,
    not_asked,
    read_printed,
    share_out,
    typed_entries,
)
from pipeline.init import init
from pipeline.obligations import Obligations, obligations
from pipeline.package import plans_of, write_package
from pipeline.package_values import Content
from pipeline.results import Planted, Progress, Results
from pipeline.run import consolidate, silent, templates
from pipeline.submission import VIETNAM
from pipeline.workspace import Workspace, open_workspace
from schemas.form import Key
from schemas.period import Period
from schemas.text import Text

PLANTED_FILE = "loi-cai-san.csv"
NOT_ASKED_FILE = "so-lieu-khong-hoi.csv"
_PARENT_OF_RETURNS = "LC-22"
_SILENT_UNIT, _EARLIER_YEAR = "LC-23", "2019"
_RETURNING = Text("Bộ biểu gửi về", "Returns")
_FIRST_DAY = datetime(2020, 12, 1, 8, tzinfo=VIETNAM)


@dataclass(frozen=True, slots=True)
class Demo:
    """What the demo made: its workspace, the run, the planted mistakes and whether each was found."""

    workspace: Workspace
    results: Results
    planted: tuple[Planted, ...]


def make_demo(folder: Path, *, lang: str = "vi", progress: Progress = silent, scripts: str = "") -> Demo:
    """Make the demo in ``folder`` and consolidate it. Raises :class:`schemas.errors.TonghopError`."""
    workspace = open_workspace(init(folder, scripts))
    period = workspace.settings.current_period
    owed = obligations(workspace, period)
    templates(workspace, period, progress=progress)
    progress(_RETURNING, 0, 1)
    faults = _write_returns(workspace, owed)
    _write_clinic(workspace)
    progress(_RETURNING, 1, 1)
    results = consolidate(workspace, period, lang=lang, progress=progress)
    planted = tuple(
        Planted(fault.unit, address or fault.file, fault.what, fault.finding, found(fault, address, results.findings))
        for fault, address in faults
    )
    _write_lists(folder, planted, not_asked(read_printed(HEALTH_TABLE)))
    return Demo(workspace, results, planted)


def _write_returns(workspace: Workspace, owed: Obligations) -> list[tuple[Fault, str]]:
    """Every upper union's return, some with mistakes, and the files that go wrong in other ways."""
    inbox = workspace.inbox(owed.period)
    faults = listed_faults()
    for i, code in enumerate(owed.owed):
        if code == _SILENT_UNIT:
            continue
        blank = content_of(workspace, owed, owed.tree.unit(code), {}, {})
        entries, planted = _entries(workspace, owed, blank, faults)
        faults += planted
        write_return(inbox / f"{code}.xlsx", filled(blank, entries), i)
        if code == _PARENT_OF_RETURNS:
            faults += _write_children(workspace, owed, entries)
    faults += _write_strays(workspace, owed)
    return [(fault, _address(workspace, fault)) for fault in faults]


def _entries(
    workspace: Workspace, owed: Obligations, blank: Content, listed: Sequence[Fault]
) -> tuple[Entries, list[Fault]]:
    if blank.unit == HEALTH:
        return typed_entries(read_printed(HEALTH_TABLE), workspace.forms), []
    unions = register_counts(owed.tree, owed.tree.unit(blank.unit))
    entries = invent(blank, MEMBERS[blank.unit], unions)
    planted = computed_faults(blank.unit, entries)
    for fault in (*planted, *(fault for fault in listed if fault.unit == blank.unit)):
        entries |= fault.writes
    return entries, planted


def filled(blank: Content, entries: Entries) -> Content:
    """The package as a unit would send it: what it typed, and formulas that show what follows from it."""
    return replace(blank, entries=entries, info={"nguoi_lap": "(minh họa)", "so_dt": "(minh họa)"})


def write_return(path: Path, content: Content, order: int) -> None:
    """Put a filled package into the inbox, received at a fixed moment."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_package(path, content)
    _received(path, order)


def _received(path: Path, order: int) -> None:
    moment = (_FIRST_DAY + timedelta(minutes=7 * order)).timestamp()
    os.utime(path, (moment, moment))


def _write_children(workspace: Workspace, owed: Obligations, parent: Entries) -> list[Fault]:
    """The grassroots returns that one upper union passed on; together they have three members too many."""
    children = owed.tree.children(_PARENT_OF_RETURNS)
    key = Key("B01", "cl_dang_vien", "tong")
    shares = share_out(parent, len(children), random.Random(_PARENT_OF_RETURNS))
    shares[0][key] = float(shares[0][key]) + 3
    for i, (child, entries) in enumerate(zip(children, shares, strict=True)):
        blank = content_of(workspace, owed, child, {}, {})
        folder = workspace.inbox(owed.period) / "CĐCS ngành Giáo dục gửi kèm"
        write_return(folder / f"{child.code}.xlsx", filled(blank, entries), 20 + i)
    what = Text(
        "đảng viên của các CĐCS cộng lại nhiều hơn ngành báo cáo", "the unions' party members exceed the sector's"
    )
    return [Fault(_PARENT_OF_RETURNS, key, "children-differ", what, {})]


def _write_strays(workspace: Workspace, owed: Obligations) -> list[Fault]:
    """What else lands in an inbox: another year, a stranger, no workbook, a cut file, a second try, a lock file."""
    inbox = workspace.inbox(owed.period)
    blank = content_of(workspace, owed, owed.tree.unit(_SILENT_UNIT), {}, {})
    unions = register_counts(owed.tree, owed.tree.unit(_SILENT_UNIT))
    good = filled(blank, invent(blank, MEMBERS[_SILENT_UNIT], unions))
    write_return(inbox / f"{_SILENT_UNIT} năm ngoái.xlsx", replace(good, period=_EARLIER_YEAR), 60)
    write_return(inbox / "Đơn vị lạ.xlsx", replace(good, unit="LC-99"), 61)
    write_return(inbox / "LC-08 (gửi nhầm, chưa điền).xlsx", _blank_of(workspace, owed, "LC-08"), 62)
    (inbox / "Báo cáo.xlsx").write_text("Kính gửi LĐLĐ tỉnh\n", encoding="utf-8")
    cut = (inbox / "LC-01.xlsx").read_bytes()
    (inbox / "LC-01 (bản hỏng).xlsx").write_bytes(cut[: len(cut) // 2])
    (inbox / "~$LC-01.xlsx").write_bytes(b"\x00" * 165)
    for i, name in enumerate(("Báo cáo.xlsx", "LC-01 (bản hỏng).xlsx", "~$LC-01.xlsx")):
        _received(inbox / name, 63 + i)
    none: Mapping[Key, float | str] = {}
    return [
        Fault(
            _SILENT_UNIT,
            None,
            "wrong-period",
            Text("bộ biểu của năm trước", "last year's package"),
            none,
            "năm ngoái.xlsx",
        ),
        Fault(
            _SILENT_UNIT,
            None,
            "not-received",
            Text("chưa gửi bộ biểu của kỳ này", "has not sent this period's package"),
            none,
        ),
        Fault(
            "",
            None,
            "unknown-unit",
            Text("mã đơn vị không có trong danh bạ", "a unit that is not in the register"),
            none,
            "Đơn vị lạ.xlsx",
        ),
        Fault("LC-08", None, "no-figures", Text("bộ biểu chưa điền", "an empty package"), none, "chưa điền).xlsx"),
        Fault(
            "", None, "not-a-workbook", Text("tệp chữ mang tên .xlsx", "a text file named .xlsx"), none, "Báo cáo.xlsx"
        ),
        Fault("", None, "damaged", Text("tệp bị cắt cụt", "a truncated file"), none, "(bản hỏng).xlsx"),
    ]


def _blank_of(workspace: Workspace, owed: Obligations, code: str) -> Content:
    return content_of(workspace, owed, owed.tree.unit(code), {}, {})


def _write_clinic(workspace: Workspace) -> None:
    """The second real return: a clinic's of 2024, under an upper union's."""
    period = Period.parse(CLINIC_PERIOD)
    owed = obligations(workspace, period)
    entries = typed_entries(read_printed(CLINIC_TABLE), workspace.forms)
    path = workspace.inbox(period) / f"{CLINIC}.xlsx"
    write_return(path, filled(_blank_of(workspace, owed, CLINIC), entries), 0)
    moment = datetime(2024, 12, 2, 8, tzinfo=VIETNAM).timestamp()
    os.utime(path, (moment, moment))


def _address(workspace: Workspace, fault: Fault) -> str:
    if fault.key is None:
        return ""
    plan = plans_of((workspace.forms.by_id[fault.key.form],))[fault.key.form]
    return f"{fault.key.form}!{plan.address(fault.key)}"


def _write_lists(folder: Path, planted: Sequence[Planted], left: Sequence[Printed]) -> None:
    """The planted mistakes with whether they were found, and the real figures that no form asks for."""
    rows = [
        (one.unit, one.where, one.what.vi, one.what.en, one.finding, "có" if one.found else "KHÔNG") for one in planted
    ]
    head = ("don_vi", "o_hoac_tep", "loi_cai_san", "planted", "ma_phat_hien", "tim_thay")
    _write_csv(folder / PLANTED_FILE, head, rows)
    asked = [(one.typed, one.wording, one.place) for one in left]
    _write_csv(folder / NOT_ASKED_FILE, ("so_lieu", "nguyen_van", "cho_in"), asked)


def _write_csv(path: Path, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(head)
    writer.writerows(rows)
    path.write_bytes(text.getvalue().encode("utf-8-sig"))
