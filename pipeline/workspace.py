"""The folder an office works in: where its files are, and what they define."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import schemas
from pipeline.engine import LOCAL, Engine
from pipeline.errors import WorkspaceError
from pipeline.sentences import FILE as SENTENCES
from pipeline.sentences import Sentence, load_sentences
from pipeline.stores import is_url
from schemas.closing import Frozen
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
    """A workspace and its definitions, loaded and found free of faults.

    ``frozen`` is the closing whose definitions these are, where it is looked at as it was when a period was closed;
    ``engine`` is what reads its inbox.
    """

    root: Path
    settings: Settings
    forms: Forms
    register: Register
    targets: tuple[Target, ...]
    decisions: tuple[Decision, ...] = ()
    sentences: tuple[Sentence, ...] = ()
    wording_faults: tuple[Text, ...] = ()
    frozen: Frozen | None = None
    engine: Engine = LOCAL

    @property
    def templates(self) -> Path:
        """The packages issued, a folder a period, and the blank masters."""
        return self.root / "input_templates"

    def inbox(self, period: Period) -> Path:
        """What came back for a period, under the name that it has in the results; it may lie :attr:`elsewhere`."""
        return self.root / "inbox" / str(period)

    @property
    def elsewhere(self) -> str:
        """The folder or the store's URL where returns come in, unless in the workspace itself; then empty.

        What a closed period rests on always lies in the workspace.
        """
        place = self.settings.inbox if self.frozen is None else ""
        return place if not place or is_url(place) else str(self.root / place)

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
    return load_workspace(root, definition_files(root))


def definition_files(root: Path) -> dict[str, Path]:
    """The files that define a workspace by what they are; what it has not of its own is the installed one."""
    workbook, decided = root / "schemas" / "targets.xlsx", root / FILE
    targets = workbook if workbook.is_file() else _own(root, "targets.csv")
    found = {"settings.toml": root / SETTINGS_FILE, "units.csv": _own(root, "units.csv"), targets.name: targets}
    found |= {FILE: decided} if decided.is_file() else {}
    found[SENTENCES] = _own(root, SENTENCES)
    return found | {f"forms/{path.name}": path for path in form_files(root)}


def load_workspace(root: Path, files: Mapping[str, Path]) -> Workspace:
    """The workspace that these files define, named as :func:`definition_files` does. Raises as it does when opened."""
    settings, register = load_settings(files["settings.toml"]), load_register(files["units.csv"])
    forms = load_forms([path for name, path in files.items() if name.startswith("forms/")])
    decisions = load_decisions(files[FILE]) if FILE in files else ()
    wording = files.get(SENTENCES, INSTALLED / SENTENCES)
    sentences, faults = load_sentences(wording, forms, own=wording.parent == root / "schemas")
    return Workspace(root, settings, forms, register, _targets(files), decisions, sentences, faults)


def form_files(root: Path) -> list[Path]:
    """The form files in force: the installed ones, replaced by the workspace's own of the same name, and its others."""
    found = {path.name: path for path in (INSTALLED / "forms").glob("*.toml")}
    found |= {path.name: path for path in (root / "schemas" / "forms").glob("*.toml")}
    return [found[name] for name in sorted(found)]


def _own(root: Path, name: str) -> Path:
    own = root / "schemas" / name
    return own if own.is_file() else INSTALLED / name


def _targets(files: Mapping[str, Path]) -> tuple[Target, ...]:
    if "targets.xlsx" in files:
        workbook = files["targets.xlsx"]
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
    return load_targets(files["targets.csv"])
