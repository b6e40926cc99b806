"""The same figures where others are due: those of another unit, of the period before, or a thousand times too small."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from pipeline.alike_rows import CLUSTER, Alike, Said, alike, clusters, twins
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

_LEAST_NEAR = 40
_NAMED = 3
_SHOWN = 5
_LEAST_AMOUNTS = 3
_LEAST_PEERS = 8
_SCALES = {1000: Text("nghìn đồng", "thousands of đồng"), 1_000_000: Text("triệu đồng", "millions of đồng")}
_TOLERANCE = 0.3
_AT_A_TIME = 5_000


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


def _shown(row: Matrix, other: Matrix, keys: Sequence[Key]) -> list[Key]:
    """The largest figures that are the same: those that coincide least by chance."""
    equal = np.where(row == other, np.nan_to_num(row), 0)
    return [keys[j] for j in np.argsort(-equal, kind="stable")[:_SHOWN].tolist() if equal[j] > 0]


def _same_figures(sent: Sequence[Submission], keys: Sequence[Key], tree: Tree, figures: Figures) -> Iterator[Finding]:
    """Units with the figures of another; what one union alone sends for is also the figure of the union above."""
    sent = sorted(sent, key=lambda submission: tree.order[submission.unit])
    columns = np.array([figures.column[key] for key in keys], dtype=np.intp)
    values = Said(figures, np.array([figures.row[one.unit] for one in sent], dtype=np.intp), columns)
    pairs = [
        pair
        for pair in twins(values)
        if (pair.same == pair.count or pair.count >= _LEAST_NEAR)
        and not _kin(tree, sent[pair.left].unit, sent[pair.right].unit)
    ]
    for cluster in clusters(pairs):
        first = cluster[0]
        if len(cluster) > CLUSTER:
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
    if not earlier:
        return
    keys, tree, then = _comparable(owed), owed.tree, str(previous_stock(owed.period))
    units = list(earlier)
    now, before = _said(sent, keys, figures), _matrix([earlier[unit] for unit in units], keys)
    found: dict[int, list[Alike]] = {}
    for pair in alike(now, before):
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
    levels = np.array([tree.unit(submission.unit).level for submission in sent])
    peers = np.full((len(sent), len(keys)), np.nan)
    # Column by column, and then some units at a time: of a nation all of them at once take half a gigabyte.
    for j, key in enumerate(keys):
        column = _amounts(_said(sent, [key], figures))
        for level in set(levels.tolist()):
            peers[levels == level, j] = _medians_of_others(column[levels == level])[:, 0]
    for begin in range(0, len(sent), _AT_A_TIME):
        yield from _scaled(
            sent[begin : begin + _AT_A_TIME], keys, peers[begin : begin + _AT_A_TIME], then, earlier, figures
        )


def _scaled(
    sent: Sequence[Submission],
    keys: Sequence[Key],
    peers: Matrix,
    then: str,
    earlier: UnitFigures,
    figures: Figures,
) -> Iterator[Finding]:
    now = _amounts(_said(sent, keys, figures))
    before = _amounts(_matrix([earlier.get(submission.unit, {}) for submission in sent], keys))
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
