"""A package filled and saved in LibreOffice goes through as if it had been filled in Excel."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from openpyxl import load_workbook

from pipeline.demo import Demo
from pipeline.demo_figures import read_printed, typed_entries
from pipeline.demo_returns import HEALTH, REAL
from pipeline.package import plans_of
from pipeline.read import read_files
from pipeline.run import check


@pytest.fixture(scope="module")
def saved(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The health sector's package with its figures typed in, opened, worked out and saved by LibreOffice."""
    soffice = shutil.which("soffice")
    if soffice is None:
        pytest.skip("needs LibreOffice")
    folder = tmp_path_factory.mktemp("libreoffice")
    issued = demo.workspace.templates / "2020" / f"{HEALTH}.xlsx"
    book = load_workbook(issued)
    plans = plans_of(tuple(demo.results.owed.forms))
    for key, value in typed_entries(read_printed(REAL[HEALTH, "2020"]), demo.results.owed.forms).items():
        book[key.form][plans[key.form].address(key)] = None if value == "" else value
    book.save(folder / "typed.xlsx")
    profile = f"-env:UserInstallation=file://{folder / 'profile'}"
    command = [soffice, profile, "--headless", "--convert-to", "xlsx", "--outdir", str(folder / "saved")]
    subprocess.run([*command, str(folder / "typed.xlsx")], check=True, capture_output=True, timeout=300)
    return folder / "saved" / "typed.xlsx"


def test_it_holds_the_same_figures_at_the_same_cells(demo: Demo, saved: Path) -> None:
    (read,) = read_files([saved], demo.workspace.root, demo.workspace.forms)
    assert (read.unit, read.period, read.status) == (HEALTH, "2020", "accepted")
    first = demo.results.by_unit[HEALTH].entries
    own = {key: (entry.value, entry.text, entry.sheet, entry.cell) for key, entry in first.items() if entry.own}
    assert len(own) > 40
    assert {k: (e.value, e.text, e.sheet, e.cell) for k, e in read.entries.items() if e.own} == own


def test_it_has_the_same_findings(demo: Demo, saved: Path) -> None:
    checked = check(demo.workspace, [saved])
    found = {(f.id, f.cells, f.value, f.expected) for f in checked if f.id not in ("late", "formula-overwritten")}
    # A file by itself has no peers.
    alone = (f for f in demo.results.findings_of(HEALTH) if f.id != "peers-differ")
    before = {(f.id, f.cells, f.value, f.expected) for f in alone}
    assert found == before
    # Printed percentages were typed into cells that had a formula, as the real report has them.
    [over] = [f for f in checked if f.id == "formula-overwritten"]
    assert (over.sheet, over.value, over.cells[0]) == ("B01", "8", "G16")
