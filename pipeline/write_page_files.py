"""The rest of the page: files that do not count, what people decided, what concerns no unit, the results themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from pipeline.messages import sentence
from pipeline.results import STATUS_NAMES
from pipeline.submission import Submission
from pipeline.write_page_html import Html, Page, cut, tag
from pipeline.write_page_units import finding_line
from schemas.text import Text

_DECIDED = ("adjusted", "forced")
_FOR: Mapping[str, Text] = {
    "book": Text("sổ tổng hợp: toàn tỉnh và từng đơn vị", "the consolidated workbook: the province and its units"),
    "appendix": Text("các phụ lục kèm báo cáo, và của từng đơn vị", "the report's appendices, and each unit's"),
    "appendix-docx": Text("các phụ lục kèm báo cáo, để ký", "the report's appendices, to be signed"),
    "sentences": Text("những đoạn mở đầu báo cáo, số đã điền", "the report's first paragraphs, figures filled in"),
    "checklist": Text("mọi phát hiện, lọc được", "all findings, to be filtered"),
    "reminders": Text("ai cần đôn đốc, câu nhắn sẵn", "whom to remind, in which words"),
    "phan-hoi": Text("tệp gửi trả từng đơn vị", "the files that go back to the units"),
    "observations": Text("từng số liệu đơn vị báo cáo, cho chương trình khác", "every reported figure, for programs"),
    "parquet": Text("cùng các số liệu ấy, dạng Parquet", "the same figures as Parquet"),
    "findings": Text("mọi phát hiện, cho chương trình khác", "all findings, for programs"),
    "submissions": Text("mọi tệp đã nhận, cho chương trình khác", "all files received, for programs"),
    "rollup": Text("số tổng hợp, cho chương trình khác", "consolidated figures, for programs"),
}


def apart_section(page: Page) -> Html:
    """Files that do not count, each with the reason."""
    apart = [one for one in page.results.submissions if one.status in ("quarantined", "superseded", "set-aside")]
    if not apart:
        return Html("")
    heads = (page.say("Tệp", "File"), page.say("Đơn vị", "Unit"), page.say("Vì sao", "Why"))
    rows = (
        tag(
            "tr",
            tag("th", page.sent(one.file), scope="row"),
            tag("td", page.name(one.unit), data_head=heads[1], class_="words"),
            tag("td", _why(page, one), data_head=heads[2], class_="words"),
        )
        for one in apart
    )
    return tag(
        "section",
        tag("h2", page.say("Tệp không tính vào tổng hợp", "Files that do not count")),
        tag(
            "table",
            tag("thead", tag("tr", *(tag("th", head, scope="col") for head in heads))),
            tag("tbody", *rows),
            class_="rows apart",
        ),
        id="apart",
    )


def _why(page: Page, submission: Submission) -> str:
    return f"{STATUS_NAMES[submission.status].of(page.lang)}: {_reason(page, submission)}"


def _reason(page: Page, submission: Submission) -> str:
    results, reason = page.results, submission.reason
    name = cut(reason.rsplit("/", 1)[-1], 120)
    if submission.status == "superseded":
        forced = any(one.id == "forced" and one.file == reason for one in results.findings)
        return page.say(f"theo quyết định, {name}", f"by decision, {name}") if forced else name
    if submission.status == "set-aside" and reason != "attachment":
        return page.say(f"theo quyết định: {cut(reason)}", f"by decision: {cut(reason)}")
    return cut(next((sentence(one, page.lang) for one in results.findings if one.file == submission.file), ""))


def decided_section(page: Page) -> Html:
    """What people decided about figures and files, and what of it could not be followed."""
    found = [one for one in page.results.findings if one.id in _DECIDED or one.id.startswith("decision-")]
    if not found:
        return Html("")
    lines = (finding_line(page, one, f"{page.name(one.unit)} {' '.join(one.cells)}".strip()) for one in found)
    head = tag("h2", page.say("Điều chỉnh theo quyết định", "Adjusted by decision"))
    note = page.say("Ghi ở decisions.csv; số đơn vị báo cáo vẫn còn trong tệp của đơn vị.", "From decisions.csv.")
    return tag("section", head, tag("p", note, class_="note"), tag("ul", *lines, class_="findings"), id="decided")


def other_section(page: Page) -> Html:
    """What was found that concerns no unit of the tree and no file shown above."""
    tree = page.results.owed.tree
    apart = {one.file for one in page.results.submissions if one.status in ("quarantined", "superseded", "set-aside")}
    found = [
        one
        for one in page.results.findings
        if one.unit not in tree and one.file not in apart and not one.id.startswith("decision-")
    ]
    if not found:
        return Html("")
    lines = (finding_line(page, one, " ".join([one.unit, one.file]).strip()) for one in found)
    head = tag("h2", page.say("Phát hiện chung", "Other findings"))
    return tag("section", head, tag("ul", *lines, class_="findings"), id="other")


def files_section(page: Page, files: Mapping[str, Path], opened: Sequence[Path]) -> Html:
    """The files of this run: those that people open, then those for programs."""
    names = {path: name for name, path in files.items()}
    data = [path for path in files.values() if path.suffix in (".csv", ".parquet")]
    rows = []
    for path in (*opened, *data):
        if path.exists():
            what = _FOR.get(names.get(path, path.name))
            shown = path.name if path.parent == page.folder else f"{path.parent.name}/{path.name}"
            rows.append(tag("li", page.link(path, shown), f" – {what.of(page.lang)}" if what else ""))
    head = tag("h2", page.say("Các tệp kết quả", "The files"))
    return tag("section", head, tag("ul", *rows, class_="results"), id="files") if rows else Html("")
