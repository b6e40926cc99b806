"""What a unit sent: one file, its identity, and every cell it filled with the place where it stood."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from typing import Literal

from pipeline.entries import NO_ENTRIES, Entries
from pipeline.entries import Entry as Entry
from pipeline.findings import Finding
from pipeline.layout import a1
from schemas.form import Key

# Fixed: Vietnam has had one time zone without summer time since 1975, and Windows has no zone database.
VIETNAM = timezone(timedelta(hours=7))

Status = Literal["accepted", "queried", "rejected", "superseded", "quarantined", "set-aside"]


@dataclass(frozen=True, slots=True)
class Item:
    """One filled row of a list table, its entries by measure; ``row`` counts from 0.

    ``id`` is its key, or ``#`` and its row where it has none of its own; such a row is not ``counted``. A row that is
    ``closed`` (its union was dissolved) stands in the list but counts no more.
    """

    id: str
    key: str
    sheet: str
    row: int
    entries: Mapping[str, Entry]
    counted: bool = True
    closed: bool = False


@dataclass(frozen=True, slots=True)
class TablePlace:
    """Where one table stands in a returned file: its sheet, and the rows and columns of its codes, from 0.

    Of a list the rows are those of its items, by their ``id``.
    """

    sheet: str
    rows: Mapping[str, int]
    columns: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Submission:
    """One file of the inbox. ``file`` is relative to the workspace, with ``/``; ``tables`` and the ``items`` of
    lists are keyed by form; ``info`` is who filled and who signs, ``info_at`` the
    cells that say so."""

    file: str
    sha256: str
    received_at: datetime
    unit: str = ""
    period: str = ""
    package_version: str = ""
    status: Status = "accepted"
    reason: str = ""
    entries: Entries = field(default_factory=lambda: NO_ENTRIES)
    items: Mapping[str, tuple[Item, ...]] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    tables: Mapping[str, tuple[TablePlace, ...]] = field(default_factory=dict)
    info: Mapping[str, str] = field(default_factory=dict)
    info_at: Mapping[str, str] = field(default_factory=dict)

    @property
    def versions(self) -> dict[str, str]:
        """The version of each form in its package, as the package states them."""
        stated = (part.strip().partition(" ") for part in self.package_version.split(";"))
        return {form: version.strip() for form, _, version in stated if form}

    @property
    def received_day(self) -> date:
        """The day in Vietnam on which it was received."""
        return self.received_at.astimezone(VIETNAM).date()

    def places(self, keys: Iterable[Key]) -> tuple[str, tuple[str, ...]]:
        """The sheet of the first of these cells, and all their addresses, those on another sheet with its name."""
        found = [(sheet, address) for sheet, address in map(self.place, keys) if address]
        first = found[0][0] if found else ""
        return first, tuple(address if sheet == first else f"{sheet}!{address}" for sheet, address in found)

    def place(self, key: Key) -> tuple[str, str]:
        """Sheet and A1 address of a cell in this file, filled or not; two empty texts where its code is gone."""
        for table in self.tables.get(key.form, ()):
            if key.indicator in table.rows and key.measure in table.columns:
                return table.sheet, a1(table.rows[key.indicator], table.columns[key.measure])
        return "", ""
