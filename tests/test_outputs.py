"""What a run writes: live formulas with right values, the same bytes each time, text that stays text."""

from __future__ import annotations

import csv
import hashlib
import re
import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zipfile import ZipFile

import pytest
from builders import RECEIVED
from conftest import Recalculate
from openpyxl import load_workbook
from python_calamine import CalamineWorkbook

from pipeline.contents import content_of
from pipeline.demo import Demo
from pipeline.demo_returns import filled, moment, write_return
from pipeline.obligations import obligations
from pipeline.rows import COLUMNS
from pipeline.run import consolidate
from schemas.form import Key

BOOKS = ("tong-hop-2020.xlsx", "phu-luc-2020.xlsx", "doi-chieu-2020.xlsx", "phan-hoi/LC-21.xlsx", "phan-hoi/LC-05.xlsx")


def output(demo: Demo) -> Path:
    return demo.workspace.output(demo.results.owed.period)


def rollup(folder: Path) -> dict[tuple[str, ...], dict[str, str]]:
    with (folder / "data" / "rollup.csv").open(encoding="utf-8-sig", newline="") as file:
        return {(row["unit"], row["indicator"], row["measure"]): row for row in csv.DictReader(file)}


def cells(path: Path) -> dict[tuple[str, int, int], object]:
    book = CalamineWorkbook.from_path(path)
    return {
        (name, i, j): value
        for name in book.sheet_names
        for i, row in enumerate(book.get_sheet_by_name(name).to_python(skip_empty_area=False))
        for j, value in enumerate(row)
    }


def formulas(path: Path) -> set[tuple[str, int, int]]:
    book = load_workbook(path)
    return {
        (sheet.title, cell.row - 1, cell.column - 1)
        for sheet in book
        for row in sheet.iter_rows()
        for cell in row
        if cell.data_type == "f"
    }


def digests(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_every_formula_recalculates_to_the_value_it_was_written_with(demo: Demo, recalculate: Recalculate) -> None:
    paths = [output(demo) / name for name in BOOKS]
    for path, again in zip(paths, recalculate(paths), strict=True):
        before, after, live = cells(path), cells(again), formulas(path)
        assert bool(live) == (path.name.startswith("tong-hop") or path.parent.name == "phan-hoi")
        for place in live:
            was, now = before.get(place, ""), after.get(place, "")
            if isinstance(was, float) and isinstance(now, float):
                assert now == pytest.approx(was, rel=1e-12), (path.name, place)
            else:
                assert was == now, (path.name, place)


def test_a_wrong_value_in_a_large_workbook_does_not_survive_recalculation(
    tmp_path: Path, demo: Demo, recalculate: Recalculate
) -> None:
    path = tmp_path / "tong-hop-2020.xlsx"
    right = int(demo.results.rollup.value.of("LC", Key("B01", "sl_cnvcld", "tong")) or 0)
    with ZipFile(output(demo) / path.name) as old, ZipFile(path, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name.startswith("xl/worksheets/sheet"):
                data = re.sub(rb"<v>%d(\.0)?</v>" % right, b"<v>%d</v>" % (right - 1), data)
            new.writestr(name, data)
    assert right - 1 in cells(path).values()
    (again,) = recalculate([path])
    assert right - 1 not in cells(again).values()
    assert right in cells(again).values()


def test_totals_in_the_workbook_equal_the_rollup_and_are_formulas(demo: Demo) -> None:
    path = output(demo) / "tong-hop-2020.xlsx"
    values, live, rolled = cells(path), formulas(path), rollup(output(demo))
    rows = demo.workspace.forms.by_id["B01"].tables[0].indicators
    words = [row.label.vi for row in rows]
    labels = {row.label.vi: row.code for row in rows if words.count(row.label.vi) == 1}
    checked = 0
    for (sheet, i, j), label in values.items():
        if sheet == "B01" and j == 1 and label in labels:
            row = rolled["LC", labels[str(label)], "tong"]
            shown = values.get((sheet, i, 3), "")
            assert (shown == "" and row["value"] == "") or float(row["value"]) == shown
            assert ((sheet, i, 3) in live) == (row["method"] != "REG")
            checked += 1
    assert checked > 25


def test_a_missing_figure_is_blank_and_the_total_says_of_how_many(demo: Demo) -> None:
    values = cells(output(demo) / "tong-hop-2020.xlsx")
    head = next(i for (sheet, i, j), value in values.items() if sheet == "B01" and value == "Toàn tỉnh" and j == 3)
    names = {values["B01", head, j]: j for j in range(30) if values.get(("B01", head, j))}
    members = next(i for (sheet, i, j), v in values.items() if sheet == "B01" and v == "Tổng số đoàn viên công đoàn")
    assert values["B01", members, names["Phong Thổ"]] == ""
    assert values["B01", members, names["Số đơn vị có số liệu"]] == "9/11 (8 phải sửa)"
    assert values["B01", members, 3] == sum(
        float(str(values["B01", members, j])) for j in names.values() if j > 5 and values["B01", members, j] != ""
    )


def test_the_same_inputs_give_the_same_bytes(demo: Demo) -> None:
    before, inbox = digests(output(demo)), digests(demo.workspace.inbox(demo.results.owed.period))
    shutil.rmtree(output(demo))
    consolidate(demo.workspace, "2020")
    assert digests(output(demo)) == before
    assert digests(demo.workspace.inbox(demo.results.owed.period)) == inbox
    assert len(before) > 15


def test_csv_files_have_their_columns_in_order_and_a_bom(demo: Demo) -> None:
    for name, columns in COLUMNS.items():
        data = (output(demo) / "data" / f"{name}.csv").read_bytes()
        assert data.startswith(b"\xef\xbb\xbf")
        assert data.decode("utf-8-sig").splitlines()[0] == ",".join(columns)
        assert len(demo.results.frame(name)) == len(list(csv.reader(data.decode("utf-8-sig").splitlines()))) - 1


def test_each_observation_names_the_cell_it_came_from(demo: Demo) -> None:
    with (output(demo) / "data" / "observations.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["unit"] in ("LC-21", "LC-03")]
    for path in {row["source_file"] for row in rows}:
        here = load_workbook(demo.workspace.root / path)
        digest = hashlib.sha256((demo.workspace.root / path).read_bytes()).hexdigest()
        for row in (row for row in rows if row["source_file"] == path):
            stood = here[row["source_sheet"]][row["source_cell"]].value
            assert row["source_sha256"] == digest
            if row["status"] == "refused":
                assert row["value"] == ""
                assert row["text"]
            elif row["value"] and not isinstance(stood, str):
                assert float(row["value"]) == stood
    refused = [row for row in rows if row["status"] == "refused"]
    assert [(row["unit"], row["indicator"], row["text"]) for row in refused] == [("LC-03", "sl_doan_vien", "2,43")]


def test_a_return_sent_back_unchanged_reads_to_the_same_figures(demo: Demo) -> None:
    from pipeline.read import read_files

    for unit in ("LC-21", "LC-05"):
        (again,) = read_files([output(demo) / "phan-hoi" / f"{unit}.xlsx"], demo.workspace.root, demo.workspace.forms)
        first = demo.results.by_unit[unit]
        assert again.unit == unit
        for key, entry in first.entries.items():
            if entry.own:
                read = again.entries[key]
                assert (read.value, read.refusal, read.shown) == (entry.value, entry.refusal, entry.shown)


def test_text_of_a_unit_stays_text_everywhere(tmp_path: Path, demo: Demo) -> None:
    shutil.copytree(demo.workspace.root, tmp_path / "w", ignore=shutil.ignore_patterns("inbox", "output", ".tonghop"))
    workspace = replace(demo.workspace, root=tmp_path / "w")
    owed = obligations(workspace, demo.results.owed.period)
    nasty = ('=HYPERLINK("http://x","y")', "+1+1", "-2", "@SUM(1)", "<b>&amp;</b>", "dòng 1\ndòng 2", "x" * 30_000)
    blank = content_of(workspace, owed, owed.tree.unit("LC-02"), {}, {})
    notes = [cell.key for cell in workspace.forms.cells.values() if cell.role == "note"][: len(nasty)]
    entries = {Key("B01", "sl_doan_vien", "tong"): 10.0, **dict(zip(notes, nasty, strict=True))}
    entries[Key("B01", "sl_dtts", "tong")] = "=1+1"
    write_return(workspace.inbox(owed.period) / "LC-02.xlsx", filled(blank, entries), RECEIVED)
    results = consolidate(workspace, "2020")
    read = results.by_unit["LC-02"].entries
    assert [read[key].text for key in notes] == list(nasty)
    folder = workspace.output(owed.period)
    for path in folder.rglob("*.xlsx"):
        book = load_workbook(path)
        for sheet in book:
            for row in sheet.iter_rows():
                for cell in row:
                    assert not (cell.data_type == "f" and str(cell.value) in ("=1+1", nasty[0]))


def test_a_mended_return_takes_its_annotated_file_away(tmp_path: Path, demo: Demo) -> None:
    shutil.copytree(demo.workspace.root, tmp_path / "w", ignore=shutil.ignore_patterns(".tonghop"))
    workspace = replace(demo.workspace, root=tmp_path / "w")
    assert (workspace.output(demo.results.owed.period) / "phan-hoi" / "LC-08.xlsx").is_file()
    clean = workspace.inbox(demo.results.owed.period) / "LC-02.xlsx"
    (workspace.inbox(demo.results.owed.period) / "LC-08.xlsx").unlink()
    assert clean.is_file()
    consolidate(workspace, "2020")
    assert not (workspace.output(demo.results.owed.period) / "phan-hoi" / "LC-08.xlsx").exists()


def test_units_are_rows_where_they_are_many(tmp_path: Path, demo: Demo, recalculate: Recalculate) -> None:
    shutil.copytree(demo.workspace.root, tmp_path / "w", ignore=shutil.ignore_patterns("inbox", "output", ".tonghop"))
    register = tmp_path / "w" / "schemas" / "units.csv"
    lines = register.read_text(encoding="utf-8-sig").splitlines()
    direct = [re.sub(r",grassroots,LC-\d\d,", ",grassroots,LC,", line) for line in lines if ",upper," not in line]
    register.write_text("\n".join(direct[:45]), encoding="utf-8-sig")
    settings = tmp_path / "w" / "tonghop.toml"
    settings.write_text(settings.read_text(encoding="utf-8").replace('["upper"]', '["grassroots"]'), encoding="utf-8")
    from pipeline.run import workspace_at

    workspace = workspace_at(tmp_path / "w")
    owed = obligations(workspace, workspace.settings.current_period)
    units = list(owed.owed)
    assert len(units) > 30
    for i, unit in enumerate(units[:-1]):
        blank = content_of(workspace, owed, owed.tree.unit(unit), {}, {})
        entries: dict[Key, float | str] = {Key("B01", "sl_doan_vien", "tong"): float(10 + i)}
        write_return(workspace.inbox(owed.period) / f"{unit}.xlsx", filled(blank, entries), RECEIVED)
    results = consolidate(workspace)
    key = Key("B01", "sl_doan_vien", "tong")
    assert results.rollup.value.of("LC", key) == sum(range(10, 10 + len(units) - 1))
    path = workspace.output(owed.period) / "tong-hop-2020.xlsx"
    (again,) = recalculate([path])
    before, after = cells(path), cells(again)
    live = formulas(path)
    assert any(place[0] == "B01" for place in live)
    for place in live:
        assert before.get(place, "") == pytest.approx(after.get(place, ""))
    first_column = [value for (sheet, _, j), value in before.items() if sheet == "B01" and j == 0]
    assert [value for value in first_column if value in units] == units


def test_no_printed_page_hides_a_number_or_is_empty(tmp_path: Path, demo: Demo) -> None:
    soffice, reader = shutil.which("soffice"), shutil.which("pdftotext")
    if soffice is None or reader is None:
        pytest.skip("needs LibreOffice and poppler")
    paths = [output(demo) / name for name in BOOKS]
    profile = f"-env:UserInstallation=file://{tmp_path / 'profile'}"
    command = [soffice, profile, "--headless", "--convert-to", "pdf", "--outdir", str(tmp_path), *map(str, paths)]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    for path in paths:
        text = subprocess.run(
            [reader, "-layout", str(tmp_path / f"{path.stem}.pdf"), "-"], check=True, capture_output=True, text=True
        ).stdout
        pages = text.split("\f")[:-1]
        assert pages
        assert "###" not in text
        assert all(len(page.split()) > 12 for page in pages), path.name


def test_received_after_the_due_date_is_late_by_the_day_in_vietnam(demo: Demo) -> None:
    submission = demo.results.by_unit["LC-21"]
    edge = replace(submission, received_at=datetime(2020, 12, 5, 17, 30, tzinfo=UTC))
    assert f"{edge.received_day:%d/%m/%Y}" == "06/12/2020"


def test_what_units_wrote_beside_their_figures_is_listed(tmp_path: Path, demo: Demo) -> None:
    shutil.copytree(demo.workspace.root, tmp_path / "w", ignore=shutil.ignore_patterns("inbox", "output", ".tonghop"))
    workspace = replace(demo.workspace, root=tmp_path / "w")
    owed = obligations(workspace, demo.results.owed.period)
    members, targets = Key("B01", "sl_doan_vien", "ghi_chu"), Key("B03", "ct_03", "ghi_chu")
    for i, unit in enumerate(("LC-21", "LC-02")):
        blank = content_of(workspace, owed, owed.tree.unit(unit), {}, {})
        entries = {Key("B01", "sl_doan_vien", "tong"): 10.0, members: f"lý do của {unit}", targets: "mới"}
        write_return(workspace.inbox(owed.period) / f"{unit}.xlsx", filled(blank, entries), moment(2020, 12, 1, i))
    consolidate(workspace)
    folder = workspace.output(owed.period)
    listed = (
        CalamineWorkbook.from_path(folder / "tong-hop-2020.xlsx").get_sheet_by_name("Ghi chú của đơn vị").to_python()
    )
    assert [row[3:6] for row in listed if row[1] == "B01"] == [
        ["LĐLĐ huyện Tam Đường", "Tổng số: 10", "lý do của LC-02"],
        ["CĐ ngành Y tế", "Tổng số: 10", "lý do của LC-21"],
    ]
    own = CalamineWorkbook.from_path(folder / "phu-luc-2020.xlsx").get_sheet_by_name("LC-21").to_python()
    assert [row[7] for row in own if row[0] == "3"] == ["mới"]


def test_figures_without_those_who_must_correct_say_so(tmp_path: Path, demo: Demo) -> None:
    shutil.copytree(demo.workspace.root, tmp_path / "w", ignore=shutil.ignore_patterns("output", ".tonghop"))
    workspace = replace(demo.workspace, root=tmp_path / "w")
    consolidate(workspace, only_accepted=True)
    for name, sheet in (("tong-hop-2020", "Tình hình nộp"), ("tong-hop-2020", "B01"), ("phu-luc-2020", "Phụ lục I")):
        book = CalamineWorkbook.from_path(workspace.output(demo.results.owed.period) / f"{name}.xlsx")
        text = " ".join(str(value) for row in book.get_sheet_by_name(sheet).to_python() for value in row)
        assert "CHỈ TÍNH đơn vị không còn chỗ phải sửa" in text


def test_a_column_stands_once(demo: Demo) -> None:
    book = CalamineWorkbook.from_path(output(demo) / "tong-hop-2020.xlsx")
    for sheet in ("B01", "B03"):
        (head,) = [row for row in book.get_sheet_by_name(sheet).to_python() if row[:2] == ["TT", "Nội dung"]]
        assert len(set(head)) == len(head)


def test_numbers_of_findings_are_plain_digits_for_programs(demo: Demo) -> None:
    with (output(demo) / "data" / "findings.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = {(row["unit"], row["id"]): (row["value"], row["expected"]) for row in csv.DictReader(file)}
    assert rows["LC-01", "B01-E01"] == ("2195", "2150")
    assert rows["LC-21", "B03-E02"] == ("29", "31")
    assert rows["LC-21", "lost-comma"] == ("027%", "0.27")
