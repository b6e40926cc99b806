"""A closed period on the disk: its log, the inputs that it froze, and whether they are still what they were."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.errors import ClosingError
from pipeline.files import put
from pipeline.findings import Finding
from pipeline.messages import message
from pipeline.workspace import Workspace, load_workspace
from schemas.closing import (
    FOLDER,
    INPUTS_FILE,
    Event,
    Frozen,
    Input,
    closing_folder,
    in_force,
    log_path,
    parse_inputs,
    parse_log,
    written_inputs,
    written_log,
)
from schemas.csvrows import read_csv
from schemas.errors import DefinitionError
from schemas.period import Period
from schemas.text import Text

_GONE = Text("không còn ở chỗ cũ", "is no longer there")
_CHANGED = Text("đã đổi nội dung", "has another content")


@dataclass(frozen=True, slots=True)
class Broken:
    """A frozen file that is gone (``now`` is empty) or has another content (then ``now`` is its hash)."""

    period: Period
    file: Input
    now: str

    @property
    def finding(self) -> Finding:
        """The same as a finding."""
        reason = _CHANGED if self.now else _GONE
        return Finding(
            "closed-input",
            "hard",
            period=str(self.period),
            file=self.file.path,
            value=self.now,
            expected=self.file.sha256,
            params={"reason": reason},
        )


def log_of(root: Path, period: Period) -> tuple[Event, ...]:
    """Who closed and reopened a period, oldest first. Raises :class:`DefinitionError` where the log is damaged."""
    path = root / log_path(period)
    return parse_log(read_csv(path), log_path(period)) if path.is_file() else ()


def closing_in_force(root: Path, period: Period) -> Frozen | None:
    """The closing of a period; ``None`` while it is open. Raises as :func:`closing_numbered` does."""
    events = log_of(root, period)
    lost = _without_row(root, period, events)
    if lost is not None:
        raise ClosingError(
            Text(
                f"{log_path(period)}: thiếu dòng chốt lần {lost}, mà thư mục {closing_folder(period, lost)} còn đó. "
                "Khôi phục nhật ký từ bản sao lưu; nếu lần chốt ấy bị ngắt giữa chừng thì xóa thư mục đó rồi chạy lại.",
                f"{log_path(period)}: the row of closing {lost} is missing, while {closing_folder(period, lost)} "
                "is there. Restore the log from a backup; if that closing was broken off, delete the folder.",
            )
        )
    event = in_force(events)
    return None if event is None else _frozen(root, period, event)


def _without_row(root: Path, period: Period, events: Sequence[Event]) -> int | None:
    """A closing that has a list of inputs and no row in the log."""
    told = {event.number for event in events}
    lists = sorted((root / FOLDER / str(period)).glob(f"*/{INPUTS_FILE}"))
    numbers = [int(path.parent.name) for path in lists if path.parent.name.isdecimal()]
    return next((number for number in numbers if number not in told), None)


def closing_numbered(root: Path, period: Period, number: int) -> Frozen:
    """One closing of a period, in force or not.

    Raises :class:`ClosingError` where its list of inputs is gone or is not the one that was signed.
    """
    for event in log_of(root, period):
        if event.action == "close" and event.number == number:
            return _frozen(root, period, event)
    raise ClosingError(*_words([_list_of(period, number, "", b"", b"")]))


def _frozen(root: Path, period: Period, event: Event) -> Frozen:
    path = root / closing_folder(period, event.number) / INPUTS_FILE
    data = path.read_bytes() if path.is_file() else b""
    if hashlib.sha256(data).hexdigest() != event.inputs_sha256:
        raise ClosingError(*_words([_list_of(period, event.number, event.inputs_sha256, data, data)]))
    source = f"{closing_folder(period, event.number)}/{INPUTS_FILE}"
    return Frozen(period, event, parse_inputs(read_csv(path), source))


def _list_of(period: Period, number: int, sha256: str, data: bytes, now: bytes) -> Broken:
    listed = Input("closing", f"{closing_folder(period, number)}/{INPUTS_FILE}", sha256, len(data))
    return Broken(period, listed, hashlib.sha256(now).hexdigest() if now else "")


def at_closing(root: Path, frozen: Frozen) -> Workspace:
    """The workspace as it was defined when a period was closed.

    Raises :class:`DefinitionError` where this program cannot read the definitions of then.
    """
    folder = closing_folder(frozen.period, frozen.event.number)
    kept = {one.path.removeprefix(f"{folder}/"): root / one.path for one in frozen.of_kind("definition")}
    try:
        then = load_workspace(root, kept)
    except DefinitionError as fault:
        raise DefinitionError(
            *(Text(f"Bản chốt {folder}: {one.vi}", f"As closed, {folder}: {one.en}") for one in fault.faults)
        ) from fault
    return replace(then, frozen=frozen)


def broken(root: Path, period: Period, inputs: Iterable[Input]) -> Iterator[Broken]:
    """Those of these frozen files that are gone or have another content."""
    for one in inputs:
        path = root / one.path
        if not one.sha256:
            if not path.is_dir():
                yield Broken(period, one, "")
            continue
        now = hash_of(path)
        if now != one.sha256:
            yield Broken(period, one, now)


def hash_of(path: Path) -> str:
    """The sha256 of a file; empty where there is none or it cannot be read."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""


def ensure_whole(found: Sequence[Broken]) -> None:
    """Raise :class:`ClosingError` naming every frozen file that is not what it was."""
    if found:
        raise ClosingError(*_words(found))


def _words(found: Sequence[Broken]) -> list[Text]:
    return [Text(*(message(one.finding, lang) for lang in ("vi", "en"))) for one in found]


def keep_definitions(root: Path, period: Period, number: int, files: Mapping[str, Path]) -> list[Input]:
    """Copy the definitions of the day into the folder of a closing. Raises :class:`pipeline.errors.OutputError`."""
    folder, kept = closing_folder(period, number), []
    discard(root, period, number)
    for name, path in files.items():
        data = path.read_bytes()
        put(root / folder / name, _holding(data))
        kept.append(Input("definition", f"{folder}/{name}", hashlib.sha256(data).hexdigest(), len(data)))
    return kept


def keep_inputs(root: Path, period: Period, number: int, inputs: Iterable[Input]) -> str:
    """Write the list of inputs of a closing; its hash."""
    data = written_inputs(inputs)
    put(root / closing_folder(period, number) / INPUTS_FILE, _holding(data))
    return hashlib.sha256(data).hexdigest()


def discard(root: Path, period: Period, number: int) -> None:
    """Remove what a closing that never came to be has left."""
    shutil.rmtree(root / closing_folder(period, number), ignore_errors=True)


def record(root: Path, period: Period, event: Event) -> None:
    """Add a row to the log of a period, which is replaced in one step; no row of it ever changes."""
    put(root / log_path(period), _holding(written_log((*log_of(root, period), event))))


def _holding(data: bytes) -> Callable[[Path], bool]:
    def write(path: Path) -> bool:
        path.write_bytes(data)
        return True

    return write
