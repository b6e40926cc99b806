"""What came back for a period: all of its inbox while it is open, and just what was frozen once it is closed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from pipeline.cache_records import Place
from pipeline.closing import at_closing, broken, closing_in_force, closing_numbered, ensure_whole
from pipeline.errors import ClosingError
from pipeline.findings import Finding
from pipeline.history import UnitFigures, read_history
from pipeline.obligations import obligations
from pipeline.read import read_files, read_inbox, read_named
from pipeline.read_files import File, archive_of, inbox_files, refused, relative
from pipeline.results import Closed, Results
from pipeline.rows import rows_of
from pipeline.submission import Submission
from pipeline.workspace import Workspace
from schemas.closing import Frozen, Input, log_path
from schemas.decisions import Decision
from schemas.errors import DefinitionError, TonghopError
from schemas.period import Period
from schemas.settings import Settings
from schemas.text import Text

AFTER_CLOSE = "after-close"


def in_force(workspace: Workspace, period: Period) -> Workspace:
    """The workspace that holds for a period: as it was closed, else as it stands.

    Raises :class:`ClosingError` naming every frozen file that is gone or changed: what was signed could not be worked
    out again.
    """
    if workspace.frozen is not None:
        return workspace
    frozen = closing_in_force(workspace.root, period)
    if frozen is None:
        return workspace
    ensure_unbroken(workspace.root, frozen)
    return at_closing(workspace.root, frozen)


def ensure_unbroken(root: Path, frozen: Frozen) -> None:
    """Raise :class:`ClosingError` naming every file that a closing rests on and that is not what it was."""
    found = [*broken(root, frozen.period, frozen.inputs)]
    for one in frozen.of_kind("closing"):
        other = _other_closing(root, one)
        found += broken(root, other.period, [*other.of_kind("definition"), *other.returns(other.period)])
    ensure_whole(found)


def for_earlier(workspace: Workspace, period: Period) -> tuple[Workspace, tuple[Finding, ...]]:
    """The workspace that the figures of an earlier period are read in, and what is amiss with what was frozen.

    Of a closed one that is how it was defined then, but with the forms of today, in whose terms they are needed. A
    frozen file that is gone or changed gives no figures; nor does it stop the period at hand.
    """
    frozen = workspace.frozen
    if frozen is not None:
        listed = frozen.closing_of(period)
        if listed is None:
            return workspace, ()
        return replace(at_closing(workspace.root, _other_closing(workspace.root, listed)), forms=workspace.forms), ()
    try:
        closed = closing_in_force(workspace.root, period)
        if closed is None:
            return workspace, ()
        then = at_closing(workspace.root, closed)
    except TonghopError as fault:
        words = Text("; ".join(one.vi for one in fault.faults), "; ".join(one.en for one in fault.faults))
        amiss = Finding("closing-unusable", "hard", period=str(period), file=log_path(period), params={"fault": words})
        return workspace, (amiss,)
    found = [*broken(workspace.root, period, closed.returns(period))]
    lost = {one.file.path for one in found}
    kept = replace(closed, inputs=tuple(one for one in closed.inputs if one.path not in lost))
    return replace(then, forms=workspace.forms, frozen=kept), tuple(one.finding for one in found)


def _other_closing(root: Path, listed: Input) -> Frozen:
    """The closing of another period whose list of inputs this is."""
    _, period, number, _ = listed.path.split("/")
    return closing_numbered(root, Period.parse(period), int(number))


def returns_of(workspace: Workspace, period: Period) -> list[Submission]:
    """What came back for a period; of a closed one what was frozen, received when it was then."""
    if workspace.frozen is None:
        place = workspace.inbox(period)
        root, forms, engine = workspace.root, workspace.forms, workspace.engine
        return read_inbox(place, root, forms, again=False, engine=engine, elsewhere=workspace.elsewhere)
    kept = workspace.frozen.returns(period)
    files = [workspace.root / one.path for one in kept if one.sha256]
    folders = [workspace.root / one.path for one in kept if not one.sha256]
    closed = Place(workspace.root, f"{period}-closed", workspace.forms)
    read = read_files(files, workspace.root, workspace.forms, closed, workspace.engine) + [
        refused(File(path, relative(path, workspace.root), workspace.forms), b"", "not-a-file") for path in folders
    ]
    return as_received(workspace.frozen, workspace.root, read)


def returns_named(workspace: Workspace, period: Period, files: Sequence[str]) -> list[Submission]:
    """These files of a period read once more, in this order; what is gone is left out."""
    if workspace.elsewhere:
        order = {file: i for i, file in enumerate(files)}
        return sorted((one for one in returns_of(workspace, period) if one.file in order), key=lambda s: order[s.file])
    paths = [workspace.root / file for file in files]
    read = read_files([path for path in paths if archive_of(path).is_file()], workspace.root, workspace.forms)
    return as_received(workspace.frozen, workspace.root, read)


def history_of(workspace: Workspace, period: Period) -> UnitFigures:
    """A period's figures from before the program was used; none where they came after the closing."""
    path, frozen = workspace.history(period), workspace.frozen
    if frozen is not None and not frozen.holds(relative(path, workspace.root)):
        return {}
    return read_history(path, workspace.forms)


def as_received(frozen: Frozen | None, root: Path, submissions: Iterable[Submission]) -> list[Submission]:
    """These returns with the time at which they had been received when their period was closed."""
    times = _times(frozen)
    return [
        replace(one, received_at=times.get(relative(archive_of(root / one.file), root), one.received_at))
        for one in submissions
    ]


def _times(frozen: Frozen | None) -> Mapping[str, datetime]:
    kept = frozen.of_kind("return") if frozen else ()
    return {one.path: one.received_at for one in kept if one.received_at is not None}


def figures_sha256(results: Results) -> str:
    """The hash of every figure of a run and of what it was made of; the language of the results has no part in it."""
    rows = (row for name in ("observations", "rollup") for row in rows_of(results, name))
    return hashlib.sha256("\n".join("\t".join(map(str, row)) for row in rows).encode()).hexdigest()


def program() -> str:
    """The version of the program; empty where it is not installed as a package."""
    try:
        return version("tonghop")
    except PackageNotFoundError:
        return ""


def ensure_as_signed(results: Results) -> None:
    """Raise :class:`ClosingError` where a closed period gives other figures than those that were signed."""
    event = results.closed.event if results.closed else None
    if event is None or not event.figures_sha256:
        return
    period = results.owed.period
    if results.only_accepted:
        raise ClosingError(
            Text(
                f"Kỳ {period} đã chốt với mọi đơn vị; không dùng --only-accepted được. Bỏ tùy chọn ấy, hoặc mở lại kỳ.",
                f"Period {period} was closed with all units: --only-accepted cannot be used. Leave it out, or reopen.",
            )
        )
    if figures_sha256(results) != event.figures_sha256:
        raise ClosingError(
            Text(
                f"Kỳ {period}: đủ các tệp lúc chốt, nhưng chương trình nay (phiên bản {program()}) tính ra số khác "
                f"(lúc chốt: phiên bản {event.program}). Kết quả đã ký trong output/{period} được giữ nguyên. "
                f"Dùng lại phiên bản ấy, hoặc mở lại kỳ: tonghop close --period {period} --reopen.",
                f"Period {period}: all files are those of its closing, but this program (version {program()}) makes "
                f"other figures of them (then: version {event.program}). The signed results in output/{period} are "
                f"left as they are. Use that version, or reopen: tonghop close --period {period} --reopen.",
            )
        )


def since(today: Workspace, then: Workspace) -> Closed | None:
    """The closing that a run rests on, and all that came or changed since; nothing of it has any effect."""
    frozen = then.frozen
    if frozen is None:
        return None
    period = frozen.period
    present, _ = inbox_files(today.inbox(period), today.root, then.forms, today.elsewhere)
    files = read_named([file for file in present if not frozen.holds(file.name)])
    later = [replace(one, status="set-aside", reason=AFTER_CLOSE, findings=()) for one in files]
    notes = [*(_came_later(frozen, one) for one in later), *_decided(today, then), *_defined(today, then)]
    return Closed(frozen.event, tuple(later), tuple(notes))


def after_close(frozen: Frozen | None, submission: Submission) -> Iterator[Finding]:
    """A note on a file that is none of those with which its period was closed, wherever it lies."""
    if frozen is None or any(one.sha256 == submission.sha256 for one in frozen.of_kind("return")):
        return
    if not any(submission.file.startswith(f"{one.path}/") for one in frozen.returns(frozen.period)):
        yield _came_later(frozen, submission)


def _came_later(frozen: Frozen, submission: Submission) -> Finding:
    day = f"{frozen.event.when:%d/%m/%Y}"
    return Finding(
        AFTER_CLOSE, "info", unit=submission.unit, period=str(frozen.period), file=submission.file, value=day
    )


def _decided(today: Workspace, then: Workspace) -> Iterator[Finding]:
    """Decisions about the period that were written, altered or deleted since."""
    assert then.frozen is not None
    period = then.frozen.period
    before, now = ({_said(one): one for one in place.decided(period)} for place in (then, today))
    new = [one.row for said, one in now.items() if said not in before]
    gone = [one.row for said, one in before.items() if said not in now]
    if new:
        yield _changed(
            then.frozen,
            "decisions.csv",
            Text(f"dòng {_listed(new)} ghi sau khi chốt", f"row {_listed(new)} was written since"),
        )
    if gone:
        yield _changed(
            then.frozen,
            "decisions.csv",
            Text(
                f"dòng {_listed(gone)} lúc chốt nay đã sửa hoặc bỏ",
                f"row {_listed(gone)} of then was altered or deleted",
            ),
        )


def _said(decision: Decision) -> Decision:
    # Where it stands in the file does not matter.
    return replace(decision, row=0)


def _listed(rows: Iterable[int]) -> str:
    return ", ".join(map(str, rows))


def _defined(today: Workspace, then: Workspace) -> Iterator[Finding]:
    """Definitions that say something else about the period than when it was closed."""
    assert then.frozen is not None
    period = then.frozen.period
    different = Text("nội dung cho kỳ này nay khác lúc chốt", "says something else about this period now")
    try:
        now = obligations(today, period)
    except DefinitionError:
        yield _changed(then.frozen, "tonghop.toml", different)
        return
    before = obligations(then, period)
    same = {
        "tonghop.toml": now.dates == before.dates and _words(today, period) == _words(then, period),
        "schemas/units.csv": now.tree.units == before.tree.units,
        "schemas/targets.csv": (now.targets, now.replaced) == (before.targets, before.replaced),
        "schemas/forms": list(now.forms) == list(before.forms),
        "schemas/mau-cau.txt": today.sentences == then.sentences,
    }
    for file, as_before in same.items():
        if not as_before:
            yield _changed(then.frozen, file, different)


def _words(workspace: Workspace, period: Period) -> Settings:
    """What the settings say apart from the dates of periods."""
    return replace(workspace.settings, current_period=period, periods={}, inbox="", publish="")


def _changed(frozen: Frozen, file: str, what: Text) -> Finding:
    return Finding(
        AFTER_CLOSE,
        "info",
        period=str(frozen.period),
        file=file,
        value=f"{frozen.event.when:%d/%m/%Y}",
        say="after-close-changed",
        params={"said": what},
    )
