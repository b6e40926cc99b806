"""The command as a person meets it: exit statuses, both languages, pages that stand in the docs."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from pipeline.cli import HELP, build, main
from pipeline.demo import Demo
from schemas.text import LANGUAGES

DOCS = Path(__file__).parent.parent / "docs"
COMMANDS = (
    "",
    "check",
    "close",
    "consolidate",
    "demo",
    "explain",
    "forms",
    "history",
    "init",
    "propose",
    "status",
    "templates",
)


def page(lang: str, command: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("COLUMNS", "80")
    arguments = [command, "--help"] if command else ["--help"]
    return CliRunner().invoke(build(lang), arguments, prog_name="tonghop").output.rstrip()


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("command", COMMANDS)
def test_help_texts_stand_in_the_docs(lang: str, command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (DOCS / "lenh.md").read_text(encoding="utf-8")
    assert f"```text\n{page(lang, command, monkeypatch)}\n```" in text
    assert set(build(lang).commands) == set(COMMANDS) - {""}


def test_a_page_speaks_one_language(monkeypatch: pytest.MonkeyPatch) -> None:
    vietnamese, english = (page(lang, "consolidate", monkeypatch) for lang in LANGUAGES)
    assert not re.search(r"Usage|Options|Show|Commands", vietnamese)
    assert not re.search(r"[ạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹđ]", english)
    assert all(text.vi and text.en for text in HELP.values())


@pytest.mark.parametrize("arguments", [["nope"], ["consolidate", "--period", "20x"], ["check"], ["--lang", "fr"]])
def test_wrong_usage_is_2(arguments: list[str], demo: Demo) -> None:
    assert main(["--workspace", str(demo.workspace.root), *arguments]) == 2


def test_a_folder_that_is_no_workspace_is_2_and_says_how_to_make_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--workspace", str(tmp_path), "status"]) == 2
    assert "tonghop init" in capsys.readouterr().err
    assert main(["--lang", "en", "--workspace", str(tmp_path), "status"]) == 2
    assert "make one with: tonghop init DIR" in capsys.readouterr().err


def test_hard_findings_are_1_and_none_are_0(demo: Demo, capsys: pytest.CaptureFixture[str]) -> None:
    at = ["--workspace", str(demo.workspace.root)]
    assert main([*at, "status"]) == 1
    assert main([*at, "status", "--period", "2024"]) == 0
    said = capsys.readouterr().out
    assert "Kỳ 2020: 10/11 đơn vị đã nộp" in said
    assert "LC-23  Công đoàn Viên chức: Chưa gửi" in said


def test_check_names_the_findings_of_a_file(demo: Demo, capsys: pytest.CaptureFixture[str]) -> None:
    at = ["--workspace", str(demo.workspace.root)]
    inbox = demo.workspace.inbox(demo.results.owed.period)
    assert main([*at, "check", str(inbox / "LC-21.xlsx")]) == 1
    assert "[lost-comma]" in capsys.readouterr().out
    assert main([*at, "check", str(inbox / "LC-02.xlsx"), str(inbox.parent / "2024" / "CS0047.xlsx")]) == 0
    assert main([*at, "--lang", "en", "check", str(inbox / "none.xlsx")]) == 2
    assert "No such file" in capsys.readouterr().err


def test_quiet_prints_nothing_but_errors(demo: Demo, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--workspace", str(demo.workspace.root), "--quiet", "status"]) == 1
    assert capsys.readouterr() == ("", "")


def test_a_pipe_gets_no_colours_and_no_bar(demo: Demo) -> None:
    command = [sys.executable, "-m", "pipeline.cli", "--workspace", str(demo.workspace.root), "consolidate"]
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.returncode == 1
    assert done.stderr == b""
    assert b"\x1b" not in done.stdout


def test_packages_issued_are_never_overwritten(tmp_path: Path, demo: Demo, capsys: pytest.CaptureFixture[str]) -> None:
    root = tmp_path / "w"
    shutil.copytree(demo.workspace.root, root, ignore=shutil.ignore_patterns("inbox", "output", ".tonghop"))
    issued = root / "input_templates" / "2020"
    (issued / "LC-01.xlsx").write_bytes((demo.workspace.inbox(demo.results.owed.period) / "LC-01.xlsx").read_bytes())
    (issued / "LC-02.xlsx").unlink()
    kept = (issued / "LC-01.xlsx").read_bytes()
    assert main(["--workspace", str(root), "templates", "--period", "current"]) == 0
    said = capsys.readouterr().out
    assert "Đã lập 1 bộ biểu" in said
    assert "Giữ nguyên LC-01.xlsx" in said
    assert (issued / "LC-01.xlsx").read_bytes() == kept
    assert (issued / "LC-02.xlsx").read_bytes() == (demo.workspace.templates / "2020" / "LC-02.xlsx").read_bytes()
    assert main(["--workspace", str(root), "templates", "--period", "2020", "--unit", "XX"]) == 2


def test_an_upper_union_builds_its_package_from_its_children(demo: Demo, tmp_path: Path) -> None:
    root = tmp_path / "w"
    shutil.copytree(demo.workspace.root, root, ignore=shutil.ignore_patterns("output", ".tonghop"))
    assert main(["--workspace", str(root), "--quiet", "consolidate", "--unit", "LC-22"]) == 1
    assert main(["--workspace", str(root), "check", str(root / "output/2020/bo-bieu/LC-22.xlsx")]) == 0
    assert main(["--workspace", str(root), "--quiet", "consolidate", "--unit", "CS0001"]) == 2


def test_only_accepted_leaves_out_those_who_must_correct(demo: Demo) -> None:
    from pipeline.run import consolidate
    from schemas.form import Key

    results = consolidate(demo.workspace, only_accepted=True, write=False)
    key = Key("B01", "sl_doan_vien", "tong")
    assert results.rollup.value.of("LC", key) == 2080 + 1450
    assert demo.results.rollup.value.of("LC", key) == 17700


def test_init_makes_a_workspace_that_windows_starts_by_a_double_click(tmp_path: Path) -> None:
    root = tmp_path / "báo cáo"
    assert main(["init", str(root)]) == 0
    assert main(["init", str(root)]) == 2
    for name, command in (
        *(("1-phat-bieu", "templates"), ("2-tong-hop", "consolidate"), ("3-tinh-hinh-nop", "status")),
        *(("4-de-xuat", "propose"), ("5-ghi-quyet-dinh", "propose --take"), ("6-chot-so-lieu", "close")),
    ):
        script = (root / f"{name}.cmd").read_bytes()
        assert b"\r\n" in script
        assert script.rstrip().endswith(b"pause")
        assert f"tonghop {command}".encode() in script
        assert b"chcp 65001" in script
    assert main(["--workspace", str(root), "forms"]) == 0
    assert main(["--workspace", str(root), "status"]) == 0


def test_help_starts_without_anything_heavy() -> None:
    code = "import sys; from pipeline.cli import main; main(['--help']); print(sorted(sys.modules), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(re.findall(r"'([a-z_]+)'", done.stderr))
    assert "click" in loaded
    assert not loaded & {"pandas", "pandera", "numpy", "openpyxl", "xlsxwriter", "rich", "python_calamine"}
