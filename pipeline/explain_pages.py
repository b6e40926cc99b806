"""The pages about findings in ``docs/phat-hien``: one for each id and one that lists them, Vietnamese before English.

``python -m pipeline.explain_pages`` writes them anew in the folder ``docs/phat-hien`` below the one at hand.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from pipeline.explain import Explanation, Group, explained, explanations, groups, severity_name
from schemas.text import Text

INDEX = "README.md"
FOLDER = Path("docs") / "phat-hien"

_WHY = Text("Vì sao chương trình báo", "Why it is said")
_EXAMPLE = Text("Ví dụ", "Example")
_SAYS = Text("Chương trình báo:", "The program says:")
_MEND = Text("Cách sửa (đơn vị)", "How to mend it (the unit)")
_OFFICE = Text("Văn phòng", "The office")
_WEIGHT = Text("Mức", "How grave it is")
_ALSO = Text("Cũng báo bằng các câu", "Also worded as")
_SEE = Text("Xem thêm", "See also")
_ALL = Text("Mọi phát hiện", "All findings")


def pages() -> dict[str, str]:
    """Every page by the name of its file."""
    return {INDEX: index(), **{f"{one.id}.md": page(one.id) for one in explanations()}}


def page(word: str) -> str:
    """The page of an id, in Markdown. Raises :class:`KeyError` where there is no such id."""
    found = explained(word)
    if found is None:
        raise KeyError(word)
    heads = Text(f"# `{found.id}`: {found.title.vi}", f"# In English: {found.title.en}")
    return "\n\n".join([heads.vi, *_body(found, "vi"), heads.en, *_body(found, "en")]) + "\n"


def _body(found: Explanation, lang: str) -> Iterator[str]:
    yield f"## {_WHY.of(lang)}"
    yield found.why.of(lang)
    yield f"## {_EXAMPLE.of(lang)}"
    for example in found.examples:
        yield example.scene.of(lang)
        yield _SAYS.of(lang)
        yield f"```text\n{example.said.of(lang)}\n```"
        if example.after.vi:
            yield example.after.of(lang)
    yield f"## {_MEND.of(lang)}"
    yield found.mend.of(lang)
    if found.office.vi:
        yield f"## {_OFFICE.of(lang)}"
        yield found.office.of(lang)
    yield f"## {_WEIGHT.of(lang)}"
    yield found.weight.of(lang)
    if found.also:
        yield f"{_ALSO.of(lang)}: {_listed(found.also)}."
    links = ", ".join(f"[`{name}`]({name}.md)" for name in found.see)
    yield f"{_SEE.of(lang)}: {links}. [{_ALL.of(lang)}]({INDEX})" if links else f"[{_ALL.of(lang)}]({INDEX})"


def _listed(ids: Iterable[str]) -> str:
    return ", ".join(f"`{finding_id}`" for finding_id in ids)


def index() -> str:
    """The page that lists all ids, group by group."""
    return "\n\n".join([*_HEAD, *(_table(group) for group in groups())]) + "\n"


def _table(group: Group) -> str:
    rows = [f"## {group.title.vi} · {group.title.en}", "", "| mã | mức | nghĩa | meaning |", "|---|---|---|---|"]
    for one in group.explanations:
        level = "theo quy tắc" if one.effect == "rule" else severity_name(one.severity).vi.lower()
        rows.append(f"| [`{one.id}`]({one.id}.md) | {level} | {one.title.vi} | {one.title.en} |")
    also = [f"{_listed(one.also)}: [`{one.id}`]({one.id}.md)" for one in group.explanations if one.also]
    return "\n".join([*rows, *(["", f"Xem ở · *See* {'; '.join(also)}."] if also else [])])


def write_pages(folder: Path) -> None:
    """Write every page into ``folder``, and take away those of ids that are no more."""
    folder.mkdir(parents=True, exist_ok=True)
    made = pages()
    for path in folder.glob("*.md"):
        if path.name not in made:
            path.unlink()
    for name, text in made.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")


_HEAD = (
    "# Mọi phát hiện · All findings",
    "Mỗi câu chương trình báo kết thúc bằng một mã trong ngoặc vuông, ví dụ `[thousands-lost]`; mã ấy cũng đứng ở cột "
    "*Mã* của `doi-chieu-2020.xlsx` và của trang `PHAT_HIEN` trong tệp phản hồi. Trang của mã nói vì sao báo, một ví "
    "dụ, cách sửa và việc của văn phòng; lệnh `tonghop explain thousands-lost` in cùng nội dung.",
    "Mã như `B01-E01` là quy tắc của một biểu: `tonghop explain B01-E01` in quy tắc, các ô được xét và cách hiểu ô "
    "trống; `tonghop forms` liệt kê mọi quy tắc.",
    "Ba mức: **phải sửa** (chắc chắn sai, bộ biểu phải gửi lại), **xem lại** (đáng ngờ, đúng thì để nguyên), "
    "**ghi chú** (để biết).",
    "*Every sentence of the program ends with an id in square brackets. The page of an id says why it is said, gives "
    "an example, and tells how to mend it; `tonghop --lang en explain ID` prints the same. Ids like `B01-E01` are "
    "edits of a form: the same command prints the edit and its cells. Three severities: hard (certainly wrong: to be "
    "sent again), soft (suspicious), note.*",
    "Các trang này do chương trình viết ra từ `pipeline/explanations`, phép thử giữ cho hai bên giống nhau; viết lại "
    "bằng `python -m pipeline.explain_pages`. · *The program writes these pages from `pipeline/explanations` and a "
    "test holds them equal; `python -m pipeline.explain_pages` writes them anew.*",
)


if __name__ == "__main__":
    write_pages(FOLDER)
