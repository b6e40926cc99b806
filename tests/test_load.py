from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

import schemas
from schemas.edit import Compare, Linear, Quotient, Ref
from schemas.errors import DefinitionError
from schemas.form import Form, Forms, Heading, Key
from schemas.load import load_forms

FORMS = Path(schemas.__file__).parent / "forms"

HEAD = """
id = "X01"
version = "1"
title = { vi = "Biểu thử", en = "A form to try" }
periods = ["year"]
senders = ["upper"]
"""
MEASURES = """
measures = [
  { code = "tong", label = "Tổng số", en = "Total", type = "count" },
  { code = "nu", label = "Nữ", en = "Women", type = "count", required = false },
  { code = "ty_le", label = "%", en = "%", type = "percent", decimals = 2, compute = "tong / ca[tong]" },
  { code = "ghi_chu", label = "Ghi chú", en = "Note", type = "text", required = false },
]
"""
CA = '{ code = "ca", label = "Cả", en = "All", unit = "người", measures = ["tong"], rollup = "SUM" }'
NAM = '{ code = "nam", label = "Nam", en = "Men", unit = "người", rollup = "SUM" }'
NU = '{ code = "phu_nu", label = "Phụ nữ", en = "Women", unit = "người", rollup = "SUM" }'
SUM = '{ id = "X-1", rule = "nam + phu_nu == ca", label = "Cộng đúng", en = "Adds up" }'


def table(*rows: str, edits: tuple[str, ...] = (), measures: str = MEASURES, head: str = 'id = "X01"') -> str:
    return f"[[table]]\n{head}\n{measures}\nrows = [{', '.join(rows)}]\nedits = [{', '.join(edits)}]\n"


def load(folder: Path, **texts: str) -> Forms:
    for name, text in texts.items():
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    return load_forms(folder.glob("*.toml"))


def faults(folder: Path, **texts: str) -> list[str]:
    with pytest.raises(DefinitionError) as caught:
        load(folder, **texts)
    for fault in caught.value.faults:
        assert fault.vi.partition(": ")[0] == fault.en.partition(": ")[0]
        assert fault.vi.endswith((".", "?"))
        assert fault.en.endswith((".", "?"))
    return [fault.en for fault in caught.value.faults]


def row(name: str, /, **more: str) -> str:
    keys = {"code": f'"{name}"', "label": '"Dòng"', "en": '"Row"', "rollup": '"SUM"', **more}
    return "{ " + ", ".join(f"{key} = {value}" for key, value in keys.items() if value) + " }"


def edit(rule: str, /, **more: str) -> str:
    keys = {"id": '"X-1"', "rule": f'"{rule}"', "label": '"Nhãn"', "en": '"Label"', **more}
    return "{ " + ", ".join(f"{key} = {value}" for key, value in keys.items() if value) + " }"


# The shipped forms.


def shipped(form_id: str) -> Form:
    return load_forms(FORMS.glob("*.toml")).by_id[form_id]


def test_the_shipped_forms_load_in_the_order_of_their_ids() -> None:
    forms = load_forms(FORMS.glob("*.toml"))
    assert list(forms.by_id) == sorted(forms.by_id)
    assert {"B01", "B03"} <= set(forms.by_id)
    assert all(cell.key == key for key, cell in forms.cells.items())


B01_ROWS = """
sl_cnvcld sl_doan_vien sl_dv_nam sl_dv_nu sl_dtts cl_dang_vien cl_hv_thpt cl_hv_thcs cl_hv_tieuhoc cl_hv_chua
cl_cm_tren_dh cl_cm_dh cl_cm_cd cl_cm_tc cl_cm_sc_khac cl_cm_chua_dt cl_ll_cc cl_ll_tc cl_ll_sc cl_ll_dang_hoc_tc
sl_cdcs sl_cdcs_hcsn sl_cdcs_dnnn sl_cdcs_nnn sl_to_cd sl_dv_dau pt_ketnap sl_dv_den sl_dv_di sl_dv_giam pt_pmqldv_dv
qh_thunhap qh_thunhap_n
"""
B03_ROWS = [f"ct_{i:02}" for i in range(1, 22)] + [
    f"ct_{child}" for child in ("04a", "04b", "07a", "07b", "14a", "14b", "19a", "19b", "19c")
]


@pytest.mark.parametrize(
    ("form", "rows", "measures"),
    [
        ("B01", B01_ROWS.split(), {"tong", "nu", "ty_le", "ghi_chu"}),
        ("B03", B03_ROWS, {"giao", "thuc_hien", "uoc_nam", "ty_le", "danh_gia", "ghi_chu"}),
    ],
)
def test_the_fixed_codes_are_in_the_shipped_forms(form: str, rows: list[str], measures: set[str]) -> None:
    [found] = [table for table in shipped(form).tables if table.id == form]
    assert set(rows) <= {indicator.code for indicator in found.indicators}
    assert measures <= {measure.code for measure in found.measures}
    assert {key.measure for key in found.cells} >= measures


def test_women_are_not_asked_where_the_row_is_itself_a_sex_or_counts_unions() -> None:
    form = shipped("B01")
    for code in ("sl_doan_vien", "sl_dv_nam", "sl_dv_nu", "sl_cdcs", "sl_cdcs_hcsn", "sl_to_cd"):
        assert "nu" not in form.indicator(code).measures


def test_the_links_of_the_appendix_and_its_totals_are_bound() -> None:
    cells = {cell.key: cell for cell in shipped("B03").cells()}
    assert cells[Key("B03", "ct_02", "thuc_hien")].link == Linear(
        ((Fraction(1), Ref("cell", "B01", "pt_ketnap", "tong")),)
    )
    assert cells[Key("B03", "ct_02", "uoc_nam")].link is None
    total = cells[Key("B03", "ct_19", "thuc_hien")]
    assert total.role == "derived"
    assert total.derived is not None
    assert [ref.indicator for ref in total.derived.refs] == ["ct_19a", "ct_19b", "ct_19c"]
    assert cells[Key("B03", "ct_17", "thuc_hien")].weight == Key("B01", "sl_doan_vien", "tong")
    assert {cells[Key("B03", f"ct_{code}", "thuc_hien")].role for code in ("07", "14")} == {"input"}


def test_a_form_is_owed_by_its_levels_and_by_those_who_were_given_targets() -> None:
    forms = load_forms(FORMS.glob("*.toml"))
    owed = {form.id for form in forms.owed("year", "grassroots", has_target=False)}
    assert "B01" in owed
    assert "B03" not in owed
    assert "B03" in {form.id for form in forms.owed("half-year", "grassroots", has_target=True)}
    assert not {"B01", "B03"} & {form.id for form in forms.owed("quarter", "upper", has_target=True)}


# What a form says.


def test_a_cell_knows_what_it_holds_and_who_fills_it(tmp_path: Path) -> None:
    derived = row("hai", unit='"người"', derived='"nam + phu_nu"', measures='["tong"]', levels='["upper"]')
    mean = row("tb", type='"average"', rollup='"WAVG"', weight='"ca"', measures='["tong"]', required="false")
    text = row("loi", type='"text"', rollup='"TXT"', measures='["tong"]')
    registered = row("so", rollup='"REG"', register='"nnn"', measures='["tong"]')
    linked = row("noi", link='{ tong = "ca[tong]" }')
    heading = '{ heading = "Nhóm", en = "Group" }'
    forms = load(tmp_path, a=HEAD + table(CA, NAM, heading, NU, derived, mean, text, registered, linked, edits=(SUM,)))
    cells = forms.cells
    one = Fraction(1)
    nam, phu_nu, ca = (Ref("cell", "X01", code, "tong") for code in ("nam", "phu_nu", "ca"))
    assert cells[Key("X01", "hai", "tong")].derived == Linear(((one, nam), (one, phu_nu)))
    assert cells[Key("X01", "hai", "tong")].role == "derived"
    assert cells[Key("X01", "hai", "tong")].levels == {"upper"}
    assert cells[Key("X01", "tb", "tong")].weight == Key("X01", "ca", "tong")
    assert cells[Key("X01", "tb", "tong")].type == "average"
    assert not cells[Key("X01", "tb", "tong")].required
    assert cells[Key("X01", "loi", "tong")].type == "text"
    assert cells[Key("X01", "so", "tong")].register == "nnn"
    assert cells[Key("X01", "noi", "tong")].link == Linear(((one, ca),))
    assert cells[Key("X01", "noi", "nu")].link is None
    percentage = cells[Key("X01", "nam", "ty_le")]
    assert (percentage.role, percentage.rollup, percentage.decimals) == ("computed", "PCT", 2)
    assert percentage.ratio == Quotient(Linear(((one, nam),)), Linear(((one, ca),)))
    note = cells[Key("X01", "ca", "ghi_chu")]
    assert (note.role, note.type, note.rollup) == ("note", "text", "TXT")
    assert Key("X01", "ca", "nu") not in cells
    [found] = forms.by_id["X01"].tables
    assert isinstance(found.rows[2], Heading)
    assert found.edits[0].checks == (
        Compare(Linear(((one, nam), (one, phu_nu))), "==", Linear(((one, ca),)), frozenset({nam, phu_nu})),
    )
    assert found.edits[0].severity == "hard"


def test_a_list_needs_no_rows_and_its_columns_can_be_named(tmp_path: Path) -> None:
    columns = """
measures = [
  { code = "ma", label = "Mã", en = "Code", type = "key" },
  { code = "so_dv", label = "Đoàn viên", en = "Members", type = "count" },
]
"""
    edits = (
        edit("unique(ma)"),
        edit("ma in register(children)", id='"X-2"'),
        edit("sum(X02.so_dv) == X01.ca[tong]", id='"X-3"'),
    )
    listed = table(measures=columns, edits=edits, head='id = "X02"\nkind = "list"')
    forms = load(tmp_path, a=HEAD + table(CA), b=HEAD.replace("X01", "X02") + listed)
    [found] = forms.by_id["X02"].tables
    assert [len(one.checks) for one in found.edits] == [1, 1, 1]


# What is wrong with a form: file, table, key, and what may have been meant.


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (HEAD + 'perods = ["year"]\n' + table(CA), 'a.toml: key "perods" does not exist; did you mean "periods"?'),
        (
            HEAD + table(CA, head='id = "X01"\nkinds = "list"'),
            'a.toml, bảng X01: key "kinds" does not exist; did you mean "kind"?',
        ),
        (
            HEAD + table(row("ca", rolup='"SUM"')),
            'a.toml, bảng X01: key "rolup" does not exist; did you mean "rollup"?',
        ),
        (
            HEAD + table(CA, edits=(edit("ca <= 5", rul='"x"'),)),
            'a.toml, bảng X01, edit X-1: key "rul" does not exist; did you mean "rule"?',
        ),
        (HEAD + table(CA, NAM, NAM), 'a.toml: code "nam" stands twice.'),
        (HEAD + table(CA) + table(CA, head='id = "hai"'), 'a.toml: code "ca" stands twice.'),
        (HEAD + table(CA) + table(NAM, head='id = "X01"'), 'a.toml: code "X01" stands twice.'),
        (HEAD + table(CA, head=""), "a.toml, bảng ?: needs an id."),
        (HEAD + table(CA, edits=(edit("ca <= 5"), edit("ca >= 5"))), 'a.toml: code "X-1" stands twice.'),
        (HEAD + table(CA, edits=(edit("ca <= 5", id=""),)), "a.toml, bảng X01, edit ?: needs an id."),
        (
            HEAD + table(CA, edits=(edit("ca <= 5", en=""),)),
            'a.toml, bảng X01, edit X-1: "X-1" needs both label and en.',
        ),
        (
            HEAD + table(CA, edits=(edit("ca <= 5", severity='"sofft"'),)),
            'a.toml, bảng X01, edit X-1: severity "sofft" does not exist; did you mean "soft"?',
        ),
        (HEAD + table(CA, edits=(edit(""),)), 'a.toml, bảng X01, edit X-1: needs rule = "…".'),
        (HEAD + table(row("ca", en="")), 'a.toml, bảng X01, dòng ca: "ca" needs both label and en.'),
        (HEAD + table(row("ca", label="")), 'a.toml, bảng X01, dòng ca: "ca" needs both label and en.'),
        (HEAD + table(CA, '{ heading = "Nhóm" }'), 'a.toml, bảng X01: heading "Nhóm" needs its English (en).'),
        (
            HEAD + table(CA, NAM, edits=(edit("namm <= ca"),)),
            'a.toml, bảng X01, edit X-1: row "namm" does not exist; did you mean "nam"?',
        ),
        (
            HEAD + table(CA, NAM, edits=(edit("nu <= tong", rows='["naam"]'),)),
            'a.toml, bảng X01, edit X-1: row "naam" does not exist; did you mean "nam"?',
        ),
        (
            HEAD + table(CA, NAM, edits=(edit("nam <= ca", measures='["tong", "tog"]'),)),
            'a.toml, bảng X01, edit X-1: measure "tog" does not exist; did you mean "tong"?',
        ),
        (
            HEAD + table(CA, edits=(edit("ca + <= 5"),)),
            'a.toml, bảng X01, edit X-1: cannot be read: "ca + <= 5" (character 6).',
        ),
        (HEAD + table(CA, row("nam", rollup='"TXT"')), "a.toml, bảng X01, dòng nam: roll-up TXT is for text only."),
        (
            HEAD + table(CA, row("nam", rollup='"TXT"', type='"count"')),
            "a.toml, bảng X01, dòng nam: roll-up TXT is for text only.",
        ),
        (HEAD + table(CA, row("nam", type='"text"')), "a.toml, bảng X01, dòng nam: roll-up SUM does not fit text."),
        (
            HEAD + table(CA, row("nam", type='"percent"')),
            "a.toml, bảng X01, dòng nam: roll-up SUM does not fit percentages and means.",
        ),
        (
            HEAD + table(CA, row("nam", type='"average"')),
            "a.toml, bảng X01, dòng nam: roll-up SUM does not fit percentages and means.",
        ),
        (
            HEAD + table(CA, row("nam", type='"average"', rollup='"WAVG"')),
            "a.toml, bảng X01, dòng nam: WAVG and weight go together.",
        ),
        (
            HEAD + table(CA, row("nam", weight='"ca"', measures='["tong"]')),
            "a.toml, bảng X01, dòng nam: WAVG and weight go together.",
        ),
        (HEAD + table(CA, row("nam", rollup='"REG"')), "a.toml, bảng X01, dòng nam: REG and register go together."),
        (HEAD + table(CA, row("nam", register='"nnn"')), "a.toml, bảng X01, dòng nam: REG and register go together."),
        (
            HEAD + table(CA, row("nam", rollup='"REG"', register='"nn"')),
            'a.toml, bảng X01, dòng nam: register "nn" does not exist; did you mean "nnn"?',
        ),
        (
            HEAD + table(CA, row("nam", rollup='"PCT"', type='"count"')),
            "a.toml, bảng X01, dòng nam: roll-up PCT is for percentages only.",
        ),
        (
            HEAD + table(CA, row("nam", rollup='"SUN"')),
            'a.toml, bảng X01, dòng nam: rollup "SUN" does not exist; did you mean "SUM"?',
        ),
        (HEAD + table(CA, row("nam", rollup="3")), 'a.toml, bảng X01, dòng nam: rollup "3" does not exist.'),
        (HEAD + table(CA, row("nam", rollup="")), "a.toml, bảng X01, dòng nam: needs rollup."),
        (
            HEAD + table(CA, row("nam", measures='["tongg"]')),
            'a.toml, bảng X01, dòng nam: measure "tongg" does not exist; did you mean "tong"?',
        ),
        (
            HEAD + table(CA, row("nam", levels='["uper"]')),
            'a.toml, bảng X01, dòng nam: levels "uper" does not exist; did you mean "upper"?',
        ),
        (
            HEAD + table(CA, row("nam", derived='"ca + phu"', measures='["tong"]')),
            'a.toml, bảng X01, dòng nam, cột tong: row "phu" does not exist.',
        ),
        (
            HEAD + table(CA, row("nam", link='{ tong = "B09.ca[tong]" }')),
            'a.toml, bảng X01, dòng nam, cột tong: form "B09" does not exist.',
        ),
        (
            HEAD + table(CA, row("nam", link='{ tog = "ca[tong]" }')),
            'a.toml, bảng X01, dòng nam: measure "tog" does not exist; did you mean "tong"?',
        ),
        (
            HEAD + table(CA, row("nam", rollup='"WAVG"', weight='"caa"', measures='["tong"]')),
            'a.toml, bảng X01, dòng nam, cột tong: row "caa" does not exist; did you mean "ca"?',
        ),
        (
            HEAD + table(CA, row("nam"), measures=MEASURES.replace("tong / ca", "tong / cb")),
            'a.toml, bảng X01, dòng nam, cột ty_le: row "cb" does not exist.',
        ),
        (
            HEAD + table(CA, row("Nam")),
            'a.toml, bảng X01: code "Nam" must be lower-case letters, digits and underscores, a letter first.',
        ),
        (
            HEAD + table(CA, row("2nam")),
            'a.toml, bảng X01: code "2nam" must be lower-case letters, digits and underscores, a letter first.',
        ),
        (
            HEAD + table(CA, row("", code="")),
            'a.toml, bảng X01: code "?" must be lower-case letters, digits and underscores, a letter first.',
        ),
        (
            HEAD + table(CA, row("", code="5")),
            'a.toml, bảng X01: code "5" must be lower-case letters, digits and underscores, a letter first.',
        ),
        (HEAD + table(CA, row("tong")), 'a.toml, bảng X01: code "tong" is both a row and a measure.'),
        (HEAD + table(), "a.toml, bảng X01: has no rows."),
        (
            HEAD + table(CA, measures=MEASURES.replace('"count", req', '"cout", req')),
            'a.toml, bảng X01: measure "nu": unknown type.',
        ),
        (HEAD + table(CA, head='id = "X01"\nkind = "cube"'), 'a.toml, bảng X01: kind "cube" is not matrix or list.'),
        (
            HEAD + table(CA, head='id = "X01"\ntitle = "Bảng"'),
            'a.toml, bảng X01: title must be { vi = "…", en = "…" }.',
        ),
        (HEAD + table('"ca"'), "a.toml, bảng X01: rows must be [ { … }, … ]."),
        (HEAD + table(CA, measures='measures = "tong"'), "a.toml, bảng X01: measures must be [ { … }, … ]."),
        (
            HEAD + table(CA, row("nam", link='"ca[tong]"')),
            'a.toml, bảng X01, dòng nam: link must be { measure = "…" }.',
        ),
        (HEAD + table(row("ca", indent='"1"')), "a.toml, bảng X01, dòng ca: indent must be a whole number."),
        (HEAD, "a.toml: has no table ([[table]])."),
        (HEAD + table(CA).replace("[[table]]", "[table]"), "a.toml: has no table ([[table]])."),
        (HEAD.replace('"X01"', '"x01"') + table(CA), 'a.toml: id "x01" must be capitals and digits.'),
        (HEAD.replace('id = "X01"', "") + table(CA), 'a.toml: needs id = "…".'),
        (HEAD.replace('version = "1"', "version = 1") + table(CA), 'a.toml: needs version = "…".'),
        (HEAD.replace(', en = "A form to try"', "") + table(CA), 'a.toml: needs title = { vi = "…", en = "…" }.'),
        (
            HEAD.replace('["year"]', '["yeer"]') + table(CA),
            'a.toml: periods "yeer" does not exist; did you mean "year"?',
        ),
        (HEAD.replace('["upper"]', "[]") + table(CA), "a.toml: needs senders = […]."),
    ],
)
def test_a_fault_says_where_it_is_and_what_may_be_meant(tmp_path: Path, text: str, expected: str) -> None:
    assert expected in faults(tmp_path, a=text)


def test_one_fault_is_said_once(tmp_path: Path) -> None:
    assert faults(tmp_path, a=HEAD + table(CA, row("nam", rollup='"TXT"'))) == [
        "a.toml, bảng X01, dòng nam: roll-up TXT is for text only."
    ]


def test_a_file_that_is_no_toml_is_named(tmp_path: Path) -> None:
    [fault] = faults(tmp_path, a="id = \n")
    assert fault.startswith("a.toml: not a readable TOML file (")


def test_a_file_in_another_encoding_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(HEAD + table(CA), encoding="utf-16")
    [fault] = faults(tmp_path)
    assert fault == "a.toml: not saved as UTF-8. Open it in Notepad and save it with the encoding UTF-8."


def test_two_forms_of_one_id_are_refused(tmp_path: Path) -> None:
    text = HEAD + table(CA)
    assert faults(tmp_path, a=text, b=text) == ['b.toml, id: form "X01" is in a.toml.']


def test_every_fault_of_every_file_comes_at_once(tmp_path: Path) -> None:
    first = HEAD + table(CA, row("nam", rollup='"TXT"'), row("phu_nu", en=""), edits=(edit("name <= ca", en=""),))
    second = HEAD.replace("X01", "X02") + table(row("Ca"), edits=(edit("nu <"),))
    found = faults(tmp_path, a=first, b=second, c="id =")
    assert found[:4] == [
        'a.toml, bảng X01, dòng phu_nu: "phu_nu" needs both label and en.',
        "a.toml, bảng X01, dòng nam: roll-up TXT is for text only.",
        'a.toml, bảng X01, edit X-1: "X-1" needs both label and en.',
        'a.toml, bảng X01, edit X-1: row "name" does not exist; did you mean "nam"?',
    ]
    assert sum(fault.startswith("b.toml") for fault in found) >= 2
    assert found[-1].startswith("c.toml: not a readable TOML file")


def test_an_edit_id_stands_in_one_form_only(tmp_path: Path) -> None:
    shipped = FORMS / "B01.toml"
    twin = shipped.read_text(encoding="utf-8").replace('id = "B01"\nversion', 'id = "B09"\nversion', 1)
    (tmp_path / "B09.toml").write_text(twin, encoding="utf-8")
    with pytest.raises(DefinitionError) as caught:
        load_forms([shipped, tmp_path / "B09.toml"])
    faults = [fault.vi for fault in caught.value.faults]
    assert "B09.toml, edit B01-E01: mã quy tắc này đã có trong B01.toml." in faults


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / "B01.toml").write_text((FORMS / "B01.toml").read_text(encoding="utf-8"), encoding="utf-8-sig")
    assert list(load_forms([tmp_path / "B01.toml"]).by_id) == ["B01"]
