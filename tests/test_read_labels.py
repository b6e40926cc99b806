"""Rows, columns and tables without codes, or with those of others: read by their words, or refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from builders import ids, load, only, package, row, workspace
from openpyxl import load_workbook
from returned import Returned, Rows, returned, values_of

from pipeline.catalogue import CATALOGUE
from pipeline.layout import END
from pipeline.messages import message
from pipeline.read import read_files
from pipeline.read_labels_heads import FURNITURE
from pipeline.read_labels_match import Line, Name, Settled, settle, words
from pipeline.submission import Submission
from schemas.form import Key

FORMS = ("B01", "B02", "B03", "B04")
Damage = Callable[[Rows], None]


@pytest.fixture(scope="module")
def upper(tmp_path_factory: pytest.TempPathFactory) -> Returned:
    return returned(tmp_path_factory.mktemp("upper"))


@pytest.fixture(scope="module", params=[("LC-21", "2020"), ("CS0766", "2020"), ("LC-21", "2023-Q3")], ids="-".join)
def any_package(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Returned:
    root = tmp_path_factory.mktemp("any")
    if request.param[0].startswith("CS"):
        returned(root)
        settings = root / "tỉnh" / "tonghop.toml"
        text = settings.read_text(encoding="utf-8")
        settings.write_text(text.replace('senders = ["upper"]', 'senders = ["upper", "grassroots"]'), encoding="utf-8")
    return returned(root, *request.param)


def damaged(package: Returned, damage: Damage) -> Submission:
    """What is read once all sheets of forms were damaged alike."""
    sheets = package.whole()
    for name in FORMS:
        if name in sheets:
            damage(sheets[name])
    return package.read(sheets)


def is_head(row: list[object]) -> bool:
    return str(row[0]).startswith("#") and row[0] != END


def column_cleared(rows: Rows) -> None:
    for one in rows:
        one[0] = ""


def column_deleted(rows: Rows) -> None:
    for one in rows:
        del one[0]


def code_rows_cleared(rows: Rows) -> None:
    for one in rows:
        if is_head(one):
            one[:] = ["" for _ in one]


def code_rows_deleted(rows: Rows) -> None:
    rows[:] = [one for one in rows if not is_head(one)]


def marks_cleared(rows: Rows) -> None:
    for one in rows:
        one[0] = "" if str(one[0]).startswith("#") else one[0]


def everything_lost(rows: Rows) -> None:
    code_rows_deleted(rows)
    column_deleted(rows)


def numbers_lost_too(rows: Rows) -> None:
    column_deleted(rows)
    column_deleted(rows)


def column_inserted_before(rows: Rows) -> None:
    for one in rows:
        one.insert(0, "")


DAMAGES = (
    *(column_cleared, column_deleted, code_rows_cleared, code_rows_deleted, marks_cleared, everything_lost),
    *(numbers_lost_too, column_inserted_before),
)


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_package_without_its_codes_is_read_by_its_labels_and_says_so(any_package: Returned, damage: Damage) -> None:
    submission = damaged(any_package, damage)
    assert values_of(submission) == any_package.values
    assert set(ids(submission.findings)) == {"read-by-label"}
    tables = [table for one in any_package.place.forms for table in one.tables if one.id in any_package.sheets]
    assert len(submission.findings) == len(tables)


def test_what_was_read_by_labels_is_named_at_the_labels(upper: Returned) -> None:
    sheets = upper.part("B01")
    rows = sheets["B01"]
    lost = [i for i, one in enumerate(rows) if one[0] in ("sl_dv_nam", "cl_hv_thpt", "cl_ll_tc")]
    for i in lost:
        rows[i][0] = ""
    rows[6][4] = ""
    submission = upper.read(sheets)
    assert values_of(submission) == upper.values_of("B01")
    found = only(submission.findings, "read-by-label")
    assert found.cells == ("E8", *(f"C{i + 1}" for i in lost))
    assert (found.severity, found.value, found.form, found.sheet) == ("info", "4", "B01", "B01")


def test_of_rows_that_share_a_label_the_number_or_the_neighbours_say_which_is_which(upper: Returned) -> None:
    sheets = upper.part("B01")
    for one in sheets["B01"]:
        one[0], one[1] = "", ""
    submission = upper.read(sheets)
    assert values_of(submission) == upper.values_of("B01")
    assert set(ids(submission.findings)) == {"read-by-label"}


def test_rows_that_share_a_label_and_nothing_tells_apart_are_refused_at_their_places(upper: Returned) -> None:
    sheets = upper.part("B01")
    rows = sheets["B01"]
    for one in rows:
        one[0], one[1] = "", ""
    same = [i for i, one in enumerate(rows) if one[2] == "Trung cấp"]
    for i in same:
        rows[i - 1][2] = "đã sửa"
    submission = upper.read(sheets)
    gone = {"cl_cm_tc", "cl_ll_tc", "cl_cm_cd", "cl_ll_cc"}
    left = {key: value for key, value in upper.values_of("B01").items() if key[1] not in gone}
    assert values_of(submission) == left
    missing = only(submission.findings, "code-missing")
    assert missing.params["names"] == ", ".join(sorted(gone))
    assert missing.cells == tuple(f"C{i + 1}" for i in same)
    assert message(missing).startswith("B01!C24 B01!C29: ")


def test_the_target_in_a_label_does_not_count(upper: Returned) -> None:
    labels = [str(one[2]) for one in upper.sheets["B03"]]
    assert any("(chỉ tiêu: " in label for label in labels)
    sheets = upper.part("B03")
    for one in sheets["B03"]:
        one[0] = ""
        one[2] = str(one[2]).upper().replace("(CHỈ TIÊU: ", "(chỉ tiêu: 1 ")
    assert values_of(upper.read(sheets)) == upper.values_of("B03")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("Nội dung", "No\u0323\u0302i dung"),
        ("QÐ 217", "QĐ 217"),
        ("Thỏa ước,  thủy lợi", "thoả ước, thuỷ lợi"),
        ("HỌC VẤN\u00a0THPT", "Học vấn THPT"),
    ],
)
def test_labels_are_compared_whatever_keyboard_typed_them(typed: str, meant: str) -> None:
    assert words(typed) == words(meant)


TWO_TABLES = """
id = "X01"
version = "1"
title = { vi = "Biểu thử", en = "A form to try" }
periods = ["year"]
senders = ["grassroots", "upper"]
"""
ONE_OF_TWO = """
[[table]]
id = "%(id)s"
title = { vi = "%(title)s", en = "A table" }
measures = [
  { code = "tong", label = "Tổng số", en = "Total", type = "count" },
  { code = "ghi_chu", label = "Ghi chú", en = "Note", type = "text", required = false },
]
rows = [%(rows)s]
"""


def test_a_label_of_two_tables_stays_within_its_own(tmp_path: Path) -> None:
    made = [
        ONE_OF_TWO % {"id": name, "title": title, "rows": ", ".join(row(f"{name}_{c}", label=f'"{c}"') for c in "abc")}
        for name, title in (("mot", "I. Một"), ("hai", "II. Hai"))
    ]
    place = workspace(tmp_path, load(tmp_path / "forms", TWO_TABLES + "".join(made)))
    figures = {f"X01.{name}_{c}.tong": float(i) for i, name in enumerate(("mot", "hai"), 1) for c in "abc"}
    path = package(tmp_path / "a.xlsx", place, "U1", figures)
    book = load_workbook(path)
    book["X01"].delete_cols(1)
    book.save(path)
    [submission] = read_files([path], tmp_path, place.forms)
    assert {".".join(key): value for key, (value, _) in values_of(submission).items()} == figures
    assert ids(submission.findings).count("read-by-label") == 2


def test_a_table_that_may_be_one_of_two_is_not_read(upper: Returned) -> None:
    sheets = upper.part("B01")
    column_cleared(sheets["B01"])
    submission = upper.read({**sheets, "B01 (2)": [list(one) for one in sheets["B01"]]})
    assert values_of(submission) == {}
    assert only(submission.findings, "form-missing").form == "B01"


def test_what_a_unit_writes_into_the_emptied_column_is_no_code(upper: Returned) -> None:
    sheets = upper.part("B01")
    for i, one in enumerate(sheets["B01"]):
        one[0] = f"{i}" if i > 7 else ""
    submission = upper.read(sheets)
    assert values_of(submission) == upper.values_of("B01")


def test_without_words_a_lost_code_stays_lost(upper: Returned) -> None:
    sheets = upper.part("B01")
    rows = sheets["B01"]
    rows[10][0], rows[10][2] = "", "Đoàn viên là nam"
    submission = upper.read(sheets)
    assert only(submission.findings, "code-missing").params == {"names": "sl_dv_nam"}
    assert values_of(submission).keys() == {k for k in upper.values_of("B01") if k[1] != "sl_dv_nam"}


def test_the_totals_of_a_list_are_no_union_though_their_codes_are_gone(upper: Returned) -> None:
    for gone in ({"tong_cong"}, {"tong_cong", "doi_chieu"}, {"doi_chieu", END}, {"tieu_de"}):
        sheets = upper.part("B04")
        for one in sheets["B04"]:
            one[0] = "" if one[0] in gone else one[0]
        submission = upper.read(sheets)
        assert values_of(submission) == upper.values_of("B04")
        assert {finding.severity for finding in submission.findings} <= {"info"}


def test_the_heads_that_ask_nothing_are_those_of_a_package(upper: Returned) -> None:
    issued = {cell for name in FORMS for one in upper.sheets[name] if "TT" in one for cell in one[1:]}
    asked = {measure.label.vi for one in upper.place.forms for table in one.tables for measure in table.measures}
    assert issued - asked - {""} == set(FURNITURE)


# --- codes that say something else than the words beside them


def visible(rows: Rows, order: dict[int, int]) -> None:
    """What can be seen of rows, without their hidden codes, each where ``order`` puts it."""
    lines = {to: rows[i][1:] for i, to in order.items()}
    for i, line in lines.items():
        rows[i][1:] = line


def by_words(rows: Rows, first: int, last: int) -> None:
    """The visible columns, sorted by label."""
    lines = sorted((one[1:] for one in rows[first:last]), key=lambda line: str(line[1]))
    for one, line in zip(rows[first:last], lines, strict=True):
        one[1:] = line


def test_visible_columns_that_were_sorted_are_read_by_their_labels(upper: Returned) -> None:
    sheets = upper.part("B01")
    by_words(sheets["B01"], 8, 45)
    submission = upper.read(sheets)
    assert values_of(submission) == upper.values_of("B01")
    moved = only(submission.findings, "label-moved")
    assert (moved.severity, moved.value) == ("soft", str(len(moved.cells)))
    assert set(ids(submission.findings)) == {"label-moved"}


def test_two_rows_exchanged_are_named_at_their_labels(upper: Returned) -> None:
    sheets = upper.part("B01")
    visible(sheets["B01"], {10: 11, 11: 10})
    submission = upper.read(sheets)
    assert values_of(submission) == upper.values_of("B01")
    assert only(submission.findings, "label-moved").cells == ("C11", "C12")
    assert submission.place(Key("B01", "sl_dv_nam", "tong")) == ("B01", "E12")


def test_rows_of_one_label_that_were_exchanged_are_told_apart_by_number(upper: Returned) -> None:
    sheets = upper.part("B01")
    first, second = (i for i, one in enumerate(sheets["B01"]) if one[2] == "Trung cấp")
    visible(sheets["B01"], {first: second, second: first})
    assert values_of(upper.read(sheets)) == upper.values_of("B01")


def test_a_row_cut_to_another_place_without_its_code_is_read_there(upper: Returned) -> None:
    sheets = upper.part("B01")
    rows = sheets["B01"]
    rows.insert(20, ["", *rows[12][1:]])
    rows[12][1:] = ["" for _ in rows[12][1:]]
    submission = upper.read(sheets)
    assert values_of(submission) == upper.values_of("B01")
    assert only(submission.findings, "label-moved").cells == ("C21",)


def test_a_label_that_is_another_rows_refuses_the_row(upper: Returned) -> None:
    sheets = upper.part("B01")
    sheets["B01"][10][2] = "NỮ "
    submission = upper.read(sheets)
    assert values_of(submission).keys() == {k for k in upper.values_of("B01") if k[1] != "sl_dv_nam"}
    found = only(submission.findings, "label-differs")
    assert (found.severity, found.cells, found.value, found.expected) == ("hard", ("C11",), "NỮ", "Nam")
    assert submission.place(Key("B01", "sl_dv_nam", "tong")) == ("B01", "E11")


def test_rows_that_cannot_all_be_told_are_refused_with_those_whose_words_are_gone(upper: Returned) -> None:
    sheets = upper.part("B01")
    visible(sheets["B01"], {10: 11, 11: 12, 12: 10})
    sheets["B01"][12][2] = ""
    submission = upper.read(sheets)
    gone = {"sl_dv_nam", "sl_dv_nu", "sl_dtts"}
    assert values_of(submission) == {k: v for k, v in upper.values_of("B01").items() if k[1] not in gone}
    assert only(submission.findings, "label-differs").cells == ("C11", "C12", "C13")


def test_an_edited_label_is_read_by_its_code_and_noted_once_a_table(upper: Returned) -> None:
    sheets = upper.part("B01")
    rows = sheets["B01"]
    rows[10][2], rows[30][2], rows[7][5] = "Đoàn viên nam", "Đang học TC", "Nữ"
    submission = upper.read(sheets)
    assert values_of(submission) == upper.values_of("B01")
    found = only(submission.findings, "label-edited")
    assert (found.severity, found.cells) == ("info", ("F8", "C11", "C31"))
    assert (found.value, found.expected) == ("Nữ", "Trong đó nữ")


@pytest.mark.parametrize("name", ["B01", "B02", "B04"])
def test_columns_exchanged_under_their_codes_are_read_by_their_heads(upper: Returned, name: str) -> None:
    sheets = upper.part(name)
    rows = sheets[name]
    head = next(i for i, one in enumerate(rows) if "TT" in one)
    end = next(i for i, one in enumerate(rows) if one[0] == END)
    for one in rows[head:end]:
        one[8], one[9] = one[9], one[8]
    submission = upper.read(sheets)
    assert values_of(submission) == upper.values_of(name)
    assert {f.id for f in submission.findings if f.id != "label-moved"} == set()


def test_cells_inserted_under_the_codes_shift_columns_that_are_read_by_their_heads(upper: Returned) -> None:
    sheets = upper.part("B01")
    for i, one in enumerate(sheets["B01"]):
        one.insert(4 if 7 <= i < 45 else len(one), "")
    submission = upper.read(sheets)
    assert values_of(submission) == upper.values_of("B01")
    assert only(submission.findings, "label-moved").cells == ("F8", "G8", "H8", "J8")


def test_a_column_under_the_head_of_another_is_refused(upper: Returned) -> None:
    sheets = upper.part("B01")
    sheets["B01"][7][5] = "Tổng số"
    submission = upper.read(sheets)
    assert values_of(submission).keys() == {k for k in upper.values_of("B01") if k[2] != "nu"}
    found = only(submission.findings, "label-differs")
    assert (found.cells, found.value, found.expected) == (("F8",), "Tổng số", "Trong đó nữ")


def test_a_list_sorted_with_its_total_keeps_every_line(upper: Returned) -> None:
    sheets = upper.part("B04")
    rows = sheets["B04"]
    lines = sorted((one[1:] for one in rows[8:59]), key=lambda line: str(line[1]))
    for one, line in zip(rows[8:59], lines, strict=True):
        one[1:] = line
    submission = upper.read(sheets)
    assert values_of(submission) == upper.values_of("B04")
    assert ids(submission.findings) == ["label-moved"]


def test_of_a_list_whose_keys_are_refused_nothing_is_read(upper: Returned) -> None:
    sheets = upper.part("B04")
    sheets["B04"][7][2] = "Tên công đoàn cơ sở"
    submission = upper.read(sheets)
    assert values_of(submission) == {}
    assert only(submission.findings, "label-differs").cells == ("C8",)


def test_a_real_workbook_that_was_sorted_with_its_hidden_end_is_read_by_its_labels(
    upper: Returned, tmp_path: Path
) -> None:
    sheets = upper.whole()
    end = next(i for i, one in enumerate(sheets["B03"]) if one[0] == END)
    by_words(sheets["B03"], 8, end + 1)
    path = upper.sent(tmp_path / "a.xlsx", sheets)
    [submission] = read_files([path], tmp_path, upper.place.forms)
    assert values_of(submission) == upper.values
    assert "label-moved" in ids(submission.findings)


# --- the comparison itself


NAMES = (Name("", "dau", "1"), Name("a", "mot", "1.1"), Name("b", "hai", "1.2"), Name("c", "mot", "2"))


def settled(*lines: tuple[str, str, str] | tuple[str, str]) -> Settled:
    return settle([Line(i, *line) for i, line in enumerate(lines)], NAMES)


def test_nothing_is_said_of_lines_whose_words_are_their_own() -> None:
    as_issued = settled(("", "dau", "1"), ("a", "mot", "1.1"), ("b", "hai", "1.2"), ("c", "mot", "2"))
    assert as_issued == Settled({}, {}, (), (), ())
    assert settled(("c", "mot", "9"), ("b", "hai"), ("a", "mot")) == Settled({}, {}, (), (), ())


def test_a_code_goes_only_to_a_line_that_is_its_own_both_ways() -> None:
    assert {code: line.at for code, line in settled(("", "hai"), ("", "mot", "2")).given.items()} == {"b": 0, "c": 1}
    twice = settled(("", "hai"), ("", "hai"), ("a", "mot", "1.1"), ("c", "mot", "2"))
    assert (twice.given, [line.at for line in twice.doubtful]) == ({}, [0, 1])
    rival = settled(("x", "hai"), ("", "hai"), ("a", "mot"), ("c", "mot"))
    assert (rival.given, [line.at for line in rival.doubtful]) == ({}, [1])


def test_number_and_neighbours_that_disagree_tell_nothing() -> None:
    found = settled(("", "dau"), ("", "mot", "2"), ("", "hai"))
    assert {code: line.at for code, line in found.given.items()} == {"b": 2}
    assert [line.at for line in found.doubtful] == [1]


def test_a_code_that_stands_twice_is_neither_moved_nor_given() -> None:
    found = settled(("b", "hai"), ("b", "mot"), ("a", "mot", "1.1"), ("c", "mot", "2"))
    assert (found.given, found.moved, found.refused) == ({}, {}, ())


@pytest.mark.parametrize("finding_id", ["read-by-label", "label-moved", "label-differs", "label-edited"])
def test_every_finding_of_labels_has_words_in_both_languages(finding_id: str) -> None:
    said = CATALOGUE[finding_id].sentence
    assert said.vi != said.en
    assert "{count}" in said.vi
    assert "{count}" in said.en
