"""The blank masters and the settings that are tracked are what the program makes today."""

from __future__ import annotations

from pathlib import Path

from pipeline.catalogue import CATALOGUE
from pipeline.findings import Finding
from pipeline.init import EXAMPLES
from pipeline.messages import message
from pipeline.run import workspace_at
from pipeline.template import write_masters

ROOT = Path(__file__).parent.parent


def test_the_blank_masters_are_what_the_forms_give(tmp_path: Path) -> None:
    workspace = workspace_at(ROOT)
    written = write_masters(tmp_path, workspace.forms, workspace.settings.agency)
    assert {path.name for path in written} == {path.name for path in workspace.templates.glob("*.xlsx")}
    for path in written:
        assert path.read_bytes() == (workspace.templates / path.name).read_bytes(), path.name


def test_a_new_workspace_gets_the_settings_of_the_root() -> None:
    assert (EXAMPLES / "tonghop.toml").read_bytes() == (ROOT / "tonghop.toml").read_bytes()


def test_every_wording_is_complete_in_both_languages() -> None:
    params = ("guess", "kind", "sheet", "cell", "names", "table", "count", "label", "sum", "gap", "left", "right")
    params += ("slip", "edits", "others", "assign")
    more = ("left_total", "operator", "usual", "habit", "rounded", "decision", "have", "fault")
    lists = ("own", "name", "near", "known")
    params = (*params, "said", "reason", "who", "when", "missing")
    for finding_id, wording in CATALOGUE.items():
        assert wording.severity in ("hard", "soft", "info")
        assert bool(wording.remedy.vi) == bool(wording.remedy.en)
        assert wording.severity == "info" or wording.remedy.vi, finding_id
        blank = Finding(finding_id, wording.severity, file="x", params=dict.fromkeys((*params, *more, *lists), "?"))
        assert message(blank, "vi") != message(blank, "en")
