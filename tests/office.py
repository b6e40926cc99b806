"""Office files as a validator of Office Open XML sees them."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipfile
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from xml.etree import ElementTree

import pytest

from pipeline.dispatch import returns_folder
from pipeline.results import Results

_NEW = "Đây là bộ biểu hiện hành"
ENDINGS = frozenset({".xlsx", ".xlsm", ".docx"})


def office_files(*folders: Path) -> list[Path]:
    """The workbooks and documents below these folders."""
    return sorted(path for folder in folders for path in folder.rglob("*") if path.suffix in ENDINGS)


def faults(paths: Iterable[Path], folder: Path) -> Mapping[Path, Counter[str]]:
    """What the validator finds in each file, how often; it is shown copies of them side by side in ``folder``.

    Its exit code says nothing, and it looks at all files of a folder at once, by name.
    """
    program = shutil.which("openxml-audit") or str(Path(sys.executable).with_name("openxml-audit"))
    if not Path(program).is_file():
        pytest.skip("needs openxml-audit")
    folder.mkdir(parents=True)
    put = {f"{i}{path.suffix}": path for i, path in enumerate(paths)}
    for name, path in put.items():
        shutil.copyfile(path, folder / name)
    command = [program, "--recursive", "--max-errors", "0", "--output", "json", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    told = {Path(one["file"]).name: one for one in json.loads(done.stdout)}
    assert told.keys() == put.keys(), done.stderr
    return {path: _counted(told[name]) + _malformed(path) for name, path in put.items()}


def _malformed(path: Path) -> Counter[str]:
    """The parts that are no XML at all: of these the validator says nothing."""
    found = Counter[str]()
    with zipfile.ZipFile(path) as parts:
        for name in parts.namelist():
            if name.endswith((".xml", ".rels", ".vml")):
                try:
                    ElementTree.fromstring(parts.read(name))
                except ElementTree.ParseError as fault:
                    found[f"{name}: {fault}"] += 1
    return found


def _counted(told: Mapping[str, object]) -> Counter[str]:
    errors = told["errors"]
    assert isinstance(errors, list)
    assert told["error_count"] == sum(error["severity"] == "error" for error in errors)
    return Counter(str(error) for error in errors if error["severity"] == "error")


def came_as(results: Results) -> Mapping[Path, Path]:
    """For each workbook that goes back to a unit and is its own, but for marks, the one that the unit sent."""
    folder = returns_folder(results.workspace, results.owed.period)
    sent = {folder / f"{code}.xlsx": results.workspace.root / one.file for code, one in results.by_unit.items()}
    return {back: file for back, file in sent.items() if back.is_file() and not _is_new(back)}


def _is_new(back: Path) -> bool:
    """Whether it is a package of today, as its first sheet then says."""
    with zipfile.ZipFile(back) as parts:
        return any(_NEW in parts.read(name).decode() for name in parts.namelist() if "/worksheets/" in name)


def audited(paths: Iterable[Path], folder: Path, came: Mapping[Path, Path] | None = None) -> list[str]:
    """What is wrong with these files, a line for each fault; none that a file had when it ``came``."""
    listed, before = list(paths), came or {}
    found = faults([*listed, *(before[path] for path in listed if path in before)], folder)
    kept = {path: found[before[path]] if path in before else Counter[str]() for path in listed}
    return [f"{path.name}: {fault}" for path in listed for fault in found[path] - kept[path]]
