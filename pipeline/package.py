"""The workbook that one unit fills for one period: how it is built, blank or filled."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from io import BytesIO
from pathlib import Path
from types import MappingProxyType

from xlsxwriter.workbook import Workbook

from pipeline.layout import (
    CHECK_SHEET,
    INFO_CODES,
    INFO_SHEET,
    SOURCES_SHEET,
    SheetPlan,
    plan,
)
from pipeline.package_cells import Opened, add_sheet
from pipeline.package_checks import write_checks
from pipeline.package_form import write_form
from pipeline.package_list import write_options
from pipeline.package_made import Package, made
from pipeline.package_meta import write_meta
from pipeline.package_page import Page
from pipeline.package_sources import write_sources
from pipeline.package_values import Content
from pipeline.styles import INPUT, Styles, lines_needed, new_book, print_setup
from schemas.form import Form

_INFO_LABELS = {
    "nguoi_lap": "Người lập biểu",
    "so_dt": "Số điện thoại",
    "nguoi_ky": "Người ký",
    "ngay_chot": "Số liệu tính đến ngày",
}
_HOW_TO_FILL = (
    "Chỉ điền vào ô màu vàng nhạt. Ô xám là nội dung không áp dụng cho đơn vị.",
    "Ô xanh nhạt là công thức: chương trình tự cộng, tự tính tỷ lệ %.",
    "Số nguyên viết liền hoặc có dấu chấm hàng nghìn. Chưa có số liệu thì để trống và ghi lý do ở cột Ghi chú; "
    "không có thì ghi 0.",
)
_HOW_TO_FILL_LISTS = (
    "Trong danh sách, mỗi đơn vị một dòng. Dòng chỉ có phần in sẵn (mã, tên …) là dòng chưa điền, không được tính; "
    "đơn vị chưa có tên thì ghi vào các dòng trống bên dưới.",
)
_HOW_TO_SEND = (
    "Cột “Kiểm tra” bên phải biểu báo ngay dòng nào chưa đạt.",
    f"Điền xong, mở trang {CHECK_SHEET}: mọi dòng phải là “Khớp”.",
    "Lưu dạng .xlsx rồi gửi lại chính tệp này. Không đổi tên trang, không xóa cột ẩn.",
)


@dataclass(frozen=True, slots=True)
class Issued:
    """A package: its path, and whether it was written, was there already, or differs and was left alone."""

    path: Path
    outcome: str


def plans_of(
    forms: Iterable[Form], rows: Mapping[str, Sequence[str]] = MappingProxyType({})
) -> Mapping[str, SheetPlan]:
    """Where everything of these forms stands; ``rows`` are the ids of the rows of each list, by form."""
    return MappingProxyType({form.id: plan(form, rows) for form in forms})


def write_package(path: Path | BytesIO, content: Content) -> None:
    """Write one package. The same content gives the same bytes."""
    write_made(path, made(content))


def write_made(path: Path | BytesIO, package: Package, opened: dict[str, Opened] | None = None) -> None:
    """Write a package; with ``opened`` what another of its kind has otherwise is left open and kept there by sheet."""
    content = package.content
    book = new_book(path, created=content.issued_on, title=content.title)
    styles = Styles(book)
    _write_info(book, styles, package, opened)
    checks = add_sheet(book, CHECK_SHEET, package, opened)
    if content.sources:
        write_sources(book.add_worksheet(SOURCES_SHEET), styles, content)
    for form in content.forms:
        write_form(Page(add_sheet(book, form.id, package, opened), styles, form, package))
    write_checks(checks, styles, package)
    write_options(book, content.forms)
    write_meta(book, package, opened)
    book.close()


def _write_info(book: Workbook, styles: Styles, package: Package, opened: dict[str, Opened] | None) -> None:
    sheet, content = add_sheet(book, INFO_SHEET, package, opened), package.content
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, 0, None, {"hidden": True})
    sheet.set_column(1, 1, 30)
    sheet.set_column(2, 2, 62)
    sheet.merge_range(0, 1, 0, 2, content.agency, styles.get(bold=True, align="center"))
    sheet.merge_range(1, 1, 1, 2, "BỘ BIỂU SỐ LIỆU", styles.get(bold=True, align="center", font_size=16))
    sheet.merge_range(2, 1, 2, 2, content.period_label, styles.get(align="center", italic=True))
    for row, (label, told) in enumerate((("Đơn vị báo cáo", _name), ("Mã đơn vị", _code)), start=4):
        sheet.write_string(row, 1, label, styles.table(bold=True))
        sheet.show(row, 2, told, styles.table())
        sheet.make_high(row, partial(_height_of, told))
    fixed = (
        ("Các biểu phải nộp", ", ".join(f"{form.id} – {form.title.vi}" for form in content.forms)),
        *([("Văn bản hướng dẫn", content.instruction)] if content.instruction else []),
        ("Ngày chốt số liệu", _day(content.cut_off)),
        ("Hạn gửi", _day(content.due)),
    )
    row = 6
    for label, text in fixed:
        sheet.write_string(row, 1, label, styles.table(bold=True))
        sheet.write_string(row, 2, text, styles.table())
        sheet.set_row(row, _height(text, 62))
        row += 1
    for code in INFO_CODES:
        sheet.write_string(row, 0, code)
        sheet.write_string(row, 1, _INFO_LABELS[code], styles.table(bold=True))
        style = styles.table(bg_color=INPUT, locked=False, num_format="@")
        sheet.write(row, 2, content.info.get(code) or None, style)
        row += 1
    row += 1
    sheet.merge_range(row, 1, row, 2, "Cách điền", styles.get(bold=True))
    of_lists = _HOW_TO_FILL_LISTS if any(form.lists for form in content.forms) else ()
    for line in (*_HOW_TO_FILL, *of_lists, *_HOW_TO_SEND):
        row += 1
        sheet.merge_range(row, 1, row, 2, f"– {line}", styles.get(text_wrap=True))
        sheet.set_row(row, _height(line, 90))
    row += 2
    for name, text in (
        (CHECK_SHEET, "Xem chỗ chưa điền và chỗ chưa khớp"),
        *((form.id, form.title.vi) for form in content.forms),
    ):
        link = styles.get(font_color="#0563C1", underline=1)
        sheet.write_url(row, 1, f"internal:'{name}'!A1", link, name)
        sheet.write_string(row, 2, text, styles.get())
        row += 1
    sheet.print_area(0, 1, row, 2)
    print_setup(sheet, landscape=False, footer=content.footer)
    sheet.protect("", {"format_columns": True, "format_rows": True})


def _name(package: Package) -> str:
    return package.content.unit_name


def _code(package: Package) -> str:
    return package.content.unit


def _height_of(told: Callable[[Package], str], package: Package) -> float:
    return _height(told(package), 62)


def _height(text: str, width: float) -> float:
    return 16.5 * lines_needed(text, width) + 2


def _day(day: date) -> str:
    return f"{day:%d/%m/%Y}"
