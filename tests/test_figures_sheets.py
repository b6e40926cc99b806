"""The sheets of figures in the consolidated workbook: one a measure, all tables of the form below one another."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from builders import UNITS, YEAR, figures_of, form, load, row, sent, target, unit, workspace
from conftest import Recalculate
from openpyxl import load_workbook
from python_calamine import CalamineWorkbook

from pipeline.consolidate import consolidate
from pipeline.obligations import obligations, target_figures
from pipeline.results import Results
from pipeline.styles import Styles, new_book
from pipeline.write_figures import Figured, write_figures
from schemas.form import Forms
from schemas.tree import Unit

MIXED = "(ky_nay + 0.5 * luy_ke - 1) / (ca[ky_nay] + 2)"
OF_BOTH = "so_suat / (tsv[so_suat] + tcn[so_suat])"
SEVERAL = f"""
id = "X01"
version = "1"
title = {{ vi = "Hoạt động", en = "Activity" }}
periods = ["year"]
senders = ["grassroots", "upper"]

[[table]]
id = "viec"
title = {{ vi = "I. Việc làm và đối thoại", en = "I. Work" }}
measures = [
  {{ code = "phai", label = "Phải tổ chức", en = "Due", type = "count" }},
  {{ code = "ky_nay", label = "Kỳ này", en = "Period", type = "count" }},
  {{ code = "luy_ke", label = "Lũy kế", en = "Running", type = "count" }},
  {{ code = "minh", label = "Cấp mình", en = "Own", type = "count", levels = ["upper"] }},
  {{ code = "ty_le", label = "Tỷ lệ", en = "%", type = "percent", compute = "ky_nay / phai" }},
  {{ code = "gop", label = "Gộp", en = "All", type = "percent", compute = "{MIXED}" }},
  {{ code = "ghi_chu", label = "Ghi chú", en = "Note", type = "text", required = false }},
]
rows = [
  {{ heading = "Hội nghị", en = "Conferences", no = "1" }},
  {row("hn", indent="1", measures='["ky_nay", "luy_ke", "phai", "minh", "ty_le", "gop"]')},
  {row("ca", indent="1", measures='["ky_nay", "luy_ke"]')},
  {{ heading = "Đối thoại", en = "Dialogues", no = "2" }},
  {row("dt", indent="1", measures='["ky_nay", "luy_ke", "gop"]')},
  {row("chung", derived='"hn + 2 * dt"', measures='["ky_nay", "luy_ke"]')},
  {row("dinh", rollup='"MAX"', measures='["ky_nay", "luy_ke"]')},
  {row("dem", rollup='"CNT"', measures='["ky_nay"]')},
  {row("so", rollup='"REG"', register='"grassroots"', measures='["ky_nay"]', levels='["upper", "province"]')},
  {row("loi", type='"text"', rollup='"TXT"', measures='["ky_nay"]')},
]

[[table]]
id = "qua"
once = true
title = {{ vi = "II. Chăm lo", en = "II. Welfare" }}
measures = [
  {{ code = "so_suat", label = "Số suất", en = "Gifts", type = "count" }},
  {{ code = "so_tien", label = "Số tiền", en = "Money", type = "money" }},
  {{ code = "phan", label = "Phần", en = "Share", type = "percent", compute = "{OF_BOTH}" }},
]
rows = [{row("tsv")}, {row("tcn")}]

[[table]]
id = "quy"
title = {{ vi = "III. Quỹ", en = "III. Fund" }}
measures = [
  {{ code = "luy_ke", label = "Lũy kế từ đầu năm", en = "Running", type = "money" }},
  {{ code = "ky_nay", label = "Kỳ này", en = "Period", type = "money" }},
]
rows = [
  {{ heading = "Thu", en = "Income" }},
  {row("quy")},
  {row("cho", levels='["grassroots"]', measures='["luy_ke"]')},
  {row("tb", type='"average"', rollup='"WAVG"', weight='"quy"')},
]

[[table]]
id = "ds"
kind = "list"
title = {{ vi = "IV. Danh sách", en = "IV. List" }}
measures = [
  {{ code = "ma", label = "Mã", en = "Code", type = "key" }},
  {{ code = "ky_nay", label = "Kỳ này", en = "Period", type = "count" }},
]
edits = [{{ id = "DS-1", rule = "unique(ma)", label = "Nhãn", en = "Label" }}]
"""
JUDGED = """
measures = [
  { code = "giao", label = "Giao", en = "Target", type = "count", issuer = true, required = false },
  { code = "thuc_hien", label = "Thực hiện", en = "Actual", type = "count" },
  { code = "dat", label = "Đạt %", en = "%", type = "percent", compute = "thuc_hien / giao" },
  { code = "vuot", label = "Vượt %", en = "Over", type = "percent", compute = "(2 * thuc_hien - giao) / (giao + 1)" },
  { code = "danh_gia", label = "Đánh giá", en = "Verdict", type = "verdict", compute = "thuc_hien / giao" },
]
"""
GIVEN = form(
    row("ct"),
    row("tb2", type='"percent"', rollup='"WAVG"', weight='"X01.quy[luy_ke]"', measures='["thuc_hien"]'),
    id="X02",
    measures=JUDGED,
)
FEW = UNITS
MANY = (unit("P", "province"), *(unit(f"U{i}", "upper", "P") for i in range(33)), unit("G1", "grassroots", "U1"))
LEVELS = ("upper", "grassroots")


@cache
def forms() -> Forms:
    with TemporaryDirectory() as folder:
        return load(Path(folder), SEVERAL, GIVEN)


def results(
    units: Sequence[Unit],
    declared: Mapping[str, Mapping[str, object]],
    senders: tuple[str, ...] = LEVELS,
    asked: Forms | None = None,
) -> Results:
    """What a run makes of these returns."""
    place = workspace(Path("w"), asked or forms(), senders=senders, units=units, targets=[target("P", "ct", 50)])
    owed = obligations(place, YEAR)
    returns = tuple(sent(owed.forms, code, figures) for code, figures in declared.items())
    figures = figures_of(owed.forms, returns, target_figures(owed))
    return Results(place, owed, returns, (), consolidate(figures, owed.forms, owed), (), {}, {})


def chance(units: Sequence[Unit], seed: int) -> dict[str, dict[str, object]]:
    """Figures for every unit below the province, each missing one time in five."""
    luck = random.Random(seed)
    return {
        one.code: {
            ".".join(cell.key): float(luck.randint(0, 60))
            for cell in forms().cells.values()
            if cell.role == "input" and one.level in cell.levels and cell.is_number and luck.random() < 0.8
        }
        for one in units
        if one.level != "province" and one.valid_to is None
    }


@dataclass(frozen=True)
class Written:
    """A workbook of figures as people see it, and where its author says that figures stand."""

    path: Path
    figured: Figured

    @property
    def names(self) -> list[str]:
        return CalamineWorkbook.from_path(self.path).sheet_names

    def rows(self, sheet: str) -> list[list[object]]:
        """The values of a sheet."""
        book = CalamineWorkbook.from_path(self.path)
        return [list(found) for found in book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)]

    def words(self, sheet: str) -> list[object]:
        """What every line below the heads is called: a row by its label, a table by its title."""
        return [line[1] or line[0] for line in self.rows(sheet)[7:]]

    def total(self, sheet: str, label: str) -> object:
        """The province's figure."""
        return next(line[3] for line in self.rows(sheet) if line[1] == label)

    def formulas(self) -> dict[tuple[str, int, int], str]:
        return {
            (sheet.title, cell.row - 1, cell.column - 1): str(cell.value)
            for sheet in load_workbook(self.path)
            for line in sheet.iter_rows()
            for cell in line
            if cell.data_type == "f"
        }


def written(path: Path, found: Results) -> Written:
    book = new_book(path, created=found.owed.dates.issued_on, title="")
    figured = write_figures(book, Styles(book), found, {})
    book.close()
    return Written(path, figured)


def test_a_sheet_is_one_measure_of_a_form_with_all_its_tables(tmp_path: Path) -> None:
    book = written(tmp_path / "b.xlsx", results(FEW, chance(FEW[:3], 1), ("upper",)))
    several = ["X01", "X01 Phải tổ chức", "X01 Lũy kế", "X01 Cấp mình", "X01 Số suất", "X01 Số tiền"]
    assert book.names == [*several, "X02", "X02 Giao"]
    assert book.figured.sheets[:2] == (("X01", "Hoạt động – kỳ này"), ("X01 Phải tổ chức", "Hoạt động – phải tổ chức"))
    assert book.words("X01") == [
        *("I. Việc làm và đối thoại", "Hội nghị", "Dòng hn", "Dòng ca", "Đối thoại", "Dòng dt", "Dòng chung"),
        *("Dòng dinh", "Dòng dem", "Dòng so", "III. Quỹ", "Thu", "Dòng quy", "Dòng tb"),
    ]


def test_what_a_measure_does_not_ask_is_not_on_its_sheet(tmp_path: Path) -> None:
    book = written(tmp_path / "b.xlsx", results(FEW, chance(FEW[:3], 1), ("upper",)))
    assert book.words("X01 Phải tổ chức") == ["I. Việc làm và đối thoại", "Hội nghị", "Dòng hn"]
    assert book.words("X01 Số tiền") == ["II. Chăm lo", "Dòng tsv", "Dòng tcn"]
    assert book.words("X02") == ["Dòng ct", "Dòng tb2"]


def test_a_heading_stands_over_its_own_rows_only(tmp_path: Path) -> None:
    later = '["luy_ke"]'
    rows = (
        *('{ heading = "Một", en = "One" }', row("a", measures=later)),
        *('{ heading = "Hai", en = "Two" }', '{ heading = "Ba", en = "Three" }', row("b")),
        *('{ heading = "Bốn", en = "Four" }', row("c", measures=later, indent="1"), row("d")),
    )
    now, sofar = (f'{{ code = "{code}", label = "{code}", en = "x", type = "count" }}' for code in ("ky_nay", "luy_ke"))
    asked = load(tmp_path, form(*rows, measures=f"measures = [{now}, {sofar}]"))
    book = written(tmp_path / "b.xlsx", results(FEW, {}, ("upper",), asked))
    assert book.words("X01 ky_nay") == ["Hai", "Ba", "Dòng b", "Dòng d"]
    assert book.words("X01") == ["Một", "Dòng a", "Hai", "Ba", "Dòng b", "Bốn", "Dòng c", "Dòng d"]


def test_a_target_is_read_beside_the_total_that_it_judges(tmp_path: Path) -> None:
    book = written(tmp_path / "b.xlsx", results(FEW, {"U1": {"X02.ct.thuc_hien": 60}}, ("upper",)))
    judged = [text for (sheet, i, j), text in book.formulas().items() if (sheet, i) == ("X02", 7) and j > 3]
    assert book.rows("X02")[7][3:8] == [60, 50, 120, pytest.approx(100 * 70 / 51), "Vượt"]
    assert len(judged) == 3
    assert all("E8" in text and "!" not in text for text in judged)


def test_units_below_have_a_sheet_of_what_their_level_is_asked(tmp_path: Path) -> None:
    book = written(tmp_path / "b.xlsx", results(FEW, chance(FEW, 1)))
    assert "X01 Lũy kế (cơ sở)" in book.names
    assert "X01 Cấp mình (cơ sở)" not in book.names
    deep = book.rows("X01 Lũy kế (cơ sở)")
    assert deep[6][4:] == ["I. Việc làm và đối thoại", *[""] * 4, "III. Quỹ", "", "III. Quỹ"]
    assert deep[8][4:] == [f"Dòng {code}" for code in ("hn", "ca", "dt", "chung", "dinh", "quy", "cho", "tb")]
    assert [line[0] for line in deep[10:]] == ["U1", "G11", "G12", "U2", "G21", *[""] * 3]
    assert [line[2] for line in deep[9:]] == ["Cấp trên", "", "U1", "U1", "", "U2", *[""] * 3]


def test_many_units_are_rows_and_tables_stand_side_by_side(tmp_path: Path) -> None:
    book = written(tmp_path / "b.xlsx", results(MANY, chance(MANY, 1)))
    head = book.rows("X01")
    assert [word for word in head[6] if word] == ["I. Việc làm và đối thoại", "III. Quỹ"]
    assert [head[6].index("III. Quỹ"), head[8].index("Dòng quy")] == [11, 11]
    assert head[10][1] == "Toàn tỉnh"


def test_every_printed_page_names_its_tables(tmp_path: Path) -> None:
    declared = {"U1": {"X01.quy.luy_ke": 10.0**19, "X01.tb.luy_ke": 10.0**19}}
    book = written(tmp_path / "b.xlsx", results(MANY, declared))
    (broken,) = load_workbook(book.path)["X01 Lũy kế"].col_breaks.brk
    head = book.rows("X01 Lũy kế")
    titles = [(j, word) for j, word in enumerate(head[6]) if word]
    assert titles == [(4, "I. Việc làm và đối thoại"), (9, "III. Quỹ"), (10, "III. Quỹ")]
    assert (broken.id, head[8][10]) == (10, "Dòng cho")


def test_a_total_of_parts_adds_up_where_a_return_has_one_of_them_refused(
    tmp_path: Path, recalculate: Recalculate
) -> None:
    declared: dict[str, dict[str, object]] = {
        "U1": {"X01.hn.ky_nay": 3, "X01.dt.ky_nay": "khoảng 5"},
        "U2": {"X01.hn.ky_nay": 4, "X01.dt.ky_nay": 10},
    }
    book = written(tmp_path / "b.xlsx", results(FEW, declared, ("upper",)))
    (again,) = recalculate([book.path])
    for shown in (book, replace(book, path=again)):
        (line,) = [line for line in shown.rows("X01") if line[1] == "Dòng chung"]
        assert (line[3], line[7:9]) == (27, ["", 24])


def test_a_figure_built_below_is_shown_and_counted_where_its_unit_is_not_asked(tmp_path: Path) -> None:
    declared = {"G11": {"X01.cho.luy_ke": 3}, "G12": {"X01.cho.luy_ke": 4}, "G0": {"X01.cho.luy_ke": 5}}
    book = written(tmp_path / "b.xlsx", results(FEW, declared))
    (line,) = [line for line in book.rows("X01 Lũy kế") if line[1] == "Dòng cho"]
    assert (line[3], line[-3:]) == (12, [7, "", 5])


def test_a_mean_is_weighed_by_another_form(tmp_path: Path) -> None:
    declared: dict[str, dict[str, object]] = {
        "U1": {"X01.quy.luy_ke": 100, "X02.tb2.thuc_hien": 90.5},
        "U2": {"X01.quy.luy_ke": 300, "X02.tb2.thuc_hien": 80.5},
        "G0": {"X02.tb2.thuc_hien": 10.5},
    }
    book = written(tmp_path / "b.xlsx", results(FEW, declared))
    assert book.total("X02", "Dòng tb2") == pytest.approx(83)
    (formula,) = [text for (sheet, _, j), text in book.formulas().items() if (sheet, j) == ("X02", 3) and "!" in text]
    assert "'X01 Lũy kế'!" in formula


def test_names_that_are_alike_once_cut_are_told_apart(tmp_path: Path) -> None:
    label = "Một nhãn dài, dài hơn tên trang: phần"
    measures = ", ".join(f'{{ code = "m{i}", label = "{label} {i}", en = "M", type = "count" }}' for i in range(12))
    long = load(tmp_path, form(row("ca"), measures=f"measures = [{measures}]"))
    book = written(tmp_path / "b.xlsx", results(FEW, {}, ("upper",), long))
    assert book.names[:3] == ["X01", "X01 Một nhãn dài, dài hơn tên t", "X01 Một nhãn dài, dài hơn t (2)"]
    assert book.names[-1] == "X01 Một nhãn dài, dài hơn (11)"


@pytest.mark.parametrize("units", [FEW, MANY], ids=["few", "many"])
def test_places_hold_the_figures_of_the_units(tmp_path: Path, units: tuple[Unit, ...]) -> None:
    found = results(units, chance(units, 2))
    book = written(tmp_path / "b.xlsx", found)
    shown = {name: book.rows(name) for name in book.names}
    codes = [unit.code for unit in found.owed.tree.units]
    asked = ((code, key) for code in codes for key in found.owed.forms.cells)
    places = {one: place for one in asked if (place := book.figured.place(*one)) is not None}
    assert len(places) > 100
    for (code, key), (sheet, i, j) in places.items():
        value = found.rollup.value.of(code, key)
        line = shown[sheet][i] if i < len(shown[sheet]) else []
        assert (line[j] if j < len(line) else "") == ("" if value is None else pytest.approx(value)), (code, key)


@pytest.mark.parametrize("units", [FEW, MANY], ids=["few", "many"])
@pytest.mark.parametrize("seed", range(3))
def test_every_total_is_a_formula_that_recalculates_to_its_value(
    tmp_path: Path, recalculate: Recalculate, units: tuple[Unit, ...], seed: int
) -> None:
    found = results(units, chance(units, seed))
    book = written(tmp_path / "b.xlsx", found)
    (again,) = recalculate([book.path])
    after = replace(book, path=again)
    live = book.formulas()
    for sheet in book.names:
        before, now = book.rows(sheet), after.rows(sheet)
        here = {(i, j) for name, i, j in live if name == sheet}
        for i, j in here:
            assert now[i][j] == (pytest.approx(before[i][j]) if isinstance(before[i][j], float) else before[i][j])
        if not sheet.endswith(("(cơ sở)", "Giao")):
            totals = (
                [(10, j) for j in range(2, len(before[10]))]
                if units is MANY
                else [(i, 3) for i in range(7, len(before))]
            )
            plain = {(i, j) for i, j in totals if isinstance(before[i][j], float)} - here
            assert [before[8][j] if units is MANY else before[i][1] for i, j in plain] == ["Dòng so"] * (sheet == "X01")
