"""A period that was signed: its inputs are frozen, what comes later changes nothing, reopening says who and why."""

from __future__ import annotations

import csv
import hashlib
import os
import shutil
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zipfile import ZipFile

import pytest
from builders import RECEIVED, YEAR, ids, key, only, package
from openpyxl import load_workbook

from pipeline import run
from pipeline.cli import main
from pipeline.errors import ClosingError
from pipeline.init import init
from pipeline.results import Results
from pipeline.rows import rows_of
from pipeline.workspace import Workspace, open_workspace
from pipeline.write import DATA
from schemas.closing import Event, parse_inputs, parse_log
from schemas.csvrows import read_csv
from schemas.decisions import COLUMNS, FILE
from schemas.errors import DefinitionError
from schemas.period import Period

NEXT = Period.parse("2021")
SIGNED = date(2020, 12, 15)
WHO = "Trần Thị Thử"
MEMBERS = key("B01.sl_doan_vien.tong")
LATER = RECEIVED + timedelta(days=20)


def sends(root: Path, unit: str, members: float, name: str = "", *, at: datetime = RECEIVED, of: Period = YEAR) -> Path:
    place = open_workspace(root)
    figures: dict[str, float | str] = {"B01.sl_doan_vien.tong": members, "B01.sl_cnvcld.tong": 500.0}
    return package(place.inbox(of) / f"{name or unit}.xlsx", place, unit, figures, period=of, received=at)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with two returns for 2020, the second late, and without any grassroots union."""
    folder = init(tmp_path_factory.mktemp("close") / "tỉnh", "")
    register = folder / "schemas" / "units.csv"
    lines = register.read_text(encoding="utf-8").splitlines(keepends=True)
    register.write_text("".join(line for line in lines if not line.startswith("CS")), encoding="utf-8")
    sends(folder, "LC-01", 100)
    sends(folder, "LC-02", 40, at=datetime(2020, 12, 8, 3, tzinfo=UTC))
    return folder


@pytest.fixture(scope="module")
def signed(made: Path) -> Path:
    """The same, closed."""
    folder = made.with_name("chốt")
    shutil.copytree(made, folder)
    close(folder)
    return folder


@pytest.fixture
def root(made: Path, tmp_path: Path) -> Path:
    """A workspace of one's own, open."""
    return Path(shutil.copytree(made, tmp_path / "tỉnh"))


@pytest.fixture
def closed(signed: Path, tmp_path: Path) -> Path:
    """A workspace of one's own, closed."""
    return Path(shutil.copytree(signed, tmp_path / "chốt"))


def close(root: Path, period: Period = YEAR) -> Results:
    results, fresh = run.close(open_workspace(root), period, WHO, "Tờ trình 12", on=SIGNED)
    assert fresh
    return results


def again(root: Path, period: Period = YEAR, **more: str) -> Results:
    return run.consolidate(open_workspace(root), period, **more)  # type: ignore[arg-type]


def looked(root: Path, period: Period = YEAR) -> Results:
    return run.consolidate(open_workspace(root), period, write=False)


def members(results: Results) -> float | None:
    return results.rollup.value.of("LC", MEMBERS)


def digests(root: Path, period: Period = YEAR) -> dict[str, str]:
    """What was signed: every file of the output but the list of what came later."""
    folder = root / "output" / str(period)
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != "after-close.csv"]
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def notes(results: Results) -> list[str]:
    assert results.closed is not None
    return [note.file for note in results.closed.notes]


def log(root: Path) -> tuple[Event, ...]:
    return parse_log(read_csv(root / "closed" / "2020.csv"), "2020.csv")


def said(fault: pytest.ExceptionInfo[ClosingError]) -> str:
    return "\n".join(one.vi for one in fault.value.faults)


def decide(root: Path, **cells: str) -> None:
    path = root / FILE
    row = {"period": "2020", "reason": "đã hỏi", "who": "Lan", "when": "20/12/2020", **cells}
    with path.open("a", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        if not path.stat().st_size:
            writer.writeheader()
        writer.writerow(row)


def altered(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


# What a closing keeps.


def test_a_closing_notes_who_when_why_and_every_input(root: Path) -> None:
    results = close(root)
    [event] = log(root)
    assert (event.action, event.number, event.when, event.who, event.reason) == (
        *("close", 1, SIGNED, WHO),
        "Tờ trình 12",
    )
    listed = root / "closed" / "2020" / "1" / "inputs.csv"
    assert event.inputs_sha256 == hashlib.sha256(listed.read_bytes()).hexdigest()
    inputs = parse_inputs(read_csv(listed), "inputs.csv")
    for one in inputs:
        data = (root / one.path).read_bytes()
        assert (one.sha256, one.size) == (hashlib.sha256(data).hexdigest(), len(data))
    kept = {one.path.removeprefix("closed/2020/1/") for one in inputs if one.kind == "definition"}
    assert {"settings.toml", "units.csv", "targets.csv", "forms/B01.toml"} <= kept
    returns = {one.path: one.received_at for one in inputs if one.kind == "return"}
    assert returns == {
        "inbox/2020/LC-01.xlsx": RECEIVED,
        "inbox/2020/LC-02.xlsx": datetime(2020, 12, 8, 3, tzinfo=UTC),
    }
    assert members(results) == 140


def test_every_page_says_that_the_period_is_closed(root: Path) -> None:
    results = close(root)
    words = f"ĐÃ CHỐT ngày 15/12/2020, người chốt: {WHO}"
    assert words in results.as_of
    book = load_workbook(root / "output" / "2020" / "tong-hop-2020.xlsx")
    assert words in str(book["Tình hình nộp"]["A3"].value)
    assert words in str(book["Tình hình nộp"].oddFooter.left.text)
    assert any("ĐÃ CHỐT lần 1 ngày 15/12/2020" in line.vi for line in run.status_report(looked(root)))
    assert not any("Cần đôn đốc" in line.vi for line in run.status_report(looked(root)))


def test_an_ampersand_in_a_name_is_no_code_of_a_foot(root: Path) -> None:
    run.close(open_workspace(root), YEAR, "Lan & Huệ", on=SIGNED)
    book = load_workbook(root / "output" / "2020" / "tong-hop-2020.xlsx")
    assert "Lan và Huệ" in str(book["Tình hình nộp"].oddFooter.left.text)
    assert "Lan & Huệ" in str(book["Tình hình nộp"]["A3"].value)


# What comes later.


def newer_return(root: Path) -> list[str]:
    sends(root, "LC-01", 999, "LC-01 sửa", at=LATER)
    return ["inbox/2020/LC-01 sửa.xlsx"]


def another_unit(root: Path) -> list[str]:
    sends(root, "LC-03", 7, "=LC-03", at=RECEIVED - timedelta(days=9))
    return ["inbox/2020/=LC-03.xlsx"]


def junk(root: Path) -> list[str]:
    (root / "inbox" / "2020" / "a.xlsx").write_bytes(b"PK junk")
    (root / "inbox" / "2020" / "thư.pdf").write_bytes(b"%PDF-1.4")
    return ["inbox/2020/a.xlsx", "inbox/2020/thư.pdf"]


def archive(root: Path) -> list[str]:
    inside = sends(root, "LC-04", 3)
    with ZipFile(root / "inbox" / "2020" / "nộp.zip", "w") as zipped:
        zipped.write(inside, "LC-04.xlsx")
        zipped.writestr("LC-05.xlsx", b"x")
    inside.unlink()
    return ["inbox/2020/nộp.zip/LC-04.xlsx", "inbox/2020/nộp.zip/LC-05.xlsx"]


def copied(root: Path) -> list[str]:
    for path in (root / "inbox").rglob("*.xlsx"):
        os.utime(path, (LATER.timestamp(), LATER.timestamp()))
    return []


def decision(root: Path) -> list[str]:
    decide(root, kind="set-aside", file="inbox/2020/LC-01.xlsx")
    return [FILE]


def renamed_unit(root: Path) -> list[str]:
    altered(root / "schemas" / "units.csv", "LĐLĐ huyện Tam Đường", "LĐLĐ xã Tam Đường")
    return ["schemas/units.csv"]


def unit_of_later(root: Path) -> list[str]:
    with (root / "schemas" / "units.csv").open("a", encoding="utf-8") as file:
        file.write("LC-77,Đơn vị mới,Mới,upper,LC,,,2021-01-01,,,\n")
    return []


def later_due(root: Path) -> list[str]:
    altered(root / "tonghop.toml", "due = 2020-12-05", "due = 2020-12-31")
    return ["tonghop.toml"]


def another_current_period(root: Path) -> list[str]:
    altered(root / "tonghop.toml", 'current_period = "2020"', 'current_period = "2021"')
    return []


def period_gone(root: Path) -> list[str]:
    altered(root / "tonghop.toml", "[periods.2020]", "[periods.2022]")
    altered(root / "tonghop.toml", 'current_period = "2020"', 'current_period = "2021"')
    return ["tonghop.toml"]


def other_sentences(root: Path) -> list[str]:
    (root / "schemas" / "mau-cau.txt").write_text("Toàn tỉnh có {B01.sl_doan_vien} đoàn viên.\n", encoding="utf-8")
    return ["schemas/mau-cau.txt"]


def other_signer(root: Path) -> list[str]:
    altered(root / "tonghop.toml", 'signer_title = "CHỦ TỊCH"', 'signer_title = "PHÓ CHỦ TỊCH"')
    return ["tonghop.toml"]


def other_words(root: Path) -> list[str]:
    altered(root / "schemas" / "forms" / "B01.toml", 'version = "1"', 'version = "2"')
    return ["schemas/forms"]


def new_form(root: Path) -> list[str]:
    text = (root / "schemas" / "forms" / "B01.toml").read_text(encoding="utf-8")
    (root / "schemas" / "forms" / "B99.toml").write_text(
        text.replace('id = "B01"', 'id = "B99"').replace("B01-", "B99-"), encoding="utf-8"
    )
    return ["schemas/forms"]


def earlier_returns(root: Path) -> list[str]:
    folder = root / "history"
    folder.mkdir(exist_ok=True)
    (folder / "2019.csv").write_text(
        "unit,form,indicator,measure,value,status\nLC-01,B01,sl_doan_vien,tong,7,reported\n", encoding="utf-8"
    )
    return []


CHANGES: tuple[Callable[[Path], list[str]], ...] = (
    *(newer_return, another_unit, junk, archive, copied, decision, renamed_unit, unit_of_later, later_due),
    *(earlier_returns, other_words, other_sentences, other_signer, new_form, another_current_period, period_gone),
)


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_whatever_comes_later_is_listed_and_changes_no_figure(
    closed: Path, change: Callable[[Path], list[str]]
) -> None:
    before = looked(closed)
    listed = change(closed)
    results = looked(closed)
    assert notes(results) == listed
    assert [list(rows_of(results, name)) for name in DATA] == [list(rows_of(before, name)) for name in DATA]


def test_all_that_comes_later_together_changes_no_byte(closed: Path) -> None:
    before = digests(closed)
    listed = [name for change in CHANGES[:-1] for name in change(closed)]
    results = again(closed, lang="en")
    assert digests(closed) == before
    assert set(notes(results)) == set(listed)
    shutil.rmtree(closed / "output")
    shutil.rmtree(closed / ".tonghop")
    again(closed)
    assert digests(closed) == before


def test_what_came_later_is_listed_with_its_unit_and_its_hash(closed: Path) -> None:
    path = closed / "output" / "2020" / "data" / "after-close.csv"
    assert not path.exists()
    [listed] = newer_return(closed)
    results = again(closed)
    [head, line] = read_csv(path)
    cells = dict(zip(head, line, strict=True))
    assert (cells["file"], cells["unit"], cells["status"], cells["reason"]) == (
        *(listed, "LC-01", "set-aside"),
        "after-close",
    )
    assert cells["sha256"] == hashlib.sha256((closed / listed).read_bytes()).hexdigest()
    assert any(listed in line.vi and "[after-close]" in line.vi for line in run.status_report(results))
    assert listed not in (closed / "output" / "2020" / "data" / "submissions.csv").read_text(encoding="utf-8-sig")
    assert listed not in {submission.file for submission in results.submissions}
    (closed / listed).unlink()
    again(closed)
    assert not path.exists()


def test_decisions_of_then_hold_when_they_are_altered_later(root: Path) -> None:
    decide(root, kind="set-aside", file="inbox/2020/LC-02.xlsx")
    assert members(close(root)) == 100
    before = digests(root)
    altered(root / FILE, "đã hỏi", "lý do khác")
    results = again(root)
    assert notes(results) == [FILE, FILE]
    assert digests(root) == before
    (root / FILE).unlink()
    assert notes(again(root)) == [FILE]
    assert digests(root) == before


def test_who_was_late_stays_late_when_files_are_copied(closed: Path) -> None:
    os.utime(closed / "inbox" / "2020" / "LC-02.xlsx", (RECEIVED.timestamp(), RECEIVED.timestamp()))
    assert [one.unit for one in looked(closed).findings if one.id == "late"] == ["LC-02"]
    _, sent = run.history(open_workspace(closed), YEAR, "LC-02")
    assert [one.submission.received_at for one in sent] == [datetime(2020, 12, 8, 3, tzinfo=UTC)]


def test_a_file_asked_about_is_told_that_it_came_too_late(closed: Path, tmp_path: Path) -> None:
    [name] = newer_return(closed)
    place = open_workspace(closed)
    elsewhere = tmp_path / "bản sao.xlsx"
    shutil.copyfile(closed / "inbox" / "2020" / "LC-01.xlsx", elsewhere)
    assert only(run.check(place, [closed / name]), "after-close").unit == "LC-01"
    assert "after-close" not in ids(run.check(place, [closed / "inbox" / "2020" / "LC-01.xlsx", elsewhere]))


# What was frozen is gone or changed.


def test_a_frozen_file_that_is_gone_or_changed_is_named_and_nothing_is_written(closed: Path) -> None:
    first, second = (closed / "inbox" / "2020" / f"{unit}.xlsx" for unit in ("LC-01", "LC-02"))
    hashes = [hashlib.sha256(path.read_bytes()).hexdigest() for path in (first, second)]
    kept, before = second.read_bytes(), digests(closed)
    data = first.read_bytes()
    first.unlink()
    second.write_bytes(kept + b"x")
    with pytest.raises(ClosingError) as fault:
        again(closed)
    words = said(fault)
    assert all(part in words for part in ("inbox/2020/LC-01.xlsx", "inbox/2020/LC-02.xlsx", *hashes, "[closed-input]"))
    assert len(fault.value.faults) == 2
    assert digests(closed) == before
    with pytest.raises(ClosingError):
        looked(closed)
    first.write_bytes(data)
    second.write_bytes(kept)
    assert members(again(closed)) == 140
    assert digests(closed) == before


@pytest.mark.parametrize("name", ["inputs.csv", "units.csv", "forms/B01.toml"])
def test_what_a_closing_keeps_may_not_be_edited(closed: Path, name: str) -> None:
    path = closed / "closed" / "2020" / "1" / name
    path.write_bytes(path.read_bytes() + b"\n")
    with pytest.raises(ClosingError) as fault:
        looked(closed)
    assert f"closed/2020/1/{name}" in said(fault)
    path.unlink()
    with pytest.raises(ClosingError):
        looked(closed)


def test_a_log_that_is_lost_is_no_open_period(closed: Path) -> None:
    path = closed / "closed" / "2020.csv"
    path.unlink()
    with pytest.raises(ClosingError) as fault:
        again(closed)
    assert "closed/2020/1" in said(fault)
    with pytest.raises(ClosingError):
        close(closed)


def test_a_log_is_read_as_excel_saves_it_and_its_rows_follow_each_other(closed: Path) -> None:
    path = closed / "closed" / "2020.csv"
    rows = [line.replace(",", ";") for line in path.read_text(encoding="utf-8").splitlines()]
    path.write_text("\n".join(rows).replace("2020-12-15", "15/12/2020"), encoding="utf-8")
    assert members(looked(closed)) == 140
    path.write_text("\n".join([*rows, rows[1]]), encoding="utf-8")
    with pytest.raises(DefinitionError, match="dòng 3"):
        looked(closed)
    path.write_text("\n".join([rows[0], rows[1].replace("close", "clos", 1)]), encoding="utf-8")
    with pytest.raises(DefinitionError, match='"clos"'):
        looked(closed)


def test_other_figures_than_those_signed_are_never_written(closed: Path) -> None:
    before = digests(closed)
    [event] = log(closed)
    altered(closed / "closed" / "2020.csv", event.figures_sha256, "0" * 64)
    with pytest.raises(ClosingError, match="tính ra số khác"):
        again(closed)
    assert digests(closed) == before


def test_a_closed_period_is_closed_with_all_units(closed: Path) -> None:
    with pytest.raises(ClosingError, match="--only-accepted"):
        run.consolidate(open_workspace(closed), YEAR, only_accepted=True)


# Closing again, and opening.


def test_closing_twice_says_so_and_changes_nothing(closed: Path) -> None:
    kept, before = (closed / "closed" / "2020.csv").read_bytes(), digests(closed)
    newer_return(closed)
    shutil.rmtree(closed / "output")
    results, fresh = run.close(open_workspace(closed), YEAR, "Người khác", on=SIGNED)
    assert not fresh
    assert results.closed is not None
    assert results.closed.event.who == WHO
    assert (closed / "closed" / "2020.csv").read_bytes() == kept
    assert digests(closed) == before
    assert next(run.close_report(results, fresh)).vi.startswith("Kỳ 2020 đã chốt từ trước")


def test_reopening_says_who_and_why_and_lets_later_files_count(closed: Path) -> None:
    before = digests(closed)
    newer_return(closed)
    run.reopen(open_workspace(closed), YEAR, "Lê Văn Mở", "LC-01 gửi lại", on=SIGNED + timedelta(days=7))
    assert digests(closed) == before, "nothing is written before the next run"
    results = again(closed)
    assert (members(results), results.closed) == (1039, None)
    assert "ĐÃ CHỐT" not in results.as_of
    told = "\n".join(line.vi for line in run.status_report(results))
    assert "đã mở lại ngày 22/12/2020, người mở: Lê Văn Mở: LC-01 gửi lại" in told
    assert members(close(closed)) == 1039
    assert [(one.action, one.number) for one in log(closed)] == [("close", 1), ("reopen", 1), ("close", 2)]
    assert (closed / "closed" / "2020" / "1" / "inputs.csv").is_file()


def test_reopening_and_closing_again_without_a_change_signs_the_same_figures(closed: Path) -> None:
    before = digests(closed)
    run.reopen(open_workspace(closed), YEAR, "Lê Văn Mở", "nhầm", on=SIGNED)
    close(closed)
    assert digests(closed) == before
    assert len({one.figures_sha256 for one in log(closed) if one.action == "close"}) == 1


@pytest.mark.parametrize(("who", "why", "words"), [("", "x", "--by"), ("A", " ", "--reason"), ("A" * 81, "x", "--by")])
def test_reopening_needs_a_name_and_a_reason(closed: Path, who: str, why: str, words: str) -> None:
    with pytest.raises(ClosingError, match=words):
        run.reopen(open_workspace(closed), YEAR, who, why)
    assert len(log(closed)) == 1


def test_an_open_period_cannot_be_reopened(root: Path) -> None:
    with pytest.raises(ClosingError, match="chưa chốt"):
        run.reopen(open_workspace(root), YEAR, WHO, "x")
    assert not (root / "closed").exists()


def test_a_period_without_returns_cannot_be_closed(root: Path) -> None:
    with pytest.raises(ClosingError, match="chưa có bộ biểu nào"):
        close(root, NEXT)
    assert not list((root / "closed").rglob("*.csv"))
    assert looked(root, NEXT).closed is None


def test_what_a_broken_closing_left_is_no_closing(root: Path) -> None:
    (root / "closed" / "2020" / "1").mkdir(parents=True)
    (root / "closed" / "2020" / "1" / "units.csv").write_bytes(b"x")
    assert looked(root).closed is None
    assert members(close(root)) == 140
    assert members(again(root)) == 140


# Periods that look back.


def earlier(results: Results) -> dict[str, float]:
    return {unit: figures[MEMBERS] for unit, figures in results.earlier.items() if MEMBERS in figures}


def test_the_next_period_looks_back_on_what_was_closed(root: Path) -> None:
    decide(root, kind="set-aside", file="inbox/2020/LC-02.xlsx")
    sends(root, "LC-01", 110, of=NEXT)
    close(root)
    newer_return(root)
    another_unit(root)
    (root / FILE).unlink()
    assert earlier(looked(root, NEXT)) == {"LC-01": 100}
    run.reopen(open_workspace(root), YEAR, WHO, "nộp thêm")
    assert earlier(looked(root, NEXT)) == {"LC-01": 999, "LC-02": 40, "LC-03": 7}


def test_a_file_lost_from_a_closed_period_is_a_hard_finding_of_the_next(closed: Path) -> None:
    path = closed / "inbox" / "2020" / "LC-02.xlsx"
    path.write_bytes(path.read_bytes() + b"x")
    results = looked(closed, NEXT)
    finding = only(results.findings, "closed-input")
    assert (finding.severity, finding.file, finding.period) == ("hard", "inbox/2020/LC-02.xlsx", "2020")
    assert earlier(results) == {"LC-01": 100}


def test_a_closing_that_cannot_be_read_does_not_stop_the_next_period(closed: Path) -> None:
    path = closed / "closed" / "2020" / "1" / "inputs.csv"
    path.write_bytes(path.read_bytes() + b"\n")
    results = looked(closed, NEXT)
    assert only(results.findings, "closing-unusable").severity == "hard"
    assert earlier(results) == {"LC-01": 100, "LC-02": 40}


def test_a_closed_period_looks_back_on_what_was_there_then(root: Path) -> None:
    sends(root, "LC-01", 110, of=NEXT)
    results = close(root, NEXT)
    assert earlier(results) == {"LC-01": 100, "LC-02": 40}
    before = digests(root, NEXT)
    newer_return(root)
    decision(root)
    assert earlier(again(root, NEXT)) == {"LC-01": 100, "LC-02": 40}
    assert digests(root, NEXT) == before
    (root / "inbox" / "2020" / "LC-02.xlsx").unlink()
    with pytest.raises(ClosingError, match=r"inbox/2020/LC-02\.xlsx"):
        again(root, NEXT)


def test_a_closed_period_looks_back_on_the_closing_that_it_was_held_against(closed: Path) -> None:
    sends(closed, "LC-01", 110, of=NEXT)
    close(closed, NEXT)
    before = digests(closed, NEXT)
    newer_return(closed)
    run.reopen(open_workspace(closed), YEAR, WHO, "nộp thêm")
    close(closed)
    assert members(looked(closed)) == 1039
    assert earlier(again(closed, NEXT)) == {"LC-01": 100, "LC-02": 40}
    assert digests(closed, NEXT) == before


# The command.


def test_the_command_closes_reopens_and_asks_who(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    at = ["--workspace", str(root)]
    assert main([*at, "close", "--period", "2020"]) == 2
    assert "--by" in capsys.readouterr().err
    assert main([*at, "close", "--period", "2020", "--by", WHO, "--note", "Tờ trình 12"]) == 0
    told = capsys.readouterr().out
    assert "Đã chốt kỳ 2020" in told
    assert "Lúc chốt còn 9 đơn vị chưa nộp, 0 đơn vị phải sửa" in told
    assert main([*at, "close", "--period", "2020", "--by", WHO]) == 0
    assert "đã chốt từ trước" in capsys.readouterr().out
    (root / "inbox" / "2020" / "LC-01.xlsx").unlink()
    assert main([*at, "status", "--period", "2020"]) == 2
    assert "inbox/2020/LC-01.xlsx" in capsys.readouterr().err
    assert main([*at, "close", "--period", "2020", "--reopen", "--by", WHO]) == 2
    assert main([*at, "--lang", "en", "close", "--period", "2020", "--reopen", "--by", WHO, "--reason", "lost"]) == 0
    assert "reopened" in capsys.readouterr().out
    assert main([*at, "status", "--period", "2020"]) == 0
    assert "đã mở lại" in capsys.readouterr().out


def test_a_folder_of_closings_is_no_workspace(closed: Path) -> None:
    place: Workspace = run.workspace_at(closed / "closed" / "2020" / "1")
    assert place.root == closed
