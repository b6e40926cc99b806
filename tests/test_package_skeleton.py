"""Packages filled into the workbook of their kind are those that the writer of workbooks makes, cell by cell."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from random import Random
from zipfile import ZipFile

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from pipeline.contents import content_of
from pipeline.demo import Demo
from pipeline.obligations import obligations
from pipeline.package import write_package
from pipeline.package_kind import kind_of, needed_refs
from pipeline.package_lines import ListRow
from pipeline.package_values import Content
from pipeline.run import before, workspace_at
from pipeline.template import packages_of
from schemas.period import Period
from schemas.targets import Target

PERIODS = ("2020", "2021", "2023-Q3", "2024")
UPPER, LOWER = 11, 25
ODD_NAMES = (
    "CĐCS A & B <cơ quan>",
    "=1+1",
    " có khoảng trắng hai đầu ",
    "_x0009_ và __x000d_",
    "tên dài " * 30,
    "quá dài " * 700,
    "xuống\ndòng \x07",
    "ky_nay",
    '"nháy" &amp;',
)
_STRING_CELL = re.compile(r'(<c r="[A-Z]+\d+"(?: s="\d+")? t="s"><v>)(\d+)(?=</v>)')

Of = Callable[[str], Content]


def place(demo: Demo, period: str) -> tuple[list[str], Of]:
    """Who owes a package in a period, upper unions first, and what goes into it."""
    workspace = workspace_at(demo.workspace.root)
    owed = obligations(workspace, Period.parse(period))
    known = before(workspace, owed.period)
    units = [owed.tree.unit(code) for code in owed.owed]
    chosen = [one.code for one in units if one.level == "upper"][:UPPER]
    chosen += [one.code for one in units if one.level != "upper"][:LOWER]
    return chosen, lambda code: content_of(workspace, owed, owed.tree.unit(code), known.earlier, known.year_ago)


def written(content: Content) -> bytes:
    file = BytesIO()
    write_package(file, content)
    return file.getvalue()


def filled(contents: Mapping[str, Content]) -> dict[str, bytes]:
    return dict(packages_of(contents, contents.__getitem__))


def parts(data: bytes) -> dict[str, str]:
    """Every part of a file, each text in its cell: which number it has does not matter."""
    with ZipFile(BytesIO(data)) as book:
        assert book.testzip() is None
        texts = {name: book.read(name).decode() for name in book.namelist()}
    head, *items = re.split(r"(?=<si>)", texts["xl/sharedStrings.xml"].removesuffix("</sst>"))
    texts["xl/sharedStrings.xml"] = head + "".join(sorted(items))
    for name, text in texts.items():
        if name.startswith("xl/worksheets/sheet"):
            texts[name] = _STRING_CELL.sub(lambda found: found[1] + items[int(found[2])], text)
    return texts


def differing(contents: Mapping[str, Content]) -> list[tuple[str, str]]:
    made, wrong = filled(contents), []
    for code, content in contents.items():
        ours, theirs = parts(made[code]), parts(written(content))
        assert list(ours) == list(theirs)
        wrong += [(code, name) for name in theirs if ours[name] != theirs[name]]
    return wrong


def seen(data: bytes) -> dict[str, object]:
    """All that a reader of xlsx sees."""
    book = openpyxl.load_workbook(BytesIO(data))
    shown = openpyxl.load_workbook(BytesIO(data), data_only=True)
    found: dict[str, object] = {
        "names": {name: one.attr_text for name, one in book.defined_names.items()},
        "title": (book.properties.title, book.properties.creator, book.properties.created),
    }
    for sheet in book:
        found[sheet.title] = (cells_of(sheet), look_of(sheet))
        found[f"{sheet.title}, values"] = {cell.coordinate: cell.value for row in shown[sheet.title] for cell in row}
    return found


def cells_of(sheet: Worksheet) -> dict[str, object]:
    return {
        cell.coordinate: (
            cell.value,
            cell.number_format,
            cell.font,
            cell.fill,
            cell.border,
            cell.alignment,
            cell.protection,
            cell.comment and (cell.comment.text, cell.comment.width, cell.comment.height),
            cell.hyperlink and cell.hyperlink.location,
        )
        for row in sheet
        for cell in row
    }


def look_of(sheet: Worksheet) -> object:
    where = [(one, rule) for one in sheet.conditional_formatting for rule in one.rules]
    rules = [(str(one.sqref), rule.type, rule.formula, rule.dxf) for one, rule in where]
    typed = sheet.data_validations.dataValidation
    return (
        sheet.sheet_state,
        {name: (one.width, one.hidden) for name, one in sheet.column_dimensions.items()},
        {number: (one.height, one.hidden) for number, one in sheet.row_dimensions.items()},
        sorted(map(str, sheet.merged_cells.ranges)),
        [(str(one.sqref), one.type, one.formula1, one.formula2, one.error) for one in typed],
        rules,
        (sheet.print_area, sheet.print_title_rows, sheet.page_setup, sheet.page_margins, sheet.oddFooter.left.text),
        (sheet.protection.sheet, sheet.freeze_panes, sheet.auto_filter.ref, sheet.sheet_view.showGridLines),
    )


@pytest.mark.parametrize("period", PERIODS)
def test_every_part_of_every_package_is_what_the_writer_of_workbooks_makes(demo: Demo, period: str) -> None:
    codes, content = place(demo, period)
    assert differing({code: content(code) for code in codes}) == []


@pytest.mark.parametrize("period", ["2020", "2024"])
def test_a_reader_sees_the_same_cells_formats_rules_and_settings(demo: Demo, period: str) -> None:
    codes, content = place(demo, period)
    contents = {code: content(code) for code in (codes[0], codes[-1])}
    assert any(content(codes[0]).lists.values())
    for code, data in filled(contents).items():
        ours, theirs = seen(data), seen(written(contents[code]))
        assert ours.keys() == theirs.keys()
        assert [name for name in ours if str(ours[name]) != str(theirs[name])] == []


def test_packages_with_any_figures_before_targets_and_decisions_are_the_same(demo: Demo) -> None:
    codes, content = place(demo, "2020")
    contents = {f"{code}-{i}": at_random(content(code), Random(i)) for i, code in enumerate([*codes] * 3)}
    assert differing(contents) == []


def at_random(content: Content, chance: Random) -> Content:
    """Other numbers known at issue, some of them missing, and targets some of which replaced others."""

    def figure() -> float:
        return chance.choice([0.0, 7.0, 1250.0, 93.96, 1 / 3, 1e11])

    targets = {
        code: replace(target, value=figure() if target.op == "=" else target.value)
        for code, target in content.targets.items()
        if chance.random() < 0.9
    }
    old: tuple[Target, ...] = tuple(one for one in targets.values() if chance.random() < 0.05)
    few = 0.999 if chance.random() < 0.8 else 0.5
    return replace(
        content,
        previous={key: figure() for key in content.previous if chance.random() < 0.9},
        constants={ref: figure() for ref in content.constants if chance.random() < few},
        targets=targets,
        replaced=old if chance.random() < 0.3 else (),
    )


def test_names_that_a_file_could_take_for_something_else_stand_as_they_are(demo: Demo) -> None:
    codes, content = place(demo, "2020")
    contents = {
        f"{code} {name[:9]!r}": with_name(content(code), name) for code in (codes[0], codes[1]) for name in ODD_NAMES
    }
    assert differing(contents) == []


def test_a_name_that_looks_like_markup_is_shown_as_it_is(demo: Demo) -> None:
    codes, content = place(demo, "2020")
    name = "<r><t>chữ</t></r>"
    [data] = filled({"LC-01": with_name(content(codes[0]), name)}).values()
    assert name in {cell.value for row in openpyxl.load_workbook(BytesIO(data))["THONG_TIN"] for cell in row}


def with_name(content: Content, name: str) -> Content:
    lists = {
        form: tuple(ListRow(row.id, {code: f"{name}{i}" for i, code in enumerate(row.values)}) for row in rows)
        for form, rows in content.lists.items()
    }
    return replace(content, unit_name=name, lists=lists)


def test_a_package_is_the_same_alone_and_in_any_company(demo: Demo) -> None:
    codes, content = place(demo, "2024")
    contents = {code: content(code) for code in codes}
    together = filled(contents)
    assert filled(dict(reversed(contents.items()))) == together
    for code in (codes[0], codes[-1]):
        assert filled({code: contents[code]}) == {code: together[code]}


def test_no_package_holds_a_word_of_another_unit(demo: Demo) -> None:
    codes, content = place(demo, "2024")
    contents = {code: replace(content(code), unit_name=f"Đơn vị số hiệu {code}") for code in codes}
    for code, data in filled(contents).items():
        text = "".join(parts(data).values())
        assert {f"LC-{name}" for name in re.findall(r"Đơn vị số hiệu LC-(\d+)", text)} <= {code}
        assert {f"CS{name}" for name in re.findall(r"Đơn vị số hiệu CS(\d+)", text)} <= {code}


def test_units_whose_packages_differ_only_in_what_fills_them_are_of_one_kind(demo: Demo) -> None:
    codes, content = place(demo, "2024")
    lower = [content(code) for code in codes[UPPER:]]
    kinds = [kind_of(one, needed_refs(one.forms)) for one in lower]
    assert len({kind.key for kind in kinds if kind}) < len(lower) / 4
    assert {(kind.blank.unit, kind.blank.unit_name) for kind in kinds if kind} == {("", "")}


def test_what_is_filled_in_already_has_no_kind(demo: Demo) -> None:
    codes, content = place(demo, "2020")
    own = content(codes[0])
    cell = next(cell for form in own.forms for cell in form.cells() if cell.is_number)
    for more in ({"entries": {cell.key: 1.0}}, {"info": {"nguoi_lap": "x"}}, {"unit_name": "xuống\ndòng"}):
        assert kind_of(replace(own, **more), frozenset()) is None  # type: ignore[arg-type]


def test_the_file_is_a_zip_that_any_reader_takes(demo: Demo, tmp_path: Path) -> None:
    codes, content = place(demo, "2020")
    for code, data in filled({code: content(code) for code in codes[:2]}).items():
        path = tmp_path / f"{code}.xlsx"
        path.write_bytes(data)
        with ZipFile(path) as book:
            assert all(one.compress_type == zipfile.ZIP_DEFLATED for one in book.infolist())
            assert {one.date_time[:3] for one in book.infolist()} == {(1980, 1, 1)}
