"""A form that changes between two packages: what was filled in counts, nothing is typed or asked for again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path

import openpyxl
import pytest
from builders import RECEIVED, YEAR, edit, form, ids, key, load, only, package, row, workspace
from lists import FIRST_LINE, line, list_form, rows_of, send, sheets_of

import schemas
from pipeline import run
from pipeline.identify import identify
from pipeline.messages import message
from pipeline.obligations import obligations
from pipeline.read import read_files
from pipeline.submission import Submission
from schemas.decisions import Decision
from schemas.form import Forms, Key

SHIPPED = Path(schemas.__file__).parent / "forms"

COLUMNS = """
measures = [
  {{ code = "tong", label = "Tổng số", en = "Total", type = "count" }},
  {{ code = "{women}", label = "Trong đó nữ", en = "of whom women", type = "count", required = false{was} }},
  {more}
  {{ code = "ty_le", label = "%", en = "%", type = "percent", decimals = 2, compute = "tong / ca[tong]" }},
  {{ code = "ghi_chu", label = "Ghi chú", en = "Note", type = "text", required = false }},
]
"""
BEFORE = COLUMNS.format(women="nu", was="", more="")
SINCE = '{ code = "uoc", label = "Ước cả năm", en = "Estimate", type = "count", since = "2" },'
AFTER = COLUMNS.format(women="phan_nu", was=', formerly = ["nu"]', more=SINCE)
PARTS = edit("nam + nu_gioi == ca")

# Of version 2: a row renamed, one added, one dropped, a measure renamed, one added.
OLD = form(row("ca"), row("nam"), row("nu_gioi"), row("khac"), measures=BEFORE, edits=(PARTS,))
NEW = form(
    row("ca"),
    row("nam_gioi", label='"Dòng nam"', formerly='["nam"]'),
    row("nu_gioi"),
    row("moi", since='"2"'),
    measures=AFTER,
    edits=(PARTS.replace("nam +", "nam_gioi +"),),
)
SENT = {"X01.ca.tong": 10.0, "X01.nam.tong": 6.0, "X01.nam.nu": 0.0, "X01.nu_gioi.tong": 4.0, "X01.nu_gioi.nu": 4.0}


def at_version(text: str, version: str, *former: str) -> str:
    """The form as another version, which knows those before it."""
    named = ", ".join(f'"{one}"' for one in former)
    return text.replace('version = "1"', f'version = "{version}"\nformer_versions = [{named}]')


TODAY = at_version(NEW, "2", "1")


def issued(
    tmp_path: Path, figures: Mapping[str, float | str], *texts: str, unit: str = "U1", senders: tuple[str, ...] = ()
) -> Path:
    """The return of a unit in a package of these forms, in the inbox."""
    place = workspace(tmp_path, load(tmp_path / "old", *texts), senders=senders or ("upper",))
    return package(place.inbox(YEAR) / f"{unit}.xlsx", place, unit, figures)


def read(path: Path, forms: Forms) -> Submission:
    [submission] = read_files([path], path.parents[2], forms)
    return submission


def figures(submission: Submission) -> dict[str, float | None]:
    return {".".join(at): entry.value for at, entry in submission.entries.items() if entry.own and not entry.text}


def changed(path: Path, change: Callable[[openpyxl.Workbook], None]) -> Path:
    """The workbook with something changed in it, at the same time of receipt."""
    book = openpyxl.load_workbook(path)
    change(book)
    book.save(path)
    return path


def meta(book: openpyxl.Workbook, name: str, words: str) -> None:
    for cells in book["_META"].iter_rows():
        if cells[0].value == name:
            cells[1].value = words


def where(book: openpyxl.Workbook, sheet: str, code: str) -> int:
    """The row of that code."""
    return next(cell.row for cell in book[sheet]["A"] if cell.value == code)


# An earlier version is read.


def test_what_was_filled_in_has_the_codes_of_today(tmp_path: Path) -> None:
    path = issued(tmp_path, SENT, OLD)
    submission = read(path, load(tmp_path / "new", TODAY))
    assert figures(submission) == {
        "X01.ca.tong": 10,
        "X01.nam_gioi.tong": 6,
        "X01.nam_gioi.phan_nu": 0,
        "X01.nu_gioi.tong": 4,
        "X01.nu_gioi.phan_nu": 4,
    }
    assert submission.place(key("X01.nam_gioi.phan_nu")) == ("X01", "F10")
    assert submission.place(key("X01.moi.tong")) == submission.place(key("X01.ca.uoc")) == ("", "")
    assert {f.severity for f in submission.findings} == {"info"}
    assert sorted(ids(submission.findings)) == ["codes-carried", "not-asked-then"]
    assert {(f.unit, f.period, f.form, f.sheet) for f in submission.findings} == {("U1", "2020", "X01", "X01")}
    assert only(submission.findings, "codes-carried").params["names"] == "nam → nam_gioi; nu → phan_nu"
    later = only(submission.findings, "not-asked-then")
    assert (later.value, later.expected) == ("1", "moi, uoc")
    assert "biểu X01 phiên bản 1 chưa hỏi: “Dòng moi”; “Ước cả năm”" in message(later)


def test_figures_of_what_is_asked_no_more_are_told_where_they_stand(tmp_path: Path) -> None:
    path = issued(tmp_path, {**SENT, "X01.khac.tong": 3.0, "X01.khac.nu": 1.0, "X01.khac.ghi_chu": "ở xa"}, OLD)
    submission = read(path, load(tmp_path / "new", TODAY))
    kept = only(submission.findings, "asked-no-more")
    assert (kept.severity, kept.indicator, kept.measure) == ("info", "khac", "")
    assert kept.value == "tong 3; phan_nu 1; ghi_chu ở xa"
    assert kept.cells == ("E12", "F12", "I12")
    assert "Dòng khac: biểu X01 hiện hành không hỏi nữa" in message(kept)
    assert not any(at.indicator == "khac" for at in submission.entries)


def test_a_column_that_is_asked_no_more_is_told_with_its_rows(tmp_path: Path) -> None:
    path = issued(tmp_path, SENT, OLD)
    gone = at_version(form(row("ca"), row("nam"), row("nu_gioi"), row("khac")), "2", "1")
    kept = only(read(path, load(tmp_path / "new", gone)).findings, "asked-no-more")
    assert (kept.indicator, kept.measure, kept.value) == ("", "nu", "nam 0; nu_gioi 4")
    assert "Trong đó nữ: biểu X01 hiện hành không hỏi nữa" in message(kept)


def test_a_package_of_today_has_no_finding_about_versions(tmp_path: Path) -> None:
    path = issued(tmp_path, {"X01.nam_gioi.tong": 6.0, "X01.moi.uoc": 1.0}, TODAY)
    assert read(path, load(tmp_path / "new", TODAY)).findings == ()


def test_two_versions_ago_is_read_too(tmp_path: Path) -> None:
    third = at_version(NEW.replace('formerly = ["nam"]', 'formerly = ["nam", "dan_ong"]'), "3", "1", "2")
    first = OLD.replace('"nam"', '"dan_ong"').replace("nam +", "dan_ong +")
    submission = read(issued(tmp_path, {"X01.dan_ong.tong": 5.0}, first), load(tmp_path / "new", third))
    assert figures(submission) == {"X01.nam_gioi.tong": 5}
    second = read(issued(tmp_path, {"X01.moi.tong": 5.0}, TODAY, unit="U2"), load(tmp_path / "new", third))
    assert (figures(second), second.findings) == ({"X01.moi.tong": 5}, ())
    lost = issued(tmp_path, {"X01.ca.tong": 5.0}, at_version(OLD, "2", "1"), unit="U2")
    missing = only(read(lost, load(tmp_path / "new", third)).findings, "code-missing")
    assert missing.params["names"] == "moi", "version 2 did ask it"


def test_words_that_have_changed_since_are_a_note(tmp_path: Path) -> None:
    path = issued(tmp_path, SENT, OLD)
    submission = read(path, load(tmp_path / "new", TODAY.replace('"Dòng nam"', '"Đoàn viên nam"')))
    assert figures(submission)["X01.nam_gioi.tong"] == 6
    assert {f.severity for f in submission.findings} == {"info"}


def test_words_of_what_is_asked_no_more_stand_for_no_row_that_is_lost(tmp_path: Path) -> None:
    path = issued(tmp_path, {**SENT, "X01.khac.tong": 3.0}, OLD)
    changed(path, lambda book: book["X01"].delete_rows(where(book, "X01", "nu_gioi")))
    alike = TODAY.replace('"Dòng nu_gioi"', '"Dòng khac"')
    submission = read(path, load(tmp_path / "new", alike))
    assert "X01.nu_gioi.tong" not in figures(submission)
    assert only(submission.findings, "code-missing").params["names"] == "nu_gioi"
    assert only(submission.findings, "asked-no-more").value == "3"


def test_a_code_row_that_is_lost_is_found_by_its_words_and_carried_over(tmp_path: Path) -> None:
    path = issued(tmp_path, SENT, OLD)

    def lose(book: openpyxl.Workbook) -> None:
        book["X01"].cell(where(book, "X01", "#X01"), 1).value = None

    assert figures(read(changed(path, lose), load(tmp_path / "new", TODAY)))["X01.nam_gioi.tong"] == 6


def test_a_former_code_in_a_package_of_today_is_carried_over_as_well(tmp_path: Path) -> None:
    path = issued(tmp_path, {"X01.nam_gioi.tong": 6.0}, TODAY)

    def paste(book: openpyxl.Workbook) -> None:
        book["X01"].cell(where(book, "X01", "nam_gioi"), 1).value = "nam"

    submission = read(changed(path, paste), load(tmp_path / "new", TODAY))
    assert figures(submission) == {"X01.nam_gioi.tong": 6}
    assert ids(submission.findings) == ["codes-carried"]


def test_a_former_code_beside_the_living_one_is_a_code_twice(tmp_path: Path) -> None:
    path = issued(tmp_path, SENT, OLD)

    def paste(book: openpyxl.Workbook) -> None:
        book["X01"].cell(where(book, "X01", "khac"), 1).value = "nam_gioi"

    submission = read(changed(path, paste), load(tmp_path / "new", TODAY))
    assert only(submission.findings, "code-duplicate").cells == ("A10", "A12")
    assert "X01.nam_gioi.tong" not in figures(submission)


# What a unit did to an earlier package is still seen.


def test_a_row_that_was_asked_and_is_gone_is_still_missing(tmp_path: Path) -> None:
    path = issued(tmp_path, SENT, OLD)
    changed(path, lambda book: book["X01"].delete_rows(where(book, "X01", "nu_gioi")))
    submission = read(path, load(tmp_path / "new", TODAY))
    missing = only(submission.findings, "code-missing")
    assert (missing.severity, missing.params["names"]) == ("hard", "nu_gioi")


def test_a_column_that_was_asked_and_is_gone_is_still_missing(tmp_path: Path) -> None:
    path = issued(tmp_path, SENT, OLD)
    changed(path, lambda book: book["X01"].delete_cols(6))
    missing = only(read(path, load(tmp_path / "new", TODAY)).findings, "measure-missing")
    assert (missing.severity, missing.params["names"]) == ("hard", "phan_nu")


def test_what_is_no_code_of_any_version_is_unknown(tmp_path: Path) -> None:
    path = issued(tmp_path, SENT, OLD)

    def scribble(book: openpyxl.Workbook) -> None:
        book["X01"].cell(where(book, "X01", "khac"), 1).value = "Ghi chú"

    found = read(changed(path, scribble), load(tmp_path / "new", TODAY)).findings
    assert only(found, "code-unknown").value == "Ghi chú"


def test_a_row_of_today_in_an_earlier_package_is_read(tmp_path: Path) -> None:
    path = issued(tmp_path, {**SENT, "X01.khac.tong": 2.0}, OLD)

    def own(book: openpyxl.Workbook) -> None:
        book["X01"].cell(where(book, "X01", "khac"), 1).value = "moi"

    submission = read(changed(path, own), load(tmp_path / "new", TODAY))
    assert figures(submission)["X01.moi.tong"] == 2
    assert only(submission.findings, "not-asked-then").expected == "uoc"


# Tables.


def with_tables(*tables: str) -> str:
    head, _, _ = form(row("ca")).partition("[[table]]")
    return head + "".join(tables)


def table(name: str, code: str, more: str = "") -> str:
    made = form(row(code), id="X01", measures=BEFORE.replace("ca[tong]", f"{code}[tong]"))
    return "[[table]]" + made.partition("[[table]]")[2].replace('id = "X01"', f'id = "{name}"\n{more}')


def test_tables_renamed_added_and_dropped(tmp_path: Path) -> None:
    before = with_tables(table("mot", "ca"), table("hai", "nam"))
    after = with_tables(table("nhat", "ca", 'formerly = ["mot"]'), table("ba", "moi", 'since = "2"'))
    path = issued(tmp_path, {"X01.ca.tong": 5.0, "X01.nam.tong": 7.0, "X01.nam.nu": 2.0}, before)
    submission = read(path, load(tmp_path / "new", at_version(after, "2", "1")))
    assert figures(submission) == {"X01.ca.tong": 5}
    assert {f.severity for f in submission.findings} == {"info"}
    assert only(submission.findings, "codes-carried").params["names"] == "#mot → #nhat"
    assert only(submission.findings, "not-asked-then").expected == "ba"
    kept = only(submission.findings, "asked-no-more")
    assert (kept.value, len(kept.cells)) == ("nam tong 7; nam nu 2; nam ty_le 100", 3)


def test_a_table_that_was_asked_and_is_gone_is_still_missing(tmp_path: Path) -> None:
    both = with_tables(table("mot", "ca"), table("hai", "nam"))
    path = issued(tmp_path, {"X01.ca.tong": 5.0}, both)
    changed(path, lambda book: book["X01"].delete_rows(where(book, "X01", "#hai"), 4))
    submission = read(path, load(tmp_path / "new", at_version(both, "2", "1")))
    assert only(submission.findings, "form-missing").params["table"] == "hai"


def test_a_stranger_s_table_is_unknown_whatever_the_version(tmp_path: Path) -> None:
    path = issued(tmp_path, SENT, OLD)

    def strange(book: openpyxl.Workbook) -> None:
        book.create_sheet("khác").append(["#la", "", "", "", "tong"])

    found = read(changed(path, strange), load(tmp_path / "new", TODAY)).findings
    assert only(found, "code-unknown").value == "#la"


# Lists.

LISTED = list_form()
LIST_TODAY = at_version(
    LISTED.replace('code = "so_dv"', 'code = "doan_vien", formerly = ["so_dv"]')
    .replace('{ code = "quy", label = "Quỹ", en = "Fund", type = "money", required = false }', "")
    .replace('type = "flag"', 'type = "flag", since = "2"')
    .replace("  ,\n", ""),
    "2",
    "1",
)


def test_columns_of_a_list_are_carried_over(tmp_path: Path) -> None:
    codes = ("ma", "ten", "xep_loai", "ngay_tl", "ngay_gt", "so_ld", "so_dv", "quy")
    lines = [line("G11", ten="Một", so_ld=9, so_dv=7, quy=500), line("G12", so_ld=8, so_dv=6, quy=300)]
    old = load(tmp_path / "old", form(row("ca"), senders='"upper"'), LISTED)
    sheets = {**sheets_of(old, {"X01.ca.tong": 1}), "L01": rows_of(lines, codes=codes)}
    path = send(tmp_path / "inbox/2020/U1.xlsx", "U1", old, sheets)
    submission = read(path, load(tmp_path / "new", form(row("ca"), senders='"upper"'), LIST_TODAY))
    first, second = submission.items["L01"]
    assert (first.entries["doan_vien"].value, second.entries["doan_vien"].value) == (7, 6)
    assert first.entries["doan_vien"].key == Key("L01", "G11", "doan_vien")
    assert {f.severity for f in submission.findings} == {"info"}
    assert only(submission.findings, "not-asked-then").expected == "da_pm"
    kept = only(submission.findings, "asked-no-more")
    assert (kept.value, kept.measure) == ("G11 500; G12 300", "quy")
    assert kept.cells == (f"J{FIRST_LINE}", f"J{FIRST_LINE + 1}")


# Versions that no definition names.


@pytest.mark.parametrize("version", ["3", "2a", "0", "1.0", "2 1", "x", ""])
def test_a_version_that_nobody_knows_is_said_alone(tmp_path: Path, version: str) -> None:
    path = issued(tmp_path, {**SENT, "X01.khac.tong": 3.0}, OLD)
    changed(path, lambda book: meta(book, "package_version", f"X01 {version}".strip()))
    forms = load(tmp_path / "new", TODAY)
    place = workspace(tmp_path, forms)
    results = run.consolidate(place, YEAR, write=False)
    [finding] = [f for f in results.findings if f.file]
    assert (finding.id, finding.severity, finding.unit) == ("unknown-version", "hard", "U1")
    assert (finding.value, finding.expected) == (f"X01 {version}".strip(), "X01 1, 2")
    [submission] = results.submissions
    assert (submission.status, submission.reason, submission.entries) == ("quarantined", "unknown-version", {})
    assert results.status_of("U1") == "missing"
    assert "cập nhật các biểu trong schemas/forms" in message(finding)


@pytest.mark.parametrize(("name", "words"), [("package_version", ""), ("package_version", "X09 1"), ("package", "X09")])
def test_a_package_that_does_not_say_its_version_is_of_none(tmp_path: Path, name: str, words: str) -> None:
    path = issued(tmp_path, SENT, OLD)
    changed(path, lambda book: meta(book, name, words))
    found = ids(read(path, load(tmp_path / "new", TODAY)).findings)
    assert ("unknown-version" in found) == (name == "package_version")


@pytest.mark.parametrize(
    ("now", "former", "said"),
    [("2024", ("2023",), "2023"), ("1.1", ("1", "1.0"), "1.0"), ("2", ("2b", "2a"), "2b"), ("mới", ("cũ",), "cũ")],
)
def test_versions_are_words_and_stand_in_the_order_in_which_they_are_named(
    tmp_path: Path, now: str, former: Sequence[str], said: str
) -> None:
    today = at_version(NEW.replace('since = "2"', f'since = "{now}"'), now, *former)
    submission = read(issued(tmp_path, SENT, at_version(OLD, said)), load(tmp_path / "new", today))
    assert only(submission.findings, "not-asked-then").value == said
    assert figures(submission)["X01.nam_gioi.tong"] == 6


def test_the_wrong_period_and_the_unknown_unit_come_before_the_version(tmp_path: Path) -> None:
    forms = load(tmp_path / "new", TODAY)
    tree = obligations(workspace(tmp_path, forms), YEAR).tree
    for name, words, expected in (
        ("period", "2019", "wrong-period"),
        ("unit", "U9", "unknown-unit"),
        ("period", "2020", "unknown-version"),
    ):
        path = issued(tmp_path, SENT, at_version(OLD, "9"))
        changed(path, lambda book, name=name, words=words: meta(book, name, words))  # type: ignore[misc]
        [judged] = identify([read(path, forms)], YEAR, tree)
        assert ids(judged.findings) == [judged.reason] == [expected]


def test_what_is_set_aside_is_not_held_against_any_version(tmp_path: Path) -> None:
    forms = load(tmp_path / "new", TODAY)
    path = issued(tmp_path, SENT, at_version(OLD, "9"))
    when = RECEIVED.date()
    aside = Decision(YEAR, "set-aside", "", "inbox/2020/U1.xlsx", "", "", "", "", None, "bản nháp", "A", when, 2)
    tree = obligations(workspace(tmp_path, forms), YEAR).tree
    [judged] = identify([read(path, forms)], YEAR, tree, [aside])
    assert (judged.status, judged.findings) == ("set-aside", ())


def test_a_file_of_an_unknown_version_replaces_none(tmp_path: Path) -> None:
    forms = load(tmp_path / "new", TODAY)
    good = issued(tmp_path, SENT, OLD)
    place = workspace(tmp_path, load(tmp_path / "odd", at_version(OLD, "9")))
    later = RECEIVED + timedelta(days=1)
    package(good.with_name("U1 mới.xlsx"), place, "U1", {"X01.ca.tong": 99.0}, received=later)
    results = run.consolidate(workspace(tmp_path, forms), YEAR, write=False)
    assert {s.file.rsplit("/", 1)[-1]: s.status for s in results.submissions} == {
        "U1 mới.xlsx": "quarantined",
        "U1.xlsx": "accepted",
    }
    assert results.rollup.value.of("P", key("X01.ca.tong")) == 10
