"""What people decided: files set aside or forced, figures adjusted; never silent, never on a figure that changed."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from builders import RECEIVED, YEAR, edit, form, ids, key, load, only, package, row, workspace
from lists import list_form
from python_calamine import CalamineWorkbook

from pipeline import run
from pipeline.messages import message
from pipeline.package_lines import ListRow
from pipeline.results import Results
from pipeline.rows import rows_of
from pipeline.workspace import Workspace, open_workspace
from schemas.decisions import COLUMNS, FILE, load_decisions, parse_decisions
from schemas.errors import DefinitionError
from schemas.period import Period

FORM = form(row("ca"), row("nam"), row("nu"), edits=[edit("nam + nu == ca")])
GOOD: Mapping[str, float | str] = {"X01.ca.tong": 5.0, "X01.nam.tong": 3.0, "X01.nu.tong": 2.0}
WRONG: Mapping[str, float | str] = {**GOOD, "X01.nu.tong": 1.0}
LATER = RECEIVED + timedelta(days=1)
U1, U1B = "inbox/2020/U1.xlsx", "inbox/2020/U1-b.xlsx"
ADJUST = {"kind": "adjust", "unit": "U1", "form": "X01", "indicator": "nu", "measure": "tong"}
MEND = {**ADJUST, "reported": "1", "decided": "2"}


def line(**cells: str) -> list[str]:
    said = {"period": "2020", "reason": "đã gọi điện", "who": "Lan", "when": "10/12/2020", **cells}
    return [said.get(column, "") for column in COLUMNS]


def decided(at: Workspace, *lines: Mapping[str, str]) -> Workspace:
    return replace(at, decisions=parse_decisions([COLUMNS, *(line(**one) for one in lines)]))


@pytest.fixture
def at(tmp_path: Path) -> Workspace:
    return workspace(tmp_path, load(tmp_path / "forms", FORM, list_form()))


def returned(at: Workspace, figures: Mapping[str, float | str], name: str = "U1", **more: object) -> None:
    package(at.inbox(YEAR) / f"{name}.xlsx", at, "U1", figures, **more)  # type: ignore[arg-type]


def looked(at: Workspace, **more: bool) -> Results:
    return run.consolidate(at, YEAR, write=False, **more)


def statuses(results: Results) -> dict[str, str]:
    return {submission.file.rsplit("/", 1)[-1]: submission.status for submission in results.submissions}


def total(results: Results, written: str) -> float | None:
    return results.rollup.value.of("P", key(written))


def observed(results: Results, written: str) -> tuple[object, ...]:
    wanted = written.split(".")
    [found] = [one for one in rows_of(results, "observations") if [one[2], *one[4:6]] == wanted]
    return tuple(found[6:9])


def test_there_need_be_no_decisions(tmp_path: Path) -> None:
    assert load_decisions(tmp_path / FILE) == ()
    run.init(tmp_path / "w", "")
    assert not (tmp_path / "w" / FILE).exists()
    assert open_workspace(tmp_path / "w").decisions == ()


@pytest.mark.parametrize(("mark", "encoding", "day"), [(",", "utf-8", "2020-12-10"), (";", "utf-8-sig", "10/12/2020")])
def test_the_file_is_read_as_excel_saves_it(tmp_path: Path, mark: str, encoding: str, day: str) -> None:
    rows = [COLUMNS, line(**MEND, when=day), line(kind="force", file="inbox\\2020\\U1.xlsx", when=day)]
    (tmp_path / FILE).write_bytes("\r\n".join(mark.join(one) for one in rows).encode(encoding))
    one, two = load_decisions(tmp_path / FILE)
    assert (one.kind, one.reported, one.decided, one.row) == ("adjust", "1", 2, 2)
    assert one.because == "đã gọi điện (Lan, 10/12/2020)"
    assert (two.kind, two.file, two.period) == ("force", U1, YEAR)


def test_every_fault_of_the_file_is_said_at_once_with_row_and_column() -> None:
    rows = [
        line(kind="set-asid", file=U1),
        line(kind="set-aside", reason="", who="", when="hôm qua"),
        line(**{**MEND, "decided": "hai", "period": "20x"}),
        line(kind="adjust", unit="U1"),
        line(kind="force", file=U1, form="X01"),
        line(kind="set-aside", file=U1B),
        line(kind="force", file=U1B),
    ]
    with pytest.raises(DefinitionError) as caught:
        parse_decisions([COLUMNS, *rows])
    said = [fault.vi for fault in caught.value.faults]
    assert 'decisions.csv, dòng 2, cột "kind": "set-asid" không dùng được' in said[0]
    assert 'Có phải "set-aside"?' in said[0]
    places = [words.split(":")[0].removeprefix("decisions.csv, ") for words in said]
    row_3 = [f'dòng 3, cột "{column}"' for column in ("when", "file", "reason", "who")]
    row_5 = [f'dòng 5, cột "{column}"' for column in ("form", "indicator", "measure", "decided")]
    expected = ['dòng 2, cột "kind"', *row_3, 'dòng 4, cột "period"', 'dòng 4, cột "decided"', *row_5]
    assert places == [*expected, 'dòng 6, cột "form"', "dòng 8"]
    assert all(fault.en != fault.vi for fault in caught.value.faults)


def test_a_figure_is_decided_once_but_may_be_decided_anew_when_the_unit_sends_another() -> None:
    with pytest.raises(DefinitionError):
        parse_decisions([COLUMNS, line(**MEND), line(**{**MEND, "reported": "1,0", "decided": "4"})])
    assert len(parse_decisions([COLUMNS, line(**MEND), line(**{**MEND, "reported": "7"})])) == 2


def test_a_broken_file_ends_in_2(tmp_path: Path) -> None:
    from pipeline.cli import main

    run.init(tmp_path / "w", "")
    (tmp_path / "w" / FILE).write_text("period,kind\n2020,force\n", encoding="utf-8")
    assert main(["--workspace", str(tmp_path / "w"), "status"]) == 2


def test_edits_see_the_figure_decided_and_the_submission_keeps_what_was_reported(at: Workspace) -> None:
    returned(at, WRONG)
    before = looked(at)
    assert (statuses(before), total(before, "X01.nu.tong")) == ({"U1.xlsx": "rejected"}, 1)
    results = looked(decided(at, MEND))
    assert statuses(results) == {"U1.xlsx": "accepted"}
    assert total(results, "X01.nu.tong") == 2
    assert observed(results, "X01.nu.tong") == ("2", "1", "adjusted")
    assert observed(results, "X01.nam.tong") == ("3", "", "reported")
    assert results.by_unit["U1"].entries[key("X01.nu.tong")].raw == 1.0
    note = only(results.findings, "adjusted")
    assert (note.severity, note.file, note.value, note.expected) == ("info", U1, "1", "2")
    assert note.cells == (before.submissions[0].entries[key("X01.nu.tong")].cell,)
    assert '"1", tính là 2 theo quyết định: đã gọi điện (Lan, 10/12/2020)' in message(note)
    assert 'reported "1", counted as 2 by decision: đã gọi điện (Lan, 10/12/2020)' in message(note, "en")


def test_a_blank_and_a_refused_cell_can_be_decided(at: Workspace) -> None:
    returned(at, {"X01.ca.tong": 5.0, "X01.nam.tong": "khoảng 3"})
    assert statuses(looked(at)) == {"U1.xlsx": "rejected"}
    refused = {**ADJUST, "indicator": "nam", "reported": "khoảng 3", "decided": "3"}
    results = looked(decided(at, {**ADJUST, "decided": "2"}, refused))
    assert statuses(results) == {"U1.xlsx": "accepted"}
    assert "approximate" not in ids(results.findings)
    assert observed(results, "X01.nu.tong") == ("2", "", "adjusted")
    assert observed(results, "X01.nam.tong") == ("3", "khoảng 3", "adjusted")
    assert [total(results, f"X01.{code}.tong") for code in ("ca", "nam", "nu")] == [5, 3, 2]
    assert all(f.cells for f in results.findings if f.id == "adjusted")


@pytest.mark.parametrize("reported", ["2.43", "2,43"])
def test_a_refused_number_is_the_same_in_either_notation(at: Workspace, reported: str) -> None:
    returned(at, {**GOOD, "X01.ca.tong": 2.43, "X01.nam.tong": 2000.0, "X01.nu.tong": 430.0})
    assert "thousands-lost" in ids(looked(at).findings)
    results = looked(decided(at, {**ADJUST, "indicator": "ca", "reported": reported, "decided": "2.430"}))
    assert statuses(results) == {"U1.xlsx": "accepted"}
    assert observed(results, "X01.ca.tong") == ("2430", "2.43", "adjusted")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"reported": "9"}, 'cột "reported": ô này nay là "1", không phải "9"'),
        ({"reported": ""}, 'cột "reported": ô này nay là "1", không phải để trống'),
        ({"unit": "U2"}, 'cột "unit": đơn vị chưa có bộ biểu nào được tính'),
        ({"file": "inbox/2020/cu.xlsx"}, f'cột "file": tệp được tính nay là {U1}'),
    ],
)
def test_what_changed_since_is_not_adjusted(at: Workspace, change: Mapping[str, str], said: str) -> None:
    returned(at, WRONG)
    results = looked(decided(at, {**MEND, **change}))
    stale = only(results.findings, "decision-stale")
    assert (stale.severity, stale.file) == ("soft", FILE)
    assert f"decisions.csv: dòng 2, {said}" in message(stale)
    assert total(results, "X01.nu.tong") == 1
    assert statuses(results) == {"U1.xlsx": "rejected"}
    assert "adjusted" not in ids(results.findings)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"unit": "G22"}, 'cột "unit": "G22" không có trong danh bạ ngày 25/11/2020. Có phải "G'),
        ({"form": "X1"}, 'cột "form": biểu "X1" không thuộc bộ biểu của U1 ở kỳ này. Có phải "X01"?'),
        ({"indicator": "num"}, 'cột "indicator": không có chỉ tiêu "num". Có phải "nu"?'),
        ({"measure": "tog"}, 'cột "measure": chỉ tiêu "nu" không có cột "tog". Có phải "tong"?'),
        ({"measure": "ty_le"}, 'cột "measure": đơn vị không tự điền'),
        ({"measure": "ghi_chu"}, 'cột "measure": đơn vị không tự điền'),
        ({"kind": "set-aside", "file": "inbox/2020/U1.xls"}, f'Có phải "{U1}"?'),
        ({"kind": "force", "file": "inbox/2019/U1.xlsx"}, "không có tệp"),
    ],
)
def test_a_decision_about_nothing_known_names_its_row_and_stops_nothing(
    at: Workspace, change: Mapping[str, str], said: str
) -> None:
    returned(at, GOOD)
    about = change if "kind" in change else {**MEND, **change}
    results = looked(decided(at, about))
    unknown = only(results.findings, "decision-unknown")
    assert (unknown.severity, unknown.file) == ("soft", FILE)
    assert "decisions.csv: dòng 2, " in message(unknown)
    assert said in message(unknown)
    assert statuses(results) == {"U1.xlsx": "accepted"}
    assert total(results, "X01.nu.tong") == 2


@pytest.mark.parametrize("figure", ["2,5", "99999999999999999"])
def test_a_figure_that_the_column_does_not_admit_is_not_put_in(at: Workspace, figure: str) -> None:
    returned(at, WRONG)
    results = looked(decided(at, {**MEND, "decided": figure}))
    assert 'cột "decided"' in message(only(results.findings, "decision-unfit"))
    assert total(results, "X01.nu.tong") == 1


def test_another_period_decides_nothing_here_but_stands_in_the_figures_before(tmp_path: Path) -> None:
    prev = Period.parse("2019")
    rule = edit("ca - prev(ca) <= 100", severity='"soft"')
    forms = load(tmp_path / "forms", form(row("ca"), edits=[rule]))
    plain = workspace(tmp_path, forms, more=[prev])
    at = decided(plain, {**MEND, "period": "2019", "indicator": "ca", "reported": "900", "decided": "9"})
    package(at.inbox(prev) / "U1.xlsx", at, "U1", {"X01.ca.tong": 900.0}, period=prev)
    returned(at, {"X01.ca.tong": 10.0})
    results = looked(at)
    assert not [one for one in ids(results.findings) if one.startswith(("adjusted", "decision"))]
    assert results.earlier["U1"][key("X01.ca.tong")] == 9


def test_a_row_of_a_list_can_be_adjusted(at: Workspace) -> None:
    rows = (ListRow("G11", {"ma": "G11", "ten": "A", "so_ld": 40.0, "so_dv": 30.0}),)
    returned(at, GOOD, lists={"L01": rows})
    one = {**ADJUST, "form": "L01", "indicator": "G11", "measure": "so_ld", "reported": "40", "decided": "44"}
    blank = {**one, "measure": "quy", "reported": "", "decided": "1.000.000"}
    results = looked(decided(at, one, blank, {**one, "indicator": "G1", "measure": "so_dv"}))
    assert observed(results, "L01.G11.so_ld") == ("44", "40", "adjusted")
    assert total(results, "L01..so_ld") == 44
    assert total(results, "L01..quy") == 1_000_000
    assert [f.cells != () for f in results.findings if f.id == "adjusted"] == [True, True]
    assert 'không có dòng "G1". Có phải "G11"?' in message(only(results.findings, "decision-unknown"))


def test_a_file_set_aside_does_not_count_and_its_findings_are_not_written(at: Workspace) -> None:
    returned(at, GOOD)
    returned(at, WRONG, "U1-b", received=LATER)
    (at.inbox(YEAR) / "ghi chú.xlsx").write_bytes(b"x")
    apart = [{"kind": "set-aside", "file": file} for file in (U1B, "./inbox/2020/ghi chú.xlsx")]
    results = looked(decided(at, *apart))
    assert statuses(results) == {"U1.xlsx": "accepted", "U1-b.xlsx": "set-aside", "ghi chú.xlsx": "set-aside"}
    assert {s.reason for s in results.submissions if s.status == "set-aside"} == {"đã gọi điện (Lan, 10/12/2020)"}
    assert not [f for f in results.findings if f.severity == "hard"]
    assert total(results, "X01.nu.tong") == 2
    alone = looked(decided(at, *apart, {"kind": "set-aside", "file": U1}))
    assert alone.status_of("U1") == "missing"


def test_a_file_forced_counts_although_a_later_one_came(at: Workspace) -> None:
    returned(at, GOOD)
    returned(at, WRONG, "U1-b", received=LATER)
    assert statuses(looked(at)) == {"U1.xlsx": "superseded", "U1-b.xlsx": "rejected"}
    results = looked(decided(at, {"kind": "force", "file": U1, "unit": "U1"}))
    assert statuses(results) == {"U1.xlsx": "accepted", "U1-b.xlsx": "superseded"}
    note = only(results.findings, "forced")
    assert (note.severity, note.file, note.value) == ("info", U1, U1B)
    assert "đã gọi điện (Lan, 10/12/2020)" in message(note)


@pytest.mark.parametrize(("unit", "name"), [("U2", "U1"), ("", "trống")])
def test_what_is_forced_must_still_be_valid(at: Workspace, unit: str, name: str) -> None:
    returned(at, GOOD)
    returned(at, {}, "trống")
    returned(at, WRONG, "U1-b", received=LATER)
    results = looked(decided(at, {"kind": "force", "file": f"inbox/2020/{name}.xlsx", "unit": unit}))
    assert statuses(results) == {"U1.xlsx": "superseded", "U1-b.xlsx": "rejected", "trống.xlsx": "quarantined"}
    assert only(results.findings, "decision-unfit").severity == "soft"
    assert "forced" not in ids(results.findings)


def test_of_two_files_forced_the_later_counts_and_the_other_is_named(at: Workspace) -> None:
    returned(at, GOOD)
    returned(at, WRONG, "U1-b", received=LATER)
    results = looked(decided(at, {"kind": "force", "file": U1}, {"kind": "force", "file": U1B}))
    assert only(results.findings, "forced").file == U1B
    assert U1B in message(only(results.findings, "decision-unfit"))


def test_only_accepted_counts_a_return_that_a_decision_mended(at: Workspace) -> None:
    returned(at, WRONG)
    assert total(looked(at, only_accepted=True), "X01.nu.tong") is None
    assert total(looked(decided(at, MEND), only_accepted=True), "X01.nu.tong") == 2


def test_every_decision_stands_in_what_people_read(at: Workspace) -> None:
    returned(at, WRONG)
    returned(at, GOOD, "U1-b", received=LATER)
    decided_at = decided(at, {**MEND, "reason": "lý do một"}, {"kind": "set-aside", "file": U1B, "reason": "lý do hai"})
    results = run.consolidate(decided_at, YEAR)
    out = at.output(YEAR)
    for name, reasons in {
        "tong-hop-2020.xlsx": ("lý do một", "lý do hai"),
        "doi-chieu-2020.xlsx": ("lý do một",),
        "phan-hoi/U1.xlsx": ("lý do một",),
    }.items():
        book = CalamineWorkbook.from_path(out / name)
        said = " ".join(str(book.get_sheet_by_name(sheet).to_python()) for sheet in book.sheet_names)
        assert all(f"{reason} (Lan, 10/12/2020)" in said for reason in reasons), name
    lines = " ".join(one.vi for one in run.consolidate_report(results, ()))
    assert "1 số liệu điều chỉnh, 0 tệp buộc tính, 1 tệp để riêng; 0 quyết định không áp dụng được" in lines


def test_what_a_forced_file_replaced_says_so(at: Workspace) -> None:
    returned(at, GOOD)
    returned(at, WRONG, "U1-b", received=LATER)
    run.consolidate(decided(at, {"kind": "force", "file": U1}), YEAR)
    sheet = CalamineWorkbook.from_path(at.output(YEAR) / "tong-hop-2020.xlsx").get_sheet_by_name("Tình hình nộp")
    assert "tính theo quyết định: U1.xlsx" in str(sheet.to_python())


def test_the_unit_gets_back_what_it_sent_not_what_was_decided(at: Workspace) -> None:
    figures: Mapping[str, float | str] = {"X01.ca.tong": 5.0, "X01.nu.tong": 1.0}
    returned(at, figures)
    run.consolidate(decided(at, MEND, {**ADJUST, "indicator": "nam", "decided": "3"}), YEAR)
    again = run.check(at, [at.output(YEAR) / "phan-hoi" / "U1.xlsx"])
    assert "edit-equal" not in ids(again)
    shutil.copy(at.output(YEAR) / "phan-hoi" / "U1.xlsx", at.inbox(YEAR) / "U1.xlsx")
    entries = looked(at).by_unit["U1"].entries
    assert {str(k.indicator): e.value for k, e in entries.items() if k.measure == "tong"} == {"ca": 5, "nu": 1}


def test_the_same_decisions_give_the_same_bytes(at: Workspace) -> None:
    returned(at, WRONG)
    returned(at, GOOD, "U1-b", received=LATER)
    decided_at = decided(at, MEND, {"kind": "force", "file": U1})

    def made() -> dict[str, str]:
        run.consolidate(decided_at, YEAR)
        files = [path for path in sorted(at.output(YEAR).rglob("*")) if path.is_file()]
        found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
        shutil.rmtree(at.output(YEAR))
        return found

    assert made() == made()


def test_a_file_is_checked_with_the_figures_that_were_decided_for_its_unit(at: Workspace) -> None:
    returned(at, WRONG)
    path = at.inbox(YEAR) / "U1.xlsx"
    assert "X-1" in ids(run.check(at, [path]))
    other = {**MEND, "unit": "U2"}
    found = run.check(decided(at, MEND, other), [path])
    assert "X-1" not in ids(found)
    assert [finding.unit for finding in found if finding.id == "adjusted"] == ["U1"]
    assert not any(finding.id.startswith("decision-") for finding in found)
