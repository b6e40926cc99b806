"""Rows of a small table that people keep in Excel: csv text, and dates and numbers as they type them."""

from __future__ import annotations

import csv
import io
import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from schemas.errors import DefinitionError
from schemas.near import near
from schemas.period import Period
from schemas.text import NO_TEXT, Text

_ISO = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})")
_DAY_FIRST = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})")
_GROUPED = re.compile(r"[1-9][0-9]{0,2}(\.[0-9]{3})+(,[0-9]+)?")
# Three digits after one comma may be thousands or decimals: nobody can tell, so it is no number.
_PLAIN = re.compile(r"[0-9]+(,([0-9]{1,2}|[0-9]{4,})|\.([0-9]{1,2}|[0-9]{4,}))?")


@dataclass(frozen=True, slots=True)
class Row:
    """One row below the header: its number as Excel shows it, and its cells by column."""

    number: int
    cells: Mapping[str, object]

    def text(self, column: str) -> str:
        """The cell as one line of text; empty for a blank cell."""
        return plain(self.cells.get(column))


def read_csv(path: Path) -> list[list[str]]:
    """Every row of a csv file, delimited by ``;``, ``,`` or tab, with or without byte order mark.

    Raises ``DefinitionError`` when the file is missing, is not UTF-8 or breaks off inside quotes.
    """
    text = read_text(path)
    header = next((line for line in text.splitlines() if line.strip()), "")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=header.count), strict=True)
    try:
        return list(reader)
    except csv.Error as error:
        line = reader.line_num
        raise DefinitionError(
            Text(
                f"{path.name}, gần dòng {line}: dấu ngoặc kép không khép kín hoặc đặt sai chỗ. "
                "Mở tệp bằng Excel, sửa ô đó rồi lưu lại dạng CSV UTF-8.",
                f"{path.name}, near line {line}: a quotation mark is not closed or is misplaced. "
                "Open the file in Excel, mend that cell and save it again as CSV UTF-8.",
            )
        ) from error


def read_text(path: Path) -> str:
    """The text of a UTF-8 file, without byte order mark.

    Raises ``DefinitionError`` when the file is missing or is not UTF-8.
    """
    try:
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise DefinitionError(
            Text(
                f"{path.name}: không mở được tệp. Kiểm tra tệp có ở đúng thư mục và không bị chương trình khác khóa.",
                f"{path.name}: the file cannot be opened. "
                "See that it is in its folder and that no other program locks it.",
            )
        ) from error
    except UnicodeDecodeError as error:
        raise DefinitionError(
            Text(
                f"{path.name}: chữ trong tệp không phải mã UTF-8. Lưu lại tệp với mã UTF-8 "
                "(trong Excel: Lưu thành, chọn CSV UTF-8).",
                f"{path.name}: the text is not UTF-8. Save the file again as UTF-8 (in Excel: Save as, CSV UTF-8).",
            )
        ) from error


def table(rows: Iterable[Sequence[object]], columns: Sequence[str], source: str) -> tuple[list[Row], list[Text]]:
    """The rows below the header (the first row with anything in it), and a fault for each row too wide.

    ``rows`` begin with the sheet's first row. Blank rows are skipped but counted.
    Raises ``DefinitionError`` when a column is missing or stands twice.
    """
    header: list[str] = []
    found: list[Row] = []
    faults: list[Text] = []
    for number, cells in enumerate(rows, start=1):
        words = [plain(cell) for cell in cells]
        if not any(words):
            continue
        if not header:
            header = [word.casefold() for word in words]
            _check_header(header, columns, place(source, number))
            continue
        if any(words[len(header) :]):
            faults.append(_too_wide(place(source, number), len(header)))
        found.append(Row(number, {name: cell for name, cell in zip(header, cells, strict=False) if name}))
    if not header:
        _check_header(header, columns, place(source, 1))
    return found, faults


def _check_header(header: Sequence[str], columns: Sequence[str], at: Text) -> None:
    faults = []
    count = Counter(header)
    for column in columns:
        if count[column] == 1:
            continue
        if count[column]:
            faults.append(
                Text(
                    f'{at.vi}: cột "{column}" có {count[column]} lần. Chỉ giữ lại một cột.',
                    f'{at.en}: column "{column}" stands {count[column]} times. Keep one of them.',
                )
            )
            continue
        hint = near(column, set(header) - set(columns))
        faults.append(
            Text(
                f'{at.vi}: thiếu cột "{column}". Thêm cột này vào dòng tiêu đề, để trống nếu chưa có dữ liệu.{hint.vi}',
                f'{at.en}: column "{column}" is missing. '
                f"Add it to the header, with blank cells if there is nothing to say.{hint.en}",
            )
        )
    if faults:
        raise DefinitionError(*faults)


def _too_wide(at: Text, width: int) -> Text:
    return Text(
        f"{at.vi}: có nhiều ô hơn dòng tiêu đề ({width} cột). "
        "Nếu trong ô có dấu phẩy hoặc chấm phẩy, đặt cả ô trong dấu ngoặc kép.",
        f"{at.en}: has more cells than the header ({width} columns). "
        "Put a cell that holds a comma or semicolon in quotes.",
    )


def place(source: str, row: int, column: str = "") -> Text:
    """Where a fault stands: the file, the row as Excel shows it, and the column."""
    if not column:
        return Text(f"{source}, dòng {row}", f"{source}, row {row}")
    return Text(f'{source}, dòng {row}, cột "{column}"', f'{source}, row {row}, column "{column}"')


def plain(cell: object) -> str:
    """A cell as one line of text: composed letters, single spaces, whole numbers without ``.0``."""
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        cell = cell.date()
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return " ".join(unicodedata.normalize("NFC", str(cell)).split())


def parse_day(cell: object) -> date:
    """The day in a cell: a date, ``dd/mm/yyyy`` or ISO. Raises ``ValueError`` for anything else."""
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    text = plain(cell)
    if found := _ISO.fullmatch(text):
        year, month, day = found.groups()
    elif found := _DAY_FIRST.fullmatch(text):
        day, month, year = found.groups()
    else:
        raise ValueError(text)
    # A slip such as 0202 for 2020 would be valid for ever.
    if int(year) < 1900:
        raise ValueError(text)
    return date(int(year), int(month), int(day))


def parse_number(cell: object) -> float:
    """The number in a cell, not negative: ``1.234,5``, ``1234,5``, ``1234.5`` or ``98%`` (98 points).

    Raises ``ValueError`` for anything else, also for what can be read in two ways (``1,234``).
    """
    if isinstance(cell, (int, float)) and not isinstance(cell, bool):
        if math.isfinite(cell) and cell >= 0:
            return float(cell)
        raise ValueError(str(cell))
    text = plain(cell).replace(" ", "").removesuffix("%")
    if _GROUPED.fullmatch(text):
        return float(text.replace(".", "").replace(",", "."))
    if _PLAIN.fullmatch(text):
        return float(text.replace(",", "."))
    raise ValueError(text)


def bad_day(at: Text, value: str) -> Text:
    """The fault of a cell that should hold a day."""
    return Text(
        f'{at.vi}: "{value}" không phải là ngày. Ghi dạng 06/03/2020 hoặc 2020-03-06.',
        f'{at.en}: "{value}" is not a date. Write it as 06/03/2020 or 2020-03-06.',
    )


def period_in(row: Row, column: str, source: str, faults: list[Text]) -> Period | None:
    """The period in a cell; what is wrong with it goes to ``faults``, and then there is none."""
    try:
        return Period.parse(row.text(column))
    except DefinitionError as error:
        at = place(source, row.number, column)
        faults.extend(Text(f"{at.vi}: {fault.vi}", f"{at.en}: {fault.en}") for fault in error.faults)
        return None


def day_in(row: Row, column: str, source: str, faults: list[Text]) -> date | None:
    """The day in a cell, as in :func:`period_in`."""
    try:
        return parse_day(row.cells.get(column))
    except ValueError:
        faults.append(bad_day(place(source, row.number, column), row.text(column)))
        return None


def number_in(row: Row, column: str, source: str, faults: list[Text], more: Text = NO_TEXT) -> float | None:
    """The number in a cell, as in :func:`period_in`; ``more`` is what else may be written there."""
    try:
        return parse_number(row.cells.get(column))
    except ValueError:
        at, word = place(source, row.number, column), row.text(column)
        faults.append(
            Text(
                f'{at.vi}: "{word}" không phải là số, hoặc đọc được hai cách. Ghi như 25 hoặc 98,5{more.vi}.',
                f'{at.en}: "{word}" is no number, or one of two. Write it as 25 or 98,5{more.en}.',
            )
        )
        return None
