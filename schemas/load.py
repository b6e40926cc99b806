"""Form files into forms: every fault of every file at once, each with file, table and key."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterable
from pathlib import Path
from types import MappingProxyType

from schemas.errors import DefinitionError
from schemas.faults import Faults
from schemas.form import Form, Forms
from schemas.load_front import with_front
from schemas.load_parts import read_form
from schemas.load_rules import Draft, names_in, with_rules
from schemas.load_values import TABLE_ID, Raw
from schemas.load_versions import former_table_twins
from schemas.order import circles


def load_forms(paths: Iterable[Path]) -> Forms:
    """The forms of these TOML files.

    Raises :class:`DefinitionError` with every fault of every file.
    """
    drafts: list[Draft] = []
    faults: list[Faults] = []
    source = hashlib.sha256()
    for path in sorted(paths, key=lambda path: path.name):
        collected = Faults(path.name)
        faults.append(collected)
        data = path.read_bytes()
        source.update(b"%d\n%b" % (len(data), data))
        raw = _read(data, collected)
        if raw is not None:
            drafts.append(Draft(raw, read_form(raw, collected), collected))
    _no_twins(drafts)
    names = names_in(draft.form for draft in drafts)
    forms = [with_front(with_rules(draft, names), draft, names) for draft in drafts]
    _no_twin_edits(forms, drafts)
    _no_twin_tables(forms, drafts)
    former_table_twins(forms, [draft.faults for draft in drafts])
    _no_circles(forms, drafts)
    found = [fault for collected in faults for fault in collected.found]
    if found:
        raise DefinitionError(*found)
    by_id = {form.id: form for form in sorted(forms, key=lambda form: form.id)}
    cells = {cell.key: cell for form in by_id.values() for cell in form.cells()}
    return Forms(MappingProxyType(by_id), MappingProxyType(cells), source.hexdigest())


def _read(data: bytes, faults: Faults) -> Raw | None:
    try:
        # The line ends of every system, as text is read.
        return tomllib.loads(data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n"))
    except UnicodeDecodeError:
        faults.add(
            "tệp không lưu theo UTF-8. Mở bằng Notepad, chọn Lưu thành (Save As), mã hóa UTF-8",
            "not saved as UTF-8. Open it in Notepad and save it with the encoding UTF-8",
        )
    except tomllib.TOMLDecodeError as fault:
        faults.add(f"không đọc được tệp TOML ({fault})", f"not a readable TOML file ({fault})")
    return None


def _no_twins(drafts: list[Draft]) -> None:
    seen: dict[str, str] = {}
    for draft in drafts:
        first = seen.setdefault(draft.form.id, draft.faults.file)
        if first != draft.faults.file:
            draft.faults.at = "id"
            draft.faults.add(f'biểu "{draft.form.id}" đã có trong {first}', f'form "{draft.form.id}" is in {first}')


def _no_twin_edits(forms: list[Form], drafts: list[Draft]) -> None:
    """An edit's id names its findings, so no other form may have it."""
    seen: dict[str, str] = {}
    for form, draft in zip(forms, drafts, strict=True):
        for edit in (edit for table in form.tables for edit in table.edits):
            first = seen.setdefault(edit.id, draft.faults.file)
            if first != draft.faults.file:
                draft.faults.at = f"edit {edit.id}"
                draft.faults.add(f"mã quy tắc này đã có trong {first}", f"this edit id is in {first} too")


def _no_twin_tables(forms: list[Form], drafts: list[Draft]) -> None:
    """A table's id marks it in a returned file, so it is a plain word, and no other form may have it."""
    seen: dict[str, str] = {}
    for form, draft in zip(forms, drafts, strict=True):
        for table in form.tables:
            draft.faults.at = f"bảng {table.id}"
            if not TABLE_ID.fullmatch(table.id) or table.id.casefold() == "end":
                draft.faults.add(
                    "id của bảng phải gồm chữ, số, gạch dưới, và không phải là end",
                    "a table's id must be letters, digits and underscores, and not end",
                )
            first = seen.setdefault(table.id, form.id)
            if first != form.id:
                draft.faults.add(f"mã bảng này đã có trong {first}", f"this table id is in {first} too")


def _no_circles(forms: list[Form], drafts: list[Draft]) -> None:
    """Cells that are filled from one another would never be filled."""
    faults = {draft.form.id: draft.faults for draft in reversed(drafts)}
    cells = {cell.key: cell for form in forms for cell in form.cells()}
    for circle in circles(cells.values()):
        first, named = circle[0], " → ".join(f"{f}.{row}[{column}]" for f, row, column in (*circle, circle[0]))
        at = faults[first.form]
        at.at = f"bảng {cells[first].table}, dòng {first.indicator}, cột {first.measure}"
        at.add(f"các ô lấy số của nhau thành vòng: {named}", f"the cells are filled from one another: {named}")
