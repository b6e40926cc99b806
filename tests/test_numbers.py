from __future__ import annotations

import datetime as dt
import math
import time
import unicodedata
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.numbers import (
    LARGEST,
    NOTES,
    REFUSALS,
    Kind,
    Reading,
    date_fractions,
    has_percent_sign,
    read_number,
    read_share,
    read_text,
)

NBSP, THIN, NARROW = "\u00a0", "\u2009", "\u202f"
KINDS: tuple[Kind, ...] = ("count", "money", "percent", "average")
WHOLE: tuple[Kind, ...] = ("count", "money")

ACCEPTED: list[tuple[object, Kind, str, float, str]] = [
    ("2.928", "count", "người", 2928, ""),
    ("1.384.359.500", "money", "đồng", 1384359500, ""),
    ("1.384.359.500", "count", "", 1384359500, ""),
    ("5000", "count", "người", 5000, ""),
    ("20841", "count", "người", 20841, ""),
    ("307", "count", "người", 307, ""),
    ("'307", "count", "người", 307, ""),
    ("01", "count", "cuộc", 1, ""),
    ("08", "count", "cuộc", 8, ""),
    ("00", "count", "cuộc", 0, ""),
    ("0", "count", "cuộc", 0, ""),
    ("01.234", "count", "người", 1234, ""),
    ("1.387", "count", "người", 1387, ""),
    ("1.234", "count", "người", 1234, ""),
    ("2 918", "count", "người", 2918, ""),
    (f"2{NBSP}918", "count", "người", 2918, ""),
    (f"2{THIN}918", "money", "đồng", 2918, ""),
    (f"12{NARROW}345{NARROW}678", "money", "đồng", 12345678, ""),
    (f"{NBSP}307 ", "count", "người", 307, ""),
    ("2.9\u200b18", "count", "người", 2918, ""),
    ("1.387,00", "money", "đồng", 1387, ""),
    ("1,387.00", "money", "đồng", 1387, "read-as"),
    ("2918", "average", "đồng", 2918, ""),
    ("1.387,50", "average", "đồng", 1387.5, ""),
    (f"1{NBSP}387,50", "average", "đồng", 1387.5, ""),
    ("1,387.50", "average", "đồng", 1387.5, "read-as"),
    ("6.300.000", "average", "đồng", 6300000, ""),
    ("6300000,5", "average", "đồng", 6300000.5, ""),
    ("12.5", "average", "đồng", 12.5, "read-as"),
    ("1387,125", "average", "đồng", 1387.125, ""),
    ("980.000.000đ", "money", "đồng", 980000000, "unit-dropped"),
    ("980.000.000 đ", "money", "đồng", 980000000, "unit-dropped"),
    ("980.000.000đ.", "money", "đồng", 980000000, "unit-dropped"),
    ("980.000.000đồng", "money", "đồng", 980000000, "unit-dropped"),
    ("980.000.000 đồng", "money", "", 980000000, "unit-dropped"),
    ("980.000.000 VNĐ", "money", "đồng", 980000000, "unit-dropped"),
    ("980.000.000 VNÐ", "money", "đồng", 980000000, "unit-dropped"),
    ("346.000.000^d", "money", "đồng", 346000000, "read-as"),
    ("346.000.000 ^đ", "money", "đồng", 346000000, "read-as"),
    ("6.300.000đ", "average", "đồng/người/tháng", 6300000, "unit-dropped"),
    ("31 triệu đồng", "money", "đồng", 31 * 10**6, "scaled-text"),
    ("35 triệu", "money", "đồng", 35 * 10**6, "scaled-text"),
    ("1,9 tỷ", "money", "đồng", 1900000000, "scaled-text"),
    ("1,9 tỉ đồng", "money", "đồng", 1900000000, "scaled-text"),
    ("1.9 tỷ", "money", "đồng", 1900000000, "scaled-text"),
    ("5,99 tỷ", "money", "đồng", 5990000000, "scaled-text"),
    ("5 nghìn", "money", "đồng", 5000, "scaled-text"),
    ("3 nghìn", "money", "đồng", 3000, "scaled-text"),
    ("75 nghìn", "money", "đồng", 75000, "scaled-text"),
    ("75 ngàn đồng", "money", "", 75000, "scaled-text"),
    ("6,3 triệu đồng", "average", "đồng", 6300000, "scaled-text"),
    ("31 triệu đồng", "money", "triệu đồng", 31, "unit-dropped"),
    ("10 xuất", "count", "suất", 10, "unit-dropped"),
    ("29 suất", "count", "suất", 29, "unit-dropped"),
    ("29 SUẤT", "count", "suất", 29, "unit-dropped"),
    ("29suất", "count", "Suất", 29, "unit-dropped"),
    ("12 cuộc", "count", "cuộc", 12, "unit-dropped"),
    ("2.918 người", "count", "người", 2918, "unit-dropped"),
    ("2.918\nngười", "count", "người", 2918, "unit-dropped"),
    ("5 tin, bài", "count", "tin, bài", 5, "unit-dropped"),
    ("160m²", "count", "m2", 160, "unit-dropped"),
    ("160m2", "count", "m²", 160, "unit-dropped"),
    ("5 công đoàn cấp trên", "count", "Công đoàn cấp trên", 5, "unit-dropped"),
    ("-", "count", "người", 0, "zero-mark"),
    ("–", "count", "người", 0, "zero-mark"),
    ("—", "money", "đồng", 0, "zero-mark"),
    ("−", "money", "đồng", 0, "zero-mark"),
    ("không", "count", "người", 0, "zero-mark"),
    ("Không có", "count", "người", 0, "zero-mark"),
    ("KHÔNG.", "count", "người", 0, "zero-mark"),
    ("K", "count", "người", 0, "zero-mark"),
    ("-", "percent", "%", 0, "zero-mark"),
    ("２．９１８", "count", "người", 2918, "read-as"),
    ("٣٠٧", "count", "người", 307, "read-as"),
    ("＋5", "count", "người", 5, "read-as"),
    ("+5", "count", "người", 5, "read-as"),
    (307, "count", "người", 307, ""),
    (307.0, "count", "người", 307, ""),
    (0.0, "money", "đồng", 0, ""),
    (1387.5, "average", "đồng", 1387.5, ""),
    (999_999_999_999_999.0, "money", "đồng", 999_999_999_999_999.0, ""),
    (3.0000000000000004, "count", "người", 3, "read-as"),
]

PERCENTAGES: list[tuple[object, float, int | None, str]] = [
    ("93,96%", 93.96, 2, ""),
    ("93,90%", 93.9, 2, ""),
    ("16,9%", 16.9, 1, ""),
    ("39,1%", 39.1, 1, ""),
    ("13%", 13, 0, ""),
    ("5,9 %", 5.9, 1, ""),
    (f"5,9{NBSP}%", 5.9, 1, ""),
    ("90.6%", 90.6, 1, ""),
    ("90.65", 90.65, 2, ""),
    ("12.5", 12.5, 1, ""),
    ("12,5", 12.5, 1, ""),
    ("0,27", 0.27, 2, ""),
    ("05,9%", 5.9, 1, ""),
    ("12,3456", 12.3456, 4, ""),
    ("0%", 0, 0, ""),
    ("133%", 133, 0, ""),
    ("90 phần trăm", 90, 0, ""),
    ("93,96％", 93.96, 2, "read-as"),
    ("1,234.5%", 1234.5, 1, "read-as"),
    (93.96, 93.96, 2, ""),
    (94.0, 94, 0, ""),
    (100, 100, 0, ""),
    (0.391, 0.391, 3, ""),
    (0.00001, 0.00001, 5, ""),
    (0.123456, 0.123456, 6, ""),
    (0.1234567, 0.1234567, None, ""),
    (100 / 3, 100 / 3, None, ""),
    (1e-300, 1e-300, None, ""),
]

NO_FIGURE: list[tuple[object, str]] = [
    (None, ""),
    ("", ""),
    ("   ", ""),
    (NBSP, ""),
    ("\u200b", ""),
    (f"{NBSP}\ufeff \u200b\n", ""),
    ("…", "placeholder"),
    ("...", "placeholder"),
    ("……", "placeholder"),
    (". . .", "placeholder"),
    ("____", "placeholder"),
    ("x", "counted-elsewhere"),
    ("X", "counted-elsewhere"),
]

REFUSED: list[tuple[object, Kind, str, str, tuple[float, ...]]] = [
    ("027%", "percent", "%", "lost-comma", (0.27, 27)),
    ("027", "percent", "%", "lost-comma", (0.27, 27)),
    ("08%", "percent", "%", "lost-comma", (8, 0.8)),
    ("0.274", "percent", "%", "ambiguous-separator", (0.274, 27.4)),
    ("1.387", "percent", "%", "ambiguous-separator", (1.387, 1387)),
    ("93,965%", "percent", "%", "ambiguous-separator", (93.965, 93965)),
    ("1.387", "average", "đồng", "ambiguous-separator", (1387, 1.387)),
    ("1,387", "average", "đồng", "ambiguous-separator", (1387, 1.387)),
    ("1387.125", "average", "đồng", "ambiguous-separator", (1387125, 1387.125)),
    ("1.387.5", "average", "đồng", "ambiguous-separator", (1387.5,)),
    ("1.387.5", "count", "người", "ambiguous-separator", ()),
    ("1.387,500", "money", "đồng", "ambiguous-separator", (1387500, 1387.5)),
    ("12.3456", "percent", "%", "ambiguous-separator", (12.3456,)),
    ("1,500", "count", "người", "ambiguous-separator", (1500, 1.5)),
    ("1,500", "money", "đồng", "ambiguous-separator", (1500, 1.5)),
    ("2,918,000", "money", "đồng", "ambiguous-separator", (2918000,)),
    ("0.274", "count", "người", "ambiguous-separator", (274, 0.274)),
    ("0.274.000", "money", "đồng", "ambiguous-separator", (274000,)),
    ("1234.567", "count", "người", "ambiguous-separator", (1234567, 1234.567)),
    ("12.34.567", "count", "người", "ambiguous-separator", ()),
    ("1.2345", "count", "người", "ambiguous-separator", ()),
    ("29 18", "count", "người", "ambiguous-separator", ()),
    ("1. 234", "count", "người", "ambiguous-separator", ()),
    ("12.", "count", "người", "ambiguous-separator", (12,)),
    ("1.500 triệu", "money", "đồng", "ambiguous-separator", (1500000000, 1500000)),
    ("1,5", "count", "người", "not-integer", ()),
    ("12.5", "count", "người", "not-integer", ()),
    ("1.23", "count", "người", "not-integer", ()),
    ("5,00", "count", "người", "not-integer", (5,)),
    ("1,387.50", "money", "đồng", "not-integer", ()),
    ("1.387,50", "money", "đồng", "not-integer", ()),
    ("1,2345678 triệu", "money", "đồng", "not-integer", ()),
    (2.9183, "count", "người", "not-integer", ()),
    (1e-12, "money", "đồng", "not-integer", ()),
    (2.918, "count", "người", "thousands-lost", (2918,)),
    (2.91, "count", "người", "thousands-lost", (2910,)),
    (12.5, "money", "đồng", "thousands-lost", (12500,)),
    (1384359.5, "money", "đồng", "thousands-lost", (1384359500,)),
    (1.1 + 2.2, "money", "đồng", "thousands-lost", (3300,)),
    (0.1 + 0.2, "money", "đồng", "not-integer", ()),
    (0.39, "count", "người", "not-integer", ()),
    ("gần 500 triệu", "money", "đồng", "approximate", ()),
    ("gần 980.000.000", "money", "đồng", "approximate", ()),
    ("trên 80%", "percent", "%", "approximate", ()),
    ("trên 95%", "percent", "%", "approximate", ()),
    ("hơn 5 nghìn", "count", "người", "approximate", ()),
    ("hàng trăm", "count", "người", "approximate", ()),
    ("hàng tỷ", "money", "đồng", "approximate", ()),
    ("khoảng 30", "count", "người", "approximate", ()),
    ("dưới 30", "count", "người", "approximate", ()),
    ("xấp xỉ 30", "count", "người", "approximate", ()),
    ("~30", "count", "người", "approximate", ()),
    (">30", "count", "người", "approximate", ()),
    ("từ 700.000đ - 1.000.000đ", "money", "đồng", "approximate", ()),
    ("từ 5 đến 7", "count", "người", "approximate", ()),
    ("15-30%", "percent", "%", "approximate", ()),
    ("15–30%", "percent", "%", "approximate", ()),
    ("4-5 triệu", "money", "đồng", "approximate", ()),
    ("98% trở lên dự toán được giao", "percent", "%", "approximate", ()),
    ("từ 1 đoàn viên trở lên", "count", "người", "approximate", ()),
    ("307/307", "count", "người", "fraction", (307,)),
    ("778/778", "count", "người", "fraction", (778,)),
    ("11/11", "count", "CĐCS", "fraction", (11,)),
    ("04/03", "count", "người", "fraction", (4,)),
    ("04/30", "count", "người", "fraction", (4,)),
    ("8/10", "count", "người", "fraction", (8,)),
    ("02/10", "count", "người", "fraction", (2,)),
    ("1.234 / 1.500 người", "count", "người", "fraction", (1234,)),
    ("8/10", "percent", "%", "fraction", (80, 8)),
    ("8/0", "percent", "%", "fraction", (8,)),
    ("Đạt 100%", "percent", "%", "cell-type", ()),
    ("90% tổng số đoàn viên công đoàn", "percent", "%", "cell-type", ()),
    ("Đầy đủ, kịp thời", "count", "người", "cell-type", ()),
    ("đạt chỉ tiêu", "count", "người", "cell-type", ()),
    ("Không đạt chỉ tiêu", "count", "người", "cell-type", ()),
    ("có", "count", "người", "cell-type", ()),
    ("“", "count", "người", "cell-type", ()),
    ("00h00’", "count", "người", "cell-type", ()),
    ("1E5", "count", "người", "cell-type", ()),
    ("1e+05", "money", "đồng", "cell-type", ()),
    ("10²", "count", "người", "cell-type", ()),
    ("1½", "count", "người", "cell-type", ()),
    ("①", "count", "người", "cell-type", ()),
    ("12\n345", "count", "người", "cell-type", ()),
    ("12\t345", "count", "người", "cell-type", ()),
    ("5 người, 3 cuộc", "count", "người", "cell-type", ()),
    ("1 tỷ 200 triệu", "money", "đồng", "cell-type", ()),
    ("9" * 5000, "count", "người", "cell-type", ()),
    (True, "count", "người", "cell-type", ()),
    (False, "percent", "%", "cell-type", ()),
    (b"12", "count", "người", "cell-type", ()),
    ("2.918 người", "count", "cuộc", "unit-differs", (2918,)),
    ("2.918 người", "count", "", "unit-differs", (2918,)),
    ("10 xuất", "count", "người", "unit-differs", (10,)),
    ("160m²", "count", "người", "unit-differs", (160,)),
    ("130m2", "count", "người", "unit-differs", (130,)),
    ("90%", "count", "người", "unit-differs", ()),
    ("500 USD", "money", "đồng", "unit-differs", ()),
    ("31 triệu", "money", "triệu đồng", "unit-differs", ()),
    ("90 người", "percent", "%", "unit-differs", ()),
    ("5 ti vi", "count", "người", "unit-differs", ()),
    ("5 nghìn", "count", "người", "scaled-count", (5000,)),
    ("5 nghìn người", "count", "người", "scaled-count", (5000,)),
    ("O8", "count", "người", "letter-digit", (8,)),
    ("l2", "count", "người", "letter-digit", (12,)),
    ("1.0l6", "count", "người", "letter-digit", (1016,)),
    ("1O người", "count", "người", "letter-digit", (10,)),
    ("O8%", "percent", "%", "letter-digit", (8, 0.8)),
    ("(5)", "count", "người", "negative", (5,)),
    ("-3", "count", "người", "negative", (3,)),
    ("–3", "count", "người", "negative", (3,)),
    ("(1.234)", "money", "đồng", "negative", (1234,)),
    (-3.0, "count", "người", "negative", (3,)),
    (-3, "money", "đồng", "negative", (3,)),
    (-0.5, "percent", "%", "negative", (0.5,)),
    ("#REF!", "count", "người", "error-value", ()),
    ("#DIV/0!", "percent", "%", "error-value", ()),
    ("#VALUE!", "money", "đồng", "error-value", ()),
    ("#N/A", "count", "người", "error-value", ()),
    ("#NAME?", "count", "người", "error-value", ()),
    (math.nan, "count", "người", "error-value", ()),
    (math.inf, "average", "đồng", "error-value", ()),
    (-math.inf, "percent", "%", "error-value", ()),
    (1e16, "money", "đồng", "too-large", ()),
    (10**400, "count", "người", "too-large", ()),
    ("9.000.000.000.000.001", "money", "đồng", "too-large", ()),
    ("9999999 tỷ", "money", "đồng", "too-large", ()),
    ("08/10/2020", "count", "người", "date", ()),
    ("1.10.2020", "count", "người", "date", ()),
    ("2020-10-08", "count", "người", "date", ()),
    (dt.date(2020, 10, 8), "count", "người", "date", (8, 10)),
    (dt.date(2020, 8, 10), "count", "người", "date", (8, 10)),
    (dt.datetime(2020, 10, 8), "percent", "%", "date", (80, 8, 125, 10)),
    (dt.date(2020, 11, 11), "money", "đồng", "date", (11,)),
    (dt.date(2025, 8, 1), "average", "đồng", "date", (1, 8)),
    (dt.date(1930, 4, 1), "count", "người", "date", (4, 11049)),
    (dt.date(1900, 2, 14), "count", "người", "date", (45,)),
    (dt.date(1900, 2, 28), "count", "người", "date", (59, 60)),
    (dt.date(1900, 3, 1), "count", "người", "date", (61,)),
    (dt.date(1929, 12, 31), "count", "người", "date", (10958,)),
    (dt.date(2447, 7, 30), "money", "đồng", "date", (200000,)),
    (dt.datetime(1900, 4, 2, 23, 2, 24), "percent", "%", "date", (93.96,)),
    (dt.datetime(1900, 4, 2, 23, 2, 24), "count", "người", "date", ()),
    (dt.datetime(2020, 10, 8, 12), "count", "người", "date", ()),
    (dt.date(1899, 12, 1), "count", "người", "date", ()),
    (dt.time(0), "count", "người", "date", (0,)),
    (dt.time(12), "percent", "%", "date", (50, 0.5)),
    (dt.time(12), "count", "người", "date", ()),
    (dt.time(8, 10), "average", "đồng", "date", ()),
    (dt.timedelta(hours=30), "average", "đồng", "date", (1.25,)),
    (dt.timedelta(days=45), "count", "người", "date", (45,)),
    (dt.timedelta(days=-3), "count", "người", "date", ()),
]


@pytest.mark.parametrize(("raw", "kind", "unit", "value", "note"), ACCEPTED)
def test_a_figure_that_means_one_thing_is_read(raw: object, kind: Kind, unit: str, value: float, note: str) -> None:
    reading = read_number(raw, kind, unit=unit)
    assert reading == Reading(value, 0 if kind == "percent" and not note else None, note)
    assert type(reading.value) is float


@pytest.mark.parametrize(("raw", "value", "decimals", "note"), PERCENTAGES)
def test_a_percentage_keeps_the_decimals_it_was_printed_with(
    raw: object, value: float, decimals: int | None, note: str
) -> None:
    assert read_number(raw, "percent", unit="%") == Reading(value, decimals, note)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("raw", "note"), NO_FIGURE)
def test_blank_and_marked_as_elsewhere_are_missing_and_not_refused(raw: object, note: str, kind: Kind) -> None:
    assert read_number(raw, kind, unit="người") == Reading(note=note)


@pytest.mark.parametrize(("raw", "kind", "unit", "refusal", "guesses"), REFUSED)
def test_a_figure_that_could_mean_two_things_is_refused(
    raw: object, kind: Kind, unit: str, refusal: str, guesses: tuple[float, ...]
) -> None:
    reading = read_number(raw, kind, unit=unit)
    assert reading == Reading(refusal=refusal, guesses=reading.guesses)
    assert reading.guesses == pytest.approx(guesses, rel=1e-12)


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize(
    ("raw", "kind", "unit"),
    [(raw, kind, unit) for raw, kind, unit, *_ in [*ACCEPTED, *REFUSED] if isinstance(raw, str)],
)
def test_composed_and_decomposed_letters_read_the_same(
    raw: str, kind: Kind, unit: str, form: Literal["NFC", "NFD"]
) -> None:
    other = unicodedata.normalize(form, raw)
    assert read_number(other, kind, unit=unit) == read_number(raw, kind, unit=unit)
    assert read_number(raw, kind, unit=unicodedata.normalize(form, unit)) == read_number(raw, kind, unit=unit)


@pytest.mark.parametrize(
    ("raw", "value"),
    [("Đạt 100%", 100), ("Đạt: 90%", 90), ("đạt 133%", 133), ("ÐẠT : 98,5 %", 98.5), ("100%", 100), (95.0, 95)],
)
def test_the_result_of_a_threshold_may_begin_with_reached(raw: object, value: float) -> None:
    assert read_number(raw, "percent", unit="%", threshold=True).value == value
    assert read_number(raw, "count", threshold=True).value == (value if isinstance(raw, str) else raw)


@pytest.mark.parametrize(
    ("raw", "refusal"),
    [("Đạt", "cell-type"), ("Đạt trên 90%", "approximate"), ("Không đạt 90%", "cell-type"), ("Đạt 027%", "lost-comma")],
)
def test_reached_without_one_plain_figure_is_refused_for_a_threshold_too(raw: str, refusal: str) -> None:
    assert read_number(raw, "percent", unit="%", threshold=True).refusal == refusal


def test_a_date_is_refused_as_a_date_in_every_kind_of_cell() -> None:
    assert {read_number(dt.datetime(2020, 4, 3), kind).refusal for kind in KINDS} == {"date"}


@pytest.mark.parametrize(
    ("day", "fractions"),
    [
        (dt.date(2020, 10, 8), ("8/10", "10/8")),
        (dt.date(2020, 4, 30), ("4/30", "30/4")),
        (dt.date(2020, 12, 12), ("12/12",)),
        (dt.date(2025, 8, 1), ("1/8", "8/1", "8/25")),
        (dt.date(2012, 8, 1), ("1/8", "8/1")),
        (dt.date(2030, 8, 1), ("1/8", "8/1")),
        (dt.date(1930, 4, 1), ("4/30",)),
        (dt.date(1930, 4, 2), ()),
        (dt.date(1929, 4, 1), ()),
        (dt.datetime(2020, 10, 8, 12), ()),
        (dt.time(8, 10), ()),
        ("8/10", ()),
    ],
)
def test_a_day_may_have_been_typed_as_a_fraction(day: object, fractions: tuple[str, ...]) -> None:
    assert date_fractions(day) == fractions


@given(number=st.integers(0, 2_958_465), kind=st.sampled_from(WHOLE))
def test_a_number_shown_as_a_date_is_among_the_guesses_unless_it_is_a_day_of_these_years(
    number: int, kind: Kind
) -> None:
    # Excel's own day 60 is the 29 February that 1900 did not have.
    days = (
        dt.date(1899, 12, 31 if number <= 60 else 30) + dt.timedelta(number - (number == 60)) if number else dt.time()
    )
    guesses = read_number(days, kind).guesses
    assert (float(number) in guesses) != (isinstance(days, dt.date) and 2000 <= days.year < 2100)


@pytest.mark.parametrize(
    ("raw", "kind", "reading"),
    [
        (0.391, "percent", Reading(39.1, 1)),
        (1.0, "percent", Reading(100, 0)),
        (0.0, "percent", Reading(0, 0)),
        (1 / 3, "percent", Reading(33.3333333333)),
        (-0.05, "percent", Reading(refusal="negative", guesses=(5,))),
        (1e20, "percent", Reading(refusal="too-large")),
        (0.05, "count", Reading(refusal="unit-differs", guesses=(5,))),
        (45.0, "money", Reading(refusal="unit-differs", guesses=(4500, 45))),
        (0.391, "average", Reading(refusal="unit-differs")),
        (-1.0, "count", Reading(refusal="unit-differs")),
    ],
)
def test_a_number_shown_in_percent_is_a_hundred_times_itself(raw: float, kind: Kind, reading: Reading) -> None:
    assert read_share(raw, kind) == reading


@pytest.mark.parametrize("text", ["5%", "0,27 ％", "1 phần trăm", "Đạt 1%"])
def test_a_percentage_with_its_sign_is_known(text: str) -> None:
    assert has_percent_sign(text)
    assert not has_percent_sign("0,27")


def test_minus_zero_is_zero() -> None:
    for kind in KINDS:
        value = read_number(-0.0, kind).value
        assert value is not None
        assert math.copysign(1, value) == 1


def test_every_id_is_named_once_and_each_is_used() -> None:
    used = {read_number(raw, kind, unit=unit).refusal for raw, kind, unit, *_ in REFUSED}
    assert sorted(used) == sorted(REFUSALS)
    notes = {read_number(raw, kind, unit=unit).note for raw, kind, unit, *_ in ACCEPTED}
    notes |= {note for _, note in NO_FIGURE}
    assert sorted(notes - {""}) == sorted(NOTES)


def grouped(number: int, mark: str) -> str:
    return f"{number:,}".replace(",", mark)


@pytest.mark.parametrize("kind", WHOLE)
@given(number=st.integers(0, 10**15 - 1), zeros=st.integers(0, 2))
def test_every_whole_number_written_the_usual_ways_reads_back(kind: Kind, number: int, zeros: int) -> None:
    ways: list[object] = [str(number), grouped(number, "."), grouped(number, NBSP), "0" * zeros + str(number)]
    ways += [f" {grouped(number, '.')}{NBSP}", float(number), number]
    for way in ways:
        assert read_number(way, kind) == Reading(float(number)), way


@given(points=st.integers(0, 100_000), decimals=st.integers(0, 2), sign=st.sampled_from(["%", " %", ""]))
def test_every_percentage_written_with_a_comma_reads_back(points: int, decimals: int, sign: str) -> None:
    text = f"{points / 10**decimals:.{decimals}f}".replace(".", ",")
    assert read_number(text + sign, "percent", unit="%") == Reading(points / 10**decimals, decimals)


@given(number=st.integers(0, 10**6), scale=st.sampled_from([("nghìn", 3), ("triệu", 6), ("tỷ", 9)]))
def test_scale_words_multiply_exactly(number: int, scale: tuple[str, int]) -> None:
    word, power = scale
    text = f"{number // 100},{number % 100:02} {word} đồng"
    assert read_number(text, "money") == Reading(float(number * 10 ** (power - 2)), note="scaled-text")


@given(
    st.text("0123456789., ", min_size=1, max_size=12).filter(lambda text: any(map(str.isdigit, text))),
    st.sampled_from(WHOLE),
)
def test_digits_and_marks_never_read_as_another_number(text: str, kind: Kind) -> None:
    reading = read_number(text, kind)
    assert (reading.value is None) == bool(reading.refusal)
    if reading.value is not None:
        body = text.strip()
        whole = body.rsplit("," if body.rfind(",") > body.rfind(".") else ".", 1)[0] if "," in body else body
        assert int(reading.value) == int("".join(filter(str.isdigit, whole)) or "0")


@given(value=st.floats(0.001, 9e12), kind=st.sampled_from(WHOLE))
def test_a_number_with_a_fraction_is_never_a_count(value: float, kind: Kind) -> None:
    reading = read_number(value, kind)
    if not float(f"{value:.15g}").is_integer():
        assert reading.value is None
        assert reading.refusal in ("thousands-lost", "not-integer")


PIECES = st.sampled_from(
    [*"1%đ-/() .,Olx#+'²½٣\n…\u0301", NBSP, "08", "2.918", "1,5", "^d", "triệu", "tỷ", "người", "gần", "từ", "đến"]
)
ANYTHING = st.one_of(
    st.text(),
    st.text(alphabet="0123456789., -/%()+'OlxKđE"),
    st.lists(PIECES).map("".join),
    st.binary(),
    st.floats(),
    st.integers(),
    st.booleans(),
    st.none(),
    st.dates(),
    st.datetimes(),
    st.times(),
    st.timedeltas(),
)


@given(ANYTHING, st.sampled_from(KINDS), st.sampled_from(["", "người", "đồng", "%", "m²"]), st.booleans())
def test_whatever_stands_in_a_cell_is_read_or_refused_and_never_both(
    raw: object, kind: Kind, unit: str, threshold: bool
) -> None:
    reading = read_number(raw, kind, unit=unit, threshold=threshold)
    assert reading.note in ("", *NOTES)
    assert reading.refusal in ("", *REFUSALS)
    if reading.refusal:
        assert reading == Reading(refusal=reading.refusal, guesses=reading.guesses)
    else:
        assert reading.guesses == ()
    for value in (reading.value or 0.0, *reading.guesses):
        assert type(value) is float
        assert 0 <= value <= LARGEST
    if kind in WHOLE and reading.value is not None:
        assert threshold or reading.value.is_integer()


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("  Đầy đủ,  kịp thời \n", "Đầy đủ,  kịp thời"),
        ("\ufeff01\u200b", "01"),
        (f"a{NBSP}b{NBSP}", f"a{NBSP}b"),
        ("x", "x"),
        ("", ""),
        (None, ""),
        (5.0, "5"),
        (12.5, "12.5"),
        (7, "7"),
        (1e300, "1e+300"),
        (True, "TRUE"),
        (dt.date(2020, 4, 3), "03/04/2020"),
        (dt.datetime(2020, 4, 3), "03/04/2020"),
        (dt.datetime(2020, 4, 3, 8, 5), "03/04/2020 08:05"),
        (dt.time(8, 5), "08:05"),
        (dt.timedelta(hours=1), "1:00:00"),
        (dt.timedelta(days=45, minutes=5), "1080:05:00"),
        (dt.timedelta(hours=-30, seconds=-9), "-30:00:09"),
    ],
)
def test_a_text_cell_is_given_as_a_person_sees_it(raw: object, text: str) -> None:
    assert read_text(raw) == text


def test_a_long_text_costs_no_more_than_a_glance() -> None:
    for text in ("1" + " " * 32000 + "x", "9" * 32000, "(" * 32000, "1\n" * 16000, "1 đến " * 5000):
        begun = time.perf_counter()
        assert read_number(text, "count").refusal == "cell-type"
        assert time.perf_counter() - begun < 0.5


@given(ANYTHING)
def test_any_cell_has_a_text(raw: object) -> None:
    assert isinstance(read_text(raw), str)
