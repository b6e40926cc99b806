"""What a command tells its user: lines in both languages, for whoever prints them."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from pipeline.changes import Change, Version
from pipeline.dispatch import dispatch_list, dispatch_zips
from pipeline.explain import Explanation, groups, severity_name
from pipeline.explain_rules import FoundEdit, edit_lines, wording_of
from pipeline.findings import Finding
from pipeline.messages import message, number, sentence
from pipeline.package import Issued
from pipeline.report_state import returns_lines
from pipeline.results import STATUS_NAMES, Planted, Results
from pipeline.submission import VIETNAM, Submission
from pipeline.workspace import Workspace
from schemas.form import Forms
from schemas.period import Period
from schemas.text import NO_TEXT, Text

if TYPE_CHECKING:
    from pathlib import Path

_MOST = 20
_WIDTH = 96
_NEARLY_ALL = 0.95


def forms_report(forms: Forms) -> Iterator[Text]:
    """Forms, their tables, their edits."""
    for form in forms:
        kinds = ", ".join(form.periods)
        yield Text(
            f"{form.id} (phiên bản {form.version}): {form.title.vi} [{kinds}]",
            f"{form.id} (version {form.version}): {form.title.en} [{kinds}]",
        )
        for table in form.tables:
            rows, measures = len(table.indicators), len(table.measures)
            yield Text(
                f"  bảng {table.id}: {rows} dòng, {measures} cột, {len(table.edits)} quy tắc",
                f"  table {table.id}: {rows} rows, {measures} measures, {len(table.edits)} edits",
            )
            for edit in table.edits:
                yield Text(
                    f"    {edit.id} [{edit.severity}] {edit.label.vi}: {edit.text}",
                    f"    {edit.id} [{edit.severity}] {edit.label.en}: {edit.text}",
                )
    yield Text("Các biểu không có lỗi.", "The forms have no faults.")


def templates_report(workspace: Workspace, period: Period, issued: Sequence[Issued]) -> Iterator[Text]:
    """How many packages were written, what there is to send them by, and which were left as they are."""
    count = {outcome: sum(one.outcome == outcome for one in issued) for outcome in ("written", "same", "kept")}
    folder = workspace.templates / str(period)
    yield Text(
        f"Đã lập {count['written']} bộ biểu trong {folder}; {count['same']} bộ đã có, không đổi.",
        f"Made {count['written']} packages in {folder}; {count['same']} were there already, unchanged.",
    )
    zips = len(list(dispatch_zips(workspace, period).glob("*.zip")))
    yield Text(
        f"Danh sách gửi: {dispatch_list(workspace, period)}; {zips} gói .zip cho công đoàn cấp trên trong thư mục "
        f"{dispatch_zips(workspace, period).name} bên cạnh.",
        f"Dispatch list: {dispatch_list(workspace, period)}; {zips} zips for upper unions in the folder "
        f"{dispatch_zips(workspace, period).name} beside it.",
    )
    for one in [one for one in issued if one.outcome == "kept"][:_MOST]:
        yield Text(
            f"Giữ nguyên {one.path.name}: tệp đã phát hành và khác bản mới. Muốn lập lại thì đổi tên hoặc xóa tệp cũ.",
            f"Left {one.path.name} as it is: it was issued and differs. Rename or delete it to make it again.",
        )


def findings_report(findings: Sequence[Finding], lang: str) -> Iterator[Text | str]:
    """Every finding in one sentence, below the name of its file where there are several."""
    files = list(dict.fromkeys(finding.file for finding in findings))
    for file in files:
        if len(files) > 1:
            yield f"{file}:"
        for finding in findings:
            if finding.file == file:
                yield ("  " if len(files) > 1 else "") + message(finding, lang)
    hard = sum(finding.severity == "hard" for finding in findings)
    yield Text(
        f"{len(findings)} phát hiện, trong đó {hard} phải sửa.", f"{len(findings)} findings, {hard} of them hard."
    )


def consolidate_report(results: Results, opened: Sequence[Path]) -> Iterator[Text]:
    """What came in, what was found, and the files to open."""
    yield from returns_lines(results)
    hard, soft, info = (sum(f.severity == s for f in results.findings) for s in ("hard", "soft", "info"))
    yield Text(
        f"Phát hiện: {hard} phải sửa, {soft} cần xem lại, {info} ghi chú.",
        f"Findings: {hard} hard, {soft} soft, {info} notes.",
    )
    apart = [s for s in results.submissions if s.status == "quarantined"]
    for finding in [f for f in results.findings if any(f.file == s.file for s in apart)][:_MOST]:
        yield Text(message(finding, "vi"), message(finding, "en"))
    yield from _decided(results)
    yield from _doubts(results)
    yield from results.workspace.wording_faults
    yield Text("Mở các tệp sau:", "Open these files:")
    for path in opened:
        yield Text(f"  {path}", f"  {path}")


def _doubts(results: Results) -> Iterator[Text]:
    """How few units hold nearly all that is in doubt."""
    few = [doubt for doubt in results.doubts if doubt.reached - doubt.share < _NEARLY_ALL]
    if few:
        names, part = ", ".join(doubt.unit for doubt in few[:_MOST]), f"{100 * few[-1].reached:.0f}"
        yield Text(
            f"Gọi trước: {len(few)} đơn vị chiếm {part} % phần nghi vấn trong số liệu toàn tỉnh: {names}.",
            f"Call first: {len(few)} units hold {part} % of what is in doubt in the province's figures: {names}.",
        )


def _decided(results: Results) -> Iterator[Text]:
    """How much of the result people decided, and how many decisions were not followed."""
    if not results.workspace.decided(results.owed.period):
        return
    count = {name: sum(f.id == name for f in results.findings) for name in ("adjusted", "forced")}
    aside = sum(s.status == "set-aside" and s.reason != "attachment" for s in results.submissions)
    unused = sum(finding.id.startswith("decision-") for finding in results.findings)
    yield Text(
        f"Theo decisions.csv: {count['adjusted']} số liệu điều chỉnh, {count['forced']} tệp buộc tính, "
        f"{aside} tệp để riêng; {unused} quyết định không áp dụng được.",
        f"By decisions.csv: {count['adjusted']} figures adjusted, {count['forced']} files forced, "
        f"{aside} set aside; {unused} decisions not followed.",
    )


def history_report(results: Results, unit: str, sent: Sequence[Version]) -> Iterator[Text]:
    """Every file of a unit in order of receipt, what it changed, and what people decided on the one that counts."""
    tree, period = results.owed.tree, results.owed.period
    name = f"{unit}  {tree.unit(unit).name}" if unit in tree else unit
    if not sent:
        yield Text(f"{name}: chưa gửi tệp nào cho kỳ {period}.", f"{name}: no file for {period} yet.")
        return
    many = "file" if len(sent) == 1 else "files"
    yield Text(f"{name}, kỳ {period}: {len(sent)} tệp.", f"{name}, period {period}: {len(sent)} {many}.")
    for i, version in enumerate(sent, start=1):
        yield _version(i, version)
        if version.changes == ():
            yield Text("     không ô nào khác bản trước", "     no cell differs from the file before")
        for change in version.changes or ():
            yield _changed(change)
    for finding in results.findings_of(unit):
        if finding.id in ("adjusted", "decision-stale"):
            yield Text(message(finding, "vi"), message(finding, "en"))


def _version(order: int, version: Version) -> Text:
    submission = version.submission
    at, status = f"{submission.received_at.astimezone(VIETNAM):%d/%m/%Y %H:%M}", STATUS_NAMES[submission.status]
    why = _why(submission, version.findings)
    return Text(
        f"  {order}. {submission.file}, nhận {at}: {status.vi}{why.vi}",
        f"  {order}. {submission.file}, received {at}: {status.en}{why.en}",
    )


def _why(submission: Submission, findings: Sequence[Finding]) -> Text:
    """Why a file does not count, or does although a later one came."""
    if submission.status in ("superseded", "set-aside"):
        return Text(f" ({submission.reason})", f" ({submission.reason})")
    for finding in findings:
        if submission.status == "quarantined" or finding.id == "forced":
            return Text(f" ({sentence(finding, 'vi')})", f" ({sentence(finding, 'en')})")
    return NO_TEXT


def _changed(change: Change) -> Text:
    effect = _effect(change)
    return Text(
        f"     {change.place} {change.label.vi}: {change.old.vi} → {change.new.vi}{effect.vi}",
        f"     {change.place} {change.label.en}: {change.old.en} → {change.new.en}{effect.en}",
    )


def _effect(change: Change) -> Text:
    """What a change did to the province's figure, and what that is now."""
    if change.delta is None:
        return NO_TEXT
    vi, en = (number(change.total, lang) if change.total is not None else "-" for lang in ("vi", "en"))
    if not change.delta:
        held = Text(f": {change.held} có số riêng", f": {change.held} has its own figure") if change.held else NO_TEXT
        return Text(f" (toàn tỉnh không đổi, vẫn là {vi}{held.vi})", f" (province unchanged at {en}{held.en})")
    sign = "-" if change.delta < 0 else "+"
    by = Text(*(f"{sign}{number(abs(change.delta), lang)}" for lang in ("vi", "en")))
    return Text(f" (toàn tỉnh {by.vi}, nay là {vi})", f" (province {by.en}, now {en})")


def ids_report() -> Iterator[Text]:
    """Every id with its title, group by group."""
    for group in groups():
        yield group.title
        for one in group.explanations:
            level = severity_name(one.severity)
            rule = one.effect == "rule"
            yield Text(
                f"  {one.id:<22} {'theo quy tắc' if rule else level.vi.lower():<13} {one.title.vi}",
                f"  {one.id:<22} {'as the edit' if rule else level.en:<13} {one.title.en}",
            )
    yield Text(
        "Giải thích một mã: tonghop explain MÃ. Mã của quy tắc, như B01-E01, có trong tonghop forms.",
        "To explain one: tonghop explain ID. Those of edits, like B01-E01, are listed by tonghop forms.",
    )


def explain_report(found: Explanation) -> Iterator[Text]:
    """What an id means: why it is said, an example, how to mend it, what the office can do, how grave it is."""
    yield Text(f"{found.id}: {found.title.vi}", f"{found.id}: {found.title.en}")
    yield from _part(Text("Vì sao báo", "Why it is said"), found.why)
    for example in found.examples:
        yield from _part(Text("Ví dụ", "Example"), example.scene, example.said, example.after)
    yield from _remedy(found)
    yield from _part(Text("Mức", "How grave it is"), found.weight)
    if found.see:
        names = ", ".join(found.see)
        yield from _part(Text("Xem thêm", "See also"), Text(names, names))


def edit_report(found: FoundEdit) -> Iterator[Text]:
    """What an edit of a form is, and what to do where it fails."""
    yield from (_wrapped(line) for line in edit_lines(found))
    said = wording_of(found)
    yield from _remedy(said)
    yield Text(f"Kiểu câu báo: {said.id} ({said.title.vi})", f"What it says: {said.id} ({said.title.en})")


def _remedy(found: Explanation) -> Iterator[Text]:
    yield from _part(Text("Cách sửa (đơn vị)", "How to mend it (the unit)"), found.mend)
    if found.office.vi:
        yield from _part(Text("Văn phòng", "The office"), found.office)


def _part(head: Text, *said: Text) -> Iterator[Text]:
    """A heading, and what stands below it."""
    yield Text(f"{head.vi}:", f"{head.en}:")
    yield from (_wrapped(one, "  ") for one in said if one.vi)


def _wrapped(text: Text, indent: str = "") -> Text:
    """Words in lines of a screen's width, without the marks of Markdown."""
    below = indent or " " * (len(text.vi) - len(text.vi.lstrip()) + 2)
    plain = (words.replace("`", "") for words in (text.vi, text.en))
    return Text(*(textwrap.fill(words, _WIDTH, initial_indent=indent, subsequent_indent=below) for words in plain))


def demo_report(planted: Sequence[Planted], results: Results, opened: Sequence[Path]) -> Iterator[Text]:
    """The planted mistakes with whether each was found, and the files to open."""
    yield Text("Lỗi cài sẵn trong bộ dữ liệu minh họa:", "Mistakes planted in the sample:")
    for one in planted:
        mark = "✓" if one.found else "✗"
        where = f"{one.period} {one.unit} {one.where}".replace("  ", " ").strip()
        yield Text(
            f"  {mark} {where}: {one.what.vi} [{one.finding}]", f"  {mark} {where}: {one.what.en} [{one.finding}]"
        )
    found, total = sum(one.found for one in planted), len(planted)
    yield Text(f"Tìm thấy {found}/{total} lỗi.", f"Found {found} of {total}.")
    yield from consolidate_report(results, opened)
