"""A period asks fewer forms and rows, and no more of them than can be judged."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest
from builders import MEASURES, edit, form, key, load, row
from lists import UNIQUE, list_form

import schemas
from schemas.edit import refs_of
from schemas.form import Forms, Heading, Indicator
from schemas.load import load_forms
from schemas.scope import scoped

QUARTER, YEAR = "quarter", "year"
ONLY_QUARTER = '["quarter"]'
NESTED = '{ heading = "Nhóm", en = "Group" }', '{ heading = "Nhóm con", en = "Subgroup", indent = 1 }'


def codes(forms: Forms, form_id: str = "X01") -> list[str]:
    rows = forms.by_id[form_id].tables[0].rows
    return [one.code if isinstance(one, Indicator) else f"[{one.label.vi}]" for one in rows]


def edits(forms: Forms, form_id: str = "X01") -> dict[str, int]:
    return {one.id: len(one.checks) for one in forms.by_id[form_id].tables[0].edits}


def world(folder: Path, *rows: str, with_edits: Iterable[str] = (), measures: str = MEASURES) -> Forms:
    return load(folder, form(*rows, edits=with_edits, measures=measures), list_form(UNIQUE))


def test_a_form_is_there_in_its_own_periods_only(tmp_path: Path) -> None:
    forms = world(tmp_path, row("ca"))
    assert list(scoped(forms, YEAR).by_id) == ["L01", "X01"]
    assert list(scoped(forms, QUARTER).by_id) == ["X01"]
    assert not any(found.form == "L01" for found in scoped(forms, QUARTER).cells)
    assert scoped(forms, QUARTER).cell(key("L01.A.so_dv")) is None
    assert scoped(forms, YEAR).cell(key("L01.A.so_dv")) is not None


def test_a_row_is_there_in_its_own_periods_only(tmp_path: Path) -> None:
    forms = world(tmp_path, row("ca"), row("quy", periods=ONLY_QUARTER))
    assert (codes(scoped(forms, QUARTER)), codes(scoped(forms, YEAR))) == (["ca", "quy"], ["ca"])
    assert key("X01.quy.tong") not in scoped(forms, YEAR).cells
    assert key("X01.quy.tong") in forms.cells, "the forms themselves are not touched"


def test_a_heading_stays_over_a_row_be_it_below_another_heading(tmp_path: Path) -> None:
    last = '{ heading = "Cuối", en = "Last" }'
    asked, left = row("ca"), row("quy", periods=ONLY_QUARTER)
    assert codes(scoped(world(tmp_path / "a", *NESTED, asked, last, left), YEAR)) == ["[Nhóm]", "[Nhóm con]", "ca"]
    assert codes(scoped(world(tmp_path / "b", *NESTED, left, last, asked), YEAR)) == ["[Cuối]", "ca"]
    assert isinstance(forms_row(world(tmp_path / "c", last, left, asked)), Heading)


def forms_row(forms: Forms) -> Indicator | Heading:
    return scoped(forms, QUARTER).by_id["X01"].tables[0].rows[0]


def test_an_edit_keeps_the_instances_that_can_be_judged(tmp_path: Path) -> None:
    rules = (
        edit("quy <= ca", id='"A"'),
        edit("each(ca, quy, hai) <= 9", id='"B"'),
        edit("hai == prev(quy)", id='"C"'),
        edit("change(quy) <= 1", id='"D"'),
        edit("sum(L01.so_dv) == ca[tong]", id='"E"'),
        edit("count(L01.ma) == register(grassroots)", id='"F"'),
        edit("when(quy[tong] == 0, blank(ca[tong]))", id='"G"'),
        edit("iff(ca > 0, quy > 0)", id='"H"'),
    )
    forms = world(tmp_path, row("ca"), row("hai"), row("quy", periods=ONLY_QUARTER), with_edits=rules)
    assert edits(scoped(forms, YEAR)) == {"B": 2, "C": 1, "E": 1, "F": 1}
    assert edits(scoped(forms, QUARTER)) == {"A": 1, "B": 3, "C": 1, "D": 1, "G": 1, "H": 1}
    assert edits(scoped(forms, YEAR), "L01") == {"L-E01": 1}


def test_a_link_and_a_weight_to_what_is_not_asked_are_left_out(tmp_path: Path) -> None:
    rows = (
        row("ca"),
        row("quy", periods=ONLY_QUARTER),
        row("noi", measures='["tong"]', link='{ tong = "quy[tong] + ca[tong]" }'),
        row("ma", measures='["tong"]', link='{ tong = "count(L01.ma)" }'),
        row("tb", measures='["tong"]', type='"average"', rollup='"WAVG"', weight='"quy"'),
    )
    forms = world(tmp_path, *rows)
    year, quarter = scoped(forms, YEAR).cells, scoped(forms, QUARTER).cells
    assert year[key("X01.noi.tong")].link is None
    assert quarter[key("X01.noi.tong")].link == forms.cells[key("X01.noi.tong")].link
    assert (year[key("X01.ma.tong")].link is None, quarter[key("X01.ma.tong")].link is None) == (False, True)
    assert (year[key("X01.tb.tong")].weight, year[key("X01.tb.tong")].rollup) == (None, "NONE")
    assert quarter[key("X01.tb.tong")].weight == key("X01.quy.tong")


def test_a_total_is_that_of_the_parts_asked_and_none_without_any(tmp_path: Path) -> None:
    rows = (
        row("ca"),
        row("quy", periods=ONLY_QUARTER),
        row("tong_hai", derived='"ca + quy"', measures='["tong"]'),
        row("tong_quy", derived='"quy"', measures='["tong"]'),
    )
    rules = (edit("tong_quy <= ca", id='"A"'), edit("tong_hai <= 9", id='"B"'))
    forms = world(tmp_path, *rows, with_edits=rules)
    year = scoped(forms, YEAR)
    whole = year.cells[key("X01.tong_hai.tong")].derived
    assert whole is not None
    assert [ref.indicator for ref in whole.refs] == ["ca"]
    assert key("X01.tong_quy.tong") not in year.cells
    assert edits(year) == {"B": 1}
    assert scoped(forms, QUARTER).cells == forms_without_list(forms)


def test_a_percentage_of_a_total_without_parts_is_gone_with_it(tmp_path: Path) -> None:
    measures = MEASURES.replace('compute = "tong / ca[tong]"', 'compute = "tong / tong_quy[tong]"')
    total = row("tong_quy", derived='"quy"', measures='["tong"]')
    forms = world(tmp_path, row("ca"), row("quy", periods=ONLY_QUARTER), total, measures=measures)
    left = {f"{found.indicator}.{found.measure}" for found in scoped(forms, YEAR).cells if found.form == "X01"}
    assert left == {"ca.tong", "ca.ghi_chu", "tong_quy.ghi_chu"}
    assert key("X01.ca.ty_le") in scoped(forms, QUARTER).cells


def forms_without_list(forms: Forms) -> dict[object, object]:
    return {found: cell for found, cell in forms.cells.items() if found.form != "L01"}


def test_a_percentage_of_what_is_not_asked_is_gone_with_the_edits_about_it(tmp_path: Path) -> None:
    measures = MEASURES.replace('compute = "tong / ca[tong]"', 'compute = "tong / quy[tong]"')
    rules = (
        edit("about(ty_le, tong / quy[tong])", id='"A"'),
        edit("about(hai[ty_le] + ba[ty_le], 100)", id='"B"'),
    )
    rows = (row("ca"), row("hai"), row("ba"), row("quy", periods=ONLY_QUARTER))
    forms = world(tmp_path, *rows, with_edits=rules, measures=measures)
    assert not [found for found in scoped(forms, YEAR).cells if found.measure == "ty_le"]
    assert edits(scoped(forms, YEAR)) == {}
    assert set(edits(scoped(forms, QUARTER))) == {"A", "B"}


def test_the_cell_of_a_rows_own_unit_is_only_there_with_its_form(tmp_path: Path) -> None:
    whole = list_form(UNIQUE, periods='"quarter", "year"')
    forms = load(tmp_path, form(row("ca", periods='["year"]')), whole)
    child = {kind: scoped(forms, kind).by_id["L01"].lists[0].columns["so_dv"].child for kind in (YEAR, QUARTER)}
    assert child == {YEAR: key("X01.ca.tong"), QUARTER: None}


@pytest.mark.parametrize("kind", ["quarter", "half-year", "year"])
def test_the_shipped_forms_name_nothing_that_a_period_does_not_ask(kind: str) -> None:
    shipped = load_forms((Path(schemas.__file__).parent / "forms").glob("*.toml"))
    forms = scoped(shipped, kind)
    assert all(kind in found.periods for found in forms)
    for found in forms:
        for table in found.tables:
            codes_there = {row.code for row in table.indicators} | {""}
            assert {cell.key.indicator for cell in table.cells.values()} <= codes_there
            for one in table.edits:
                refs = [ref for rule in one.checks for ref in refs_of(rule) if ref.kind in ("sum", "count", "cell")]
                written = [ref for ref in refs if ref.indicator or ref.kind != "cell"]
                assert all(forms.cell(key(f"{r.form}.{r.indicator}.{r.measure}")) for r in written), one.id
