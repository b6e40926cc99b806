"""Word files as official documents look: paper, margins, fonts, page numbers; the same bytes from the same content."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from pipeline.styles import printable

if TYPE_CHECKING:
    from docx.document import Document
    from docx.section import Section
    from docx.text.paragraph import Paragraph

FONT = "Times New Roman"
# A blank that must not break a line stays what it is.
_BLANKS = re.compile(r"[^\S\u00a0]+")
_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_NAMESPACE = f'xmlns:w="{_WORD}"'
# The first day that a zip can tell.
_NEW_YEAR_1980 = (1980, 1, 1, 0, 0, 0)
_LONGEST_TEXT = 2_000
_MAIN = "word/document.xml"
_LATER = re.compile(rb"<w:tbl><!--([0-9]+)--></w:tbl>")
# Parts of the library's own blank document: styles for a Word of before 2010, which validators take for a fault, and
# a picture of an empty page.
_LEFT_OUT = ("/stylesWithEffects", "/thumbnail")


def new_document(*, created: date, title: str) -> Document:
    """A blank document in Times New Roman 13, its language Vietnamese, its dates those of ``created``."""
    import docx

    document = docx.Document()
    for holder in (document.part, document.part.package):
        for name, relation in list(holder.rels.items()):
            if relation.reltype.endswith(_LEFT_OUT):
                del holder.rels[name]
    _set_fonts(document)
    moment = datetime(created.year, created.month, created.day)
    properties = document.core_properties
    properties.title, properties.author, properties.last_modified_by = plain(title), "tonghop", "tonghop"
    properties.created = properties.modified = moment
    properties.comments, properties.language, properties.revision = "", "vi-VN", 1
    return document


def _set_fonts(document: Document) -> None:
    """The font of every text whatever its script; a font of the theme would go before it."""
    from docx.oxml.ns import qn
    from docx.shared import Pt

    normal = document.styles["Normal"]
    normal.font.size = Pt(13)
    normal.paragraph_format.space_after = normal.paragraph_format.space_before = Pt(0)
    styles = document.styles.element
    for fonts in styles.findall(f".//{qn('w:docDefaults')}//{qn('w:rFonts')}"):
        fonts.attrib.clear()
        for script in ("ascii", "hAnsi", "eastAsia", "cs"):
            fonts.set(qn(f"w:{script}"), FONT)
    for language in styles.findall(f".//{qn('w:docDefaults')}//{qn('w:lang')}"):
        language.set(qn("w:val"), "vi-VN")
    normal.font.name = FONT
    normal.element.rPr.rFonts.set(qn("w:eastAsia"), FONT)
    normal.element.rPr.rFonts.set(qn("w:cs"), FONT)


def set_page(section: Section, *, landscape: bool) -> None:
    """A4, the margins of official documents, pages numbered in the middle of the top margin, but for the first."""
    from docx.enum.section import WD_ORIENT
    from docx.oxml import parse_xml
    from docx.oxml.ns import qn
    from docx.shared import Mm

    sides = (Mm(297), Mm(210)) if landscape else (Mm(210), Mm(297))
    section.orientation = WD_ORIENT.LANDSCAPE if landscape else WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = sides
    section.top_margin = section.bottom_margin = Mm(20)
    section.left_margin, section.right_margin = Mm(30), Mm(15)
    section.header_distance = section.footer_distance = Mm(10)
    section.different_first_page_header_footer = True
    properties = section._sectPr
    for old in properties.findall(qn("w:pgNumType")):
        properties.remove(old)
    properties.find(qn("w:cols")).addprevious(parse_xml(f'<w:pgNumType {_NAMESPACE} w:start="1"/>'))


def set_margins_text(section: Section, foot: str) -> None:
    """The page's number above all pages but the first, and what stands below every page."""
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.oxml import parse_xml
    from docx.shared import Pt

    head = section.header.paragraphs[0]
    head.alignment = WD_ALIGN_PARAGRAPH.CENTER
    field = (
        f'<w:fldSimple {_NAMESPACE} w:instr=" PAGE "><w:r><w:rPr>{_size(13)}</w:rPr><w:t>2</w:t></w:r></w:fldSimple>'
    )
    head._p.append(parse_xml(field))
    # Named, or the first page would take those of the page before it.
    section.first_page_header.is_linked_to_previous = False
    for part in (section.first_page_footer, section.footer):
        run = part.paragraphs[0].add_run(plain(foot))
        run.italic, run.font.size = True, Pt(10)


def paragraph(
    document: Document, text: str, *, bold: bool = False, italic: bool = False, size: float = 13, align: str = "center"
) -> Paragraph:
    """A paragraph of one look; ``align`` is ``left``, ``center``, ``right`` or ``both``."""
    from docx.oxml import parse_xml

    made = parse_xml(paragraph_xml(text, align, bold=bold, italic=italic, size=size, namespace=f" {_NAMESPACE}"))
    body = document.element.body
    body.insert(len(body) - 1, made)
    return document.paragraphs[-1]


def add_xml(document: Document, xml: str) -> None:
    """A table or paragraph in the words of the format, at the end of the document."""
    from docx.oxml import parse_xml

    body = document.element.body
    body.insert(len(body) - 1, parse_xml(xml))


def add_later(document: Document, tables: list[bytes], xml: str) -> None:
    """A table at the end of the document, put into it by :func:`save`: as a tree a long one takes very much memory."""
    add_xml(document, f"<w:tbl {_NAMESPACE}><!--{len(tables)}--></w:tbl>")
    tables.append(xml.replace(f" {_NAMESPACE}", "", 1).encode())


def paragraph_xml(
    text: str,
    align: str = "center",
    *,
    bold: bool = False,
    italic: bool = False,
    size: float = 13,
    underline: bool = False,
    indent: float = 0.0,
    room: float = 0.0,
    namespace: str = "",
) -> str:
    """A paragraph; ``indent`` in millimetres from the left, ``room`` in points above and below.

    ``namespace`` declares that of the format, for a paragraph that stands alone.
    """
    # The order of the elements is that of the format's schema.
    look = f"{'<w:b/>' * bold}{'<w:i/>' * italic}{_size(size)}" + '<w:u w:val="single"/>' * underline
    space = f'<w:spacing w:before="{round(room * 20)}" w:after="{round(room * 20)}"/>' if room else ""
    inset = f'<w:ind w:left="{twips(indent)}"/>' if indent else ""
    # The paragraph's own mark is as high as its words, or it would decide how high a row is.
    properties = f"<w:pPr>{space}{inset}<w:jc w:val={quoteattr(align)}/><w:rPr>{_size(size)}</w:rPr></w:pPr>"
    words = f'<w:r><w:rPr>{look}</w:rPr><w:t xml:space="preserve">{escape(plain(text))}</w:t></w:r>' if text else ""
    return f"<w:p{namespace}>{properties}{words}</w:p>"


def _size(points: float) -> str:
    return f'<w:sz w:val="{round(points * 2)}"/>'


def twips(millimetres: float) -> int:
    """The format's own measure of length."""
    return round(millimetres * 1440 / 25.4)


def table_xml(rows: str, widths: list[float], *, borders: bool) -> str:
    """A table of fixed columns, in millimetres, from its rows."""
    sides = "".join(
        f'<w:{side} w:val="{"single" if borders else "nil"}"'
        + ' w:sz="4" w:space="0" w:color="000000"' * borders
        + "/>"
        for side in ("top", "left", "bottom", "right", "insideH", "insideV")
    )
    columns = "".join(f'<w:gridCol w:w="{twips(width)}"/>' for width in widths)
    return (
        f'<w:tbl {_NAMESPACE}><w:tblPr><w:tblW w:w="{sum(map(twips, widths))}" w:type="dxa"/>'
        f'<w:tblBorders>{sides}</w:tblBorders><w:tblLayout w:type="fixed"/>'
        f'<w:tblCellMar><w:left w:w="85" w:type="dxa"/><w:right w:w="85" w:type="dxa"/></w:tblCellMar></w:tblPr>'
        f"<w:tblGrid>{columns}</w:tblGrid>{rows}</w:tbl>"
    )


def row_xml(cells: str, *, head: bool = False) -> str:
    """A row that stays on one page; a head stands again on each page."""
    return f"<w:tr><w:trPr><w:cantSplit/>{'<w:tblHeader/>' * head}</w:trPr>{cells}</w:tr>"


def cell_xml(content: str, width: float, *, middle: bool = True) -> str:
    """A cell from its paragraphs."""
    place = '<w:vAlign w:val="center"/>' * middle
    return f'<w:tc><w:tcPr><w:tcW w:w="{twips(width)}" w:type="dxa"/>{place}</w:tcPr>{content}</w:tc>'


def plain(text: str) -> str:
    """Text as a document can hold it: one line, no control characters, not endless."""
    words = _BLANKS.sub(" ", printable(text)).strip()
    return words if len(words) <= _LONGEST_TEXT else f"{words[:_LONGEST_TEXT]}…"


def save(document: Document, path: Path, tables: Sequence[bytes] = ()) -> bool:
    """Write the document with the dates of its parts fixed, and the ``tables`` where they were added."""
    made = io.BytesIO()
    document.save(made)
    with zipfile.ZipFile(made) as parts, zipfile.ZipFile(path, "w") as fixed:
        for part in parts.infolist():
            stamped = zipfile.ZipInfo(part.filename, _NEW_YEAR_1980)
            stamped.create_system = 0
            content = parts.read(part)
            if part.filename == _MAIN:
                content = _LATER.sub(lambda found: tables[int(found[1])], content)
            fixed.writestr(stamped, content, zipfile.ZIP_DEFLATED)
    return True
