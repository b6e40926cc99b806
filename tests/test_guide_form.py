"""docs/them-bieu.md is walked as a clerk walks it: what it tells to write is written, what it quotes must be said."""

from __future__ import annotations

import contextlib
import io
import re
import shlex
import shutil
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

import pytest
from conftest import Recalculate
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

import schemas
from pipeline.cli import main
from schemas import load_parts, load_rules, rules
from schemas.edit import Blanks, Edit, RefKind, Rule, refs_of
from schemas.errors import DefinitionError
from schemas.faults import Faults
from schemas.form import LEVELS, PERIOD_KINDS, PREFILLS, ROLLUPS
from schemas.load import load_forms
from schemas.rules_terms import REGISTER_GROUPS

GUIDE = Path(__file__).parent.parent / "docs" / "them-bieu.md"
SHIPPED = Path(schemas.__file__).parent / "forms"

FILL, SHOWN, CHECKS = "mã dòng", "Nội dung", "Quy tắc"
KEYS = {
    "khóa của biểu": load_parts._FORM_KEYS,
    "khóa của bảng": load_parts._TABLE_KEYS,
    "khóa của cột": load_parts._MEASURE_KEYS,
    "khóa của dòng": load_parts._ROW_KEYS,
    "khóa của dòng tiêu đề": load_parts._HEADING_KEYS,
    "khóa của quy tắc": load_rules._EDIT_KEYS,
}


# The guide as blocks.


@dataclass(frozen=True)
class Block:
    """A fenced block by its language, or a ``table`` with its cells; ``before`` are the words right above it."""

    kind: str
    lines: tuple[str, ...]
    before: str

    @property
    def text(self) -> str:
        return "\n".join(self.lines) + "\n"

    @property
    def head(self) -> list[str]:
        return cells_of(self.lines[0])

    @property
    def rows(self) -> list[dict[str, str]]:
        return [dict(zip(self.head, cells_of(line), strict=True)) for line in self.lines[2:]]


def cells_of(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().removeprefix("|").removesuffix("|").split("|")]


def blocks(text: str) -> Iterator[Block]:
    before: list[str] = []
    lines = iter(text.splitlines())
    for line in lines:
        if line.startswith("```"):
            body = tuple(iter(lambda: next(lines), "```"))
            yield Block(line.removeprefix("```"), body, " ".join(before))
            before = []
        elif line.startswith("|"):
            body = (line, *iter(lambda: next(lines, ""), ""))
            yield Block("table", body, " ".join(before))
            before = []
        else:
            before.append(line)


BLOCKS = tuple(blocks(GUIDE.read_text(encoding="utf-8")))


def table(first: str) -> list[dict[str, str]]:
    """The rows of the one table whose head begins so."""
    [found] = [block for block in BLOCKS if block.kind == "table" and block.head[0] == first]
    return found.rows


def code(cell: str) -> str:
    """What stands between the backticks."""
    return cell.strip("`")


def named_in(head: str) -> list[str]:
    return [code(row[head]) for row in table(head)]


# The walk.


@dataclass
class Said:
    """A run of commands, what they printed and what the guide quotes of it."""

    commands: Sequence[str]
    printed: Sequence[str]
    quoted: list[str] = field(default_factory=list)


@dataclass
class Seen:
    """A table of the guide that shows a sheet, and the workbook as it was then."""

    block: Block
    sheet: str
    book: Path


@dataclass
class Walk:
    """The workspace behind the guide, and what was said and shown on the way."""

    root: Path
    folder: Path
    said: list[Said] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    typed: list[tuple[str, str, str]] = field(default_factory=list)

    def do(self, block: Block) -> None:
        match block.kind:
            case "toml" | "csv":
                self.write(block)
            case "sh":
                self.run(block.lines)
            case "text":
                self.said[-1].quoted += block.lines
            case "table" if block.head[0] in (FILL, SHOWN, CHECKS):
                self.sheet(block)

    def write(self, block: Block) -> None:
        """A new file whole; in one that is there, each line replaces its like or follows the line before it."""
        named = re.findall(r"`([\w./-]+\.(?:toml|csv))`", block.before)
        path = self.root / named[-1]
        assert path.parent.is_dir(), f"the guide writes {named[-1]} where no folder is"
        path.write_text(edited(path.read_text("utf-8"), block.lines) if path.exists() else block.text, "utf-8")

    def run(self, commands: Sequence[str]) -> None:
        out = io.StringIO()
        for command in commands:
            name, *arguments = shlex.split(command)
            if name == "cd":
                self.root = self.root / arguments[0]
                continue
            assert name == "tonghop", command
            with contextlib.chdir(self.root), contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
                assert main(arguments) in (0, 1, 2), command
        self.said.append(Said(commands, out.getvalue().splitlines()))

    def sheet(self, block: Block) -> None:
        """Figures are typed into the copy in the inbox; what is shown is kept as it is now."""
        [(name, sheet)] = re.findall(r"Tệp `([\w-]+\.xlsx)`, trang `([^`]+)`", block.before)
        inbox, issued = self.root / "inbox/2020" / name, self.root / "input_templates/2020" / name
        if block.head[0] == FILL:
            inbox.parent.mkdir(exist_ok=True)
            self.typed += fill(inbox if inbox.exists() else issued, inbox, sheet, block)
            return
        book = next(path for path in (inbox, issued, self.root / "output/2020" / name) if path.exists())
        kept = self.folder / f"{len(self.seen)}-{name}"
        shutil.copyfile(book, kept)
        self.seen.append(Seen(block, sheet, kept))


def edited(text: str, lines: Sequence[str]) -> str:
    found = text.splitlines()
    last = -1
    for line in lines:
        like = [i for i, old in enumerate(found) if same_thing(old) == same_thing(line)]
        if like:
            last = like[0]
            found[last] = line
        else:
            assert last >= 0, f"nothing in the file is like: {line}"
            last += 1
            found.insert(last, line)
    return "\n".join(found) + "\n"


def same_thing(line: str) -> str:
    """A key, or what names a row, a measure or an edit."""
    return line.partition("," if line.lstrip().startswith("{") else "=")[0].strip()


def fill(source: Path, to: Path, sheet: str, block: Block) -> list[tuple[str, str, str]]:
    """Type the figures where the hidden codes say; returns file, place and what was typed."""
    book = load_workbook(source)
    page = book[sheet]
    rows, columns = codes(page, sheet)
    measures = [head for head in block.head[2:] if head]
    typed = []
    for row in block.rows:
        at = rows[code(row[FILL])]
        assert page.cell(at, 3).value == row["Nội dung"]
        for head in measures:
            if row[head]:
                cell = page.cell(at, columns[code(head)])
                cell.value = number(row[head])
                typed.append((to.name, f"{sheet}!{cell.coordinate}", row[head]))
    book.save(to)
    return typed


def codes(page: Worksheet, table_id: str) -> tuple[dict[str, int], dict[str, int]]:
    """The rows and the columns of a package's sheet by their hidden codes, counted from 1."""
    rows = {str(cell.value): cell.row for cell in page["A"] if cell.value}
    head = rows[f"#{table_id}"]
    assert page.row_dimensions[head].hidden
    assert page.column_dimensions["A"].hidden
    return rows, {str(cell.value): cell.column for cell in page[head] if cell.value}


def number(cell: str) -> int | str:
    plain = cell.replace(".", "")
    return int(plain) if plain.isdecimal() else cell


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Walk:
    folder = tmp_path_factory.mktemp("guide")
    walked = Walk(folder, folder)
    for block in BLOCKS:
        walked.do(block)
    return walked


# What the guide quotes and shows.


def test_every_line_that_the_guide_quotes_is_printed_in_that_order(walk: Walk) -> None:
    assert sum(len(said.quoted) for said in walk.said) > 20
    for said in walk.said:
        rest = iter(said.printed)
        for line in said.quoted:
            pattern = re.compile(".*".join(map(re.escape, line.split("…"))))
            assert any(pattern.fullmatch(printed) for printed in rest), (
                f"after {said.commands} the guide quotes\n{line}\nbut the program says\n" + "\n".join(said.printed)
            )


def test_every_command_of_the_guide_has_its_output_quoted(walk: Walk) -> None:
    assert [said.commands for said in walk.said if not said.quoted] == []


def test_the_wrong_figure_is_found_at_the_cell_that_the_guide_names(walk: Walk) -> None:
    wrong: dict[tuple[str, str], list[str]] = {}
    for file, place, value in walk.typed:
        wrong.setdefault((file, place), []).append(value)
    [((file, place), (first, then))] = [found for found in wrong.items() if len(found[1]) > 1]
    assert first != then
    assert f"`{place}`" in GUIDE.read_text(encoding="utf-8")
    before, after = [said for said in walk.said if list(said.commands) == [f"tonghop check inbox/2020/{file}"]]
    assert any(place in line and "[B05-E01]" in line for line in before.printed)
    assert not any(place in line for line in after.printed)


def test_the_checks_of_the_form_stand_in_the_package_as_the_guide_shows_them(walk: Walk) -> None:
    issued = next(seen for seen in walk.seen if seen.block.head[0] == CHECKS)
    shown = [row for row in sheet_rows(issued) if row[CHECKS].startswith("B05-")]
    assert shown == issued.block.rows


def test_the_checks_answer_while_the_unit_types(walk: Walk, recalculate: Recalculate) -> None:
    filled = [seen for seen in walk.seen if seen.block.head[0] == CHECKS][1:]
    assert filled
    books = recalculate([seen.book for seen in filled])
    for seen, book in zip(filled, books, strict=True):
        live = sheet_rows(Seen(seen.block, seen.sheet, book))
        for row in seen.block.rows:
            assert row in live


def test_the_sheets_show_the_figures_and_totals_of_the_guide(walk: Walk) -> None:
    figures = [seen for seen in walk.seen if seen.block.head[0] == SHOWN]
    assert {seen.sheet for seen in figures if "tong-hop" in seen.book.name} >= {"B05", "B05 Số cuộc", "B05 Kinh phí"}
    for seen in figures:
        there = sheet_rows(seen)
        for row in seen.block.rows:
            assert row in there, f"{seen.sheet} shows\n" + "\n".join(map(str, there))


def sheet_rows(seen: Seen) -> list[dict[str, str]]:
    """The rows of a sheet below the head that the guide shows of it, as a person reads them."""
    page = load_workbook(seen.book, data_only=True)[seen.sheet]
    values = [list(row) for row in page.iter_rows(values_only=True)]
    heads = seen.block.head
    top = next(i for i, row in enumerate(values) if set(heads) <= set(row))
    columns = {head: values[top].index(head) for head in heads}
    return [{head: shown(row[at], head) for head, at in columns.items()} for row in values[top + 1 :]]


def shown(value: object, head: str) -> str:
    if isinstance(value, int | float):
        written = f"{value:,.2f}" if "%" in head else f"{value:,.0f}"
        return written.translate(str.maketrans(",.", ".,"))
    return "" if value is None else str(value)


# The reference is complete and true.


@pytest.mark.parametrize("head", KEYS)
def test_every_key_of_a_form_file_is_in_the_reference(head: str) -> None:
    named = named_in(head)
    missing = [key for key in KEYS[head] if key not in named]
    gone = [key for key in named if key not in KEYS[head]]
    assert not missing, f"docs/them-bieu.md, bảng “{head}”, thiếu: {', '.join(missing)}"
    assert not gone, f"docs/them-bieu.md, bảng “{head}”, không còn: {', '.join(gone)}"


@pytest.mark.parametrize(
    ("head", "known"),
    [("cách tổng hợp", ROLLUPS), ("nhóm trong danh bạ", REGISTER_GROUPS)],
)
def test_every_choice_has_its_row_in_the_reference(head: str, known: Sequence[str]) -> None:
    assert sorted(named_in(head)) == sorted(known)


def test_every_type_is_in_the_reference() -> None:
    assert set(named_in("kiểu")) == {*load_parts._TYPES, *load_parts._COLUMN_TYPES}


@pytest.mark.parametrize(
    ("head", "key", "words"),
    [
        ("khóa của biểu", "periods", PERIOD_KINDS),
        ("khóa của biểu", "senders", LEVELS),
        ("khóa của bảng", "kind", ("matrix", "list")),
        ("khóa của cột", "prefill", PREFILLS),
        ("khóa của quy tắc", "severity", ("hard", "soft")),
        ("khóa của quy tắc", "levels", LEVELS),
        ("khóa của quy tắc", "blanks", get_args(Blanks)),
    ],
)
def test_every_word_that_a_key_accepts_is_named_with_it(head: str, key: str, words: Sequence[str]) -> None:
    [row] = [row for row in table(head) if code(row[head]) == key]
    assert [word for word in words if f"`{word}`" not in row["nghĩa"]] == []


@pytest.mark.parametrize("head", KEYS)
def test_the_example_of_each_key_is_toml_with_that_key(head: str) -> None:
    for row in table(head):
        assert list(tomllib.loads(code(row["ví dụ"]))) == [code(row[head])]


def test_the_keys_of_the_example_are_explained_beside_it() -> None:
    keys = set(keys_in(tomllib.loads(form_file("B05"))))
    explained = set(named_in("khóa trong ví dụ"))
    assert keys - {"vi"} == explained


def keys_in(raw: object) -> Iterator[str]:
    if isinstance(raw, dict):
        for key, value in raw.items():
            yield key
            yield from keys_in(value)
    elif isinstance(raw, list):
        for value in raw:
            yield from keys_in(value)


def form_file(form_id: str) -> str:
    """The form as the guide first writes it."""
    whole = [block.text for block in BLOCKS if block.kind == "toml" and "[[table]]" in block.lines]
    [text] = [text for text in whole if tomllib.loads(text)["id"] == form_id]
    return text


PARTS: Mapping[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "khóa của biểu": lambda raw: raw,
    "khóa của bảng": lambda raw: raw["table"][0],
    "khóa của cột": lambda raw: raw["table"][0]["measures"][0],
    "khóa của dòng": lambda raw: raw["table"][0]["rows"][0],
    "khóa của dòng tiêu đề": lambda raw: next(row for row in raw["table"][0]["rows"] if "heading" in row),
    "khóa của quy tắc": lambda raw: raw["table"][0]["edits"][0],
}
NEEDED = [(head, code(row[head])) for head in PARTS for row in table(head) if row["bắt buộc"]]


@pytest.mark.parametrize(("head", "key"), NEEDED)
def test_a_key_that_the_reference_calls_needed_is_asked_for(head: str, key: str) -> None:
    raw = tomllib.loads(form_file("B05"))
    assert faults_of(raw) == []
    lacking = deepcopy(raw)
    del PARTS[head](lacking)[key]
    assert faults_of(lacking)


def faults_of(raw: dict[str, Any]) -> list[str]:
    faults = Faults("B05.toml")
    form = load_parts.read_form(raw, faults)
    if not faults.found:
        others = load_forms(path for path in SHIPPED.glob("*.toml") if path.stem != "B05")
        load_rules.with_rules(load_rules.Draft(raw, form, faults), load_rules.names_in([*others, form]))
    return [fault.en for fault in faults.found]


# The rules.

RULES = [(code(row["viết"]), row["biểu"]) for row in table("muốn nói")]


@pytest.mark.parametrize(("rule", "form"), RULES)
def test_every_rule_of_the_reference_is_accepted_in_the_form_of_the_guide(rule: str, form: str, tmp_path: Path) -> None:
    assert read_in(tmp_path, rule, form).checks


def test_a_rule_that_the_reference_excludes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError):
        read_in(tmp_path, "so_cuoc < so_nguoi", "B05")


def test_every_kind_of_rule_and_of_number_has_an_example(tmp_path: Path) -> None:
    checks = [check for rule, form in RULES for check in read_in(tmp_path, rule, form).checks]
    assert {type(check) for check in checks} == set(get_args(Rule))
    assert {ref.kind for check in checks for ref in refs_of(check)} == set(get_args(RefKind))


def test_every_word_of_the_language_of_rules_has_an_example() -> None:
    written = " ".join(rule for rule, _ in RULES)
    words = set(re.findall(r"(\w+)\(", rules.__doc__ or ""))
    assert {"each", "when", "unique"} <= words
    assert [word for word in sorted(words) if f"{word}(" not in written] == []


def read_in(folder: Path, rule: str, form: str) -> Edit:
    """The rule as one more edit of a form of the guide, beside the shipped forms."""
    for path in SHIPPED.glob("*.toml"):
        shutil.copyfile(path, folder / path.name)
    for form_id in ("B05", "B06"):
        text, more = (
            form_file(form_id).rstrip(),
            f'{{ id = "{form}-X1", rule = "{rule}", label = "Nhãn", en = "Label" }}',
        )
        assert text.endswith("]")
        (folder / f"{form_id}.toml").write_text(f"{text[:-1]}{more}\n]" if form_id == form else text, encoding="utf-8")
    return load_forms(folder.glob("*.toml")).by_id[form].tables[0].edits[-1]
