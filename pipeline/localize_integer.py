"""Systems of linear lines over whole numbers, decided exactly.

Equalities are solved first (:mod:`pipeline.localize_lines`). Fourier–Motzkin elimination of a number from inequalities
loses nothing if the weights above it or those below it all are 1; where neither are, the "dark shadow" is asked, which
leaves room for a whole number, and what that does not settle is tried number by number (Pugh 1991, *The Omega test*).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from pipeline.localize_lines import (
    Budget,
    Clash,
    Line,
    Point,
    Recipe,
    Reduced,
    Undecided,
    effort,
    put,
    substituted,
    tightest,
)

_MOST_LINES = 1500


def solve(lines: Sequence[Line], wished: Mapping[int, int], budget: Budget) -> Point | Clash:
    """Whole numbers that fit all lines, each near the one wished where there is a choice, or why there are none.

    Every number must be bounded from both sides. Raises :class:`Undecided`.
    """
    reduced = substituted(lines, budget)
    if isinstance(reduced, Clash):
        return reduced
    left, recipes = reduced
    moved = {recipe.key for recipe in recipes if any(key == recipe.key for key, _ in recipe.weights)}
    if moved:
        wished = {key: wish for key, wish in wished.items() if key not in moved}
    point = _inside(left, wished, budget)
    if isinstance(point, Clash):
        return point
    for recipe in reversed(recipes):
        point[recipe.key] = recipe.made(point)
    return point


def extremes(
    lines: Sequence[Line], reduced: Reduced, key: int, point: Point, bounds: tuple[int, int], budget: Budget
) -> tuple[int, int]:
    """The least and the greatest value of one number, given a ``point`` that fits and ``bounds`` of the number.

    ``reduced`` are the lines without their equalities. Not every value between the two need fit. Raises
    :class:`Undecided`.
    """
    left, recipes = reduced
    budget.spend(effort(left))
    weights, constant = {key: 1}, 0
    for recipe in recipes:
        if recipe.key in weights:
            factor = weights.pop(recipe.key)
            constant += factor * recipe.constant
            for other, weight in recipe.weights:
                weights[other] = weights.get(other, 0) + factor * weight
    weights = {other: weight for other, weight in weights.items() if weight}
    if not weights:
        return constant, constant
    if len(weights) == 1:
        [(other, factor)] = weights.items()
        about = [line for line in left if any(one == other for one, _ in line.weights)]
        if all(len(line.weights) == 1 for line in about):
            low, high = interval(other, about, {})
            ends = (constant + factor * low, constant + factor * high)
            return min(ends), max(ends)
    least = _furthest(lines, key, -1, point[key], bounds[0], budget)
    return least, _furthest(lines, key, 1, point[key], bounds[1], budget)


def _furthest(lines: Sequence[Line], key: int, sign: int, known: int, bound: int, budget: Budget) -> int:
    """The furthest value of a number in one direction, between one that is ``known`` to fit and a ``bound``."""

    def fits(value: int) -> bool:
        beyond = Line(((key, -sign),), sign * value)
        return not isinstance(solve((*lines, beyond), {key: value}, budget), Clash)

    if known == bound or not fits(known + sign):
        return known
    if fits(bound):
        return bound
    near, far = known + sign, bound
    while abs(far - near) > 1:
        middle = (near + far) // 2
        near, far = (middle, far) if fits(middle) else (near, middle)
    return near


def _inside(lines: list[Line], wished: Mapping[int, int], budget: Budget) -> Point | Clash:
    """Whole numbers that fit lines without equalities."""
    if not lines:
        return {}
    key = _next_key(lines)
    about = [line for line in lines if any(one == key for one, _ in line.weights)]
    # Where elimination may lose something, what is certain to leave a whole number is asked next.
    for certain in (False, True):
        point = solve(_without(key, lines, certain=certain), wished, budget)
        if isinstance(point, Clash):
            if not certain:
                return point
            continue
        low, high = interval(key, about, point)
        if low <= high:
            point[key] = _clamped(wished.get(key, 0), low, high)
            return point
    return _tried(lines, wished, budget)


def _next_key(lines: Sequence[Line]) -> int:
    """The number that is cheapest to eliminate; first of all one whose elimination loses nothing."""
    above: dict[int, list[int]] = {}
    below: dict[int, list[int]] = {}
    for line in lines:
        for key, weight in line.weights:
            (above if weight > 0 else below).setdefault(key, []).append(abs(weight))

    def cost(key: int) -> tuple[bool, int, int]:
        ups, downs = above.get(key, []), below.get(key, [])
        return max(ups, default=1) > 1 < max(downs, default=1), len(ups) * len(downs) - len(ups) - len(downs), key

    return min(cost(key) for key in {*above, *below})[2]


def _without(key: int, lines: Iterable[Line], *, certain: bool = False) -> list[Line]:
    """What the lines say of the other numbers alone; or what makes ``certain`` that this one has a whole value."""
    above, below, left = list[tuple[int, Line]](), list[tuple[int, Line]](), list[Line]()
    for line in lines:
        weight = next((weight for one, weight in line.weights if one == key), 0)
        if weight:
            (above if weight > 0 else below).append((abs(weight), line))
        else:
            left.append(line)
    if len(left) + len(above) * len(below) > _MOST_LINES:
        raise Undecided
    return left + [_summed(up, a, down, b, (a - 1) * (b - 1) if certain else 0) for a, up in above for b, down in below]


def _summed(up: Line, a: int, down: Line, b: int, room: int) -> Line:
    """``b * up + a * down``, with so much room between the two."""
    weights = {key: b * weight for key, weight in up.weights}
    for key, weight in down.weights:
        weights[key] = weights.get(key, 0) + a * weight
    kept = tuple(sorted(item for item in weights.items() if item[1]))
    return Line(kept, b * up.constant + a * down.constant + room, False, up.source | down.source)


def interval(key: int, lines: Iterable[Line], point: Mapping[int, int]) -> tuple[int, int]:
    """What the lines leave to a number, the others being known."""
    lows, highs = list[int](), list[int]()
    for line in lines:
        rest = line.constant + sum(weight * point[one] for one, weight in line.weights if one != key)
        weight = next(weight for one, weight in line.weights if one == key)
        if weight > 0:
            highs.append(-rest // weight)
        else:
            lows.append(-(-rest // -weight))
    return max(lows), min(highs)


def _clamped(wish: int, low: int, high: int) -> int:
    return max(low, min(high, wish))


def _tried(lines: list[Line], wished: Mapping[int, int], budget: Budget) -> Point | Clash:
    """The values of the number with the fewest, one after the other, from the middle of what is open to it."""
    reaches = []
    for key in sorted({key for line in lines for key, _ in line.weights}):
        reach = _reach(key, lines, budget)
        if isinstance(reach, Clash):
            return reach
        reaches.append((reach[1] - reach[0], key, reach))
    _, key, (low, high, source) = min(reaches)
    for value in _outward(wished.get(key), low, high):
        budget.spend()
        known = Recipe(key, (), value)
        point = solve([put(known, line, 0) for line in lines], wished, budget)
        if not isinstance(point, Clash):
            point[key] = value
            return point
        source |= point.source
    return Clash(source)


def _reach(key: int, lines: list[Line], budget: Budget) -> tuple[int, int, int] | Clash:
    """Bounds of a number, and what they come from; not every value between them need fit."""
    left = lines
    for other in sorted({other for line in lines for other, _ in line.weights if other != key}):
        made = _without(other, left)
        budget.spend(effort(made))
        tight = tightest(made)
        if isinstance(tight, Clash):
            return tight
        left = list(tight[1].values())
    low, high = interval(key, left, {})
    source = 0
    for line in left:
        source |= line.source
    return (low, high, source) if low <= high else Clash(source)


def _outward(wish: int | None, low: int, high: int) -> Iterator[int]:
    """The whole numbers of an interval: the one wished, then from its middle to both ends."""
    if low > high:
        return
    if wish is not None:
        yield _clamped(wish, low, high)
    middle = (low + high) // 2
    yield middle
    for away in range(1, high - low + 1):
        if middle + away <= high:
            yield middle + away
        if middle - away >= low:
            yield middle - away
        elif middle + away > high:
            return
