"""Ratios of a unit's figures far from those of its peers: units of its level, of its sector where there are enough.

After M. A. Hidiroglou and J.-M. Berthelot (*Survey Methodology* 12, 1986, 73-83): a ratio is held against the median of
its peers on a scale that treats a rise as it treats a fall, and on each side of it by how far the quartile lies there,
for ratios are skewed (as M. Hubert and E. Vandervieren give each side of a box plot a fence of its own: *Computational
Statistics & Data Analysis* 52, 2008, 5186-5201). The scale is the logarithm, of a share that of its odds
ln((a + 1/2) / (b - a + 1/2)) (J. B. S. Haldane, *Annals of Human Genetics* 20, 1956), on which 95 of 100 lies as far
from the middle as 5 do, and none of many is a figure.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pipeline.figures import Figures, Matrix
from pipeline.findings import Finding, Param
from pipeline.messages import number
from pipeline.obligations import Obligations
from pipeline.reconcile_clones import evidence
from pipeline.reconcile_ratios import Ratio, ratios_of
from pipeline.reconcile_sums import label_of
from pipeline.reconcile_usual import LEAST, LEAST_UNITS, MISPLACED, bound, mended, places, quantile
from pipeline.submission import Item, Submission
from schemas.form import Form, Forms, Key
from schemas.text import Text
from schemas.tree import LEVELS, Tree

# Of a share three times the odds of its peers or a third of them, and so much of the whole. What one unit pays for a
# gift or lends to a member is often several times what another does: ten times, or a tenth.
_LEAST_FACTOR, _LEAST_OF_MEANS = 3.0, 10.0
_LEAST_OF_WHOLE = 0.2
# Of so many the units of one sector are peers by themselves.
_LEAST_OF_SECTOR = 20
_HALF = 0.5
_SHOWN = 5
_WITHOUT_DECIMALS = 100
# So many ratios of so many rows are looked at together: all those of a nation would not fit into memory.
_AT_A_TIME = 500_000

_Flags = npt.NDArray[np.bool_]
_Rows = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class _Compared:
    """The parts and wholes of some ratios, a row a unit or a row of a list.

    ``taken`` makes those of the ratios from one to before another. ``peers`` are those who are held against each
    other, those of a level first, those of a sector behind, and how many of them must have the ratio.
    """

    submissions: Sequence[Submission]
    names: Sequence[str]
    ratios: Sequence[Ratio]
    taken: Callable[[slice], tuple[Matrix, Matrix]]
    peers: Sequence[tuple[_Rows, int]]


class _Far(NamedTuple):
    """The ratio ``k`` of the row ``i``, and what is said of it in :class:`_Usual`."""

    i: int
    k: int
    part: float
    whole: float
    own: float
    low: float
    median: float
    high: float
    peers: float
    sector: float
    far: float
    share: bool


@dataclass(frozen=True, slots=True)
class _Usual:
    """The ratios of each row, and of its peers the quartiles, the median and how many they are.

    ``far`` is how far a ratio is from the median, 1 being barely unusual; NaN where nothing is known or little is at
    stake. ``share`` marks the ratios that are shares, ``sector`` those whose peers are of the same sector.
    """

    own: Matrix
    low: Matrix
    median: Matrix
    high: Matrix
    peers: Matrix
    sector: Matrix
    far: Matrix
    share: _Flags


def reconcile_peers(
    sent: Sequence[Submission], owed: Obligations, figures: Figures, told: Sequence[Finding] = ()
) -> list[Finding]:
    """Ratios that are unlike those of nearly all peers: one finding for each unit and form.

    Silent where a figure is missing, where the difference is small, where ``told`` says that one of the two figures
    must be mended anyway, that the figure is doubtful, or that the return's figures are misplaced.
    """
    left_out = {finding.unit for finding in told if finding.id in MISPLACED}
    own = [submission for submission in sent if submission.unit not in left_out]
    ratios = ratios_of(owed.forms)
    said = mended(told), frozenset((f.unit, *at) for f in told if f.severity == "soft" for at in places(f))
    tables = [_of_units(own, owed.tree, figures, [ratio for ratio in ratios if ratio.part.indicator])]
    for form in owed.forms:
        listed = [ratio for ratio in ratios if not ratio.part.indicator and ratio.part.form == form.id]
        tables.append(_of_lists(own, owed.tree, form, listed))
    return [finding for one in tables if one is not None for finding in _judged(one, owed.forms, *said)]


def _of_units(own: Sequence[Submission], tree: Tree, figures: Figures, ratios: Sequence[Ratio]) -> _Compared | None:
    if not own or not ratios:
        return None
    rows = [figures.row[submission.unit] for submission in own]

    def column(key: Key | None) -> Matrix:
        return np.ones(len(rows)) if key is None else figures.values[rows, figures.column[key]]

    def taken(some: slice) -> tuple[Matrix, Matrix]:
        each = ratios[some]
        return np.column_stack([column(one.part) for one in each]), np.column_stack([column(one.whole) for one in each])

    units = [tree.unit(submission.unit) for submission in own]
    peers: list[tuple[_Rows, int]] = []
    for level in LEVELS:
        peers += _groups([unit.sector if unit.level == level else None for unit in units])
    return _Compared(own, [""] * len(own), ratios, taken, peers)


def _of_lists(own: Sequence[Submission], tree: Tree, form: Form, ratios: Sequence[Ratio]) -> _Compared | None:
    """The rows of all lists of a form; what stands in them is of the unions that they are about."""
    if not ratios:
        return None
    submissions, names, keys = list[Submission](), list[str](), list[str]()
    parts, wholes = array("d"), array("d")
    # One row at a time: those of a nation would not fit into memory.
    for one in own:
        for item in one.items.get(form.id, ()):
            if item.counted and not item.closed:
                submissions.append(one)
                names.append(item.id)
                keys.append(item.key)
                parts.extend(_in_row(item, ratio.part) for ratio in ratios)
                wholes.extend(_in_row(item, ratio.whole) for ratio in ratios)
    if not names:
        return None
    part, whole = (np.frombuffer(said).reshape(len(names), len(ratios)) for said in (parts, wholes))
    peers = _groups([tree.unit(key).sector if key in tree else "" for key in keys])
    return _Compared(submissions, names, ratios, lambda some: (part[:, some], whole[:, some]), peers)


def _in_row(item: Item, key: Key | None) -> float:
    """What a row of a list says in a column, NaN where it says nothing; without a column 1."""
    if key is None:
        return 1.0
    entry = item.entries.get(key.measure)
    return float("nan") if entry is None or entry.value is None else entry.value


def _groups(sectors: Sequence[str | None]) -> list[tuple[_Rows, int]]:
    """All who are there, then those of each sector; ``None`` is not there."""
    there = np.flatnonzero([sector is not None for sector in sectors])
    named = sorted({sector for sector in sectors if sector})
    each = ((np.flatnonzero([sector == name for sector in sectors]), _LEAST_OF_SECTOR) for name in named)
    return [(there, LEAST_UNITS), *each]


def _judged(
    compared: _Compared,
    forms: Forms,
    wrong: Collection[tuple[str, str, str]],
    doubtful: Collection[tuple[str, str, str]],
) -> Iterator[Finding]:
    found: list[_Far] = []
    for far in sorted(_all_far(compared, _types(compared.ratios, forms))):
        submission, keys = compared.submissions[far.i], _keys(compared, far)
        at = [(submission.unit, *submission.place(key)) for key in keys]
        if at[0] not in doubtful and not any(place in wrong for place in at):
            found.append(far)

    def of(far: _Far) -> tuple[str, str]:
        return compared.submissions[far.i].unit, compared.ratios[far.k].part.form

    for _, group in groupby(sorted(found, key=lambda far: (of(far), -far.far)), key=of):
        yield _finding(compared, forms, list(group))


def _all_far(compared: _Compared, types: Sequence[str]) -> Iterator[_Far]:
    """The ratios that are far from those of their peers, some ratios after the others."""
    step = max(1, _AT_A_TIME // len(compared.submissions))
    for first in range(0, len(compared.ratios), step):
        some = slice(first, first + step)
        part, whole = compared.taken(some)
        usual = _usual(part, whole, compared.peers, types[some])
        told = (part, whole, usual.own, usual.low, usual.median, usual.high, usual.peers, usual.sector, usual.far)
        for i, k in np.argwhere(usual.far > 1).tolist():
            yield _Far._make((i, first + k, *(float(one[i, k]) for one in told), bool(usual.share[k])))


def _types(ratios: Iterable[Ratio], forms: Forms) -> list[str]:
    cells = (forms.cell(ratio.part) for ratio in ratios)
    return ["" if cell is None else cell.type for cell in cells]


def _keys(compared: _Compared, far: _Far) -> list[Key]:
    """The part and the whole as cells of the row."""
    ratio, name = compared.ratios[far.k], compared.names[far.i]
    keys = [key for key in (ratio.part, ratio.whole) if key is not None]
    return [key._replace(indicator=name) if name else key for key in keys]


def _usual(part: Matrix, whole: Matrix, peers: Sequence[tuple[_Rows, int]], types: Sequence[str]) -> _Usual:
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        ratio = np.where((whole > 0) & (part >= 0), part / whole, np.nan)
        share = quantile(ratio, 0.75) <= 1
        half = np.where([kind == "count" for kind in types], _HALF, 0.0)
        odds = (part + half) / (whole - part + half)
        scaled = np.log(np.where(share, np.where(part <= whole, odds, np.nan), ratio))
        scaled[~np.isfinite(scaled) | np.isnan(ratio)] = np.nan
        low, median, high, fence, units, sector = _of_peers(scaled, part > 0, peers)
        far = np.abs(scaled - median) / fence
        far[~share & (np.abs(scaled - median) < np.log(_LEAST_OF_MEANS))] = np.nan
        low, median, high = (np.where(share, 1 / (1 + np.exp(-one)), np.exp(one)) for one in (low, median, high))
        least = np.maximum([LEAST.get(kind, 0.0) for kind in types], np.where(share, _LEAST_OF_WHOLE * whole, 0.0))
        far[~(np.abs(part - median * whole) >= least)] = np.nan
    return _Usual(ratio, low, median, high, units, sector, far, share)


def _of_peers(scaled: Matrix, has: _Flags, groups: Sequence[tuple[_Rows, int]]) -> list[Matrix]:
    """Of the peers of each row the quartiles and the median, how far is far, how many they are, if of one sector.

    Where most of them have nothing, to have something is not unusual, nor is it to have nothing.
    """
    found = [np.full(scaled.shape, np.nan) for _ in range(6)]
    for rows, least in groups:
        own = scaled[rows]
        units = (~np.isnan(own)).sum(axis=0).astype(np.float64)
        taken = units >= least
        if not taken.any():
            continue
        silent = 2 * (has[rows] & ~np.isnan(own)).sum(axis=0) < units
        quartiles = [np.where(silent, np.nan, quantile(own, at)) for at in (0.25, 0.5, 0.75)]
        below, above = (bound(quartiles[i + 1] - quartiles[i], units) for i in (0, 1))
        sides = np.maximum(np.where(own < quartiles[1], below, above), np.log(_LEAST_FACTOR))
        of_sector = np.full(own.shape, float(least == _LEAST_OF_SECTOR))
        for made, values in zip(found, (*quartiles, sides, units, of_sector), strict=True):
            made[np.ix_(rows, taken)] = np.broadcast_to(values, own.shape)[:, taken]
    return found


def _finding(compared: _Compared, forms: Forms, found: Sequence[_Far]) -> Finding:
    shown = [_said(compared, forms, far) for far in found[:_SHOWN]]
    more = " …" if len(found) > _SHOWN else ""
    params: dict[str, Param] = {
        "count": len(found),
        "said": Text("; ".join(one.vi for one in shown) + more, "; ".join(one.en for one in shown) + more),
    }
    first = found[0]
    keys = dict.fromkeys(key for far in found for key in _keys(compared, far))
    made = evidence("peers-differ", compared.submissions[first.i], keys, params)
    own, low, high = (_shown(one, "vi", share=first.share) for one in (first.own, first.low, first.high))
    return replace(made, value=own, expected=f"{low}–{high}")


def _said(compared: _Compared, forms: Forms, far: _Far) -> Text:
    """One ratio in words: what it is, its own value and from what, and what the peers have."""
    ratio = compared.ratios[far.k]
    name = _named(ratio, compared.names[far.i], forms.by_id[ratio.part.form], forms)
    return Text(*(_in_words(far, name.of(lang), lang, alone=ratio.whole is None) for lang in ("vi", "en")))


def _in_words(far: _Far, name: str, lang: str, *, alone: bool) -> str:
    measures = (far.own, far.median, far.low, far.high)
    own, middle, low, high = (_shown(one, lang, share=far.share) for one in measures)
    of = "" if alone else f" ({number(far.part, lang)} / {number(far.whole, lang)})"
    units, sector = number(far.peers, lang), far.sector > 0
    if lang == "en":
        peers = f"{units} units of the same sector" if sector else f"{units} units"
        return f"{name} = {own}{of}; of {peers} the median is {middle}, half lie between {low} and {high}"
    peers = f"{units} đơn vị cùng loại hình" if sector else f"{units} đơn vị"
    return f"{name} = {own}{of}; trung vị của {peers} là {middle}, một nửa từ {low} đến {high}"


def _shown(value: float, lang: str, *, share: bool) -> str:
    if share:
        return f"{number(100 * float(value), lang, 1)} %"
    return number(float(value), lang, 0 if value >= _WITHOUT_DECIMALS else 2)


def _named(ratio: Ratio, row: str, form: Form, forms: Forms) -> Text:
    """The two rows; of one row, or of a list, the row and its two columns."""
    part, whole = ratio.part, ratio.whole
    if whole is None:
        return label_of(form, part)
    if row or part[:2] == whole[:2]:
        label = Text(row, row) if row else form.indicator(part.indicator).label
        columns = [_column(form, key) for key in (part, whole)]
        return Text(*(f"{label.of(lang)}: {' / '.join(one.of(lang) for one in columns)}" for lang in ("vi", "en")))
    rows = [label_of(forms.by_id[key.form], key) for key in (part, whole)]
    if part.measure == whole.measure:
        rows = [forms.by_id[key.form].indicator(key.indicator).label for key in (part, whole)]
    return Text(*(" / ".join(one.of(lang) for one in rows) for lang in ("vi", "en")))


def _column(form: Form, key: Key) -> Text:
    tables = (table for table in form.tables if key in table.cells or key.measure in table.columns)
    return next(tables).measure(key.measure).label
