from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.verdicts import value_of
from schemas.edit import (
    About,
    Compare,
    Iff,
    IsBlank,
    IsPositive,
    Linear,
    Member,
    Quotient,
    Ref,
    Rule,
    Unique,
    When,
    Within,
    refs_of,
)
from schemas.rules import (
    Names,
    RuleError,
    parse_cell,
    parse_linear,
    parse_quotient,
    parse_rule,
    parse_weight,
)

TONG = frozenset({"tong"})
NUMBERS = frozenset({"tong", "nu", "ty_le"})
MONEY = frozenset({"so_suat", "so_tien", "nguon_xhcd", "nguon_cap_tren", "nguon_cdcs", "nguon_xa_hoi"})
TARGET = frozenset({"giao", "thuc_hien", "ty_le"})
FLOW = frozenset({"ky_nay", "luy_ke"})
PEOPLE = ("cl_hv_thpt", "cl_hv_thcs", "cl_hv_tieuhoc", "cl_hv_chua", "sl_dtts", "cl_dang_vien", "cl_ll_cc")
NAMES = Names(
    matrices={
        "B01": {
            **dict.fromkeys(("sl_doan_vien", "sl_cdcs", "sl_cdcs_hcsn"), TONG),
            **dict.fromkeys(("sl_dv_nam", "sl_dv_nu"), frozenset({"tong", "ty_le"})),
            **dict.fromkeys(
                ("sl_dv_dau", "pt_ketnap", "sl_dv_den", "sl_dv_di", "sl_dv_giam"), frozenset({"tong", "nu"})
            ),
            **dict.fromkeys(PEOPLE, NUMBERS),
        },
        "B02": {
            **dict.fromkeys(("kt_dl", "kt_dl_cc", "kt_dl_cd"), FLOW),
            **dict.fromkeys(("cs_q_tsv", "cs_q_tcn"), MONEY),
        },
        "B03": dict.fromkeys(("ct_01", "ct_02"), TARGET),
        "B04": {},
    },
    lists={"B04": frozenset({"so_dv", "ma"})},
    types={"B04": {"so_dv": "count", "ma": "key"}},
)
MEASURES = {
    "B01": ("tong", "nu", "ty_le"),
    "B02": ("ky_nay", "luy_ke", *sorted(MONEY)),
    "B03": ("giao", "thuc_hien", "ty_le"),
    "B04": ("so_dv", "ma"),
}
OVER = {**MEASURES, "B01": ("tong", "nu"), "B03": ("thuc_hien",)}


def parse(
    text: str, form: str = "B01", rows: Sequence[str] | None = None, over: Sequence[str] | None = None
) -> tuple[Rule, ...]:
    asked = tuple(NAMES.matrices[form]) if rows is None else rows
    return parse_rule(text, NAMES, form, MEASURES[form], rows=asked, over=OVER[form] if over is None else over)


def one(text: str, form: str = "B01", **where: Sequence[str]) -> Rule:
    [rule] = parse(text, form, **where)
    return rule


def cell(indicator: str, measure: str = "tong", form: str = "B01") -> Ref:
    return Ref("cell", form, indicator, measure)


def prev(indicator: str, measure: str = "tong", form: str = "B01") -> Ref:
    return Ref("prev", form, indicator, measure)


def plus(*refs: Ref) -> Linear:
    return Linear(tuple((Fraction(1), ref) for ref in refs))


def number(value: int | str) -> Linear:
    return Linear((), Fraction(value))


def refused(read: Callable[[], object]) -> str:
    with pytest.raises(RuleError) as caught:
        read()
    assert caught.value.text.vi
    return caught.value.text.en


# What the rule table of the forms says.


def test_a_relation_of_rows_holds_for_every_measure_they_share() -> None:
    rules = parse("kt_dl == kt_dl_cc + kt_dl_cd", "B02")
    assert rules == tuple(
        Compare(
            plus(cell("kt_dl", measure, "B02")),
            "==",
            plus(cell("kt_dl_cc", measure, "B02"), cell("kt_dl_cd", measure, "B02")),
            frozenset({cell("kt_dl_cc", measure, "B02"), cell("kt_dl_cd", measure, "B02")}),
        )
        for measure in ("ky_nay", "luy_ke")
    )


def test_a_relation_of_rows_leaves_out_a_measure_that_one_of_them_lacks() -> None:
    [rule] = parse("sl_dv_nam + sl_dv_nu == sl_doan_vien")
    assert {ref.measure for ref in refs_of(rule)} == {"tong"}


def test_a_relation_of_rows_goes_only_over_the_measures_named() -> None:
    assert len(parse("sl_dtts <= cl_dang_vien")) == 2
    assert one("sl_dtts <= cl_dang_vien", over=["nu"]) == Compare(
        plus(cell("sl_dtts", "nu")), "<=", plus(cell("cl_dang_vien", "nu")), frozenset()
    )


def test_named_cells_make_one_relation() -> None:
    parts = [cell(row, "nu") for row in ("cl_hv_thpt", "cl_hv_thcs", "cl_hv_tieuhoc", "cl_hv_chua")]
    assert one("cl_hv_thpt[nu] + cl_hv_thcs[nu] + cl_hv_tieuhoc[nu] + cl_hv_chua[nu] == sl_dv_nu[tong]") == Compare(
        plus(*parts), "==", plus(cell("sl_dv_nu")), frozenset(parts)
    )


def test_a_relation_of_measures_holds_for_every_row_that_has_them() -> None:
    rules = parse("nguon_xhcd + nguon_cap_tren + nguon_cdcs + nguon_xa_hoi == so_tien", "B02")
    sources = ("nguon_xhcd", "nguon_cap_tren", "nguon_cdcs", "nguon_xa_hoi")
    assert rules == tuple(
        Compare(
            plus(*(cell(row, source, "B02") for source in sources)),
            "==",
            plus(cell(row, "so_tien", "B02")),
            frozenset(cell(row, source, "B02") for source in sources),
        )
        for row in ("cs_q_tsv", "cs_q_tcn")
    )


def test_a_relation_of_measures_goes_only_over_the_rows_named() -> None:
    assert one("nu <= tong", rows=["sl_dtts", "sl_doan_vien"]) == Compare(
        plus(cell("sl_dtts", "nu")), "<=", plus(cell("sl_dtts")), frozenset()
    )


def test_each_makes_one_relation_for_each_part() -> None:
    assert parse("each(sl_dtts, cl_dang_vien, cl_ll_cc) <= sl_doan_vien") == tuple(
        Compare(plus(cell(part)), "<=", plus(cell("sl_doan_vien")), frozenset())
        for part in ("sl_dtts", "cl_dang_vien", "cl_ll_cc")
    )


def test_each_goes_over_every_shared_measure_too() -> None:
    rules = parse("each(sl_dtts, cl_dang_vien) <= sl_dv_dau")
    assert [refs_of(rule)[0] for rule in rules] == [
        cell("sl_dtts"),
        cell("cl_dang_vien"),
        cell("sl_dtts", "nu"),
        cell("cl_dang_vien", "nu"),
    ]


def test_another_form_is_named_before_the_row() -> None:
    assert one("ct_02[thuc_hien] == B01.pt_ketnap[tong]", "B03") == Compare(
        plus(cell("ct_02", "thuc_hien", "B03")), "==", plus(cell("pt_ketnap")), frozenset()
    )


@pytest.mark.parametrize(
    ("text", "aggregate", "whole"),
    [
        ("sum(B04.so_dv) == B01.sl_doan_vien[tong]", Ref("sum", "B04", "", "so_dv"), cell("sl_doan_vien")),
        ("count(B04.ma) == B01.sl_cdcs[tong]", Ref("count", "B04", "", "ma"), cell("sl_cdcs")),
    ],
)
@pytest.mark.parametrize("form", ["B01", "B04"])
def test_a_column_of_a_list_is_summed_or_counted(text: str, aggregate: Ref, whole: Ref, form: str) -> None:
    assert one(text, form) == Compare(plus(aggregate), "==", plus(whole), frozenset())


def test_a_list_names_its_own_columns_without_its_form() -> None:
    assert one("sum(so_dv) == B01.sl_doan_vien[tong]", "B04") == one("sum(B04.so_dv) == B01.sl_doan_vien[tong]")


def test_the_register_is_a_number() -> None:
    assert one("sl_cdcs == register(grassroots)") == Compare(
        plus(cell("sl_cdcs")), "==", plus(Ref("register", "", "grassroots", "")), frozenset()
    )


def test_about_holds_a_percentage_against_the_exact_share() -> None:
    rules = parse("about(ty_le, tong / sl_doan_vien[tong])", rows=["sl_doan_vien", "sl_dv_nam", "sl_dtts"])
    assert rules == tuple(
        About((cell(row, "ty_le"),), Quotient(plus(cell(row)), plus(cell("sl_doan_vien"))))
        for row in ("sl_dv_nam", "sl_dtts")
    )


def test_about_holds_the_percentages_of_a_partition_against_100() -> None:
    assert one("about(sl_dv_nam[ty_le] + sl_dv_nu[ty_le], 100)") == About(
        (cell("sl_dv_nam", "ty_le"), cell("sl_dv_nu", "ty_le")), None
    )


def test_iff_is_both_or_neither() -> None:
    assert one("iff(so_suat > 0, so_tien > 0)", "B02", rows=["cs_q_tsv"]) == Iff(
        IsPositive(cell("cs_q_tsv", "so_suat", "B02")), IsPositive(cell("cs_q_tsv", "so_tien", "B02"))
    )


def test_when_asks_for_a_blank_under_a_condition() -> None:
    rules = parse("when(giao == 0, blank(ty_le))", "B03")
    assert rules == tuple(
        When(Compare(plus(cell(row, "giao", "B03")), "==", number(0), frozenset()), IsBlank(cell(row, "ty_le", "B03")))
        for row in ("ct_01", "ct_02")
    )


def test_when_asks_for_a_relation_under_a_condition() -> None:
    assert one("when(giao >= 1, thuc_hien <= 2 * giao)", "B03", rows=["ct_01"]) == When(
        Compare(plus(cell("ct_01", "giao", "B03")), ">=", number(1), frozenset()),
        Compare(
            plus(cell("ct_01", "thuc_hien", "B03")),
            "<=",
            plus(cell("ct_01", "giao", "B03")).times(Fraction(2)),
            frozenset(),
        ),
    )


def test_a_stock_is_the_stock_before_and_its_flows() -> None:
    rule = one("sl_dv_dau + pt_ketnap + sl_dv_den - sl_dv_di - sl_dv_giam == sl_doan_vien")
    assert isinstance(rule, Compare)
    assert [(int(weight), ref.indicator) for weight, ref in rule.left.terms] == [
        (1, "sl_dv_dau"),
        (1, "pt_ketnap"),
        (1, "sl_dv_den"),
        (-1, "sl_dv_di"),
        (-1, "sl_dv_giam"),
    ]
    assert rule.parts == frozenset(rule.left.refs)
    assert rule.right == plus(cell("sl_doan_vien"))


def test_the_period_before_is_another_number_of_the_same_cell() -> None:
    assert one("sl_dv_dau == prev(sl_doan_vien)") == Compare(
        plus(cell("sl_dv_dau")), "==", plus(prev("sl_doan_vien")), frozenset()
    )
    assert one("luy_ke >= prev(luy_ke)", "B02", rows=["kt_dl"]) == Compare(
        plus(cell("kt_dl", "luy_ke", "B02")), ">=", plus(prev("kt_dl", "luy_ke", "B02")), frozenset()
    )


def test_the_period_before_is_never_a_part_that_may_be_blank() -> None:
    now, before, flow = (
        cell("kt_dl", "luy_ke", "B02"),
        prev("kt_dl", "luy_ke", "B02"),
        cell("kt_dl", "ky_nay", "B02"),
    )
    assert one("luy_ke == prev(luy_ke) + ky_nay", "B02", rows=["kt_dl"]) == Compare(
        plus(now), "==", plus(before, flow), frozenset({flow})
    )


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("0.10 <= sl_dv_nu / sl_doan_vien <= 0.95", "1/10", "19/20"),
        ("0.95 >= sl_dv_nu / sl_doan_vien >= 0.10", "1/10", "19/20"),
        ("0.5 <= sl_dv_nu / sl_doan_vien", "1/2", None),
        ("sl_dv_nu / sl_doan_vien >= 0.5", "1/2", None),
        ("sl_dv_nu / sl_doan_vien <= 2", None, "2"),
        ("2 >= sl_dv_nu / sl_doan_vien", None, "2"),
    ],
)
def test_a_quotient_lies_in_a_range(text: str, low: str | None, high: str | None) -> None:
    assert one(text) == Within(
        None if low is None else Fraction(low),
        Quotient(plus(cell("sl_dv_nu")), plus(cell("sl_doan_vien"))),
        None if high is None else Fraction(high),
    )


def test_a_range_of_money_goes_over_rows() -> None:
    rules = parse("100_000 <= so_tien / so_suat <= 20_000_000", "B02")
    assert rules == tuple(
        Within(
            Fraction(100_000),
            Quotient(plus(cell(row, "so_tien", "B02")), plus(cell(row, "so_suat", "B02"))),
            Fraction(20_000_000),
        )
        for row in ("cs_q_tsv", "cs_q_tcn")
    )


def test_a_plain_number_lies_in_a_range_without_division() -> None:
    assert one("1 <= sl_doan_vien <= 100_000") == Within(
        Fraction(1), Quotient(plus(cell("sl_doan_vien")), number(1)), Fraction(100_000)
    )


def test_a_change_is_held_against_the_year_before_in_both_directions() -> None:
    assert one("change(sl_doan_vien) <= 0.15") == Within(
        Fraction(17, 20),
        Quotient(plus(cell("sl_doan_vien")), plus(Ref("year_ago", "B01", "sl_doan_vien", "tong"))),
        Fraction(23, 20),
    )


def test_a_column_of_a_list_is_unique_or_in_the_register() -> None:
    for ma in ("ma", "B04.ma"):
        assert one(f"unique({ma})", "B04") == Unique(Ref("cell", "B04", "", "ma"))
        assert one(f"{ma} in register(children)", "B04") == Member(Ref("cell", "B04", "", "ma"), "children")


def test_decimals_are_exact() -> None:
    rule = one("sl_dtts[tong] <= 0.1 * sl_doan_vien[tong] + 2.5")
    assert isinstance(rule, Compare)
    assert rule.right == Linear(((Fraction(1, 10), cell("sl_doan_vien")),), Fraction(5, 2))


def test_like_terms_join_and_those_that_cancel_vanish() -> None:
    assert parse_linear(
        "sl_dtts + cl_dang_vien + 2 * sl_dtts - cl_dang_vien", NAMES, "B01", (), measure="nu"
    ) == Linear(((Fraction(3), cell("sl_dtts", "nu")),))


def test_a_total_a_share_a_link_and_a_weight_are_read_alone() -> None:
    assert parse_linear("sl_dv_nam + sl_dv_nu", NAMES, "B01", MEASURES["B01"], measure="tong") == plus(
        cell("sl_dv_nam"), cell("sl_dv_nu")
    )
    assert parse_quotient("thuc_hien / giao", NAMES, "B03", MEASURES["B03"], row="ct_01") == Quotient(
        plus(cell("ct_01", "thuc_hien", "B03")), plus(cell("ct_01", "giao", "B03"))
    )
    assert parse_cell("B01.pt_ketnap[tong]", NAMES, "B03") == cell("pt_ketnap")
    assert parse_weight("sl_dtts", NAMES, "B01", measure="nu") == cell("sl_dtts", "nu")
    assert parse_weight("B01.sl_doan_vien[tong]", NAMES, "B03", measure="uoc_nam") == cell("sl_doan_vien")


# What is refused, and in which words.


@pytest.mark.parametrize(
    ("text", "form", "words"),
    [
        ("sl_doan_vein <= sl_cdcs", "B01", 'row "sl_doan_vein" does not exist; did you mean "sl_doan_vien"?'),
        ("B01.pt_ketnpa[tong] <= 5", "B03", 'row "pt_ketnpa" does not exist; did you mean "pt_ketnap"?'),
        ("zzz <= 5", "B01", 'row "zzz" does not exist'),
        ("B09.sl_doan_vien[tong] <= 5", "B01", 'form "B09" does not exist; did you mean "B04"?'),
        ("sl_doan_vien[nam] <= 5", "B01", 'row "sl_doan_vien" has no number in measure "nam"'),
        ("sl_doan_vien[nu] <= 5", "B01", 'row "sl_doan_vien" has no number in measure "nu"'),
        ("sl_doan_vien[tong] <= sl_cdcs", "B02", 'row "sl_doan_vien" does not exist'),
        ("B01.sl_doan_vien <= 5", "B03", 'does not understand "B01.sl_doan_vien"'),
        ("nu <= sl_doan_vien", "B01", "mixes row codes and measure codes in one rule; write row[measure]"),
        ("sl_doan_vien <= so_suat[tong]", "B01", 'row "so_suat" does not exist'),
        ("sl_dv_nam + == sl_dv_nu", "B01", 'cannot be read: "sl_dv_nam + == sl_dv_nu" (character 13)'),
        ("sl_dv_nam * sl_dv_nu <= 5", "B01", "only a constant may multiply"),
        ("sl_dv_nam < sl_dv_nu", "B01", "only ==, <= and >= are allowed"),
        ("sl_dv_nam > 0", "B01", "only ==, <= and >= are allowed"),
        ("sl_dv_nam != sl_dv_nu", "B01", "only ==, <= and >= are allowed"),
        ("sl_dv_nam ** 2 <= 5", "B01", 'does not understand "sl_dv_nam ** 2"'),
        ("sl_dv_nam % 2 == 0", "B01", 'does not understand "sl_dv_nam % 2"'),
        ("1 <= sl_dv_nam / 2 + sl_dv_nu <= 5", "B01", 'does not understand "sl_dv_nam / 2"'),
        ("sl_dv_nam + sl_dv_nu", "B01", "is not a rule (no comparison)"),
        ("sl_dv_nam", "B01", "is not a rule (no comparison)"),
        ("sl_dv_nam <= 5 and sl_dv_nu <= 5", "B01", "is not a rule (no comparison)"),
        ("sl_dv_nam / sl_doan_vien <= sl_dv_nu", "B01", "a range must lie between constants"),
        ("sl_dv_nam <= sl_dv_nu <= sl_doan_vien", "B01", "a range must lie between constants"),
        ("0.5 == sl_dv_nu / sl_doan_vien", "B01", "a range is only written with <= or >="),
        ("1 <= sl_dv_nam <= 2 <= 3", "B01", "a range has two ends at most"),
        ("sl_dv_nam == sl_dv_nu == sl_doan_vien == sl_cdcs", "B01", "a range has two ends at most"),
        ("change(sl_doan_vien) >= 0.15", "B01", "change(x) is only written change(x) <= constant"),
        ("change(sl_doan_vien) <= sl_cdcs", "B01", "change(x) is only written change(x) <= constant"),
        ("change() <= 0.15", "B01", "change(x) is only written change(x) <= constant"),
        ("each() <= sl_doan_vien", "B01", "each(…) needs at least one part"),
        ("sl_cdcs == register(villages)", "B01", "register(…) needs one of: grassroots, children, hcsn, dnnn, nnn"),
        ("sl_cdcs == register()", "B01", "register(…) needs one of: grassroots, children, hcsn, dnnn, nnn"),
        ("sl_cdcs in sl_doan_vien", "B01", "in must be followed by register(…)"),
        ("sum(sl_dv_nam) == sl_dv_nu[tong]", "B01", 'list "B01" does not exist; did you mean "B04"?'),
        ("sum(B04.so_dvi) == sl_dv_nu[tong]", "B01", 'column "so_dvi" does not exist; did you mean "so_dv"?'),
        ("count(5) == sl_dv_nu[tong]", "B01", "needs a column of a list table"),
        ("ma <= 5", "B04", 'column of numbers "ma" does not exist'),
        ("sum(B04.ma) == sl_cdcs[tong]", "B01", 'sum(…) needs a column of count, money; "ma" is key'),
        ("count(B04.so_dv) == sl_cdcs[tong]", "B01", 'count(…) needs a column of key, flag; "so_dv" is count'),
        ("iff(sl_dv_nam, sl_dv_nu > 0)", "B01", "iff needs two conditions of the form x > 0"),
        ("iff(sl_dv_nam > 1, sl_dv_nu > 0)", "B01", "iff needs two conditions of the form x > 0"),
        ("iff(sl_dv_nam > 0)", "B01", 'unknown "iff(…)" with 1 arguments'),
        ("when(sl_dv_nam, sl_dv_nu == 0)", "B01", "has no comparison"),
        ("when(1 <= sl_dv_nam <= 5, sl_dv_nu == 0)", "B01", "the condition of when must be a comparison"),
        ("when(sl_dv_nam == 0, 1 <= sl_dv_nu <= 5)", "B01", "when must end in a comparison or blank(…)"),
        ("when(sl_dv_nam == 0, blank())", "B01", "blank(…) needs one number"),
        ("about(2 * sl_dv_nam[ty_le], 100)", "B01", "about(…) needs a plain sum of percentages"),
        ("about(sl_dv_nam[ty_le], 50)", "B01", "needs a quotient of the form a / b"),
        ("prev(prev(sl_dv_nam)) == sl_dv_nu", "B01", "prev(…) needs a cell"),
        ("prev(register(grassroots)) == sl_cdcs", "B01", "prev(…) needs a cell"),
        ("sum(B04.so_dv, start=5) == sl_dv_nu[tong]", "B01", "takes no name=value"),
        ("sl_doan_vien <= True", "B01", 'does not understand "True"'),
        ("sl_doan_vien <= 1e999", "B01", 'does not understand "1e309"'),
        ('sl_doan_vien <= "5"', "B01", "does not understand \"'5'\""),
    ],
)
def test_a_rule_that_means_nothing_is_refused(text: str, form: str, words: str) -> None:
    assert refused(lambda: parse(text, form)) == words


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sl_dv_nam = sl_dv_nu",
        "__import__('os')",
        "__import__('os').system('true') == 0",
        "sl_doan_vien <= __import__('os').getpid()",
        "(lambda: 0)() == sl_doan_vien",
        "lambda: 0",
        "[x for x in ().__class__.__bases__] == sl_doan_vien",
        "(sl_doan_vien := 5) <= 6",
        "open('x') <= sl_doan_vien",
        "each(exec('x = 1')) <= sl_doan_vien",
        "f'{open}' == sl_doan_vien",
        "sl_doan_vien <= (yield)",
        "import os",
        "sl_doan_vien\0 <= 5",
    ],
)
def test_a_rule_is_never_run_as_a_program(text: str) -> None:
    assert refused(lambda: parse(text))


def test_a_row_of_several_measures_must_say_which() -> None:
    assert refused(lambda: parse("B04.x[y] <= 1", "B03")) == 'row "x" does not exist'
    assert refused(lambda: parse_cell("pt_ketnap", NAMES, "B01")) == '"pt_ketnap" needs its measure: pt_ketnap[…]'


@pytest.mark.parametrize(
    ("text", "form", "rows", "over"),
    [
        ("sl_doan_vien <= cl_hv_thpt", "B01", None, ["nu"]),
        ("nu <= tong", "B01", ["sl_doan_vien", "sl_cdcs"], None),
    ],
)
def test_a_rule_that_applies_nowhere_is_refused(
    text: str, form: str, rows: list[str] | None, over: list[str] | None
) -> None:
    assert refused(lambda: parse(text, form, rows, over)) == "applies to no row and no measure"


@pytest.mark.parametrize("text", ["prev(pt_ketnap[tong])", "sum(B04.so_dv)", "register(hcsn)"])
def test_a_link_and_a_weight_name_a_cell_and_nothing_else(text: str) -> None:
    assert refused(lambda: parse_cell(text, NAMES, "B01")) == "needs one cell: row[measure]"
    assert refused(lambda: parse_weight(text, NAMES, "B01", measure="tong")) == "needs one cell: row[measure]"


# The parser against Python's own arithmetic.

LETTERS = ("sl_dtts", "cl_dang_vien", "cl_ll_cc", "pt_ketnap")
DECIMALS = st.decimals(min_value=0, max_value=1000, places=2).map(str)


@st.composite
def expressions(draw: st.DrawFn, depth: int = 3) -> tuple[str, str]:
    """A linear expression as a rule writes it, and as Python must to work it out exactly."""
    kind = draw(st.sampled_from(["name", "number", *(("negative", "sum", "difference", "product") if depth else ())]))
    if kind == "name":
        name = draw(st.sampled_from(LETTERS))
        return f"{name}[tong]", name
    if kind == "number":
        digits = draw(DECIMALS)
        return digits, f'Fraction("{digits}")'
    rule, python = draw(expressions(depth - 1))
    if kind == "negative":
        return f"-({rule})", f"-({python})"
    if kind == "product":
        digits = draw(DECIMALS)
        if draw(st.booleans()):
            return f"{digits} * ({rule})", f'Fraction("{digits}") * ({python})'
        return f"({rule}) * {digits}", f'({python}) * Fraction("{digits}")'
    other_rule, other_python = draw(expressions(depth - 1))
    sign = "+" if kind == "sum" else "-"
    return f"({rule}) {sign} ({other_rule})", f"({python}) {sign} ({other_python})"


FIGURES = st.integers(0, 10**12) | st.decimals(0, 1000, places=2).map(float)


@given(expressions(), expressions(), st.tuples(*[FIGURES] * len(LETTERS)))
def test_a_parsed_equation_is_worth_what_python_makes_of_it(
    left: tuple[str, str], right: tuple[str, str], figures: tuple[float, ...]
) -> None:
    rule = one(f"{left[0]} == {right[0]}")
    assert isinstance(rule, Compare)
    values = {cell(name): figure for name, figure in zip(LETTERS, figures, strict=True)}
    exact = {name: Fraction(str(figure)) for name, figure in zip(LETTERS, figures, strict=True)}
    expected = [eval(python, {"Fraction": Fraction}, dict(exact)) for _, python in (left, right)]
    assert value_of(rule.left, values) == expected[0]
    assert value_of(rule.right, values) == expected[1]
    assert value_of(rule.residual, values) == expected[0] - expected[1]
    assert all(weight for weight, _ in rule.residual.terms)
