"""``tonghop history``: what a unit sent, what each file changed, what that did to the province's figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from builders import MEASURES, RECEIVED, YEAR, form, load, package, row, workspace
from lists import list_form

from pipeline import run
from pipeline.cli import main
from pipeline.demo import Demo
from pipeline.package_lines import ListRow
from pipeline.workspace import Workspace
from schemas.decisions import COLUMNS, parse_decisions
from schemas.errors import DefinitionError
from schemas.period import Period

FIRST: Mapping[str, float | str] = {"X01.ca.tong": 1000.0, "X01.nam.tong": 3.0, "X01.ca.ghi_chu": "chưa đủ"}
SECOND: Mapping[str, float | str] = {"X01.ca.tong": 1250.0, "X01.nu.tong": 2.0, "X01.ca.ghi_chu": "đủ"}


@pytest.fixture
def at(tmp_path: Path) -> Workspace:
    forms = load(tmp_path / "forms", form(row("ca"), row("nam"), row("nu")), list_form())
    return workspace(tmp_path, forms, senders=("upper", "grassroots"), more=[Period.parse("2019")])


def returned(at: Workspace, unit: str, figures: Mapping[str, float | str], name: str = "", **more: object) -> None:
    hours = int(more.pop("hours", 0))  # type: ignore[call-overload]
    path = at.inbox(YEAR) / f"{name or unit}.xlsx"
    package(path, at, unit, figures, received=RECEIVED + timedelta(hours=hours), **more)  # type: ignore[arg-type]


def told(at: Workspace, unit: str, lang: str = "vi") -> list[str]:
    results, sent = run.history(at, YEAR, unit)
    return [one.of(lang).strip() for one in run.history_report(results, unit, sent)]


def test_each_file_says_what_it_changed_and_what_that_did_to_the_total(at: Workspace) -> None:
    returned(at, "U1", SECOND, "U1-a", hours=1)
    returned(at, "U1", FIRST, "U1-b")
    returned(at, "U2", {"X01.ca.tong": 50.0})
    assert told(at, "U1") == [
        "U1  Đơn vị U1, kỳ 2020: 2 tệp.",
        "1. inbox/2020/U1-b.xlsx, nhận 01/12/2020 08:00: Đã thay bằng bản sau (inbox/2020/U1-a.xlsx)",
        "2. inbox/2020/U1-a.xlsx, nhận 01/12/2020 09:00: Đã nhận",
        "X01!E9 Dòng ca – Tổng số: 1.000 → 1.250 (toàn tỉnh +250, nay là 1.300)",
        "X01!H9 Dòng ca – Ghi chú: chưa đủ → đủ",
        "X01!E10 Dòng nam – Tổng số: 3 → để trống (toàn tỉnh -3, nay là -)",
        "X01!E11 Dòng nu – Tổng số: để trống → 2 (toàn tỉnh +2, nay là 2)",
    ]
    english = told(at, "U1", "en")
    assert english[3] == "X01!E9 Row ca – Total: 1,000 → 1,250 (province +250, now 1,300)"
    assert english[5].endswith("3 → blank (province -3, now -)")


def test_the_same_figures_again_change_nothing(at: Workspace) -> None:
    returned(at, "U1", FIRST)
    returned(at, "U1", FIRST, "U1-b", hours=1)
    assert told(at, "U1")[-1] == "không ô nào khác bản trước"


def test_a_union_with_its_own_figure_holds_the_change_back(at: Workspace) -> None:
    returned(at, "U1", {"X01.ca.tong": 70.0})
    for unit in ("G11", "G21"):
        returned(at, unit, {"X01.ca.tong": 5.0, "X01.nu.tong": 2.0}, f"{unit}-a")
        returned(at, unit, {"X01.ca.tong": 9.0, "X01.nu.tong": 4.0}, f"{unit}-b", hours=1)
    held, free = told(at, "G11"), told(at, "G21")
    assert held[-2].endswith("5 → 9 (toàn tỉnh không đổi, vẫn là 79: U1 có số riêng)")
    assert held[-1].endswith("2 → 4 (toàn tỉnh +2, nay là 8)")
    assert free[-2].endswith("5 → 9 (toàn tỉnh +4, nay là 79)")


def test_rows_of_a_list_are_held_against_each_other_by_their_key(at: Workspace) -> None:
    def rows(*pairs: tuple[str, float]) -> Mapping[str, tuple[ListRow, ...]]:
        return {"L01": tuple(ListRow(code, {"ma": code, "ten": code, "so_ld": n, "so_dv": 1.0}) for code, n in pairs)}

    returned(at, "U1", FIRST, "a", lists=rows(("G11", 10.0), ("G12", 20.0)))
    returned(at, "U1", FIRST, "b", hours=1, lists=rows(("G13", 7.0), ("G11", 15.0)))
    said = told(at, "U1")
    assert "L01!H10 G11 – Số lao động: 10 → 15 (toàn tỉnh +5, nay là 22)" in said
    assert [one for one in said if "G13 – Số lao động: để trống → 7 (toàn tỉnh +7, nay là 22)" in one]
    assert [one for one in said if "G12 – Số lao động: 20 → để trống (toàn tỉnh -20, nay là 22)" in one]
    assert not [one for one in said if "G11 – Tên" in one]


def test_a_blank_that_a_link_fills_takes_nothing_from_the_total(tmp_path: Path) -> None:
    link = MEASURES.replace('type = "count" }', 'type = "count", link = "prev(tong) + 5" }')
    forms = load(tmp_path / "forms", form(row("ca"), row("nam"), measures=link))
    history = tmp_path / "history" / "2019.csv"
    history.parent.mkdir()
    history.write_text("period,unit,form,table,indicator,measure,value\n2019,U1,X01,X01,ca,tong,7\n", encoding="utf-8")
    at = workspace(tmp_path, forms)
    returned(at, "U1", {"X01.ca.tong": 20.0, "X01.nam.tong": 1.0}, "a")
    returned(at, "U1", {"X01.ca.tong": "-5", "X01.nam.tong": 1.0}, "b", hours=1)
    assert told(at, "U1")[-1].endswith("20 → -5 (toàn tỉnh -20, nay là -)")
    returned(at, "U1", {"X01.ca.tong": "", "X01.nam.tong": 1.0}, "b", hours=1)
    assert told(at, "U1")[-1].endswith("20 → để trống (toàn tỉnh -8, nay là 12)")
    returned(at, "U1", {"X01.ca.tong": 12.0, "X01.nam.tong": 1.0}, "a")
    assert told(at, "U1")[-1].endswith("12 → để trống (toàn tỉnh không đổi, vẫn là 12)")


def test_files_that_do_not_count_are_listed_with_the_reason_and_not_compared(at: Workspace) -> None:
    returned(at, "U1", FIRST, "a")
    returned(at, "U1", {}, "b", hours=1)
    package(at.inbox(YEAR) / "c.xlsx", at, "U1", SECOND, period=Period.parse("2019"), received=RECEIVED)
    said = told(at, "U1")
    assert len([one for one in said if "Không đọc được (" in one]) == 2
    assert not [one for one in said if "→" in one]


def test_what_was_decided_stands_below(at: Workspace) -> None:
    returned(at, "U1", FIRST, "a")
    returned(at, "U1", SECOND, "b", hours=1)
    common = {"period": "2020", "unit": "U1", "reason": "lý do", "who": "Lan", "when": "2020-12-10"}
    rows = [
        {**common, "kind": "set-aside", "file": "inbox/2020/b.xlsx"},
        {**common, "kind": "adjust", "form": "X01", "indicator": "nam", "measure": "tong", "decided": "4"}
        | {"reported": "3"},
    ]
    cells = [[one.get(column, "") for column in COLUMNS] for one in rows]
    said = told(replace(at, decisions=parse_decisions([COLUMNS, *cells])), "U1")
    assert said[2] == "2. inbox/2020/b.xlsx, nhận 01/12/2020 09:00: Để riêng (lý do (Lan, 10/12/2020))"
    assert said[-1].endswith('đơn vị báo cáo "3", tính là 4 theo quyết định: lý do (Lan, 10/12/2020). [adjusted]')


def test_a_unit_without_a_file_says_so_and_an_unknown_one_is_wrong_usage(at: Workspace) -> None:
    assert told(at, "U2") == ["U2  Đơn vị U2: chưa gửi tệp nào cho kỳ 2020."]
    with pytest.raises(DefinitionError) as caught:
        run.history(at, YEAR, "G22")
    (fault,) = caught.value.faults
    assert "Có phải" in fault.vi
    assert "Did you mean" in fault.en


def test_the_command_ends_in_0_whatever_was_found(demo: Demo, capsys: pytest.CaptureFixture[str]) -> None:
    at = ["--workspace", str(demo.workspace.root)]
    assert main([*at, "history", "LC-21", "--period", "2020"]) == 0
    assert "inbox/2020/LC-21.xlsx" in capsys.readouterr().out
    assert main([*at, "--lang", "en", "history", "LC"]) == 0
    assert "no file for 2020 yet" in capsys.readouterr().out
    assert main([*at, "history", "LC-2l"]) == 2
    assert "Có phải" in capsys.readouterr().err
