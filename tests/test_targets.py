from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest

import schemas
from schemas.csvrows import parse_number
from schemas.errors import DefinitionError
from schemas.period import Period
from schemas.targets import (
    COLUMNS,
    Target,
    check_targets,
    in_force,
    load_targets,
    parse_targets,
    superseded,
    verdict,
)
from schemas.units import load_register

DATA = Path(schemas.__file__).parent
CUT_OFF = date(2020, 11, 25)
YEAR = Period.parse("2020")
HALF = Period.parse("2020-S1")

GOOD = ("LC-21", "2020", "ct_03", "=", "25", "", "321/QĐ-LĐLĐ", "06/03/2020")


def read(*rows: tuple[object, ...]) -> tuple[Target, ...]:
    return parse_targets([COLUMNS, *rows], "targets.xlsx")


def row(**cells: object) -> tuple[object, ...]:
    return tuple((dict(zip(COLUMNS, GOOD, strict=True)) | cells).values())


def faults(*rows: tuple[object, ...]) -> list[str]:
    with pytest.raises(DefinitionError) as caught:
        read(*rows)
    assert all(fault.en.startswith("targets.xlsx, row ") for fault in caught.value.faults)
    return [fault.vi for fault in caught.value.faults]


def test_a_row_of_text_is_a_target() -> None:
    [target] = read(GOOD)
    assert target == Target("LC-21", YEAR, "ct_03", "=", 25.0, "", "321/QĐ-LĐLĐ", date(2020, 3, 6), 2)


def test_a_row_of_a_workbook_is_the_same_target() -> None:
    cells = row(period=2020.0, value=25.0, base=None, issued_on=datetime(2020, 3, 6))
    assert read(cells) == read(GOOD)


def test_rows_are_counted_from_the_top_of_the_sheet() -> None:
    [target] = parse_targets([("",), COLUMNS, (None,) * 8, GOOD], "targets.xlsx")
    assert target.row == 4


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("25", 25),
        ("01", 1),
        ("1.234,5", 1234.5),
        ("1.384.359.500", 1384359500),
        ("1.234", 1234),
        ("98,5", 98.5),
        ("98.5", 98.5),
        ("1234.5678", 1234.5678),
        ("98 %", 98),
        (20, 20),
        (0.5, 0.5),
    ],
)
def test_numbers_are_read_as_people_write_them(text: object, number: float) -> None:
    assert parse_number(text) == number


@pytest.mark.parametrize(
    "text", ["", "1,234", "0.274", "-3", "x", "1e5", "1.23.456", -1, True, float("nan"), float("inf"), None]
)
def test_what_is_no_number_or_one_of_two_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match=r".*"):
        parse_number(text)


@pytest.mark.parametrize(
    ("cells", "column", "says"),
    [
        ({"period": "2020-S3"}, "period", '"2020-S3" không phải là kỳ'),
        ({"op": "<"}, "op", '"<" không dùng được'),
        ({"value": "nhiều"}, "value", '"nhiều" không phải là số'),
        ({"issued_on": "3/2020"}, "issued_on", '"3/2020" không phải là ngày'),
        ({"unit": ""}, "unit", "để trống"),
        ({"indicator": " "}, "indicator", "để trống"),
        ({"decision": None}, "decision", "để trống"),
    ],
)
def test_each_fault_names_its_row_and_column(cells: dict[str, object], column: str, says: str) -> None:
    [fault] = faults(GOOD, row(**cells))
    assert fault.startswith(f'targets.xlsx, dòng 3, cột "{column}": ')
    assert says in fault


def test_all_faults_come_at_once() -> None:
    assert len(faults(row(op="", value="?"), row(period="năm nay"))) == 3


def test_two_targets_of_one_day_contradict_each_other() -> None:
    [fault] = faults(GOOD, row(value="30"))
    assert "đã giao ở dòng 2" in fault


def test_the_latest_decision_up_to_the_cut_off_counts() -> None:
    targets = read(
        row(value="30", issued_on="2020-07-01", decision="B"),
        GOOD,
        row(value="40", issued_on="2020-11-26", decision="C"),
        row(indicator="ct_02"),
    )
    counts = in_force(targets, "LC-21", YEAR, CUT_OFF)
    assert {code: target.value for code, target in counts.items()} == {"ct_03": 30, "ct_02": 25}
    assert [target.decision for target in superseded(targets, "LC-21", YEAR, CUT_OFF)] == ["321/QĐ-LĐLĐ"]
    assert in_force(targets, "LC-21", YEAR, date(2020, 11, 26))["ct_03"].value == 40
    assert in_force(targets, "LC-21", YEAR, date(2020, 3, 5)) == {}


def test_other_units_and_periods_do_not_count() -> None:
    targets = read(GOOD, row(unit="LC-22"), row(period="2021"))
    assert list(in_force(targets, "LC-21", YEAR, CUT_OFF).values()) == [targets[0]]
    assert in_force(targets, "LC-21", Period.parse("2020-Q1"), CUT_OFF) == {}


def test_a_half_year_uses_the_targets_of_the_year() -> None:
    targets = read(GOOD, row(indicator="ct_02"), row(indicator="ct_02", period="2020-S1", value="5"))
    counts = in_force(targets, "LC-21", HALF, CUT_OFF)
    assert {code: target.value for code, target in counts.items()} == {"ct_03": 25, "ct_02": 5}
    assert in_force(targets, "LC-21", YEAR, CUT_OFF)["ct_02"].value == 25
    assert superseded(targets, "LC-21", HALF, CUT_OFF) == ()


@pytest.mark.parametrize(
    ("op", "given", "actual", "says"),
    [
        ("=", "25", 61, "Vượt"),
        ("=", "25", 25, "Đạt"),
        ("=", "25", 24, "Không đạt"),
        ("=", "0", 29, "Không giao"),
        (">=", "98", 100, "Đạt"),
        (">=", "98", 97.9, "Không đạt"),
        (">=", "0", 5, "Không giao"),
    ],
)
def test_only_a_number_can_be_exceeded_and_a_target_of_zero_is_none(
    op: str, given: str, actual: float, says: str
) -> None:
    assert verdict(read(row(op=op, value=given))[0], actual) == says


def test_unknown_units_and_indicators_are_named_with_the_nearest() -> None:
    targets = read(GOOD, row(unit="lc-12", indicator="ct_30"))
    found = check_targets(targets, {"LC-21"}, {"ct_03"})
    assert [fault.vi.split(":")[0] for fault in found] == [
        'targets.csv, dòng 3, cột "unit"',
        'targets.csv, dòng 3, cột "indicator"',
    ]
    assert 'Có phải "LC-21"?' in found[0].vi
    assert 'Did you mean "ct_03"?' in found[1].en


def test_nothing_is_offered_for_a_word_like_no_other() -> None:
    [fault] = check_targets(read(row(unit="ZZZ")), {"LC-21"}, {"ct_03"})
    assert fault.vi.endswith("Sửa mã đơn vị.")


def test_a_csv_of_either_delimiter_is_read(tmp_path: Path) -> None:
    path = tmp_path / "targets.csv"
    for delimiter, value, mark in ((";", "98,5", "utf-8-sig"), (",", "98.5", "utf-8")):
        lines = (COLUMNS, row(op="≥", value=value, base="dự toán"))
        path.write_text("\n".join(delimiter.join(map(str, line)) for line in lines), encoding=mark)
        [target] = load_targets(path)
        assert (target.op, target.value, target.base) == (">=", 98.5, "dự toán")


def test_the_example_targets_of_the_health_sector_are_those_of_its_report() -> None:
    counts = in_force(load_targets(DATA / "targets.csv"), "LC-21", YEAR, CUT_OFF)
    assert {code: target.value for code, target in counts.items()} == {
        "ct_01": 0,
        "ct_02": 0,
        "ct_03": 25,
        "ct_04a": 17,
        "ct_04b": 3,
        "ct_05": 20,
        "ct_06": 20,
        "ct_07": 3,
        "ct_07a": 0,
        "ct_07b": 0,
        "ct_08": 1,
        "ct_09": 0,
        "ct_10": 3,
        "ct_11": 0,
        "ct_12": 7,
        "ct_13": 4,
        "ct_14": 3,
        "ct_14a": 1,
        "ct_14b": 20,
        "ct_15": 17,
        "ct_16": 98,
        "ct_17": 90,
        "ct_18": 0,
        "ct_19a": 1,
        "ct_19b": 3,
        "ct_19c": 2,
        "ct_20": 0,
    }
    least = {code: target.base for code, target in counts.items() if target.op == ">="}
    assert least == {"ct_16": "dự toán được giao", "ct_17": "tổng số đoàn viên công đoàn"}
    assert {target.decision for target in counts.values()} == {"321/QĐ-LĐLĐ"}


def test_the_other_example_targets_say_that_they_are_invented() -> None:
    targets = load_targets(DATA / "targets.csv")
    tree = load_register(DATA / "units.csv").at(CUT_OFF)
    assert {target.unit for target in targets} == {"LC", *(unit.code for unit in tree.children("LC"))}
    real = [target for target in targets if "minh họa" not in target.decision]
    said = {(target.unit, str(target.period), target.decision, target.issued_on) for target in real}
    assert said == {
        ("LC-21", "2020", "321/QĐ-LĐLĐ", date(2020, 3, 6)),
        ("LC", "2021", "2270/QĐ-TLĐ", date(2021, 3, 18)),
    }
    assert check_targets(targets, tree.order.keys(), {target.indicator for target in targets}) == []
