"""What each unit of the demo sends: the real reports as they print their figures, the other units' invented."""

from __future__ import annotations

import os
import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from pipeline.contents import content_of, register_counts
from pipeline.demo_activity import aims_of, invent_activity, invent_list, shares_of
from pipeline.demo_figures import MEMBERS, Entries, invent, read_printed, typed_entries
from pipeline.obligations import Obligations
from pipeline.package import write_package
from pipeline.package_lines import ListRow
from pipeline.package_values import Content
from pipeline.run_judge import Before
from pipeline.submission import VIETNAM
from pipeline.workspace import Workspace
from schemas.form import Key
from schemas.tree import Unit

HEALTH, CLINIC, PROVINCE = "LC-21", "CS0047", "LC"
REAL = {
    (HEALTH, "2020"): "y-te-2020.csv",
    (PROVINCE, "2021"): "lai-chau-2021.csv",
    (PROVINCE, "2023-Q3"): "lai-chau-2023-q3.csv",
    (CLINIC, "2024"): "than-uyen-2024.csv",
}
"""The tables of the real reports, by the unit and the period that they are about."""

_NOTES: Mapping[tuple[str, str], Entries] = {
    ("LC-01", "2020"): {Key("B01", "sl_cdcs", "ghi_chu"): "Trong năm thành lập mới 2 CĐCS doanh nghiệp."},
    ("LC-03", "2020"): {Key("B03", "ct_09", "ghi_chu"): "Hoãn 1 cuộc do dịch bệnh, chuyển sang quý I năm sau."},
    ("LC-22", "2020"): {Key("B01", "sl_doan_vien", "ghi_chu"): "Số cuối kỳ đã trừ đoàn viên nghỉ hưu từ tháng 9."},
}
"""What some units write beside a figure."""

_FILLED_BY = {"nguoi_lap": "(minh họa)", "so_dt": "(minh họa)"}
# Of the province's printed totals these are shared out among its units, so that both agree.
_SHARED = (
    *("kt_dl_cc", "kt_dl_cd", "kt_tc_cc", "kt_tc_cd", "kt_gs_tochuc", "kt_gs_canhan"),
    *("qh_tuvan_tt", "qh_tuvan_gt", "cs_quytuongho_dv", "cs_quytuongho_tien"),
)
_SHARED_RUNNING = "td_sangkien_cs"


NOTHING = Before({}, {})


def blank_of(workspace: Workspace, owed: Obligations, unit: Unit, known: Before = NOTHING) -> Content:
    """The package of a unit as it was issued."""
    return content_of(workspace, owed, unit, known.earlier, known.year_ago)


def filled_by(workspace: Workspace, owed: Obligations, unit: Unit, known: Before = NOTHING) -> Content:
    """The package of a unit as it fills it, before any mistake."""
    blank = blank_of(workspace, owed, unit, known)
    table = REAL.get((unit.code, str(owed.period)))
    if table is not None:
        return filled(blank, typed_entries(read_printed(table), owed.forms))
    chance = random.Random(f"{unit.code} {owed.period} hoạt động")
    unions = register_counts(owed.tree, unit)
    aims = {**aims_of(chance, blank), **province_shares(owed).get(unit.code, {})}
    entries = invent(blank, members_of(owed, unit), unions)
    entries |= invent_activity(chance, blank, unions, entries, aims)
    on_software = blank.targets.get("ct_05")
    lists = {
        form: invent_list(blank, form, entries, on_software=int(on_software.value) if on_software else None)
        for form in blank.lists
    }
    return filled(replace(blank, lists=lists), {**entries, **_NOTES.get((unit.code, str(owed.period)), {})})


def filled(blank: Content, entries: Entries) -> Content:
    """The package as a unit would send it: what it typed, and formulas that show what follows from it."""
    return replace(blank, entries=entries, info=_FILLED_BY)


def members_of(owed: Obligations, unit: Unit) -> int:
    """An invented number of members: what an upper union has, or that of a union of middling size."""
    if unit.code in MEMBERS:
        return MEMBERS[unit.code]
    return 60 + 7 * (owed.tree.order[unit.code] % 19)


def province_shares(owed: Obligations) -> Mapping[str, Mapping[Key, float]]:
    """The parts of the province's printed totals of a quarter, for each unit right below it."""
    table = REAL.get((PROVINCE, str(owed.period)))
    if table is None or owed.period.kind != "quarter":
        return {}
    codes = [child.code for child in owed.tree.children(PROVINCE)]
    shares: dict[str, dict[Key, float]] = {code: {} for code in codes}
    for key, value in typed_entries(read_printed(table), owed.forms).items():
        if isinstance(value, float) and key.indicator in (*_SHARED, _SHARED_RUNNING):
            now = key._replace(measure="ky_nay")
            # Of what the report gives since January, a third is taken to be of this quarter.
            whole = value if key.measure == "ky_nay" else float(int(value) // 3)
            for code, part in shares_of(whole, codes).items():
                shares[code][now] = part
            if key.measure == "luy_ke":
                for code, part in shares_of(value - whole, codes).items():
                    shares[code][key] = part
    return shares


def write_return(path: Path, content: Content, received: datetime) -> None:
    """Put a filled package into the inbox, received at a fixed moment."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_package(path, content)
    stamp(path, received)


def stamp(path: Path, received: datetime) -> None:
    """Make a file one that was received then."""
    os.utime(path, (received.timestamp(), received.timestamp()))


def moment(year: int, month: int, day: int, order: int) -> datetime:
    """The morning of a day, and a few minutes more for each file."""
    return datetime(year, month, day, 8, tzinfo=VIETNAM) + timedelta(minutes=7 * order)


def with_rows(content: Content, form: str, changes: Mapping[str, Mapping[str, float | str]]) -> Content:
    """The package with some rows of a list changed; an id that is not there is a row more."""
    rows = {row.id: row for row in content.lists.get(form, ())}
    for name, values in changes.items():
        before = rows[name].values if name in rows else {}
        rows[name] = ListRow(name, {**before, **values})
    return replace(content, lists={**content.lists, form: tuple(rows.values())})
