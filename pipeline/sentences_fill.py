"""The office's sentences with the figures of a unit in them; nothing is said where a figure is missing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import isnan

from pipeline.messages import number
from pipeline.percent import exactly, half_up, share
from pipeline.results import Results
from pipeline.sentences import Clause, Figure, Piece, Sentence, Word, figures_in
from schemas.form import Cell
from schemas.tree import Unit

_BETWEEN = re.compile(r"\s*[;,]\s*")


@dataclass(frozen=True, slots=True)
class Run:
    """Some words of a paragraph; ``doubt`` is why the figure in them should be looked at before it is used."""

    text: str
    doubt: str = ""
    cells: tuple[Cell, ...] = ()


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A sentence as it is said, with the ``rank`` of its line."""

    rank: int
    runs: tuple[Run, ...]

    @property
    def text(self) -> str:
        """All of its words."""
        return "".join(run.text for run in self.runs)


def said(sentences: Sequence[Sentence], results: Results, unit: Unit) -> tuple[Paragraph, ...]:
    """Every sentence of which all figures are known; a heading only where something is left below it."""
    filled: list[tuple[Sentence, Paragraph]] = []
    for sentence in sentences:
        runs = _filled(sentence.pieces, results, unit)
        if runs is not None:
            filled.append((sentence, Paragraph(sentence.rank, _tidy(runs))))
    kept: list[Paragraph] = []
    for sentence, paragraph in reversed(filled):
        leads = sentence.rank < 2 or (paragraph.text.endswith(":") and not any(figures_in(sentence.pieces)))
        if not leads or (kept and kept[-1].rank > sentence.rank):
            kept.append(paragraph)
    return tuple(reversed(kept))


def _filled(pieces: Sequence[Piece], results: Results, unit: Unit) -> list[Run] | None:
    """The words of these pieces; ``None`` where a figure is missing, or where all brackets that had one are gone."""
    parts: list[list[Run] | None] = []
    for piece in pieces:
        if isinstance(piece, Clause):
            parts.append(_filled(piece.pieces, results, unit))
        elif isinstance(piece, Figure):
            run = _shown(piece, results, unit)
            if run is None:
                return None
            parts.append([run])
        else:
            parts.append([Run(_word(piece, results, unit) if isinstance(piece, Word) else piece)])
    clauses = [part for piece, part in zip(pieces, parts, strict=True) if isinstance(piece, Clause)]
    if clauses and not any(clauses) and not any(figures_in(pieces, deep=False)):
        return None
    return [run for part in _joined(pieces, parts) for run in part]


def _joined(pieces: Sequence[Piece], parts: Sequence[list[Run] | None]) -> list[list[Run]]:
    """What is left, without the comma or semicolon that stood before a clause that is not."""
    kept: list[list[Run]] = []
    listed = False
    for i, (piece, part) in enumerate(zip(pieces, parts, strict=True)):
        if isinstance(piece, Clause):
            listed = listed or bool(part)
        elif _is_between(pieces, i):
            if not listed or parts[i + 1] is None:
                continue
        else:
            listed = False
        kept += [part] if part else []
    return kept


def _is_between(pieces: Sequence[Piece], at: int) -> bool:
    """Whether a piece only parts two clauses."""
    piece = pieces[at]
    if not isinstance(piece, str) or not 0 < at < len(pieces) - 1 or not _BETWEEN.fullmatch(piece):
        return False
    return isinstance(pieces[at - 1], Clause) and isinstance(pieces[at + 1], Clause)


def _word(word: Word, results: Results, unit: Unit) -> str:
    if word.name == "kỳ":
        return results.owed.period.label("vi")
    return unit.name if word.name == "đơn vị" else f"{results.owed.dates.cut_off:%d/%m/%Y}"


def _shown(figure: Figure, results: Results, unit: Unit) -> Run | None:
    """A figure in Vietnamese notation; ``None`` where it is missing."""
    value = _sum(figure.cells, results, unit)
    if value is None:
        return None
    doubt = _doubt((*figure.cells, *figure.whole), results, unit)
    if figure.whole:
        whole = _sum(figure.whole, results, unit)
        if not whole or not _alike(figure, results, unit):
            return None
        return Run(_percent(share(value, whole), figure.decimals), doubt, figure.cells)
    if figure.percent or figure.cells[0].type == "percent":
        return Run(_percent(exactly(value), figure.decimals), doubt, figure.cells)
    if figure.cells[0].type == "average":
        return Run(number(float(half_up(exactly(value), 0))), doubt, figure.cells)
    shown = number(value)
    # Offices write a count below ten with a nought before it, as they do in the number of a document.
    padded = figure.cells[0].type == "count" and value in range(1, 10)
    return Run(f"0{shown}" if padded else shown, doubt, figure.cells)


def _sum(cells: Sequence[Cell], results: Results, unit: Unit) -> float | None:
    total = 0.0
    for cell in cells:
        value = results.rollup.value.of(unit.code, cell.key)
        if value is None:
            return None
        total += value
    return total


def _percent(exact: Fraction, decimals: int) -> str:
    """Half up, without noughts at its end: 39,1% and 16%."""
    return f"{number(float(half_up(exact, decimals)))}%"


def _alike(figure: Figure, results: Results, unit: Unit) -> bool:
    """Whether part and whole rest on the same units: else the percentage is of nothing."""
    value = results.rollup.value
    below = [child.code for child in results.owed.tree.children(unit.code)]
    sets = {
        tuple(value.of(code, cell.key) is not None for code in below)
        for cell in (*figure.cells, *figure.whole)
        if results.rollup.cells[cell.key].rollup != "REG"
    }
    return len(sets) <= 1 or all(_declared(cell, results, unit) for cell in (*figure.cells, *figure.whole))


def _declared(cell: Cell, results: Results, unit: Unit) -> bool:
    """Whether a figure is the unit's own, not made of its children's."""
    return unit.level != "province" and not isnan(results.rollup.declared[results.rollup.at(unit.code, cell.key)])


def _doubt(cells: Sequence[Cell], results: Results, unit: Unit) -> str:
    """Of how many units the figure is, where not of all that owe it, and whether some of them must correct."""
    reasons: list[str] = []
    for cell in cells:
        if cell.key not in results.rollup.value.column or results.rollup.cells[cell.key].rollup == "REG":
            continue
        i, j = results.rollup.at(unit.code, cell.key)
        have, expected = int(results.rollup.with_data[i, j]), int(results.rollup.expected[i, j])
        if have < expected and not _declared(cell, results, unit):
            reasons.append(f"mới có {have}/{expected} đơn vị")
        if results.rollup.rejected[i, j]:
            reasons.append("có số liệu của đơn vị còn phải sửa" if unit.level == "province" else "báo cáo còn phải sửa")
    return "; ".join(dict.fromkeys(reasons))


def _tidy(runs: Sequence[Run]) -> tuple[Run, ...]:
    """Neighbours without doubt are one run, and no end of a line is blank."""
    joined: list[Run] = []
    for run in runs:
        if joined and not run.doubt and not joined[-1].doubt:
            joined[-1] = Run(joined[-1].text + run.text)
        elif run.text:
            joined.append(run if run.doubt else Run(run.text))
    if joined:
        joined[-1] = Run(joined[-1].text.rstrip(), joined[-1].doubt, joined[-1].cells)
    return tuple(joined)
