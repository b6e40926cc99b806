"""The results of a period copied to the place where others find them: what is new there, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import StoreError
from pipeline.files import put_bytes, remove, sha256_of
from pipeline.results import Progress
from pipeline.stores import discard, ensure_there, is_url, send, send_content, shown, stored_content, stored_sizes
from pipeline.workspace import Workspace
from schemas.period import Period
from schemas.text import Text

MANIFEST = "tonghop-published.json"
"""In the folder of the period: the sha256 of every file that was put there, by its name."""

_ENTRY = "index.html"
_TEMPORARY = (".", "~$")
_THREADS = 4
_SENDING = Text("Đưa kết quả đi", "Publishing results")


@dataclass(frozen=True, slots=True)
class _Folder:
    """Where the results of a period go on a disk."""

    above: Path
    name: str

    def sizes(self) -> dict[str, int]:
        place = self.above / self.name
        return {path.relative_to(place).as_posix(): path.stat().st_size for path in place.rglob("*") if path.is_file()}

    def read(self, name: str) -> bytes | None:
        path = self.above / self.name / name
        return path.read_bytes() if path.is_file() else None

    def send(self, source: Path, name: str) -> None:
        self.write(source.read_bytes(), name)

    def write(self, content: bytes, name: str) -> None:
        put_bytes(self.above / self.name / name, content)

    def remove(self, name: str) -> None:
        remove(self.above / self.name / name)


@dataclass(frozen=True, slots=True)
class _Store:
    """Where they go in a store."""

    url: str
    name: str

    def sizes(self) -> dict[str, int]:
        return stored_sizes(self.url, self.name)

    def read(self, name: str) -> bytes | None:
        return stored_content(self.url, f"{self.name}/{name}")

    def send(self, source: Path, name: str) -> None:
        send(self.url, str(source), f"{self.name}/{name}")

    def write(self, content: bytes, name: str) -> None:
        send_content(self.url, content, f"{self.name}/{name}")

    def remove(self, name: str) -> None:
        discard(self.url, f"{self.name}/{name}")


def ensure_publishable(workspace: Workspace) -> None:
    """Raise :class:`StoreError` while nothing is lost yet where results could not go where they are to go."""
    where = workspace.settings.publish
    if not where:
        return
    for key, other in (("inbox", workspace.settings.inbox or "inbox"), ("output", "output")):
        if _overlap(_spelled(workspace.root, where), _spelled(workspace.root, other)):
            raise _overlapping(where, key)
    if is_url(where):
        ensure_there(where)
    elif not (workspace.root / where).is_dir():
        raise StoreError(
            Text(
                f"Không thấy thư mục {workspace.root / where} (khóa publish trong tonghop.toml). "
                "Nối ổ đĩa ấy, tạo thư mục, hoặc sửa đường dẫn.",
                f"There is no folder {workspace.root / where} (key publish in tonghop.toml). "
                "Connect that drive, make the folder, or mend the path.",
            )
        )


def publish(workspace: Workspace, period: Period, progress: Progress) -> None:
    """Make the place of a period what its folder of results is; nothing where ``tonghop.toml`` names no place.

    What is there unchanged is not sent again; of what is no longer a result, only what this program put there is
    removed. Raises :class:`StoreError` and :class:`pipeline.errors.OutputError`; the next run goes on from there.
    """
    where = workspace.settings.publish
    if not where:
        return
    there: _Folder | _Store = (
        _Store(where, str(period)) if is_url(where) else _Folder(workspace.root / where, str(period))
    )
    try:
        _publish(workspace.output(period), there, progress)
    except StoreError as fault:
        raise StoreError(*fault.faults, _not_published(workspace, period)) from fault
    except OSError as fault:
        why = Text(f"{shown(where)}: {fault}.", f"{shown(where)}: {fault}.")
        raise StoreError(why, _not_published(workspace, period)) from fault


def published(workspace: Workspace, period: Period) -> Iterator[Text]:
    """Where the results of a run were copied to."""
    where = shown(workspace.settings.publish)
    if where:
        yield Text(f"Đã đưa kết quả lên {where}/{period}.", f"Published the results to {where}/{period}.")


def _publish(folder: Path, there: _Folder | _Store, progress: Progress) -> None:
    here = {name: sha256_of(path) for name, path in _results(folder)}
    sizes = there.sizes()
    before = _manifest(there.read(MANIFEST)) if MANIFEST in sizes else {}
    new = [
        name
        for name, sha256 in here.items()
        if before.get(name) != sha256 or sizes.get(name) != (folder / name).stat().st_size
    ]
    listed = {name: sha256 for name, sha256 in before.items() if name not in new}
    if listed != before:
        # Before they are sent: a list that outlives a broken run must not vouch for what was sent over since.
        there.write(_lines(listed), MANIFEST)
    # What leads to the others comes after them.
    for some in ([name for name in new if name != _ENTRY], [name for name in new if name == _ENTRY]):
        _each(some, lambda name: there.send(folder / name, name), progress)
    # A stranger's list must not have anything removed but what stands in that folder.
    gone = sorted((before.keys() & sizes.keys()) - here.keys() - {MANIFEST})
    _each(gone, there.remove, progress)
    if here != listed or MANIFEST not in sizes:
        there.write(_lines(here), MANIFEST)


def _lines(listed: Mapping[str, str]) -> bytes:
    return json.dumps(listed, indent=0, ensure_ascii=False).encode()


def _each(names: list[str], do: Callable[[str], None], progress: Progress) -> None:
    with ThreadPoolExecutor(_THREADS) as pool:
        for done, _ in enumerate(pool.map(do, names), start=1):
            progress(_SENDING, done, len(names))


def _results(folder: Path) -> Iterable[tuple[str, Path]]:
    found = sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith(_TEMPORARY))
    return [(path.relative_to(folder).as_posix(), path) for path in found]


def _manifest(data: bytes | None) -> Mapping[str, str]:
    """What was put there; of a list that is no such list nothing."""
    try:
        listed = json.loads(data or b"")
    except ValueError:
        return {}
    return {str(name): str(sha256) for name, sha256 in listed.items()} if isinstance(listed, dict) else {}


def _spelled(root: Path, place: str) -> str:
    """A place so that two spellings of it are one; a file system's URL as its folder."""
    if is_url(place) and place.partition("://")[0] not in ("file", "local"):
        return f"{place.rstrip('/')}/"
    return f"{(root / place.rpartition('://')[2]).resolve().as_posix().rstrip('/')}/"


def _overlap(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)


def _overlapping(where: str, key: str) -> StoreError:
    vi = {"inbox": "nơi nhận bộ biểu (inbox)", "output": "thư mục output của thư mục làm việc"}[key]
    en = {"inbox": "where returns come in (inbox)", "output": "the workspace's own folder output"}[key]
    return StoreError(
        Text(
            f'tonghop.toml, khóa "publish": {shown(where)} trùng hoặc lồng với {vi}. Chọn chỗ khác, riêng cho kết quả.',
            f'tonghop.toml, key "publish": {shown(where)} is, holds or lies in {en}. Choose a place for results alone.',
        )
    )


def _not_published(workspace: Workspace, period: Period) -> Text:
    folder = workspace.output(period)
    return Text(
        f"Kết quả đã ghi đủ ở {folder}, chưa đưa đi đủ. Chạy lại để đưa nốt phần còn thiếu.",
        f"The results stand complete in {folder}, but were not all published. Run again to send what is missing.",
    )
