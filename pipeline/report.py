"""What a command tells its user: lines in both languages, for whoever prints them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from pipeline.dispatch import dispatch_list, dispatch_zips, reminders
from pipeline.findings import Finding
from pipeline.messages import message
from pipeline.package import Issued
from pipeline.results import STATUS_NAMES, Planted, Results
from pipeline.workspace import Workspace
from schemas.form import Forms
from schemas.period import Period
from schemas.text import Text

if TYPE_CHECKING:
    from pathlib import Path

_MOST = 20


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
    yield from _returns(results)
    hard, soft, info = (sum(f.severity == s for f in results.findings) for s in ("hard", "soft", "info"))
    yield Text(
        f"Phát hiện: {hard} phải sửa, {soft} cần xem lại, {info} ghi chú.",
        f"Findings: {hard} hard, {soft} soft, {info} notes.",
    )
    apart = [s for s in results.submissions if s.status == "quarantined"]
    for finding in [f for f in results.findings if any(f.file == s.file for s in apart)][:_MOST]:
        yield Text(message(finding, "vi"), message(finding, "en"))
    yield Text("Mở các tệp sau:", "Open these files:")
    for path in opened:
        yield Text(f"  {path}", f"  {path}")


def _returns(results: Results) -> Iterator[Text]:
    owed = results.owed.owed
    sent = [unit for unit in results.by_unit if unit in owed]
    late = {finding.unit for finding in results.findings if finding.id == "late"}
    rejected = sum(results.by_unit[unit].status == "rejected" for unit in sent)
    period = results.owed.period
    yield Text(
        f"Kỳ {period}: {len(sent)}/{len(owed)} đơn vị đã nộp, {sum(u in late for u in sent)} muộn, "
        f"{rejected} phải sửa, {len(owed) - len(sent)} chưa nộp.",
        f"Period {period}: {len(sent)} of {len(owed)} units have sent, {sum(u in late for u in sent)} late, "
        f"{rejected} must correct, {len(owed) - len(sent)} have not sent.",
    )


def status_report(results: Results) -> Iterator[Text]:
    """Each unit that owes a package: its status, and how much it must correct; then whom to remind, with what words."""
    yield from _returns(results)
    for unit in results.owed.tree.units:
        if unit.code not in results.owed.owed:
            continue
        status = STATUS_NAMES[results.status_of(unit.code)]
        submission = results.by_unit.get(unit.code)
        found = [f for f in results.findings_of(unit.code) if submission and f.file == submission.file]
        hard, soft = (sum(f.severity == s for f in found) for s in ("hard", "soft"))
        day = f" {submission.received_day:%d/%m/%Y}" if submission else ""
        counts_vi = f"; {hard} phải sửa, {soft} xem lại" if hard or soft else ""
        counts_en = f"; {hard} hard, {soft} soft" if hard or soft else ""
        yield Text(
            f"  {unit.code}  {unit.name}: {status.vi}{day}{counts_vi}",
            f"  {unit.code}  {unit.name}: {status.en}{day}{counts_en}",
        )
    yield from _to_remind(results)


def _to_remind(results: Results) -> Iterator[Text]:
    listed = reminders(results)
    if not listed:
        yield Text("Không có đơn vị nào cần đôn đốc.", "There is no unit to remind.")
        return
    yield Text("Cần đôn đốc:", "To be reminded:")
    for one in listed:
        unit, words = one.sending.unit, one.sending.sentence
        yield Text(
            f"  {unit.code} ({unit.email or 'chưa có địa chỉ'}): {words.vi}",
            f"  {unit.code} ({unit.email or 'no address'}): {words.en}",
        )


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
