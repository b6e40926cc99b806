"""What a package works out, as Excel formulas.

A cell is addressed by its code (``INDEX`` of a whole column, ``MATCH`` in the hidden code column), or within one line
by the number of its row: cutting and pasting inside the sheet, or inserting a row, cannot turn such a reference into
``#REF!`` or point it at another row.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from pipeline.layout import CERTAIN_CODE, TOTAL_CODE, SheetPlan, column_letters
from schemas.edit import Linear, Quotient, Ref
from schemas.form import NO, YES, Key
from schemas.form import key_of as key_of

Plans = Mapping[str, SheetPlan]
Exact = Fraction | int

OWN = frozenset({"cell", "sum", "count"})
"""The kinds of refs that stand in the package; what is neither these nor of a list's row is known at issue."""

# Excel takes no longer text inside a formula.
_LONGEST_TEXT = 255
# Stands on both sides of what is left open; no form can hold it.
_OPEN = "\0"


class NotInPackage(KeyError):
    """A formula would need a number that the package does not hold."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What a formula can see: the sheets, the numbers known at issue, and the row in whose line it stands itself.

    ``excused`` is true in a line in which nothing need be filled in; empty where there are none such. With ``late``
    numbers known at issue are left open in a formula and noted there, for :func:`formula` to name.
    """

    plans: Plans
    constants: Mapping[Ref, float] = field(default_factory=dict)
    row: tuple[str, str] | None = None
    excused: str = ""
    late: list[Late] | None = None


@dataclass(frozen=True, slots=True)
class Late:
    """A sum of numbers known at issue, as a part of a formula; ``alone`` where the formula's sum has no other part."""

    terms: tuple[tuple[Exact, Ref], ...]
    constant: Exact
    alone: bool

    def text(self, constants: Mapping[Ref, float]) -> str:
        """The part with its sign; nothing for 0 unless it stands alone."""
        value: Exact = self.constant
        for weight, ref in self.terms:
            value += weight * _exact(constants[ref])
        if not value and not self.alone:
            return ""
        sign = "-" if value < 0 else "" if self.alone else "+"
        return sign + number(value if value >= 0 else -value)


@dataclass(frozen=True, slots=True)
class LateFormula:
    """A formula that says the same in every package of a kind but for numbers known at issue.

    ``order`` says which of the ``numbers`` stands behind each of the ``pieces`` but the last.
    """

    pieces: tuple[str, ...]
    order: tuple[int, ...]
    numbers: tuple[Late, ...]

    def text(self, constants: Mapping[Ref, float]) -> str:
        """The formula with these numbers."""
        known = [late.text(constants) for late in self.numbers]
        if len(known) == 1:
            return known[0].join(self.pieces)
        parts = [self.pieces[0]]
        for piece, which in zip(self.pieces[1:], self.order, strict=True):
            parts += (known[which], piece)
        return "".join(parts)


Formula = str | LateFormula
"""A formula as it is, or one that waits for numbers known at issue."""


def formula(words: str, late: Sequence[Late]) -> Formula:
    """A formula from its text and what was left open in it."""
    pieces = words.split(_OPEN)
    if len(pieces) == 1:
        return words
    names = [int(name) for name in pieces[1::2]]
    places = {name: place for place, name in enumerate(dict.fromkeys(names))}
    return LateFormula(tuple(pieces[::2]), tuple(places[name] for name in names), tuple(late[name] for name in places))


def _exact(value: Exact | float) -> Exact:
    """Whole numbers as such: they are by far the most, and quicker."""
    return int(value) if value % 1 == 0 else Fraction(value).limit_denominator(10**9)


def cell(plans: Plans, key: Key) -> str:
    """A reference to a cell of the package, by its code; of what a list makes, the cell in its totals."""
    return _by_code(plans, key, key.indicator or TOTAL_CODE)


def block(form: str, column: int, first: str, last: str) -> str:
    """The cells of a column from one row to another, by their codes."""
    whole, codes = f"'{form}'!${column_letters(column)}:${column_letters(column)}", f"'{form}'!$A:$A"
    return f'INDEX({whole},MATCH("{first}",{codes},0)):INDEX({whole},MATCH("{last}",{codes},0))'


def here(column: int) -> str:
    """A reference to the cell of that column in the formula's own line."""
    letters = column_letters(column)
    return f"INDEX(${letters}:${letters},ROW())"


def _by_code(plans: Plans, key: Key, code: str) -> str:
    column = column_letters(_place(plans, key)[1])
    # Quoted, for B01 is also the name of a cell.
    return f"INDEX('{key.form}'!${column}:${column},MATCH(\"{code}\",'{key.form}'!$A:$A,0))"


def _place(plans: Plans, key: Key) -> tuple[int, int]:
    sheet = plans.get(key.form)
    if sheet is None or key not in sheet.places:
        raise NotInPackage(key)
    return sheet.places[key]


def _operand(sight: Sight, ref: Ref) -> str | None:
    """The reference for a ref that is in the package; ``None`` for one whose value is a constant known at issue.

    What a list makes counts for a check only where none of its lines could still change it.
    """
    key = key_of(ref)
    match ref.kind:
        case "cell":
            return here(_place(sight.plans, key)[1]) if sight.row == key[:2] else cell(sight.plans, key)
        case "sum" | "count":
            return _by_code(sight.plans, key, CERTAIN_CODE)
        case "item":
            return _item(sight.plans, key)
    if ref not in sight.constants:
        raise NotInPackage(ref)
    return None


def _item(plans: Plans, key: Key) -> str:
    """A number of the formula's own line of a list; Yes is 1 and No is 0."""
    found = here(_place(plans, key)[1])
    if any(one.table.measure(key.measure).type == "flag" for one in plans[key.form].lists):
        return f'IF({found}="{YES}",1,IF({found}="{NO}",0,""))'
    return found


def number(value: Exact | float) -> str:
    """A constant as a formula writes it, plain digits."""
    exact = value if isinstance(value, int) else _exact(value)
    if exact.denominator == 1:
        return str(exact.numerator)
    return f"({exact.numerator}/{exact.denominator})"


def text(words: str) -> str:
    """Words as a formula writes them."""
    return '"' + words[:_LONGEST_TEXT].replace('"', '""') + '"'


def linear(sight: Sight, expression: Linear) -> str:
    """A weighted sum; a blank counts as nothing."""
    known: list[tuple[Exact, Ref]] = []
    parts: list[str] = []
    for weight, ref in expression.terms:
        operand = _operand(sight, ref)
        if operand is None:
            known.append((_exact(weight), ref))
        else:
            sign = "-" if weight < 0 else "+"
            factor = "" if abs(weight) == 1 else f"{number(abs(weight))}*"
            parts.append(f"{sign}{factor}N({operand})")
    rest = Late(tuple(known), _exact(expression.constant), not parts)
    if known and sight.late is not None:
        parts.append(f"{_OPEN}{len(sight.late)}{_OPEN}")
        sight.late.append(rest)
    else:
        parts.append(rest.text(sight.constants))
    return "".join(parts).removeprefix("+")


def count(sight: Sight, refs: Iterable[Ref]) -> tuple[str, int]:
    """``COUNT(…)`` of the cells among ``refs``, and how many they are."""
    operands = [operand for ref in refs if (operand := _operand(sight, ref)) is not None]
    return (f"COUNT({','.join(operands)})" if operands else "0", len(operands))


def percentage(plans: Plans, ratio: Quotient, decimals: int) -> str:
    """A share in points, rounded half up; empty where a part is missing or the whole is nothing."""
    sight = Sight(plans)
    filled, needed = count(sight, ratio.numerator.refs + ratio.denominator.refs)
    top, whole = linear(sight, ratio.numerator), linear(sight, ratio.denominator)
    return f'=IF(OR({filled}<{needed},{whole}=0),"",ROUND(100*({top})/({whole}),{decimals}))'


def derived(plans: Plans, parts: Linear) -> str:
    """A derived total; empty while all its parts are."""
    filled, _ = count(Sight(plans), parts.refs)
    return f'=IF({filled}=0,"",{linear(Sight(plans), parts)})'


def with_part(plans: Plans, rest: float, part: Key) -> str:
    """A total of which one part is still to be filled in."""
    return f"={number(rest)}+N({cell(plans, part)})"


def linked(sight: Sight, source: Linear) -> str:
    """What stands elsewhere already, so that nobody types it twice.

    Empty while a list that it needs is, or all the cells that it needs. Raises :class:`NotInPackage` also where an
    earlier figure is not known.
    """
    cells = [ref for ref in source.refs if ref.kind == "cell"]
    made = [_shown(ref) for ref in source.refs if ref.kind in ("sum", "count")]
    shown = Linear(tuple((weight, _shown(ref)) for weight, ref in source.terms), source.constant)
    whole = linear(sight, shown)
    empty = []
    if cells:
        empty.append(f"{count(sight, cells)[0]}=0")
    if made:
        filled, needed = count(sight, made)
        empty.append(f"{filled}<{needed}")
    if not empty:
        return f"={whole}"
    nothing = empty[0] if len(empty) == 1 else f"OR({','.join(empty)})"
    return f'=IF({nothing},"",{whole})'


def _shown(ref: Ref) -> Ref:
    """What a list makes, as its totals show it, whether or not a line could still change it."""
    return Ref("cell", ref.form, "", ref.measure) if ref.kind in ("sum", "count") else ref


def target_verdict(plans: Plans, actual: Key, target: Key, operator: str) -> str:
    """Vượt, Đạt, Không đạt or Không giao; empty where the actual figure is missing."""
    done, given = cell(plans, actual), cell(plans, target)
    met = f'IF({done}>={given},"Đạt","Không đạt")'
    if operator == "=":
        met = f'IF({done}>{given},"Vượt",{met})'
    return f'=IF(OR(COUNT({done})=0,COUNT({given})=0),"",IF({given}=0,"Không giao",{met}))'
