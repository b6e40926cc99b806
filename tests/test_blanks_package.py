"""Packages of forms whose edits choose what a blank means: lines, rows and lists; what came back is told the same."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from builders import blank, edit, form, ids, key, load, only, row, workspace
from conftest import Recalculate
from lists import UNIQUE, Line, deliver, line, list_form
from workbooks import verdicts, wrongly_cached

from pipeline import run
from pipeline.findings import Finding
from pipeline.formulas_check import MATCHED, MISMATCHED, UNDECIDED
from pipeline.messages import message
from pipeline.package import write_package
from pipeline.package_lines import ListRow, Value
from pipeline.package_made import made
from pipeline.package_values import Content
from schemas.form import Forms

MEASURES = """
measures = [
  { code = "suat", label = "Suất", en = "Gifts", type = "count" },
  { code = "tien", label = "Tiền", en = "Money", type = "money" },
  { code = "tren", label = "Cấp trên", en = "From above", type = "money", required = false },
  { code = "coso", label = "Cơ sở", en = "Own", type = "money", required = false },
]
"""
EDITS = (
    edit("tren + coso == tien", id='"R-1"', blanks='"zero"', label='"Nguồn bằng tiền"'),
    edit("iff(suat > 0, tien > 0)", id='"R-2"', blanks='"require"', label='"Có suất thì có tiền"'),
    edit("a + b == d", id='"X-1"', blanks='"require"', measures='["suat", "tien"]'),
    edit("a + b <= d", id='"X-2"', blanks='"zero"', measures='["suat"]'),
    edit("a[suat] + b[suat] == c[suat]", id='"X-3"', blanks='"skip"'),
    edit("when(a[suat] >= 1, b[suat] + c[suat] == d[suat])", id='"X-4"', blanks='"zero"'),
    edit("1 <= a[tien] / a[suat] <= 2", id='"X-5"', blanks='"require"'),
    edit("a[suat] >= 1", id='"X-6"', levels='["grassroots"]'),
)
LIST_EDITS = (
    UNIQUE,
    edit("so_dv <= so_ld", id='"L-1"', blanks='"require"', label='"Đoàn viên không vượt lao động"'),
    edit("iff(so_dv > 0, quy > 0)", id='"L-2"', blanks='"zero"', label='"Có đoàn viên thì có quỹ"'),
    edit("so_dv + quy == so_ld", id='"L-3"', blanks='"skip"', severity='"soft"'),
    edit("so_dv >= 5", id='"L-4"', levels='["province"]'),
)


@pytest.fixture
def forms(tmp_path: Path) -> Forms:
    matrix = form(*(row(code) for code in "abcd"), edits=EDITS, measures=MEASURES)
    listed = list_form(*LIST_EDITS).replace(', child = "X01.ca[tong]"', "")
    return load(tmp_path / "forms", matrix, listed)


def content(forms: Forms, *rows: ListRow, **figures: float) -> Content:
    """A package with figures such as ``a__suat=5``."""
    _, plain = blank(workspace(Path(), forms), "U1")
    entries = {key("X01." + written.replace("__", ".")): figure for written, figure in figures.items()}
    return replace(plain, lists={"L01": rows}, entries=entries)


def listed(name: str, /, **cells: Value) -> ListRow:
    return ListRow(name, {"ma": name, "ten": f"Đơn vị {name}", **cells})


def at_random(forms: Forms, chance: Random) -> Content:
    figures = {
        f"{code}__{measure}": float(chance.choice((0, 1, 2, 3)))
        for code in "abcd"
        for measure in ("suat", "tien", "tren", "coso")
        if chance.random() < 0.7
    }
    rows = [
        listed(
            f"G{i}",
            **{code: float(chance.choice((0, 3, 5))) for code in ("so_ld", "so_dv", "quy") if chance.random() < 0.7},
            **({"ngay_gt": "01/02/2020"} if chance.random() < 0.3 else {}),
        )
        for i in range(4)
    ]
    return content(forms, *rows, **figures)


def test_what_a_package_shows_is_what_a_spreadsheet_program_works_out(
    forms: Forms, tmp_path: Path, recalculate: Recalculate
) -> None:
    chance = Random(11)
    contents = {"blank": content(forms), **{f"random_{i}": at_random(forms, chance) for i in range(5)}}
    assert wrongly_cached(tmp_path, contents, recalculate) == {}


def test_what_is_required_does_not_match_until_it_is_there(forms: Forms, tmp_path: Path) -> None:
    shown = []
    for figures in ({}, {"a__suat": 1.0, "b__suat": 2.0}, {"a__suat": 1.0, "b__suat": 2.0, "d__suat": 3.0}):
        write_package(tmp_path / "p.xlsx", content(forms, **figures))
        shown.append([verdicts(tmp_path / "p.xlsx", f"X-{i}")[0] for i in (1, 2, 3)])
    assert shown == [
        [MISMATCHED, UNDECIDED, UNDECIDED],
        [MISMATCHED, UNDECIDED, UNDECIDED],
        [MATCHED, MATCHED, UNDECIDED],
    ]
    assert made(content(forms, a__suat=1.0)).live.says(("X01", "a")) == "Có suất thì có tiền"


def test_an_edit_of_another_level_is_not_in_the_package(forms: Forms, tmp_path: Path) -> None:
    write_package(tmp_path / "p.xlsx", content(forms, a__suat=0.0))
    assert verdicts(tmp_path / "p.xlsx", "X-6") == []
    _, other = blank(workspace(Path(), forms, senders=("upper", "grassroots")), "G11")
    write_package(tmp_path / "g.xlsx", replace(other, entries={key("X01.a.suat"): 0.0}))
    assert verdicts(tmp_path / "g.xlsx", "X-6") == [MISMATCHED]


def test_a_line_that_is_closed_need_not_have_what_is_required(forms: Forms) -> None:
    rows = (
        listed("G11", so_ld=9.0),
        listed("G12", so_ld=9.0, ngay_gt="01/02/2020"),
        listed("G13", so_ld=9.0, so_dv=10.0, quy=1.0, ngay_gt="01/02/2020"),
        listed("G14", so_ld=9.0, so_dv=8.0),
    )
    says = [shown.says for shown in made(content(forms, *rows)).lists["L01"].lines]
    assert says == [
        "Đoàn viên không vượt lao động",
        "Đạt",
        "Đoàn viên không vượt lao động",
        "Có đoàn viên thì có quỹ",
    ]


def about(root: Path, forms: Forms, lines: tuple[Line, ...]) -> list[Finding]:
    """What the edits of the list say of a return with these lines."""
    place = workspace(root, forms)
    deliver(place, "U1", {}, lines)
    return [finding for finding in run.consolidate(place, write=False).findings if finding.id.startswith("L-")]


def test_rows_that_came_back_are_judged_by_the_same_policies(forms: Forms, tmp_path: Path) -> None:
    found = about(
        tmp_path,
        forms,
        (
            line("G11", so_ld=9),
            line("G12", so_ld=9, ngay_gt="01/02/2020"),
            line("G13", so_ld=9, so_dv=8),
            line("G14", so_ld=9, so_dv=1, quy=1),
        ),
    )
    assert sorted(ids(found)) == ["L-1", "L-2", "L-3"]
    assert "Đoàn viên không vượt lao động (G11): thiếu Số đoàn viên" in message(only(found, "L-1"), "vi")
    assert only(found, "L-2").indicator == "G13"
    assert only(found, "L-3").indicator == "G14"
