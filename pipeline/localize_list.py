"""One list of a return as error localization looks at it: its rows, what speaks for a figure, what its sums lack."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from pipeline.figures import Figures
from pipeline.history import UnitFigures
from pipeline.list_rows import Rows, judge_rows
from pipeline.list_sums import Held
from pipeline.localize_rules import Edits, edits_of
from pipeline.messages import number
from pipeline.obligations import Obligations
from pipeline.submission import Item, Submission
from pipeline.verdicts import Check, Numbers, Verdict, checks_of, judge
from schemas.edit import Ref, refs_of
from schemas.form import Key, Table
from schemas.text import Text

# How far a figure may be from that of the period before and still be like it.
_NEAR = 0.1


@dataclass(frozen=True)
class Listed:
    """The rows of a list and all that is known of them.

    ``held`` are the failed hard edits that hold a column of it against other cells, ``before`` the figures of the
    period before, ``figures`` those that units reported themselves.
    """

    submission: Submission
    form: str
    table: Table
    rows: Rows
    edits: Edits
    held: Sequence[Held]
    before: Mapping[Key, float]
    figures: Figures

    @cached_property
    def hard(self) -> list[int]:
        """The places of the hard edits among the checks of its rows."""
        return [j for j, check in enumerate(self.rows.checks) if check.edit.severity == "hard"]

    @cached_property
    def failing(self) -> list[int]:
        """The rows in which a hard edit fails."""
        return np.flatnonzero((self.rows.verdicts[:, self.hard] == Verdict.FAIL).any(axis=1)).tolist()

    @cached_property
    def days(self) -> frozenset[str]:
        """The columns that hold dates."""
        return frozenset(measure.code for measure in self.table.measures if measure.type == "date")

    def ref(self, item: Item, measure: str) -> Ref:
        """The cell of a row, by the row."""
        return Ref("item", self.form, item.id, measure)

    def own(self, item: Item, measure: str) -> float | None:
        """What the unit that a row names reported itself."""
        cell = self.table.columns.get(measure)
        return self.figures.of(item.key, cell.child) if cell and cell.child and item.counted else None

    def earlier(self, item: Item, measure: str) -> float | None:
        """What stood in a row the period before."""
        return self.before.get(Key(self.form, item.key, measure)) if item.counted else None

    def failed(self, i: int) -> Iterator[Check]:
        """The hard edits that fail in a row."""
        return (self.rows.checks[j] for j in self.hard if self.rows.verdicts[i, j] == Verdict.FAIL)

    def holds(self, i: int, measure: str, value: float) -> bool:
        """Whether with this figure no hard edit of a row fails."""
        column = self.rows.numbers.column
        changed = self.rows.numbers.values[[i]]
        at = [j for ref, j in column.items() if ref.kind == "item" and ref.measure == measure]
        changed[:, at] = value
        rules = [self.rows.checks[j].rule for j in self.hard]
        return not (judge(rules, Numbers(column, changed)) == Verdict.FAIL).any()

    def about(self, i: int, checks: Sequence[Check]) -> frozenset[tuple[str, Key]]:
        """Where the findings of edits that fail in a row stand."""
        item = self.rows.items[i]
        return frozenset((one.edit.id, Key(self.form, item.id, refs_of(one.rule)[0].measure)) for one in checks)

    def speaks_for(self, item: Item, measure: str, value: float, against: float) -> list[Text]:
        """What is known beside the edits that speaks for this figure and against the one reported."""
        found, own, before = [], self.own(item, measure), self.earlier(item, measure)
        if own is not None and own == value:
            found.append(
                Text(
                    f"chính đơn vị ấy báo cáo {number(own)}",
                    f"the unit itself reports {number(own, 'en')}",
                )
            )
        if before is not None and is_near(value, before) and not is_near(against, before):
            found.append(Text(f"kỳ trước {number(before)}", f"{number(before, 'en')} the period before"))
        return found


def is_near(value: float, before: float) -> bool:
    """Whether a figure is like that of the period before."""
    return abs(value - before) <= _NEAR * before


@dataclass(frozen=True, slots=True)
class Lists:
    """All lists of a period and what is known of them; the edits on their rows are read once."""

    owed: Obligations
    figures: Figures
    earlier: UnitFigures
    year_ago: UnitFigures
    checks: Mapping[str, tuple[Check, ...]]
    edits: Mapping[str, Edits]

    def of(self, submission: Submission, held: Sequence[Held]) -> Iterator[Listed]:
        """The lists of a return that have rows; ``held`` are its failed edits on what their columns make."""
        before, then = self.earlier.get(submission.unit, {}), self.year_ago.get(submission.unit, {})
        unit = self.owed.tree.unit(submission.unit)
        for form in self.owed.forms_of(unit):
            items = submission.items.get(form.id, ())
            for table in form.lists if items else ():
                outside = {check.edit.id for check in self.checks[table.id] if not check.edit.asks(unit.level)}
                asked = [check for check in self.checks[table.id] if check.edit.id not in outside]
                rows = judge_rows(asked, items, before, then)
                here = (one for one in held if one.column.form == form.id and one.column.measure in table.columns)
                own = [one for one in here if one.gap]
                edits = self.edits[table.id].without(outside)
                yield Listed(submission, form.id, table, rows, edits, own, before, self.figures)


def lists_of(owed: Obligations, figures: Figures, earlier: UnitFigures, year_ago: UnitFigures) -> Lists:
    """The lists of the forms of a period."""
    checks = checks_of(owed.forms, of_rows=True)
    own = {
        table.id: tuple(check for check in checks if check.table == table.id)
        for form in owed.forms
        for table in form.lists
    }
    return Lists(owed, figures, earlier, year_ago, own, {name: edits_of(some) for name, some in own.items()})
