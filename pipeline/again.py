"""A run that would only repeat the last one is told, not done: same program, same inputs, its results untouched.

Nothing heavy is imported here, for the answer is to be there at once.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from pipeline.cache import FOLDER, keep, kept, key_of
from pipeline.cache_program import program_key
from pipeline.files import lock, sha256_again
from schemas.errors import TonghopError

_SETTINGS = "tonghop.toml"
# All that a run reads of a workspace, whatever the period: one before may be needed, or one that was closed.
_INPUTS = (_SETTINGS, "decisions.csv", "schemas", "input_templates", "inbox", "history", "closed")
_RECEIVED = "inbox/"
_THREADS = 4


@dataclass(frozen=True, slots=True)
class Question:
    """One run that is asked for: of which workspace, with which arguments, and the key of all that it depends on."""

    root: Path
    arguments: tuple[str, ...]
    key: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What a run told its user, its exit status, and the ``folder`` that it left results in, if it writes any."""

    status: int
    lines: tuple[str, ...]
    folder: Path | None = None


def question(start: Path, *arguments: str) -> Question | None:
    """The run that these arguments ask for; ``None`` where there is no workspace or an input cannot be read."""
    start = start.resolve()
    root = next((folder for folder in (start, *start.parents) if (folder / _SETTINGS).is_file()), None)
    if root is None or _goes_elsewhere(root / _SETTINGS):
        return None
    try:
        inputs = _hashes(root, (path for name in _INPUTS for path in _below(root / name)), received=True)
    except OSError:
        return None
    return Question(root, arguments, key_of(program_key(), str(root), *arguments, *inputs))


def _goes_elsewhere(settings: Path) -> bool:
    """Whether returns come in from another place, or results go on to one: only a run knows what is there now."""
    try:
        found = tomllib.loads(settings.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError):
        return True
    return "inbox" in found or "publish" in found


def answered(asked: Question) -> Answer | None:
    """What the same run told before, while every file that it left is as it left it.

    Raises as :func:`pipeline.files.lock` does where another run is at work.
    """
    payload = kept(_place(asked), asked.key)
    if payload is None:
        return None
    told = json.loads(payload)
    folder = asked.root / told["folder"] if told["folder"] else None
    if folder is not None and _left_alone(asked.root, folder) != told["left"]:
        return None
    return Answer(told["status"], tuple(told["lines"]), folder)


def remember(asked: Question, answer: Answer) -> None:
    """Keep what a run told and what it left; nothing where an input changed while it was at work.

    Nothing either where another run is at work by now: what it has left so far, and may be killed over, is not this
    one's.
    """
    try:
        left = _left_alone(asked.root, answer.folder) if answer.folder else []
    except TonghopError:
        return
    if left is None or question(asked.root, *asked.arguments) != asked:
        return
    folder = answer.folder.relative_to(asked.root).as_posix() if answer.folder else ""
    told = {"status": answer.status, "lines": answer.lines, "folder": folder, "left": left}
    keep(_place(asked), asked.key, json.dumps(told).encode())


def _place(asked: Question) -> Path:
    return asked.root / FOLDER / f"told-{key_of(*asked.arguments).hex()[:12]}.bin"


def _left_alone(root: Path, folder: Path) -> list[str] | None:
    """What stands in a folder of results while no run is at work; ``None`` where some of it cannot be read."""
    with lock(root / FOLDER):
        try:
            return _hashes(root, _below(folder), received=False)
        except OSError:
            return None


def _below(path: Path) -> Iterator[Path]:
    """The files there, and folders that bear the name of a file, in the order of their names."""
    if path.is_file():
        yield path
    elif path.is_symlink():
        # What lies behind might be anything.
        raise OSError
    elif path.is_dir():
        if path.suffix:
            yield path
        for inside in sorted(path.iterdir()):
            yield from _below(inside)


def _hashes(root: Path, paths: Iterable[Path], *, received: bool) -> list[str]:
    """Each of these by its name and content, and where it counts by the second in which it was received."""

    def lines(some: Sequence[Path]) -> list[str]:
        return [_line(path.relative_to(root).as_posix(), path, received) for path in some]

    listed = [*paths]
    with ThreadPoolExecutor(_THREADS) as pool:
        # A few large tasks: one for each file would cost more than its hash.
        return sorted(chain.from_iterable(pool.map(lines, [listed[i::_THREADS] for i in range(_THREADS)])))


def _line(name: str, path: Path, received: bool) -> str:
    content = sha256_again(path) if path.is_file() else ""
    second = int(path.stat().st_mtime) if received and name.startswith(_RECEIVED) else 0
    return f"{name}\n{content}\n{second}"
