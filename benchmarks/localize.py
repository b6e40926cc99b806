"""Error localization on the real forms: consistent figures are damaged, and the cells that were are looked for.

    python benchmarks/localize.py [--trials 3000] [--seed 1] [--percent] [--no-prev] [--typed] [--small 300]

The figures are those of the demo's upper unions for a year (B01, B02, B03), with the women of B01 filled in. With
``--percent`` the percentages of B01 were typed as well, from the right figures; with ``--no-prev`` last period's
members are not known; with ``--typed`` the cells that come filled from others were typed over with the right figures.

For each kind of damage it prints how many trials there were and in what share of them a hard edit fails. Of those:
``all``, where the damaged cells are one of the smallest sets; ``seen``, where those are that break an edit each alone,
no cell being named that was not damaged; ``some``, where one fault at least has a set of damaged cells only; ``first``,
where the first proposal of every fault is damaged cells with their right figures. Then the mean number of sets of a
fault, the trials with a list that is not complete, those that took the solver, and the time of one unit in ms, median
and worst. Last, of small systems made by chance, in how many the sets are those that trying every change of every set
of cells finds: none smaller, none missing, none too many.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

if TYPE_CHECKING:
    from pipeline.localize import Fault
    from pipeline.localize_rules import Edits, Given
    from pipeline.localize_system import Number
    from pipeline.package_values import Content
    from schemas.edit import Ref
    from schemas.form import Forms, Key

PERIOD, FORMS = "2020", ("B01", "B02", "B03")
PARTITIONS = ("cl_hv_", "cl_cm_")
KINDS = ("one", "two", "three", "swapped", "blank", "zero", "thousands", "three in B01", "five in B01", "shifted")


@dataclass
class Tally:
    """What came of the trials of one kind."""

    trials: int = 0
    failing: int = 0
    all: int = 0
    seen: int = 0
    some: int = 0
    first: int = 0
    ties: list[int] = field(default_factory=list)
    incomplete: int = 0
    solver: int = 0
    seconds: list[float] = field(default_factory=list)


def main() -> None:
    """Damage, localize, count."""
    from localize_small import is_minimal

    from pipeline.localize_rules import edits_of
    from pipeline.verdicts import checks_of

    asked = _arguments()
    chance = random.Random(asked.seed)
    forms, units = _units(asked)
    edits = edits_of([check for check in checks_of(forms) if check.form in FORMS])
    tallies = {kind: Tally() for kind in KINDS}
    for i in range(asked.trials):
        given, cells = units[i % len(units)]
        kind = KINDS[i % len(KINDS)]
        _trial(edits, given, _damaged(kind, given.values, cells, chance), tallies[kind])
    _report(tallies, asked)
    small = random.Random(asked.seed)
    print(
        f"{asked.small} small systems: {sum(is_minimal(small) for _ in range(asked.small))} as brute force finds them"
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--percent", action="store_true")
    parser.add_argument("--no-prev", action="store_true")
    parser.add_argument("--typed", action="store_true")
    parser.add_argument("--small", type=int, default=300)
    return parser.parse_args()


def _trial(edits: Edits, right: Given, damaged: Mapping[Ref, Number], tally: Tally) -> None:
    from pipeline.localize import localize
    from pipeline.localize_rules import systems_of

    began = time.perf_counter()
    faults = [fault for system in systems_of(edits, replace(right, values=damaged)) for fault in localize(system)]
    taken = time.perf_counter() - began
    tally.trials += 1
    if not faults:
        return
    tally.failing += 1
    tally.seconds.append(taken)
    tally.incomplete += any(not fault.complete for fault in faults)
    tally.solver += any(fault.way == "solver" for fault in faults)
    tally.ties += [len(fault.sets) for fault in faults]
    changed = _changed(right.values, damaged)
    hits = [_hit(fault, changed) for fault in faults]
    tally.some += any(hit is not None for hit in hits)
    tally.first += all(_is_first_right(fault, right.values, changed) for fault in faults)
    if all(hit is not None for hit in hits):
        named = frozenset().union(*(hit for hit in hits if hit is not None))
        tally.all += named == changed
        alone = ({**right.values, ref: damaged[ref]} for ref in changed - named if ref in damaged)
        tally.seen += not any(systems_of(edits, replace(right, values=values)) for values in alone)


def _hit(fault: Fault, changed: frozenset[Ref]) -> frozenset[object] | None:
    """The set of a fault that holds damaged cells only."""
    sets = (frozenset(cell.id for cell in one.cells) for one in fault.sets)
    return next((one for one in sets if one <= changed), None)


def _is_first_right(fault: Fault, right: Mapping[Ref, Number], changed: frozenset[Ref]) -> bool:
    """Whether what is proposed first is the damaged cells with the figures that stood there."""
    from pipeline.localize_named import in_order, named
    from schemas.edit import Ref

    ordered = in_order((named(found) for found in fault.sets), {})
    cells = ordered[0].found.cells if ordered else ()
    return bool(cells) and all(
        isinstance(cell.id, Ref) and cell.id in changed and right.get(cell.id) == cell.value for cell in cells
    )


def _changed(before: Mapping[Ref, Number], after: Mapping[Ref, Number]) -> frozenset[Ref]:
    return frozenset(ref for ref in before if before[ref] != after.get(ref))


def _damaged(kind: str, values: Mapping[Ref, Number], cells: Sequence[Ref], chance: random.Random) -> dict[Ref, Number]:
    """The figures with an error of this kind in them."""
    after = dict(values)
    if kind == "swapped":
        one = chance.choice(cells)
        others = [
            ref for ref in cells if (ref.form, ref.measure) == (one.form, one.measure) and values[ref] != values[one]
        ]
        if others:
            at = min(others, key=lambda ref: abs(cells.index(ref) - cells.index(one)))
            after[one], after[at] = values[at], values[one]
        return after
    if kind == "shifted":
        one = chance.choice([ref for ref in cells if ref.form == "B01"])
        column = [ref for ref in cells if (ref.form, ref.measure) == (one.form, one.measure)]
        run = column[column.index(one) :][: chance.randint(3, 6)]
        return {**after, **{ref: values[above] for above, ref in pairwise(run)}}
    many = {"two": 2, "three": 3, "five": 5}.get(kind.partition(" ")[0], 1)
    for ref in chance.sample([ref for ref in cells if not kind.endswith("B01") or ref.form == "B01"], many):
        value = int(values[ref])
        if kind == "blank":
            del after[ref]
        elif kind == "zero":
            after[ref] = value * 10
        elif kind == "thousands":
            after[ref] = value // 1000 if value >= 1000 else value * 1000
        else:
            after[ref] = slipped(value, chance)
    return after


def slipped(value: int, chance: random.Random) -> int:
    """A figure as a tired clerk copies it: a wrong digit, two digits exchanged, one left out."""
    digits = list(str(value))
    at = chance.randrange(len(digits))
    way = chance.randrange(3)
    if way == 0 or len(digits) == 1:
        digits[at] = chance.choice([digit for digit in "0123456789" if digit != digits[at]])
    elif way == 1:
        at = min(at, len(digits) - 2)
        digits[at], digits[at + 1] = digits[at + 1], digits[at]
    else:
        del digits[at]
    return int("".join(digits))


def _units(asked: argparse.Namespace) -> tuple[Forms, list[tuple[Given, list[Ref]]]]:
    """The forms, and for each upper union its figures, all consistent, with the cells that it typed."""
    from pipeline.demo_returns import filled_by
    from pipeline.init import init
    from pipeline.obligations import obligations
    from pipeline.run import workspace_at
    from schemas.period import Period

    with tempfile.TemporaryDirectory() as scratch:
        workspace = workspace_at(init(Path(scratch) / "province"))
        owed = obligations(workspace, Period.parse(PERIOD))
        contents = [filled_by(workspace, owed, unit) for unit in owed.tree.units if unit.level == "upper"]
    made = [_given(content, owed.forms, asked) for content in contents if len(content.entries) > 200]
    return owed.forms, made


def _given(content: Content, forms: Forms, asked: argparse.Namespace) -> tuple[Given, list[Ref]]:
    from pipeline.localize_rules import Given, exact
    from schemas.edit import Ref

    chance = random.Random(content.unit)
    typed = {key: value for key, value in content.entries.items() if isinstance(value, float) and key.form in FORMS}
    typed |= _women(typed, chance)
    values = {Ref("cell", *key): exact(value) for key, value in typed.items()}
    values |= {ref: exact(value) for ref, value in content.constants.items()}
    values[Ref("prev", "B02", "cs_vay_cuoi", "ky_nay")] = values[Ref("cell", "B02", "cs_vay_dau", "ky_nay")]
    if not asked.no_prev:
        values[Ref("prev", "B01", "sl_doan_vien", "tong")] = values[Ref("cell", "B01", "sl_dv_dau", "tong")]
    cells = [cell for cell in forms.cells.values() if cell.key.form in FORMS and cell.is_number]
    targets = {
        Ref("cell", *cell.key): exact(content.targets[cell.key.indicator].value)
        for cell in cells
        if cell.role == "issuer" and cell.key.indicator in content.targets
    }
    unasked = {Ref("cell", *cell.key) for cell in cells if content.level not in cell.levels or cell.role == "computed"}
    made = {Ref("cell", *cell.key): cell.derived or cell.link for cell in cells if cell.key not in typed}
    given = Given(
        values=values | targets,
        fixed=unasked | {Ref("cell", *cell.key) for cell in cells if cell.role == "issuer"},
        decimals={Ref("cell", *cell.key): cell.decimals for cell in cells if cell.type == "percent"},
        derived={ref: parts for ref, parts in made.items() if parts is not None},
    )
    if asked.percent:
        given = _with_percentages(given, forms)
    if asked.typed:
        given = _with_links_typed(given, forms)
    refs = [Ref("cell", *cell.key) for cell in cells if cell.role == "input" and cell.type in ("count", "money")]
    return given, [ref for ref in refs if ref in given.values]


def _women(typed: Mapping[Key, float], chance: random.Random) -> dict[Key, float]:
    """The women of each row of B01: in every partition as many as the members who are women, elsewhere some of each."""
    from schemas.form import Key

    women = int(typed[Key("B01", "sl_dv_nu", "tong")])
    rows = {key.indicator: int(value) for key, value in typed.items() if key.form == "B01" and key.measure == "tong"}
    found: dict[str, int] = {"sl_cnvcld": women}
    for prefix in PARTITIONS:
        people = [code for code, count in rows.items() if code.startswith(prefix) for _ in range(count)]
        picked = chance.sample(people, women)
        found |= {code: picked.count(code) for code in rows if code.startswith(prefix)}
    for code in ("sl_dtts", "cl_dang_vien", "pt_pmqldv_dv", "cl_ll_cc", "cl_ll_tc", "cl_ll_sc", "pt_ketnap"):
        found[code] = min(women, rows[code]) * chance.randint(3, 7) // 10
    return {Key("B01", code, "nu"): float(count) for code, count in found.items()}


def _with_percentages(given: Given, forms: Forms) -> Given:
    """The percentages of B01 as the right figures make them, typed by hand."""
    from pipeline.localize_rules import exact
    from pipeline.percent import half_up
    from schemas.edit import Ref

    found = {}
    for cell in forms.cells.values():
        if cell.key.form == "B01" and cell.role == "computed" and cell.ratio is not None:
            part, whole = (linear.refs[0] for linear in (cell.ratio.numerator, cell.ratio.denominator))
            if part in given.values:
                share = Fraction(100 * given.values[part]) / given.values[whole]
                found[Ref("cell", *cell.key)] = exact(float(half_up(share, cell.decimals)))
    return replace(given, values={**given.values, **found}, fixed=frozenset(given.fixed) - frozenset(found))


def _with_links_typed(given: Given, forms: Forms) -> Given:
    """The cells that come filled from others, typed over with the same figures."""
    from pipeline.localize_rules import summed
    from pipeline.localize_system import complete, in_order
    from schemas.form import Key

    full = complete(dict(given.values), in_order({ref: summed(parts) for ref, parts in given.derived.items()}))
    links = {ref for ref in given.derived if forms.cells[Key(ref.form, ref.indicator, ref.measure)].link}
    typed = {ref: value for ref in links if (value := full[ref]) is not None}
    left = {ref: parts for ref, parts in given.derived.items() if ref not in links}
    return replace(given, values={**given.values, **typed}, derived=left)


def _report(tallies: Mapping[str, Tally], asked: argparse.Namespace) -> None:
    print(f"{asked.trials} trials, seed {asked.seed}")
    heads = ("trials", "fails", "all", "seen", "some", "first", "sets", "cut", "solver", "ms", "worst")
    print(f"{'damage':14}" + "".join(f"{head:>8}" for head in heads))
    whole = Tally()
    for one in tallies.values():
        for name in vars(whole):
            setattr(whole, name, getattr(whole, name) + getattr(one, name))
    for kind, one in [*tallies.items(), ("all kinds", whole)]:
        fails, times = max(1, one.failing), [1000 * second for second in one.seconds or [0]]
        print(
            f"{kind:14}{one.trials:8}{one.failing / max(1, one.trials):8.1%}{one.all / fails:8.1%}"
            f"{one.seen / fails:8.1%}{one.some / fails:8.1%}{one.first / fails:8.1%}"
            f"{statistics.fmean(one.ties or [0]):8.1f}{one.incomplete:8}{one.solver:8}"
            f"{statistics.median(times):8.1f}{max(times):8.1f}"
        )
    few = [second for kind in ("one", "two", "three") for second in tallies[kind].seconds]
    print(f"80 units with one to three errors: {80 * statistics.fmean(few or [0]):.2f} s")


if __name__ == "__main__":
    main()
