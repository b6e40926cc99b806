"""The page of a built package that lists the returns it was built from, so that whoever signs sees them."""

from __future__ import annotations

from xlsxwriter.worksheet import Worksheet

from pipeline.package_values import Content, Source
from pipeline.styles import Styles, lines_needed, print_setup

_COLUMNS = (
    ("TT", 5.0),
    ("Mã", 10.0),
    ("Đơn vị", 38.0),
    ("Tệp", 36.0),
    ("Ngày nhận", 12.0),
    ("Tình trạng", 20.0),
    ("Số ô có số liệu", 10.0),
    ("Mã kiểm tệp (SHA-256)", 34.0),
)
_HEAD_ROW = 4


def write_sources(sheet: Worksheet, styles: Styles, content: Content) -> None:
    """Write the page: a line for each unit below, whether it has sent or not."""
    sheet.hide_gridlines(2)
    last = len(_COLUMNS) - 1
    title = "BỘ BIỂU NÀY CỘNG TỪ SỐ LIỆU CỦA CÁC ĐƠN VỊ SAU"
    sheet.merge_range(0, 0, 0, last, title, styles.get(bold=True, align="center", font_size=14))
    under = f"{content.unit} – {content.unit_name}, {content.period_label}"
    sheet.merge_range(1, 0, 1, last, under, styles.get(align="center"))
    sent = sum(bool(source.file) for source in content.sources)
    told = f"Đã nhận {sent}/{len(content.sources)} đơn vị. Kiểm tra lại trước khi ký gửi."
    sheet.merge_range(2, 0, 2, last, told, styles.get(bold=True, align="center"))
    for column, (text, width) in enumerate(_COLUMNS):
        sheet.set_column(column, column, width)
        sheet.write_string(_HEAD_ROW, column, text, styles.head())
    sheet.set_row(_HEAD_ROW, 37)
    for i, source in enumerate(content.sources, start=1):
        _write_source(sheet, styles, _HEAD_ROW + i, i, source)
    sheet.freeze_panes(_HEAD_ROW + 1, 0)
    sheet.print_area(0, 0, _HEAD_ROW + len(content.sources), last)
    print_setup(sheet, landscape=True, footer=content.footer, repeat=(_HEAD_ROW, _HEAD_ROW))
    sheet.protect("", {"format_columns": True, "format_rows": True})


def _write_source(sheet: Worksheet, styles: Styles, row: int, number: int, source: Source) -> None:
    texts = {1: source.unit, 2: source.name, 3: source.file, 5: source.status, 7: source.sha256}
    sheet.set_row(row, 16.5 * max(lines_needed(text, _COLUMNS[column][1]) for column, text in texts.items()) + 2)
    centred = styles.table(align="center")
    sheet.write_number(row, 0, number, centred)
    for column, text in texts.items():
        sheet.write(row, column, text or None, styles.table(font_size=9 if column == 7 else 12))
    day = styles.table(align="center", num_format="dd/mm/yyyy")
    if source.received is None:
        sheet.write_blank(row, 4, None, day)
        sheet.write_blank(row, 6, None, centred)
    else:
        sheet.write_datetime(row, 4, source.received, day)
        sheet.write_number(row, 6, source.figures, centred)
