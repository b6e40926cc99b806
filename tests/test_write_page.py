"""``index.html``: what it says in each state of a period, that it is one sound file, and how a browser shows it."""

from __future__ import annotations

import base64
import hashlib
import re
import shutil
import subprocess
import unicodedata
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from urllib.parse import unquote_to_bytes
from zipfile import ZipFile

import pytest
from builders import RECEIVED, UNITS, YEAR, load, package, workspace
from pages import (
    FORM,
    GOOD,
    LATE,
    WRONG,
    Browser,
    Parsed,
    all_received,
    browser_in,
    half_missing,
    html_of,
    one_unit,
    parsed,
    place,
    returned,
    with_findings,
)

from pipeline import run, write_page_units
from pipeline.demo import Demo
from pipeline.dispatch import reminders
from pipeline.results import Closed, Results
from pipeline.target_lines import target_form, target_lines
from pipeline.workspace import Workspace
from pipeline.write import output_files, written
from pipeline.write_page import write_page
from pipeline.write_page_html import Html, contacts, joined, tag
from schemas.closing import Event
from schemas.decisions import Decision
from schemas.period import Period

BEFORE = Period.parse("2019")
HOSTILE = "\"><script>alert(1)</script><img src=x onerror=alert(2)></style></details>&amp;'=1+1"
VIETNAMESE = re.compile("[ăâđêôơư\u0300-\u036f]", re.IGNORECASE)
MB = 1_000_000


def consolidated(at: Workspace, **more: str) -> tuple[Path, Parsed]:
    results = run.consolidate(at, YEAR, **more)  # type: ignore[arg-type]
    path = output_files(at, results.owed.period)["page"]
    return path, sound(path)


def sound(path: Path) -> Parsed:
    """A page in which every element is closed, that loads nothing, runs nothing of others, and whose links lead on."""
    html = path.read_bytes().decode("utf-8")
    found = parsed(html)
    for name, attributes in found.elements:
        assert name not in {"img", "link", "iframe", "object", "embed", "base", "form"}
        assert not any(key.startswith("on") or key in ("src", "style", "srcset", "action") for key in attributes), name
    assert len(list(found.of("style"))) == len(list(found.of("script"))) == 1
    (script,) = [text for name, text in found.texts if name == "script"]
    (policy,) = [found_["content"] for found_ in found.of("meta", **{"http-equiv": "Content-Security-Policy"})]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'; img-src data:;")
    assert f"script-src 'sha256-{digest}'" in policy
    (style,) = [text for name, text in found.texts if name == "style"]
    assert "@import" not in style
    assert "url(" not in style
    ids = [attributes["id"] for _, attributes in found.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    for link in found.of("a"):
        target = link["href"]
        if target.startswith("#"):
            assert target[1:] in ids
        elif not target.startswith(("mailto:", "tel:")):
            assert ":" not in target
            assert (path.parent / unquote_to_bytes(target).decode("utf-8", "surrogateescape")).exists(), target
    return found


def summaries(found: Parsed) -> dict[str, str]:
    """The state of each unit, by the order in which they stand."""
    codes = [attributes["id"][2:] for _, attributes in found.elements if attributes.get("id", "").startswith("u-")]
    return dict(zip(codes, (unit["data-state"] for unit in found.of("details")), strict=True))


def test_it_is_written_first_among_the_files_to_open(tmp_path: Path) -> None:
    at = all_received(tmp_path)
    results = run.consolidate(at, YEAR)
    assert written(results)[0] == at.output(YEAR) / "index.html"
    assert written(results)[0].is_file()


def test_all_received_with_nothing_to_correct(tmp_path: Path) -> None:
    _, found = consolidated(all_received(tmp_path))
    assert "2/2 đơn vị đã gửi (100 %): 2 đúng hạn, 0 muộn; 0 chưa gửi; 0 phải sửa" in found.words
    assert summaries(found) == {"U1": "accepted", "U2": "accepted"}
    assert "Câu nhắn sẵn" not in found.words
    assert "Gọi đơn vị nào trước" not in found.words
    assert "Đoàn viên 10" in found.words
    assert "Dòng nam 6 60,0 % Dòng nu 4 40,0 %" in found.words


def test_half_missing_says_who_how_late_and_in_which_words_to_ask(tmp_path: Path) -> None:
    at = half_missing(tmp_path)
    results = run.consolidate(at, YEAR)
    found = sound(output_files(at, YEAR)["page"])
    assert "3/6 đơn vị đã gửi (50 %): 2 đúng hạn, 1 muộn; 3 chưa gửi; 1 phải sửa" in found.words
    assert summaries(found) == {
        **{"G12": "rejected", "U1": "missing", "U2": "missing", "G0": "missing"},
        **{"G11": "accepted", "G21": "accepted"},
    }
    assert list(summaries(found))[:4] == ["G12", "U1", "U2", "G0"]
    for reminder in reminders(results):
        assert reminder.sending.sentence.vi in found.words
    assert "muộn 3 ngày" in found.words
    assert "1 phải sửa" in found.words
    assert "X01!" in found.words
    assert "X-1" in found.words
    hrefs = [link["href"] for link in found.of("a")]
    assert "../../inbox/2020/G12.xlsx" in hrefs
    assert "phan-hoi/G12.xlsx" in hrefs
    assert "../../input_templates/2020/U2.xlsx" in hrefs


def test_one_unit_alone_is_shown_open(tmp_path: Path) -> None:
    _, found = consolidated(one_unit(tmp_path))
    assert summaries(found) == {"U1": "rejected"}
    assert [("open" in unit) for unit in found.of("details")] == [True]


def test_a_figure_nobody_reported_is_no_zero(tmp_path: Path) -> None:
    _, found = consolidated(place(tmp_path, senders=("upper",)))
    assert "Đoàn viên chưa có số liệu" in found.words
    assert "0/2 đơn vị đã gửi" in found.words
    assert "Theo giới" not in found.words


def test_where_nobody_owes_it_says_so(tmp_path: Path) -> None:
    _, found = consolidated(place(tmp_path, units=UNITS[:1]))
    assert "Kỳ này không đơn vị nào phải gửi." in found.words
    assert list(found.of("details")) == []


def test_a_total_that_rests_on_units_that_must_correct_is_marked(tmp_path: Path) -> None:
    at = all_received(tmp_path)
    returned(at, {"U2": WRONG})
    _, found = consolidated(at)
    assert "2/2 đơn vị · ▲ 1 phải sửa" in found.words
    assert "▲ có số của đơn vị còn chỗ phải sửa (vẫn tính)" in found.words


def test_without_those_it_says_that_they_are_left_out(tmp_path: Path) -> None:
    at = all_received(tmp_path)
    returned(at, {"U2": WRONG})
    run.consolidate(at, YEAR, only_accepted=True)
    found = sound(output_files(at, YEAR)["page"])
    assert "CHỈ TÍNH đơn vị không còn chỗ phải sửa" in found.words
    assert "1/2 đơn vị" in found.words
    assert "(không được tính)" in found.words


def test_the_change_is_that_of_the_units_that_have_both_periods(tmp_path: Path) -> None:
    at = workspace(tmp_path, load(tmp_path / "forms", FORM), more=[BEFORE])
    package(at.inbox(BEFORE) / "U1.xlsx", at, "U1", {**GOOD, "X01.ca.tong": 4.0, "X01.nam.tong": 2.0}, period=BEFORE)
    returned(at, {"U1": GOOD, "U2": GOOD})
    _, found = consolidated(at)
    assert "Đoàn viên 10 Năm 2019: 4 ↑ +1 (+25,0 %) ở 1 đơn vị 2/2 đơn vị" in found.words
    assert "Dòng nu 4 Năm 2019: 2 không đổi ở 1 đơn vị 2/2 đơn vị" in found.words


def decision(kind: str, **more: object) -> Decision:
    empty: dict[str, object] = dict.fromkeys(("unit", "file", "form", "indicator", "measure", "reported"), "")
    values = {**empty, "decided": None, "reason": "Theo biên bản", "who": "Bà B", "when": date(2020, 12, 9), "row": 2}
    return Decision(period=YEAR, kind=kind, **{**values, **more})  # type: ignore[arg-type]


def test_an_adjusted_figure_is_marked_and_its_reason_told(tmp_path: Path) -> None:
    at = all_received(tmp_path)
    cell = {"unit": "U1", "form": "X01", "indicator": "ca", "measure": "tong"}
    at = replace(at, decisions=(decision("adjust", **cell, reported="5", decided=6.0),))
    _, found = consolidated(at)
    assert "◆ 1 số điều chỉnh" in found.words
    assert "Điều chỉnh theo quyết định" in found.words
    assert "Theo biên bản" in found.words
    assert "Bà B, 09/12/2020" in found.words


def test_files_that_do_not_count_stand_with_their_reasons(tmp_path: Path) -> None:
    at = all_received(tmp_path)
    (at.inbox(YEAR) / "hỏng #1 (bản 50%).xlsx").write_bytes(b"PK\x03\x04 not a workbook")
    package(at.inbox(YEAR) / "U1 bản sau.xlsx", at, "U1", GOOD, received=LATE)
    package(at.inbox(YEAR) / "U2 cũ.xlsx", at, "U2", WRONG, received=RECEIVED.replace(day=2))
    at = replace(at, decisions=(decision("set-aside", file="inbox/2020/U2 cũ.xlsx"),))
    _, found = consolidated(at)
    assert "hỏng #1 (bản 50%).xlsx Không đọc được: " in found.words
    assert "U1.xlsx Đơn vị U1 Đã thay bằng bản sau: U1 bản sau.xlsx" in found.words
    assert "U2 cũ.xlsx Đơn vị U2 Để riêng: theo quyết định: Theo biên bản" in found.words
    assert "../../inbox/2020/h%E1%BB%8Fng%20%231%20%28b%E1%BA%A3n%2050%25%29.xlsx" in [a["href"] for a in found.of("a")]


def test_a_return_in_an_archive_leads_to_the_archive(tmp_path: Path) -> None:
    at = all_received(tmp_path)
    path = at.inbox(YEAR) / "U1.xlsx"
    with ZipFile(at.inbox(YEAR) / "gửi.zip", "w") as archive:
        archive.write(path, "U1.xlsx")
    path.unlink()
    _, found = consolidated(at)
    assert "../../inbox/2020/g%E1%BB%ADi.zip" in [link["href"] for link in found.of("a")]


def test_names_composed_either_way_and_a_colon_are_still_paths(tmp_path: Path) -> None:
    at = all_received(tmp_path)
    for name in (unicodedata.normalize("NFD", "Đơn vị hỏng.xlsx"), "javascript:alert(1).xlsx"):
        (at.inbox(YEAR) / name).write_bytes(b"PK\x03\x04")
    consolidated(at)


def hostile(root: Path) -> Workspace:
    units = tuple(
        replace(one, name=f"{one.code} {HOSTILE}", short_name=HOSTILE, email=f"javascript:alert(1) {HOSTILE}")
        for one in UNITS
    )
    at = place(root, units=units, senders=("upper",))
    refused = {**GOOD, "X01.nu.tong": HOSTILE + "\x01\u202e" + "dài " * 9000, "X01.ca.ghi_chu": HOSTILE}
    returned(at, {"U1": refused}, info={"nguoi_lap": HOSTILE, "so_dt": "0912 345 678<b>"})  # type: ignore[arg-type]
    (at.inbox(YEAR) / "<b>&quot;.xlsx").write_bytes(b"PK\x03\x04")
    return replace(at, decisions=(decision("force", file="inbox/2020/x.xlsx", reason=HOSTILE),))


def test_text_from_units_is_shown_as_text(tmp_path: Path) -> None:
    path, found = consolidated(hostile(tmp_path))
    assert HOSTILE in "".join(text for _, text in found.texts)
    html = path.read_text(encoding="utf-8")
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", html)
    assert len(html) < 100_000
    assert max(len(text) for name, text in found.texts if name not in ("style", "script")) < 1000


def test_who_closed_a_period_is_named_in_words_that_end_no_style(tmp_path: Path) -> None:
    results = run.consolidate(all_received(tmp_path), YEAR, write=False)
    event = Event("close", 1, date(2020, 12, 20), HOSTILE, "")
    for lang, words in (("vi", "ĐÃ CHỐT ngày 20/12/2020"), ("en", "CLOSED on 2020-12-20")):
        html = html_of(replace(results, closed=Closed(event), lang=lang))
        found = parsed(html)
        assert words in found.words
        assert HOSTILE in found.words
        (style,) = [text for name, text in found.texts if name == "style"]
        assert "<" not in style
        content = re.search(r'@bottom-left \{ content: "([^"]*)"; \} \}\n$', style)
        assert content is not None
        assert re.sub(r"\\([0-9a-f]+) ", lambda code: chr(int(code[1], 16)), content[1]).endswith(HOSTILE)


def test_addresses_and_numbers_can_be_pressed_and_nothing_else() -> None:
    assert contacts("a.b@example.vn; 0912 345 678 (chị C)") == (
        '<a href="mailto:a.b@example.vn">a.b@example.vn</a>; <a href="tel:0912345678">0912 345 678</a> (chị C)'
    )
    assert contacts("x@example.vn", subject="Báo cáo & biểu", body="") == (
        '<a href="mailto:x@example.vn?subject=B%C3%A1o%20c%C3%A1o%20%26%20bi%E1%BB%83u">x@example.vn</a>'
    )
    assert contacts("+84 912 345 678") == '<a href="tel:+84912345678">+84 912 345 678</a>'
    for said in ("chưa rõ", "2020", "12345678901234567890", "javascript:alert(1)", "a@b"):
        assert contacts(said) == said
    assert contacts("<b>") == "&lt;b&gt;"


def test_only_what_is_markup_already_is_not_escaped() -> None:
    assert tag("p", "a < b", Html("<br>"), class_='"x"', hidden=True, open=False, data_state="&") == (
        '<p class="&quot;x&quot;" hidden data-state="&amp;">a &lt; b<br></p>'
    )
    assert joined(["<", Html("<i></i>")], " & ") == "&lt; &amp; <i></i>"


def test_the_same_run_gives_the_same_bytes_and_leaves_the_page_alone(tmp_path: Path) -> None:
    path, _ = consolidated(half_missing(tmp_path / "một"))
    other, _ = consolidated(half_missing(tmp_path / "hai"))
    assert path.read_bytes() == other.read_bytes()
    at = place(tmp_path / "một")
    before = path.stat().st_mtime_ns
    run.consolidate(at, YEAR)
    assert path.stat().st_mtime_ns == before


def test_the_english_page_is_english(tmp_path: Path) -> None:
    units = tuple(replace(one, name=f"Unit {one.code}", short_name=one.code) for one in UNITS)
    at = place(tmp_path, units=units)
    at = replace(at, settings=replace(at.settings, agency="Agency", agency_upper="Above"))
    run.templates(at, YEAR)
    returned(at, {"U1": GOOD, "G12": WRONG})
    returned(at, {"G11": GOOD}, received=LATE)
    (at.inbox(YEAR) / "broken.xlsx").write_bytes(b"PK\x03\x04")
    cell = {"unit": "U1", "form": "X01", "indicator": "ca", "measure": "tong"}
    by = {"reason": "Minutes", "who": "B"}
    at = replace(at, decisions=(decision("adjust", **cell, **by, reported="5", decided=6.0),))
    path, found = consolidated(at, lang="en")
    assert next(found.of("html"))["lang"] == "en"
    plain = unicodedata.normalize("NFD", found.words.replace("đồng", ""))
    assert sorted({word for word in plain.split() if VIETNAMESE.search(word)}) == []
    printed = re.search(r'@bottom-left \{ content: "([^"]*)"', path.read_text(encoding="utf-8"))
    assert printed is not None
    assert printed[1] == "Figures as of 25/11/2020"


@pytest.mark.parametrize("period", ["2020", "2021", "2023-Q3", "2024"])
def test_the_page_of_each_period_of_the_demo_is_sound(demo: Demo, period: str) -> None:
    results = demo.runs[period]
    found = sound(output_files(demo.workspace, results.owed.period)["page"])
    assert results.as_of in found.words.lower()
    for unit in results.owed.owed:
        assert unit in summaries(found)


def test_the_demo_shows_its_targets_figures_and_files(demo: Demo) -> None:
    results = demo.results
    found = sound(output_files(demo.workspace, results.owed.period)["page"])
    form = target_form(results)
    assert form is not None
    lines = target_lines(results, form, results.owed.tree.province)
    given = [line for line in lines if line.given is not None and line.given.value > 0]
    met = sum(line.verdict in ("Đạt", "Vượt") for line in given)
    assert f"Đạt {met}/{len(given)} chỉ tiêu được giao" in found.words
    for title in ("Đoàn viên theo giới", "Trình độ học vấn", "CNVCLĐ theo đơn vị", "Gọi đơn vị nào trước"):
        assert title in found.words
    names = [link["href"] for link in found.of("a")]
    for path in (*written(results)[1:], *(demo.workspace.output(YEAR) / "data").glob("*.csv")):
        assert path.relative_to(demo.workspace.output(YEAR)).as_posix() in names


def test_a_mean_of_percentages_shows_no_more_than_two_decimals(demo: Demo, tmp_path: Path) -> None:
    results = demo.results
    form, province, rollup = target_form(results), results.owed.tree.province, results.rollup
    assert form is not None
    [line, *_] = [one for one in target_lines(results, form, province) if one.measured_in == "%" and one.given]
    [key] = [cell.judges[0] for cell in form.cells() if cell.judges and cell.key.indicator == line.code]
    values = rollup.value.values.copy()
    values[rollup.at(province.code, key)] = 99.39474352170201
    rolled = replace(rollup, value=rollup.value.with_values(values))
    path = tmp_path / "index.html"
    write_page(path, replace(results, rollup=rolled), {}, [])
    found = parsed(path.read_text("utf-8"))
    assert "99,39%" in found.words
    assert "99,394" not in found.words


def everyone(demo: Demo) -> Results:
    """A period in which all the units of the register owe a return."""
    settings = replace(demo.workspace.settings, senders=("upper", "grassroots"))
    periods = {name: replace(one, senders=None) for name, one in settings.periods.items()}
    at = replace(demo.workspace, settings=replace(settings, periods=periods))
    return run.consolidate(at, YEAR, write=False)


@pytest.fixture(scope="module")
def crowd(demo: Demo) -> Results:
    return everyone(demo)


def test_780_units_with_thousands_of_findings_stay_a_few_mb(crowd: Results) -> None:
    assert len(crowd.owed.owed) > 780
    full = with_findings(crowd, 7)
    html = html_of(full)
    found = parsed(html)
    assert len(list(found.of("details"))) >= len(crowd.owed.owed)
    assert len(list(found.of("li", **{"class": "hard"}))) >= 3 * len(crowd.owed.owed)
    assert len(html.encode()) < 5 * MB


def test_of_very_many_units_those_are_shown_with_whom_there_is_something_to_do(
    crowd: Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(write_page_units, "_MOST_UNITS", 100)
    codes = [*crowd.by_unit, *(unit for unit in crowd.owed.owed if unit not in crowd.by_unit)]
    sent = codes[: len(crowd.by_unit)]
    found = replace(crowd, findings=tuple(one for one in crowd.findings if one.unit in sent), doubts=())
    html = parsed(html_of(found))
    shown = summaries(html)
    quiet = [unit for unit in sent if crowd.status_of(unit) == "accepted" and not found.findings_of(unit)]
    assert set(shown) == set(codes) - set(quiet)
    assert quiet
    assert f"{len(quiet)} đơn vị không có việc gì phải làm" in html.words


def test_of_more_units_with_something_to_do_the_first_are_shown_and_the_rest_counted(
    crowd: Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = summaries(parsed(html_of(crowd)))
    monkeypatch.setattr(write_page_units, "_MOST_UNITS", 100)
    monkeypatch.setattr(write_page_units, "_MOST_BUSY", 7)
    html = parsed(html_of(crowd))
    shown = summaries(html)
    assert len(shown) == 7
    assert [*whole][:7] == [*shown]
    said = re.findall(r"(\d+) đơn vị (?:nữa còn việc|không có việc gì) phải làm", html.words)
    counted = [int(found) for found in said]
    assert 7 + sum(counted) == len(whole)


def test_where_there_is_no_room_the_gravest_are_shown_and_the_rest_counted(crowd: Results) -> None:
    html = html_of(with_findings(crowd, 60))
    found = parsed(html)
    assert len(html.encode()) < 5 * MB
    assert len(list(found.of("li", **{"class": "info"}))) == 0
    assert "phát hiện nữa: xem doi-chieu-2020.xlsx" in found.words


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Browser:
    return browser_in(tmp_path_factory.mktemp("browser"))


@pytest.fixture(scope="module")
def states(demo: Demo, crowd: Results, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """A page of each state; they need their place in no workspace."""
    folder = tmp_path_factory.mktemp("states")
    pages = {"many": html_of(demo.results), "crowd": html_of(with_findings(crowd, 7))}
    for name, made in (
        ("all", all_received),
        ("half", half_missing),
        ("one", one_unit),
        ("hostile", hostile),
    ):
        pages[name] = html_of(run.consolidate(made(folder / name), YEAR, write=False))
    for name, html in pages.items():
        (folder / f"{name}.html").write_text(html, encoding="utf-8")
    return {name: folder / f"{name}.html" for name in pages}


def test_nothing_is_wider_than_the_screen(browser: Browser, states: Mapping[str, Path]) -> None:
    script = """
      const root = page.document.documentElement;
      page.document.querySelectorAll('details').forEach((unit, i) => { if (i < 40) unit.open = true; });
      const wide = [...page.document.querySelectorAll('main *')].filter(
        (one) => one.getBoundingClientRect().right > root.clientWidth + 1).map((one) => one.outerHTML.slice(0, 200));
      return { wide: wide.slice(0, 3), over: root.scrollWidth - root.clientWidth };
    """
    for found in browser.asked(list(states.values()), (360, 768, 1280), script):
        assert found == {"wide": [], "over": 0}


def test_a_unit_is_found_by_any_of_its_words_without_marks(browser: Browser, states: Mapping[str, Path]) -> None:
    script = """
      const left = () => [...page.document.querySelectorAll('details:not([hidden])')].map((unit) => unit.id ||
        unit.querySelector('.inside').id.slice(2));
      const write = (id, value, name) => {
        const field = page.document.getElementById(id);
        field.value = value;
        field.dispatchEvent(new page.Event(name));
        return left();
      };
      const before = left().length;
      const out = { before, found: write('find', 'huyen than uyen', 'input'), none: write('find', 'zzz', 'input'),
        all: write('find', '', 'input').length, missing: write('chosen', 'missing', 'change'),
        shown: !page.document.querySelector('.tools').hidden };
      page.document.getElementById('open').click();
      out.open = page.document.querySelectorAll('details[open]').length;
      page.location.hash = '#u-LC-01';
      return out;
    """
    (found,) = browser.asked([states["many"]], [1280], script)
    assert found.pop("before") == found.pop("all")
    assert found == {"found": ["LC-08"], "none": [], "missing": ["LC-23"], "shown": True, "open": 1}


def printed_pages(path: Path) -> list[str]:
    if shutil.which("pdftotext") is None:
        pytest.skip("needs poppler")
    done = subprocess.run(["pdftotext", "-layout", str(path), "-"], capture_output=True, text=True, check=True)
    return done.stdout.split("\f")[:-1]


def test_it_prints_on_a_few_pages_each_with_its_date_and_number(browser: Browser, states: Mapping[str, Path]) -> None:
    for name, most in (("all", 2), ("half", 2), ("one", 2), ("many", 7)):
        pages = printed_pages(browser.pdf(states[name]))
        assert 1 <= len(pages) <= most, name
        for number, text in enumerate(pages, start=1):
            assert "Số liệu tính đến ngày 25/11/2020" in text
            assert f"{number}/{len(pages)}" in text


def test_in_print_only_open_units_show_their_findings(browser: Browser, states: Mapping[str, Path]) -> None:
    closed, open_ = (" ".join(printed_pages(browser.pdf(states[name]))) for name in ("half", "one"))
    assert "G12" in closed
    assert "Câu nhắn sẵn" not in closed
    assert "Câu nhắn sẵn" in open_
    assert "Tìm đơn vị" not in closed
