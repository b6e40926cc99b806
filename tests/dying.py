"""A reader whose process ends on some files, as a library that aborts would end it."""

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


def slow(file: File) -> list[Submission]:
    """Takes half a second for each file."""
    time.sleep(0.5)
    return read_files([file.path], file.path.parent, file.forms)


def mark(path: Path, times: int) -> None:
    """Let the file end its process so many times."""
    for i in range(times):
        path.with_name(f"{path.stem}.mark{i}").touch()
