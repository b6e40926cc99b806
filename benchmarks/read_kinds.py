"""What reading a package takes by the way it came back, beside python-calamine alone, and how many are looked at twice.

Run as ``python benchmarks/read_kinds.py [--units 40] [--rounds 7]``. The same packages of the sample province are read
untouched, as LibreOffice saves them in each of its formats (where it is installed), and with the changes that make a
close look necessary. Both readers take their turns file set by file set, on one thread; ratios are taken round by
round. Nothing here fails for being slow.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice
from operator import truediv
from pathlib import Path

from openpyxl import Workbook, load_workbook
from openpyxl.styles import Font
from python_calamine import CalamineWorkbook
from read_800 import spread

from pipeline import read, read_workbook
from pipeline.demo_returns import filled_by, moment, write_return
from pipeline.init import init
from pipeline.legacy_text import encoded
from pipeline.obligations import obligations
from pipeline.run import workspace_at
from pipeline.workspace import Workspace
from schemas.period import Period

PERIOD = Period.parse("2020")


def make(folder: Path, units: int) -> Workspace:
    """A workspace, and the returns of so many unions, upper and grassroots, in the folder ``untouched``."""
    settings = init(folder) / "tonghop.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace('senders = ["upper"]', 'senders = ["upper", "grassroots"]', 1), encoding="utf-8")
    workspace = workspace_at(folder)
    owed = obligations(workspace, PERIOD)
    for order, code in enumerate(islice(owed.owed, units)):
        content = filled_by(workspace, owed, owed.tree.unit(code))
        write_return(folder / "untouched" / f"{code}.xlsx", content, moment(2020, 12, 1, order))
    return workspace


def type_a_percentage(book: Workbook) -> None:
    """Excel changes the format of a plain cell in which "98,5%" is typed."""
    book["B02"]["F12"].number_format = "0.0%"


def write_in_an_old_font(book: Workbook) -> None:
    """A name in .VnTime on the first sheet."""
    book["THONG_TIN"]["C12"].value = encoded("nguyễn văn a", "tcvn3")
    book["THONG_TIN"]["C12"].font = Font(name=".VnTime")


EDITS: dict[str, Callable[[Workbook], None]] = {
    "no formula calculated": lambda _: None,
    "a percentage typed": type_a_percentage,
    "an old font": write_in_an_old_font,
}


def kinds(folder: Path) -> Iterator[tuple[str, list[Path]]]:
    """The files by the way they came back."""
    files = sorted((folder / "untouched").glob("*.xlsx"))
    yield "untouched", files
    for name, edit in EDITS.items():
        (folder / name).mkdir(exist_ok=True)
        for path in files:
            book = load_workbook(path)
            edit(book)
            book.save(folder / name / path.name)
        yield name, sorted((folder / name).glob("*"))
    for ending in ("xlsx", "xls", "ods") if shutil.which("soffice") else ():
        out = folder / f"saved as {ending}"
        profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
        command = ["soffice", "--headless", profile, "--convert-to", ending, "--outdir", str(out), *map(str, files)]
        subprocess.run(command, check=True, capture_output=True)
        yield f"LibreOffice, .{ending}", sorted(out.glob(f"*.{ending}"))


def bare(files: Sequence[Path]) -> None:
    """python-calamine alone: every sheet as rows."""
    for path in files:
        book = CalamineWorkbook.from_path(path)
        for name in book.sheet_names:
            book.get_sheet_by_name(name).to_python()


def seconds(work: Callable[[], object]) -> float:
    """How long it takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def closely(work: Callable[[], object]) -> int:
    """Of how many files of Excel something had to be looked at closely."""
    looks, seen = read_workbook.looks_of_excel, []
    read_workbook.looks_of_excel = lambda *given: seen.append(looks(*given)) or seen[-1]
    work()
    read_workbook.looks_of_excel = looks
    return sum(found != read_workbook.NOTHING for found in seen)


def main(units: int, rounds: int) -> None:
    """Make the files, measure, print."""
    read._THREADS = 1
    with tempfile.TemporaryDirectory() as made:
        workspace = make(Path(made), units)
        print(f"{'':24}{'ms a file':26}{'times calamine alone':26}looked at closely")
        for name, files in kinds(workspace.root):
            ours, theirs = [], []
            for _ in range(rounds):
                ours.append(seconds(partial(read.read_files, files, workspace.root, workspace.forms)))
                theirs.append(seconds(partial(bare, files)))
            looked = closely(partial(read.read_files, files, workspace.root, workspace.forms))
            each = spread([1000 * one / len(files) for one in ours])
            print(f"{name:24}{each:26}{spread([*map(truediv, ours, theirs)]):26}{looked} of {len(files)}")


if __name__ == "__main__":
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("--units", type=int, default=40)
    words.add_argument("--rounds", type=int, default=7)
    given = words.parse_args()
    main(given.units, given.rounds)
