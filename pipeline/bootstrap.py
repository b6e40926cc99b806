"""From a fresh checkout to a running command, with nothing but Python: ``python -m pipeline.bootstrap demo``.

Makes ``.venv``, installs the locked packages with their hashes checked, and runs the demo or the tests in it. Knows
the standard library only, and no syntax newer than Python 3.8, so that an old Python can still be told what it lacks.
"""

from __future__ import annotations

import hashlib
import io
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OLDEST = (3, 11)
NEWEST = (3, 13)
# The first lock that a task names is what it installs; an environment made from any of them will do.
LOCKS: Mapping[str, Sequence[str]] = {
    "demo": ("requirements.lock", "requirements-dev.lock"),
    "test": ("requirements-dev.lock",),
}
STAMP = "tonghop.stamp"
FOUND = 1
UNUSABLE = 2
INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run the task that the command line names; the exit status is that of what it ran."""
    for stream in (sys.stdout, sys.stderr):
        # A redirected stream on Windows is in a code page that has no Vietnamese.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8")
    task, *rest = (sys.argv[1:] if argv is None else argv) or [""]
    if task not in LOCKS:
        _say(
            "Cách dùng: python -m pipeline.bootstrap demo [thư mục] | test [tham số của pytest]",
            "Usage: python -m pipeline.bootstrap demo [folder] | test [options of pytest]",
        )
        return UNUSABLE
    if not supported(sys.version_info[:2]):
        _say(*unsupported(sys.version_info[:2], os.name, task))
        return UNUSABLE
    venv = venv_folder(ROOT, os.environ)
    try:
        status = prepare(venv, ROOT, LOCKS[task])
        if status:
            return status
        status = subprocess.run(command(task, rest, venv, os.name), cwd=ROOT, check=False).returncode
        # The demo plants mistakes; that tonghop says so by its status is the demo going well.
        return 0 if task == "demo" and status == FOUND else status
    except KeyboardInterrupt:
        return INTERRUPTED


def supported(version: tuple[int, int]) -> bool:
    """Whether the locked packages exist for this Python."""
    return OLDEST <= version <= NEWEST


def unsupported(version: tuple[int, int], system: str, task: str) -> tuple[str, str]:
    """The sentence for a Python that will not do, in Vietnamese and in English."""
    found = f"{version[0]}.{version[1]}"
    span = f"{OLDEST[0]}.{OLDEST[1]}–{NEWEST[0]}.{NEWEST[1]}"
    start = "py -3.13" if system == "nt" else "python3.13"
    return (
        f"Cần Python {span}, đây là Python {found}. Cài Python 3.13 rồi chạy: {start} -m pipeline.bootstrap {task}",
        f"This is Python {found}; {span} is needed. Install Python 3.13, then: {start} -m pipeline.bootstrap {task}",
    )


def venv_folder(root: Path, environ: Mapping[str, str]) -> Path:
    """``.venv`` in the checkout, or where ``TONGHOP_VENV`` says."""
    return Path(environ.get("TONGHOP_VENV") or root / ".venv").absolute()


def program(venv: Path, name: str, system: str) -> Path:
    """Where a virtual environment keeps an executable."""
    return venv / "Scripts" / f"{name}.exe" if system == "nt" else venv / "bin" / name


def command(task: str, rest: Sequence[str], venv: Path, system: str) -> list[str]:
    """What a task runs, inside the environment."""
    if task == "demo":
        return [str(program(venv, "tonghop", system)), "demo", *(rest or ["demo"])]
    return [str(program(venv, "python", system)), "-m", "pytest", *rest]


def digest(root: Path, lock: str, version: tuple[int, int]) -> str:
    """What an environment was made from; it names the checkout, for a moved environment points to the old place."""
    parts = [f"{version[0]}.{version[1]}".encode(), str(root).encode("utf-8", "surrogatepass")]
    parts += [(root / name).read_bytes() for name in (lock, "pyproject.toml")]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def is_ready(venv: Path, digests: Sequence[str]) -> bool:
    """Whether the environment was finished, and from one of these."""
    stamp = venv / STAMP
    return stamp.is_file() and stamp.read_text(encoding="ascii").strip() in digests


def refusal(venv: Path, prefix: Path) -> tuple[str, str] | None:
    """Why the environment must not be made anew in this folder, which empties it; nothing when it may."""
    if prefix == venv:
        return (
            f"Môi trường {venv.name} đã cũ. Gõ deactivate rồi chạy lại bằng Python của máy.",
            f"The environment {venv.name} is out of date. Type deactivate, then run this again with another Python.",
        )
    if venv.exists() and not (venv / "pyvenv.cfg").is_file() and not (venv.is_dir() and not any(venv.iterdir())):
        return (
            f"{venv} không phải môi trường Python nên không ghi đè. Đổi tên hoặc xóa rồi chạy lại.",
            f"{venv} is no Python environment and is left alone. Rename or delete it, then run this again.",
        )
    return None


def prepare(venv: Path, root: Path, locks: Sequence[str]) -> int:
    """Make the environment unless a good one is there; 0, or the status of the step that failed."""
    digests = [digest(root, lock, sys.version_info[:2]) for lock in locks]
    if is_ready(venv, digests):
        return 0
    refused = refusal(venv, Path(sys.prefix))
    if refused:
        _say(*refused)
        return UNUSABLE
    _say(
        f"Đang chuẩn bị môi trường {venv.name} (cần mạng, mất vài phút)…",
        f"Preparing the environment {venv.name} (needs a network, takes a few minutes)…",
    )
    # An environment half made must not pass for a good one.
    (venv / STAMP).unlink(missing_ok=True)
    for step, *fault in steps(venv, locks[0], os.name):
        status = subprocess.run(step, cwd=root, check=False).returncode
        if status:
            _say(*fault)
            return status
    (venv / STAMP).write_text(digests[0], encoding="ascii")
    return 0


def steps(venv: Path, lock: str, system: str) -> list[tuple[list[str], str, str]]:
    """What makes the environment, each step with the sentence for its failure in Vietnamese and in English."""
    install = [str(program(venv, "python", system)), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    not_made = (
        f"Không tạo được {venv}. Đóng các chương trình đang dùng thư mục này; Debian, Ubuntu cần gói python3-venv.",
        f"{venv} cannot be made. Close the programs that use it; on Debian, Ubuntu install the package python3-venv.",
    )
    not_installed = (
        "Không cài được các gói; lý do ở ngay trên. Kiểm tra mạng (proxy, tường lửa) rồi chạy lại.",
        "The packages were not installed; the reason is just above. Check the network (proxy, firewall) and try again.",
    )
    return [
        ([sys.executable, "-m", "venv", "--clear", str(venv)], *not_made),
        # Without --only-binary, a machine without a compiler takes minutes to fail on a source archive.
        ([*install, "--require-hashes", "--only-binary", ":all:", "-r", lock], *not_installed),
        ([*install, "--no-deps", "--no-build-isolation", "-e", "."], *not_installed),
    ]


def _say(vi: str, en: str) -> None:
    # Flushed, or what the child prints overtakes it in a log.
    print(f"{vi}\n{en}", flush=True)  # noqa: T201  this module is a command


if __name__ == "__main__":
    sys.exit(main())
