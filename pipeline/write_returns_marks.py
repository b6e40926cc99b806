"""What is said in a file that goes back: the comment of each cell, the lines of the list.

What must be mended comes first, and right behind it the cells that are likeliest wrong, the likelier first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from pipeline.annotate import Line, Mark, Marks, line_of
from pipeline.findings import SEVERITIES, Finding
from pipeline.messages import sentence, suggestion
from pipeline.write_links import Place, place_of
from schemas.text import Text

# A note on many blanks at once belongs in the list; a comment on each would bury the cells that matter.
_LISTED_ONLY = frozenset({"missing-value", "implied-zero", "undecided"})
_SUSPECT = "suspect"
_MOST_CELLS = 8
# The likeliest are enough to begin with, beside those that name the cell itself; the list has them all.
_MOST_SETS = 4

_CELLS = Text("Các ô: {cells}.", "Cells: {cells}.")
_HEAD = Text(
    "Nghi gõ sai (số đang ghi → số làm khớp {edits}){order}:",
    "Suspects (reported → what would make {edits} hold){order}:",
)
_ORDER = Text(", khả năng lớn trước", ", the likelier first")
_MORE = Text("… còn {count} cách khác, xem trang đầu.", "… {count} more on the first sheet.")
_REMEDY = Text("Soát lại chứng từ rồi mới sửa.", "Check the records before you change anything.")
_HERE = Text("ô này", "this cell")
_BLANK = Text("để trống", "blank")
# How a set says that a cell has no figure.
_NONE = "–"


def marks_of(findings: Sequence[Finding], lang: str) -> Marks:
    """The marks of a unit's cells, each as grave as the gravest finding of the cell."""
    explained = _explained(findings)
    at: dict[Place, list[int]] = {}
    for i, finding in enumerate(findings):
        for cell in finding.cells if finding.id not in _LISTED_ONLY else ():
            at.setdefault(place_of(cell, finding.sheet), []).append(i)
    return {place: _mark(place, found, findings, explained, lang) for place, found in at.items()}


def lines_of(findings: Sequence[Finding], lang: str) -> Iterator[Line]:
    """The lines of the list, in their order."""
    return (line_of(finding, lang) for finding in in_order(findings))


def in_order(findings: Sequence[Finding]) -> Iterator[Finding]:
    """A unit's findings as people read them: what must be mended with its suspects, what to look at, notes."""
    explained, listed = _explained(findings), set[int]()
    for i in _by_severity(range(len(findings)), findings):
        for j in (i, *explained.get(i, ())):
            if j not in listed:
                listed.add(j)
                yield findings[j]


def _by_severity(which: Iterable[int], findings: Sequence[Finding]) -> list[int]:
    return sorted(which, key=lambda i: SEVERITIES.index(findings[i].severity))


def _explained(findings: Sequence[Finding]) -> Mapping[int, tuple[int, ...]]:
    """For each finding the sets of suspects that would make its edit hold and that name one of its cells."""
    suspects = [(i, _places(one), _edits(one)) for i, one in enumerate(findings) if one.id == _SUSPECT]
    if not suspects:
        return {}
    found = {}
    for i, finding in enumerate(findings):
        if finding.severity == "hard" and finding.cells:
            cells = _places(finding)
            found[i] = tuple(j for j, there, edits in suspects if finding.id in edits and cells & there)
    return found


def _places(finding: Finding) -> frozenset[Place]:
    return frozenset(place_of(cell, finding.sheet) for cell in finding.cells)


def _edits(finding: Finding) -> list[str]:
    return str(finding.params["edits"]).split(", ")


def _mark(
    place: Place, found: list[int], findings: Sequence[Finding], explained: Mapping[int, tuple[int, ...]], lang: str
) -> Mark:
    ordered = _by_severity(found, findings)
    suspects = sorted(
        {i for i in found if findings[i].id == _SUSPECT} | {j for i in found for j in explained.get(i, ())}
    )
    said = dict.fromkeys(
        (findings[i].severity, _said(place, findings[i], lang)) for i in ordered if findings[i].id != _SUSPECT
    )
    lines = [
        *(words for severity, words in said if severity == "hard"),
        *_suspected(place, [findings[i] for i in suspects], lang),
        *(words for severity, words in said if severity != "hard"),
    ]
    return Mark(findings[ordered[0]].severity, "\n".join(lines))


def _said(place: Place, finding: Finding, lang: str) -> str:
    """A finding in the comment of one of its cells, which others are meant among what is said."""
    words = sentence(finding, lang)
    parts = [words[:1].upper() + words[1:] + ("" if words.endswith((".", "?")) else ".")]
    if len(finding.cells) > 1:
        more = " …" if len(finding.cells) > _MOST_CELLS else ""
        shown = ", ".join(_cell(place_of(cell, finding.sheet), place) for cell in finding.cells[:_MOST_CELLS])
        parts.append(_CELLS.of(lang).format(cells=shown + more))
    return " ".join(part for part in (*parts, suggestion(finding, lang), f"[{finding.id}]") if part)


def _cell(cell: Place, seen_from: Place) -> str:
    return cell[1] if cell[0] == seen_from[0] else f"{cell[0]}!{cell[1]}"


def _suspected(place: Place, suspects: Sequence[Finding], lang: str) -> Iterator[str]:
    """The cells that may be wrong, by the edits that they explain."""
    by_edits: dict[str, list[Finding]] = {}
    for finding in suspects:
        by_edits.setdefault(str(finding.params["edits"]), []).append(finding)
    for edits, sets in by_edits.items():
        # Where no slip explains the first, it may be as likely as the others.
        order = _ORDER.of(lang) if len(sets) > 1 and _slip(sets[0], lang) else ""
        yield _HEAD.of(lang).format(edits=edits, order=order)
        shown = [(i, one) for i, one in enumerate(sets) if i < _MOST_SETS or place in _places(one)]
        for i, one in shown:
            yield f"{f'{i + 1}.' if len(sets) > 1 else '–'} {_set(place, one, lang)}"
        if len(sets) > len(shown):
            yield _MORE.of(lang).format(count=len(sets) - len(shown))
        yield f"{_REMEDY.of(lang)} [{_SUSPECT}]"


def _set(place: Place, finding: Finding, lang: str) -> str:
    """Each cell of a set with the figure that stands there and the one that would mend it."""
    cells = [place_of(cell, finding.sheet) for cell in finding.cells]
    reported, meant = finding.value.split(", "), finding.expected.split(", ")
    changes = [
        f"{_HERE.of(lang) if at == place else _cell(at, place)}: {_figure(was, lang)} → {_figure(now, lang)}"
        for at, was, now in zip(cells, reported, meant, strict=False)
    ]
    return "; ".join(changes) + _slip(finding, lang)


def _figure(shown: str, lang: str) -> str:
    return _BLANK.of(lang) if shown in ("", _NONE) else shown


def _slip(finding: Finding, lang: str) -> str:
    slip = finding.params.get("slip", "")
    return slip.of(lang) if isinstance(slip, Text) else str(slip)
