"""Figures of periods before the program was used."""

from __future__ import annotations

from pathlib import Path

import pytest
from builders import form, key, load, row

from pipeline.history import read_history
from schemas.errors import DefinitionError

HEAD = "period,unit,form,table,indicator,measure,value,text,status"


def write(folder: Path, *lines: str, encoding: str = "utf-8-sig", mark: str = ",") -> Path:
    path = folder / "2019.csv"
    path.write_bytes("\r\n".join((HEAD, *lines)).replace(",", mark).encode(encoding))
    return path


@pytest.mark.parametrize(("mark", "encoding"), [(",", "utf-8-sig"), (";", "utf-8")])
def test_figures_are_read_as_observations_are_written(tmp_path: Path, mark: str, encoding: str) -> None:
    forms = load(tmp_path, form(row("ca")))
    lines = ("2019,U1,X01,X01,ca,tong,12,,reported", "2019,U2,X01,X01,ca,tong,3,,reported")
    found = read_history(write(tmp_path, *lines, encoding=encoding, mark=mark), forms)
    assert found == {"U1": {key("X01.ca.tong"): 12}, "U2": {key("X01.ca.tong"): 3}}
    assert read_history(tmp_path / "2018.csv", forms) == {}


@pytest.mark.parametrize("value", ["khoảng 5", "inf", "nan", "1e999", "-3"])
def test_what_is_no_figure_is_named_by_its_row(tmp_path: Path, value: str) -> None:
    forms = load(tmp_path, form(row("ca")))
    with pytest.raises(DefinitionError) as caught:
        read_history(write(tmp_path, "2019,U1,X01,X01,ca,tong,4,,", f"2019,U2,X01,X01,ca,tong,{value},,"), forms)
    (fault,) = caught.value.faults
    assert f'history/2019.csv, dòng 3: value "{value}"' in fault.vi


def test_another_encoding_is_said_and_does_not_stop_the_program_itself(tmp_path: Path) -> None:
    forms = load(tmp_path, form(row("ca")))
    with pytest.raises(DefinitionError):
        read_history(write(tmp_path, "2019,Đơn vị,X01,X01,ca,tong,4,,", encoding="utf-16"), forms)
