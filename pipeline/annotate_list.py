"""The sheet that lists the findings of an annotated file, each with a link to its cell."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import count

from pipeline.annotate_book import quoted_name
from pipeline.annotate_styles import Styles, solid
from pipeline.annotate_xml import attribute, closing, document, escaped, plain_text, tags
from pipeline.findings import Finding, Severity
from pipeline.messages import sentence, suggestion
from pipeline.styles import HEAD, MARKS, NAMES, lines_needed

TITLE = "NHỮNG CHỖ CẦN XEM TRONG BỘ BIỂU ĐÃ GỬI"
HEAD_ROW = 5

_COLUMNS = (
    ("STT", 5.0),
    ("Mức", 10.0),
    ("Biểu", 10.0),
    ("Ô", 11.0),
    ("Giá trị", 15.0),
    ("Cần là", 15.0),
    ("Nội dung", 46.0),
    ("Cách sửa", 38.0),
    ("Mã", 15.0),
)
_LINK_COLUMN = "D"
_LONGEST = 32_000
_HIGHEST = 409
_FOOTER = 160
_THIN = b"".join(
    b'<%s style="thin"><color auto="1"/></%s>' % (side, side) for side in (b"left", b"right", b"top", b"bottom")
)
_FRAME = b"<border>" + _THIN + b"<diagonal/></border>"
_PLAIN = b"<border><left/><right/><top/><bottom/><diagonal/></border>"


@dataclass(frozen=True, slots=True)
class Line:
    """One finding as the list shows it: the sheet and its cells as the file has them, value, expectation, words.

    A cell on another sheet is ``SHEET!A1``. The link leads to the first one.
    """

    severity: Severity
    words: str
    remedy: str
    id: str
    sheet: str = ""
    cells: tuple[str, ...] = ()
    value: str = ""
    expected: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """What the list shows: a line of whom and when it is about, the findings in their order, a foot for every page.

    ``note`` is what else is to be said of the file.
    """

    about: str
    lines: tuple[Line, ...]
    footer: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class _Looks:
    """The styles of the sheet, by their numbers in the workbook."""

    title: int
    about: int
    ask: int
    head: int
    text: int
    centred: int
    small: int
    link: int
    levels: dict[Severity, int]


def line_of(finding: Finding, lang: str = "vi") -> Line:
    """A finding as the list shows it."""
    words = sentence(finding, lang)
    return Line(
        finding.severity,
        f"{words[:1].upper()}{words[1:]}",
        suggestion(finding, lang),
        finding.id,
        finding.sheet,
        finding.cells,
        finding.value,
        finding.expected,
    )


def is_list(xml: bytes, strings: bytes | None) -> bool:
    """Whether a sheet lists findings: the title stands in its first cell, or in the shared text that it names."""
    part = document(xml, "worksheet")
    found = tags(part.masked, "c", part.root.end, part.stop)[:1]
    if not found or found[0].empty:
        return False
    stop = closing(part.masked, "c", found[0], part.stop)
    content = part.xml[found[0].end : stop]
    if attribute(found[0].attributes, "t") == "s" and strings is not None:
        number = re.search(rb"<v>\s*([0-9]+)\s*</v>", content)
        shared = document(strings, "sst")
        texts = tags(shared.masked, "si", shared.root.end, shared.stop)
        if not number or int(number[1]) >= len(texts):
            return False
        one = texts[int(number[1])]
        content = shared.xml[one.end : closing(shared.masked, "si", one, shared.stop)]
    return TITLE in plain_text(content)


def list_xml(listing: Listing, sheets: Collection[str], styles: Styles, namespace: str, *, opened: bool) -> bytes:
    """The sheet; ``sheets`` are those that links may lead to, ``opened`` says that the file opens with this one."""
    looks = _looks(styles)
    last = chr(64 + len(_COLUMNS))
    links: list[bytes] = []
    rows = [
        _row(1, [(looks.title, TITLE)], 24.0),
        _row(2, [(looks.about, listing.about)]),
        _row(3, [(looks.ask, _ask(listing))]),
        *([_row(4, [(looks.about, listing.note)])] if listing.note else []),
        _row(HEAD_ROW, [(looks.head, name) for name, _ in _COLUMNS], 20.0),
    ]
    for number, line in enumerate(listing.lines, start=1):
        row = HEAD_ROW + number
        to = _target(line, sheets)
        rows.append(_line(row, number, line, looks, linked=to is not None))
        if to is not None:
            sheet, cell = to
            link = b'<hyperlink ref="%s%d" location="%s" display="%s"/>'
            where = escaped(f"{quoted_name(sheet)}!{cell}")
            links.append(link % (_LINK_COLUMN.encode(), row, where, escaped(_cell(line))))
    columns = "".join(
        f'<col min="{i}" max="{i}" width="{width + 0.7109375}" customWidth="1"/>'
        for i, (_, width) in enumerate(_COLUMNS, start=1)
    )
    joined = "".join(f'<mergeCell ref="A{row}:{last}{row}"/>' for row in (1, 2, 3, 4))
    selected = ' tabSelected="1"' if opened else ""
    top = HEAD_ROW + 1
    return b"".join(
        [
            f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<worksheet xmlns="{namespace}">'
            f'<sheetPr><tabColor rgb="FFFF0000"/><pageSetUpPr fitToPage="1"/></sheetPr>'
            f'<dimension ref="A1:{last}{HEAD_ROW + len(listing.lines)}"/>'
            f'<sheetViews><sheetView showGridLines="0"{selected} workbookViewId="0">'
            f'<pane ySplit="{HEAD_ROW}" topLeftCell="A{top}" activePane="bottomLeft" state="frozen"/>'
            f'<selection pane="bottomLeft" activeCell="A{top}" sqref="A{top}"/></sheetView></sheetViews>'
            f'<sheetFormatPr defaultRowHeight="15.75"/><cols>{columns}</cols><sheetData>'.encode(),
            *rows,
            f'</sheetData><mergeCells count="4">{joined}</mergeCells>'.encode(),
            b"<hyperlinks>" + b"".join(links) + b"</hyperlinks>" if links else b"",
            b'<pageMargins left="0.8" right="0.6" top="0.8" bottom="0.8" header="0.3" footer="0.3"/>'
            b'<pageSetup paperSize="9" fitToHeight="0" orientation="landscape"/><headerFooter><oddFooter>',
            _foot(listing.footer),
            b"</oddFooter></headerFooter></worksheet>",
        ]
    )


def _foot(text: str) -> bytes:
    # Excel drops a foot of more than 255 characters, and takes what follows "&" for a code.
    short = (text if len(text) <= _FOOTER else f"{text[:_FOOTER]}…").replace("&", "và")
    return escaped(f'&L&"Times New Roman,Italic"&9 {short}&R&"Times New Roman"&9Trang &P/&N')


def _ask(listing: Listing) -> str:
    hard = sum(line.severity == "hard" for line in listing.lines)
    if hard:
        return f"Có {hard} chỗ phải sửa. Sửa ngay trong tệp này (ô màu đỏ), lưu lại rồi gửi về."
    return "Không có chỗ nào phải sửa. Các ghi chú dưới đây để đơn vị biết."


def _looks(styles: Styles) -> _Looks:
    def font(size: int, more: bytes = b"", colour: bytes = b"") -> bytes:
        name = b'<name val="Times New Roman"/><family val="1"/>'
        return b"<font>" + more + b'<sz val="%d"/>' % size + colour + name + b"</font>"

    wrapped = b'<alignment vertical="center" wrapText="1"/>'
    middle = b'<alignment horizontal="center" vertical="center" wrapText="1"/>'
    plain, bold = font(12), font(12, b"<b/>")
    link = font(12, b"<u/>", b'<color rgb="FF0563C1"/>')
    return _Looks(
        title=styles.style(font=font(14, b"<b/>"), border=_PLAIN, alignment=middle),
        about=styles.style(font=plain, border=_PLAIN, alignment=middle),
        ask=styles.style(font=bold, border=_PLAIN, alignment=middle),
        head=styles.style(font=bold, fill=solid(HEAD), border=_FRAME, alignment=middle),
        text=styles.style(font=plain, border=_FRAME, alignment=wrapped),
        centred=styles.style(font=plain, border=_FRAME, alignment=middle),
        small=styles.style(font=font(10), border=_FRAME, alignment=wrapped),
        link=styles.style(font=link, border=_FRAME, alignment=wrapped),
        levels={
            name: styles.style(font=plain, fill=solid(colour), border=_FRAME, alignment=middle)
            for name, colour in _levels()
        },
    )


def _levels() -> Iterator[tuple[Severity, str]]:
    yield from ((name, MARKS[name]) for name in NAMES)


def _line(row: int, number: int, line: Line, looks: _Looks, *, linked: bool) -> bytes:
    cells: list[tuple[int, str | int]] = [
        (looks.centred, number),
        (looks.levels[line.severity], NAMES[line.severity]),
        (looks.text, _sheet(line)),
        (looks.link if linked else looks.text, _cell(line)),
        (looks.text, line.value),
        (looks.text, line.expected),
        (looks.text, line.words),
        (looks.text, line.remedy),
        (looks.small, line.id),
    ]
    lines = max(lines_needed(str(text), width) for (_, text), (_, width) in zip(cells, _COLUMNS, strict=True))
    return _row(row, cells, min(16.5 * lines + 2, _HIGHEST))


def _row(number: int, cells: list[tuple[int, str]] | list[tuple[int, str | int]], height: float = 16.5) -> bytes:
    made = [b'<row r="%d" ht="%.2f" customHeight="1">' % (number, height)]
    for at, (style, shown) in zip(count(65), cells, strict=False):
        where = b'<c r="%c%d" s="%d"' % (at, number, style)
        if isinstance(shown, int):
            made.append(where + b"><v>%d</v></c>" % shown)
        elif shown:
            text = escaped(shown[:_LONGEST])
            made.append(where + b' t="inlineStr"><is><t xml:space="preserve">' + text + b"</t></is></c>")
        else:
            made.append(where + b"/>")
    return b"".join([*made, b"</row>"])


def _first(line: Line) -> tuple[str, str]:
    if not line.cells:
        return line.sheet, ""
    there, _, cell = line.cells[0].rpartition("!")
    return there or line.sheet, cell


def _sheet(line: Line) -> str:
    return _first(line)[0]


def _cell(line: Line) -> str:
    more = f" (+{len(line.cells) - 1})" if len(line.cells) > 1 else ""
    return _first(line)[1] + more


def _target(line: Line, sheets: Collection[str]) -> tuple[str, str] | None:
    sheet, cell = _first(line)
    return (sheet, cell) if cell and sheet in sheets else None
