"""Results under a temporary name first, then in one step under their own; one run at a time."""

from __future__ import annotations

import contextlib
import errno
import getpass
import hashlib
import os
import re
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from functools import lru_cache
from itertools import chain, islice
from pathlib import Path

from pipeline.errors import BusyError, OutputError
from schemas.text import Text

# Where the program writes below a workspace; what a person fills in or receives is in none of them but the packages.
_WRITTEN = (".tonghop", "output", "input_templates", "closed")
_ENDINGS = "bin|csv|docx|html|parquet|toml|xlsx|zip"
# As ``beside`` names them. No program that keeps, copies or syncs files names its own so.
_UNFINISHED = re.compile(rf"\..+\.({_ENDINGS})\.[0-9]+(-[0-9]+)?\.tmp")
_CHUNK = 1024 * 1024
# The coarsest step, in seconds, in which a disk tells the time of a change; how many files' hashes are remembered.
_STEP, _HASHES = 2.0, 4_096
_CANNOT_FLUSH = (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP)


def beside(path: Path) -> Path:
    """Where a file is made before it gets its name: hidden, beside it, and of no other run or thread.

    What a run that was killed leaves there is removed by the next that holds the lock.
    """
    return path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}.tmp")


def put(path: Path, write: Callable[[Path], bool]) -> None:
    """Let ``write`` make the file under a temporary name beside ``path``, then rename it if it says so.

    Where the same content stands there already, that file is left as it is: its time says when it became what it is,
    and whoever copies or mails what is new need not take it again. Raises :class:`OutputError` when the target is open
    in Excel or the folder cannot be written; what stood there stays as it was.
    """
    # Here, for neither to hold the lock nor to read needs a package.
    from xlsxwriter.exceptions import XlsxFileError

    temporary = beside(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if write(temporary) and not _are_same(temporary, path):
            _flush(temporary)
            temporary.replace(path)
    except XlsxFileError as fault:
        own = fault.args[0] if fault.args and isinstance(fault.args[0], OSError) else OSError(str(fault))
        raise _cannot_write(path, own) from fault
    except OSError as fault:
        raise _cannot_write(path, fault) from fault
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def put_bytes(path: Path, data: bytes) -> None:
    """The same of a content that is at hand."""

    def write(temporary: Path) -> bool:
        temporary.write_bytes(data)
        return True

    put(path, write)


def _are_same(one: Path, other: Path) -> bool:
    """Whether both are files with the same content."""
    if not other.is_file() or one.stat().st_size != other.stat().st_size:
        return False
    with one.open("rb") as left, other.open("rb") as right:
        return all(left.read(_CHUNK) == part for part in iter(lambda: right.read(_CHUNK), b""))


def _flush(path: Path) -> None:
    """Have the disk hold the content before the name does: after a power cut the file is the old or the new one.

    Left to itself a disk may keep the new name first, and a package or decision that is empty stays so: no later run
    makes it again. That costs a few milliseconds a file.
    """
    with path.open("r+b") as file:
        try:
            os.fsync(file.fileno())
        except OSError as fault:
            # Some shared folders cannot be told; anything else says that the content was not kept.
            if fault.errno not in _CANNOT_FLUSH:
                raise


def sha256_of(path: Path) -> str:
    """The hash of a file's content, however large it is. Raises :class:`OSError`."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sha256_again(path: Path) -> str:
    """The same; of a file that was hashed a moment ago and has not been changed since it is not worked out again."""
    found = path.stat()
    # Of one that was changed just now the next change might bear the same time.
    if time.time() - found.st_mtime < _STEP:
        return sha256_of(path)
    return _hashed(path, (found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino))


@lru_cache(maxsize=_HASHES)
def _hashed(path: Path, _version: tuple[int, ...]) -> str:
    return sha256_of(path)


def ensure_free(paths: Iterable[Path]) -> None:
    """Raise :class:`OutputError` while nothing is lost yet if one of these existing files cannot be replaced."""
    for path in paths:
        if path.is_file():
            try:
                with path.open("r+b"):
                    pass
            except OSError as fault:
                raise _cannot_write(path, fault) from fault


def remove(path: Path) -> None:
    """Remove a result of an earlier run. Raises :class:`OutputError` when it is open in Excel."""
    try:
        path.unlink(missing_ok=True)
    except OSError as fault:
        raise _cannot_write(path, fault) from fault


def _cannot_write(path: Path, fault: OSError) -> OutputError:
    if isinstance(fault, PermissionError) and path.is_file() and os.access(path.parent, os.W_OK):
        return OutputError(
            Text(
                f"Không ghi được {path}: tệp đang mở trong Excel. Hãy đóng tệp rồi chạy lại; tệp cũ còn nguyên.",
                f"Cannot write {path}: it is open in Excel. Close it and run again; the old file is as it was.",
            )
        )
    why = fault.strerror or str(fault)
    return OutputError(
        Text(
            f"Không ghi được {path} ({why}). Hãy kiểm tra quyền ghi và chỗ trống của thư mục rồi chạy lại.",
            f"Cannot write {path} ({why}). Check the folder's permissions and free space, then run again.",
        )
    )


@contextlib.contextmanager
def lock(folder: Path) -> Iterator[None]:
    """Hold the workspace that ``folder`` is in for one run, and remove what runs that were killed left unfinished.

    Raises :class:`BusyError` naming who holds it, and :class:`OutputError` where nothing can be written.

    The operating system lets go of the lock when its process ends, however it ends.
    """
    path = folder / "lock"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = path.open("a+", encoding="utf-8")
    except OSError as fault:
        raise _cannot_write(path, fault) from fault
    with file:
        if not _seize(file.fileno()):
            raise _busy(folder)
        holder = folder / "lock-holder.txt"
        with contextlib.suppress(OSError):
            holder.write_text(f"{_user()}@{socket.gethostname()}, {datetime.now():%d/%m/%Y %H:%M}", encoding="utf-8")
        try:
            _sweep(folder.parent)
            yield
        finally:
            with contextlib.suppress(OSError):
                holder.unlink(missing_ok=True)
            _release(file.fileno())


def _sweep(root: Path) -> None:
    """Remove unfinished files of runs that are no more: whoever writes holds the lock, but for what is only a cache.

    Of the workspace's own folder only what stands in it itself; the inbox is not looked into.
    """
    for folder, _, names in chain(islice(os.walk(root), 1), *(os.walk(root / name) for name in _WRITTEN)):
        for name in filter(_UNFINISHED.fullmatch, names):
            # One that another program holds open goes next time.
            with contextlib.suppress(OSError):
                Path(folder, name).unlink()


def _busy(folder: Path) -> BusyError:
    try:
        who = (folder / "lock-holder.txt").read_text(encoding="utf-8") or "?"
    except (OSError, UnicodeDecodeError):
        # That run is just beginning, or just over.
        who = "?"
    return BusyError(
        Text(
            f"Thư mục làm việc đang được dùng bởi {who}. Chờ lần chạy đó xong rồi chạy lại.",
            f"The workspace is in use by {who}. Wait for that run to end and run again.",
        )
    )


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "?"


if os.name == "nt":
    import msvcrt

    def _seize(descriptor: int) -> bool:
        os.lseek(descriptor, 0, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        except OSError:
            return False
        return True

    def _release(descriptor: int) -> None:
        os.lseek(descriptor, 0, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)  # type: ignore[attr-defined,unused-ignore]

else:
    import fcntl

    def _seize(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def _release(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_UN)
