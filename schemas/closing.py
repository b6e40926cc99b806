"""Closings of a period: the log of who closed and reopened it, and the list of inputs that a closing froze."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Literal, get_args

from schemas.csvrows import Row, day_in, place, table
from schemas.errors import DefinitionError
from schemas.near import near
from schemas.period import Period
from schemas.text import Text

Action = Literal["close", "reopen"]
InputKind = Literal["return", "history", "definition", "closing"]

ACTIONS: tuple[Action, ...] = get_args(Action)
INPUT_KINDS: tuple[InputKind, ...] = get_args(InputKind)
FOLDER = "closed"
INPUTS_FILE = "inputs.csv"
LOG_COLUMNS = ("action", "number", "when", "who", "reason", "lang", "program", "inputs_sha256", "figures_sha256")
INPUT_COLUMNS = ("kind", "path", "sha256", "size", "received_at")
_STAMP = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True, slots=True)
class Event:
    """One row of a period's log.

    ``number`` counts closings from 1; a reopening bears the number of the closing that it ends. ``lang`` is the
    language of the results that were signed, ``inputs_sha256`` the hash of the list of inputs, ``figures_sha256`` that
    of the figures they made; a reopening has none of the three.
    """

    action: Action
    number: int
    when: date
    who: str
    reason: str
    lang: str = ""
    program: str = ""
    inputs_sha256: str = ""
    figures_sha256: str = ""


@dataclass(frozen=True, slots=True)
class Input:
    """One frozen file. ``path`` is relative to the workspace, with ``/``.

    A ``return`` came back for this period or one that it is held against, a ``definition`` is the copy that was kept,
    a ``closing`` is the list of another period's inputs. ``sha256`` is empty for a folder that bears a workbook's name;
    only a return has ``received_at``.
    """

    kind: InputKind
    path: str
    sha256: str
    size: int
    received_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Frozen:
    """A closing, and every input on which its results rest, in the order in which they are read."""

    period: Period
    event: Event
    inputs: tuple[Input, ...]

    def of_kind(self, kind: InputKind) -> tuple[Input, ...]:
        """The inputs of one kind."""
        return tuple(one for one in self.inputs if one.kind == kind)

    def returns(self, period: Period) -> tuple[Input, ...]:
        """What had come back for a period when this one was closed."""
        return tuple(one for one in self.of_kind("return") if one.path.startswith(f"inbox/{period}/"))

    def closing_of(self, period: Period) -> Input | None:
        """The list of inputs of a period that was closed when this one was."""
        about = (one for one in self.of_kind("closing") if one.path.startswith(f"{FOLDER}/{period}/"))
        return next(about, None)

    def holds(self, path: str) -> bool:
        """Whether a file was there when the period was closed."""
        return any(one.path == path for one in self.inputs)


def log_path(period: Period) -> str:
    """Where the log of a period stands in a workspace."""
    return f"{FOLDER}/{period}.csv"


def closing_folder(period: Period, number: int) -> str:
    """Where a closing keeps its list of inputs and the definitions."""
    return f"{FOLDER}/{period}/{number}"


def in_force(events: Sequence[Event]) -> Event | None:
    """The closing in force after these events; none where the period is open."""
    return events[-1] if events and events[-1].action == "close" else None


def parse_log(rows: Iterable[Sequence[object]], source: str) -> tuple[Event, ...]:
    """The events in ``rows``, which begin with the header. Raises ``DefinitionError`` with every fault at once."""
    below, faults = table(rows, LOG_COLUMNS, source)
    events: list[Event] = []
    for row in below:
        event = _event(row, source, faults)
        if event is not None:
            _follows(events, event, place(source, row.number), faults)
            events.append(event)
    if faults:
        raise DefinitionError(*faults)
    return tuple(events)


def parse_inputs(rows: Iterable[Sequence[object]], source: str) -> tuple[Input, ...]:
    """The inputs in ``rows``, which begin with the header. Raises ``DefinitionError`` with every fault at once."""
    below, faults = table(rows, INPUT_COLUMNS, source)
    found = []
    for row in below:
        try:
            kind = next(kind for kind in INPUT_KINDS if kind == row.text("kind"))
            at = row.text("received_at")
            received = datetime.strptime(at, _STAMP).replace(tzinfo=UTC) if at else None
            # A name is compared as it stands on the disk, double spaces and all.
            found.append(Input(kind, str(row.cells["path"]), row.text("sha256"), int(row.text("size")), received))
        except (StopIteration, KeyError, ValueError):
            faults.append(_unreadable(place(source, row.number)))
    if faults:
        raise DefinitionError(*faults)
    return tuple(found)


def written_log(events: Iterable[Event]) -> bytes:
    """A log as its file holds it."""
    return _written(
        LOG_COLUMNS,
        (
            (e.action, e.number, e.when, e.who, e.reason, e.lang, e.program, e.inputs_sha256, e.figures_sha256)
            for e in events
        ),
    )


def written_inputs(inputs: Iterable[Input]) -> bytes:
    """A list of inputs as its file holds it."""
    return _written(
        INPUT_COLUMNS,
        (
            (one.kind, one.path, one.sha256, one.size, one.received_at.strftime(_STAMP) if one.received_at else "")
            for one in inputs
        ),
    )


def _written(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows(rows)
    # Excel takes a csv file for UTF-8 only with a byte order mark.
    return text.getvalue().encode("utf-8-sig")


def _event(row: Row, source: str, faults: list[Text]) -> Event | None:
    before = len(faults)
    when, word, at = day_in(row, "when", source, faults), row.text("action"), place(source, row.number)
    action = next((action for action in ACTIONS if action == word), None)
    if action is None:
        hint = near(word, ACTIONS)
        faults.append(
            Text(
                f'{at.vi}, cột "action": "{word}" không dùng được. Ghi close (chốt) hoặc reopen (mở lại).{hint.vi}',
                f'{at.en}, column "action": "{word}" is not known. Write close or reopen.{hint.en}',
            )
        )
    if not row.text("number").isdecimal() or not row.text("who"):
        faults.append(_unreadable(at))
    if len(faults) > before or when is None or action is None:
        return None
    words = (row.text(column) for column in LOG_COLUMNS[3:])
    return Event(action, int(row.text("number")), when, *words)


def _follows(events: Sequence[Event], event: Event, at: Text, faults: list[Text]) -> None:
    """A fault where a closing does not follow the one before, or a reopening does not end it."""
    closed, last = in_force(events), events[-1].number if events else 0
    follows = closed is not None and event.number == closed.number
    if event.action == "close":
        follows = closed is None and event.number == last + 1
    if not follows:
        faults.append(
            Text(
                f"{at.vi}: không nối tiếp dòng trên (chốt lần 1, mở lại lần 1, chốt lần 2…). "
                "Khôi phục tệp từ bản sao lưu; các dòng của nhật ký này không được xóa hay đổi chỗ.",
                f"{at.en}: does not follow the row above (close 1, reopen 1, close 2…). "
                "Restore the file from a backup; rows of this log are never removed or moved.",
            )
        )


def _unreadable(at: Text) -> Text:
    return Text(
        f"{at.vi}: không đọc được. Chương trình tự ghi tệp này; khôi phục tệp từ bản sao lưu.",
        f"{at.en}: cannot be read. The program writes this file itself; restore it from a backup.",
    )
