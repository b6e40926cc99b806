"""What ``tonghop.toml`` says: the agency, who sends, and the dates of each period."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from schemas.csvrows import bad_day, parse_day, plain, read_text
from schemas.errors import DefinitionError
from schemas.near import near
from schemas.period import Period
from schemas.text import Text

FILE = "tonghop.toml"
SENDERS = ("upper", "grassroots")

_WORDS = ("province", "agency_upper", "agency", "place", "signature_title", "signer_title")
# What a workspace may leave as official documents have it.
_USUAL = {
    "national_title": "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
    "motto": "Độc lập - Tự do - Hạnh phúc",
    "report_symbol": "BC-…",
}
_PLACES = ("inbox", "publish")
_KEYS = (*_WORDS, *_USUAL, *_PLACES, "signer_name", "recipients", "senders", "current_period", "periods")
_DAYS = ("cut_off", "due", "issued_on")
_PERIOD_KEYS = (*_DAYS, "senders", "estimate_to", "instruction")


@dataclass(frozen=True, slots=True)
class PeriodSettings:
    """The dates of a period. ``senders`` is ``None`` where the workspace's hold.

    ``instruction`` is the document that asks for the report; estimates go to ``estimate_to``, or to the year's end.
    """

    period: Period
    cut_off: date
    due: date
    issued_on: date
    senders: tuple[str, ...] | None
    estimate_to: date | None = None
    instruction: str = ""

    @property
    def estimated_to(self) -> date:
        """The day up to which the estimates of this period go."""
        return self.estimate_to or date(self.period.year, 12, 31)


@dataclass(frozen=True, slots=True)
class Settings:
    """The whole of ``tonghop.toml``. ``periods`` has the period's text as key, in file order.

    ``report_symbol`` is what follows the number of the report that the appendices go with. ``inbox`` and ``publish``
    are where returns come in and where results are copied to, each a folder or a store's URL; empty for the folder
    ``inbox`` of the workspace, and for nowhere.
    """

    province: str
    agency_upper: str
    agency: str
    place: str
    signature_title: str
    signer_title: str
    signer_name: str
    recipients: tuple[str, ...]
    senders: tuple[str, ...]
    current_period: Period
    periods: Mapping[str, PeriodSettings]
    national_title: str = _USUAL["national_title"]
    motto: str = _USUAL["motto"]
    report_symbol: str = _USUAL["report_symbol"]
    inbox: str = ""
    publish: str = ""

    def of(self, period: Period) -> PeriodSettings:
        """The dates of ``period``; ``DefinitionError`` when the file has no section for it."""
        found = self.periods.get(str(period))
        if found is None:
            raise DefinitionError(_no_section(period))
        return found

    def senders_of(self, period: Period) -> tuple[str, ...]:
        """The levels that send for ``period``; ``DefinitionError`` as in ``of``."""
        own = self.of(period).senders
        return self.senders if own is None else own


def load_settings(path: Path) -> Settings:
    """Read ``tonghop.toml``. Raises ``DefinitionError`` with every fault of the file at once."""
    top = _Section(_read(path), "")
    top.refuse_unknown(_KEYS)
    words = {key: top.word(key) for key in _WORDS}
    usual = {key: top.word(key, required=False) or default for key, default in _USUAL.items()}
    places = {key: top.word(key, required=False) for key in _PLACES}
    signer_name = top.word("signer_name", required=False)
    recipients = top.words("recipients")
    senders = top.senders(required=True)
    current = top.current_period()
    periods = top.periods()
    named = top.values.get("periods")
    if current and isinstance(named, dict) and str(current) not in {name.upper() for name in named}:
        top.faults.append(_no_section(current))
    if top.faults or current is None:
        raise DefinitionError(*top.faults)
    return Settings(
        **words,
        signer_name=signer_name,
        recipients=recipients,
        senders=senders or (),
        current_period=current,
        periods=periods,
        **usual,
        **places,
    )


@dataclass(frozen=True, slots=True)
class _Section:
    """A table of the file while it is read; what is wrong with it gathers in ``faults``."""

    values: Mapping[str, object]
    name: str
    faults: list[Text] = field(default_factory=list)

    def at(self, key: str) -> Text:
        if not self.name:
            return Text(f'{FILE}, khóa "{key}"', f'{FILE}, key "{key}"')
        return Text(f'{FILE}, mục [{self.name}], khóa "{key}"', f'{FILE}, table [{self.name}], key "{key}"')

    def fault(self, key: str, vi: str, en: str) -> None:
        at = self.at(key)
        self.faults.append(Text(f"{at.vi}: {vi}", f"{at.en}: {en}"))

    def refuse_unknown(self, known: Iterable[str]) -> None:
        for key in self.values:
            if key in known:
                continue
            if self.name and key in _KEYS:
                self.fault(
                    key,
                    "khóa này không thuộc kỳ báo cáo. Chuyển lên trên mục [periods...] đầu tiên.",
                    "this key belongs to no period. Move it above the first [periods...] table.",
                )
                continue
            hint = near(key, known)
            self.fault(
                key,
                f"chương trình không biết khóa này. Sửa tên hoặc xóa dòng này.{hint.vi}",
                f"the program does not know this key. Mend its name or delete the line.{hint.en}",
            )

    def missing(self, key: str) -> bool:
        if key in self.values:
            return False
        self.fault(key, "chưa có. Thêm dòng này.", "is missing. Add the line.")
        return True

    def word(self, key: str, *, required: bool = True) -> str:
        if key not in self.values and not required:
            return ""
        if self.missing(key):
            return ""
        value = self.values[key]
        if not isinstance(value, str):
            self.fault(
                key,
                f'"{value}" không phải là chữ. Đặt trong ngoặc kép.',
                f'"{value}" is not text. Put it in quotes.',
            )
            return ""
        if required and not plain(value):
            self.fault(key, "để trống. Điền vào giữa hai dấu ngoặc kép.", "is empty. Fill in the text.")
        return plain(value)

    def words(self, key: str) -> tuple[str, ...]:
        value = self.values.get(key, [])
        if isinstance(value, list) and all(isinstance(word, str) for word in value):
            return tuple(plain(word) for word in value)
        self.fault(
            key,
            f'"{value}" không phải là danh sách chữ. Ghi dạng ["một", "hai"].',
            f'"{value}" is not a list of texts. Write it as ["one", "two"].',
        )
        return ()

    def senders(self, *, required: bool) -> tuple[str, ...] | None:
        if "senders" not in self.values and not required:
            return None
        if self.missing("senders"):
            return None
        before = len(self.faults)
        words = self.words("senders")
        if not words and len(self.faults) == before:
            self.fault("senders", 'danh sách trống. Ghi ["upper"].', 'the list is empty. Write ["upper"].')
        for word in words:
            if word not in SENDERS:
                hint = near(word, SENDERS)
                self.fault(
                    "senders",
                    f'"{word}" không dùng được. Chọn "upper" (công đoàn cấp trên trực tiếp cơ sở), '
                    f'"grassroots" (công đoàn cơ sở) hoặc cả hai.{hint.vi}',
                    f'"{word}" is not known. Choose "upper", "grassroots" or both.{hint.en}',
                )
        return words

    def current_period(self) -> Period | None:
        key = "current_period"
        if self.missing(key):
            return None
        try:
            return Period.parse(str(self.values[key]))
        except DefinitionError as error:
            for fault in error.faults:
                self.fault(key, fault.vi, fault.en)
            return None

    def periods(self) -> dict[str, PeriodSettings]:
        if self.missing("periods"):
            return {}
        tables = self.values["periods"]
        if not isinstance(tables, dict):
            self.fault(
                "periods",
                "phải gồm các mục như [periods.2020], mỗi kỳ một mục. Sửa lại theo mẫu đó.",
                "must hold tables such as [periods.2020], one a period. Write it so.",
            )
            return {}
        found: dict[str, PeriodSettings] = {}
        for name, values in tables.items():
            if settings := self.period(str(name), values):
                found[str(settings.period)] = settings
        return found

    def period(self, name: str, values: object) -> PeriodSettings | None:
        try:
            period = Period.parse(name)
        except DefinitionError as error:
            for fault in error.faults:
                self.fault(f"periods.{name}", fault.vi, fault.en)
            return None
        if not isinstance(values, dict):
            self.fault(
                f"periods.{name}",
                f"phải là một mục riêng. Ghi [periods.{name}] trên một dòng, các ngày ở những dòng dưới.",
                f"must be a table. Write [periods.{name}] on a line, and the dates below it.",
            )
            return None
        section = _Section(values, f"periods.{name}", self.faults)
        section.refuse_unknown(_PERIOD_KEYS)
        days = {key: section.day(key) for key in _DAYS}
        senders = section.senders(required=False)
        cut_off, due, issued_on = days["cut_off"], days["due"], days["issued_on"]
        if cut_off is None or due is None or issued_on is None:
            return None
        section.check_due(cut_off, due, issued_on)
        estimate_to = section.estimate_to(cut_off)
        instruction = section.word("instruction", required=False)
        return PeriodSettings(period, cut_off, due, issued_on, senders, estimate_to, instruction)

    def day(self, key: str) -> date | None:
        if self.missing(key):
            return None
        try:
            return parse_day(self.values[key])
        except ValueError:
            self.faults.append(bad_day(self.at(key), plain(self.values[key])))
            return None

    def estimate_to(self, cut_off: date) -> date | None:
        day = self.day("estimate_to") if "estimate_to" in self.values else None
        if day is not None and day < cut_off:
            self.fault(
                "estimate_to",
                f"ngày ước thực hiện {day:%d/%m/%Y} trước ngày chốt số liệu {cut_off:%d/%m/%Y}. "
                "Sửa một trong hai ngày.",
                f"{day} is before the cut-off {cut_off}. Mend one of the two.",
            )
        return day

    def check_due(self, cut_off: date, due: date, issued_on: date) -> None:
        for key, day, vi, en in (
            ("cut_off", cut_off, "ngày chốt số liệu", "the cut-off"),
            ("issued_on", issued_on, "ngày giao biểu", "the day of issue"),
        ):
            if due < day:
                self.fault(
                    "due",
                    f"hạn nộp {due:%d/%m/%Y} trước {vi} {day:%d/%m/%Y} ({key}). Sửa một trong hai ngày.",
                    f"{due} is before {en} {day} ({key}). Mend one of the two.",
                )


def _read(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(read_text(path))
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"line ([0-9]+)", str(error))
        raise DefinitionError(
            Text(
                f"{FILE}, {'dòng ' + line[1] if line else 'cuối tệp'}: viết không đúng cách. "
                'Mỗi dòng có dạng khóa = "giá trị", ngày viết như 2020-11-25 không cần ngoặc kép.',
                f"{FILE}, {'line ' + line[1] if line else 'end of the file'}: is not written rightly. "
                'Each line reads key = "value"; a date is written 2020-11-25, without quotes.',
            )
        ) from error


def _no_section(period: Period) -> Text:
    return Text(
        f"{FILE}: chưa có mục [periods.{period}] cho {period.label('vi')}. "
        "Thêm mục đó với ba ngày cut_off, due, issued_on.",
        f"{FILE}: has no table [periods.{period}] for {period.label('en')}. "
        "Add it, with the three dates cut_off, due and issued_on.",
    )
