from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline import files
from pipeline.demo import Demo
from pipeline.errors import BusyError, OutputError
from pipeline.files import _UNFINISHED, _WRITTEN, beside, ensure_free, lock, put, put_bytes, remove, sha256_again

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


def test_the_same_content_leaves_the_file_as_it_is_and_another_replaces_it(old: Path) -> None:
    os.utime(old, (1_600_000_000, 1_600_000_000))
    put_bytes(old, old.read_bytes())
    assert old.stat().st_mtime == 1_600_000_000
    other = old.read_bytes()[:-1] + b"?"
    put_bytes(old, other)
    assert old.read_bytes() == other
    assert old.stat().st_mtime != 1_600_000_000
    assert list(old.parent.iterdir()) == [old]


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


UNFINISHED = (
    "output/2020/.tong-hop-2020.xlsx.4711-140245.tmp",
    "output/2020/data/.observations.csv.4711.tmp",
    "output/2020/don-doc/.LC-01.zip.4711-1.tmp",
    "output/2019/.index.html.12-34.tmp",
    "input_templates/.B01.xlsx.1-1.tmp",
    "input_templates/2020/.LC-01.xlsx.1-1.tmp",
    "input_templates/2020/gui/.LC-01.zip.1-1.tmp",
    "closed/.2020.csv.1-1.tmp",
    "closed/2020/1/.tonghop.toml.1-1.tmp",
    ".tonghop/.read-2020.bin.1-1.tmp",
    ".decisions.csv.1-1.tmp",
    ".tonghop.toml.1-1.tmp",
)
OF_OTHERS = (
    "inbox/2020/.LC-01.xlsx.1-1.tmp",
    "history/.2019.csv.1-1.tmp",
    "schemas/.units.csv.1-1.tmp",
    "của tôi/.a.xlsx.1-1.tmp",
    "output/2020/LC-01.xlsx.1-1.tmp",
    "output/2020/.LC-01.xlsx.tmp",
    "output/2020/.LC-01.xlsx.1-1.tmp.xlsx",
    "output/2020/.LC-01.xlsx.1-1.TMP",
    "output/2020/.LC-01.xlsx.a1f3.tmp",
    "output/2020/.nháp.4711.tmp",
    "output/2020/.pptx.4711.tmp",
    "output/2020/.LC-01.pptx.4711.tmp",
    "output/2020/.syncthing.LC-01.xlsx.tmp",
    "output/2020/.~lock.LC-01.xlsx#",
    "output/2020/~$LC-01.xlsx",
    "output/2020/1A2B3C4D.tmp",
    "output/2020/.xlsx.4711.tmp/a.xlsx",
)


@pytest.fixture
def left(tmp_path: Path) -> Path:
    for name in (*UNFINISHED, *OF_OTHERS):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"1")
    return tmp_path


def there(root: Path) -> set[str]:
    return {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()} - {".tonghop/lock"}


def test_what_a_killed_run_left_unfinished_is_removed_and_nothing_of_anyone_else(left: Path) -> None:
    with lock(left / ".tonghop"):
        assert there(left) == {*OF_OTHERS, ".tonghop/lock-holder.txt"}
    assert there(left) == {*OF_OTHERS}


def test_nothing_is_removed_while_another_run_is_at_work(tmp_path: Path) -> None:
    at_work = tmp_path / "output" / ".a.xlsx.1-1.tmp"
    with lock(tmp_path / ".tonghop"):
        at_work.parent.mkdir()
        at_work.write_bytes(b"1")
        with pytest.raises(BusyError), lock(tmp_path / ".tonghop"):
            pass
        assert at_work.exists()


def test_a_folder_behind_a_link_is_not_swept(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere" / ".a.xlsx.1-1.tmp"
    elsewhere.parent.mkdir()
    elsewhere.write_bytes(b"1")
    (tmp_path / "w" / "output").mkdir(parents=True)
    try:
        (tmp_path / "w" / "output" / "more").symlink_to(elsewhere.parent, target_is_directory=True)
    except OSError:
        pytest.skip("links are not allowed here")
    with lock(tmp_path / "w" / ".tonghop"):
        assert elsewhere.exists()


def test_one_that_cannot_be_removed_stops_no_run(left: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as held:
        held.setattr(Path, "unlink", refuse)
        with lock(left / ".tonghop"):
            assert {*UNFINISHED} <= there(left)
    with lock(left / ".tonghop"):
        assert not {*UNFINISHED} & there(left)


def test_whatever_a_run_writes_is_known_by_its_name_until_it_is_whole(demo: Demo) -> None:
    root = demo.workspace.root
    written = [path for name in _WRITTEN for path in (root / name).rglob("*") if path.is_file()]
    unknown = {path.name for path in written if not _UNFINISHED.fullmatch(beside(path).name)}
    assert len(written) > 100
    # The lock is not made beside itself.
    assert unknown <= {"lock", ".gitkeep"}
    for path in (root / "decisions.csv", root / "tonghop.toml"):
        assert _UNFINISHED.fullmatch(beside(path).name)


def test_the_disk_holds_a_content_before_its_name_shows_it(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    flush, rename = os.fsync, Path.replace

    def flushed(number: int) -> None:
        done.append("flushed")
        flush(number)

    def named(path: Path, to: Path) -> Path:
        done.append("named")
        return rename(path, to)

    monkeypatch.setattr(os, "fsync", flushed)
    monkeypatch.setattr(Path, "replace", named)
    put(old, lambda temporary: bool(temporary.write_text("mới", encoding="utf-8")))
    assert done == ["flushed", "named"]
    put(old, lambda temporary: not temporary.write_text("nữa", encoding="utf-8"))
    assert done == ["flushed", "named"]


@pytest.mark.parametrize(("why", "stands"), [(errno.EIO, "cũ"), (errno.EINVAL, "mới"), (errno.ENOTSUP, "mới")])
def test_a_disk_that_did_not_keep_a_content_gives_it_no_name(
    old: Path, monkeypatch: pytest.MonkeyPatch, why: int, stands: str
) -> None:
    def fail(_number: int) -> None:
        raise OSError(why, os.strerror(why))

    monkeypatch.setattr(os, "fsync", fail)
    with contextlib.suppress(OutputError):
        put(old, lambda temporary: bool(temporary.write_text("mới", encoding="utf-8")))
    assert standing(old) == {"a.xlsx": stands}


@pytest.mark.parametrize("content", [None, b"", b"\xff"])
def test_who_holds_a_lock_may_not_be_known_yet(tmp_path: Path, content: bytes | None) -> None:
    with lock(tmp_path / ".tonghop"):
        holder = tmp_path / ".tonghop" / "lock-holder.txt"
        holder.unlink()
        if content is not None:
            holder.write_bytes(content)
        with pytest.raises(BusyError, match=r"bởi \?\."), lock(tmp_path / ".tonghop"):
            pass


def test_a_lock_that_cannot_be_made_says_where(tmp_path: Path) -> None:
    (tmp_path / "tệp").write_text("", encoding="utf-8")
    with pytest.raises(OutputError, match="tệp"), lock(tmp_path / "tệp"):
        pass


def test_a_file_is_hashed_again_as_soon_as_it_is_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, hashed = tmp_path / "a.xlsx", list[Path]()
    hash_of = files.sha256_of
    monkeypatch.setattr(files, "sha256_of", lambda one: hashed.append(one) or hash_of(one))

    def write(content: bytes, changed: float) -> str:
        path.write_bytes(content)
        os.utime(path, (changed, changed))
        return hashlib.sha256(content).hexdigest()

    old, now = time.time() - 3600, time.time()
    first = write(b"one", old)
    assert [sha256_again(path), sha256_again(path), len(hashed)] == [first, first, 1]
    # Another size, another time; and one that was changed just now is hashed each time.
    for content, changed, times in ((b"three", old, 1), (b"other", old - 1, 1), (b"newer", now, 2)):
        before, expected = len(hashed), write(content, changed)
        assert [sha256_again(path), sha256_again(path)] == [expected] * 2
        assert len(hashed) - before == times
    path.unlink()
    with pytest.raises(OSError, match=r"a\.xlsx"):
        sha256_again(path)
