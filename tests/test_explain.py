"""What is said of each id: every one is explained, in both languages, on a page, by what the program really says."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, time
from pathlib import Path

import pytest
from builders import RECEIVED, package
from openpyxl import load_workbook

from pipeline.catalogue import CATALOGUE
from pipeline.cli import main
from pipeline.demo import Demo
from pipeline.explain import EFFECTS, FOLDER, Example, Explanation, explained, explanations, groups, names
from pipeline.explain_pages import FOLDER as PAGES
from pipeline.explain_pages import INDEX, page, pages
from pipeline.explain_rules import edit_ids, edit_named, wording_of
from pipeline.messages import message
from pipeline.report import edit_report
from pipeline.run import check, explain, load_only_forms, workspace_at
from schemas.period import Period
from schemas.scope import scoped
from schemas.text import LANGUAGES, Text

ROOT = Path(__file__).parent.parent
ALL = list(explanations())
WORDS = ("why", "mend", "office", "scene", "after")
OF_AN_EXAMPLE = {"say", "id", "at", "unit", "period", "form", "file", "value", "expected", "params"}
OF_AN_ID = {"vi", "en", "also", "effect", "see", "example"}
LINK = re.compile(r"\]\(([^)#:]+)\)")

# What a unit types into the cells of a package, a value with the number format of its cell where it has another one,
# and the wordings whose examples must then be said, letter by letter.
TYPED: tuple[tuple[Mapping[str, object], str], ...] = (
    (
        {
            **{"B01!E10": 2918, "B01!E13": "khoảng 900", "B01!E16": datetime(1907, 7, 4), "B01!E18": 8},
            **{"B01!G18": "027%", "B01!E22": "1.016.5", "B01!E23": "x", "B01!E24": "1,368", "B01!E25": "#REF!"},
            **{"B01!E28": "l2", "B01!E30": "......", "B01!E31": "-", "B01!E33": (0.17, "0%"), "B01!E36": "217 tổ"},
            **{"B01!E38": "đang rà soát", "B01!E39": "+31", "B01!E41": -4, "B01!F10": 1787},
            **{"B02!F25": 0.5, "B02!F31": datetime(2020, 10, 8), "B02!F32": 44112, "B02!F39": "380.100.000đ"},
            **{"B02!F47": 12055800004416600, "B02!F52": "1,9 tỷ", "B02!E85": time(8, 10), "B02!E86": "5 nghìn"},
            **{"B03!E11": 30, "B03!E12": 20, "B03!F25": "5/4", "B03!F30": 1205580000, "B03!F31": 0.98},
        },
        "approximate date-number lost-comma separator-unclear counted-elsewhere ambiguous-separator error-value "
        "letter-digit placeholder zero-mark shown-in-percent unit-dropped cell-type read-as negative not-asked "
        "not-integer date-fraction date-as-number unit-differs too-large-number scaled-text date scaled-count "
        "target-typed target-not-given fraction over-range percent-or-share list-empty",
    ),
    (
        {
            **{"B01!E10": 2918, "B01!E12": 1787, "B01!E13": 124, "B01!E16": 2742, "B01!E17": 168, "B01!E18": 8},
            **{"B01!E21": 124, "B01!E22": 1016, "B01!E23": 221, "B01!E24": 1368, "B01!E25": 189},
            **{"B01!G16": "93,96", "B01!G17": "5,75", "B01!G18": "0,27"},
            **{"B01!G21": "4,25", "B01!G22": "34,81", "B01!G25": "6,47", "B01!E29": 294, "B01!F29": 299},
            **{f"B02!E{46 + i}": gifts for i, gifts in enumerate((57, 42, 5, 57, 52, 2, 32, 2))},
            **{"B02!E54": 9999, "B02!I54": 4223400000, "B03!F10": 29, "B03!F13": 17, "B03!F14": 3},
            **{"B03!F15": 20, "B03!I15": "Không đạt"},
        },
        "implied-zero undecided percent-truncated percent-mixed percent-sum edit-order edit-range derived-differs "
        "derived-alone derived-blank target-zero verdict-differs",
    ),
    (
        {
            **{"B01!E10": 2265, "B01!E43": 2043, "B01!G43": "27,5", "B02!E47": 0, "B02!F47": 500000},
            **{"B04!I9": 20, "B04!G9": "năm 2015", "B04!M9": "Hoàn thành tốt", "B04!N9": "x"},
            **{"B04!I10": 10, "B04!G10": "15/03/2015"},
        },
        "percent-wrong edit-rule date-unclear option-unknown option-read date-as-text",
    ),
    ({"B01!E10": 2150, "B01!E11": 1223, "B01!E12": 972, "B04!I10": 10, "B04!C10": None}, "edit-equal key-missing"),
    ({"B01!E10": 307, "B01!E11": 120, "B01!E12": 190, "B01!G11": 39.1, "B01!G12": 61.9}, "percent-sum-wrong"),
    ({"B01!E10": 307, "B01!E11": 120, "B01!G11": 0.391}, "percent-as-fraction"),
    ({"B01!E10": 2918, "B01!E23": 221, "B01!G23": "7,58"}, "percent-upward"),
    ({"B01!E10": 2.918}, "thousands-lost"),
)

# Examples that the demo says, letter by letter.
IN_THE_DEMO = (
    "not-a-workbook damaged wrong-period unknown-unit no-figures key-twice not-registered children-differ list-lacks "
    "list-child-differs not-received cut-off-differs"
)


def both(text: Text) -> bool:
    """Whether words stand in both languages or in none."""
    return bool(text.vi) == bool(text.en)


def by_wording() -> dict[str, Example]:
    """The first example of each entry of the message catalogue."""
    found: dict[str, Example] = {}
    for one in ALL:
        for example in one.examples:
            found.setdefault(example.finding.say or example.finding.id, example)
    return found


def test_every_entry_of_the_catalogue_is_explained_once() -> None:
    told = [name for one in ALL for name in one.wordings]
    assert sorted(told) == sorted(CATALOGUE)
    assert len({one.id for one in ALL} | {name for one in ALL for name in one.also}) == len(names())
    assert all({*one.also} <= CATALOGUE.keys() for one in ALL)


def test_wordings_of_one_id_are_equally_grave() -> None:
    for one in ALL:
        assert {CATALOGUE[name].severity for name in one.wordings} == {one.severity}, one.id


def test_the_pages_are_what_the_data_gives() -> None:
    """Where they are not: ``python -m pipeline.explain_pages`` writes them."""
    tracked = {path.name: path.read_bytes().decode("utf-8") for path in (ROOT / PAGES).iterdir()}
    assert sorted(tracked) == sorted({INDEX, *(f"{one.id}.md" for one in ALL)})
    stale = [name for name, text in pages().items() if tracked[name] != text]
    assert stale == []


def test_every_page_leads_to_pages_that_are_there() -> None:
    for name, text in pages().items():
        missing = [link for link in LINK.findall(text) if not (ROOT / PAGES / link).exists()]
        assert missing == [], name


def test_a_page_is_of_an_id_or_of_a_wording_of_one() -> None:
    assert page("date-number") == page("date") != page("fraction")
    assert page("date").startswith("# `date`: ")
    assert page("date").index("## Cách sửa") < page("date").index("# In English") < page("date").index("## How to mend")
    with pytest.raises(KeyError):
        page("B01-E01")


@pytest.mark.parametrize("one", ALL, ids=lambda one: one.id)
def test_an_explanation_is_complete_in_both_languages(one: Explanation) -> None:
    for text in (one.title, one.why, one.mend, one.weight, *(example.scene for example in one.examples)):
        assert text.vi, one.id
        assert text.en, one.id
        assert text.vi != text.en
    assert both(one.office)
    assert all(both(example.after) for example in one.examples)
    assert one.effect in EFFECTS
    assert one.examples
    assert one.id not in one.see
    assert set(one.see) <= {other.id for other in ALL}


@pytest.mark.parametrize("one", ALL, ids=lambda one: one.id)
def test_every_wording_of_an_id_has_an_example_of_what_it_says(one: Explanation) -> None:
    shown = {example.finding.say or example.finding.id for example in one.examples}
    assert shown == set(one.wordings)
    for example in one.examples:
        said = example.said
        assert said.vi != said.en
        assert not re.search(r"[{}]|\?\?|  ", said.vi + said.en), said
        assert said.vi.endswith(f"[{example.finding.id}]")
        assert (example.finding.id == one.id) != (one.effect == "rule")


def test_the_files_hold_nothing_that_is_not_read() -> None:
    texts = {f"{word}_{lang}" for word in WORDS for lang in LANGUAGES}
    for path in FOLDER.glob("*.toml"):
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
        assert set(raw.pop("group")) == set(LANGUAGES)
        for name, one in raw.items():
            assert one.keys() <= OF_AN_ID | texts, (path.name, name)
            for example in one["example"]:
                assert example.keys() <= OF_AN_EXAMPLE | texts, (path.name, name)


def test_the_explanations_come_with_the_program() -> None:
    raw = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert f"{FOLDER.name}/*.toml" in raw["tool"]["setuptools"]["package-data"]["pipeline"]


def test_an_example_of_an_edit_is_one_that_the_edit_says() -> None:
    forms = load_only_forms(ROOT)
    rules = [(one, example) for one in ALL if one.effect == "rule" for example in one.examples]
    for one, example in rules:
        found = edit_named(forms, example.finding.id)
        assert found is not None
        # The standard forms require no figure by an edit.
        if one.id not in ("edit-rows", "edit-missing"):
            assert wording_of(found).id == one.id
        label = example.finding.params.get("label", found.edit.label)
        assert isinstance(label, Text)
        if one.id != "value-twice":
            assert label.vi.startswith(found.edit.label.vi)
            assert label.en.startswith(found.edit.label.en)


@pytest.mark.parametrize(("typed", "expected"), TYPED, ids=[said.split()[0] for _, said in TYPED])
def test_the_program_says_of_an_example_what_its_page_says(
    typed: Mapping[str, object], expected: str, tmp_path: Path
) -> None:
    place = replace(workspace_at(ROOT), root=tmp_path)
    path = package(tmp_path / "nộp.xlsx", place, "LC-21", {})
    book = load_workbook(path)
    for at, value in typed.items():
        sheet, address = at.split("!")
        cell = book[sheet][address]
        if isinstance(value, tuple):
            cell.value, cell.number_format = value
        else:
            cell.value = value
    book.save(path)
    os.utime(path, (RECEIVED.timestamp(), RECEIVED.timestamp()))
    findings = check(place, [path])
    said = {lang: {message(finding, lang) for finding in findings} for lang in LANGUAGES}
    examples = by_wording()
    for wording in expected.split():
        for lang in LANGUAGES:
            assert examples[wording].said.of(lang) in said[lang]


def test_every_finding_of_the_demo_is_explained(demo: Demo) -> None:
    forms = demo.workspace.forms
    for finding in demo.results.findings:
        one = explained(finding.id)
        if one is None:
            found = edit_named(forms, finding.id)
            assert found is not None, finding.id
            rule = explained(finding.say)
            assert rule is not None
            assert rule.effect == "rule"
            assert rule in (wording_of(found), explained("edit-rows"))
        else:
            assert one.id == finding.id
            assert one.effect != "rule"
            assert explained(finding.say or finding.id) == one
            assert one.severity == finding.severity


def test_the_demo_says_of_an_example_what_its_page_says(demo: Demo) -> None:
    examples = by_wording()
    said = {lang: {message(finding, lang) for finding in demo.results.findings} for lang in LANGUAGES}
    for wording in IN_THE_DEMO.split():
        assert examples[wording].said.vi in said["vi"]
        assert examples[wording].said.en in said["en"]


# --- the command


def test_explain_prints_what_an_id_means_in_the_language_chosen(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "thousands-lost"]) == 0
    said = capsys.readouterr().out
    one = explained("thousands-lost")
    assert one is not None
    flat = " ".join(said.split())
    for text in (one.title, one.why, one.mend, one.office, one.weight, one.examples[0].scene, one.examples[0].said):
        assert text.vi.replace("`", "") in flat
    assert "[thousands-lost]" in said
    assert max(map(len, said.splitlines())) <= 96
    assert main(["--lang", "en", "explain", "thousands-lost"]) == 0
    flat = " ".join(capsys.readouterr().out.split())
    assert one.why.en in flat
    assert "Vì sao" not in flat


def test_a_wording_leads_to_the_id_that_it_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "date"]) == 0
    own = capsys.readouterr().out
    assert main(["explain", "[Date-Fraction]"]) == 0
    assert capsys.readouterr().out == own


def test_without_an_id_all_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain"]) == 0
    lines = capsys.readouterr().out.splitlines()
    listed = {line.split()[0]: line for line in lines if line.startswith("  ")}
    assert list(listed) == [one.id for one in ALL]
    assert all(listed[one.id].endswith(one.title.vi) for one in ALL)
    assert [line for line in lines if not line.startswith("  ")][:-1] == [group.title.vi for group in groups()]


def test_an_unknown_id_is_2_with_the_nearest_one(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["explain", "cel-type"]) == 2
    assert 'Không có mã "cel-type". Có phải "cell-type"?' in capsys.readouterr().err
    assert main(["--lang", "en", "--workspace", str(tmp_path), "explain", "B01-E0"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert 'There is no id "B01-E0". Did you mean "B01-E' in said.err


def test_explain_starts_without_the_frames() -> None:
    code = "import sys; from pipeline.cli import main; main(['--quiet', 'explain', 'B01-E01']); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert not {"pandas", "pandera", "openpyxl", "rich"} & set(done.stdout.split())


# --- edits


def test_an_edit_is_explained_by_its_rule_its_cells_and_its_blanks() -> None:
    said = explain(ROOT, "b01-e01")
    for lang in LANGUAGES:
        told = "\n".join(line.of(lang) for line in said)
        assert "sl_dv_nam + sl_dv_nu == sl_doan_vien" in told
        assert "B01!E11" in told
        assert "B01!E12" in told
        assert "B01!E10" in told
        assert "implied-zero" in told
        assert "edit-equal" in told
    assert said[0] == Text("B01-E01: Nam + nữ = tổng số đoàn viên", "B01-E01: Men + women = members")
    assert any("  B01!E11  2.1 Nam – Tổng số" in line.vi for line in said)


def test_every_edit_is_explained_in_every_kind_of_period() -> None:
    forms = load_only_forms(ROOT)
    asked = {kind: scoped(forms, period.kind) for kind, period in _PERIODS.items()}
    for edit_id in edit_ids(forms):
        for kind, period in _PERIODS.items():
            found = edit_named(forms, edit_id, period)
            assert found is not None
            assert (found.where.vi == f"như trong bộ biểu kỳ {period}") == (edit_id in edit_ids(asked[kind]))
            assert wording_of(found).effect == "rule"
            assert all(line.vi and line.en for line in edit_report(found))


_PERIODS = {kind: Period.parse(kind) for kind in ("2020", "2020-S1", "2023-Q3")}


def test_the_cells_of_an_edit_are_those_of_the_package_of_the_current_period(tmp_path: Path) -> None:
    place = replace(workspace_at(ROOT), root=tmp_path)
    book = load_workbook(package(tmp_path / "p.xlsx", place, "LC-21", {}))
    lines = "\n".join(line.vi for line in explain(ROOT, "B02-S62"))
    assert "(như trong bộ biểu kỳ 2020)" in lines
    [address] = re.findall(r"B02!G(\d+)", lines)
    assert book["B02"][f"A{address}"].value == "sl_daihoi_cdcs"
    assert book["B01"]["A11"].value == "sl_dv_nam"


def test_the_forms_of_a_workspace_bring_their_own_edits(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = tmp_path / "w"
    assert main(["init", str(root)]) == 0
    forms = root / "schemas" / "forms"
    forms.mkdir(parents=True, exist_ok=True)
    text = (ROOT / "schemas" / "forms" / "B01.toml").read_text(encoding="utf-8")
    (forms / "B01.toml").write_text(text.replace('"B01-E16"', '"B01-E99"'), encoding="utf-8")
    assert main(["--workspace", str(root), "explain", "B01-E99"]) == 0
    assert "cl_ll_dang_hoc_tc <= sl_doan_vien" in capsys.readouterr().out
    assert main(["--workspace", str(root), "explain", "B01-E16"]) == 2
    assert main(["--workspace", str(tmp_path), "explain", "B01-E16"]) == 0
    shutil.rmtree(root)
