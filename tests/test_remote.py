"""Returns that come in elsewhere, and results that go there: the same bytes as from the workspace's own folders."""

from __future__ import annotations

import io
import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from builders import RECEIVED, YEAR, edit, form, load, package, row, workspace
from python_calamine import CalamineWorkbook

from pipeline import read, run, stores
from pipeline.cache_program import program_key
from pipeline.cli import main
from pipeline.demo import Demo
from pipeline.engine import Engine
from pipeline.errors import ClosingError, StoreError
from pipeline.publish import MANIFEST
from pipeline.read_batches import NotTheSameError, batches, read_batch
from pipeline.read_files import inbox_files
from pipeline.stores import Stored, shown, stored_below
from pipeline.workspace import Workspace

fsspec: Any = pytest.importorskip("fsspec")
_registry: Any = pytest.importorskip("fsspec.registry")._registry

ROOT = Path(__file__).parent.parent
INBOX, OUT = "memory://kho/nhan", "memory://kho/ra"
FIGURES = {"X01.ca.tong": 10.0, "X01.nu.tong": 4.0}
LINKED = {"index.html", "tong-hop-2020.xlsx", "doi-chieu-2020.xlsx"}


@pytest.fixture
def store() -> Iterator[Any]:
    """A store in memory, with a place for returns and one for results."""
    fs = fsspec.filesystem("memory")
    for url in (INBOX, OUT):
        fs.makedirs(url, exist_ok=True)
    yield fs
    fs.store.clear()
    fs.pseudo_dirs[:] = [""]


@pytest.fixture
def at(tmp_path: Path) -> Workspace:
    """A small world of which some have sent."""
    forms = load(tmp_path / "forms", form(row("ca"), row("nu"), edits=[edit("nu <= ca")]))
    place = workspace(tmp_path / "w", forms)
    package(place.inbox(YEAR) / "U1.xlsx", place, "U1", FIGURES)
    package(place.inbox(YEAR) / "thu" / "U2.xlsx", place, "U2", FIGURES | {"X01.nu.tong": 40.0})
    return place


def uploaded(store: Any, folder: Path, url: str = INBOX) -> None:
    """All of an inbox put into a store, with the times that its files have."""
    base = store._strip_protocol(url)
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = f"{base}/{path.relative_to(folder).as_posix()}"
        store.pipe_file(name, path.read_bytes())
        store.store[name].modified = datetime.fromtimestamp(path.stat().st_mtime, UTC)


def going(at: Workspace, inbox: str = "", publish: str = "") -> Workspace:
    return replace(at, settings=replace(at.settings, inbox=inbox, publish=publish))


def copied(demo: Demo, root: Path, inbox: str = "", *, without: Sequence[str] = ("inbox",)) -> Workspace:
    shutil.copytree(demo.workspace.root, root, ignore=shutil.ignore_patterns("output", ".tonghop", *without))
    return going(replace(demo.workspace, root=root), inbox)


def outputs(at: Workspace) -> dict[str, bytes]:
    folder = at.output(YEAR)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def published(store: Any, url: str = OUT) -> dict[str, bytes]:
    base = store._strip_protocol(f"{url}/{YEAR}")
    found = {name[len(base) + 1 :]: store.cat_file(name) for name in store.find(base)}
    assert found.pop(MANIFEST)
    return found


def counted(monkeypatch: pytest.MonkeyPatch, fs: type, name: str) -> list[str]:
    """The paths that a store is asked this for."""
    asked: list[str] = []
    work = getattr(fs, name)

    def doing(self: Any, path: str, *rest: object, **more: object) -> Any:
        asked.append(path)
        return work(self, path, *rest, **more)

    monkeypatch.setattr(fs, name, doing)
    return asked


def said(caught: pytest.ExceptionInfo[Any]) -> tuple[str, str]:
    assert all(fault.vi and fault.en for fault in caught.value.faults)
    return caught.value.faults[0].vi, caught.value.faults[0].en


def values(data: bytes) -> list[Any]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    return [(name, book.get_sheet_by_name(name).to_python()) for name in book.sheet_names]


def test_a_whole_province_comes_out_of_a_store_as_out_of_a_folder(tmp_path: Path, demo: Demo, store: Any) -> None:
    uploaded(store, demo.workspace.root / "inbox")
    here, folder, remote = (
        copied(demo, tmp_path / "a", without=()),
        copied(demo, tmp_path / "b", str(demo.workspace.root / "inbox")),
        copied(demo, tmp_path / "c", INBOX),
    )
    results = [run.consolidate(one, YEAR) for one in (here, folder, remote)]
    at_home, elsewhere, out_of_store = (outputs(one) for one in (here, folder, remote))
    assert out_of_store == elsewhere
    assert out_of_store.keys() == at_home.keys()
    assert {name for name, data in at_home.items() if out_of_store[name] != data} == LINKED
    for name in LINKED - {"index.html"}:
        assert values(out_of_store[name]) == values(at_home[name])
    assert b"inbox/2020/LC" not in out_of_store["index.html"]
    assert any(one.file.count("/") > 2 for one in results[2].submissions)


def test_files_are_named_as_they_would_be_in_the_inbox(at: Workspace, store: Any) -> None:
    inbox = at.root / "inbox"
    for name in (
        "2020/~$U1.xlsx",
        "2020/.an.xlsx",
        "2020/a/Thumbs.db",
        "2020/B.xlsx",
        "2020/a b/ê#.xlsx",
        "2020/a/z.pdf",
    ):
        (inbox / name).parent.mkdir(exist_ok=True)
        (inbox / name).write_bytes(b"?")
    uploaded(store, inbox)
    store.pipe_file("/kho/nhan/2021/x.xlsx", b"")
    expected = [file.name for file in inbox_files(at.inbox(YEAR), at.root, at.forms)[0]]
    assert len(expected) == 5
    for elsewhere in (str(inbox), INBOX, f"{INBOX}/", f"file://{inbox}"):
        assert [file.name for file in inbox_files(at.inbox(YEAR), at.root, at.forms, elsewhere)[0]] == expected


@pytest.mark.parametrize("engine", [Engine(), Engine("processes", jobs=2, batch=1)], ids=["threads", "processes"])
def test_a_url_and_a_folder_give_the_same_bytes_whoever_reads(at: Workspace, tmp_path: Path, engine: Engine) -> None:
    with ZipFile(at.inbox(YEAR) / "nộp.zip", "w") as archive:
        archive.write(at.inbox(YEAR) / "U1.xlsx", "thư/U1 b.xlsx")
    other = tmp_path / "ổ khác"
    shutil.move(at.root / "inbox", other)
    run.consolidate(going(at, str(other)), YEAR)
    expected = outputs(at)
    shutil.rmtree(at.root / "output")
    shutil.rmtree(at.root / ".tonghop")
    for _ in range(2):
        results = run.consolidate(replace(going(at, f"file://{other}"), engine=engine), YEAR)
        assert outputs(at) == expected
    assert "inbox/2020/nộp.zip/thư/U1 b.xlsx" in [one.file for one in results.submissions]
    assert {one.received_at for one in results.submissions if one.file.endswith("U2.xlsx")} == {RECEIVED}


def test_the_unit_gets_its_own_file_back_out_of_an_archive_too(at: Workspace, store: Any) -> None:
    path = at.inbox(YEAR) / "thu" / "U2.xlsx"
    with ZipFile(at.inbox(YEAR) / "thu.zip", "w") as archive:
        archive.write(path, "U2.xlsx")
    path.unlink()
    os.utime(at.inbox(YEAR) / "thu.zip", (RECEIVED.timestamp(), RECEIVED.timestamp()))
    uploaded(store, at.root / "inbox")
    run.consolidate(at, YEAR)
    expected = outputs(at)["phan-hoi/U2.xlsx"]
    shutil.rmtree(at.root / "output")
    shutil.rmtree(at.root / ".tonghop")
    shutil.rmtree(at.root / "inbox")
    run.consolidate(going(at, INBOX), YEAR)
    assert outputs(at)["phan-hoi/U2.xlsx"] == expected


def test_what_is_unchanged_is_neither_read_again_nor_marked_again(
    at: Workspace, store: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    uploaded(store, at.root / "inbox")
    place = going(at, INBOX)
    run.consolidate(place, YEAR)
    first = outputs(place)
    fetched = counted(monkeypatch, type(store), "cat_file")
    opened: list[str] = []
    work = read.read_workbook
    monkeypatch.setattr(read, "read_workbook", lambda file, *rest: opened.append(file.name) or work(file, *rest))
    run.consolidate(place, YEAR)
    # This store does not vouch for a content, so each is looked at once.
    assert (len(fetched), opened) == (2, [])
    assert outputs(place) == first
    store.pipe_file("/kho/nhan/2020/U1.xlsx", store.cat_file("/kho/nhan/2020/thu/U2.xlsx"))
    run.consolidate(place, YEAR)
    assert opened == ["inbox/2020/U1.xlsx"]


def vouching(store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the store say which content is which, as an object store does."""
    work = type(store).ls

    def ls(self: Any, path: str, **more: object) -> Any:
        found = work(self, path, **more)
        return [
            one | {"ETag": str(hash(self.store[one["name"]].getvalue()))} if one["type"] == "file" else one
            for one in found
        ]

    monkeypatch.setattr(type(store), "ls", ls)


@pytest.mark.parametrize("kind", ["threads", "processes"])
def test_what_a_store_vouches_for_is_not_even_fetched(
    at: Workspace, store: Any, monkeypatch: pytest.MonkeyPatch, kind: Any
) -> None:
    uploaded(store, at.root / "inbox")
    vouching(store, monkeypatch)
    place = going(at, INBOX)
    run.consolidate(place, YEAR)
    first = outputs(place)
    # No process has anything to do, so that none is begun that could not see this store.
    place = replace(place, engine=Engine(kind, jobs=1))
    fetched = counted(monkeypatch, type(store), "cat_file")
    run.consolidate(place, YEAR)
    assert fetched == []
    assert outputs(place) == first
    path = "/kho/nhan/2020/U1.xlsx"
    store.pipe_file(path, store.store["/kho/nhan/2020/thu/U2.xlsx"].getvalue())
    run.consolidate(replace(place, engine=Engine()), YEAR)
    assert path in fetched
    assert outputs(place) != first


def test_the_time_of_receipt_is_that_of_the_store(at: Workspace, store: Any) -> None:
    uploaded(store, at.root / "inbox")
    later = RECEIVED + timedelta(days=9)
    store.store["/kho/nhan/2020/U1.xlsx"].modified = later
    for _ in range(2):
        found = run.consolidate(going(at, INBOX), YEAR, write=False).submissions
        assert {one.unit: one.received_at for one in found} == {"U1": later, "U2": RECEIVED}


def test_a_worker_asks_the_store_itself_and_refuses_what_changed_since(at: Workspace) -> None:
    url = f"file://{at.root / 'inbox'}"
    files, _ = inbox_files(at.inbox(YEAR), at.root, at.forms, url)
    assert all(isinstance(file.path, Stored) and file.path.store == url for file in files)
    [batch] = batches(files, read._read, 9, program_key())
    assert read_batch(batch)
    os.utime(at.inbox(YEAR) / "U1.xlsx", (1, 1))
    with pytest.raises(NotTheSameError):
        read_batch(batch)
    (at.inbox(YEAR) / "U1.xlsx").unlink()
    with pytest.raises(NotTheSameError):
        read_batch(batch)


def test_one_file_that_the_store_withholds_is_set_apart_and_tried_twice(
    at: Workspace, store: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    uploaded(store, at.root / "inbox")
    work, asked = type(store).cat_file, list[str]()

    def cat_file(self: Any, path: str, *rest: object, **more: object) -> Any:
        asked.append(path)
        if path.endswith("U1.xlsx"):
            raise RuntimeError("no such key any more")
        return work(self, path, *rest, **more)

    monkeypatch.setattr(type(store), "cat_file", cat_file)
    results = run.consolidate(going(at, INBOX), YEAR)
    assert [(one.file, one.status, one.reason) for one in results.submissions if one.reason] == [
        ("inbox/2020/U1.xlsx", "quarantined", "not-fetched")
    ]
    assert [(one.id, one.severity) for one in results.findings if one.file.endswith("U1.xlsx")] == [
        ("not-fetched", "hard")
    ]
    assert len([path for path in asked if path.endswith("U1.xlsx")]) == 2
    monkeypatch.setattr(type(store), "cat_file", work)
    assert not [one for one in run.consolidate(going(at, INBOX), YEAR).submissions if one.reason]


def test_a_store_that_goes_away_meanwhile_stops_the_run_and_leaves_the_results(
    at: Workspace, store: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    uploaded(store, at.root / "inbox")
    place = going(at, INBOX)
    run.consolidate(place, YEAR)
    before = outputs(place)
    shutil.rmtree(at.root / ".tonghop")

    def gone(*_: object, **__: object) -> Any:
        raise ConnectionResetError("the line is cut")

    def cat_file(*_: object, **__: object) -> Any:
        monkeypatch.setattr(type(store), "ls", gone)
        return gone()

    monkeypatch.setattr(type(store), "cat_file", cat_file)
    with pytest.raises(StoreError) as caught:
        run.consolidate(place, YEAR)
    assert said(caught)[1].startswith(f"{INBOX}: this store cannot be worked with (the line is cut)")
    assert outputs(place) == before


@pytest.mark.usefixtures("store")
def test_an_empty_place_is_one_where_nobody_has_sent_and_a_missing_one_is_said(at: Workspace) -> None:
    shutil.rmtree(at.root / "inbox")
    assert run.consolidate(going(at, INBOX), YEAR, write=False).submissions == ()
    for url in ("memory://kho/sai", "file:///khong/co", str(at.root / "không có")):
        with pytest.raises(StoreError) as caught:
            run.consolidate(going(at, url), YEAR, write=False)
        vi, en = said(caught)
        assert url in vi
        assert "inbox" in vi
        assert url in en


@pytest.mark.parametrize(
    ("url", "remedy"),
    [
        ("s3://kho/nhan", "python -m pip install s3fs"),
        ("sftp://a:bí-mật@may/nhan", "python -m pip install paramiko"),
        ("kho9://a/b", "s3://bucket/path"),
    ],
)
def test_a_store_that_nothing_here_opens_is_said_with_the_package(
    at: Workspace, url: str, remedy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("s3fs", "paramiko"):
        monkeypatch.setitem(sys.modules, name, None)
    for name in ("s3", "sftp"):
        monkeypatch.delitem(_registry, name, raising=False)
    monkeypatch.delitem(sys.modules, "fsspec.implementations.sftp", raising=False)
    for where in ({"inbox": url}, {"publish": url}):
        with pytest.raises(StoreError) as caught:
            run.consolidate(going(at, **where), YEAR)
        vi, en = said(caught)
        assert remedy in en
        assert "bí-mật" not in vi + en


def test_without_fsspec_it_is_said_how_to_get_it(at: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fsspec.core", None)
    with pytest.raises(StoreError) as caught:
        run.consolidate(going(at, INBOX), YEAR)
    assert 'pip install "tonghop[remote]"' in said(caught)[1]


def test_folders_elsewhere_need_no_fsspec(at: Workspace, tmp_path: Path) -> None:
    (tmp_path / "ra").mkdir()
    look = (
        "import sys, pathlib\n"
        "sys.modules['fsspec'] = None\n"
        "from pipeline import cli, run, publish\n"
        "from pipeline.read_files import inbox_files\n"
        "from pipeline.workspace import open_workspace\n"
        "place = open_workspace(pathlib.Path(sys.argv[1]))\n"
        "run.consolidate(place, write=True)\n"
    )
    root = tmp_path / "v"
    run.init(root, "")
    settings = (root / "tonghop.toml").read_text(encoding="utf-8")
    more = f"inbox = '{at.root / 'inbox'}'\npublish = '{tmp_path / 'ra'}'\n"
    (root / "tonghop.toml").write_text(more + settings, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", look, str(root)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "ra" / "2020" / "index.html").is_file()


def test_results_are_published_and_what_is_there_already_is_not_sent_again(
    at: Workspace, store: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = going(at, publish=OUT)
    sent = counted(monkeypatch, type(store), "pipe_file")
    opened = counted(monkeypatch, type(store), "put_file")
    run.consolidate(place, YEAR)
    assert published(store) == outputs(place)
    assert len(opened) == len(outputs(place))
    assert opened[-1].endswith("index.html")
    assert sent == [f"/kho/ra/2020/{MANIFEST}"]
    opened.clear()
    sent.clear()
    run.consolidate(place, YEAR)
    assert (opened, sent) == ([], [])
    before = outputs(place)
    (at.inbox(YEAR) / "thu" / "U2.xlsx").unlink()
    run.consolidate(place, YEAR)
    changed = {name for name, data in outputs(place).items() if before.get(name) != data}
    assert {path.removeprefix(str(place.output(YEAR)) + "/") for path in opened} == changed
    assert 0 < len(changed) < len(before)


def test_what_is_no_longer_a_result_is_removed_and_nothing_of_anybody_else(at: Workspace, store: Any) -> None:
    place = going(at, publish=OUT)
    run.consolidate(place, YEAR)
    assert "phan-hoi/U2.xlsx" in published(store)
    store.pipe_file("/kho/ra/2020/ghi chú.txt", b"cua nguoi khac")
    store.rm_file("/kho/ra/2020/data/rollup.csv")
    store.pipe_file("/kho/ra/2020/data/findings.csv", b"")
    (at.inbox(YEAR) / "thu" / "U2.xlsx").unlink()
    run.consolidate(place, YEAR)
    there = published(store)
    assert there.pop("ghi chú.txt") == b"cua nguoi khac"
    assert there == outputs(place)
    assert "phan-hoi/U2.xlsx" not in there


@pytest.mark.parametrize(
    "listed", [b"", b"[]", b"{", b'{"../../nhan/2020/U1.xlsx": "1", "/kho/nhan/2020/U1.xlsx": "1"}']
)
def test_a_list_that_somebody_spoiled_removes_nothing_elsewhere(at: Workspace, store: Any, listed: bytes) -> None:
    uploaded(store, at.root / "inbox")
    place = going(at, INBOX, OUT)
    run.consolidate(place, YEAR)
    store.pipe_file(f"/kho/ra/2020/{MANIFEST}", listed)
    run.consolidate(place, YEAR)
    assert published(store) == outputs(place)
    assert store.exists("/kho/nhan/2020/U1.xlsx")


def test_another_drive_is_published_to_in_the_same_way(at: Workspace, tmp_path: Path) -> None:
    other = tmp_path / "ổ khác"
    other.mkdir()
    place = going(at, publish=str(other))
    run.consolidate(place, YEAR)
    folder = other / "2020"
    files = {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}
    there = {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}
    assert there.pop(MANIFEST)
    assert there == outputs(place)
    run.consolidate(place, YEAR)
    assert {path: path.stat().st_mtime_ns for path in files} == files
    (at.inbox(YEAR) / "thu" / "U2.xlsx").unlink()
    run.consolidate(place, YEAR)
    assert not (folder / "phan-hoi" / "U2.xlsx").exists()


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize(
    ("inbox", "publish", "key"),
    [
        (INBOX, INBOX, "inbox"),
        (INBOX, f"{INBOX}/ra/", "inbox"),
        (INBOX, "memory://kho", "inbox"),
        ("", "inbox", "inbox"),
        ("", "./output/", "output"),
        ("", ".", "inbox"),
    ],
)
def test_results_never_go_where_returns_come_in(at: Workspace, inbox: str, publish: str, key: str) -> None:
    with pytest.raises(StoreError) as caught:
        run.consolidate(going(at, inbox, publish), YEAR)
    assert key in said(caught)[0]
    assert not at.output(YEAR).exists()


def test_results_that_cannot_be_sent_stand_complete_and_go_with_the_next_run(
    at: Workspace, store: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, work, left = going(at, publish=OUT), type(store).put_file, [3]

    def put_file(self: Any, *given: object, **more: object) -> Any:
        left[0] -= 1
        if left[0] < 0:
            raise PermissionError("read only")
        return work(self, *given, **more)

    monkeypatch.setattr(type(store), "put_file", put_file)
    with pytest.raises(StoreError) as caught:
        run.consolidate(place, YEAR)
    assert "does not allow it (read only)" in said(caught)[1]
    assert "Run again" in caught.value.faults[-1].en
    before = outputs(place)
    assert "index.html" in before
    monkeypatch.setattr(type(store), "put_file", work)
    run.consolidate(place, YEAR)
    assert published(store) == outputs(place) == before


def test_what_was_sent_over_before_a_break_is_sent_again_when_the_inputs_go_back(
    at: Workspace, store: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, work = going(at, publish=OUT), type(store).put_file
    run.consolidate(place, YEAR)
    before, path = outputs(place), at.inbox(YEAR) / "thu" / "U2.xlsx"
    content, stood = path.read_bytes(), path.stat()
    path.unlink()

    def put_file(self: Any, *given: object, **more: object) -> Any:
        work(self, *given, **more)
        raise PermissionError("cut off")

    monkeypatch.setattr(type(store), "put_file", put_file)
    with pytest.raises(StoreError):
        run.consolidate(place, YEAR)
    assert published(store) != before
    monkeypatch.setattr(type(store), "put_file", work)
    path.write_bytes(content)
    os.utime(path, ns=(stood.st_atime_ns, stood.st_mtime_ns))
    run.consolidate(place, YEAR)
    assert published(store) == outputs(place) == before


def test_a_period_whose_returns_lie_elsewhere_is_not_closed(at: Workspace, store: Any) -> None:
    uploaded(store, at.root / "inbox")
    with pytest.raises(ClosingError) as caught:
        run.close(going(at, INBOX), YEAR, "Nguyễn Văn A")
    vi, en = said(caught)
    assert "inbox/2020" in vi
    assert INBOX in en
    assert not (at.root / "closed").exists()


def test_what_a_unit_sent_is_told_out_of_a_store_too(at: Workspace, store: Any) -> None:
    package(
        at.inbox(YEAR) / "U1 b.xlsx", at, "U1", FIGURES | {"X01.ca.tong": 12.0}, received=RECEIVED + timedelta(hours=1)
    )
    expected = run.history(at, YEAR, "U1")
    uploaded(store, at.root / "inbox")
    shutil.rmtree(at.root / "inbox")
    results, sent = run.history(going(at, INBOX), YEAR, "U1")
    assert sent == expected[1]
    assert len(sent) == 2
    assert list(run.history_report(results, "U1", sent)) == list(run.history_report(expected[0], "U1", expected[1]))


def test_the_command_takes_both_from_the_settings_and_never_tells_them_from_memory(
    tmp_path: Path, demo: Demo, store: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    root = copied(demo, tmp_path / "w").root
    uploaded(store, demo.workspace.root / "inbox")
    settings = (root / "tonghop.toml").read_text(encoding="utf-8")
    (root / "tonghop.toml").write_text(f'inbox = "{INBOX}"\npublish = "{OUT}"\n{settings}', encoding="utf-8")
    assert main(["--workspace", str(root), "consolidate"]) == 1
    assert f"Đã đưa kết quả lên {OUT}/2020." in capsys.readouterr().out
    assert (root / "output" / "2020" / "index.html").is_file()
    store.rm_file("/kho/ra/2020/index.html")
    assert main(["--workspace", str(root), "--quiet", "consolidate"]) == 1
    assert store.exists("/kho/ra/2020/index.html")
    assert main(["--workspace", str(root), "status"]) == 1
    first = capsys.readouterr().out
    store.rm_file("/kho/nhan/2020/LC-01.xlsx")
    assert main(["--workspace", str(root), "status"]) == 1
    assert capsys.readouterr().out != first
    store.rm("/kho/nhan", recursive=True)
    assert main(["--workspace", str(root), "status"]) == 2
    assert INBOX in capsys.readouterr().err


def test_no_password_is_printed() -> None:
    assert shown("sftp://nam:bí-mật@may:22/nhan") == "sftp://nam:…@may:22/nhan"
    assert shown("s3://kho/a@b:c") == "s3://kho/a@b:c"


def test_a_store_without_times_is_refused(monkeypatch: pytest.MonkeyPatch, store: Any) -> None:
    def never(*_: object) -> Any:
        raise NotImplementedError

    store.pipe_file("/kho/nhan/2020/a.xlsx", b"")
    monkeypatch.setattr(type(store), "modified", never)
    with pytest.raises(StoreError) as caught:
        stored_below(INBOX, "2020")
    assert "does not say when" in said(caught)[1]


@pytest.mark.parametrize(
    "when", [datetime(2020, 12, 1, 1), datetime(2020, 12, 1, 1, tzinfo=UTC), "2020-12-01T01:00:00Z", 1606784400.7]
)
def test_every_way_in_which_stores_tell_a_time_is_understood(when: object) -> None:
    assert stores._changed(None, "x", {"LastModified": when}) == RECEIVED.timestamp()


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A server that speaks as S3 does."""
    server: Any = pytest.importorskip("moto.server")
    s3fs: Any = pytest.importorskip("s3fs")
    logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
    one = server.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    one.start()
    host, port = one.get_host_and_port()
    for name, value in (("ACCESS_KEY_ID", "a"), ("SECRET_ACCESS_KEY", "b"), ("DEFAULT_REGION", "us-east-1")):
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
    s3fs.S3FileSystem.clear_instance_cache()
    fs = s3fs.S3FileSystem()
    yield fs
    s3fs.S3FileSystem.clear_instance_cache()
    one.stop()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("engine", [Engine(), Engine("processes", jobs=2, batch=1)], ids=["threads", "processes"])
def test_a_server_of_objects_serves_as_inbox_and_as_place_of_results(
    at: Workspace, s3: Any, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The servers of one process share what they hold.
    bucket = f"kho-{engine.kind}"
    place = replace(going(at, f"s3://{bucket}/nhan", f"s3://{bucket}/ra"), engine=engine)
    with pytest.raises(StoreError) as caught:
        run.consolidate(place, YEAR)
    assert "there is no such bucket" in said(caught)[1]
    s3.mkdir(bucket)
    inbox = at.root / "inbox"
    s3.put(f"{inbox}/", f"{bucket}/nhan/", recursive=True)
    s3.touch(f"{bucket}/nhan/2020/")
    s3.invalidate_cache()
    for path in inbox.rglob("*.xlsx"):
        when = s3.info(f"{bucket}/nhan/{path.relative_to(inbox).as_posix()}")["LastModified"].timestamp()
        os.utime(path, (when, when))
    run.consolidate(going(at, str(inbox)), YEAR)
    expected = outputs(at)
    shutil.rmtree(at.root / "output")
    shutil.rmtree(at.root / ".tonghop")
    fetched, work = list[str](), Stored.read
    monkeypatch.setattr(Stored, "read", lambda self: fetched.append(self.path) or work(self))
    # What processes fetch this one does not see.
    for fetches in (2 if engine.kind == "auto" else 0, 0):
        run.consolidate(place, YEAR)
        assert outputs(at) == expected
        assert len(fetched) == fetches
        s3.invalidate_cache()
        there = {name.removeprefix(f"{bucket}/ra/2020/"): s3.cat(name) for name in s3.find(f"{bucket}/ra/2020")}
        assert there.pop(MANIFEST)
        assert there == expected
        fetched.clear()
    s3.invalidate_cache()
    assert s3.info(f"{bucket}/ra/2020/index.html")["ContentType"] == "text/html"


@pytest.mark.filterwarnings("ignore")
def test_a_server_that_does_not_answer_is_another_thing_than_a_bucket_that_is_not_there(
    at: Workspace, s3: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    monkeypatch.setattr(type(s3), "retries", 1, raising=False)
    type(s3).clear_instance_cache()
    for where in ({"inbox": "s3://kho/nhan"}, {"publish": "s3://kho/ra"}):
        with pytest.raises(StoreError) as caught:
            run.consolidate(going(at, **where), YEAR)
        assert "cannot be worked with" in said(caught)[1]
