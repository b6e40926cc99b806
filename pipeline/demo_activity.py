"""Invented figures of activity (B02) and lists of unions (B04) for the demo: every sum closes, every rule holds."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from pipeline.demo_figures import Entries, part
from pipeline.package_lines import ListRow
from pipeline.package_values import Content
from schemas.edit import Ref
from schemas.form import YES, Cell, Form, Key, Table

# What one gift is worth, in thousands of đồng, and of whom the money comes, in parts.
_PRICE = {"cs_q_maiam": (30_000, 80_000), "cs_q_ngoai": (300, 1_200)}
_USUAL_PRICE = (300, 1_000)
_SOURCES = ("nguon_xhcd", "nguon_cap_tren", "nguon_cdcs", "nguon_xa_hoi")
# Parts that are drawn from a whole drawn before them, so that none exceeds it.
_BELOW = {
    "qh_tuldtt_loaib": "qh_tuldtt_ky",
    "td_sangkien_duoc_cn": "td_sangkien_cs",
    "pt_dvut_nnn": "pt_dvut",
    "pt_ketnap_dang": "pt_dvut",
    "nc_gvn_dat": "nc_gvn_dangky",
    "kt_tc_nnn": "kt_tc_cd",
    "kt_donthu_da_gq": "kt_donthu",
}
# Rows whose figure follows from another of the same unit.
_TIMES = {"qh_btttnd_tv": ("qh_btttnd", 3)}
# Money that stands beside a number of agreements, and is nothing where there are none.
_WORTH = {"cs_phucloi_tien": "cs_phucloi_tt"}
_RARE = frozenset({"qh_tnld_vu", "qh_tnld_nguoi", "kt_donthu", "pt_cdcs_giai_the", "cs_phucloi_tt"})
_PEOPLE = frozenset({"tt_luot", "qh_atvsld_nguoi", "pt_taphuan_nguoi", "nc_gvn_dangky", "td_sangkien_cs", "cs_hienmau"})


def invent_activity(
    chance: random.Random, content: Content, unions: Mapping[str, int], workforce: Entries, aims: Mapping[Key, float]
) -> Entries:
    """The figures of B02. ``aims`` are cells that a target or a total fixes; ``workforce`` is the unit's B01."""
    form = next((form for form in content.forms if form.id == "B02"), None)
    if form is None:
        return {}
    entries: Entries = {}
    for table in form.tables:
        if table.once:
            entries |= _welfare(chance, form, table)
        else:
            entries |= _counts(chance, form, table, unions, workforce, aims, year="-" not in content.period)
    entries |= _loans(chance, content)
    entries |= _income(chance, content, workforce)
    return entries | _estimates(form, content, entries) | _own_parts(chance, form, content, entries)


def _counts(
    chance: random.Random,
    form: Form,
    table: Table,
    unions: Mapping[str, int],
    workforce: Entries,
    aims: Mapping[Key, float],
    *,
    year: bool,
) -> Entries:
    entries: Entries = {}
    sectors = {"qh_hn_cbcc": "hcsn", "qh_hn_nld_dnnn": "dnnn", "qh_hn_nld_nnn": "nnn", "tt_cdcs": "grassroots"}
    for row in sorted(table.indicators, key=lambda row: row.code in _BELOW):
        key = Key(form.id, row.code, "ky_nay")
        cell = table.cells.get(key)
        if cell is None or cell.derived is not None or not cell.is_number or row.source:
            continue
        if row.code in sectors:
            # Conferences are held once a year, and by the third quarter all of them were.
            value = float(unions.get(sectors[row.code], 0)) if year else 0.0
        elif key in aims:
            value = aims[key]
        elif row.code == "pt_ketnap":
            value = float(chance.randint(1, 9))
        elif row.code == "qh_btttnd":
            value = float(unions.get("hcsn", 0))
        elif row.code in _BELOW and key._replace(indicator=_BELOW[row.code]) in entries:
            value = float(int(float(entries[key._replace(indicator=_BELOW[row.code])]) * chance.uniform(0.5, 0.9)))
        elif row.code in _WORTH:
            value = 1_000_000.0 * chance.randint(40, 900) * float(entries[key._replace(indicator=_WORTH[row.code])])
        elif row.code in _TIMES:
            other, times = _TIMES[row.code]
            value = times * float(entries[key._replace(indicator=other)])
        else:
            value = _drawn(chance, row.code, cell, workforce)
        entries[key] = value
        population = key._replace(measure="phai_to_chuc")
        if population in table.cells:
            entries[population] = float(unions.get(sectors[row.code], 0))
    return _at_least(entries, aims)


def _at_least(entries: Entries, aims: Mapping[Key, float]) -> Entries:
    """A whole is not below a part that a target fixes."""
    for below, whole in _BELOW.items():
        for key in [key for key in entries if key.indicator == below and key in aims]:
            above = key._replace(indicator=whole)
            entries[above] = max(float(entries.get(above, 0)), float(entries[key]))
    return entries


def _drawn(chance: random.Random, code: str, cell: Cell, workforce: Entries) -> float:
    if code in _RARE:
        return float(chance.choice((0, 0, 1)))
    if cell.type == "money":
        return 1_000_000.0 * chance.randint(40, 900)
    if code in _PEOPLE:
        women = float(workforce.get(Key("B01", "sl_dv_nu", "tong"), 400))
        return float(int(women * chance.uniform(0.3, 0.8)))
    return float(chance.randint(2, 24))


def _welfare(chance: random.Random, form: Form, table: Table) -> Entries:
    """Gifts, their money, and of whom it comes: whole thousands that make the money exactly."""
    entries: Entries = {}
    for row in table.indicators:
        if table.cells[Key(form.id, row.code, "so_suat")].derived is not None:
            continue
        gifts = chance.randint(1, 3) if row.code == "cs_q_maiam" else chance.randint(5, 60)
        if row.code == "cs_q_khac":
            gifts = chance.randint(1, 4)
        thousands = gifts * chance.randrange(*_PRICE.get(row.code, _USUAL_PRICE), 10)
        figures = {"so_suat": gifts, "so_tien": 1_000 * thousands}
        left = thousands
        for source in _SOURCES[1:]:
            part = int(left * chance.uniform(0.1, 0.5))
            figures[source] = 1_000 * part
            left -= part
        figures[_SOURCES[0]] = 1_000 * left
        entries |= {Key(form.id, row.code, measure): float(value) for measure, value in figures.items()}
    return entries


def _loans(chance: random.Random, content: Content) -> Entries:
    """A fund that rolls over: it opens with what the period before closed with."""
    opening = content.constants.get(Ref("prev", "B02", "cs_vay_cuoi", "ky_nay"), 10_000_000.0 * chance.randint(10, 60))
    lent, repaid = 10_000_000.0 * chance.randint(1, 9), 10_000_000.0 * chance.randint(1, 8)
    figures = {"cs_vay_dau": opening, "cs_vay_giaingan": lent, "cs_vay_thuhoi": repaid}
    figures["cs_vay_cuoi"] = opening + lent - repaid
    return {Key("B02", code, "ky_nay"): value for code, value in figures.items()}


def _income(chance: random.Random, content: Content, workforce: Entries) -> Entries:
    """What came in of the budget: as many per cent as the appendix says, where the period has one."""
    budget = 1_000_000 * chance.randint(300, 2500)
    reached = workforce.get(Key("B03", "ct_16", "thuc_hien"), 60.0 if "-" in content.period else 98.0)
    income = budget // 100 * int(float(reached))
    figures = {"tc_dutoan": budget, "tc_thu_kpcd": income // 3 * 2, "tc_thu_dpcd": income - income // 3 * 2}
    return {Key("B02", code, "ky_nay"): float(value) for code, value in figures.items()}


def _estimates(form: Form, content: Content, entries: Entries) -> Entries:
    """By the end of the year what has been done so far, and in a quarter half as much again."""
    year = "-" not in content.period
    found: Entries = {}
    for key, value in entries.items():
        estimate = key._replace(measure="uoc_nam")
        if key.measure == "ky_nay" and estimate in _cells(form) and isinstance(value, float):
            so_far = value + content.constants.get(Ref("prev", key.form, key.indicator, "luy_ke"), 0.0)
            stock = key._replace(measure="luy_ke") not in _cells(form)
            found[estimate] = value if year or stock else so_far + float(int(so_far / 2))
    return found


def _own_parts(chance: random.Random, form: Form, content: Content, entries: Entries) -> Entries:
    """What an upper union did itself: a little of what is not counted in unions."""
    if content.level == "grassroots":
        return {}
    found: Entries = {}
    for key, value in entries.items():
        own = key._replace(measure="cap_minh")
        cell = _cells(form).get(own)
        if key.measure != "ky_nay" or cell is None or not isinstance(value, float):
            continue
        if cell.unit not in ("CĐCS", "đồng") and key.indicator not in _BELOW:
            found[own] = float(int(value * chance.uniform(0.0, 0.3)))
    return found


def _cells(form: Form) -> Mapping[Key, Cell]:
    return {cell.key: cell for cell in form.cells()}


def invent_list(content: Content, form: str, workforce: Entries, *, on_software: int | None) -> tuple[ListRow, ...]:
    """The unit's unions with figures that make those of its B01; ``on_software`` of them are in the software."""
    rows = content.lists.get(form, ())
    members, women, people = (
        list(_parts(int(float(workforce[Key("B01", code, "tong")])), len(rows)))
        for code in ("sl_doan_vien", "sl_dv_nu", "sl_cnvcld")
    )
    ratings = ("Hoàn thành tốt nhiệm vụ", "Hoàn thành xuất sắc nhiệm vụ", "Hoàn thành tốt nhiệm vụ")
    filled = []
    for i, row in enumerate(rows):
        software = YES if on_software is None or i < on_software else "Không"
        values: dict[str, float | str | date] = {**row.values, "so_ld": people[i], "so_dv": members[i]}
        values |= {"so_nu": women[i], "ngay_tl": date(1998 + i % 20, 1 + i % 12, 15), "xep_loai": ratings[i % 3]}
        values |= {"co_ttnd": YES, "co_tuldtt": "Không", "da_pm": software, "da_bc": YES}
        filled.append(ListRow(row.id, values))
    return tuple(filled)


def _parts(whole: int, among: int) -> Iterator[float]:
    for at in range(among):
        yield float(part(whole, among, at))


def aims_of(chance: random.Random, content: Content) -> dict[Key, float]:
    """The cells of B02 to which a target of B03 is linked, each a little above its target."""
    aims: dict[Key, float] = {}
    for form in content.forms:
        for cell in form.cells():
            target = content.targets.get(cell.key.indicator)
            link = cell.link
            if cell.key.measure == "thuc_hien" and target is not None and link is not None and len(link.refs) == 1:
                ref = link.refs[0]
                if ref.kind == "cell" and ref.form == "B02":
                    done = target.value if target.value < 3 else float(round(target.value * chance.uniform(1.0, 1.3)))
                    aims[Key(ref.form, ref.indicator, "ky_nay")] = done
    return aims


def shares_of(whole: float, among: Sequence[str]) -> dict[str, float]:
    """A printed total of the province in parts that make it exactly, one for each unit."""
    return dict(zip(among, _parts(int(whole), len(among)), strict=True))
