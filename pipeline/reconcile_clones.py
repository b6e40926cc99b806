"""The same figures where others are due: those of another unit, of the period before, or a thousand times too small."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from pipeline.figures import Figures, Matrix
from pipeline.findings import Finding, Param
from pipeline.found_at import at_keys
from pipeline.history import UnitFigures
from pipeline.messages import number
from pipeline.obligations import Obligations
from pipeline.submission import Submission
from schemas.edit import Compare
from schemas.form import Cell, Forms, Key
from schemas.period import previous_cumulative, previous_stock
from schemas.text import Text
from schemas.tree import Tree

_SHARE = 0.9
_LEAST = 20
_LEAST_NEAR = 40
# Ten members of a kindergarten are ten women with ten degrees: so many cells, yet one figure.
_LEAST_DISTINCT = 8
# Copies share most of their largest figures, others hardly any.
_LARGEST = 12
# What so many share tells nobody from anybody, and among the units of a nation there are many such figures.
_COMMON = 50
# More units than that are one fault of whoever made the files.
_CLUSTER = 10
_NAMED = 3
_SHOWN = 5
_LEAST_AMOUNTS = 3
_LEAST_PEERS = 8
_SCALES = {1000: Text("nghìn đồng", "thousands of đồng"), 1_000_000: Text("triệu đồng", "millions of đồng")}
_TOLERANCE = 0.3


@dataclass(frozen=True, slots=True)
class _Alike:
    """Two rows of figures that are the same in ``same`` of the ``count`` columns where either is not zero."""

    left: int
    right: int
    same: int
    count: int


def reconcile_clones(
    sent: Sequence[Submission], owed: Obligations, earlier: UnitFigures, figures: Figures
) -> list[Finding]:
    """Returns with each other's figures, with those of the period before, or with amounts in another unit."""
    cells = own_cells(owed.forms)
    return [
        *_same_figures(sent, [cell.key for cell in cells], owed.tree, figures),
        *_copied(sent, owed, earlier, figures),
        *_wrong_scale(sent, [cell.key for cell in cells if cell.type == "money"], owed, earlier, figures),
    ]


def own_cells(forms: Forms) -> list[Cell]:
    """The cells of whose figures nothing is known before the unit fills them."""
    return [cell for cell in forms.cells.values() if cell.is_number and cell.role == "input" and cell.link is None]


def evidence(
    finding_id: str, submission: Submission, keys: Iterable[Key], params: Mapping[str, Param], *, say: str = ""
) -> Finding:
    """A soft finding at these cells; the sheet is that of the first."""
    return at_keys(finding_id, submission, keys, say=say, params=params)


def _matrix(rows: Sequence[Mapping[Key, float]], keys: Sequence[Key]) -> Matrix:
    values = np.full((len(rows), len(keys)), np.nan)
    column = {key: j for j, key in enumerate(keys)}
    for i, row in enumerate(rows):
        for key, value in row.items():
            if key in column:
                values[i, column[key]] = value
    return values


def _said(sent: Sequence[Submission], keys: Sequence[Key], figures: Figures) -> Matrix:
    """What these units put into cells that nothing else fills."""
    rows, columns = [figures.row[one.unit] for one in sent], [figures.column[key] for key in keys]
    return figures.values[np.ix_(rows, columns)]


# --- the same figures in two places


def _alike(left: Matrix, right: Matrix, *, later: bool = False) -> Iterator[_Alike]:
    """The pairs of rows that are copies of each other; where ``later``, only those with a later row.

    A column counts where both are known. Rows are compared only where they share one of their largest figures, and not
    one that is as common as ``_COMMON``.
    """
    bucket: dict[tuple[int, float], list[int]] = {}
    for j, row in enumerate(right):
        for column in _largest(row):
            bucket.setdefault((column, float(row[column])), []).append(j)
    bucket = {figure: rows for figure, rows in bucket.items() if len(rows) <= _COMMON}
    for i, row in enumerate(left):
        near = {j for column in _largest(row) for j in bucket.get((column, float(row[column])), ())}
        candidates = np.array(sorted(j for j in near if j > i or not later), dtype=np.intp)
        if candidates.size == 0:
            continue
        others = right[candidates]
        counted = ((row != 0) | (others != 0)) & ~np.isnan(row) & ~np.isnan(others)
        equal = (row == others) & counted
        count, same = counted.sum(axis=1), equal.sum(axis=1)
        for k in np.flatnonzero((count >= _LEAST) & (same >= _SHARE * count)):
            if len(np.unique(row[equal[k]])) >= _LEAST_DISTINCT:
                yield _Alike(i, int(candidates[k]), int(same[k]), int(count[k]))


def _largest(row: Matrix) -> list[int]:
    known = np.nan_to_num(row)
    return [j for j in np.argsort(-known, kind="stable")[:_LARGEST].tolist() if known[j] > 0]


def _shown(row: Matrix, other: Matrix, keys: Sequence[Key]) -> list[Key]:
    """The largest figures that are the same: those that coincide least by chance."""
    equal = np.where(row == other, np.nan_to_num(row), 0)
    return [keys[j] for j in np.argsort(-equal, kind="stable")[:_SHOWN].tolist() if equal[j] > 0]


def _same_figures(sent: Sequence[Submission], keys: Sequence[Key], tree: Tree, figures: Figures) -> Iterator[Finding]:
    """Units with the figures of another; what one union alone sends for is also the figure of the union above."""
    sent = sorted(sent, key=lambda submission: tree.order[submission.unit])
    values = np.nan_to_num(_said(sent, keys, figures), copy=False)
    pairs = [
        pair
        for pair in _twins(values)
        if (pair.same == pair.count or pair.count >= _LEAST_NEAR)
        and not _kin(tree, sent[pair.left].unit, sent[pair.right].unit)
    ]
    for cluster in _clusters(pairs):
        first = cluster[0]
        if len(cluster) > _CLUSTER:
            params: dict[str, Param] = {
                "count": len(cluster),
                "names": _names((sent[i].unit for i in cluster), tree),
            }
            shown = _shown(values[first], values[first], keys)
            yield evidence("same-figures", sent[first], shown, params, say="same-figures-many")
            continue
        for i in cluster:
            mine = [pair for pair in pairs if i in (pair.left, pair.right)]
            others = [pair.left + pair.right - i for pair in mine]
            least = min(mine, key=lambda pair: pair.same / pair.count)
            params = {"have": least.same, "count": least.count, "names": _names((sent[j].unit for j in others), tree)}
            yield evidence("same-figures", sent[i], _shown(values[i], values[others[0]], keys), params)


def _twins(values: Matrix) -> Iterator[_Alike]:
    """Every pair of copies; of many that are identical only those with the first."""
    identical: dict[bytes, list[int]] = {}
    for i, row in enumerate(values):
        identical.setdefault(row.tobytes(), []).append(i)
    firsts = [group[0] for group in identical.values()]
    for pair in _alike(values[firsts], values[firsts], later=True):
        yield _Alike(firsts[pair.left], firsts[pair.right], pair.same, pair.count)
    for group in identical.values():
        row = values[group[0]]
        count = int(np.count_nonzero(row))
        if len(group) > 1 and count >= _LEAST and len(np.unique(row[row != 0])) >= _LEAST_DISTINCT:
            pairs = combinations(group, 2) if len(group) <= _CLUSTER else ((group[0], i) for i in group[1:])
            yield from (_Alike(i, j, count, count) for i, j in pairs)


def _clusters(pairs: Iterable[_Alike]) -> list[list[int]]:
    """The rows that hang together by pairs, each cluster and all of them in order."""
    of: dict[int, list[int]] = {}
    for pair in pairs:
        left, right = of.get(pair.left, [pair.left]), of.get(pair.right, [pair.right])
        if left is not right:
            joined = left + right
            of |= dict.fromkeys(joined, joined)
    return sorted(sorted(cluster) for cluster in {id(cluster): cluster for cluster in of.values()}.values())


def _kin(tree: Tree, unit: str, other: str) -> bool:
    """Whether one of them is above the other."""
    return other in _above(tree, unit) or unit in _above(tree, other)


def _above(tree: Tree, unit: str) -> set[str]:
    found = set()
    parent = tree.parent(unit) if unit in tree else None
    while parent is not None:
        found.add(parent.code)
        parent = tree.parent(parent.code)
    return found


def _names(units: Iterable[str], tree: Tree) -> Text:
    units = list(dict.fromkeys(units))
    named = [f"{unit} ({tree.unit(unit).short_name})" if unit in tree else unit for unit in units[:_NAMED]]
    more, listed = len(units) - len(named), ", ".join(named)
    return Text(f"{listed} và {more} đơn vị khác", f"{listed} and {more} more") if more else Text(listed, listed)


# --- the figures of the period before


def _copied(sent: Sequence[Submission], owed: Obligations, earlier: UnitFigures, figures: Figures) -> Iterator[Finding]:
    """Returns that repeat what the unit, or else another one, said in the period before."""
    keys, tree, then = _comparable(owed), owed.tree, str(previous_stock(owed.period))
    units = list(earlier)
    now, before = _said(sent, keys, figures), _matrix([earlier[unit] for unit in units], keys)
    found: dict[int, list[_Alike]] = {}
    for pair in _alike(now, before):
        found.setdefault(pair.left, []).append(pair)
    for i, pairs in found.items():
        unit = sent[i].unit
        own = [pair for pair in pairs if units[pair.right] == unit]
        others = [pair for pair in pairs if not _kin(tree, unit, units[pair.right])]
        if not own and not others:
            continue
        best = max(own or others, key=lambda pair: pair.same / pair.count)
        params: dict[str, Param] = {"have": best.same, "count": best.count, "name": then}
        if not own:
            params["names"] = _names((units[pair.right] for pair in others), tree)
        shown = _shown(now[i], before[best.right], keys)
        yield evidence("copied-from-before" if own else "sent-under-another", sent[i], shown, params)


def _comparable(owed: Obligations) -> list[Key]:
    """The cells that may well differ from the period before.

    A running total of the same year may stand still, and what an edit fixes by the period before must be the same.
    """
    running, fixed = previous_cumulative(owed.period) is not None, fixed_before(owed.forms)
    return [cell.key for cell in own_cells(owed.forms) if cell.key not in fixed and not (running and cell.cumulative)]


def fixed_before(forms: Forms) -> frozenset[Key]:
    """The cells that an edit fixes by the period before."""
    return frozenset(
        Key(own[0].form, own[0].indicator, own[0].measure)
        for form in forms
        for table in form.tables
        for edit in table.edits
        for rule in edit.checks
        if isinstance(rule, Compare) and rule.operator == "=="
        if (refs := rule.residual.refs) and len(own := [ref for ref in refs if ref.kind != "prev"]) == 1 < len(refs)
    )


# --- amounts in another unit


def _wrong_scale(
    sent: Sequence[Submission], keys: Sequence[Key], owed: Obligations, earlier: UnitFigures, figures: Figures
) -> Iterator[Finding]:
    """Amounts that are the thousandth or the millionth of the unit's own before; where there are none, of its peers'.

    A running total of the same year is held against the one before as well: it does not fall to a thousandth.
    """
    tree, then = owed.tree, str(previous_stock(owed.period))
    now = _amounts(_said(sent, keys, figures))
    before = _amounts(_matrix([earlier.get(submission.unit, {}) for submission in sent], keys))
    levels = np.array([tree.unit(submission.unit).level for submission in sent])
    peers = np.full_like(now, np.nan)
    for level in set(levels.tolist()):
        peers[levels == level] = _medians_of_others(now[levels == level])
    for i, submission in enumerate(sent):
        against = Text(f"kỳ trước ({then})", f"in the period before ({then})")
        usual = before[i]
        if np.count_nonzero(~np.isnan(now[i])) < _LEAST_AMOUNTS:
            continue
        if np.count_nonzero(~np.isnan(usual)) == 0:
            usual = peers[i]
            against = Text("thường thấy ở các đơn vị cùng cấp", "usual among units of its level")
        both = np.flatnonzero(~np.isnan(now[i]) & ~np.isnan(usual))
        scale = _scale(now[i][both] / usual[both])
        if both.size >= _LEAST_AMOUNTS and scale:
            shown = both[np.argsort(-now[i][both], kind="stable")].tolist()
            params: dict[str, Param] = {
                "label": _SCALES[scale],
                "count": len(shown),
                "gap": scale,
                "left": number(float(now[i][shown[0]])),
                "right": number(float(usual[shown[0]])),
                "name": against,
            }
            yield evidence("wrong-scale", submission, [keys[j] for j in shown[:_SHOWN]], params)


def _amounts(values: Matrix) -> Matrix:
    """The amounts that are not zero."""
    return np.where(values > 0, values, np.nan)


def _medians_of_others(values: Matrix) -> Matrix:
    """Of each unit what is usual in each column among the others; missing where too few of them have anything."""
    has = ~np.isnan(values)
    others = np.count_nonzero(has, axis=0) - has
    order = np.argsort(values, axis=0, kind="stable")
    ascending = np.take_along_axis(values, order, axis=0)
    # Where a unit has nothing, it stands behind all that have, and takes away nobody's place.
    rank = np.argsort(order, axis=0, kind="stable")

    def at(place: npt.NDArray[np.int64]) -> Matrix:
        place = np.maximum(place, 0)
        return np.take_along_axis(ascending, np.minimum(place + (place >= rank), len(values) - 1), axis=0)

    middle = (at((others - 1) // 2) + at(others // 2)) / 2
    return np.where(others >= _LEAST_PEERS, middle, np.nan)


def _scale(ratios: Matrix) -> int:
    """By how much the amounts are too small, or 0."""
    if ratios.size == 0:
        return 0
    middle = float(np.median(ratios))
    return next((scale for scale in _SCALES if abs(middle * scale - 1) <= _TOLERANCE), 0)
