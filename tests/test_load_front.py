"""What leadership sees first of a form: cells that exist, words in both languages, every fault named."""

from __future__ import annotations

from pathlib import Path

import pytest
from builders import key, load
from test_load_versions import faults
from test_versions import SHIPPED, TODAY

from schemas.form import Chart, Headline
from schemas.load import load_forms
from schemas.text import Text

TOP = 'former_versions = ["1"]'


def with_top(line: str) -> str:
    return TODAY.replace(TOP, f"{TOP}\n{line}")


def test_a_headline_has_the_words_of_its_row_or_its_own(tmp_path: Path) -> None:
    own = '{ cell = "nam_gioi[phan_nu]", label = "Riêng", en = "Own" }'
    forms = load(tmp_path, with_top(f'headlines = [{{ cell = "nam_gioi" }}, {own}]'))
    label = forms.by_id["X01"].indicator("nam_gioi").label
    assert forms.by_id["X01"].headlines == (
        Headline(key("X01.nam_gioi.tong"), label),
        Headline(key("X01.nam_gioi.phan_nu"), Text("Riêng", "Own")),
    )


def test_a_chart_has_a_title_and_its_parts(tmp_path: Path) -> None:
    forms = load(tmp_path, with_top('charts = [{ label = "Giới", en = "Sex", cells = ["nam_gioi", "moi"] }]'))
    parts = (key("X01.nam_gioi.tong"), key("X01.moi.tong"))
    assert forms.by_id["X01"].charts == (Chart(Text("Giới", "Sex"), parts),)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('headlines = [{ cell = "khong" }]', '0.toml, headlines, 1: row "khong" does not exist.'),
        (
            'headlines = [{ cell = "nam_gioi[khong]" }]',
            '0.toml, headlines, 1: row "nam_gioi" has no number in measure "khong".',
        ),
        ("headlines = [{ cell = 3 }]", "0.toml, headlines, 1: a cell is words in quotes"),
        ("headlines = [{}]", "0.toml, headlines, 1: a cell is words in quotes"),
        ('headlines = [{ cell = "nam_gioi", label = "Riêng" }]', "0.toml, headlines, 1: needs both label and en."),
        ('headlines = [{ cel = "nam_gioi" }]', '0.toml, headlines, 1: key "cel" does not exist'),
        ('charts = [{ cells = ["nam_gioi", "moi"] }]', "0.toml, charts, 1: needs label and en."),
        ('charts = [{ label = "a", en = "b", cells = ["moi"] }]', "0.toml, charts, 1: needs cells = "),
        ('charts = [{ label = "a", en = "b" }]', "0.toml, charts, 1: needs cells = "),
    ],
)
def test_what_is_wrong_with_the_front_is_named(tmp_path: Path, line: str, expected: str) -> None:
    assert any(fault.startswith(expected) for fault in faults(tmp_path, with_top(line))), faults(
        tmp_path, with_top(line)
    )


def test_every_headline_and_chart_of_the_shipped_forms_is_a_number() -> None:
    forms = load_forms(SHIPPED.glob("*.toml"))
    fronts = [one for form in forms for one in form.headlines]
    parts = [part for form in forms for chart in form.charts for part in chart.parts]
    assert len(fronts) == 10
    assert all(forms.cells[one].is_number for one in (*(front.key for front in fronts), *parts))
