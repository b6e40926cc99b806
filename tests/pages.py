"""Pages of the states that a period can be in, and a page taken apart as a browser would."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest
from builders import UNITS, YEAR, edit, form, load, package, row, unit, workspace

from pipeline import run
from pipeline.findings import Finding
from pipeline.results import Results
from pipeline.submission import VIETNAM
from pipeline.workspace import Workspace
from pipeline.write import output_files, written
from pipeline.write_page import page
from schemas.tree import Unit

FRONT = """
headlines = [{ cell = "ca", label = "Đoàn viên", en = "Members" }, { cell = "nu" }]
charts = [{ label = "Theo giới", en = "By sex", cells = ["nam", "nu"] }]
[[table]]"""
FORM = form(row("ca"), row("nam"), row("nu"), edits=[edit("nam + nu == ca")]).replace("\n[[table]]", FRONT, 1)
GOOD: Mapping[str, float | str] = {"X01.ca.tong": 5.0, "X01.nam.tong": 3.0, "X01.nu.tong": 2.0}
WRONG: Mapping[str, float | str] = {**GOOD, "X01.nu.tong": 1.0}
LATE = datetime(2020, 12, 8, 9, tzinfo=VIETNAM)
VOID = frozenset({"meta", "input", "link", "br", "img"})


def place(root: Path, units: Sequence[Unit] = UNITS, senders: tuple[str, ...] = ("upper", "grassroots")) -> Workspace:
    return workspace(root, load(root / "forms", FORM), senders=senders, units=units)


def returned(at: Workspace, figures: Mapping[str, Mapping[str, float | str]], **more: datetime) -> None:
    for code, one in figures.items():
        package(at.inbox(YEAR) / f"{code}.xlsx", at, code, one, **more)


def all_received(root: Path) -> Workspace:
    at = place(root, senders=("upper",))
    returned(at, {"U1": GOOD, "U2": GOOD})
    return at


def half_missing(root: Path) -> Workspace:
    at = place(root)
    run.templates(at, YEAR)
    returned(at, {"G21": GOOD, "G12": WRONG})
    returned(at, {"G11": GOOD}, received=LATE)
    return at


def one_unit(root: Path) -> Workspace:
    at = place(root, units=(UNITS[0], unit("U1", "upper", "P")), senders=("upper",))
    returned(at, {"U1": WRONG})
    return at


def with_findings(results: Results, each: int) -> Results:
    """The same run with so many findings of every unit that owes."""
    found = [
        Finding(
            *("B01-E01", ("hard", "soft", "info")[i % 3], code, "2020", "B01", f"inbox/2020/{code}.xlsx", "B01"),
            cells=(f"E{10 + i}", f"E{11 + i}", f"E{12 + i}"),
            say="edit-equal",
            params={"label": "Nam + nữ = tổng số đoàn viên", "left": "1.223 + 972 = 2.195", "right": 2150, "gap": 45},
        )
        for code in results.owed.owed
        for i in range(each)
    ]
    return replace(results, findings=tuple(found))


def html_of(results: Results) -> str:
    files = output_files(results.workspace, results.owed.period)
    return page(results.workspace.output(results.owed.period), results, files, written(results)[1:])


@dataclass
class Parsed(HTMLParser):
    """The elements of a page with their attributes, and its text; it fails where an element is not closed in turn."""

    elements: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    texts: list[tuple[str, str]] = field(default_factory=list)
    open: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), (tag, names)
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, (tag, self.getpos())

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.texts.append((self.open[-1] if self.open else "", data))

    def of(self, tag: str, **wanted: str) -> Iterator[dict[str, str]]:
        """The attributes of the elements of that name that have these."""
        for name, found in self.elements:
            if name == tag and wanted.items() <= found.items():
                yield found

    @property
    def words(self) -> str:
        """All that is read."""
        return re.sub(r"\s+", " ", " ".join(text for tag, text in self.texts if tag not in ("style", "script")))


def parsed(html: str) -> Parsed:
    found = Parsed()
    found.feed(html)
    found.close()
    assert found.open == []
    return found


@dataclass(frozen=True)
class Browser:
    """Headless Chromium with a profile of its own; ``asked`` runs a script on pages in frames of several widths."""

    command: str
    folder: Path

    def run(self, *arguments: str) -> str:
        """What it writes; it must have nothing to complain about on the page."""
        fixed = ("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--enable-logging=stderr")
        own = (f"--user-data-dir={self.folder / 'profile'}", "--allow-file-access-from-files")
        done = subprocess.run(
            [self.command, *fixed, *own, *arguments], capture_output=True, text=True, timeout=300, check=True
        )
        assert [line for line in done.stderr.splitlines() if "CONSOLE" in line] == []
        return done.stdout

    def asked(self, pages: Sequence[Path], widths: Sequence[int], script: str) -> list[dict[str, object]]:
        """What ``script`` returns of ``page``, the window of a page, for each page and width."""
        frames = "".join(
            f'<iframe style="border:0;width:{width}px;height:800px" src="{path.as_uri()}"></iframe>'
            for path in pages
            for width in widths
        )
        code = (
            "addEventListener('load', () => { const out = [...document.querySelectorAll('iframe')].map((frame) => {"
            f"const page = frame.contentWindow; {script} }}); "
            "document.body.replaceChildren(); document.body.textContent = JSON.stringify(out); });"
        )
        harness = self.folder / "frames.html"
        harness.write_text(
            f'<!DOCTYPE html><meta charset="utf-8"><body>{frames}<script>{code}</script>', encoding="utf-8"
        )
        shown = parsed_body(self.run("--dump-dom", "--virtual-time-budget=20000", harness.as_uri()))
        found: list[dict[str, object]] = json.loads(shown)
        assert len(found) == len(pages) * len(widths)
        return found

    def pdf(self, path: Path) -> Path:
        """The page as it is printed."""
        to = self.folder / f"{path.stem}.pdf"
        self.run(f"--print-to-pdf={to}", "--no-pdf-header-footer", path.as_uri())
        return to


def parsed_body(dumped: str) -> str:
    """The text of a body that holds nothing else."""
    body = re.search(r"<body[^>]*>(.*)</body>", dumped, re.DOTALL)
    assert body is not None
    parser = Parsed()
    parser.feed(body[1])
    return "".join(text for _, text in parser.texts)


def browser_in(folder: Path) -> Browser:
    command = shutil.which("chromium")
    if command is None:
        pytest.skip("needs Chromium")
    return Browser(command, folder)
