from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from builders import form, ids, load, only, package, row, sent, workspace
from lists import line, list_form, read, rows_of

from pipeline.findings import Finding
from pipeline.messages import message
from pipeline.run import check
from pipeline.validate_days import days_as_numbers
from schemas.form import Forms


@pytest.fixture
def forms(tmp_path: Path) -> Forms:
    rows = [
        row("ca"),
        row("tien", type='"money"', unit='"đồng"', measures='["tong"]'),
        row("ty", type='"percent"', rollup='"NONE"', measures='["tong"]'),
    ]
    return load(tmp_path / "forms", form(*rows))


def found(forms: Forms, figures: dict[str, object], received: datetime | None = None) -> list[Finding]:
    more = {"received_at": received} if received else {}
    return days_as_numbers([sent(forms, "U1", figures, **more)], forms)


def test_a_count_that_is_a_day_of_the_year_is_asked_about(forms: Forms) -> None:
    finding = only(found(forms, {"X01.ca.tong": 44112.0}), "date-as-number")
    assert (finding.severity, finding.unit, finding.sheet, finding.cells) == ("soft", "U1", "X01", ("E9",))
    assert (finding.value, finding.expected) == ("44.112", "8/10; 10/8")
    said = "44.112 là ngày 08/10/2020 ở dạng số; có thể đã gõ 8/10 hoặc 10/8 mà Excel đổi thành ngày. Nếu đã gõ phân số"
    assert said in message(finding)
    assert "44.112 is the day 08/10/2020 as a number; perhaps 8/10 or 10/8 was typed" in message(finding, "en")


@pytest.mark.parametrize(("value", "asked"), [(43465.0, 0), (43466.0, 1), (44196.0, 1), (44197.0, 0), (44112.5, 0)])
def test_the_days_are_those_of_the_year_it_was_received_in_and_the_year_before(
    forms: Forms, value: float, asked: int
) -> None:
    assert len(found(forms, {"X01.ca.tong": value})) == asked


def test_the_year_is_that_of_the_file_as_it_was_in_vietnam(forms: Forms) -> None:
    new_year = datetime(2020, 12, 31, 18, tzinfo=UTC)
    assert ids(found(forms, {"X01.ca.tong": 44197.0}, new_year)) == ["date-as-number"]


def test_a_percentage_is_asked_about_and_an_amount_is_not(forms: Forms) -> None:
    figures: dict[str, object] = {"X01.ty.tong": 44112.0, "X01.tien.tong": 44112.0}
    assert [finding.indicator for finding in found(forms, figures)] == ["ty"]


def test_what_was_typed_as_text_or_is_worked_out_is_not_asked_about(forms: Forms) -> None:
    assert found(forms, {"X01.ca.tong": "44.112", "X01.ca.ty_le": 44112.0, "X01.ca.ghi_chu": "44112"}) == []


def test_the_rows_of_a_list_are_asked_about_at_their_cells(tmp_path: Path) -> None:
    forms = load(tmp_path / "forms", form(row("ca")), list_form())
    lines = [line("G11", so_ld=9, so_dv=44112), line("", so_ld=44112), line("G12", so_ld=44000, so_dv=8, quy=44112)]
    items = read(forms, rows_of(lines)).items
    findings = days_as_numbers([sent(forms, "U1", {}, items={"L01": items})], forms)
    assert [(f.sheet, f.cells, f.indicator, f.measure, f.value) for f in findings] == [
        ("L01", ("I5",), "G11", "so_dv", "44.112"),
        ("L01", ("H7",), "G12", "so_ld", "44.000"),
    ]


def test_the_whole_run_asks_about_it(forms: Forms, tmp_path: Path) -> None:
    place = workspace(tmp_path, forms)
    path = package(tmp_path / "nộp.xlsx", place, "U1", {"X01.ca.tong": 44112.0, "X01.tien.tong": 44112000.0})
    assert only(check(place, [path]), "date-as-number").indicator == "ca"
