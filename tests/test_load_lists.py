"""What can be wrong with a list in a form file, or with what leads to one: file, table and column are named."""

from __future__ import annotations

from pathlib import Path

import pytest
from builders import edit, form, key, load, row
from lists import UNIQUE, list_form

from schemas.errors import DefinitionError

KEY = '{ code = "ma", label = "Mã", en = "Code", type = "key" }'
MEMBERS = '{ code = "so_dv", label = "Đoàn viên", en = "Members", type = "count" }'
NAME = '{ code = "ten", label = "Tên", en = "Name", type = "text" }'
MATRIX = form(row("ca"), row("nam"))


def column(code: str, kind: str, more: str = "") -> str:
    return f'{{ code = "{code}", label = "Cột", en = "Column", type = "{kind}"{", " + more if more else ""} }}'


def listed(*columns: str, edits: tuple[str, ...] = (UNIQUE,), more: str = "") -> str:
    made = list_form(*edits, columns=f"measures = [{', '.join(columns)}]")
    return made.replace('kind = "list"', f'kind = "list"\n{more}') if edits else made.replace(UNIQUE, "")


def faults(folder: Path, *texts: str) -> list[str]:
    with pytest.raises(DefinitionError) as caught:
        load(folder, *texts)
    for fault in caught.value.faults:
        assert fault.vi.partition(": ")[0] == fault.en.partition(": ")[0]
        assert fault.vi != fault.en
    return [fault.en for fault in caught.value.faults]


def test_a_list_has_a_cell_for_each_column_and_for_what_its_columns_make(tmp_path: Path) -> None:
    forms = load(tmp_path, MATRIX, list_form())
    [table] = forms.by_id["L01"].lists
    assert (table.key, table.room, table.kind) == ("ma", 30, "list")
    assert {code: cell.role for code, cell in table.columns.items()} == dict.fromkeys(table.columns, "column")
    made = {found.measure: (cell.role, cell.type, cell.rollup) for found, cell in table.cells.items()}
    assert made == {
        "ma": ("aggregate", "count", "SUM"),
        "so_ld": ("aggregate", "count", "SUM"),
        "so_dv": ("aggregate", "count", "SUM"),
        "quy": ("aggregate", "money", "SUM"),
        "da_pm": ("aggregate", "count", "SUM"),
    }
    assert table.columns["so_dv"].child == key("X01.ca.tong")
    assert [option.vi for option in table.measure("xep_loai").options][-1] == "Hoàn thành nhiệm vụ"
    assert forms.cell(key("L01.CS0001.so_dv")) == table.columns["so_dv"]
    assert forms.cell(key("L01..so_dv")) == table.cells[key("L01..so_dv")]


IN_LIST = "0.toml, bảng L01"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (listed(MEMBERS, NAME, edits=(edit("so_dv >= 5"),)), f'{IN_LIST}: a list needs one column of type = "key".'),
        (listed(KEY, column("ma_hai", "key")), f'{IN_LIST}: a list needs one column of type = "key".'),
        (listed(KEY, column("loai", "choice")), f'{IN_LIST}: "loai": options go with a choice.'),
        (
            listed(KEY, column("loai", "count", 'options = [{ label = "A", en = "A" }]')),
            f'{IN_LIST}: "loai": options go with a choice.',
        ),
        (
            listed(KEY, column("loai", "choice", 'options = [{ label = "A" }]')),
            f'{IN_LIST}: "loai" needs both label and en.',
        ),
        (listed(KEY, column("ngay", "text", "closes = true")), f'{IN_LIST}: "ngay": closes is for a date.'),
        (
            listed(KEY, column("a", "date", "closes = true"), column("b", "date", "closes = true")),
            f"{IN_LIST}: only one column may have closes = true.",
        ),
        (
            listed(KEY, column("ten", "text", 'prefill = "code"')),
            f'{IN_LIST}: "ten": prefill = "code" is for type = key.',
        ),
        (
            listed(KEY, column("so", "count", 'prefill = "name"')),
            f'{IN_LIST}: "so": prefill = "name" is for type = text.',
        ),
        (
            listed(KEY, column("ten", "text", 'prefill = "nam"')),
            f'{IN_LIST}: prefill "nam" does not exist; did you mean "name"?',
        ),
        (
            listed(KEY, column("so", "count", "issuer = true")),
            f'{IN_LIST}: "so": compute, issuer, own_of and link do not belong to a list.',
        ),
        (listed(KEY, column("so", "verdict")), f'{IN_LIST}: measure "so": unknown type.'),
        (
            listed(KEY, MEMBERS, more='rows = [{ heading = "A", en = "A" }]'),
            f"{IN_LIST}: a list has no rows of its own.",
        ),
        (listed(KEY, MEMBERS, more='room = "30"'), f"{IN_LIST}: room must be a whole number."),
        (listed(KEY, MEMBERS, edits=(edit("so_dv >= 5"),)), f"{IN_LIST}: needs the hard edit unique(ma)."),
        (
            listed(KEY, MEMBERS, edits=(edit("unique(ma)", severity='"soft"'),)),
            f"{IN_LIST}: needs the hard edit unique(ma).",
        ),
        (listed(KEY, NAME, MEMBERS, edits=(edit("unique(ten)"),)), f"{IN_LIST}: needs the hard edit unique(ma)."),
        (
            listed(KEY, NAME, edits=(UNIQUE, edit("sum(L01.ten) == 5"))),
            f'{IN_LIST}, edit X-1: sum(…) needs a column of count, money; "ten" is text.',
        ),
        (
            listed(KEY, MEMBERS, edits=(UNIQUE, edit("count(L01.so_dv) == 5"))),
            f'{IN_LIST}, edit X-1: count(…) needs a column of key, flag; "so_dv" is count.',
        ),
        (
            listed(KEY, MEMBERS, edits=(UNIQUE, edit("sum(L01.so_dvv) == 5"))),
            f'{IN_LIST}, edit X-1: column "so_dvv" does not exist; did you mean "so_dv"?',
        ),
        (
            listed(KEY, MEMBERS, edits=(UNIQUE, edit("so_dvv >= 5"))),
            f'{IN_LIST}, edit X-1: column of numbers "so_dvv" does not exist; did you mean "so_dv"?',
        ),
        (
            listed(KEY, NAME, MEMBERS, edits=(UNIQUE, edit("ten >= 5"))),
            f'{IN_LIST}, edit X-1: column of numbers "ten" does not exist.',
        ),
        (
            listed(KEY, edits=(UNIQUE, edit("ma in register(childs)"))),
            f"{IN_LIST}, edit X-1: register(…) needs one of: grassroots, children, hcsn, dnnn, nnn.",
        ),
        (
            listed(KEY, column("so_dv", "count", 'child = "X09.ca[tong]"')),
            f'{IN_LIST}, cột so_dv: form "X09" does not exist; did you mean "X01"?',
        ),
        (
            listed(KEY, column("so_dv", "count", 'child = "X01.cca[tong]"')),
            f'{IN_LIST}, cột so_dv: row "cca" does not exist; did you mean "ca"?',
        ),
        (
            listed(KEY, column("so_dv", "count", 'child = "prev(X01.ca[tong])"')),
            f"{IN_LIST}, cột so_dv: needs one cell: row[measure].",
        ),
        (
            listed(KEY, column("ten", "text", 'child = "X01.ca[tong]"')),
            f"{IN_LIST}, cột ten: child is for a column of numbers.",
        ),
    ],
)
def test_a_fault_of_a_list_is_said_once_with_its_place(tmp_path: Path, text: str, expected: str) -> None:
    assert faults(tmp_path, text, MATRIX) == [expected]


NOT_ITS_OWN = "a rule about the rows of a list belongs to that list, speaks of its columns only, and takes no about."


@pytest.mark.parametrize(
    "rule", ["so_dv <= X01.ca[tong]", "so_dv <= sum(L01.so_dv)", "so_dv <= register(grassroots)", "about(so_dv, 100)"]
)
def test_a_rule_of_rows_speaks_of_its_own_columns_only(tmp_path: Path, rule: str) -> None:
    text = listed(KEY, MEMBERS, edits=(UNIQUE, edit(rule)))
    assert f"{IN_LIST}, edit X-1: {NOT_ITS_OWN}" in faults(tmp_path, text, MATRIX)


@pytest.mark.parametrize("rule", ["unique(L01.ma)", "L01.ma in register(children)"])
def test_a_rule_of_rows_belongs_to_its_list(tmp_path: Path, rule: str) -> None:
    found = faults(tmp_path, form(row("ca"), edits=(edit(rule),)), listed(KEY, MEMBERS))
    assert found == [f"0.toml, bảng X01, edit X-1: {NOT_ITS_OWN}"]


def test_what_is_for_lists_only_is_refused_in_a_matrix(tmp_path: Path) -> None:
    misplaced = ('prefill = "code"', 'options = [{ label = "A", en = "A" }]', "closes = true", 'child = "ca[tong]"')
    for i, more in enumerate(misplaced):
        measures = f"measures = [{column('tong', 'count', more)}]"
        name = more.partition(" ")[0]
        [fault] = faults(tmp_path / str(i), form(row("ca"), measures=measures))
        assert fault == f'0.toml, bảng X01: measure "tong": {name} belongs to a list (kind = "list").'
    for i, kind in enumerate(("key", "date", "choice", "flag")):
        measures = f"measures = [{column('tong', 'count')}, {column('cot', kind)}]"
        assert '0.toml, bảng X01: measure "cot": unknown type.' in faults(
            tmp_path / f"k{i}", form(row("ca"), measures=measures)
        )


def test_the_own_part_is_one_of_a_column_of_figures(tmp_path: Path) -> None:
    for i, part in enumerate(("tongg", "rieng", "ghi_chu")):
        columns = column("tong", "count"), column("rieng", "count", f'own_of = "{part}"'), column("ghi_chu", "text")
        [fault] = faults(tmp_path / str(i), form(row("ca"), measures=f"measures = [{', '.join(columns)}]"))
        assert fault.startswith(f'0.toml, bảng X01: measure "rieng": own_of "{part}" does not exist')


def test_a_form_has_one_list(tmp_path: Path) -> None:
    twice = list_form() + list_form().partition("[[table]]")[2].join(["[[table]]", ""]).replace('"L01"', '"L02"')
    assert "0.toml: a form has one list at most: L01, L02." in faults(tmp_path, twice, MATRIX)


def test_the_edit_ids_of_a_list_are_its_own(tmp_path: Path) -> None:
    twin = list_form(id="L02").replace("ca[tong]", "nam[tong]")
    assert "1.toml, edit L-E01: this edit id is in 0.toml too." in faults(tmp_path, list_form(), twin, MATRIX)


# Links.

ONE = 'measures = [{ code = "tong", label = "Tổng", en = "Total", type = "count" }]'


def linked(code: str, to: str) -> str:
    return row(code, link=f'{{ tong = "{to}" }}')


def one_form(*rows: str, id: str = "X01") -> str:
    return form(*rows, id=id, measures=ONE)


@pytest.mark.parametrize(
    ("to", "expected"),
    [
        ("X02.caa[tong]", 'row "caa" does not exist; did you mean "ca"?'),
        ("Y02.ca[tong]", 'form "Y02" does not exist; did you mean "X02"?'),
        ("X02.ca[nu]", 'row "ca" has no number in measure "nu".'),
        ("sum(L01.ten)", 'sum(…) needs a column of count, money; "ten" is text.'),
        ("count(L01.maa)", 'column "maa" does not exist; did you mean "ma"?'),
    ],
)
def test_a_link_leads_to_a_number(tmp_path: Path, to: str, expected: str) -> None:
    found = faults(
        tmp_path, one_form(linked("a", to)), one_form(row("ca"), id="X02"), list_form().replace("X01", "X02")
    )
    assert found == [f"0.toml, bảng X01, dòng a, cột tong: {expected}"]


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (
            (one_form(linked("a", "X02.b[tong]")), one_form(linked("b", "X01.a[tong]"), id="X02")),
            ["0.toml, bảng X01, dòng a, cột tong: the cells are filled from one another: "
             "X01.a[tong] → X02.b[tong] → X01.a[tong]."],
        ),
        (
            (one_form(linked("a", "a[tong]")),),
            ["0.toml, bảng X01, dòng a, cột tong: the cells are filled from one another: X01.a[tong] → X01.a[tong]."],
        ),
        (
            (one_form(linked("c", "b[tong]"), linked("b", "a[tong]"), linked("a", "c[tong] + d[tong]"), row("d")),),
            ["0.toml, bảng X01, dòng a, cột tong: the cells are filled from one another: "
             "X01.a[tong] → X01.c[tong] → X01.b[tong] → X01.a[tong]."],
        ),
        (
            (one_form(row("t", derived='"a + b"'), linked("a", "t[tong]"), row("b")),),
            ["0.toml, bảng X01, dòng a, cột tong: the cells are filled from one another: "
             "X01.a[tong] → X01.t[tong] → X01.a[tong]."],
        ),
        (
            (one_form(*(linked(code, f"{to}[tong]") for code, to in ("ab", "ba", "cd", "dc"))),),
            ["0.toml, bảng X01, dòng a, cột tong: the cells are filled from one another: "
             "X01.a[tong] → X01.b[tong] → X01.a[tong].",
             "0.toml, bảng X01, dòng c, cột tong: the cells are filled from one another: "
             "X01.c[tong] → X01.d[tong] → X01.c[tong]."],
        ),
    ],
)  # fmt: skip
def test_cells_that_are_filled_from_one_another_are_refused(
    tmp_path: Path, texts: tuple[str, ...], expected: list[str]
) -> None:
    assert faults(tmp_path, *texts) == expected


def test_a_link_to_the_period_before_is_no_circle(tmp_path: Path) -> None:
    measures = """
measures = [
  { code = "ky_nay", label = "Kỳ này", en = "Now", type = "count" },
  { code = "luy_ke", label = "Lũy kế", en = "YTD", type = "count", cumulative = true, link = "prev(luy_ke) + ky_nay" },
]
"""
    cell = load(tmp_path, form(row("ca"), measures=measures)).cells[key("X01.ca.luy_ke")]
    assert cell.link is not None
    assert [ref.kind for ref in cell.link.refs] == ["prev", "cell"]


def test_chains_and_shared_sources_are_no_circles(tmp_path: Path) -> None:
    rows = (linked("a", "b[tong]"), linked("b", "d[tong]"), linked("c", "d[tong] + b[tong]"), row("d"))
    assert load(tmp_path, one_form(*rows)).cells[key("X01.c.tong")].link is not None
