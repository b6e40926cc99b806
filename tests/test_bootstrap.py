from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from pipeline import bootstrap

NOW = sys.version_info[:2]
LOCK = "requirements.lock"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in (LOCK, "requirements-dev.lock", "pyproject.toml"):
        (tmp_path / name).write_text(f"{name}\n", encoding="utf-8")
    return tmp_path


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Commands that would have run; one that holds ``fails`` ends with status 7."""
    commands: list[list[str]] = []

    def run(command: list[str], *, cwd: Path, check: bool) -> subprocess.CompletedProcess[str]:
        assert not check
        assert cwd.is_dir()
        commands.append(command)
        if "venv" in command:
            venv = Path(command[command.index("--clear") + 1])
            venv.mkdir(exist_ok=True)
            (venv / "pyvenv.cfg").touch()
        return subprocess.CompletedProcess(command, 7 if "fails" in command else 0)

    monkeypatch.setattr(subprocess, "run", run)
    return commands


@pytest.fixture
def checkout(root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(bootstrap, "ROOT", root)
    monkeypatch.delenv("TONGHOP_VENV", raising=False)
    return root


@pytest.mark.parametrize(
    ("version", "good"), [((3, 10), False), ((3, 11), True), ((3, 12), True), ((3, 13), True), ((3, 14), False)]
)
def test_pythons_that_the_locks_were_made_for_are_supported(version: tuple[int, int], good: bool) -> None:
    assert bootstrap.supported(version) is good


@pytest.mark.parametrize(("system", "start"), [("nt", "py -3.13 -m"), ("posix", "python3.13 -m")])
def test_a_python_that_will_not_do_is_told_which_will_in_both_languages(system: str, start: str) -> None:
    for words in bootstrap.unsupported((3, 9), system, "demo"):
        assert "3.9" in words
        assert "3.11–3.13" in words
        assert f"{start} pipeline.bootstrap demo" in words


def test_an_unsupported_python_runs_nothing(
    checkout: Path, ran: list[list[str]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bootstrap, "OLDEST", (3, 99))
    assert bootstrap.main(["demo"]) == bootstrap.UNUSABLE
    assert "Cần Python" in capsys.readouterr().out
    assert (ran, (checkout / ".venv").exists()) == ([], False)


@pytest.mark.parametrize("argv", [[], ["tests"], ["--help"]])
def test_anything_but_the_two_tasks_shows_the_usage(
    argv: Sequence[str], ran: list[list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert bootstrap.main(argv) == bootstrap.UNUSABLE
    assert "Cách dùng" in capsys.readouterr().out
    assert ran == []


@pytest.mark.parametrize(
    ("system", "python", "tonghop"),
    [("nt", "Scripts/python.exe", "Scripts/tonghop.exe"), ("posix", "bin/python", "bin/tonghop")],
)
def test_a_task_runs_inside_the_environment(tmp_path: Path, system: str, python: str, tonghop: str) -> None:
    assert bootstrap.command("test", ["-x"], tmp_path, system) == [str(tmp_path / python), "-m", "pytest", "-x"]
    assert bootstrap.command("demo", [], tmp_path, system) == [str(tmp_path / tonghop), "demo", "demo"]
    assert bootstrap.command("demo", ["thử"], tmp_path, system) == [str(tmp_path / tonghop), "demo", "thử"]


def test_the_environment_lies_in_the_checkout_or_where_the_variable_says(tmp_path: Path) -> None:
    assert bootstrap.venv_folder(tmp_path, {}) == tmp_path / ".venv"
    assert bootstrap.venv_folder(tmp_path, {"TONGHOP_VENV": ""}) == tmp_path / ".venv"
    assert bootstrap.venv_folder(tmp_path, {"TONGHOP_VENV": str(tmp_path / "v")}) == tmp_path / "v"


@pytest.mark.parametrize("name", [LOCK, "pyproject.toml"])
def test_a_changed_lock_or_project_makes_the_environment_stale(root: Path, name: str) -> None:
    before = bootstrap.digest(root, LOCK, NOW)
    assert bootstrap.digest(root, LOCK, NOW) == before
    (root / name).write_text("changed\n", encoding="utf-8")
    assert bootstrap.digest(root, LOCK, NOW) != before


def test_another_lock_python_or_folder_makes_the_environment_stale(
    root: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    moved = tmp_path_factory.mktemp("moved")
    for path in root.iterdir():
        (moved / path.name).write_bytes(path.read_bytes())
    made = [
        bootstrap.digest(root, LOCK, (3, 11)),
        bootstrap.digest(root, LOCK, (3, 12)),
        bootstrap.digest(root, "requirements-dev.lock", (3, 11)),
        bootstrap.digest(moved, LOCK, (3, 11)),
    ]
    assert len(set(made)) == len(made)


def test_packages_are_installed_by_hash_and_the_project_without_reaching_for_more(tmp_path: Path) -> None:
    make, locked, project = (step for step, *_ in bootstrap.steps(tmp_path, LOCK, "posix"))
    assert make[:3] == [sys.executable, "-m", "venv"]
    assert locked[0] == project[0] == str(tmp_path / "bin" / "python")
    assert {"--require-hashes", "-r", LOCK} <= set(locked)
    assert {"--no-deps", "--no-build-isolation", "-e"} <= set(project)


def test_an_environment_is_made_once_and_used_again(checkout: Path, ran: list[list[str]]) -> None:
    assert bootstrap.main(["test"]) == 0
    assert len(ran) == 4
    assert bootstrap.main(["test", "-x"]) == 0
    assert len(ran) == 5
    (checkout / "requirements-dev.lock").write_text("newer\n", encoding="utf-8")
    assert bootstrap.main(["test"]) == 0
    assert len(ran) == 9


def test_the_demo_is_content_with_the_environment_of_the_tests_but_not_the_other_way(
    checkout: Path, ran: list[list[str]]
) -> None:
    assert (bootstrap.main(["demo"]), len(ran)) == (0, 4)
    assert (bootstrap.main(["test"]), len(ran)) == (0, 8)
    assert (bootstrap.main(["demo"]), len(ran)) == (0, 9)
    assert bootstrap.is_ready(checkout / ".venv", [bootstrap.digest(checkout, "requirements-dev.lock", NOW)])


@pytest.mark.usefixtures("checkout", "ran")
def test_the_status_of_what_ran_is_passed_on() -> None:
    assert bootstrap.main(["demo", "fails"]) == 7


@pytest.mark.parametrize("broken", [0, 1, 2])
def test_a_step_that_fails_says_so_and_leaves_no_finished_environment(
    broken: int,
    checkout: Path,
    ran: list[list[str]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    real = bootstrap.steps(checkout / ".venv", LOCK, "posix")
    steps = [([*step, "fails"] if i == broken else step, vi, en) for i, (step, vi, en) in enumerate(real)]
    monkeypatch.setattr(bootstrap, "steps", lambda *_: steps)
    assert bootstrap.main(["demo"]) == 7
    assert len(ran) == broken + 1
    assert steps[broken][1] in capsys.readouterr().out
    assert not (checkout / ".venv" / bootstrap.STAMP).exists()


def test_a_folder_that_is_no_environment_is_left_alone(
    checkout: Path, ran: list[list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    (checkout / ".venv").mkdir()
    (checkout / ".venv" / "báo cáo.xlsx").touch()
    assert bootstrap.main(["demo"]) == bootstrap.UNUSABLE
    assert "left alone" in capsys.readouterr().out
    assert ran == []


def test_an_empty_folder_may_become_the_environment(tmp_path: Path) -> None:
    assert bootstrap.refusal(tmp_path, Path(sys.prefix)) is None


def test_an_environment_does_not_empty_itself(tmp_path: Path) -> None:
    refused = bootstrap.refusal(tmp_path, tmp_path)
    assert refused
    assert all("deactivate" in words for words in refused)


def test_an_interruption_ends_without_a_traceback(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(bootstrap, "prepare", interrupted)
    assert bootstrap.main(["demo"]) == bootstrap.INTERRUPTED
    assert checkout.is_dir()


def test_it_runs_on_a_python_that_has_no_packages() -> None:
    run = [sys.executable, "-I", "-S", "-X", "utf8", str(bootstrap.ROOT / "pipeline" / "bootstrap.py"), "help"]
    done = subprocess.run(run, capture_output=True, text=True, encoding="utf-8", check=False)
    assert (done.returncode, done.stderr) == (bootstrap.UNUSABLE, "")
    assert "Usage" in done.stdout
