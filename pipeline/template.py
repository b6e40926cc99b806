"""Packages out: one workbook a unit that owes one, and the blank masters of the forms."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path

from pipeline.contents import content_of
from pipeline.files import put
from pipeline.history import UnitFigures
from pipeline.obligations import Obligations
from pipeline.package import Issued, write_package
from pipeline.package_values import Content
from pipeline.workspace import Workspace
from schemas.form import Form

_MASTER_DAY = date(2020, 1, 1)


def issue_packages(
    workspace: Workspace,
    owed: Obligations,
    units: Iterable[str],
    earlier: UnitFigures,
    year_ago: UnitFigures,
    progress: Callable[[int, int], None],
) -> list[Issued]:
    """Write the packages of these units; one that was issued and has changed since is never overwritten."""
    folder = workspace.templates / str(owed.period)
    codes = list(units)
    issued = []
    for done, code in enumerate(codes, start=1):
        content = content_of(workspace, owed, owed.tree.unit(code), earlier, year_ago)
        issued.append(_issue(folder / f"{code}.xlsx", content))
        progress(done, len(codes))
    return issued


def _issue(path: Path, content: Content) -> Issued:
    outcome = "written"

    def write(temporary: Path) -> bool:
        nonlocal outcome
        write_package(temporary, content)
        if path.exists():
            outcome = "same" if path.read_bytes() == temporary.read_bytes() else "kept"
        return outcome == "written"

    put(path, write)
    return Issued(path, outcome)


def write_masters(folder: Path, forms: Iterable[Form], agency: str) -> list[Path]:
    """The blank master of each form, as the form is today."""
    written = []
    for form in forms:
        path = folder / f"{form.id}.xlsx"
        content = master_content(form, agency)

        def write(temporary: Path, content: Content = content) -> bool:
            write_package(temporary, content)
            return True

        put(path, write)
        written.append(path)
    return written


def master_content(form: Form, agency: str) -> Content:
    """A form without unit or period: for looking at, and for those who design it."""
    return Content(
        unit="",
        unit_name="(tên đơn vị)",
        level="upper",
        agency=agency,
        period="",
        period_label="(kỳ báo cáo)",
        cut_off=_MASTER_DAY,
        due=_MASTER_DAY,
        issued_on=_MASTER_DAY,
        forms=(form,),
    )
