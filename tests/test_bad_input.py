"""What goes wrong in an inbox: one clear sentence with the file's name and what to do, all others consolidated."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import xlsxwriter
from click.testing import CliRunner
from openpyxl import load_workbook

from pipeline.cli import build, main
from pipeline.contents import content_of
from pipeline.demo_returns import filled, moment, write_return
from pipeline.files import lock
from pipeline.init import init
from pipeline.messages import message
from pipeline.obligations import obligations
from pipeline.run import consolidate, workspace_at
from pipeline.workspace import Workspace
from schemas.form import Key

MEMBERS = Key("B01", "sl_doan_vien", "tong")


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """An office with one good return, from LC-02: 2,080 members."""
    made = workspace_at(init(tmp_path / "văn phòng"))
    put(made, "LC-02", "LC-02.xlsx", {MEMBERS: 2080.0})
    return made


def put(workspace: Workspace, unit: str, name: str, entries: dict[Key, float | str], order: int = 0) -> Path:
    owed = obligations(workspace, workspace.settings.current_period)
    blank = content_of(workspace, owed, owed.tree.unit(unit), {}, {})
    path = workspace.inbox(owed.period) / name
    write_return(path, filled(blank, dict(entries)), moment(2020, 12, 1, order))
    return path


def inbox(workspace: Workspace) -> Path:
    return workspace.inbox(workspace.settings.current_period)


def not_a_workbook(folder: Path) -> None:
    (folder / "thư.xlsx").write_text("Kính gửi", encoding="utf-8")


def a_pdf(folder: Path) -> None:
    (folder / "thư.xlsx").write_bytes(b"%PDF-1.7\n" + b"0" * 100)


def empty(folder: Path) -> None:
    (folder / "thư.xlsx").write_bytes(b"")


def truncated(folder: Path) -> None:
    data = (folder / "LC-02.xlsx").read_bytes()
    (folder / "thư.xlsx").write_bytes(data[: len(data) * 2 // 3])


def a_folder(folder: Path) -> None:
    (folder / "thư.xlsx").mkdir()


def not_ours(folder: Path) -> None:
    book = xlsxwriter.Workbook(folder / "thư.xlsx")
    book.add_worksheet().write(0, 0, "của người khác")
    book.close()


def a_stray_cell(folder: Path) -> None:
    book = xlsxwriter.Workbook(folder / "thư.xlsx")
    sheet = book.add_worksheet("Trang")
    sheet.write(0, 0, 1)
    sheet.write(1048575, 16383, 1)
    book.close()


@pytest.mark.parametrize(
    ("spoil", "finding_id"),
    [
        (not_a_workbook, "not-a-workbook"),
        (a_pdf, "not-a-workbook"),
        (empty, "empty-file"),
        (truncated, "damaged"),
        (a_folder, "not-a-file"),
        (not_ours, "no-identity"),
        (a_stray_cell, "stray-cell"),
    ],
)
def test_a_bad_file_is_one_clear_sentence_and_the_rest_is_consolidated(
    workspace: Workspace, spoil: object, finding_id: str
) -> None:
    assert callable(spoil)
    spoil(inbox(workspace))
    results = consolidate(workspace)
    (finding,) = [f for f in results.findings if f.file.endswith("thư.xlsx")]
    assert (finding.id, finding.severity) == (finding_id, "hard")
    for lang in ("vi", "en"):
        said = message(finding, lang)
        assert said.startswith("inbox/2020/thư.xlsx: ")
        assert said.endswith(f"[{finding_id}]")
        assert said.count(". ") >= 1
    (submission,) = [s for s in results.submissions if s.file.endswith("thư.xlsx")]
    assert submission.status == "quarantined"
    assert results.rollup.value.of("LC", MEMBERS) == 2080
    assert results.worst == "hard"


def test_another_period_an_unknown_unit_and_an_empty_package_are_set_apart(workspace: Workspace) -> None:
    owed = obligations(workspace, workspace.settings.current_period)
    blank = content_of(workspace, owed, owed.tree.unit("LC-01"), {}, {})
    good = filled(blank, {MEMBERS: 5.0})
    write_return(inbox(workspace) / "a.xlsx", replace(good, period="2019"), moment(2020, 12, 1, 1))
    write_return(inbox(workspace) / "b.xlsx", replace(good, unit="LC-77"), moment(2020, 12, 1, 2))
    write_return(inbox(workspace) / "c.xlsx", blank, moment(2020, 12, 1, 3))
    results = consolidate(workspace)
    assert {Path(s.file).name: (s.status, s.reason) for s in results.submissions} == {
        "LC-02.xlsx": ("accepted", ""),
        "a.xlsx": ("quarantined", "wrong-period"),
        "b.xlsx": ("quarantined", "unknown-unit"),
        "c.xlsx": ("quarantined", "no-figures"),
    }
    assert results.status_of("LC-01") == "missing"
    assert results.rollup.value.of("LC", MEMBERS) == 2080


def test_lock_files_are_ignored(workspace: Workspace) -> None:
    (inbox(workspace) / "~$LC-02.xlsx").write_bytes(b"\x00" * 165)
    assert [Path(s.file).name for s in consolidate(workspace).submissions] == ["LC-02.xlsx"]


def test_of_two_files_of_a_unit_the_later_counts_and_the_other_is_listed(workspace: Workspace) -> None:
    put(workspace, "LC-02", "LC-02 (1).xlsx", {MEMBERS: 2081.0}, order=5)
    results = consolidate(workspace)
    assert results.rollup.value.of("LC", MEMBERS) == 2081
    assert {Path(s.file).name: s.status for s in results.submissions} == {
        "LC-02 (1).xlsx": "accepted",
        "LC-02.xlsx": "superseded",
    }


def test_a_misspelt_code_in_a_form_ends_with_2_and_names_file_table_and_code(workspace: Workspace) -> None:
    form = workspace.root / "schemas" / "forms" / "B01.toml"
    form.write_text(form.read_text(encoding="utf-8").replace("sl_dv_nam + sl_dv_nu", "sl_dv_nma + sl_dv_nu"), "utf-8")
    for arguments in (["consolidate"], ["forms"], ["--lang", "en", "status"]):
        assert main(["--workspace", str(workspace.root), *arguments]) == 2
    result = CliRunner().invoke(build("vi"), ["--workspace", str(workspace.root), "forms"])
    assert "B01.toml, bảng B01, edit B01-E01" in str(result.exception)
    assert 'có phải là "sl_dv_nam"?' in str(result.exception)


def test_an_output_folder_that_cannot_be_written_ends_with_2(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.rmtree(workspace.root / "output")
    (workspace.root / "output").write_text("không phải thư mục", encoding="utf-8")
    assert main(["--workspace", str(workspace.root), "consolidate"]) == 2
    assert "Không ghi được" in capsys.readouterr().err
    assert (workspace.root / "output").read_text(encoding="utf-8") == "không phải thư mục"


def test_a_second_run_at_the_same_time_is_told_who_holds_the_workspace(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    with lock(workspace.root / ".tonghop"):
        assert main(["--workspace", str(workspace.root), "consolidate"]) == 2
    assert "đang được dùng bởi" in capsys.readouterr().err
    assert main(["--workspace", str(workspace.root), "--quiet", "consolidate"]) == 0


def test_a_file_open_in_excel_stops_the_run_before_anything_is_written(
    workspace: Workspace, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    main(["--workspace", str(workspace.root), "--quiet", "consolidate"])
    book = workspace.output(workspace.settings.current_period) / "tong-hop-2020.xlsx"
    before = book.read_bytes()
    opened = Path.open

    def as_windows(path: Path, mode: str = "r", *rest: object, **more: object) -> object:
        if path == book and "+" in mode:
            raise PermissionError(13, "in use")
        return opened(path, mode, *rest, **more)  # type: ignore[call-overload]

    put(workspace, "LC-01", "LC-01.xlsx", {MEMBERS: 1.0}, order=1)
    monkeypatch.setattr(Path, "open", as_windows)
    assert main(["--workspace", str(workspace.root), "consolidate"]) == 2
    said = capsys.readouterr().err
    assert "tong-hop-2020.xlsx: tệp đang mở trong Excel" in said
    assert book.read_bytes() == before


def test_the_program_s_own_fault_is_3_with_a_log_and_no_traceback(
    workspace: Workspace, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(workspace.root)
    monkeypatch.setattr("pipeline.run.returns_of", lambda *_: 1 / 0)
    assert main(["consolidate"]) == 3
    said = capsys.readouterr().err
    assert "Traceback" not in said
    (log,) = (workspace.root / ".tonghop").glob("tonghop-loi-*.log")
    assert str(log) in said
    assert "ZeroDivisionError" in log.read_text(encoding="utf-8")


def test_a_cell_that_shows_an_error_is_refused_at_its_place_not_taken_for_blank(workspace: Workspace) -> None:
    path = inbox(workspace) / "LC-02.xlsx"
    book = load_workbook(path)
    book["B01"]["E12"].value = "#DIV/0!"
    assert book["B01"]["E12"].data_type == "e"
    book.save(path)
    results = consolidate(workspace)
    (finding,) = [f for f in results.findings if f.id == "error-value"]
    assert (finding.severity, finding.sheet, finding.cells, finding.indicator) == ("hard", "B01", ("E12",), "sl_dv_nu")
    assert results.rollup.value.of("LC", MEMBERS) == 2080
    assert results.rollup.value.of("LC", Key("B01", "sl_dv_nu", "tong")) is None
