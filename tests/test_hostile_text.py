"""Text from units that begins with = + - @, holds markup or control characters, or never ends, is text everywhere."""

from __future__ import annotations

import csv
import os
import re
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import docx
import pytest
from builders import RECEIVED, TARGETS, UNITS, YEAR, blank, edit, form, load, package, row, target, workspace
from docx.oxml.ns import qn
from lists import line, list_form, send, sheets_of
from office import audited, came_as, office_files
from openpyxl import load_workbook
from openpyxl.cell import Cell
from pages import parsed

from pipeline import run
from pipeline.cli import main
from pipeline.init import init
from pipeline.layout import FINDINGS_SHEET
from pipeline.package import write_package
from pipeline.package_lines import ListRow
from pipeline.results import Results
from pipeline.run_propose import make_list
from pipeline.workspace import Workspace, open_workspace
from schemas.decisions import Decision
from schemas.form import Key

MARKUP = "<script>alert(1)</script><b>&amp;'\"]]>_x0041_ {0} %s"
CONTROL = "\x01\x0b\x1b[31m\u2028\u202e\ufffe\U0001f600"
BEGINNINGS = ("=", "+", "-", "@", "\t=", "'=")
DDE = "cmd|'/C calc'!A0"
ENDLESS, STANDS_FOR_IT = "dài " * 10_000, "VÔ TẬN"
MOST = 32_767
"""The characters that Excel keeps in a cell."""
BRIEF = {f"{name}-2020.xlsx" for name in ("tong-hop", "phu-luc", "doi-chieu", "don-doc")} | {"danh-sach-gui.xlsx"}
FRONT = """
headlines = [{ cell = "nu" }, { cell = "ca", label = "Đoàn viên", en = "Members" }]
charts = [{ label = "Theo giới", en = "By sex", cells = ["nam", "nu"] }]
[[table]]"""
RUNS = re.compile(r"cmd\||alert\(")


def hostile(beginning: str = "=") -> str:
    return f"{beginning}{DDE} {MARKUP} {CONTROL}"


def office(root: Path) -> Workspace:
    """A workspace whose register, settings and decisions hold such text."""
    units = [
        replace(one, name=f"{one.code} {hostile(sign)}", short_name=hostile(sign), email=hostile(sign))
        for one, sign in zip(UNITS, BEGINNINGS * 2, strict=False)
    ]

    matrix = form(row("ca"), row("nam"), row("nu"), edits=[edit("nam + nu == ca")])
    aims = form(row("a"), measures=TARGETS, id="X02", senders='"upper"')
    forms = load(root / "forms", matrix.replace("\n[[table]]", FRONT, 1), list_form(), aims)
    at = workspace(root, forms, units=units, senders=("upper", "grassroots"), targets=(target("P", "a", 4),))
    words = dict.fromkeys(("agency", "agency_upper", "place", "signer_name", "signer_title"), hostile())
    settings = replace(at.settings, recipients=(hostile("-"), hostile("+")), **words)  # type: ignore[arg-type]
    decided = Decision(
        *(YEAR, "adjust", "U1", "", "X01", "nam", "tong", "3", 4.0, hostile(), hostile("@"), date(2020, 12, 9), 2)
    )
    return replace(at, settings=settings, decisions=(decided,))


def own_file(at: Workspace) -> None:
    """A package filled with such text: figures, notes, who filled it, the rows of its list."""
    _, content = blank(at, "U1")
    codes = ("ten", "xep_loai", "ngay_tl", "so_ld", "quy", "da_pm")
    rows = [
        ListRow(name, {"ma": name, **dict.fromkeys(codes, hostile(sign)), "so_dv": 3.0})
        for name, sign in (("G11", "="), ("G12", "@"), (f"-{DDE} {MARKUP}", "+"))
    ]
    entries = {
        Key("X01", "ca", "tong"): 5.0,
        Key("X01", "nam", "tong"): 3.0,
        Key("X01", "nu", "tong"): hostile(),
        Key("X01", "ca", "ty_le"): hostile("+"),
        Key("X01", "ca", "ghi_chu"): hostile("@"),
        Key("X01", "nam", "ghi_chu"): STANDS_FOR_IT,
        Key("X02", "a", "thuc_hien"): STANDS_FOR_IT,
    }
    info = {"nguoi_lap": hostile(), "so_dt": hostile("+"), "nguoi_ky": STANDS_FOR_IT}
    path = at.inbox(YEAR) / (f"{DDE[:3]} =1+1 & 'x' [1]#@!%41;," + ("" if os.name == "nt" else '<b>"|') + ".xlsx")
    path.parent.mkdir(parents=True)
    write_package(path, replace(content, entries=entries, info=info, lists={"L01": tuple(rows)}))
    with_endless(path)
    os.utime(path, (RECEIVED.timestamp(), RECEIVED.timestamp()))


def with_endless(path: Path) -> None:
    """The same workbook with more text in some cells than any program lets be typed there."""
    with zipfile.ZipFile(path) as source:
        parts = {name: source.read(name) for name in source.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in parts.items():
            made.writestr(name, data.replace(STANDS_FOR_IT.encode(), ENDLESS.encode()))


def other_files(at: Workspace) -> None:
    """What comes back as a package of today, what is nobody's, what is in an archive, what is no workbook."""
    inbox = at.inbox(YEAR)
    package(inbox / "-2+3.xlsx", at, "G0", {"X01.ca.tong": 4.0, "X01.nam.tong": 1.0, "X01.nu.tong": 3.0})
    lines = [
        line("G21", ten=ENDLESS, so_dv="=1+1", xep_loai="@SUM(A1)"),
        line("=A1_x0001__x001B_", ten="-2+3_x0001_", quy=DDE),
    ]
    sheets = sheets_of(at.forms, {}, {"L01": lines})
    send(inbox / "U2.xlsx", "U2", at.forms, {"L01": sheets["L01"], "=x &<>'": [[DDE, "<b>", 5.0, "@x"]]})
    plain = f"@{DDE} {MARKUP}"
    for i, named in enumerate(({"unit": plain}, {"period": plain}, {"package": plain})):
        send(inbox / f"{i}.xlsx", **{"unit": "G11", "forms": at.forms, "sheets": sheets, **named})  # type: ignore[arg-type]
    with zipfile.ZipFile(inbox / "=gửi.zip", "w") as archive:
        archive.write(inbox / "0.xlsx", "=cmd <b>&'\".xlsx")
    (inbox / "=1+1 & thư.docx").write_bytes(b"PK\x03\x04")


@dataclass(frozen=True)
class Made:
    """What a run, the packages before it and the list of proposals wrote."""

    at: Workspace
    results: Results

    @property
    def files(self) -> list[Path]:
        root = self.at.root
        return office_files(root / "output", root / "input_templates")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    at = office(tmp_path_factory.mktemp("hostile"))
    run.templates(at, YEAR)
    run.masters(at)
    own_file(at)
    other_files(at)
    results = run.consolidate(at, YEAR)
    make_list(at, YEAR, "vi", run.silent)
    return Made(at, results)


def cells(path: Path) -> Iterator[tuple[str, Cell]]:
    for sheet in load_workbook(path):
        for cells_of_row in sheet.iter_rows():
            yield from ((sheet.title, cell) for cell in cells_of_row if isinstance(cell, Cell))


def test_the_files_are_all_there(made: Made) -> None:
    names = {path.relative_to(made.at.root).as_posix() for path in made.files}
    output = {f"output/2020/{name}-2020.xlsx" for name in ("tong-hop", "phu-luc", "doi-chieu", "don-doc", "de-xuat")}
    returned = {f"output/2020/phan-hoi/{code}.xlsx" for code in ("U1", "U2")}
    issued = {f"input_templates/2020/{name}.xlsx" for name in ("U1", "G11", "danh-sach-gui")}
    assert output | returned | issued | {"output/2020/phu-luc-2020.docx"} <= names
    statuses = {submission.status for submission in made.results.submissions}
    assert {"rejected", "quarantined"} <= statuses


def test_no_formula_and_no_link_has_words_of_a_unit(made: Made) -> None:
    for path in made.files:
        with zipfile.ZipFile(path) as parts:
            for name in parts.namelist():
                assert "externalLink" not in name
                told = parts.read(name).decode("utf-8", "replace")
                for formula in re.findall(r"<f\b[^>]*>([^<]*)</f>|<definedName\b[^>]*>([^<]*)<", told):
                    assert not RUNS.search("".join(formula)), (path.name, name)
                assert "ddeLink" not in told
                for to in re.findall(r'<Relationship [^>]*Target="([^"]*)"[^>]*TargetMode="External"', told):
                    there = to.replace("\\", "/")
                    assert re.match(
                        r"(\.\./|file:///\.\./|phan-hoi/|don-doc/|doi-chieu-|gui/|[A-Z0-9]+\.xlsx|mailto:)", there
                    ), to


def test_cells_show_it_as_typed_or_its_beginning(made: Made) -> None:
    seen = set()
    for path in (path for path in made.files if path.suffix == ".xlsx"):
        # In what goes back a unit's own cells are as they came.
        itself = path.parent.name == "phan-hoi" and path.stem != "U2"
        most = 1_000 if path.name in BRIEF else MOST
        texts = [
            cell.value
            for sheet, cell in cells(path)
            if isinstance(cell.value, str) and not (itself and sheet != FINDINGS_SHEET)
        ]
        assert max(map(units_of, texts)) <= most, path.name
        assert not [text for text in texts if units_of(text) == most and not text.endswith("…")], path.name
        if any(DDE in text for text in texts):
            seen.add(path.name)
    assert {*BRIEF, "U1.xlsx", "U2.xlsx"} <= seen
    said = [cell for name in ("U1", "U2") for _, cell in cells(made.at.root / f"output/2020/phan-hoi/{name}.xlsx")]
    assert max(units_of(cell.comment.text) for cell in said if cell.comment) <= MOST


def units_of(text: str) -> int:
    """How long Excel takes it to be."""
    return len(text.encode("utf-16-le")) // 2


def test_documents_and_the_page_show_it(made: Made) -> None:
    folder = made.at.output(YEAR)
    for path in folder.glob("*.docx"):
        words = [node.text or "" for node in docx.Document(str(path)).element.body.iter(qn("w:t"))]
        assert any("<script>alert(1)</script>" in text for text in words), path.name
        assert not list(docx.Document(str(path)).element.body.iter(qn("w:instrText")))
    html = (folder / "index.html").read_text(encoding="utf-8")
    found = parsed(html)
    assert "<script>alert(1)</script>" in found.words
    assert not [text for name, text in found.texts if name in ("script", "style") and "alert(1)" in text]
    for name, attributes in found.elements:
        assert not [one for one in attributes if one.startswith("on")], name
        assert not re.match(r"\s*(javascript|data):", attributes.get("href", "")), attributes
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", html)


def test_what_programs_read_is_as_it_was_typed(made: Made) -> None:
    with (made.at.output(YEAR) / "data" / "observations.csv").open(encoding="utf-8-sig", newline="") as file:
        observed = [entry for entry in csv.DictReader(file) if entry["unit"] == "U1"]
    texts = {(entry["indicator"], entry["measure"]): entry["text"] for entry in observed}
    assert DDE in texts["nu", "tong"]
    assert MARKUP in texts["nu", "tong"]
    assert texts["nu", "tong"].startswith("=")
    assert texts["nam", "ghi_chu"].startswith(ENDLESS[:1000])


def test_a_terminal_takes_no_orders_from_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    init(tmp_path)
    at = open_workspace(tmp_path)
    path = package(tmp_path / "inbox" / "2020" / "LC-08.xlsx", at, "LC-08", {"B01.sl_dv_nu.tong": hostile()})
    main(["--workspace", str(tmp_path), "check", str(path)])
    said = capsys.readouterr().out
    assert MARKUP in said
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", said)


def test_a_validator_finds_no_fault(made: Made, tmp_path: Path) -> None:
    assert audited(made.files, tmp_path / "files", came_as(made.results)) == []


def test_another_office_program_opens_all_of_it(made: Made, tmp_path: Path) -> None:
    soffice = shutil.which("soffice")
    if soffice is None:
        pytest.skip("needs LibreOffice")
    paths = [path for path in made.files if path.suffix == ".xlsx"]
    names = [tmp_path / f"{i}.xlsx" for i in range(len(paths))]
    for name, path in zip(names, paths, strict=True):
        shutil.copyfile(path, name)
    profile = f"-env:UserInstallation=file://{tmp_path / 'profile'}"
    command = [soffice, profile, "--headless", "--convert-to", "ods", "--outdir", str(tmp_path / "ods")]
    done = subprocess.run([*command, *map(str, names)], capture_output=True, text=True, check=True, timeout=300)
    assert "Error" not in done.stderr
    assert len(list((tmp_path / "ods").glob("*.ods"))) == len(paths)
    for path in (tmp_path / "ods").glob("*.ods"):
        with zipfile.ZipFile(path) as parts:
            told = parts.read("content.xml").decode()
        assert not [formula for formula in re.findall(r'table:formula="([^"]*)"', told) if RUNS.search(formula)]
