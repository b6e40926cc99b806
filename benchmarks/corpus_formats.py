"""Some returns as other programs leave them: saved as .xls, or saved again by LibreOffice."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

# LibreOffice stops at 248 files of one call without a word; each file takes it some 0.1 s.
_AT_ONCE, MOST = 100, 200


def saved_otherwise(files: Sequence[Path], share: float, kind: str, chance: random.Random) -> list[Path]:
    """Convert so many per cent of the files, at most :data:`MOST`, in their place; those that were converted.

    An .xls takes the place of its .xlsx. The time of receipt stays.
    """
    count = min(MOST, round(len(files) * share / 100))
    chosen = sorted(chance.sample(list(files), count))
    done: list[Path] = []
    for start in range(0, count, _AT_ONCE):
        done += _converted(chosen[start : start + _AT_ONCE], kind)
    return done


def _converted(files: Sequence[Path], kind: str) -> list[Path]:
    done = []
    with tempfile.TemporaryDirectory() as scratch:
        command = ["soffice", f"-env:UserInstallation=file://{scratch}/profile", "--headless", "--convert-to", kind]
        target = Path(scratch) / "out"
        subprocess.run([*command, "--outdir", str(target), *map(str, files)], check=True, capture_output=True)
        for path in files:
            made, stood = target / f"{path.stem}.{kind}", path.stat()
            if not made.is_file():
                raise SystemExit(f"LibreOffice left out {path.name}")
            path.unlink()
            own = path.with_suffix(f".{kind}")
            shutil.copyfile(made, own)
            os.utime(own, ns=(stood.st_atime_ns, stood.st_mtime_ns))
            done.append(own)
    return done
