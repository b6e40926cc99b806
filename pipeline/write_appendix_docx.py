"""``phu-luc-P.docx``: the appendices that go with the report, each in a section of its own, ready to be signed.

Layout after Nghị định 30/2020/NĐ-CP, Phụ lục I; the agency's names, signature and recipients come from the settings.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.appendix import appendices, attached, recipients
from pipeline.appendix_grid import Appendix, Column, Grid, Line, is_bold, widths
from pipeline.files import put, remove
from pipeline.messages import number
from pipeline.results import Results
from pipeline.write_book import footer
from pipeline.write_word import (
    add_later,
    add_xml,
    cell_xml,
    new_document,
    paragraph,
    paragraph_xml,
    row_xml,
    save,
    set_margins_text,
    set_page,
    table_xml,
)

if TYPE_CHECKING:
    from docx.document import Document

_INDENT = 4.0
_SIGNED_BELOW = 5
# Above and below the words of a cell, in points.
_PADDING = 1.5


def write_appendix_docx(path: Path, results: Results) -> None:
    """Write every appendix of the province; no file where there is none."""
    found = appendices(results)
    if not found:
        remove(path)
        return

    def write(temporary: Path) -> bool:
        title = f"Phụ lục {results.owed.period}"
        document, tables = new_document(created=results.owed.dates.issued_on, title=title), list[bytes]()
        for i, appendix in enumerate(found):
            section = document.sections[0] if i == 0 else document.add_section()
            set_page(section, landscape=appendix.landscape)
            if i == 0:
                set_margins_text(section, footer(results))
                _write_head(document, results, appendix.room)
            _write_appendix(document, tables, results, appendix)
        _write_signature(document, results, found[-1].room)
        return save(document, temporary, tables)

    put(path, write)


def _write_head(document: Document, results: Results, room: float) -> None:
    """Agency left with a short rule below it, national title right, number and date left to fill in."""
    settings = results.workspace.settings
    left, right = room * 0.45, room * 0.55
    agency = paragraph_xml(settings.agency_upper, size=12) + paragraph_xml(settings.agency, bold=True, size=12)
    nation = paragraph_xml(settings.national_title, bold=True, size=12)
    nation += paragraph_xml(settings.motto, bold=True, size=13, underline=True)
    number = paragraph_xml(f"Số: …/{settings.report_symbol}", size=13)
    date = paragraph_xml(f"{settings.place}, ngày … tháng … năm …", italic=True, size=13)
    pairs = ((agency + _rule(left - 3, 0.36), nation), (number, date))
    rows = "".join(
        row_xml(cell_xml(one, left, middle=False) + cell_xml(two, right, middle=False)) for one, two in pairs
    )
    add_xml(document, table_xml(rows, [left, right], borders=False))
    paragraph(document, "", size=8)


def _rule(room: float, part: float) -> str:
    """A line across the middle part of a cell."""
    inset = round(room * (1 - part) / 2 * 1440 / 25.4)
    return (
        '<w:p><w:pPr><w:pBdr><w:top w:val="single" w:sz="6" w:space="1" w:color="000000"/></w:pBdr>'
        f'<w:ind w:left="{inset}" w:right="{inset}"/><w:rPr><w:sz w:val="12"/></w:rPr></w:pPr></w:p>'
    )


def _write_appendix(document: Document, tables: list[bytes], results: Results, appendix: Appendix) -> None:
    paragraph(document, appendix.heading, bold=True, size=14)
    paragraph(document, appendix.title, bold=True, size=14)
    paragraph(document, attached(results), italic=True, size=13)
    paragraph(document, appendix.stated, italic=True, size=11, align="right")
    size = 11 if appendix.landscape else 12
    for i, grid in enumerate(appendix.grids):
        if i:
            paragraph(document, "", size=6)
        if grid.title:
            paragraph(document, grid.title, bold=True, size=12, align="left").paragraph_format.keep_with_next = True
        add_later(document, tables, _table(grid, widths(grid, appendix.room), size))
    if appendix.notes:
        paragraph(document, "", size=4)
    for note in appendix.notes:
        paragraph(document, note, italic=True, size=11, align="left")


def _table(grid: Grid, wide: list[float], size: float) -> str:
    heads = "".join(
        cell_xml(paragraph_xml(column.head, bold=True, size=size, room=_PADDING), width)
        for column, width in zip(grid.columns, wide, strict=True)
    )
    rows = "".join(_row(grid, line, wide, size) for line in grid.lines)
    return table_xml(row_xml(heads, head=True) + rows, wide, borders=True)


def _row(grid: Grid, line: Line, wide: list[float], size: float) -> str:
    return row_xml(
        "".join(
            cell_xml(_cell(column, line, at, size), width)
            for at, (column, width) in enumerate(zip(grid.columns, wide, strict=True))
        )
    )


def _cell(column: Column, line: Line, at: int, size: float) -> str:
    """A number right, a word in its place in the middle; what a line says of itself left."""
    value = line.values[at]
    shown = value if isinstance(value, str) else "" if value is None else number(value, "vi", line.decimals_of(at))
    bold = is_bold(line, at)
    if column.kind == "text":
        inset = _INDENT * line.indent if at == 1 else 0.0
        return paragraph_xml(shown, "left", bold=bold, size=size if at == 1 else size - 1, indent=inset, room=_PADDING)
    if column.kind in ("number", "figure") and not isinstance(value, str):
        side = "right" if column.kind == "number" else "center"
        return paragraph_xml(shown, side, bold=bold, size=size, room=_PADDING)
    return paragraph_xml(shown, bold=bold, size=size if column.kind == "no" else size - 1, room=_PADDING)


def _write_signature(document: Document, results: Results, room: float) -> None:
    """Recipients left, who signs right; both stay on one page."""
    settings = results.workspace.settings
    left, right = room * 0.5, room * 0.5
    listed = recipients(results)
    own = paragraph_xml("Nơi nhận:", "left", bold=True, italic=True, size=12) if listed else paragraph_xml("")
    own += "".join(paragraph_xml(line, "left", size=11) for line in listed)
    signed = paragraph_xml(settings.signature_title, bold=True) + paragraph_xml(settings.signer_title, bold=True)
    signed += paragraph_xml("") * _SIGNED_BELOW + paragraph_xml(settings.signer_name, bold=True)
    paragraph(document, "", size=8)
    row = row_xml(cell_xml(own, left, middle=False) + cell_xml(signed, right, middle=False))
    add_xml(document, table_xml(row, [left, right], borders=False))
    # A table cannot be the last of a document.
    paragraph(document, "", size=2)
