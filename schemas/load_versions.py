"""What a form file says of earlier versions: which there were, what was called otherwise then, what was not asked yet.

A former code is never used again, neither for a living row nor for another former one: an old code means one thing for
ever, so what it means need not be bound to a version.
"""

from __future__ import annotations

from collections.abc import Iterator

from schemas.faults import Faults
from schemas.form import Form, Table
from schemas.load_values import CODE, TABLE_ID, Raw


def version_of(version: str, faults: Faults) -> str:
    """A version as a package can state it among others."""
    if ";" in version or version != version.strip():
        faults.add(
            f'phiên bản "{version}" không được có dấu chấm phẩy hay khoảng trắng ở đầu, cuối',
            f'version "{version}" must have no semicolon and no space at either end',
        )
    return version


def former_versions(raw: Raw, faults: Faults) -> tuple[str, ...]:
    """The versions before this one, from the first of all."""
    found = _words(raw, "former_versions", faults)
    for version in found:
        version_of(version, faults)
        if version == raw.get("version"):
            faults.add(
                f'former_versions "{version}" là phiên bản hiện hành; chỉ ghi các phiên bản trước',
                f'former_versions "{version}" is the version in force; name only those before it',
            )
    _distinct(found, "former_versions", faults)
    return found


def former_codes(raw: Raw, faults: Faults, *, of_table: bool = False) -> tuple[str, ...]:
    """The codes that a row, a measure or a table had before."""
    found = _words(raw, "formerly", faults)
    for code in found:
        if not (TABLE_ID if of_table else CODE).fullmatch(code):
            faults.add(f'formerly "{code}" không có dạng của một mã', f'formerly "{code}" cannot be a code')
    _distinct(found, "formerly", faults)
    return found


def since_of(raw: Raw, faults: Faults) -> str:
    """The version that asked something first; empty for the first of all."""
    since = raw.get("since", "")
    if isinstance(since, str):
        return since
    faults.add('since phải là một phiên bản trong ngoặc kép: since = "2"', 'since must be a version: since = "2"')
    return ""


def check_versions(form: Form, faults: Faults) -> None:
    """Every version named is one of the form's; a former code of it is that of one row or measure and of no living one.

    A row's code is its own in the whole form, a measure's in its table.
    """
    for place, formerly, since in _parts(form):
        faults.at = place
        if (formerly or since) and not form.former_versions:
            faults.add(
                'formerly và since cần former_versions = ["…"] ở đầu tệp: các phiên bản trước của biểu',
                'formerly and since need former_versions = ["…"] at the top: the versions before this one',
            )
        elif since:
            faults.only("since", "since", [since], form.versions)
    rows = [(f"bảng {t.id}, dòng {row.code}", row.code, row.formerly) for t in form.tables for row in t.indicators]
    _used_once(rows, faults)
    for table in form.tables:
        _used_once([(f"bảng {table.id}, cột {m.code}", m.code, m.formerly) for m in table.measures], faults)
        _key_is_old(table, faults)
    faults.at = ""


def former_table_twins(forms: list[Form], faults: list[Faults]) -> None:
    """The former id of a table is that of no other table of any form, as a returned file has nothing else to go by."""
    living = {table.id for form in forms for table in form.tables}
    claimed: set[str] = set()
    for form, collected in zip(forms, faults, strict=True):
        for table in form.tables:
            collected.at = f"bảng {table.id}"
            for old in dict.fromkeys(table.formerly):
                _claim(old, living, claimed, collected)


def _used_once(parts: list[tuple[str, str, tuple[str, ...]]], faults: Faults) -> None:
    living, claimed = {code for _, code, _ in parts}, set[str]()
    for place, _, formerly in parts:
        faults.at = place
        for old in dict.fromkeys(formerly):
            _claim(old, living, claimed, faults)


def _claim(old: str, living: set[str], claimed: set[str], faults: Faults) -> None:
    if old in living:
        faults.add(f'formerly "{old}" là một mã đang dùng', f'formerly "{old}" is a code in use')
    elif old in claimed:
        faults.add(f'formerly "{old}" đã là mã cũ ở nơi khác', f'formerly "{old}" is a former code elsewhere')
    claimed.add(old)


def _parts(form: Form) -> Iterator[tuple[str, tuple[str, ...], str]]:
    """Whatever may have had another code or come later, with where it stands in the file."""
    for table in form.tables:
        yield f"bảng {table.id}", table.formerly, table.since
        for measure in table.measures:
            yield f"bảng {table.id}, cột {measure.code}", measure.formerly, measure.since
        for row in table.indicators:
            yield f"bảng {table.id}, dòng {row.code}", row.formerly, row.since


def _key_is_old(table: Table, faults: Faults) -> None:
    """Without its key no row of a list can be told from another."""
    for measure in table.measures:
        if measure.type == "key" and measure.since:
            faults.at = f"bảng {table.id}, cột {measure.code}"
            faults.add("cột key không có since", "the key of a list takes no since")


def _words(raw: Raw, key: str, faults: Faults) -> tuple[str, ...]:
    values = raw.get(key, [])
    if isinstance(values, list) and all(isinstance(value, str) and value for value in values):
        return tuple(values)
    faults.add(f'{key} phải là ["…", "…"]', f'{key} must be ["…", "…"]')
    return ()


def _distinct(values: tuple[str, ...], key: str, faults: Faults) -> None:
    for value in dict.fromkeys(value for value in values if values.count(value) > 1):
        faults.add(f'{key} "{value}" có hai lần', f'{key} "{value}" stands twice')
