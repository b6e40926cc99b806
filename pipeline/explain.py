"""What every finding means, for people: why it is said, an example, how to mend it, what the office can do.

The words stand in ``explanations/*.toml``, a file a group. What the program says of an example is worded by the message
catalogue, so the two cannot disagree. Wordings of the catalogue that are the id of no finding either belong to the
explanation of the id that they word (``also``; an id may have no wording of its own name), or word the failed edits of
the forms (``effect`` is ``rule``).
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

from pipeline.catalogue import CATALOGUE
from pipeline.findings import Finding, Param, Severity
from pipeline.messages import message
from schemas.text import NO_TEXT, Text

Effect = Literal["counts", "cell", "apart", "aside", "office", "rule"]
Raw = Mapping[str, Any]

FOLDER = Path(__file__).with_name("explanations")
EFFECTS: tuple[Effect, ...] = get_args(Effect)


@dataclass(frozen=True, slots=True)
class Example:
    """A finding as it may come up, how it came about, and what it becomes once mended; the last may be empty."""

    scene: Text
    finding: Finding
    after: Text = NO_TEXT

    @property
    def said(self) -> Text:
        """What the program says of it."""
        return Text(message(self.finding, "vi"), message(self.finding, "en"))


@dataclass(frozen=True, slots=True)
class Explanation:
    """What an id means.

    ``also`` are the other wordings of its findings, ``see`` ids beside it. ``effect`` is what becomes of the figures:
    they ``count``, those of the ``cell`` named do not, the file is set ``apart`` or ``aside``; ``office`` is about no
    return at all, and of ``rule`` each edit has an id and a severity of its own. ``office`` may be empty.
    """

    id: str
    also: tuple[str, ...]
    effect: Effect
    title: Text
    why: Text
    mend: Text
    office: Text
    see: tuple[str, ...]
    examples: tuple[Example, ...]

    @property
    def severity(self) -> Severity:
        """How grave it is; of an edit, how grave it is where nothing else is said."""
        return CATALOGUE[self.wordings[0]].severity

    @property
    def wordings(self) -> tuple[str, ...]:
        """Its entries of the message catalogue."""
        return tuple(name for name in (self.id, *self.also) if name in CATALOGUE)

    @property
    def weight(self) -> Text:
        """How grave it is, and what that does to the return and its figures."""
        return weight_of(self.effect, self.severity)


@dataclass(frozen=True, slots=True)
class Group:
    """Explanations that belong together, in the order of the catalogue."""

    title: Text
    explanations: tuple[Explanation, ...]


@cache
def groups() -> tuple[Group, ...]:
    """Every explanation, in the order of the catalogue."""
    found = [_group(tomllib.loads(path.read_text(encoding="utf-8"))) for path in sorted(FOLDER.glob("*.toml"))]
    return tuple(sorted(found, key=lambda group: _order(group.explanations[0])))


def explanations() -> Iterator[Explanation]:
    """Every explanation, group by group."""
    for group in groups():
        yield from group.explanations


def names() -> dict[str, Explanation]:
    """Every word that has an explanation: the ids, and the wordings that belong to one."""
    return {name: found for found in explanations() for name in (found.id, *found.also)}


def bare(word: str) -> str:
    """An id as a person may have copied it from a message, ``[cell-type]``, without what is around it."""
    return word.strip("[]“”\"'`., ").casefold()


def explained(word: str) -> Explanation | None:
    """The explanation of an id, or of the id that a wording belongs to; ``None`` where there is none."""
    return names().get(bare(word))


def weight_of(effect: Effect, severity: Severity) -> Text:
    """What a finding of that severity does to a return and to its figures."""
    return _WEIGHTS.get((effect, severity)) or _WEIGHTS["counts", severity]


def severity_name(severity: Severity) -> Text:
    """A severity as people call it."""
    return _NAMES[severity]


def _group(raw: Raw) -> Group:
    found = [_explanation(finding_id, one) for finding_id, one in raw.items() if finding_id != "group"]
    return Group(Text(**raw["group"]), tuple(sorted(found, key=_order)))


def _order(found: Explanation) -> int:
    """Where the catalogue words it first."""
    return min(list(CATALOGUE).index(name) for name in found.wordings)


def _explanation(finding_id: str, raw: Raw) -> Explanation:
    return Explanation(
        finding_id,
        tuple(raw.get("also", ())),
        raw.get("effect", "counts"),
        Text(raw["vi"], raw["en"]),
        _text(raw, "why"),
        _text(raw, "mend"),
        _text(raw, "office"),
        tuple(raw.get("see", ())),
        tuple(_example(finding_id, one) for one in raw["example"]),
    )


def _text(raw: Raw, key: str) -> Text:
    return Text(raw.get(f"{key}_vi", ""), raw.get(f"{key}_en", ""))


def _example(finding_id: str, raw: Raw) -> Example:
    """An example; the finding of an edit bears the edit's own id, and the catalogue's words."""
    cells = str(raw.get("at", "")).split()
    sheet = cells[0].partition("!")[0] if cells else ""
    own = str(raw.get("id", ""))
    say = raw.get("say", finding_id if own else "")
    finding = Finding(
        own or finding_id,
        CATALOGUE[say or finding_id].severity,
        unit=raw.get("unit", ""),
        period=raw.get("period", ""),
        form=raw.get("form", sheet),
        file=raw.get("file", ""),
        sheet=sheet,
        cells=tuple(cell.removeprefix(f"{sheet}!") for cell in cells),
        value=raw.get("value", ""),
        expected=raw.get("expected", ""),
        say=say,
        params={name: _param(value) for name, value in raw.get("params", {}).items()},
    )
    return Example(_text(raw, "scene"), finding, _text(raw, "after"))


def _param(raw: Any) -> Param:
    if isinstance(raw, Mapping):
        return Text(**raw)
    assert isinstance(raw, str | int | float)
    return raw


_NAMES: Mapping[Severity, Text] = {
    "hard": Text("Phải sửa", "hard"),
    "soft": Text("Xem lại", "soft"),
    "info": Text("Ghi chú", "note"),
}

_OTHERS_COUNT = Text(
    "Số nêu ở đây không được tính, các số khác của bộ biểu thì có",
    "What is named here does not count, the other figures of the return do",
)
_OF_EDITS = Text(
    "Mức là mức của quy tắc: “Phải sửa” thì bộ biểu phải gửi lại, “Xem lại” thì không bắt buộc; số liệu vẫn được tính. "
    "`tonghop explain B01-E01` cho biết quy tắc B01-E01 xét những ô nào, ở mức nào.",
    "It is as grave as the edit: a hard one asks for the return again, a soft one need not; the figures count. "
    "`tonghop explain B01-E01` tells which cells edit B01-E01 looks at, and how grave it is.",
)
_WEIGHTS: Mapping[tuple[Effect, Severity], Text] = {
    ("counts", "hard"): Text(
        "Phải sửa. Bộ biểu xếp vào loại “Phải sửa, gửi lại”. Số đọc được vẫn cộng vào tổng hợp, có đánh dấu, trừ khi "
        "chạy với `--only-accepted`.",
        "Hard. The return is rejected: it must be corrected and sent again. Its figures still count, marked, unless "
        "`--only-accepted` is given.",
    ),
    ("counts", "soft"): Text(
        "Xem lại. Số liệu vẫn được tính. Bộ biểu không có lỗi phải sửa thì xếp vào loại “Đã nhận, có chỗ xem lại”; "
        "không bắt buộc gửi lại nếu số đúng.",
        "Soft. The figures count. A return without hard findings is queried; it need not be sent again if it is right.",
    ),
    ("counts", "info"): Text(
        "Ghi chú. Không ảnh hưởng đến việc nhận bộ biểu; không phải gửi lại vì ghi chú này.",
        "A note. It does not touch the status of the return, which need not be sent again because of it.",
    ),
    ("cell", "hard"): Text(
        f"Phải sửa. {_OTHERS_COUNT.vi}. Bộ biểu xếp vào loại “Phải sửa, gửi lại”.",
        f"Hard. {_OTHERS_COUNT.en}. The return is rejected: it must be corrected and sent again.",
    ),
    ("cell", "soft"): Text(
        f"Xem lại. {_OTHERS_COUNT.vi}. Bộ biểu không có lỗi phải sửa thì xếp vào loại “Đã nhận, có chỗ xem lại”.",
        f"Soft. {_OTHERS_COUNT.en}. A return without hard findings is queried.",
    ),
    ("apart", "hard"): Text(
        "Phải sửa. Không số nào trong tệp được tính (tình trạng “Không đọc được”). Đơn vị không có tệp nào khác thì "
        "coi như chưa gửi.",
        "Hard. No figure of the file counts; it is quarantined. A unit without another file has not sent.",
    ),
    ("aside", "info"): Text(
        "Ghi chú. Tệp được để riêng, không đọc, và không là bộ biểu của đơn vị nào.",
        "A note. The file is set aside unread; it is nobody's return.",
    ),
    ("office", "hard"): Text(
        "Phải sửa, việc của văn phòng. Không bộ biểu nào phải gửi lại vì điều này.",
        "Hard, for the office to mend. No return need be sent again because of it.",
    ),
    ("office", "soft"): Text(
        "Xem lại, việc của văn phòng. Không làm đổi tình trạng bộ biểu của đơn vị nào.",
        "Soft, for the office to look at. It changes the status of no return.",
    ),
    ("office", "info"): Text("Ghi chú, để văn phòng đôn đốc.", "A note, for the office to act on."),
    ("rule", "hard"): _OF_EDITS,
    ("rule", "soft"): _OF_EDITS,
}
