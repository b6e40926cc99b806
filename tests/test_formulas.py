from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from math import nan
from pathlib import Path
from random import Random
from types import MappingProxyType

import numpy as np
import pytest
import xlsxwriter
from conftest import Recalculate
from python_calamine import CalamineWorkbook
from xlsxwriter.worksheet import Worksheet

from pipeline import formulas, formulas_check
from pipeline.formulas import Sight
from pipeline.layout import SheetPlan, a1, plan
from pipeline.package import plans_of
from pipeline.percent import half_up, share
from pipeline.verdicts import Numbers, Verdict, judge
from schemas.edit import Compare, Ref, Rule, refs_of
from schemas.form import Form, Forms, Key
from schemas.load import load_forms
from schemas.period import Period
from schemas.targets import Op, Target, verdict

CASES = 60
RULES = (
    "a + b == c",
    "c == a + b",
    "a + b - c == d",
    "a + b == c + d",
    "each(a, b) <= c",
    "a + b <= c",
    "a >= b",
    "a <= 2 * b + 1",
    "a <= 0.1 * b + 0.5",
    "a == b",
    "a >= 5",
    "a == prev(b)",
    "a >= prev(a)",
    "a == prev(a) + b",
    "a == register(grassroots)",
    "0.1 <= a / b <= 0.95",
    "a / b <= 2",
    "2 <= a <= 5",
    "change(a) <= 0.15",
    "0.5 <= a / prev(a) <= 2",
    "a == 3 * b",
    "iff(a > 0, b > 0)",
    "when(a == 0, blank(b))",
    "when(a >= 3, b >= c)",
    "when(a + b == c, d <= 2)",
)
ROWS = "".join(f'{{ code = "{code}", label = "Dòng", en = "Row", rollup = "SUM" }},' for code in "abcd")
TOTALS = """
{ code = "cong", label = "Cộng", en = "Sum", rollup = "SUM", derived = "a + b + c" },
"""
LINKS = {
    "noi": "d[thuc_hien]",
    "ghep": "2 * a[thuc_hien] + noi[thuc_hien] + 1",
    "luy_ke": "prev(a[thuc_hien]) + b[thuc_hien]",
    "dau": "prev(b[thuc_hien])",
}
LINKED = "".join(
    f'{{ code = "{code}", label = "Nối", en = "Linked", rollup = "SUM", link = {{ thuc_hien = "{source}" }} }},'
    for code, source in LINKS.items()
)
EDITS = "".join(
    f'{{ id = "E{i}", rule = "{rule}", measures = ["thuc_hien"], label = "Nhãn", en = "Label" }},'
    for i, rule in enumerate(RULES)
)
FORM = f"""
version = "1"
title = {{ vi = "Biểu thử", en = "A form to try" }}
periods = ["year"]
senders = ["upper"]
[[table]]
id = "thu"
measures = [
  {{ code = "giao", label = "Giao", en = "Target", type = "count", issuer = true }},
  {{ code = "thuc_hien", label = "Thực hiện", en = "Actual", type = "count" }},
  {{ code = "ty_le", label = "%", en = "%", type = "percent", decimals = 2, compute = "thuc_hien / giao" }},
  {{ code = "danh_gia", label = "Đánh giá", en = "Verdict", type = "verdict", compute = "thuc_hien / giao" }},
]
rows = [{ROWS}{TOTALS}{LINKED}]
edits = [{EDITS}]
"""
MADE_UP = 12345
SHOWN = {
    Verdict.PASS: formulas_check.MATCHED,
    Verdict.FAIL: formulas_check.MISMATCHED,
    Verdict.UNKNOWN: formulas_check.UNDECIDED,
}
REFERENCE = re.compile(r"INDEX\('(\w+)'!\$([A-Z]+):\$\2,MATCH\(\"(\w+)\",'\1'!\$A:\$A,0\)\)")
DIRECT = re.compile(r"!|\$|\b[A-Z]{1,3}\d+\b")


@pytest.fixture
def forms(tmp_path: Path) -> Forms:
    for i in range(CASES):
        own = FORM.replace('id = "E', f'id = "T{i}-E').replace('id = "thu"', f'id = "thu_{i}"')
        (tmp_path / f"{i}.toml").write_text(f'id = "T{i}"\n{own}', encoding="utf-8")
    return load_forms(tmp_path.glob("*.toml"))


def rules_of(form: Form) -> list[Rule]:
    return [rule for table in form.tables for edit in table.edits for rule in edit.checks]


@dataclass(frozen=True)
class Case:
    """What stands in one form's cells, and what was known before."""

    form: Form
    typed: Mapping[str, int | str]
    targets: Mapping[str, int]
    constants: Mapping[Ref, float]
    op: Op

    @property
    def figures(self) -> dict[str, int]:
        return {row: value for row, value in self.typed.items() if isinstance(value, int)}

    def verdicts(self) -> list[str]:
        rules = rules_of(self.form)
        refs = tuple(dict.fromkeys(ref for rule in rules for ref in refs_of(rule)))
        row = [
            self.figures.get(ref.indicator, nan) if ref.kind == "cell" else self.constants.get(ref, nan) for ref in refs
        ]
        numbers = Numbers(MappingProxyType({ref: j for j, ref in enumerate(refs)}), np.array([row], dtype=np.float64))
        return [SHOWN[Verdict(found)] for found in judge(rules, numbers)[0]]

    def expected(self) -> dict[str, float | str]:
        """What each formula of the form shows, by its indicator and measure."""
        actual = {**self.figures, **({"noi": self.figures["d"]} if "d" in self.figures else {})}
        parts = [actual[row] for row in "abc" if row in actual]
        if parts:
            actual["cong"] = sum(parts)
        if "a" in actual or "noi" in actual:
            actual["ghep"] = 2 * actual.get("a", 0) + actual.get("noi", 0) + 1
        before = {row: int(self.constants[Ref("prev", self.form.id, row, "thuc_hien")]) for row in "ab"}
        actual["dau"] = before["b"]
        if "b" in actual:
            actual["luy_ke"] = before["a"] + actual["b"]
        made = ("cong", *LINKS)
        shown: dict[str, float | str] = {f"{row} thuc_hien": actual.get(row, "") for row in made}
        for row, given in self.targets.items():
            target = Target("", Period.parse("2020"), row, self.op, given, "", "", date(2020, 1, 1), 2)
            shown[f"{row} danh_gia"] = verdict(target, actual[row]) if row in actual else ""
            known = row in actual and given
            shown[f"{row} ty_le"] = float(half_up(share(actual[row], given), 2)) if known else ""
        return shown


def case(form: Form, chance: Random) -> Case:
    """Figures that often just agree, small or in thousands of milliards; blanks, and text where a number goes."""
    scale = chance.choice((1, 1, 10, 10**12))

    def figure() -> int:
        return chance.randint(0, 6) * scale + (chance.randint(-1, 1) if scale > 10 else 0)

    typed = {row: max(0, figure()) for row in "abcd" if chance.random() < 0.75}
    if chance.random() < 0.5 and {"a", "b"} <= typed.keys():
        typed["c"] = typed["a"] + typed["b"]
    words = {row: "x" for row in "abcd" if row not in typed and chance.random() < 0.2}
    known = {ref for rule in rules_of(form) for ref in refs_of(rule) if ref.kind != "cell"}
    constants = {ref: float(max(0, figure())) for ref in sorted(known, key=str)}
    targets = {row: scale * chance.choice((0, 3, 7, 2918, 4000)) for row in ("a", "b", "cong", "noi")}
    return Case(form, {**typed, **words}, targets, constants, "=" if chance.random() < 0.5 else ">=")


def formulas_of(plans: Mapping[str, SheetPlan], one: Case) -> dict[str, str]:
    """The formulas of the form's own cells, by indicator and measure."""
    found = {}
    for cell in one.form.cells():
        name = f"{cell.key.indicator} {cell.key.measure}"
        if cell.derived is not None and cell.key.measure == "thuc_hien":
            found[name] = formulas.derived(plans, cell.derived)
        elif cell.link is not None:
            found[name] = formulas.linked(Sight(plans, one.constants), cell.link)
        elif cell.role == "computed" and cell.ratio is not None and cell.key.indicator in one.targets:
            found[name] = formulas.percentage(plans, cell.ratio, cell.decimals)
        elif cell.judges is not None and cell.key.indicator in one.targets:
            actual, given = cell.key._replace(measure="thuc_hien"), cell.key._replace(measure="giao")
            found[name] = formulas.target_verdict(plans, actual, given, one.op)
    return found


def check_formulas(plans: Mapping[str, SheetPlan], one: Case, rule: Rule, row: int) -> list[str]:
    """The formulas of one check in the order of their columns, the verdict first."""
    sight = Sight(plans, one.constants)
    inline = f"={formulas_check.verdict(sight, rule)}"
    if not isinstance(rule, Compare):
        return [inline]
    helpers = formulas_check.check_parts(sight, rule)
    places = [a1(row, 1 + i) for i in range(len(helpers))]
    return [formulas_check.check_verdict(rule, *places), *helpers, inline]


def write_form(sheet: Worksheet, plans: Mapping[str, SheetPlan], one: Case) -> None:
    places = plans[one.form.id].places
    for table in plans[one.form.id].tables:
        for row, asked in table.rows:
            sheet.write_string(row, 0, getattr(asked, "code", ""))
    for row, value in one.typed.items():
        sheet.write(*places[Key(one.form.id, row, "thuc_hien")], value)
    for row, given in one.targets.items():
        sheet.write_number(*places[Key(one.form.id, row, "giao")], given)
    for name, formula in formulas_of(plans, one).items():
        sheet.write_formula(*places[Key(one.form.id, *name.split())], formula, None, MADE_UP)


def test_live_formulas_say_what_the_program_says(forms: Forms, tmp_path: Path, recalculate: Recalculate) -> None:
    plans = plans_of(tuple(forms))
    chance = Random(20)
    cases = [case(form, chance) for form in forms]
    book = xlsxwriter.Workbook(tmp_path / "thu.xlsx")
    checks = book.add_worksheet("KIEM_TRA")
    checks.write_formula(0, 0, "=1+1", None, MADE_UP)
    expected = []
    for one in cases:
        write_form(book.add_worksheet(one.form.id), plans, one)
        for rule, shown in zip(rules_of(one.form), one.verdicts(), strict=True):
            expected.append(shown)
            for column, formula in enumerate(check_formulas(plans, one, rule, len(expected))):
                checks.write_formula(len(expected), column, formula, None, MADE_UP)
    book.close()

    [again] = recalculate([tmp_path / "thu.xlsx"])
    read = CalamineWorkbook.from_path(again)
    rows = read.get_sheet_by_name("KIEM_TRA").to_python(skip_empty_area=False)
    assert rows[0][0] == 2
    assert [row[0] for row in rows[1:]] == expected
    inline = [(row[6], shown) for row, shown in zip(rows[1:], expected, strict=True) if row[6]]
    assert len(inline) > CASES
    assert [found for found, _ in inline] == [shown for _, shown in inline]
    assert {*SHOWN.values()} == {*expected}
    for one in cases:
        sheet = read.get_sheet_by_name(one.form.id).to_python(skip_empty_area=False)
        places = plans[one.form.id].places
        found = {}
        for name in formulas_of(plans, one):
            row, column = places[Key(one.form.id, *name.split())]
            found[name] = sheet[row][column]
        assert found == one.expected()


def test_a_formula_finds_its_cells_by_their_codes_alone(forms: Forms) -> None:
    plans = plans_of(tuple(forms))
    one = case(next(iter(forms)), Random(1))
    helpers = {a1(7, column) for column in range(1, 6)}
    written = [*formulas_of(plans, one).values()]
    for rule in rules_of(one.form):
        written += check_formulas(plans, one, rule, 7)
    for formula in written:
        rest = re.sub(r'"[^"]*"', "", REFERENCE.sub("", formula))
        assert set(DIRECT.findall(rest)) <= helpers
    assert any(REFERENCE.search(formula) for formula in written)


def test_a_sheet_is_named_in_quotes_for_its_name_may_be_that_of_a_cell(forms: Forms) -> None:
    plans = plans_of(tuple(forms))
    assert formulas.cell(plans, Key("T1", "a", "thuc_hien")) == "INDEX('T1'!$F:$F,MATCH(\"a\",'T1'!$A:$A,0))"


def test_a_number_that_the_package_does_not_hold_has_no_formula(forms: Forms) -> None:
    form = forms.by_id["T1"]
    plans = {"T1": plan(form)}
    with pytest.raises(formulas.NotInPackage):
        formulas.cell(plans, Key("T2", "a", "thuc_hien"))
    with pytest.raises(formulas.NotInPackage):
        formulas.cell(plans, Key("T1", "z", "thuc_hien"))
    rule = next(rule for rule in rules_of(form) if any(ref.kind == "prev" for ref in refs_of(rule)))
    assert isinstance(rule, Compare)
    with pytest.raises(formulas.NotInPackage):
        formulas_check.check_parts(Sight(plans), rule)
    link = next(cell.link for cell in form.cells() if cell.key.indicator == "dau" and cell.link is not None)
    with pytest.raises(formulas.NotInPackage):
        formulas.linked(Sight(plans), link)


@pytest.mark.parametrize(
    ("value", "written"),
    [(Fraction(5), "5"), (Fraction(1, 10), "(1/10)"), (0.15, "(3/20)"), (10.0**12, "1000000000000"), (-2.0, "-2")],
)
def test_a_constant_is_written_in_plain_digits(value: float | Fraction, written: str) -> None:
    assert formulas.number(value) == written
