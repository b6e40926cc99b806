"""What an edit of a form is, for people: its label and rule, the cells it looks at, what a blank in them means."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.explain import Explanation, bare, names, weight_of
from pipeline.layout import SheetPlan, column_letters, plan
from pipeline.verdicts import Check, label_of
from schemas.edit import (
    About,
    Compare,
    Edit,
    Iff,
    IsPositive,
    Member,
    Ref,
    Rule,
    Unique,
    When,
    Within,
    blanks_of,
    is_of_rows,
    refs_of,
)
from schemas.form import Form, Forms, Key, Table
from schemas.period import Period
from schemas.scope import scoped
from schemas.text import NO_TEXT, Text

_LEVEL_NAMES = {
    "province": Text("công đoàn cấp tỉnh", "the province"),
    "upper": Text("công đoàn cấp trên trực tiếp cơ sở", "upper unions"),
    "grassroots": Text("công đoàn cơ sở", "grassroots unions"),
}
# So many instances of a rule are listed one by one.
_MOST = 12


@dataclass(frozen=True, slots=True)
class FoundEdit:
    """An edit with the form and the table that it stands in, among ``forms``; ``where`` is what lays out its cells."""

    form: Form
    table: Table
    edit: Edit
    forms: Forms
    where: Text


def edit_ids(forms: Forms) -> list[str]:
    """The ids of all edits."""
    return [edit.id for form in forms for table in form.tables for edit in table.edits]


def edit_named(forms: Forms, word: str, period: Period | None = None) -> FoundEdit | None:
    """The edit of that id, however it is written, as ``period`` asks it; ``None`` where there is none.

    One that the period does not ask, or without a period, is as in the blank masters.
    """
    if period is not None:
        now = Text(f"như trong bộ biểu kỳ {period}", f"as in the packages of {period}")
        found = _named_in(scoped(forms, period.kind), word, now)
        if found is not None:
            return found
    not_now = Text(f"; kỳ {period} không xét", f"; not asked in {period}") if period is not None else NO_TEXT
    return _named_in(forms, word, Text(f"như biểu mẫu trống{not_now.vi}", f"as in the blank master{not_now.en}"))


def _named_in(forms: Forms, word: str, where: Text) -> FoundEdit | None:
    for form in forms:
        for table in form.tables:
            for edit in table.edits:
                if edit.id.casefold() == bare(word):
                    return FoundEdit(form, table, edit, forms, where)
    return None


def wording_of(found: FoundEdit) -> Explanation:
    """The explanation of what a failure of an edit says."""
    return names()[_say(found.edit.checks[0], found.table)]


def _say(rule: Rule, table: Table) -> str:
    match rule:
        case Compare():
            return "edit-equal" if rule.operator == "==" and len(rule.left.terms) > 1 else "edit-order"
        case Within():
            return "edit-range"
        case About():
            return "percent-wrong" if rule.share else "percent-sum-wrong"
        case Unique():
            return "key-twice" if rule.column.measure == table.key else "value-twice"
        case Member():
            return "not-registered"
    return "edit-rule"


def edit_lines(found: FoundEdit) -> Iterator[Text]:
    """An edit in lines: what it says, where, how grave it is, its cells, its blanks."""
    form, table, edit = found.form, found.table, found.edit
    yield Text(f"{edit.id}: {edit.label.vi}", f"{edit.id}: {edit.label.en}")
    weight = weight_of("counts", edit.severity)
    yield Text(f"Mức: {weight.vi}", f"Severity: {weight.en}")
    title = table.title if table.title.vi else form.title
    yield Text(
        f"Biểu {form.id}, bảng {table.id}: {title.vi}",
        f"Form {form.id}, table {table.id}: {title.en}",
    )
    yield Text(f"Quy tắc: {edit.text}", f"Rule: {edit.text}")
    if edit.levels:
        named = [_LEVEL_NAMES[level] for level in edit.levels]
        vi, en = ("; ".join(words) for words in ([name.vi for name in named], [name.en for name in named]))
        yield Text(f"Chỉ xét ở: {vi}", f"Asked only of: {en}")
    if edit.source:
        yield Text(f"Căn cứ: {edit.source}", f"Source: {edit.source}")
    yield from _cells(found)
    blanks = _blanks(edit.checks[0])
    yield Text(f"Ô trống: {blanks.vi}", f"Blanks: {blanks.en}")


def _cells(found: FoundEdit) -> Iterator[Text]:
    """The numbers of a rule; of several instances where each stands."""
    plans = {form.id: plan(form) for form in found.forms}
    rules, where = found.edit.checks, found.where
    if len(rules) == 1:
        yield Text(f"Số được xét ({where.vi}):", f"What it looks at ({where.en}):")
        for ref in refs_of(rules[0]):
            at, said = _place(ref, plans), _named(ref, found.forms)
            yield Text(f"  {at}{said.vi}", f"  {at}{said.en}")
        return
    yield Text(f"Xét ở {len(rules)} chỗ ({where.vi}):", f"It holds in {len(rules)} places ({where.en}):")
    for rule in rules[:_MOST]:
        own = label_of(Check(found.edit, rule, found.form.id, found.table.id), found.forms.by_id)
        at = " ".join(filter(None, (_place(ref, plans).strip() for ref in refs_of(rule))))
        row = Text(own.vi.removeprefix(found.edit.label.vi), own.en.removeprefix(found.edit.label.en))
        yield Text(f"  {at}{row.vi}", f"  {at}{row.en}")
    if len(rules) > _MOST:
        yield Text(f"  … và {len(rules) - _MOST} chỗ nữa", f"  … and {len(rules) - _MOST} more")


def _place(ref: Ref, plans: dict[str, SheetPlan]) -> str:
    """Where a number stands, and two spaces: a cell, or a column of a list; nothing for one that is in no cell."""
    if ref.kind == "cell" and ref.indicator:
        return f"{ref.form}!{plans[ref.form].address(Key(ref.form, ref.indicator, ref.measure))}  "
    if ref.kind in ("cell", "item", "sum", "count"):
        columns = next(one.columns for one in plans[ref.form].lists if ref.measure in one.columns)
        return f"{ref.form}!{column_letters(columns[ref.measure])}  "
    return ""


def _named(ref: Ref, forms: Forms) -> Text:
    """A number in words: its row and column, and from when or where it is."""
    if ref.kind == "register":
        return Text(
            f"danh bạ: số công đoàn cơ sở trực thuộc, nhóm {ref.indicator}",
            f"the register: unions below the unit, group {ref.indicator}",
        )
    form = forms.by_id[ref.form]
    column = next(table for table in form.tables if _asks(table, ref)).measure(ref.measure).label
    if ref.kind == "sum":
        return Text(f"cộng cột “{column.vi}” của danh sách", f"the sum of the list's column “{column.en}”")
    if ref.kind == "count":
        return Text(f"đếm cột “{column.vi}” của danh sách", f"the count of the list's column “{column.en}”")
    if ref.indicator:
        row = form.indicator(ref.indicator)
        said = Text(f"{row.no} {row.label.vi} – {column.vi}", f"{row.no} {row.label.en} – {column.en}")
    else:
        said = Text(f"cột “{column.vi}” ở mỗi dòng", f"the column “{column.en}” in each row")
    when = _WHEN.get(ref.kind)
    after = Text(f" ({when.vi})", f" ({when.en})") if when else NO_TEXT
    return Text(f"{said.vi.strip()}{after.vi}", f"{said.en.strip()}{after.en}")


def _asks(table: Table, ref: Ref) -> bool:
    """Whether a number is one of a table's: of its row, or of any row of a list."""
    of_row = any(row.code == ref.indicator for row in table.indicators) if ref.indicator else table.kind == "list"
    return of_row and any(measure.code == ref.measure for measure in table.measures)


_BEFORE, _YEAR_AGO = Text("kỳ trước", "the period before"), Text("cùng kỳ năm trước", "a year before")
_WHEN = {"prev": _BEFORE, "item_prev": _BEFORE, "year_ago": _YEAR_AGO, "item_year_ago": _YEAR_AGO}


def _blanks(rule: Rule) -> Text:
    """What a blank among the numbers of a rule means."""
    chosen = _CHOSEN.get(blanks_of(rule))
    if chosen is not None:
        return chosen
    match rule:
        case Compare() if rule.parts and not is_of_rows(rule):
            return _PARTS
        case Compare():
            return _UNKNOWN
        case Within():
            return Text(
                "thiếu một số, hoặc số chia bằng 0, thì chưa xét được và không báo gì.",
                "where a number is missing, or the divisor is 0, nothing can be said and nothing is.",
            )
        case About():
            return Text(
                "tỷ lệ để trống, hoặc thiếu số đếm, thì không xét.",
                "a blank percentage, or one whose counts are missing, is not looked at.",
            )
        case Iff(IsPositive(), IsPositive()):
            return Text("thiếu một trong hai số thì chưa xét được.", "with one of the two missing nothing is said.")
        case When():
            return Text(
                "điều kiện còn thiếu số thì chưa xét được và không báo gì.",
                "where the condition lacks a number nothing is said.",
            )
    return Text("không xét ở quy tắc này.", "they are not looked at.")


_PARTS = Text(
    "một phần để trống có thể là 0. Các phần đã ghi cộng vừa đủ thì đạt, chỗ trống hiểu là 0 (ghi chú implied-zero); "
    "cộng đã vượt thì không đạt; còn thiếu thì chưa xét được (ghi chú undecided). Tổng để trống thì chưa xét được.",
    "a blank part may be 0. Parts that make the whole pass, and the blanks are taken as 0 (note implied-zero); parts "
    "that make more fail; parts that make less leave it open (note undecided). With the whole blank nothing is said.",
)
_CHOSEN = {
    "skip": Text("thiếu bất kỳ số nào thì chưa xét được và không báo gì.", "with any number missing nothing is said."),
    "zero": Text(
        "một phần để trống tính là 0, nên quy tắc đạt hoặc không đạt. Tổng thể để trống thì chưa xét được.",
        "a blank part counts as 0, so the rule passes or fails. With the whole blank nothing is said.",
    ),
    "require": Text(
        "mọi số phải có: thiếu một số mà đơn vị được hỏi là không đạt.",
        "every number must be there: one that the unit is asked for and leaves blank fails the rule.",
    ),
}
_UNKNOWN = Text(
    "là số chưa biết, từ 0 trở lên. Chỉ kết luận khi số nào ghi vào đó cũng không làm đổi kết quả; còn lại thì chưa "
    "xét được và không báo gì.",
    "each is an unknown number, zero or more. Something is said only where no such number would change it.",
)
