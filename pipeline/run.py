"""The order of the stages: what each command does, without printing anything."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import consolidate as rolling
from pipeline.cache_records import Place
from pipeline.changes import Sent, Version, versions
from pipeline.collecting import seldom_collected
from pipeline.dispatch import dispatch_list
from pipeline.engine import Engine as Engine
from pipeline.errors import WorkspaceError
from pipeline.explain import explained, names
from pipeline.explain_rules import edit_ids, edit_named
from pipeline.files import ensure_free, lock
from pipeline.findings import worst as worst
from pipeline.identify import counting, identify, settle
from pipeline.identify_decisions import decided_files
from pipeline.init import init as init
from pipeline.obligations import obligations, target_faults
from pipeline.package import Issued
from pipeline.proposals import Group, Taken
from pipeline.publish import ensure_publishable, publish
from pipeline.publish import published as published
from pipeline.reconcile_counts import sums_count
from pipeline.reconcile_impact import in_doubt, ranked, weighed
from pipeline.reconcile_tree import open_gaps, reconcile_levels, reconcile_returns
from pipeline.report import consolidate_report as consolidate_report
from pipeline.report import demo_report as demo_report
from pipeline.report import edit_report, explain_report
from pipeline.report import findings_report as findings_report
from pipeline.report import forms_report as forms_report
from pipeline.report import history_report as history_report
from pipeline.report import ids_report as ids_report
from pipeline.report import templates_report as templates_report
from pipeline.report_close import close_report as close_report
from pipeline.report_close import reopen_report as reopen_report
from pipeline.report_proposals import proposals_report as proposals_report
from pipeline.report_proposals import taken_report as taken_report
from pipeline.report_state import status_report as status_report
from pipeline.results import Progress as Progress
from pipeline.results import Results
from pipeline.run_check import check as check
from pipeline.run_frozen import ensure_as_signed, in_force, returns_named, returns_of, since
from pipeline.run_judge import Before, as_sent, judge, without
from pipeline.run_judge import before as before
from pipeline.run_order import ordered
from pipeline.run_past import past
from pipeline.template import issue_packages, write_masters
from pipeline.template_dispatch import write_dispatch
from pipeline.workspace import INSTALLED, SETTINGS_FILE, Workspace, find_root, form_files, open_workspace
from pipeline.write import output_files, returns_folder, write_results
from pipeline.write import written as written
from pipeline.write_built import write_built
from schemas.closing import Event
from schemas.errors import DefinitionError, TonghopError
from schemas.form import Forms
from schemas.load import load_forms
from schemas.near import near
from schemas.period import Period
from schemas.settings import load_settings
from schemas.text import Text

if TYPE_CHECKING:
    from pipeline.demo import Demo


_READING = Text("Đọc bộ biểu", "Reading packages")
_CHECKING = Text("Đối chiếu", "Reconciling")
_ISSUING = Text("Lập bộ biểu", "Making packages")


def silent(_what: Text, _done: int, _total: int) -> None:
    """A progress that shows nothing."""


def workspace_at(start: Path) -> Workspace:
    """The workspace that ``start`` lies in, its definitions loaded. Raises :class:`TonghopError`."""
    return open_workspace(find_root(start.resolve()))


def consolidate(
    workspace: Workspace | Path,
    period: Period | str | None = None,
    *,
    only_accepted: bool = False,
    lang: str = "vi",
    progress: Progress = silent,
    write: bool = True,
) -> Results:
    """The whole run over ``inbox/P/**`` into ``output/P/``, and on to where ``tonghop.toml`` has it published.

    Returns the findings, the submissions and (:meth:`Results.frame`) the data frames. Raises
    :class:`schemas.errors.TonghopError` when a definition is unusable, another run holds the workspace, or a result
    cannot be written; nothing that stood there is lost.
    """
    place = workspace if isinstance(workspace, Workspace) else workspace_at(workspace)
    chosen = period if isinstance(period, Period) else chosen_period(place, period)
    if not write:
        return _results(place, chosen, only_accepted, lang, progress)
    with lock(place.root / ".tonghop"):
        ensure_free([*output_files(place, chosen).values(), *returns_folder(place, chosen).glob("*.xlsx")])
        ensure_publishable(place)
        results = _results(place, chosen, only_accepted, lang, progress)
        write_results(results, progress)
        publish(place, chosen, progress)
    return results


@seldom_collected()
def _results(today: Workspace, period: Period, only_accepted: bool, lang: str, progress: Progress) -> Results:
    workspace = in_force(today, period)
    owed, closed = obligations(workspace, period), since(today, workspace)
    progress(_READING, 0, 1)
    read = returns_of(workspace, period)
    progress(_CHECKING, 0, 1)
    known = before(workspace, period)
    decisions = workspace.decided(period)
    identified = identify(read, period, owed.tree, decisions)
    place = Place(workspace.root, str(period), workspace.forms)
    judgement = judge(owed, identified, known, decisions, workspace.engine, place)
    rollup = rolling.consolidate(judgement.figures, owed.forms, owed, take=not only_accepted, engine=workspace.engine)
    sent = counting(judgement.submissions)
    findings = [
        *known.unread,
        *judgement.findings,
        *decided_files(identified, decisions),
        *reconcile_levels(rollup, sent, owed, owed.forms),
        *open_gaps(rollup, sent, owed, owed.forms, known.earlier, known.year_ago),
        *reconcile_returns(sent, owed),
        *target_faults(workspace),
    ]
    submissions = settle(judgement.submissions, findings)
    rejected = {s.unit for s in submissions if s.status == "rejected"}
    told = ordered(weighed(findings, judgement.failed, sent, known.earlier, rollup, owed.tree), owed)
    edits = (*judgement.edits, sums_count(rollup, sent, owed))
    doubts = ranked(in_doubt(judgement.failed, findings, sent, known.earlier), rollup, owed.tree)
    if rejected and only_accepted:
        rollup = rolling.consolidate(
            without(judgement.figures, rejected), owed.forms, owed, take=True, engine=workspace.engine
        )
    if rejected:
        rollup = rolling.doubted(rollup, owed, rejected)
    results = Results(
        workspace,
        owed,
        submissions,
        told,
        rollup,
        edits,
        known.earlier,
        known.year_ago,
        closed.event.lang if closed else lang,
        only_accepted,
        doubts,
        past(owed, known.base),
        closed,
    )
    ensure_as_signed(results)
    return results


def build_package(workspace: Workspace, period: Period, unit: str, *, lang: str = "vi") -> tuple[Path, Results]:
    """An upper union's own package, filled from its children's returns; its path and the run it comes from.

    Raises :class:`DefinitionError` for a unit that has no children in the tree of the cut-off.
    """
    results = _results(workspace, period, False, lang, silent)
    with lock(workspace.root / ".tonghop"):
        return write_built(results, unit), results


def templates(
    workspace: Workspace, period: Period, units: Sequence[str] = (), *, progress: Progress = silent
) -> list[Issued]:
    """Issue the packages of a period, of these units or of all that owe one, and list all that owe one."""
    workspace = in_force(workspace, period)
    owed = obligations(workspace, period)
    unknown = [unit for unit in units if unit not in owed.tree]
    if unknown:
        named = ", ".join(unknown)
        raise DefinitionError(
            Text(
                f"Không có đơn vị {named} trong danh bạ ngày {owed.tree.day:%d/%m/%Y} (schemas/units.csv).",
                f"No unit {named} in the register on {owed.tree.day:%d/%m/%Y} (schemas/units.csv).",
            )
        )
    known = before(workspace, period)
    with lock(workspace.root / ".tonghop"):
        ensure_free([dispatch_list(workspace, period)])
        issued = issue_packages(
            workspace,
            owed,
            units or list(owed.owed),
            known.earlier,
            known.year_ago,
            lambda done, all_: progress(_ISSUING, done, all_),
        )
        write_dispatch(workspace, owed)
    return issued


def masters(workspace: Workspace) -> list[Path]:
    """The blank masters of all forms, in ``input_templates/``."""
    with lock(workspace.root / ".tonghop"):
        return write_masters(workspace.templates, workspace.forms, workspace.settings.agency)


def history(
    workspace: Workspace, period: Period, unit: str, *, lang: str = "vi"
) -> tuple[Results, tuple[Version, ...]]:
    """The run as it stands, and every file of a unit in order of receipt with what it changed.

    Raises :class:`DefinitionError` for a unit that is not in the register.
    """
    if unit not in workspace.register.codes:
        hint = near(unit, workspace.register.codes)
        raise DefinitionError(
            Text(
                f'Không có đơn vị "{unit}" trong danh bạ (schemas/units.csv).{hint.vi}',
                f'There is no unit "{unit}" in the register (schemas/units.csv).{hint.en}',
            )
        )
    results = _results(workspace, period, False, lang, silent)
    files = [submission.file for submission in results.submissions if submission.unit == unit]
    read = returns_named(results.workspace, period, files)
    known = Before(results.earlier, results.year_ago)
    alike = [one for one in read if one.period == str(period) and one.unit in results.owed.tree]
    return results, versions(results, unit, [Sent(one, *as_sent(results.owed, one, known)) for one in alike])


def close(
    workspace: Workspace,
    period: Period,
    who: str,
    note: str = "",
    *,
    on: date | None = None,
    lang: str = "vi",
    progress: Progress = silent,
) -> tuple[Results, bool]:
    """Freeze all that the results of a period rest on and write them as signed, ``on`` a day, else today.

    Returns them, and whether this closed the period: of one that is closed already they are written once more. Raises
    :class:`pipeline.errors.ClosingError` where nothing can be signed.
    """
    from pipeline.run_close import close_period

    return close_period(workspace, period, who, note, on, lang, progress)


def reopen(workspace: Workspace, period: Period, who: str, reason: str, *, on: date | None = None) -> Event:
    """End the closing of a period, with who does so and why; its results stay until the next run."""
    from pipeline.run_close import reopen_period

    return reopen_period(workspace, period, who, reason, on)


def load_only_forms(start: Path) -> Forms:
    """The forms of the workspace that ``start`` lies in. Raises :class:`DefinitionError` with all faults."""
    return load_forms(form_files(find_root(start.resolve())))


def explain(start: Path, word: str) -> list[Text]:
    """What an id means, line by line: one of the program, or of an edit of the forms that ``start`` lies among.

    Outside of any workspace the edits are those of the installed forms. Raises :class:`TonghopError` for any other
    word, with the id most like it.
    """
    found = explained(word)
    if found is not None:
        return list(explain_report(found))
    forms, period = _forms_at(start.resolve())
    edit = edit_named(forms, word, period)
    if edit is not None:
        return list(edit_report(edit))
    hint = near(word, [*names(), *edit_ids(forms)])
    raise TonghopError(
        Text(
            f'Không có mã "{word}".{hint.vi} Mọi mã: tonghop explain; mọi quy tắc: tonghop forms.',
            f'There is no id "{word}".{hint.en} All ids: tonghop explain; all edits: tonghop forms.',
        )
    )


def _forms_at(start: Path) -> tuple[Forms, Period | None]:
    """The forms of a workspace and its current period; outside of any, the installed ones."""
    try:
        root = find_root(start)
    except WorkspaceError:
        return load_forms(form_files(INSTALLED.parent)), None
    return load_forms(form_files(root)), load_settings(root / SETTINGS_FILE).current_period


def chosen_period(workspace: Workspace, period: str | None) -> Period:
    """The period named, or the current one: for ``None`` and for the word ``current``."""
    return workspace.settings.current_period if period in (None, "current") else Period.parse(str(period))


def propose(
    workspace: Workspace, period: Period, *, lang: str = "vi", progress: Progress = silent
) -> tuple[Path, tuple[Group, ...]]:
    """Write the list of what people may decide on; where it stands, and what is in it. No figure changes by it."""
    from pipeline.run_propose import make_list

    return make_list(workspace, period, lang, progress)


def take(workspace: Workspace, period: Period, *, lang: str = "vi", progress: Progress = silent) -> Taken:
    """Put what is ticked in that list down in ``decisions.csv``; what cannot be taken is told."""
    from pipeline.run_propose import take_ticked

    return take_ticked(workspace, period, lang, progress)


def demo(folder: Path, *, lang: str = "vi", progress: Progress = silent, scripts: str = "") -> Demo:
    """Make the sample province in ``folder`` and consolidate it."""
    from pipeline.demo import make_demo

    return make_demo(folder.resolve(), lang=lang, progress=progress, scripts=scripts)
