from __future__ import annotations

import errno
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.errors import BusyError, OutputError
from pipeline.files import ensure_free, lock, put, remove

ROOT = Path(__file__).parents[1]


def refuse(*_arguments: object, **_options: object) -> None:
    raise PermissionError(errno.EACCES, "Permission denied")


@pytest.fixture
def old(tmp_path: Path) -> Path:
    path = tmp_path / "kết quả" / "a.xlsx"
    put(path, lambda temporary: bool(temporary.write_text("cũ", encoding="utf-8")))
    return path


def standing(path: Path) -> dict[str, str]:
    return {one.name: one.read_text(encoding="utf-8") for one in path.parent.iterdir()}


def test_a_result_is_put_in_a_folder_that_is_made_for_it_and_nothing_else_is_left(old: Path) -> None:
    assert standing(old) == {"a.xlsx": "cũ"}
    put(old, lambda temporary: bool(temporary.write_text("mới", encoding="utf-8")))
    assert standing(old) == {"a.xlsx": "mới"}


def test_the_old_file_stays_when_the_writer_says_so(old: Path) -> None:
    put(old, lambda temporary: not temporary.write_text("mới", encoding="utf-8"))
    assert standing(old) == {"a.xlsx": "cũ"}


def test_the_old_file_stays_when_the_writer_fails(old: Path) -> None:
    def fail(temporary: Path) -> bool:
        temporary.write_text("nửa chừng", encoding="utf-8")
        raise ValueError("no more")

    with pytest.raises(ValueError, match="no more"):
        put(old, fail)
    assert standing(old) == {"a.xlsx": "cũ"}


def test_a_file_open_in_excel_is_named_and_left_as_it_was(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as held:
        held.setattr(Path, "replace", refuse)
        with pytest.raises(OutputError, match="đang mở trong Excel") as caught:
            put(old, lambda temporary: bool(temporary.write_text("mới", encoding="utf-8")))
    [fault] = caught.value.faults
    assert str(old) in fault.vi
    assert "open in Excel" in fault.en
    assert standing(old) == {"a.xlsx": "cũ"}


def test_a_full_disk_is_not_taken_for_excel(old: Path) -> None:
    def fill(temporary: Path) -> bool:
        temporary.write_text("nửa chừng", encoding="utf-8")
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OutputError, match="No space left on device") as caught:
        put(old, fill)
    assert "Excel" not in str(caught.value)
    assert standing(old) == {"a.xlsx": "cũ"}


def test_what_is_open_is_found_out_before_anything_is_written(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    free = [old, old.with_name("chưa có.xlsx")]
    ensure_free(free)
    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(OutputError, match="đang mở trong Excel"):
        ensure_free(free)


def test_an_earlier_result_is_removed_unless_it_is_open(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as held:
        held.setattr(Path, "unlink", refuse)
        with pytest.raises(OutputError, match="đang mở trong Excel"):
            remove(old)
    remove(old)
    remove(old)
    assert not old.exists()


def test_a_lock_names_who_holds_it_and_keeps_others_out(tmp_path: Path) -> None:
    with lock(tmp_path / ".tonghop"):
        holder = (tmp_path / ".tonghop" / "lock-holder.txt").read_text(encoding="utf-8")
        with pytest.raises(BusyError) as caught, lock(tmp_path / ".tonghop"):
            pass
        [fault] = caught.value.faults
        assert "@" in holder
        assert f"đang được dùng bởi {holder}" in fault.vi
        assert holder in fault.en
    with lock(tmp_path / ".tonghop"):
        pass
    assert not (tmp_path / ".tonghop" / "lock-holder.txt").exists()


def test_two_workspaces_do_not_lock_each_other(tmp_path: Path) -> None:
    with lock(tmp_path / "một"), lock(tmp_path / "hai"):
        pass


def test_a_lock_is_released_after_an_exception(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no more"), lock(tmp_path):
        raise ValueError("no more")
    with lock(tmp_path):
        pass


def test_a_lock_is_released_when_its_process_is_killed(tmp_path: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from pipeline.files import lock\n"
        "with lock(Path(sys.argv[1])):\n    print('held', flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", program, str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline().strip() == "held"
            with pytest.raises(BusyError, match="@"), lock(tmp_path):
                pass
        finally:
            process.kill()
            process.wait()
    with lock(tmp_path):
        pass


def test_a_lock_that_cannot_be_made_says_where(tmp_path: Path) -> None:
    (tmp_path / "tệp").write_text("", encoding="utf-8")
    with pytest.raises(OutputError, match="tệp"), lock(tmp_path / "tệp"):
        pass
