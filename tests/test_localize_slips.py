"""Which slip of the hand leads from the figure that should stand there to the one that does."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pipeline.localize_slips import ORDER, SLIPS, are_exchanged, slip, slips_from

ONE_DIGIT = ("missing-digit", "other-digit", "added-digit", "doubled-digit", "noughts")


@pytest.mark.parametrize(
    ("reported", "proposed", "name"),
    [
        (None, 12, "blank"),
        (None, 0, "blank"),
        (65, 56, "exchanged-digits"),
        (2198, 2918, "exchanged-digits"),
        (29180, 2918, "noughts"),
        (2_918_000, 2918, "noughts"),
        (2918, 2_918_000, "noughts"),
        (5, 50, "noughts"),
        (29118, 2918, "doubled-digit"),
        (2291, 291, "doubled-digit"),
        (29178, 2918, "added-digit"),
        (298, 2918, "missing-digit"),
        (12, 112, "missing-digit"),
        (2818, 2918, "other-digit"),
        (2900, 2918, "rounded"),
        (3000, 2918, "rounded"),
        (8, 3, ""),
        (0, 5, ""),
        (2918, 2918, ""),
        (2918, 1234, ""),
        (-5, 5, ""),
        (100, 149, "rounded"),
        (100, 151, ""),
    ],
)
def test_a_slip_is_named(reported: int | None, proposed: int, name: str) -> None:
    assert slip(reported, proposed) == name


# The records of Scholtus (2009) as the tests of the R package deducorrect (correctTypos) give them: x4 = 116 typed 161,
# x9 = 1979 typed 19979.
@pytest.mark.parametrize(
    ("reported", "proposed", "name"), [(161, 116, "exchanged-digits"), (19979, 1979, "doubled-digit")]
)
def test_the_published_typing_errors_are_slips(reported: int, proposed: int, name: str) -> None:
    assert slip(reported, proposed) == name


@given(meant=st.integers(10, 10**15 - 1), at=st.integers(0, 14), digit=st.integers(0, 9))
def test_any_one_change_of_a_digit_is_some_slip(meant: int, at: int, digit: int) -> None:
    written = str(meant)
    assume(at < len(written))
    left_out = written[:at] + written[at + 1 :]
    replaced = written[:at] + str(digit) + written[at + 1 :]
    added = written[:at] + str(digit) + written[at:]
    for typed in (left_out, replaced, added):
        if typed[0] != "0" and typed != written:
            assert slip(int(typed), meant) in (
                "missing-digit",
                "other-digit",
                "added-digit",
                "doubled-digit",
                "noughts",
            )


@given(st.integers(0, 10**15), st.integers(0, 10**15))
def test_a_slip_is_known_by_its_name_and_no_slip_leads_to_itself(reported: int, proposed: int) -> None:
    assert slip(reported, proposed) in ORDER
    assert slip(proposed, proposed) == ""


def test_two_cells_are_exchanged_only_if_they_differ() -> None:
    assert are_exchanged((5, 9), (9, 5))
    assert are_exchanged((None, 9), (9, 5)) is False
    assert not are_exchanged((5, 5), (5, 5))
    assert not are_exchanged((5, 9), (9, 6))


def test_every_slip_has_words_in_both_languages() -> None:
    assert all(bool(text.vi) == bool(text.en) == bool(name) for name, text in SLIPS.items())


@given(st.integers(0, 99_999), st.integers(0, 99_999))
def test_every_figure_that_one_slip_leads_from_is_found(typed: int, meant: int) -> None:
    assert (meant in slips_from(typed)) == (slip(typed, meant) not in ("", "rounded"))


def test_figures_that_one_slip_leads_from_are_found_whatever_the_slip() -> None:
    found = slips_from(640)
    assert {64, 6400, 604, 460, 60, 647, 6140, 641} <= found
    assert not found & {640, 0, 4, 46}
    assert slips_from(0) >= {10, 20}
