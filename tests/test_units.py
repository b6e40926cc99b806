from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import pytest

import schemas
from schemas.csvrows import parse_day
from schemas.errors import DefinitionError
from schemas.units import COLUMNS, SECTOR_GROUPS, SECTOR_NAMES, Register, Unit, load_register

SHIPPED = Path(schemas.__file__).parent / "units.csv"
DAY = date(2020, 11, 25)

PROVINCE = "LC,LĐLĐ tỉnh,,province,,,,2019-01-01,,,"
UPPER = "U1,CĐ ngành,,upper,LC,,,2019-01-01,,,"


def write(tmp_path: Path, *lines: str, header: str = ",".join(COLUMNS)) -> Path:
    path = tmp_path / "units.csv"
    path.write_text("\n".join((header, *lines)) + "\n", encoding="utf-8")
    return path


def read(tmp_path: Path, *lines: str) -> Register:
    return load_register(write(tmp_path, *lines))


def faults(path: Path) -> list[str]:
    """The Vietnamese sentences, after seeing that the English ones name the same place."""
    with pytest.raises(DefinitionError) as caught:
        load_register(path)
    for fault in caught.value.faults:
        place = fault.vi.split(":")[0].replace("gần dòng", "near line").replace("dòng", "row")
        assert place.replace("cột", "column") == fault.en.split(":")[0]
    return [fault.vi for fault in caught.value.faults]


def codes(units: Iterable[Unit]) -> list[str]:
    return [unit.code for unit in units]


def test_the_tree_keeps_register_order_and_goes_up_children_first(tmp_path: Path) -> None:
    tree = read(
        tmp_path,
        PROVINCE,
        "U2,Hai,,upper,LC,,,2019-01-01,,,",
        UPPER,
        "C3,Ba,,grassroots,U1,hcsn,,2019-01-01,,,",
        "C1,Một,,grassroots,U2,dn_nnn,,2019-01-01,,,",
        "C2,Hai,,grassroots,U1,htx,,2019-01-01,,,",
    ).at(DAY)
    assert tree.province.code == "LC"
    assert codes(tree.units) == ["LC", "U2", "U1", "C3", "C1", "C2"]
    assert codes(tree.children("LC")) == ["U2", "U1"]
    assert codes(tree.children("U1")) == ["C3", "C2"]
    assert codes(tree.children("C1")) == []
    assert codes(tree.depth_first()) == ["C1", "U2", "C3", "C2", "U1", "LC"]
    assert codes(tree.descendants("LC")) == ["U2", "U1", "C3", "C1", "C2"]
    assert codes(tree.descendants("U1")) == ["C3", "C2"]
    assert codes(tree.of_level("grassroots")) == ["C3", "C1", "C2"]
    assert tree.order["C1"] == 4
    assert tree.unit("C1").sector_group == "nnn"
    above = tree.parent("C1")
    assert above is not None
    assert above.code == "U2"
    assert tree.parent("LC") is None
    assert "C1" in tree
    assert "C9" not in tree


def test_grassroots_unions_may_hang_under_the_province(tmp_path: Path) -> None:
    tree = read(tmp_path, PROVINCE, "C1,Một,,grassroots,LC,,,2019-01-01,,,").at(DAY)
    assert codes(tree.depth_first()) == ["C1", "LC"]


def test_a_unit_may_change_its_parent_from_one_day_to_the_next(tmp_path: Path) -> None:
    register = read(
        tmp_path,
        PROVINCE,
        "U1,Một,,upper,LC,,,2019-01-01,2025-06-30,,",
        "C1,Cơ sở,,grassroots,U1,hcsn,,2019-01-01,2025-06-30,,",
        "C1,Cơ sở,,grassroots,LC,hcsn,,2025-07-01,,,",
    )
    assert codes(register.at(date(2025, 6, 30)).children("U1")) == ["C1"]
    assert codes(register.at(date(2025, 7, 1)).children("LC")) == ["C1"]
    assert codes(register.at(date(2025, 7, 1)).units) == ["LC", "C1"]
    assert register.codes == {"LC", "U1", "C1"}


def test_a_parent_that_was_renamed_is_one_parent(tmp_path: Path) -> None:
    register = read(
        tmp_path,
        PROVINCE,
        "U1,Tên mới,,upper,LC,,,2022-01-01,,,",
        "U1,Tên cũ,,upper,LC,,,2019-01-01,2021-12-31,,",
        "C1,Cơ sở,,grassroots,U1,,,2019-01-01,,,",
    )
    assert register.at(DAY).unit("U1").name == "Tên cũ"


def test_a_day_without_a_province_has_no_tree(tmp_path: Path) -> None:
    register = read(tmp_path, PROVINCE)
    with pytest.raises(DefinitionError, match="31/12/2018"):
        register.at(date(2018, 12, 31))


def test_semicolons_a_byte_order_mark_and_vietnamese_dates_are_read(tmp_path: Path) -> None:
    path = tmp_path / "units.csv"
    text = ";".join(COLUMNS) + "\r\nLC;LĐLĐ tỉnh;Tỉnh;province;;;;1/1/2019;31/12/2030;;A | B\r\n"
    path.write_bytes(text.encode("utf-8-sig"))
    [unit] = load_register(path).units
    assert (unit.valid_from, unit.valid_to) == (date(2019, 1, 1), date(2030, 12, 31))
    assert unit.aliases == ("A", "B")
    assert unit.short_name == "Tỉnh"


def test_a_unit_without_a_short_name_goes_by_its_name(tmp_path: Path) -> None:
    assert read(tmp_path, PROVINCE).units[0].short_name == "LĐLĐ tỉnh"


def test_a_fault_names_the_row_that_excel_shows(tmp_path: Path) -> None:
    path = write(
        tmp_path, PROVINCE, "", '"U1","hai\ndòng",,upper,LC,,,2019-01-01,,,', "U2,Hai,,upper,LX,,,2019-01-01,,,"
    )
    [fault] = faults(path)
    assert fault.startswith('units.csv, dòng 5, cột "parent": không có đơn vị nào mang mã "LX"')


@pytest.mark.parametrize(
    ("line", "place", "says"),
    [
        ("U1,Hai,,upper,LC,,,2019-01-01,,,", 'dòng 4, cột "code"', "đã dùng ở dòng 3"),
        ("u1,Hai,,upper,LC,,,2019-01-01,,,", 'dòng 4, cột "code"', "đã dùng ở dòng 3"),
        ("U/2,Hai,,upper,LC,,,2019-01-01,,,", 'dòng 4, cột "code"', '"U/2" không dùng được'),
        ("U2,,,upper,LC,,,2019-01-01,,,", 'dòng 4, cột "name"', "để trống"),
        ("U2,Hai,,uper,LC,,,2019-01-01,,,", 'dòng 4, cột "level"', 'Có phải "upper"?'),
        ("U2,Hai,,upper,LC,hcns,,2019-01-01,,,", 'dòng 4, cột "sector"', 'Có phải "hcsn"?'),
        ("U2,Hai,,upper,,,,2019-01-01,,,", 'dòng 4, cột "parent"', "để trống"),
        ("U2,Hai,,upper,U11,,,2019-01-01,,,", 'dòng 4, cột "parent"', 'Có phải "U1"?'),
        ("U2,Hai,,upper,LC,,,2018-01-01,,,", 'dòng 4, cột "parent"', "không có hiệu lực ngày 01/01/2018"),
        ("U2,Hai,,upper,U2,,,2019-01-01,,,", 'dòng 4, cột "parent"', "U2 → U2"),
        ("U2,Hai,,upper,LC,,,2019-02-30,,,", 'dòng 4, cột "valid_from"', '"2019-02-30" không phải là ngày'),
        ("U2,Hai,,upper,LC,,,,,,", 'dòng 4, cột "valid_from"', "không phải là ngày"),
        ("U2,Hai,,upper,LC,,,2019-01-01,sau,,", 'dòng 4, cột "valid_to"', '"sau" không phải là ngày'),
        ("U2,Hai,,upper,LC,,,2019-01-01,2018-12-31,,", 'dòng 4, cột "valid_to"', "31/12/2018 trước"),
        ("L2,Hai,,province,,,,2019-01-01,,,", 'dòng 4, cột "level"', "thứ hai, đã có ở dòng 2"),
        ("U2,Hai, ba,,upper,LC,,,2019-01-01,,,A", "dòng 4", "nhiều ô hơn dòng tiêu đề"),
    ],
)
def test_each_fault_says_where_and_what(tmp_path: Path, line: str, place: str, says: str) -> None:
    found = faults(write(tmp_path, PROVINCE, UPPER, line))
    assert any(fault.startswith(f"units.csv, {place}: ") and says in fault for fault in found), found


def test_all_faults_come_at_once_and_none_follows_from_another(tmp_path: Path) -> None:
    found = faults(
        write(
            tmp_path,
            PROVINCE,
            "U1,Một,,upper,LC,,,hôm qua,,,",
            "U2,Hai,,giữa,LC,,,2019-01-01,,,",
            "C1,Cơ sở,,grassroots,U1,,,2019-01-01,,,",
            "C2,Cơ sở,,grassroots,U3,,,2019-01-01,,,",
        )
    )
    assert [fault.split(":")[0] for fault in found] == [
        'units.csv, dòng 3, cột "valid_from"',
        'units.csv, dòng 4, cột "level"',
        'units.csv, dòng 6, cột "parent"',
    ]


def test_a_parent_that_ends_too_early_is_named_with_the_first_orphaned_day(tmp_path: Path) -> None:
    [fault] = faults(
        write(
            tmp_path,
            PROVINCE,
            "U1,Một,,upper,LC,,,2019-01-01,2019-12-31,,",
            "U1,Một,,upper,LC,,,2020-02-01,,,",
            "C1,Cơ sở,,grassroots,U1,,,2019-01-01,,,",
        )
    )
    assert "01/01/2020" in fault


def test_a_ring_of_parents_is_reported_once(tmp_path: Path) -> None:
    [fault] = faults(
        write(
            tmp_path,
            PROVINCE,
            "U1,Một,,upper,U2,,,2019-01-01,,,",
            "U2,Hai,,upper,U1,,,2019-01-01,,,",
            "C1,Cơ sở,,grassroots,U2,,,2019-01-01,,,",
        )
    )
    assert fault.startswith('units.csv, dòng 3, cột "parent": cấp trên đi vòng: U1 → U2 → U1')


def test_parents_that_swap_over_time_are_no_ring(tmp_path: Path) -> None:
    register = read(
        tmp_path,
        PROVINCE,
        "U1,Một,,upper,LC,,,2019-01-01,2019-12-31,,",
        "U2,Hai,,upper,U1,,,2019-01-01,2019-12-31,,",
        "U2,Hai,,upper,LC,,,2020-01-01,,,",
        "U1,Một,,upper,U2,,,2020-01-01,,,",
    )
    assert codes(register.at(DAY).depth_first()) == ["U1", "U2", "LC"]


def test_a_register_needs_a_province(tmp_path: Path) -> None:
    found = faults(write(tmp_path))
    assert found == [
        "units.csv: không có đơn vị cấp tỉnh. Ghi level là province cho đúng một đơn vị.",
    ]


def test_the_province_hangs_under_nobody(tmp_path: Path) -> None:
    [fault] = faults(write(tmp_path, "LC,Tỉnh,,province,TLD,,,2019-01-01,,,"))
    assert 'ghi "TLD"' in fault


def test_a_missing_and_a_doubled_column_are_named(tmp_path: Path) -> None:
    header = ",".join(COLUMNS).replace("valid_to", "valid_too").replace("email", "name")
    found = faults(write(tmp_path, PROVINCE, header=header))
    assert len(found) == 3
    assert any('thiếu cột "valid_to"' in fault and 'Có phải "valid_too"?' in fault for fault in found)
    assert any('thiếu cột "email"' in fault for fault in found)
    assert any('cột "name" có 2 lần' in fault for fault in found)


def test_an_empty_file_lacks_every_column(tmp_path: Path) -> None:
    path = tmp_path / "units.csv"
    path.write_bytes(b"")
    assert len(faults(path)) == len(COLUMNS)


def test_a_missing_file_is_said_so(tmp_path: Path) -> None:
    assert "không mở được tệp" in faults(tmp_path / "units.csv")[0]


def test_text_in_another_encoding_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "units.csv"
    path.write_bytes("mã,tên\n".encode("utf-16"))
    assert "không phải mã UTF-8" in faults(path)[0]


def test_an_open_quotation_mark_is_refused(tmp_path: Path) -> None:
    assert "ngoặc kép" in faults(write(tmp_path, PROVINCE, '"U1,Một'))[0]


def test_a_year_that_cannot_be_meant_is_no_date() -> None:
    with pytest.raises(ValueError, match="0202"):
        parse_day("06/03/0202")


def test_every_sector_has_a_group_and_a_name() -> None:
    assert set(SECTOR_GROUPS) == set(SECTOR_NAMES)
    assert set(SECTOR_GROUPS.values()) == {"hcsn", "dnnn", "nnn"}


def test_the_example_register_has_the_counts_of_the_province() -> None:
    tree = load_register(SHIPPED).at(DAY)
    assert Counter(unit.level for unit in tree.units) == {"province": 1, "upper": 11, "grassroots": 779}
    assert {unit.code: len(tree.children(unit.code)) for unit in tree.of_level("upper")} == {
        "LC-01": 92,
        "LC-02": 82,
        "LC-03": 96,
        "LC-04": 112,
        "LC-05": 72,
        "LC-06": 88,
        "LC-07": 66,
        "LC-08": 78,
        "LC-21": 20,
        "LC-22": 32,
        "LC-23": 41,
    }
    groups = Counter(unit.sector_group for unit in tree.of_level("grassroots"))
    assert groups == {"hcsn": 740, "dnnn": 4, "nnn": 35}
    assert len({unit.name for unit in tree.units}) == 791


def test_the_health_sector_has_seventeen_public_unions_and_three_enterprises() -> None:
    tree = load_register(SHIPPED).at(DAY)
    below = tree.children("LC-21")
    assert Counter(unit.sector_group for unit in below) == {"hcsn": 17, "nnn": 3}
    than_uyen = next(unit for unit in below if unit.name == "CĐCS Trung tâm Y tế huyện Than Uyên")
    assert than_uyen.territory == "huyện Than Uyên"


def test_whatever_is_invented_says_so() -> None:
    tree = load_register(SHIPPED).at(DAY)
    named = [unit for unit in tree.of_level("grassroots") if "(minh họa)" not in unit.name]
    assert len(named) == 9
    assert {unit.parent for unit in named} == {"LC-21"}
    assert all(unit.email.endswith("@example.vn") for unit in tree.units if unit.email)


def test_the_example_register_opens_in_excel_and_stays_small() -> None:
    content = SHIPPED.read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    assert len(content) < 200_000
