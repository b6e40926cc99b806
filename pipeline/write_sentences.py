"""``so-lieu-P.docx``: the paragraphs that a report opens with, the office's sentences with the figures in them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.appendix_marks import stated
from pipeline.files import put, remove
from pipeline.results import Results
from pipeline.sentences_fill import Paragraph, said
from pipeline.write_book import footer
from pipeline.write_word import new_document, paragraph, plain, save, set_margins_text, set_page
from schemas.form import Key
from schemas.tree import Unit

if TYPE_CHECKING:
    from docx.document import Document

_FIRST_LINE = 12.7
_MOST_NAMED = 6


def write_sentences(path: Path, results: Results, unit: Unit | None = None) -> None:
    """Write the sentences of the province, or of ``unit``, and what is wrong with the office's wording of them.

    No file where nothing can be said.
    """
    whose = unit or results.owed.tree.province
    paragraphs = said(results.workspace.sentences, results, whose)
    faults = results.workspace.wording_faults
    if not (paragraphs or faults):
        remove(path)
        return

    def write(temporary: Path) -> bool:
        title = f"Số liệu mở đầu báo cáo {results.owed.period.label('vi')}"
        document = new_document(created=results.owed.dates.issued_on, title=title)
        set_page(document.sections[0], landscape=False)
        set_margins_text(document.sections[0], footer(results))
        paragraph(document, title.upper(), bold=True, size=14)
        paragraph(document, f"{whose.name}. {stated(results, whose)}", italic=True, size=12)
        for said_here in paragraphs:
            _write(document, said_here)
        _write_doubts(document, paragraphs, results)
        for fault in faults:
            paragraph(document, fault.of(results.lang), italic=True, size=12, align="left")
        return save(document, temporary)

    put(path, write)


def _write(document: Document, said_here: Paragraph) -> None:
    """One paragraph as reports have it; a figure to be looked at is marked as with a pen."""
    from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_COLOR_INDEX
    from docx.shared import Mm, Pt

    heading = said_here.rank < 2
    made = document.add_paragraph()
    made.alignment = WD_ALIGN_PARAGRAPH.LEFT if heading else WD_ALIGN_PARAGRAPH.JUSTIFY
    layout = made.paragraph_format
    layout.first_line_indent, layout.space_before = Mm(_FIRST_LINE), Pt(6)
    layout.keep_with_next = heading
    for run in said_here.runs:
        # A blank at the end of a run parts it from the next one.
        words = made.add_run(plain(run.text) if run.text.strip() == run.text else _spaced(run.text))
        words.bold, words.font.size = heading, Pt(14)
        if run.doubt:
            words.font.highlight_color = WD_COLOR_INDEX.YELLOW


def _spaced(text: str) -> str:
    """The words with one blank where there were any at either end."""
    return " " * text[:1].isspace() + plain(text) + " " * text[-1:].isspace() if text.strip() else " "


def _write_doubts(document: Document, paragraphs: Sequence[Paragraph], results: Results) -> None:
    """What is to be looked at before the marked figures are used: once for each row."""
    doubts: dict[str, dict[str, None]] = {}
    for said_here in paragraphs:
        for run in said_here.runs:
            for cell in run.cells if run.doubt else ():
                doubts.setdefault(run.doubt, {})[_label(results, cell.key)] = None
    if not doubts:
        return
    paragraph(document, "", size=10)
    note = "Cần xem trước khi dùng (không chép vào báo cáo): các số tô vàng"
    paragraph(document, note, bold=True, italic=True, size=12, align="left")
    for doubt, labels in doubts.items():
        more = f" và {len(labels) - _MOST_NAMED} dòng khác" if len(labels) > _MOST_NAMED else ""
        named = "; ".join([*labels][:_MOST_NAMED])
        paragraph(document, f"- {doubt}: {named}{more}.", italic=True, size=12, align="left")


def _label(results: Results, key: Key) -> str:
    """A row in its form's own words; a column of a list by its head."""
    form = results.owed.forms.by_id[key.form]
    if not key.indicator:
        return f"{form.id} {next(table.measure(key.measure).label.vi for table in form.lists)}"
    row = form.indicator(key.indicator)
    return f"{form.id} {row.no} {row.label.vi}".replace("  ", " ")
