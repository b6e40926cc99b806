from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from pipeline.demo import Demo, make_demo

# Left alone, LibreOffice keeps the values of a large workbook as they stand in the file.
_ITEM = (
    '<item oor:path="/org.openoffice.Office.Calc/Formula/Load">'
    '<prop oor:name="{}RecalcMode" oor:op="fuse"><value>0</value></prop></item>'
)
ALWAYS = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    f'<oor:items xmlns:oor="http://openoffice.org/2001/registry">{_ITEM.format("OOXML")}{_ITEM.format("ODF")}</oor:items>'
)
Recalculate = Callable[[Sequence[Path]], list[Path]]


@pytest.fixture
def recalculate(tmp_path: Path) -> Recalculate:
    """Workbooks as a spreadsheet program works them out anew; xlsx to xlsx would keep the values that stand there."""
    soffice = shutil.which("soffice")
    if soffice is None:
        pytest.skip("needs LibreOffice")

    settings = tmp_path / "profile" / "user" / "registrymodifications.xcu"
    settings.parent.mkdir(parents=True)
    settings.write_text(ALWAYS, encoding="utf-8")

    def convert(paths: Sequence[Path], to: str) -> list[Path]:
        folder = tmp_path / f"as-{to}"
        profile = f"-env:UserInstallation=file://{tmp_path / 'profile'}"
        command = [soffice, profile, "--headless", "--convert-to", to, "--outdir", str(folder), *map(str, paths)]
        subprocess.run(command, check=True, capture_output=True, timeout=300)
        return [folder / f"{path.stem}.{to}" for path in paths]

    return lambda paths: convert(convert(paths, "ods"), "xlsx")


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """The sample province, made and consolidated once; tests only look at it."""
    return make_demo(tmp_path_factory.mktemp("demo") / "tỉnh minh họa")
