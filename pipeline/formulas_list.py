"""The formulas of a list: in each line whether it is filled, whether it counts and what is wrong with it; its totals.

A line finds its own cells by the number of its row, and the totals find the lines between the head and themselves:
neither is led astray by cutting and pasting.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pipeline.formulas import Plans, Sight, cell, here, text
from pipeline.formulas_check import first_failing, verdict
from pipeline.layout import HEAD_CODE, TOTAL_CODE, ListPlan, column_letters
from schemas.edit import Edit, Member, Rule, Unique, is_of_rows, refs_of
from schemas.form import NO, YES, Key, Measure, Table

FINE = "Đạt"
NO_KEY = "Thiếu mã"
TWICE = "Trùng mã với TT "
# Before the key of a filled line, so that no spreadsheet program takes a key of digits for a number.
MARK = "#"
COUNTS, COUNTS_NOT, CLOSED = 1, 0, 2


def lacks(measure: Measure) -> str:
    """What a line says of an empty cell that must be filled."""
    return f"Thiếu {measure.label.vi}"


def line_rules(table: Table) -> list[tuple[Edit, Rule]]:
    """The hard relations of the cells of one line."""
    return [
        (edit, rule)
        for edit in table.edits
        for rule in edit.checks
        if edit.severity == "hard"
        and is_of_rows(rule)
        and not isinstance(rule, Unique | Member)
        and all(ref.kind == "item" for ref in refs_of(rule))
    ]


def required(table: Table) -> list[Measure]:
    """The columns beside the key that every open line must fill."""
    return [measure for measure in table.measures if measure.required and measure.code != table.key]


def line_key(one: ListPlan) -> str:
    """The key of a line behind a mark once the unit has filled anything in it."""
    own = [one.columns[measure.code] for measure in one.table.measures if not measure.prefill]
    filled = ",".join(_ranges_here(own))
    return f'=IF(COUNTA({filled})=0,"","{MARK}"&TRIM({here(one.columns[one.table.key])}))'


def _ranges_here(columns: Sequence[int]) -> Iterable[str]:
    """The cells of these columns in the formula's line, neighbours joined."""
    runs: list[list[int]] = []
    for column in columns:
        if runs and runs[-1][-1] == column - 1:
            runs[-1].append(column)
        else:
            runs.append([column])
    for run in runs:
        first, last = here(run[0]), here(run[-1])
        yield first if first == last else f"{first}:{last}"


def line_counts(one: ListPlan) -> str:
    """Whether a filled line counts: not without a key, not the second of a key, not once it is closed."""
    key = here(one.key_column)
    closing = next((one.columns[measure.code] for measure in one.table.measures if measure.closes), None)
    counts = str(COUNTS) if closing is None else f"IF(LEN({here(closing)})>0,{CLOSED},{COUNTS})"
    first = f"MATCH({key},{_whole(one.key_column)},0)<ROW()"
    return f'=IF({key}="","",IF({key}="{MARK}",{COUNTS_NOT},IF({first},{COUNTS_NOT},{counts})))'


def line_check(plans: Plans, one: ListPlan) -> str:
    """What is wrong with a filled line, the first thing only; a closed line need not be filled any further."""
    key, counted = here(one.key_column), here(one.counted_column)
    first = f"INDEX($B:$B,MATCH({key},{_whole(one.key_column)},0))"
    blanks = [(here(one.columns[measure.code]), text(lacks(measure))) for measure in required(one.table)]
    lacking = "".join(f"IF(LEN({place})=0,{says}," for place, says in blanks) + text(FINE) + ")" * len(blanks)
    sight = Sight(plans, excused=f"{counted}={CLOSED}")
    verdicts = [(edit.label.vi, verdict(sight, rule)) for edit, rule in line_rules(one.table)]
    failing = first_failing(verdicts, f"IF({counted}={CLOSED},{text(FINE)},{lacking})")
    twice = f"IF({counted}={COUNTS_NOT},{text(TWICE)}&{first},{failing})"
    return f'=IF({key}="","",IF({key}="{MARK}",{text(NO_KEY)},{twice}))'


def total(form: str, one: ListPlan, measure: Measure) -> str:
    """What the lines that count make in a column; empty while none has anything there."""
    counted, column = _lines(form, one.counted_column), _lines(form, one.columns[measure.code])
    made = _made(measure, counted, column)
    return f'=IF({_said(measure, counted, column)}=0,"",{made})'


def certain(plans: Plans, form: str, one: ListPlan, measure: Measure) -> str:
    """The same, but empty while a line that counts is blank there or a filled line does not count."""
    counted, column = _lines(form, one.counted_column), _lines(form, one.columns[measure.code])
    left_out = f"COUNTIF({counted},{COUNTS_NOT})>0"
    if measure.type != "key":
        left_out = f"OR({left_out},{_said(measure, counted, column)}<COUNTIF({counted},{COUNTS}))"
    return f'=IF({left_out},"",{cell(plans, Key(form, "", measure.code))})'


def _made(measure: Measure, counted: str, column: str) -> str:
    match measure.type:
        case "key":
            return f"COUNTIF({counted},{COUNTS})"
        case "flag":
            return f'COUNTIFS({counted},{COUNTS},{column},"{YES}")'
    return f"SUMIFS({column},{counted},{COUNTS})"


def _said(measure: Measure, counted: str, column: str) -> str:
    """How many lines that count hold something in the column."""
    match measure.type:
        case "key":
            return f"COUNTIF({counted},{COUNTS})"
        case "flag":
            return "+".join(f'COUNTIFS({counted},{COUNTS},{column},"{word}")' for word in (YES, NO))
    # A criterion of numbers: text that stands there is no figure.
    return f'COUNTIFS({counted},{COUNTS},{column},"<1E+300")'


def filled(form: str, one: ListPlan) -> str:
    """How many lines are filled."""
    return f'COUNTIF({_lines(form, one.key_column)},"?*")'


def failing(form: str, one: ListPlan) -> str:
    """How many filled lines are not yet fine."""
    return f'{filled(form, one)}-COUNTIF({_lines(form, one.check_column)},"{FINE}")'


def _whole(column: int) -> str:
    letters = column_letters(column)
    return f"${letters}:${letters}"


def _lines(form: str, column: int) -> str:
    """The cells of a column in all lines of the list."""
    whole, codes = f"'{form}'!{_whole(column)}", f"'{form}'!$A:$A"
    first, last = f'MATCH("{HEAD_CODE}",{codes},0)+1', f'MATCH("{TOTAL_CODE}",{codes},0)-1'
    return f"INDEX({whole},{first}):INDEX({whole},{last})"
