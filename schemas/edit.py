"""Edit rules as data: one line of text becomes one form that every reader of the rule shares.

The terms are those of statistical data editing (UNECE, *Glossary of Terms on Statistical Data Editing*): an
edit is a relation that values must satisfy, *hard* when a violation is certainly an error, *soft* when it is
only suspicious.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, NamedTuple

from schemas.text import Text

RefKind = Literal["cell", "prev", "year_ago", "sum", "count", "register", "item", "item_prev", "item_year_ago"]
Operator = Literal["==", "<=", ">="]

Blanks = Literal["interval", "skip", "zero", "require"]
"""What a blank among the numbers of a rule means; a form chooses by edit.

``interval``, unless another is chosen: an unknown number from zero up, and a blank part of a whole may be zero.
``skip``: with any number missing nothing is said (``SKIP_IF_ANY_VALUE_MISSING`` of DHIS2, ``non_null`` of
``check_hierarchy`` in VTL, ``na.value = NA`` of R *validate*). ``zero``: a blank part counts as zero, never the whole;
where the unit reports nothing of the rule nothing is said (``SKIP_IF_ALL_VALUES_MISSING``, ``partial_zero``).
``require``: a number that the unit is asked for and does not give is a failure (``na.value = FALSE``, the
``compulsory_pair`` of DHIS2).
"""


class Ref(NamedTuple):
    """One number of one unit: a cell, the same cell in an earlier period, a column of a list, a register count.

    For ``sum`` and ``count`` the indicator is empty and the measure is the list's column; for ``register`` the
    indicator is the group counted and form and measure are empty. An ``item`` is the number that a row of a list has
    in the column; the rule then holds for each row.
    """

    kind: RefKind
    form: str
    indicator: str
    measure: str


@dataclass(frozen=True, slots=True)
class Linear:
    """A weighted sum of numbers and a constant."""

    terms: tuple[tuple[Fraction, Ref], ...]
    constant: Fraction = Fraction(0)

    def plus(self, other: Linear, factor: Fraction = Fraction(1)) -> Linear:
        """``self + factor * other``, like terms joined."""
        weights: dict[Ref, Fraction] = {ref: weight for weight, ref in self.terms}
        for weight, ref in other.terms:
            weights[ref] = weights.get(ref, Fraction(0)) + factor * weight
        terms = tuple((weight, ref) for ref, weight in weights.items() if weight)
        return Linear(terms, self.constant + factor * other.constant)

    def times(self, factor: Fraction) -> Linear:
        """Every weight and the constant multiplied by ``factor``."""
        return Linear(tuple((factor * weight, ref) for weight, ref in self.terms), factor * self.constant)

    @property
    def refs(self) -> tuple[Ref, ...]:
        """The numbers it needs, in the order written."""
        return tuple(ref for _, ref in self.terms)


@dataclass(frozen=True, slots=True)
class Quotient:
    """A part of a whole."""

    numerator: Linear
    denominator: Linear


@dataclass(frozen=True, slots=True)
class Compare:
    """A linear relation. ``parts`` are the numbers for which a blank may stand for zero.

    In ``a + b == c`` these are ``a`` and ``b``: a clerk who leaves a part blank may mean none. The whole may not. Where
    ``blanks`` count as zero they do stand for it; where blanks are skipped or numbers required there are no parts.
    """

    left: Linear
    operator: Operator
    right: Linear
    parts: frozenset[Ref]
    blanks: Blanks = "interval"

    @property
    def residual(self) -> Linear:
        """``left - right``; the relation compares it with zero."""
        return self.left.plus(self.right, Fraction(-1))


@dataclass(frozen=True, slots=True)
class Within:
    """A quotient inside a range (``low <= numerator / denominator <= high``), or a change inside a bound.

    ``parts`` are the numbers whose blank counts as zero: those of the numerator where ``blanks`` say so, else none.
    """

    low: Fraction | None
    quotient: Quotient
    high: Fraction | None
    parts: frozenset[Ref] = frozenset()
    blanks: Blanks = "interval"


@dataclass(frozen=True, slots=True)
class About:
    """Printed percentages (their sum, where several) that must be the rounding of an exact share.

    ``share`` is a quotient, or ``None`` where the percentages of a partition must make 100.
    """

    printed: tuple[Ref, ...]
    share: Quotient | None


@dataclass(frozen=True, slots=True)
class IsPositive:
    """A condition: the number is above zero."""

    ref: Ref


@dataclass(frozen=True, slots=True)
class IsBlank:
    """A condition: nothing stands there."""

    ref: Ref


@dataclass(frozen=True, slots=True)
class Iff:
    """Both conditions or neither. ``parts`` are the numbers whose blank counts as zero."""

    left: IsPositive
    right: IsPositive
    parts: frozenset[Ref] = frozenset()
    blanks: Blanks = "interval"


@dataclass(frozen=True, slots=True)
class When:
    """Where the first relation holds, the second must."""

    condition: Compare
    then: Compare | IsBlank


@dataclass(frozen=True, slots=True)
class Unique:
    """No value of a list's column stands twice."""

    column: Ref


@dataclass(frozen=True, slots=True)
class Member:
    """Every value of a list's column is in a group of the register."""

    column: Ref
    group: str


Rule = Compare | Within | About | Iff | When | Unique | Member


@dataclass(frozen=True, slots=True)
class Edit:
    """A rule with its name; ``checks`` are its instances, one for each row or measure that it goes over.

    ``levels`` are those whose units it is asked of; none named means all.
    """

    id: str
    severity: Literal["hard", "soft"]
    label: Text
    text: str
    source: str
    checks: tuple[Rule, ...]
    levels: tuple[str, ...] = ()

    def asks(self, level: str) -> bool:
        """Whether units of this level must keep to it."""
        return not self.levels or level in self.levels


def is_of_rows(rule: Rule) -> bool:
    """Whether a rule speaks of the rows of a list: of each by itself, or of a column of them."""
    return isinstance(rule, Unique | Member) or any(ref.kind.startswith("item") for ref in refs_of(rule))


def blanks_of(rule: Rule) -> Blanks:
    """What a blank means in a rule; of a condition that is what it means in both of its relations."""
    match rule:
        case Compare() | Within() | Iff():
            return rule.blanks
        case When():
            return rule.condition.blanks
    return "interval"


def refs_of(rule: Rule) -> tuple[Ref, ...]:
    """Every number a rule needs, each once, in the order written."""
    match rule:
        case Compare():
            found = rule.left.refs + rule.right.refs
        case Within():
            found = rule.quotient.numerator.refs + rule.quotient.denominator.refs
        case About():
            share = rule.share
            found = rule.printed + ((share.numerator.refs + share.denominator.refs) if share else ())
        case Iff():
            found = (rule.left.ref, rule.right.ref)
        case When():
            then = (rule.then.ref,) if isinstance(rule.then, IsBlank) else refs_of(rule.then)
            found = refs_of(rule.condition) + then
        case Unique() | Member():
            found = (rule.column,)
    return tuple(dict.fromkeys(found))
