"""The figures of the demo: the health sector's of 2020 as its report prints them, the other units' invented.

Invented figures are drawn from a generator seeded by the unit's code, so that every demo is the same.
"""

from __future__ import annotations

import csv
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.init import EXAMPLES
from pipeline.package_lines import ListRow
from pipeline.package_values import Content
from schemas.form import Form, Forms, Key

# An invented split that closes on the province's 23,150 members; only the health sector's 2,918 is real.
MEMBERS = {
    **{"LC-01": 2150, "LC-02": 2080, "LC-03": 2430, "LC-04": 2610, "LC-05": 1420, "LC-06": 1760},
    **{"LC-07": 1590, "LC-08": 1722, "LC-22": 1450, "LC-23": 3020},
}
Entries = dict[Key, float | str]


@dataclass(frozen=True, slots=True)
class Printed:
    """One number of a real report: where it goes, as it was printed, and the report's own words.

    ``key`` is ``None`` for a figure that no form asks for; then ``reason`` says why.
    """

    key: Key | None
    typed: str
    wording: str
    place: str
    reason: str = ""


def read_printed(name: str, folder: Path = EXAMPLES) -> list[Printed]:
    """The table of a real report."""
    with (folder / name).open(encoding="utf-8-sig", newline="") as file:
        return [
            Printed(
                Key(row["form"], row["indicator"], row["measure"]) if row["form"] else None,
                row["typed"],
                row["wording"],
                row["place"],
                row.get("reason", ""),
            )
            for row in csv.DictReader(file)
        ]


def typed_entries(printed: list[Printed], forms: Forms) -> Entries:
    """What a unit would type: counts become numbers, percentages and words stay as they were printed."""
    entries: Entries = {}
    for one in printed:
        if one.key is not None:
            digits = one.typed.replace(".", "")
            is_count = forms.cells[one.key].type in ("count", "money") and digits.isdigit()
            entries[one.key] = float(digits) if is_count else one.typed
    return entries


def not_asked(printed: list[Printed]) -> list[Printed]:
    """The figures that no form asks for."""
    return [one for one in printed if one.key is None]


def invent(content: Content, members: int, unions: Mapping[str, int]) -> Entries:
    """A clean return: every sum closes, every target is met within reason. ``unions`` are the register's counts."""
    chance = random.Random(f"{content.unit} {content.period}")
    forms = {form.id: form for form in content.forms}
    aim = content.targets["ct_02"].value if "ct_02" in content.targets else max(1, members // 120)
    admitted = round(aim * chance.uniform(1.0, 1.5))
    entries = _workforce(chance, members, admitted, unions) if "B01" in forms else {}
    if "B03" in forms:
        entries |= _targets(chance, forms["B03"], content)
    return entries


def _workforce(chance: random.Random, members: int, new: int, unions: Mapping[str, int]) -> Entries:
    women = round(members * chance.uniform(0.42, 0.62))
    figures: dict[str, float] = {"sl_cnvcld": members + chance.randint(3, 40), "sl_doan_vien": members}
    figures |= {"sl_dv_nu": women, "sl_dv_nam": members - women}
    figures |= _split(chance, members, ("cl_hv_thpt", "cl_hv_thcs", "cl_hv_tieuhoc", "cl_hv_chua"), (88, 9, 2, 1))
    levels = ("cl_cm_tren_dh", "cl_cm_dh", "cl_cm_cd", "cl_cm_tc", "cl_cm_sc_khac", "cl_cm_chua_dt")
    figures |= _split(chance, members, levels, (4, 42, 17, 25, 8, 4))
    party = round(members * chance.uniform(0.36, 0.5))
    figures |= {"sl_dtts": round(members * chance.uniform(0.3, 0.5)), "cl_dang_vien": party}
    figures |= {"cl_ll_cc": round(party * 0.04), "cl_ll_tc": round(party * 0.35), "cl_ll_sc": round(party * 0.3)}
    figures |= {"cl_ll_dang_hoc_tc": chance.randint(3, 20), "sl_to_cd": max(2, members // 12)}
    # In a small union few come and go.
    most = max(1, min(15, members // 40))
    came, went, left = chance.randint(0, most), chance.randint(0, most), chance.randint(0, max(1, most // 2))
    figures |= {"sl_dv_dau": members - new - came + went + left, "pt_ketnap": new, "sl_dv_den": came}
    figures |= {"sl_dv_di": went, "sl_dv_giam": left, "pt_pmqldv_dv": round(members * chance.uniform(0.8, 0.98))}
    if unions:
        figures |= {"sl_cdcs": unions["grassroots"], "sl_cdcs_hcsn": unions["hcsn"]}
        figures |= {"sl_cdcs_dnnn": unions["dnnn"], "sl_cdcs_nnn": unions["nnn"]}
    return {Key("B01", code, "tong"): float(value) for code, value in figures.items()}


def _split(chance: random.Random, whole: int, codes: tuple[str, ...], shares: tuple[int, ...]) -> dict[str, float]:
    """A whole in parts near these shares, the largest part taking the rest."""
    rough = [share * chance.uniform(0.8, 1.2) for share in shares]
    parts = {code: float(int(whole * share / sum(rough))) for code, share in zip(codes, rough, strict=True)}
    largest = max(parts, key=parts.__getitem__)
    parts[largest] += whole - sum(parts.values())
    return parts


def _targets(chance: random.Random, form: Form, content: Content) -> Entries:
    """Actual figures a little above their targets; linked cells and totals are left to their formulas."""
    entries: Entries = {}
    for cell in form.cells():
        if cell.key.measure != "thuc_hien" or cell.link or cell.derived or not cell.is_number:
            continue
        target = content.targets.get(cell.key.indicator)
        aim = target.value if target else float(chance.randint(1, 9))
        # A count of unions cannot exceed the unions there are, which is what the target asks for.
        exact = cell.type == "percent" or cell.unit == "CĐCS" or aim < 3
        done = aim if exact else float(round(aim * chance.uniform(1.0, 1.3)))
        entries[cell.key] = done
        if cell.type != "percent":
            entries[cell.key._replace(measure="uoc_nam")] = done
    entries[Key("B03", "ct_21", "thuc_hien")] = "Đầy đủ, kịp thời"
    return entries


def share_out(entries: Entries, lists: Mapping[str, Sequence[ListRow]], among: Sequence[str]) -> list[Entries]:
    """A parent's B01 as its children would send it: every member in one child, so that all sums close again.

    How many members a child has is what the parent's ``lists`` say of it.
    """
    chance = random.Random(" ".join(among))
    whole = {key.indicator: int(value) for key, value in entries.items() if _is_shared(key, value)}
    members = whole.pop("sl_doan_vien")
    flows = {code: whole.pop(code) for code in ("pt_ketnap", "sl_dv_den", "sl_dv_di", "sl_dv_giam", "sl_to_cd")}
    for code in ("sl_cnvcld", "sl_dv_dau", "sl_dv_nam", "sl_dv_nu"):
        whole.pop(code)
    rows = {row.id: row.values for row in lists["B04"]}
    traits = _traits(whole, members, chance)
    parts: list[Entries] = []
    start = 0
    for at, child in enumerate(among):
        own, people, women = (int(float(str(rows[child][code]))) for code in ("so_dv", "so_ld", "so_nu"))
        figures = {code: sum(code in trait for trait in traits[start : start + own]) for code in whole}
        figures |= {code: part(flow, len(among), at) for code, flow in flows.items()}
        figures |= {"sl_doan_vien": own, "sl_cnvcld": people, "sl_dv_nu": women, "sl_dv_nam": own - women}
        figures["sl_dv_dau"] = (
            own - figures["pt_ketnap"] - figures["sl_dv_den"] + figures["sl_dv_di"] + figures["sl_dv_giam"]
        )
        parts.append({Key("B01", code, "tong"): float(value) for code, value in figures.items()})
        start += own
    return parts


def _is_shared(key: Key, value: float | str) -> bool:
    return key.form == "B01" and isinstance(value, float) and not key.indicator.startswith("sl_cdcs")


def part(whole: int, among: int, at: int) -> int:
    """The share of one among so many, in whole numbers that make the whole."""
    each, rest = divmod(whole, among)
    return each + (at < rest)


def _traits(counts: Mapping[str, int], members: int, chance: random.Random) -> list[set[str]]:
    """What each member is counted as: one level of each partition, and any of the subsets."""
    traits: list[set[str]] = [set() for _ in range(members)]
    for prefix in ("cl_hv_", "cl_cm_", "cl_ll_"):
        order = chance.sample(range(members), members)
        labels = [code for code, count in counts.items() if code.startswith(prefix) for _ in range(count)]
        for member, label in zip(order, labels, strict=False):
            traits[member].add(label)
    for code, count in counts.items():
        if not code.startswith(("cl_hv_", "cl_cm_", "cl_ll_")):
            for member in chance.sample(range(members), count):
                traits[member].add(code)
    return traits
