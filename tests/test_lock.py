from __future__ import annotations

import itertools
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
RUN: list[str] = PROJECT["project"]["dependencies"] + PROJECT["build-system"]["requires"]
DEV: list[str] = RUN + PROJECT["dependency-groups"]["dev"]
LOCKS = {"requirements.lock": RUN, "requirements-dev.lock": DEV}
MACHINES = [
    {"python_version": version, "python_full_version": f"{version}.5", "sys_platform": system}
    for version, system in itertools.product(("3.11", "3.12", "3.13"), ("win32", "linux", "darwin"))
]

_PIN = re.compile(r"(?P<name>[a-z0-9-]+)==(?P<version>[0-9][0-9a-z.]*)(?: ; (?P<marker>[^\\]+))? \\")
_HASH = re.compile(r"    --hash=sha256:[0-9a-f]{64}(?: \\)?")


@dataclass
class Pin:
    name: str
    version: str
    marker: str
    hashes: int = 0

    def applies(self, machine: dict[str, str]) -> bool:
        return not self.marker or Marker(self.marker).evaluate(machine)


def lines(lock: str) -> list[str]:
    return (ROOT / lock).read_text(encoding="ascii").splitlines()


def pins(lock: str) -> list[Pin]:
    found: list[Pin] = []
    for line in lines(lock):
        if pin := _PIN.fullmatch(line):
            found.append(Pin(pin["name"], pin["version"], pin["marker"] or ""))
        elif _HASH.fullmatch(line):
            found[-1].hashes += 1
    return found


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_holds_remarks_pins_and_hashes_only(lock: str) -> None:
    for line in lines(lock):
        assert line.startswith("# ") or _PIN.fullmatch(line) or _HASH.fullmatch(line), line


@pytest.mark.parametrize("lock", LOCKS)
def test_no_line_of_a_lock_names_an_address_or_an_index(lock: str) -> None:
    for line in lines(lock):
        assert not re.search(r"//|\bindex\b|find-links|\s@\s", line), line


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_has_a_hash(lock: str) -> None:
    assert [pin.name for pin in pins(lock) if not pin.hashes] == []


@pytest.mark.parametrize(("lock", "text"), [(lock, text) for lock, texts in LOCKS.items() for text in texts])
def test_every_dependency_is_pinned_once_on_every_machine_and_as_asked(lock: str, text: str) -> None:
    asked = Requirement(text)
    named = [pin for pin in pins(lock) if pin.name == canonicalize_name(asked.name)]
    for machine in MACHINES:
        [pin] = [pin for pin in named if pin.applies(machine)]
        assert asked.specifier.contains(pin.version)


def test_what_runs_is_what_is_tested() -> None:
    tested = {(pin.name, pin.version, pin.marker, pin.hashes) for pin in pins("requirements-dev.lock")}
    assert {(pin.name, pin.version, pin.marker, pin.hashes) for pin in pins("requirements.lock")} <= tested
