"""The hidden sheet that says what a package is: whose, for which period, of which version, and how it was issued."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from xlsxwriter.utility import xl_range
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from pipeline.guard_traits import covered
from pipeline.layout import INFO_SHEET, META_SHEET
from pipeline.package_cells import Opened, PackageSheet, add_sheet
from pipeline.package_made import Package
from schemas.form import Form


def package_version(forms: Iterable[Form]) -> str:
    """The versions of the forms in a package, as its ``_META`` states them."""
    return "; ".join(f"{form.id} {form.version}" for form in forms)


def write_meta(book: Workbook, package: Package, opened: dict[str, Opened] | None) -> None:
    """Write the sheet, once those of the forms are there.

    How many cells of each hold a formula, how many a validation covers, and how often cells are merged tells a reader
    what was changed.
    """
    content = package.content
    sheets: Mapping[str, PackageSheet] = {form.id: book.get_worksheet_by_name(form.id) for form in content.forms}
    first = book.get_worksheet_by_name(INFO_SHEET)
    rows = (
        ("period", content.period),
        ("package", "+".join(form.id for form in content.forms)),
        ("package_version", package_version(content.forms)),
        ("issued_on", content.issued_on.isoformat()),
        ("cells", "; ".join(f"{form.id}:{len(tuple(form.cells()))}" for form in content.forms)),
        ("formulas", "; ".join(f"{name}:{sheet.formulas}" for name, sheet in sheets.items())),
        ("validated", "; ".join(f"{name}:{_validated(sheet)}" for name, sheet in sheets.items())),
        ("merged", "; ".join(f"{sheet.name}:{len(sheet.merge)}" for sheet in (first, *sheets.values()))),
    )
    sheet = add_sheet(book, META_SHEET, package, opened)
    sheet.write_string(0, 0, "unit")
    sheet.show(0, 1, lambda one: one.content.unit)
    for row, (key, value) in enumerate(rows, start=1):
        sheet.write_string(row, 0, key)
        sheet.write_string(row, 1, value)
    sheet.protect()
    sheet.hide()


def _validated(sheet: Worksheet) -> int:
    return sum(
        covered(rule.get("multi_range") or " ".join(xl_range(*cells) for cells in rule["cells"]))
        for rule in sheet.validations
    )
