"""A chart of two panels in plain SVG: what grows along both axes by powers of ten is shown as lines."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

Points = Sequence[tuple[float, float]]
COLOURS = ("#b23b3b", "#8a8a8a", "#b59b3d", "#1f5fa8", "#2d8a57", "#7a4fa3")
_WIDTH, _HEIGHT, _PANEL, _TOP, _LEFT, _GAP, _PLOT = 860, 400, 330, 46, 70, 95, 270


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel: its title, what its axes count, its lines by name."""

    title: str
    across: str
    up: str
    lines: Mapping[str, Points]


def chart(panels: Sequence[Panel]) -> str:
    """The chart; the lines of a name have the same colour in all panels."""
    names = list(dict.fromkeys(name for panel in panels for name in panel.lines))
    colours = dict(zip(names, COLOURS, strict=False))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{_HEIGHT}" '
        f'viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif" font-size="12">',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#ffffff"/>',
    ]
    for number, panel in enumerate(panels):
        parts += _panel(panel, _LEFT + number * (_PANEL + _GAP), colours)
    return "\n".join([*parts, *_legend(colours), "</svg>", ""])


def _panel(panel: Panel, left: int, colours: Mapping[str, str]) -> Iterator[str]:
    points = [point for line in panel.lines.values() for point in line]
    across = _axis([x for x, _ in points])
    up = _axis([y for _, y in points])
    yield f'<text x="{left + _PANEL / 2}" y="22" text-anchor="middle" font-weight="bold">{escape(panel.title)}</text>'
    for value in _ticks(*up):
        y = _TOP + _PLOT * (1 - _share(value, *up))
        yield f'<path d="M{left} {y:.1f}h{_PANEL}" stroke="#dddddd"/>'
        yield f'<text x="{left - 6}" y="{y + 4:.1f}" text-anchor="end">{_said(value)}</text>'
    for value in _ticks(*across):
        x = left + _PANEL * _share(value, *across)
        yield f'<path d="M{x:.1f} {_TOP}v{_PLOT}" stroke="#dddddd"/>'
        yield f'<text x="{x:.1f}" y="{_TOP + _PLOT + 16}" text-anchor="middle">{_said(value)}</text>'
    yield f'<text x="{left + _PANEL / 2}" y="{_TOP + _PLOT + 34}" text-anchor="middle">{escape(panel.across)}</text>'
    yield f'<text x="{left - 46}" y="{_TOP - 10}">{escape(panel.up)}</text>'
    for name, line in panel.lines.items():
        at = [
            (left + _PANEL * _share(x, *across), _TOP + _PLOT * (1 - _share(y, *up))) for x, y in sorted(line) if y > 0
        ]
        path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in at)
        yield f'<path d="{path}" fill="none" stroke="{colours[name]}" stroke-width="2"/>'
        for x, y in at:
            yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colours[name]}"/>'


def _legend(colours: Mapping[str, str]) -> Iterator[str]:
    for number, (name, colour) in enumerate(colours.items()):
        x, y = _LEFT + number % 3 * 265, _HEIGHT - 26 + number // 3 * 17
        yield f'<rect x="{x}" y="{y - 9}" width="18" height="3" fill="{colour}" transform="translate(0 4)"/>'
        yield f'<text x="{x + 24}" y="{y}">{escape(name)}</text>'


def _axis(values: Sequence[float]) -> tuple[float, float]:
    """From where to where, in powers of ten, with a little room."""
    known = [math.log10(value) for value in values if value > 0]
    return min(known) - 0.15, max(known) + 0.15


def _share(value: float, least: float, most: float) -> float:
    return (math.log10(value) - least) / (most - least)


def _ticks(least: float, most: float) -> list[float]:
    """Powers of ten, and where these are few twice and five times as much too."""
    tens = range(math.floor(least), math.ceil(most) + 1)
    few = most - least < 2
    found = [times * 10.0**ten for ten in tens for times in ((1, 2, 5) if few else (1,))]
    return [value for value in found if least <= math.log10(value) <= most]


def _said(value: float) -> str:
    """A number as Vietnamese writes it."""
    if value >= 1:
        return f"{value:,.0f}".replace(",", ".")
    return f"{value:g}".replace(".", ",")
