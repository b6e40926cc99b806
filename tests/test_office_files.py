"""Every Office file that a run writes is valid Office Open XML; what a unit sent has no fault that it came without."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from zipfile import ZipFile

import openpyxl
import pytest
from builders import UNITS, YEAR, edit, form, load, package, row, workspace
from lists import line, list_form, send, sheets_of
from office import audited, came_as, office_files
from test_write_returns import with_macros

from pipeline import run
from pipeline.adjust_proposals import proposals
from pipeline.demo import Demo
from pipeline.workspace import Workspace
from pipeline.write_proposals import write_proposals

WRONG = {"X01.ca.tong": 5.0, "X01.nam.tong": 3.0, "X01.nu.tong": "khoảng 1"}
# So many packages of a folder are looked at: one is as the other.
ALIKE = 3


def looked_at(root: Path) -> list[Path]:
    """What the program wrote below: all results, and of many packages issued in a period some."""
    issued = office_files(root / "input_templates")
    folders = {path.parent for path in issued}
    packages = {folder: [path for path in issued if path.parent == folder] for folder in sorted(folders)}
    lists = [path for path in issued if path.stem == "danh-sach-gui"]
    some = [path for inside in packages.values() for path in inside[:ALIKE] if path not in lists]
    return [*office_files(root / "output"), *some, *lists]


def kinds(paths: Sequence[Path]) -> set[str]:
    return {path.name for path in paths} | {path.parent.name for path in paths}


def test_the_files_of_the_demo_are_valid(demo: Demo, tmp_path: Path) -> None:
    root = demo.workspace.root
    write_proposals(tmp_path / "de-xuat-2020.xlsx", demo.results, proposals(demo.results))
    masters = run.masters(replace(demo.workspace, root=tmp_path / "masters"))
    paths = [*looked_at(root), tmp_path / "de-xuat-2020.xlsx", *masters]
    books = {f"{name}-2020.xlsx" for name in ("tong-hop", "phu-luc", "doi-chieu", "don-doc", "de-xuat")}
    assert books | {"phu-luc-2020.docx", "so-lieu-2020.docx", "danh-sach-gui.xlsx", "phan-hoi"} <= kinds(paths)
    came = {back: file for results in demo.runs.values() for back, file in came_as(results).items()}
    assert audited(paths, tmp_path / "files", came) == []


@pytest.fixture
def odd(tmp_path: Path) -> Workspace:
    """A small workspace whose returns went through other programs."""
    own = form(row("ca"), row("nam"), row("nu"), edits=[edit("nam + nu == ca")])
    forms = load(tmp_path / "forms", own, list_form())
    at = workspace(tmp_path, forms, senders=("upper", "grassroots"), units=UNITS)
    inbox = at.inbox(YEAR)
    package(inbox / "U1.xlsx", at, "U1", WRONG)
    with_macros(package(inbox / "U2.xlsx", at, "U2", WRONG))
    saved = package(inbox / "G11.xlsx", at, "G11", WRONG)
    received = saved.stat().st_mtime
    openpyxl.load_workbook(saved).save(saved)
    os.utime(saved, (received, received))
    send(inbox / "G21.xlsx", "G21", forms, {"X01": sheets_of(forms, WRONG)["X01"]})
    lost = sheets_of(forms, WRONG, {"L01": [line("G12", so_dv="khoảng 3")]})
    send(inbox / "G12.xlsx", "G12", forms, {"L01": lost["L01"]})
    return at


def test_the_files_of_an_odd_workspace_are_valid(odd: Workspace, tmp_path: Path) -> None:
    run.templates(odd, YEAR)
    run.masters(odd)
    results = run.consolidate(odd, YEAR)
    run.propose(odd, YEAR)
    built, _ = run.build_package(odd, YEAR, "U1")
    back = came_as(results)
    assert {path.stem for path in back} == {"U1", "G11", "G21"}
    paths = [*looked_at(odd.root), built]
    assert {"U1.xlsx", "U2.xlsx", "de-xuat-2020.xlsx", "phu-luc-2020.docx"} <= kinds(paths)
    assert audited(paths, tmp_path / "files", back) == []


def test_a_period_in_which_nobody_has_sent_has_valid_files(tmp_path: Path) -> None:
    at = workspace(tmp_path, load(tmp_path / "forms", form(row("ca"))))
    run.consolidate(at, YEAR)
    assert audited(office_files(at.root / "output"), tmp_path / "files") == []


@pytest.mark.parametrize(
    ("old", "new"), [(b"<sheetData>", b"<nothing/><sheetData>"), (b"</sheetData>", b"\x01</sheetData>")]
)
def test_what_breaks_the_format_and_what_is_no_xml_are_both_seen(
    demo: Demo, tmp_path: Path, old: bytes, new: bytes
) -> None:
    whole, part = demo.workspace.output(demo.results.owed.period) / "don-doc-2020.xlsx", "xl/worksheets/sheet1.xml"
    with ZipFile(whole) as parts, ZipFile(tmp_path / "x.xlsx", "w") as made:
        for name in parts.namelist():
            data = parts.read(name)
            made.writestr(name, data.replace(old, new, 1) if name == part else data)
    assert any(part in fault for fault in audited([tmp_path / "x.xlsx"], tmp_path / "files"))
