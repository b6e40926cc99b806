"""Which results were made of what, so that one that stands there as it was made is not made again."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from pipeline.cache import FOLDER, keep, kept, key_of
from pipeline.cache_program import program_key

Made = dict[str, list[str]]
"""By the name of a result a hash of all that it was made of, and the hash of its content."""


def made_before(root: Path, name: str) -> Made:
    """What was kept under a name; nothing where that is of another program."""
    payload = kept(_place(root, name), key_of(program_key(), name))
    made = json.loads(payload) if payload else {}
    return made if isinstance(made, dict) else {}


def keep_made(root: Path, name: str, made: Made) -> None:
    """Keep it for the next run."""
    keep(_place(root, name), key_of(program_key(), name), json.dumps(made).encode())


def is_as_made(path: Path, made: list[str] | None, of: str) -> bool:
    """Whether a result was made of this and has the content that it then had."""
    try:
        return made is not None and made == [of, hashlib.sha256(path.read_bytes()).hexdigest()]
    except OSError:
        return False


def _place(root: Path, name: str) -> Path:
    return root / FOLDER / f"made-{name}.bin"
