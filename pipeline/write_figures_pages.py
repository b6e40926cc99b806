"""How wide the figures of a sheet are, and which of them stand on one printed page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pipeline.write_figures_grid import Line

SCALE = 70
"""At this scale, in per cent, sheets are printed that are too wide for one page."""
# A page then has room for so many digits beside the names of the units.
_ROOM = 117.0
# A column also has a margin and a border.
_MARGIN = 0.65


def width(value: float) -> float:
    """What a number takes, in digits: a separator takes half; one that does not fit is shown as ###."""
    shown = f"{value:,.0f}"
    return len(shown) - shown.count(",") / 2 + 1.5


def pages_of(lines: Iterable[Line], widths: Mapping[int, float], beside: float) -> list[list[Line]]:
    """The lines that stand side by side on each printed page, so that no title is cut in two.

    On the first one two other columns take ``beside``.
    """
    pages: list[list[Line]] = []
    room = 0.0
    for line in lines:
        taken = widths[line.at] + _MARGIN
        if taken > room:
            room = max(_ROOM - (0.0 if pages else beside + 2 * _MARGIN), taken)
            pages.append([])
        pages[-1].append(line)
        room -= taken
    return pages
