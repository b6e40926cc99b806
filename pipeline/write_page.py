"""``index.html``: one page to look at. One file, no server, no network; complete without its small script."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from pipeline.files import put_bytes
from pipeline.results import Results
from pipeline.state_of_returns import states_of_returns
from pipeline.write_page_charts import charts_section, patterns
from pipeline.write_page_figures import doubts_section, figures_section
from pipeline.write_page_files import apart_section, decided_section, files_section, other_section
from pipeline.write_page_html import Html, Page, capital, tag
from pipeline.write_page_state import as_of, state_section
from pipeline.write_page_targets import targets_section
from pipeline.write_page_units import units_section

_STYLE, _SCRIPT = Path(__file__).with_suffix(".css"), Path(__file__).with_suffix(".js")
# What HTML admits in no text, and what turns the order of the letters around that are shown.
_NOT_SHOWN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff\u202a-\u202e\u2066-\u2069]")


def write_page(path: Path, results: Results, files: Mapping[str, Path], opened: Sequence[Path]) -> None:
    """Write the page. It links to those of the ``files`` of the run that are there, by what they are; ``opened`` are
    those that people open, in their order."""
    data = page(path.parent, results, files, [one for one in opened if one != path]).encode("utf-8")
    put_bytes(path, data)


def page(folder: Path, results: Results, files: Mapping[str, Path], opened: Sequence[Path]) -> str:
    """The page as it stands in ``folder``."""
    shown, units = Page(results, folder), states_of_returns(results)
    sections = {
        "state": (state_section(shown, units), "Tình hình nộp", "Returns"),
        "figures": (figures_section(shown), "Số liệu chính", "Figures"),
        "targets": (targets_section(shown), "Chỉ tiêu", "Targets"),
        "charts": (charts_section(shown), "Cơ cấu", "Breakdowns"),
        "calls": (doubts_section(shown), "Gọi trước", "Call first"),
        "units": (units_section(shown, units), "Từng đơn vị", "Units"),
        "apart": (apart_section(shown), "Tệp không tính", "Files apart"),
        "decided": (decided_section(shown), "Điều chỉnh", "Adjusted"),
        "other": (other_section(shown), "Phát hiện chung", "Other findings"),
        "files": (files_section(shown, files, opened), "Các tệp", "Files"),
    }
    there = {name: one for name, one in sections.items() if one[0]}
    links = (tag("a", shown.say(vi, en), href=f"#{name}") for name, (_, vi, en) in there.items())
    body = tag(
        "body",
        patterns(),
        _header(shown),
        tag("nav", *links, aria_label=shown.say("Các phần", "Sections")),
        tag("main", *(section for section, _, _ in there.values())),
        _footer(shown),
        tag("script", Html(_script())),
    )
    document = f"<!DOCTYPE html>\n{tag('html', _head(shown), body, lang=results.lang)}\n"
    return _NOT_SHOWN.sub("\ufffd", document)


def _title(shown: Page) -> str:
    owed = shown.results.owed
    return f"{owed.tree.province.name} – {owed.period.label(shown.lang)}"


def _head(shown: Page) -> Html:
    printed = f"@page {{ @bottom-left {{ content: {_css(capital(as_of(shown.results)))}; }} }}\n"
    policy = (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
        f"script-src 'sha256-{_digest(_script())}'; base-uri 'none'; form-action 'none'"
    )
    return tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=policy),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("meta", name="format-detection", content="telephone=no"),
        tag("title", _title(shown)),
        tag("style", Html(_STYLE.read_text(encoding="utf-8") + printed)),
    )


def _header(shown: Page) -> Html:
    settings, dates = shown.results.workspace.settings, shown.results.owed.dates
    due = shown.say(f"Hạn gửi {dates.due:%d/%m/%Y}", f"Due {dates.due:%d/%m/%Y}")
    return tag(
        "header",
        tag("p", f"{settings.agency_upper} – {settings.agency}", class_="agency"),
        tag("h1", _title(shown)),
        tag("p", f"{capital(as_of(shown.results))} · {due}", class_="when"),
    )


def _footer(shown: Page) -> Html:
    return tag(
        "footer",
        shown.say(
            "Trang này nằm cùng thư mục với các tệp kết quả và liên kết tới chúng; chép đi nơi khác thì các liên kết "
            "không mở được, phần còn lại vẫn đủ. Khi in, chỉ những đơn vị đang mở được in kèm phát hiện.",
            "This page links to the files beside it; copied elsewhere its links lead nowhere, all else is whole. "
            "In print only units that are open show their findings.",
        ),
    )


def _css(words: str) -> str:
    """A text for the style, which no letter of it can end."""
    return '"' + "".join(one if one.isalnum() or one in " ;:,./()-" else f"\\{ord(one):x} " for one in words) + '"'


def _script() -> str:
    return _SCRIPT.read_text(encoding="utf-8")


def _digest(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
