"""The appendices that go with the report, the same in every file that shows them."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.appendix_forms import form_appendix
from pipeline.appendix_grid import Appendix, numbered
from pipeline.appendix_targets import targets_appendix
from pipeline.appendix_units import state_appendix, units_appendix
from pipeline.results import Results
from pipeline.target_lines import target_form
from schemas.tree import Unit


def appendices(results: Results) -> tuple[Appendix, ...]:
    """Those of the province: targets, a form each, the units' headline figures, and who has not sent."""
    targets = target_form(results)
    found: list[Appendix | None] = []
    if targets is not None:
        found.append(targets_appendix(results, targets, results.owed.tree.province))
    found += [
        form_appendix(results, form)
        for form in results.owed.forms
        if form is not targets and any(table.kind == "matrix" for table in form.tables)
    ]
    found += [units_appendix(results), state_appendix(results)]
    return numbered([appendix for appendix in found if appendix is not None])


def unit_appendices(results: Results) -> Iterator[tuple[Unit, Appendix]]:
    """The targets of each upper union that reported, as they would go with its own report, one after the other."""
    form, tree = target_form(results), results.owed.tree
    if form is None:
        return
    for unit in tree.children(tree.province.code):
        if unit.level == "upper" and unit.code in results.by_unit:
            yield unit, targets_appendix(results, form, unit)


def attached(results: Results) -> str:
    """The line that names the report, its number and date left to fill in."""
    return f"(Kèm theo Báo cáo số …/{results.workspace.settings.report_symbol} ngày … tháng … năm …)"


def recipients(results: Results) -> tuple[str, ...]:
    """The lines below ``Nơi nhận``, each closed as the rules want it."""
    names = [name.removeprefix("- ").rstrip(" ;.") for name in results.workspace.settings.recipients]
    ends = [*[";"] * (len(names) - 1), "."]
    return tuple(f"- {name}{end}" for name, end in zip(names, ends, strict=False))
