from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import DefinitionError
from schemas.period import Period, previous_cumulative, previous_stock, year_ago

_SUFFIXES = ("", "-S1", "-S2", "-Q1", "-Q2", "-Q3", "-Q4")

written = st.builds(lambda year, suffix: f"{year}{suffix}", st.integers(1900, 2099), st.sampled_from(_SUFFIXES))


@given(written)
def test_a_period_gives_its_text_back(text: str) -> None:
    assert str(Period.parse(text)) == text


@given(written)
def test_a_period_lies_in_its_year_and_before_what_follows_it(text: str) -> None:
    period = Period.parse(text)
    assert period.first_day.year == period.last_day.year == period.year
    assert period.first_day < period.last_day
    assert previous_stock(period).last_day < period.last_day


@pytest.mark.parametrize(
    ("text", "kind", "number"), [("2020", "year", 1), ("2020-S2", "half-year", 2), ("2023-Q3", "quarter", 3)]
)
def test_a_period_has_a_kind_and_a_number(text: str, kind: str, number: int) -> None:
    period = Period.parse(text)
    assert (period.kind, period.number) == (kind, number)


def test_letters_and_blanks_around_are_forgiven() -> None:
    assert Period.parse(" 2023-q3 ") == Period(2023, "quarter", 3)


@pytest.mark.parametrize("text", ["", "20", "2020-S3", "2020-Q5", "2020-Q0", "Q3/2023", "2020.0", "２０２０"])
def test_what_is_no_period_is_refused_with_its_text_and_the_way_to_write_it(text: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        Period.parse(text)
    [fault] = caught.value.faults
    for words in (fault.vi, fault.en):
        assert f'"{text}"' in words
        assert "2023-Q3" in words


def test_a_number_outside_the_year_is_a_programming_error() -> None:
    with pytest.raises(ValueError, match="number 5"):
        Period(2020, "quarter", 5)


@pytest.mark.parametrize(
    ("text", "before"),
    [
        ("2020", "2019"),
        ("2020-S1", "2019"),
        ("2020-S2", "2020-S1"),
        ("2023-Q1", "2022-Q4"),
        ("2023-Q3", "2023-Q2"),
    ],
)
def test_a_stock_opens_with_what_the_period_before_closed_with(text: str, before: str) -> None:
    assert str(previous_stock(Period.parse(text))) == before


@pytest.mark.parametrize(
    ("text", "before"),
    [
        ("2020", None),
        ("2020-S1", None),
        ("2020-S2", "2020-S1"),
        ("2023-Q1", None),
        ("2023-Q2", "2023-Q1"),
        ("2023-Q4", "2023-Q3"),
    ],
)
def test_a_running_total_goes_on_within_the_year_only(text: str, before: str | None) -> None:
    found = previous_cumulative(Period.parse(text))
    assert (found and str(found)) == before


@pytest.mark.parametrize(("text", "before"), [("2020", "2019"), ("2020-S1", "2019-S1"), ("2023-Q3", "2022-Q3")])
def test_a_change_is_against_the_same_period_a_year_before(text: str, before: str) -> None:
    assert str(year_ago(Period.parse(text))) == before


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2020", date(2020, 1, 1), date(2020, 12, 31)),
        ("2020-S1", date(2020, 1, 1), date(2020, 6, 30)),
        ("2020-S2", date(2020, 7, 1), date(2020, 12, 31)),
        ("2023-Q1", date(2023, 1, 1), date(2023, 3, 31)),
        ("2023-Q3", date(2023, 7, 1), date(2023, 9, 30)),
    ],
)
def test_a_period_begins_and_ends_with_its_months(text: str, first: date, last: date) -> None:
    period = Period.parse(text)
    assert (period.first_day, period.last_day) == (first, last)


@pytest.mark.parametrize(
    ("text", "vi", "en"),
    [
        ("2020", "năm 2020", "the year 2020"),
        ("2020-S1", "6 tháng đầu năm 2020", "the first half of 2020"),
        ("2020-S2", "6 tháng cuối năm 2020", "the second half of 2020"),
        ("2023-Q3", "quý III năm 2023", "the third quarter of 2023"),
    ],
)
def test_a_period_has_words_in_both_languages(text: str, vi: str, en: str) -> None:
    period = Period.parse(text)
    assert (period.label("vi"), period.label("en")) == (vi, en)
