"""What a form file says of its earlier versions, and what is wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest
from builders import form, key, load, row
from test_versions import LIST_TODAY, SHIPPED, TODAY, at_version, table, with_tables

from schemas.errors import DefinitionError
from schemas.load import load_forms


def faults(folder: Path, *texts: str) -> list[str]:
    with pytest.raises(DefinitionError) as caught:
        load(folder, *texts)
    for fault in caught.value.faults:
        assert fault.vi.partition(": ")[0] == fault.en.partition(": ")[0]
    return [fault.en for fault in caught.value.faults]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            TODAY.replace('["nam"]', '["ca"]'),
            '0.toml, bảng X01, dòng nam_gioi: formerly "ca" is a code in use.',
        ),
        (
            TODAY.replace('["nam"]', '["nam_gioi"]'),
            '0.toml, bảng X01, dòng nam_gioi: formerly "nam_gioi" is a code in use.',
        ),
        (
            TODAY.replace('since = "2" }', 'since = "2", formerly = ["nam"] }'),
            '0.toml, bảng X01, dòng moi: formerly "nam" is a former code elsewhere.',
        ),
        (TODAY.replace('["nu"]', '["tong"]'), '0.toml, bảng X01, cột phan_nu: formerly "tong" is a code in use.'),
        (
            TODAY.replace('type = "count", since', 'type = "count", formerly = ["nu"], since'),
            '0.toml, bảng X01, cột uoc: formerly "nu" is a former code elsewhere.',
        ),
        (TODAY.replace('["nam"]', '"nam"'), '0.toml, bảng X01, dòng nam_gioi: formerly must be ["…", "…"].'),
        (TODAY.replace('["nam"]', '["nam", 3]'), '0.toml, bảng X01, dòng nam_gioi: formerly must be ["…", "…"].'),
        (TODAY.replace('["nu"]', "true"), '0.toml, bảng X01, cột phan_nu: formerly must be ["…", "…"].'),
        (
            TODAY.replace('["nam"]', '["Nam"]'),
            '0.toml, bảng X01, dòng nam_gioi: formerly "Nam" cannot be a code.',
        ),
        (
            TODAY.replace('["nam"]', '["nam", "nam"]'),
            '0.toml, bảng X01, dòng nam_gioi: formerly "nam" stands twice.',
        ),
        (
            TODAY.replace('since = "2" }', 'since = "3" }'),
            '0.toml, bảng X01, dòng moi: since "3" does not exist.',
        ),
        (
            TODAY.replace('since = "2" }', "since = 2 }"),
            '0.toml, bảng X01, dòng moi: since must be a version: since = "2".',
        ),
        (
            TODAY.replace('former_versions = ["1"]', ""),
            '0.toml, bảng X01, dòng moi: formerly and since need former_versions = ["…"] at the top: '
            "the versions before this one.",
        ),
        (TODAY.replace('["1"]', '"1"'), '0.toml: former_versions must be ["…", "…"].'),
        (TODAY.replace('["1"]', "[1]"), '0.toml: former_versions must be ["…", "…"].'),
        (TODAY.replace('["1"]', '["1", "1"]'), '0.toml: former_versions "1" stands twice.'),
        (
            TODAY.replace('["1"]', '["1", "2"]'),
            '0.toml: former_versions "2" is the version in force; name only those before it.',
        ),
        (
            TODAY.replace('["1"]', '["1;a", "1"]'),
            '0.toml: version "1;a" must have no semicolon and no space at either end.',
        ),
        (
            form(row("ca")).replace('version = "1"', 'version = "1 "'),
            '0.toml: version "1 " must have no semicolon and no space at either end.',
        ),
        (
            LIST_TODAY.replace('type = "key"', 'type = "key", since = "2"'),
            "0.toml, bảng L01, cột ma: the key of a list takes no since.",
        ),
        (
            with_tables(table("mot", "ca"), table("hai", "nam", 'formerly = ["mot"]')),
            '0.toml, bảng hai: formerly "mot" is a code in use.',
        ),
        (
            with_tables(table("mot", "ca", 'formerly = ["-"]')),
            '0.toml, bảng mot: formerly "-" cannot be a code.',
        ),
    ],
)
def test_what_is_wrong_about_versions_is_said_with_its_place(tmp_path: Path, text: str, expected: str) -> None:
    assert expected in faults(tmp_path, text)


def test_a_former_table_is_no_other_table_of_any_form(tmp_path: Path) -> None:
    one = at_version(form(row("ca")).replace("[[table]]\n", '[[table]]\nformerly = ["X02", "cu"]\n'), "2", "1")
    two = at_version(form(row("ca"), id="X02").replace("[[table]]\n", '[[table]]\nformerly = ["cu"]\n'), "2", "1")
    assert faults(tmp_path, one, two) == [
        '0.toml, bảng X01: formerly "X02" is a code in use.',
        '1.toml, bảng X02: formerly "cu" is a former code elsewhere.',
    ]


def test_the_same_former_measure_may_stand_in_two_tables(tmp_path: Path) -> None:
    was = 'type = "count", required = false, formerly = ["phu_nu"]'
    both = with_tables(table("mot", "ca"), table("hai", "nam")).replace('type = "count", required = false', was)
    forms = load(tmp_path, at_version(both, "2", "1"))
    assert forms.today(key("X01.nam.phu_nu")) == key("X01.nam.nu")
    assert forms.today(key("X01.nam.khac")) == key("X01.nam.khac")
    assert forms.today(key("X09.nam.khac")) == key("X09.nam.khac")


def test_the_shipped_forms_know_no_earlier_version() -> None:
    assert {form.former_versions for form in load_forms(SHIPPED.glob("*.toml"))} == {()}
