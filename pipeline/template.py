"""Packages out: one workbook a unit that owes one, and the blank masters of the forms."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from io import BytesIO
from pathlib import Path

from pipeline.collecting import emptied, seldom_collected
from pipeline.contents import content_of
from pipeline.files import put, put_bytes
from pipeline.history import UnitFigures
from pipeline.obligations import Obligations
from pipeline.package import Issued, write_package
from pipeline.package_kind import kind_of, needed_refs
from pipeline.package_made import made_all
from pipeline.package_skeleton import Skeleton, filled, skeleton_of
from pipeline.package_values import Content
from pipeline.workspace import Workspace
from schemas.edit import Ref
from schemas.form import Form
from schemas.scope import of_level

# Packages that are worked out side by side; more would take more room and little less time.
_AT_ONCE = 64
_MASTER_DAY = date(2020, 1, 1)


@dataclass(slots=True)
class _Waiting:
    """Packages of one kind that are not made yet, and its workbook once so many were made that more are likely."""

    blank: Content
    skeleton: Skeleton | None = None
    contents: dict[str, Content] = field(default_factory=dict)


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

    def content(code: str) -> Content:
        return content_of(workspace, owed, owed.tree.unit(code), earlier, year_ago)

    issued: dict[str, Issued] = {}
    with seldom_collected():
        for code, data in packages_of(dict.fromkeys(codes), content):
            issued[code] = _issue(folder / f"{code}.xlsx", data)
            progress(len(issued), len(codes))
    return [issued[code] for code in codes]


def packages_of(codes: Iterable[str], content: Callable[[str], Content]) -> Iterator[tuple[str, bytes]]:
    """The files of the packages of these units, many of a kind at once; the same bytes in any company."""
    needed: dict[Hashable, frozenset[Ref]] = {}
    waiting: dict[Hashable, _Waiting] = {}
    for code in codes:
        own = content(code)
        forms = (own.level, *(form.id for form in own.forms))
        if forms not in needed:
            needed[forms] = needed_refs(own.forms)
        kind = kind_of(own, needed[forms])
        if kind is None:
            yield code, _alone(own)
            continue
        one = waiting.setdefault(kind.key, _Waiting(kind.blank))
        one.contents[code] = own
        if len(one.contents) == _AT_ONCE:
            one.skeleton = one.skeleton or _skeleton(one.blank)
            yield from _made(one.skeleton, one.contents)
            one.contents = {}
    for one in waiting.values():
        if one.contents:
            yield from _made(one.skeleton or _skeleton(one.blank), one.contents)


def _skeleton(blank: Content) -> Skeleton:
    with emptied():
        return skeleton_of(blank)


def _made(skeleton: Skeleton, contents: Mapping[str, Content]) -> Iterator[tuple[str, bytes]]:
    packages = made_all(skeleton.frame, list(contents.values()))
    return ((code, filled(skeleton, package)) for code, package in zip(contents, packages, strict=True))


def _alone(content: Content) -> bytes:
    file = BytesIO()
    write_package(file, content)
    return file.getvalue()


def _issue(path: Path, data: bytes) -> Issued:
    if path.exists():
        return Issued(path, "same" if path.read_bytes() == data else "kept")
    put_bytes(path, data)
    return Issued(path, "written")


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
        forms=(of_level(form, "upper"),),
    )
