"""The folder an office works in: where its files are, and what they define."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import schemas
from pipeline.errors import WorkspaceError
from schemas.decisions import FILE, Decision, load_decisions
from schemas.errors import DefinitionError
from schemas.form import Forms
from schemas.load import load_forms
from schemas.period import Period
from schemas.settings import Settings, load_settings
from schemas.targets import Target, load_targets, parse_targets
from schemas.text import Text
from schemas.units import Register, load_register

SETTINGS_FILE = "tonghop.toml"
INSTALLED = Path(schemas.__file__).parent


@dataclass(frozen=True, slots=True)
class Workspace:
    """A workspace and its definitions, loaded and found free of faults."""

    root: Path
    settings: Settings
    forms: Forms
    register: Register
    targets: tuple[Target, ...]
    decisions: tuple[Decision, ...] = ()

    @property
    def templates(self) -> Path:
        """The packages issued, a folder a period, and the blank masters."""
        return self.root / "input_templates"

    def inbox(self, period: Period) -> Path:
        """What came back for a period."""
        return self.root / "inbox" / str(period)

    def output(self, period: Period) -> Path:
        """The results of a period."""
        return self.root / "output" / str(period)

    def history(self, period: Period) -> Path:
        """Figures of a period before the program was used."""
        return self.root / "history" / f"{period}.csv"

    def decided(self, period: Period) -> tuple[Decision, ...]:
        """What people decided about a period."""
        return tuple(decision for decision in self.decisions if decision.period == period)


def find_root(start: Path) -> Path:
    """The nearest folder at or above ``start`` that is a workspace. Raises :class:`WorkspaceError`."""
    for folder in (start, *start.parents):
        if (folder / SETTINGS_FILE).is_file():
            return folder
    raise _no_workspace(start)


def _no_workspace(start: Path) -> WorkspaceError:
    return WorkspaceError(
        Text(
            f"Không thấy tệp {SETTINGS_FILE} ở {start} hay thư mục nào phía trên. "
            "Hãy chạy trong thư mục làm việc, hoặc tạo một thư mục bằng: tonghop init THƯ_MỤC.",
            f"No {SETTINGS_FILE} in {start} or any folder above. "
            "Run inside a workspace, or make one with: tonghop init DIR.",
        )
    )


def open_workspace(root: Path) -> Workspace:
    """Load everything a run depends on but the inbox.

    Raises :class:`WorkspaceError` where there is no ``tonghop.toml`` and :class:`schemas.errors.DefinitionError` with
    the faults of a definition.
    """
    if not (root / SETTINGS_FILE).is_file():
        raise _no_workspace(root)
    settings = load_settings(root / SETTINGS_FILE)
    register = load_register(_own(root, "units.csv"))
    forms, decisions = load_forms(form_files(root)), load_decisions(root / FILE)
    return Workspace(root, settings, forms, register, _targets(root), decisions)


def form_files(root: Path) -> list[Path]:
    """The form files in force: the installed ones, replaced by the workspace's own of the same name, and its others."""
    found = {path.name: path for path in (INSTALLED / "forms").glob("*.toml")}
    found |= {path.name: path for path in (root / "schemas" / "forms").glob("*.toml")}
    return [found[name] for name in sorted(found)]


def _own(root: Path, name: str) -> Path:
    own = root / "schemas" / name
    return own if own.is_file() else INSTALLED / name


def _targets(root: Path) -> tuple[Target, ...]:
    workbook = root / "schemas" / "targets.xlsx"
    if workbook.is_file():
        from python_calamine import CalamineError, CalamineWorkbook, ZipError

        try:
            rows = CalamineWorkbook.from_path(workbook).get_sheet_by_index(0).to_python(skip_empty_area=False)
        except (CalamineError, ZipError, OSError, ValueError) as fault:
            raise DefinitionError(
                Text(
                    f"{workbook.name}: không mở được ({fault}). Đóng tệp trong Excel, hoặc lưu lại dạng .xlsx.",
                    f"{workbook.name}: cannot be opened ({fault}). Close it in Excel, or save it as .xlsx again.",
                )
            ) from fault
        return parse_targets(rows, workbook.name)
    return load_targets(_own(root, "targets.csv"))
