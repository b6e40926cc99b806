"""Who is sent which package, who is to be reminded, and the words that go with it, ready for an e-mail or Zalo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.findings import Finding
from pipeline.layout import CHECK_SHEET, FINDINGS_SHEET
from pipeline.messages import sentence
from pipeline.obligations import Obligations
from pipeline.results import Results
from pipeline.state_of_returns import UnitState, states_of_returns, to_mend
from pipeline.workspace import Workspace
from schemas.period import Period
from schemas.text import NO_TEXT, Text
from schemas.tree import Tree, Unit


@dataclass(frozen=True, slots=True)
class Sending:
    """What goes to one unit.

    ``file`` is ``None`` while the package has not been made. ``union`` is the code of the upper union whose zip holds
    the file: the unit itself or the nearest above; empty where there is none.
    """

    unit: Unit
    parent: str
    file: Path | None
    union: str
    sentence: Text


@dataclass(frozen=True, slots=True)
class Reminder:
    """A unit that has not sent, or must correct ``places`` places, of which ``first`` tells the first.

    ``days_late`` is 0 for whoever was in time, has not sent, or need not send.
    """

    sending: Sending
    status: str
    days_late: int
    places: int
    first: str


def dispatch_list(workspace: Workspace, period: Period) -> Path:
    """Where the list of a period's packages stands."""
    return workspace.templates / str(period) / "danh-sach-gui.xlsx"


def dispatch_zips(workspace: Workspace, period: Period) -> Path:
    """Where the zips of a period's packages stand."""
    return workspace.templates / str(period) / "gui"


def returns_folder(workspace: Workspace, period: Period) -> Path:
    """Where the units' annotated packages stand."""
    return workspace.output(period) / "phan-hoi"


def sendings(workspace: Workspace, owed: Obligations) -> list[Sending]:
    """The package of every unit that owes one, in register order."""
    found = []
    for code, forms in owed.owed.items():
        file = _issued(workspace, owed.period, code)
        words = _sent_words(owed, owed.tree.unit(code), file, ", ".join(form.id for form in forms)) if file else NO_TEXT
        found.append(_sending(owed.tree, code, file, words))
    return found


def reminders(results: Results) -> list[Reminder]:
    """Every unit that owes and has not sent, or must correct what it sent, in register order.

    Nobody is asked for what would not count: of a closed period there are none.
    """
    if results.closed is not None:
        return []
    return [_reminder(results, one) for one in states_of_returns(results) if one.status in ("missing", "rejected")]


def _sending(tree: Tree, code: str, file: Path | None, words: Text) -> Sending:
    above = tree.parent(code)
    return Sending(tree.unit(code), above.name if above else "", file, _union(tree, code), words)


def _union(tree: Tree, code: str) -> str:
    unit: Unit | None = tree.unit(code)
    while unit and unit.level != "upper":
        unit = tree.parent(unit.code)
    return unit.code if unit else ""


def _issued(workspace: Workspace, period: Period, code: str) -> Path | None:
    path = workspace.templates / str(period) / f"{code}.xlsx"
    return path if path.is_file() else None


def _reminder(results: Results, state: UnitState) -> Reminder:
    workspace, owed, unit = results.workspace, results.owed, state.unit
    if state.status == "missing":
        file = _issued(workspace, owed.period, unit.code)
        words = _missing_words(owed, unit, file, to_mend(results, unit.code))
        return Reminder(_sending(owed.tree, unit.code, file, words), state.status, 0, 0, state.first)
    back = returns_folder(workspace, owed.period) / f"{unit.code}.xlsx"
    words = _rejected_words(owed, unit, back, state.hard)
    sending = _sending(owed.tree, unit.code, back, words)
    return Reminder(sending, state.status, state.days_late, state.hard, state.first)


def _sent_words(owed: Obligations, unit: Unit, file: Path, forms: str) -> Text:
    sender, package, due = owed.tree.province.name, _package(owed), f"{owed.dates.due:%d/%m/%Y}"
    return _letter(
        unit,
        Text(
            f"{sender} gửi {package.vi} (tệp {file.name}, gồm biểu {forms})",
            f"{sender} sends you {package.en} (file {file.name}, with {forms})",
        ),
        Text(
            f"điền, kiểm tra ở trang {CHECK_SHEET} và gửi lại chậm nhất ngày {due}",
            f"fill it in, check it on sheet {CHECK_SHEET} and return it by {due}",
        ),
    )


def _missing_words(owed: Obligations, unit: Unit, file: Path | None, unusable: Sequence[Finding]) -> Text:
    sender, package, due = owed.tree.province.name, _package(owed), f"{owed.dates.due:%d/%m/%Y}"
    state = Text(
        f"đến nay {sender} chưa nhận được {package.vi} (hạn gửi {due})",
        f"{sender} has not yet received {package.en} (due {due})",
    )
    if unusable:
        name = unusable[0].file.rsplit("/", 1)[-1]
        state = Text(
            f"{sender} đã nhận tệp “{name}” nhưng chưa dùng được ({sentence(unusable[0])}); "
            f"đến nay vẫn chưa có {package.vi} (hạn gửi {due})",
            f"{sender} has received the file “{name}” but cannot use it ({sentence(unusable[0], 'en')}); "
            f"{package.en} is still missing (due {due})",
        )
    ask = Text("sớm điền và gửi về", "fill it in and return it soon")
    if file:
        ask = Text(
            f"điền vào tệp {file.name} gửi kèm, kiểm tra ở trang {CHECK_SHEET} và sớm gửi về",
            f"fill in the attached file {file.name}, check it on sheet {CHECK_SHEET} and return it soon",
        )
    return _letter(unit, state, ask)


def _rejected_words(owed: Obligations, unit: Unit, back: Path, places: int) -> Text:
    sender, package, many = owed.tree.province.name, _package(owed), "place" if places == 1 else "places"
    return _letter(
        unit,
        Text(
            f"{package.vi} mà {sender} đã nhận còn {places} chỗ phải sửa (ô tô đỏ, danh sách ở trang {FINDINGS_SHEET})",
            f"{package.en} that {sender} received has {places} {many} to correct "
            f"(red cells, listed on sheet {FINDINGS_SHEET})",
        ),
        Text(
            f"sửa ngay trong tệp {back.name} gửi kèm rồi gửi lại",
            f"correct the attached file {back.name} itself and send it back",
        ),
    )


def _package(owed: Obligations) -> Text:
    return Text(f"bộ biểu số liệu {owed.period.label('vi')}", f"the package of forms for {owed.period.label('en')}")


def _letter(unit: Unit, state: Text, ask: Text) -> Text:
    return Text(
        f"Kính gửi {unit.name}: {state.vi}. Đề nghị {ask.vi}. Trân trọng.",
        f"Dear {unit.name}: {state.en}. Please {ask.en}. Kind regards.",
    )
