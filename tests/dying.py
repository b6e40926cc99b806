"""A reader whose process ends on some files, as a library that aborts would end it, or hangs, as a drive may."""

from __future__ import annotations

import os
import time
from multiprocessing import parent_process
from pathlib import Path

from pipeline.read import read_files
from pipeline.read_files import File
from pipeline.submission import Submission


def dies(file: File) -> list[Submission]:
    """Ends the process on a file named for it, but never the one that tests run in.

    It does so every time for ``chet``, as often as there are marks beside the file for ``lan``.
    """
    name = file.path.name
    if parent_process() is not None:
        if name.startswith("chet"):
            os._exit(3)
        if name.startswith("lan"):
            marks = sorted(file.path.parent.glob(f"{file.path.stem}.mark*"))
            if marks:
                marks[0].unlink()
                os._exit(3)
    return read_files([file.path], file.path.parent, file.forms)


def hangs(file: File) -> list[Submission]:
    """Does not come back, as long as any test lasts, from a file named ``treo``, but never in the process of the tests.

    From one named ``cham`` it does not as often as there are marks beside it.
    """
    name = file.path.name
    if parent_process() is not None:
        marks = sorted(file.path.parent.glob(f"{file.path.stem}.mark*")) if name.startswith("cham") else []
        if marks:
            marks[0].unlink()
        if marks or name.startswith("treo"):
            time.sleep(600)
    return read_files([file.path], file.path.parent, file.forms)


def counted(asked: bytes, shared: bytes) -> bytes:
    """The number asked for; of one that ``shared`` names with a word it dies, hangs or fails."""
    what, _, number = shared.decode().partition(" ")
    if asked.decode() == number and parent_process() is not None:
        match what:
            case "dies":
                os._exit(3)
            case "hangs":
                time.sleep(600)
            case "fails":
                raise ValueError
    return asked


def joined(*answers: bytes) -> bytes:
    """All these answers, one after the other; one more says that they were joined."""
    return b" ".join(answers)


def slow(file: File) -> list[Submission]:
    """Takes half a second for each file."""
    time.sleep(0.5)
    return read_files([file.path], file.path.parent, file.forms)


def mark(path: Path, times: int) -> None:
    """Let the file end its process so many times."""
    for i in range(times):
        path.with_name(f"{path.stem}.mark{i}").touch()
