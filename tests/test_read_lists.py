"""The rows of a list as units leave them: anywhere, in any order, with anything in their cells."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path

import pytest
from builders import UNITS, form, ids, load, only, row, workspace
from hypothesis import given
from hypothesis import strategies as st
from lists import CODES, FIRST_LINE, LETTERS, Line, Rows, line, list_form, read, rows_of, send, sheets_of

from pipeline.findings import Finding
from pipeline.layout import a1, find_tables
from pipeline.messages import message
from pipeline.read import read_files
from pipeline.read_book import Sheet
from pipeline.read_lists import ReadList, read_list
from pipeline.submission import Item, Submission
from schemas.form import Forms, Key


@pytest.fixture(scope="module")
def forms(tmp_path_factory: pytest.TempPathFactory) -> Forms:
    return load(tmp_path_factory.mktemp("forms"), form(row("ca")), list_form())


def said(items: Sequence[Item]) -> dict[str, dict[str, object]]:
    """What each row says: its figures, else its words."""
    return {
        item.id: {code: entry.text or entry.value for code, entry in item.entries.items() if code != "ma"}
        for item in items
    }


def one(forms: Forms, **cells: object) -> tuple[Item, Sequence[Finding]]:
    """A single line with these cells."""
    found = read(forms, rows_of([line("G11", **cells)]))
    [item] = found.items
    return item, found.findings


# The rows, wherever they stand.

LINES = (line("G11", ten="Một", so_dv=3, so_ld=4), line("G12", so_dv=0), line("G21", da_pm="Có", quy=1_500_000))
READ = {"G11": {"ten": "Một", "so_dv": 3, "so_ld": 4}, "G12": {"so_dv": 0}, "G21": {"da_pm": "Có", "quy": 1_500_000}}


def test_rows_are_read_with_gaps_in_any_order_and_know_their_cells(forms: Forms) -> None:
    found = read(forms, rows_of([{}, LINES[2], {}, {}, LINES[0], LINES[1], {}]))
    assert said(found.items) == READ
    assert [item.id for item in found.items] == ["G21", "G11", "G12"]
    assert [item.row for item in found.items] == [5, 8, 9]
    assert found.items[1].entries["so_dv"].cell == "I9"
    assert all(item.counted and not item.closed for item in found.items)
    assert found.findings == ()


@pytest.mark.parametrize("count", [0, 1, 120, 2_000])
def test_any_number_of_rows_is_read(forms: Forms, count: int) -> None:
    found = read(forms, rows_of([line(f"CS{i:04}", so_dv=i) for i in range(count)]))
    assert [item.id for item in found.items] == [f"CS{i:04}" for i in range(count)]
    assert sum(item.entries["so_dv"].value or 0 for item in found.items) == count * (count - 1) / 2
    assert found.findings == ()


@given(
    st.permutations(LINES),
    st.lists(st.integers(0, 4), min_size=3, max_size=3),
    st.permutations(CODES),
    st.lists(st.integers(2, 11), max_size=3),
)
def test_order_blank_lines_and_moved_columns_change_no_figure(
    forms: Forms, lines: Sequence[Line], gaps: Sequence[int], codes: Sequence[str], inserted: Sequence[int]
) -> None:
    spread: list[Line] = []
    for gap, found in zip(gaps, lines, strict=True):
        spread += [{}] * gap + [found]
    rows = rows_of(spread, codes=codes)
    for at in inserted:
        for cells in rows:
            cells.insert(min(at, len(cells)), "")
    result = read(forms, rows)
    assert said(result.items) == READ
    assert result.findings == ()
    for item in result.items:
        for code, entry in item.entries.items():
            assert rows[item.row][result.place.columns[code]] in (entry.raw, entry.text, entry.value)
            assert entry.cell == a1(item.row, result.place.columns[code])


def test_the_head_is_no_row_with_its_code_or_without(forms: Forms) -> None:
    rows = rows_of(LINES)
    rows[3][0] = ""
    assert said(read(forms, rows).items) == READ
    rows.insert(6, ["", "TT", "MÃ  CĐCS", *("Cột" for _ in CODES[1:])])
    found = read(forms, rows)
    assert (said(found.items), found.findings) == (READ, ())


def test_lines_that_only_the_register_filled_are_no_rows(forms: Forms) -> None:
    untouched = [line("G31", ten="Ba"), line("G32"), line("", ten="Không mã")]
    found = read(forms, rows_of([untouched[0], LINES[0], untouched[1], untouched[2]]))
    assert [item.id for item in found.items] == ["G11"]
    assert found.findings == ()


def test_what_a_unit_writes_into_the_hidden_column_does_not_lose_its_row(forms: Forms) -> None:
    rows = rows_of(LINES)
    rows[4][0], rows[5][0] = "1", "ghi chú"
    assert said(read(forms, rows).items) == READ


# Keys.


def test_the_second_row_of_a_key_is_kept_and_not_counted(forms: Forms) -> None:
    twice = [line("G11", so_dv=3), line("G12", so_dv=1), line(" g11 ", so_dv=4)]
    found = read(forms, rows_of(twice))
    assert [(item.id, item.key, item.counted) for item in found.items] == [
        ("G11", "G11", True),
        ("G12", "G12", True),
        ("#7", "g11", False),
    ]
    assert found.items[2].entries["so_dv"].key == Key("L01", "#7", "so_dv")
    assert found.findings == (), "that it stands twice is said by the edit"


def test_a_row_without_a_key_is_found_where_its_key_should_be(forms: Forms) -> None:
    found = read(forms, rows_of([line("G11", so_dv=3), line("", ten="Hai", so_dv=5)]))
    [finding] = found.findings
    assert (finding.id, finding.severity, finding.sheet, finding.cells) == ("key-missing", "hard", "L01", ("C6",))
    assert "chưa được tính" in message(finding)
    assert [(item.id, item.counted) for item in found.items] == [("G11", True), ("#6", False)]


@pytest.mark.parametrize(
    ("typed", "key"), [(3, "3"), (3.0, "3"), ("  CS 1\n", "CS 1"), ("CĐ1", "CĐ1"), (date(2020, 3, 1), "01/03/2020")]
)
def test_a_key_is_text_whatever_the_cell_holds(forms: Forms, typed: object, key: str) -> None:
    written = unicodedata.normalize("NFD", typed) if isinstance(typed, str) else typed
    [item] = read(forms, rows_of([line(written, so_dv=1)])).items
    assert (item.id, item.key, item.entries["ma"].text) == (key, key, key)


def test_a_key_column_that_is_gone_or_stands_twice_counts_no_row_and_is_said_once(forms: Forms, tmp_path: Path) -> None:
    gone = rows_of(LINES, codes=CODES[1:])
    found = read(forms, gone)
    assert [item.counted for item in found.items] == [False] * 3
    assert found.findings == (), "that the column is gone is said of the column"
    twice = rows_of(LINES, codes=(*CODES, "so_dv"))
    found = read(forms, twice)
    assert "so_dv" not in {code for item in found.items for code in item.entries}
    place = workspace(tmp_path, forms, units=UNITS)
    path = send(tmp_path / "a.xlsx", "U1", forms, sheets_of(forms) | {"L01": gone})
    [submission] = read_files([path], place.root, forms)
    assert [f.params["names"] for f in submission.findings if f.id == "measure-missing"] == ["ma"]


# The end of the table.

BELOW = (
    line("CS0099", so_dv=9),
    line("Tổng cộng", so_dv=12),
    line(3, so_dv=12),
    line("", so_dv=12),
    line("NGƯỜI LẬP BIỂU", so_ld="CHỦ TỊCH"),
    line("Nguyễn Văn A", so_ld="Trần Thị B"),
    line("01/12/2020", so_ld="Lai Châu"),
)


def test_below_the_end_only_what_bears_a_key_is_read_and_noted(forms: Forms) -> None:
    found = read(forms, rows_of(LINES, [*BELOW, line("CS0100", so_dv=1)]))
    assert [item.id for item in found.items] == ["G11", "G12", "G21", "CS0099", "CS0100"]
    [finding] = found.findings
    assert (finding.id, finding.severity, finding.cells) == ("below-end", "info", ("C11", "C18"))
    assert "2 dòng, từ mã " in message(finding)
    [single] = read(forms, rows_of(LINES, BELOW)).findings
    assert single.params["count"] == 1


def test_a_key_of_digits_is_one_below_the_end_where_all_keys_are(forms: Forms) -> None:
    found = read(forms, rows_of([line(1, so_dv=1), line(2, so_dv=2)], [line(3, so_dv=3), line("Cộng", so_dv=6)]))
    assert [item.id for item in found.items] == ["1", "2", "3"]


@pytest.mark.parametrize("totals", [True, False])
def test_a_list_that_lost_its_end_does_not_take_signatures_for_rows(forms: Forms, totals: bool) -> None:
    found = read(forms, rows_of([*LINES, line("", so_dv=1), line("CS7", so_dv=7)], BELOW, end=False, totals=totals))
    assert [item.id for item in found.items] == ["G11", "G12", "G21", "#8", "CS7", "CS0099"]
    assert set(ids(found.findings)) == ({"key-missing", "below-end"} if totals else {"key-missing"})


def test_another_table_below_the_end_is_its_own(forms: Forms) -> None:
    rows = rows_of(LINES)
    rows += [["#X01", "", "", "", "tong"], ["ca", "", "CS5", "", 3.0, "", "", "", 4.0], ["#end"]]
    first, _ = find_tables(rows)
    found = read_list(forms.by_id["L01"].lists[0], "L01", Sheet("L01", rows), first)
    assert [item.id for item in found.items] == ["G11", "G12", "G21"]


def test_what_a_column_makes_stands_in_its_totals_else_in_its_head(forms: Forms) -> None:
    def place(found: ReadList) -> tuple[str, str]:
        submission = Submission("a", "", datetime(2020, 1, 1), tables={"L01": (found.place,)})
        return submission.place(Key("L01", "", "so_dv"))

    assert place(read(forms, rows_of(LINES))) == ("L01", "I8")
    assert place(read(forms, rows_of(LINES, totals=False))) == ("L01", "I4")
    headless = rows_of(LINES, totals=False)
    del headless[3]
    assert place(read(forms, headless)) == ("L01", "I4")


# Dates.


@pytest.mark.parametrize("typed", [date(2015, 3, 15), datetime(2015, 3, 15), datetime(2015, 3, 15, 14, 30)])
def test_a_date_is_kept_as_its_day(forms: Forms, typed: object) -> None:
    item, findings = one(forms, ngay_tl=typed)
    assert (item.entries["ngay_tl"].text, item.entries["ngay_tl"].value) == ("2015-03-15", None)
    assert findings == ()


@pytest.mark.parametrize(
    "typed", ["15/03/2015", "15/3/2015", "2015-03-15", "15-03-2015", "15.3.2015", " ngày 15/03/2015 ", 42078]
)
def test_a_date_typed_as_text_or_a_number_is_read_and_noted(forms: Forms, typed: object) -> None:
    item, [finding] = one(forms, ngay_tl=typed)
    assert item.entries["ngay_tl"].text == "2015-03-15"
    assert (finding.id, finding.severity, finding.cells) == ("date-as-text", "info", ("F5",))
    assert finding.expected == "15/03/2015"


@pytest.mark.parametrize(
    "typed", ["2015", 2015, "tháng 3", "29/02/2019", "31/4/2020", "15/3/15", "15/03/0215", 42078.5, 3, "x", True]
)
def test_what_is_no_certain_day_is_refused_at_its_cell(forms: Forms, typed: object) -> None:
    item, [finding] = one(forms, ngay_tl=typed)
    assert (item.entries["ngay_tl"].refusal, item.entries["ngay_tl"].value) == ("date-unclear", None)
    assert (finding.id, finding.severity, finding.cells) == ("date-unclear", "hard", ("F5",))
    assert "dd" not in message(finding)
    assert "15/03/2015" in message(finding)


@pytest.mark.parametrize("mark", ["-", "không", "Không có", "chưa", "...", 0])
def test_a_mark_for_none_leaves_a_date_or_a_choice_blank_and_a_row_open(forms: Forms, mark: object) -> None:
    item, findings = one(forms, ngay_gt=mark, xep_loai=mark, so_dv=3)
    assert "ngay_gt" not in item.entries
    assert "xep_loai" not in item.entries
    assert not item.closed
    assert ids(findings) == ["placeholder", "placeholder"]


def test_a_date_of_dissolution_closes_its_row(forms: Forms) -> None:
    assert one(forms, ngay_gt=date(2020, 6, 30))[0].closed
    assert one(forms, ngay_gt="30/06/2020")[0].closed
    assert not one(forms, ngay_tl=date(2020, 6, 30))[0].closed


def test_notes_of_one_column_are_one_with_all_its_cells(forms: Forms) -> None:
    days = [line(f"G{i}", ngay_tl=f"0{i}/03/2015", da_pm="x", ngay_gt="-") for i in (1, 2, 3)]
    found = read(forms, rows_of(days)).findings
    assert {f.id: f.cells for f in found} == {
        "date-as-text": ("F5", "F6", "F7"),
        "option-read": ("K5", "K6", "K7"),
        "placeholder": ("G5", "G6", "G7"),
    }
    assert "3 ngày gõ thành chữ hoặc số, ví dụ “01/03/2015”" in message(only(found, "date-as-text"))
    assert "3 ô được đọc theo danh mục, ví dụ “x” là Có" in message(only(found, "option-read"))


# Choices, Yes and No.


@pytest.mark.parametrize(
    "typed",
    [
        "Hoàn thành tốt nhiệm vụ",
        "HOÀN THÀNH TỐT NHIỆM VỤ",
        unicodedata.normalize("NFD", "Hoàn thành tốt nhiệm vụ"),
        "hoan thanh tot nhiem vu",
        "  Hoàn  thành tốt nhiệm vụ ",
    ],
)
def test_an_option_is_known_in_any_case_and_without_its_marks(forms: Forms, typed: str) -> None:
    item, findings = one(forms, xep_loai=typed)
    assert item.entries["xep_loai"].text == "Hoàn thành tốt nhiệm vụ"
    assert findings == ()


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("Hoàn thành tốt", "Hoàn thành tốt nhiệm vụ"),
        (unicodedata.normalize("NFD", "Hoàn thành tốt"), "Hoàn thành tốt nhiệm vụ"),
        ("hoan thanh xuat sac", "Hoàn thành xuất sắc nhiệm vụ"),
        ("Vững mạnh", ""),
    ],
)
def test_an_option_not_on_the_list_is_refused_with_the_nearest(forms: Forms, typed: str, meant: str) -> None:
    item, [finding] = one(forms, xep_loai=typed)
    assert item.entries["xep_loai"].refusal == "option-unknown"
    assert (finding.id, finding.severity, finding.cells) == ("option-unknown", "hard", ("E5",))
    words = message(finding)
    assert (f'Có phải "{meant}"?' in words) == bool(meant)
    assert "Hoàn thành xuất sắc nhiệm vụ; Hoàn thành tốt nhiệm vụ; Hoàn thành nhiệm vụ" in words


FLAGS: Mapping[object, tuple[float, list[str]]] = {
    "Có": (1, []),
    "có": (1, []),
    "CO": (1, []),
    unicodedata.normalize("NFD", "Có"): (1, []),
    "x": (1, ["option-read"]),
    "X": (1, ["option-read"]),
    1: (1, ["option-read"]),
    "Không": (0, []),
    "không": (0, []),
    0: (0, ["option-read"]),
    "chưa": (0, ["option-read"]),
}


@pytest.mark.parametrize(("typed", "said"), FLAGS.items())
def test_yes_and_no_are_read_in_the_ways_they_are_written(
    forms: Forms, typed: object, said: tuple[float, list[str]]
) -> None:
    item, findings = one(forms, da_pm=typed)
    value, notes = said
    assert (item.entries["da_pm"].value, item.entries["da_pm"].text) == (value, "Có" if value else "Không")
    assert ids(findings) == notes


def test_neither_yes_nor_no_is_refused_and_a_blank_is_neither(forms: Forms) -> None:
    assert one(forms, da_pm="cò")[0].entries["da_pm"].text == "Có", "marks do not count"
    item, [finding] = one(forms, da_pm="đang làm")
    assert (item.entries["da_pm"].value, finding.id, finding.cells) == (None, "option-unknown", ("K5",))
    assert "Chọn một trong: Có; Không." in message(finding)
    item, findings = one(forms, da_pm="", so_dv=1)
    assert ("da_pm" in item.entries, findings) == (False, ())


# Figures and words.


@pytest.mark.parametrize(
    ("column", "typed", "refusal", "says"),
    [
        ("so_dv", "khoảng 20", "approximate", "ước chừng"),
        ("so_dv", "31 triệu", "scaled-count", "nghìn, triệu"),
        ("so_dv", "380.100.000đ", "unit-differs", "(Số đoàn viên)"),
        ("so_dv", "-5", "negative", "số âm"),
        ("so_dv", "nhiều", "cell-type", "số nguyên"),
        ("so_dv", "=1+1", "cell-type", "số nguyên"),
        ("so_dv", datetime(2020, 3, 1), "date", "01/03/2020"),
        ("quy", "31 USD", "unit-differs", "(Quỹ)"),
        ("so_dv", "#DIV/0!", "error-value", "#DIV/0!"),
        ("ngay_tl", "#N/A", "error-value", "#N/A"),
        ("xep_loai", "#REF!", "error-value", "#REF!"),
        ("da_pm", "#NAME?", "error-value", "#NAME?"),
    ],
)
def test_what_cannot_be_read_is_one_finding_at_its_cell_and_no_figure(
    forms: Forms, column: str, typed: object, refusal: str, says: str
) -> None:
    item, [finding] = one(forms, so_ld=7, **{column: typed})
    entry = item.entries[column]
    assert (entry.value, entry.refusal, entry.cell) == (None, refusal, f"{LETTERS[column]}{FIRST_LINE}")
    assert (finding.severity, finding.cells, finding.indicator) == ("hard", (entry.cell,), "G11")
    assert says in message(finding)
    assert item.entries["so_ld"].value == 7


@pytest.mark.parametrize(
    ("column", "typed", "value", "note"),
    [
        ("so_dv", "2.430", 2430, []),
        ("so_dv", "-", 0, ["zero-mark"]),
        ("so_dv", "x", None, ["counted-elsewhere"]),
        ("quy", "31 triệu", 31_000_000, ["scaled-text"]),
        ("quy", "380.100.000đ", 380_100_000, ["unit-dropped"]),
    ],
)
def test_figures_are_read_as_in_any_table(
    forms: Forms, column: str, typed: str, value: float | None, note: list[str]
) -> None:
    item, findings = one(forms, **{column: typed})
    assert (item.entries[column].value, item.entries[column].refusal, ids(findings)) == (value, "", note)


@pytest.mark.parametrize("words", ["x" * 40_000, "=1+1", "@SUM(A1)", "0123", "Một\nhai"])
def test_words_are_kept_as_they_are(forms: Forms, words: str) -> None:
    item, findings = one(forms, ten=words, so_dv=1)
    assert (item.entries["ten"].text, item.entries["ten"].value, findings) == (words, None, ())


# From a file.


def test_error_cells_of_a_workbook_are_refused_in_every_kind_of_column(forms: Forms, tmp_path: Path) -> None:
    wrong = dict.fromkeys(("ten", "xep_loai", "ngay_tl", "so_dv", "da_pm"), "#DIV/0!")
    lines = [line("G11", so_ld=1, **wrong), line("#REF!", so_ld=2), line("G12", ten="#N/A")]
    path = send(tmp_path / "a.xlsx", "U1", forms, sheets_of(forms, lists={"L01": lines}))
    [submission] = read_files([path], tmp_path, forms)
    assert set(ids(submission.findings)) == {"error-value"}
    assert sorted(cell for f in submission.findings for cell in f.cells) == ["C6", "D5", "E5", "F5", "I5", "K5"]
    first, second = submission.items["L01"]
    assert {code for code, entry in first.entries.items() if entry.refusal} == set(wrong)
    assert (second.id, second.counted) == ("#6", False)


def test_a_workbook_gives_what_its_cells_hold_with_their_places(forms: Forms, tmp_path: Path) -> None:
    long, lines = "dài " * 10_000, [line("G11", ten="=1+1", so_dv=3, ngay_tl=date(2015, 3, 15)), {}, line(7, so_dv=4)]
    lines.append(line("G12", ten=long.strip(), so_dv=1))
    path = send(tmp_path / "a.xlsx", "U1", forms, sheets_of(forms, {"X01.ca.tong": 8}, {"L01": lines}))
    [submission] = read_files([path], tmp_path, forms)
    assert submission.findings == ()
    assert said(submission.items["L01"]) == {
        "G11": {"ten": "=1+1", "so_dv": 3, "ngay_tl": "2015-03-15"},
        "7": {"so_dv": 4},
        "G12": {"ten": long.strip(), "so_dv": 1},
    }
    for item in submission.items["L01"]:
        for entry in item.entries.values():
            assert submission.place(entry.key) == (entry.sheet, entry.cell) == ("L01", entry.cell)


def test_a_list_that_was_copied_to_another_sheet_counts_in_neither(forms: Forms, tmp_path: Path) -> None:
    sheets = sheets_of(forms, {"X01.ca.tong": 8}, {"L01": LINES})
    path = send(tmp_path / "a.xlsx", "U1", forms, sheets | {"L01 (2)": sheets["L01"]})
    [submission] = read_files([path], tmp_path, forms)
    assert submission.items == {}
    assert only(submission.findings, "table-duplicate").cells == ("A3", "L01 (2)!A3")


def test_rows_that_a_period_does_not_ask_are_not_gone(tmp_path: Path) -> None:
    forms = load(tmp_path, form(row("ca"), row("quy", periods='["quarter"]')))
    rows: Rows = [["#X01", "", "", "", "tong", "ty_le", "ghi_chu"], ["ca", "", "", "", 5], ["#end"]]
    read = {}
    for period in ("2020", "2020-Q1", "gì đó"):
        path = send(tmp_path / f"{period}.xlsx", "U1", forms, {"X01": rows}, period=period)
        [read[period]] = read_files([path], tmp_path, forms)
    assert {period: ids(one.findings) for period, one in read.items()} == {
        "2020": [],
        "2020-Q1": ["code-missing"],
        "gì đó": [],
    }
    assert read["2020-Q1"].findings[0].params["names"] == "quy"
