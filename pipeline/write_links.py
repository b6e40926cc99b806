"""Links from the office's workbooks to the cells of findings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.findings import Finding
from pipeline.results import Results

Place = tuple[str, str]
"""The name of a sheet and an A1 address."""


def place_of(cell: str, sheet: str) -> Place:
    """Where a cell of a finding stands, the sheet of which is ``sheet`` unless the cell names another."""
    there, _, address = cell.rpartition("!")
    return there or sheet, address


def sent_link(results: Results, file: str) -> str:
    """The link to a file of the inbox, none where that is elsewhere; of what stands in an archive to the archive."""
    if results.workspace.elsewhere:
        return ""
    inside = file.lower().find(".zip/")
    return f"external:../../{file if inside < 0 else file[: inside + 4]}".replace("#", "%23")


@dataclass(frozen=True, slots=True)
class Links:
    """What can be opened from the results: for each unit that got something back ``None`` where that is its own file,
    else where the cells of the file that came stand in the new package."""

    results: Results
    moved: Mapping[str, Mapping[Place, Place] | None]

    def returned(self, unit: str) -> str:
        """The file that goes back to a unit; empty where none does."""
        return f"external:phan-hoi/{unit}.xlsx" if unit in self.moved else ""

    def cell(self, finding: Finding) -> str:
        """The first cell of a finding, in what goes back to the unit or in the file that came."""
        if not finding.cells:
            return ""
        at, counts = place_of(finding.cells[0], finding.sheet), self.results.by_unit.get(finding.unit)
        if counts is not None and finding.file in ("", counts.file) and finding.unit in self.moved:
            moved = self.moved[finding.unit]
            if moved is None or at in moved:
                return _to(self.returned(finding.unit), at if moved is None else moved[at])
        # In the file that came, unless that lies in an archive.
        file = sent_link(self.results, finding.file) if ".zip/" not in finding.file.lower() else ""
        return _to(file, at) if finding.file and file else ""


def _to(file: str, at: Place) -> str:
    sheet = at[0].replace("'", "''")
    return f"{file}#'{sheet}'!{at[1]}"
