"""The table of who may import whom; a new module is held to it by its name."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MODULES = {
    f"{folder}.{path.stem}": path for folder in ("schemas", "pipeline") for path in sorted((ROOT / folder).glob("*.py"))
}
PIPELINE = sorted(name for name in MODULES if name.startswith("pipeline."))
SCHEMAS = sorted(name for name in MODULES if name.startswith("schemas."))

# A module belongs to the room that its name begins with: reconcile_tree is a part of the stage reconcile.
STAGES = {"template", "read", "identify", "validate", "adjust", "reconcile", "localize", "consolidate", "write"}
RUNNERS = {"run", "demo"}
SKINS = {"cli", "bootstrap"}
# The last two are there before all that a run needs is loaded.
CLI_MAY_IMPORT = {
    "schemas.errors",
    "schemas.text",
    "pipeline.errors",
    "pipeline.run",
    "pipeline.again",
    "pipeline.run_engine",
}
SCHEMAS_MAY_USE = {"pandas", "pandera", "numpy"}
ONLY_IN_FUNCTIONS = {"pandas", "pandera"}
SCREEN = {"click", "rich"}
HEAVY = ("pandas", "pandera", "numpy", "openpyxl", "xlsxwriter", "python_calamine", "docx", "lxml")
LONGEST = 350


@dataclass(frozen=True)
class Import:
    """``name`` is a module of the project, or the first name of any other; ``late`` means that start-up skips it."""

    name: str
    line: int
    late: bool


def room(module: str) -> str:
    """``read`` for ``pipeline.read_cells``."""
    return module.partition(".")[2].partition("_")[0]


def kind(module: str) -> str:
    if module.partition(".")[0] == "schemas":
        return "schemas"
    for name, rooms in (("stage", STAGES), ("runner", RUNNERS), ("skin", SKINS)):
        if room(module) in rooms:
            return name
    return "shared"


@cache
def tree(module: str) -> ast.Module:
    return ast.parse(MODULES[module].read_text(encoding="utf-8"))


@cache
def imports(module: str) -> tuple[Import, ...]:
    return tuple(_imports(tree(module), late=False))


def _imports(node: ast.AST, *, late: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from (Import(_known(alias.name), child.lineno, late) for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            source = "." * child.level + (child.module or "")
            yield from (Import(_known(f"{source}.{alias.name}"), child.lineno, late) for alias in child.names)
        elif isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
            for part in child.body:
                yield from _imports(ast.Module([part], []), late=True)
            for part in child.orelse:
                yield from _imports(ast.Module([part], []), late=late)
        else:
            function = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            yield from _imports(child, late=late or function)


def _known(dotted: str) -> str:
    parts = dotted.split(".")
    return ".".join(parts[:2]) if ".".join(parts[:2]) in MODULES else parts[0]


def own(module: str) -> list[Import]:
    return [found for found in imports(module) if found.name in MODULES]


def others(module: str) -> list[Import]:
    return [found for found in imports(module) if found.name not in MODULES]


def may_import(module: str, other: str) -> bool:
    if kind(other) == "schemas" and kind(module) != "skin":
        return True
    if kind(module) == "skin":
        within = room(module) == room(other) == "cli" and kind(other) == "skin"
        return room(module) == "cli" and (other in CLI_MAY_IMPORT or within)
    if kind(module) == "stage":
        return kind(other) == "shared" or room(module) == room(other)
    if kind(module) == "runner":
        return kind(other) != "skin"
    return kind(module) == kind(other) == "shared"


@pytest.mark.parametrize(
    ("module", "its_kind"),
    [
        ("schemas.read", "schemas"),
        ("pipeline.read_cells", "stage"),
        ("pipeline.write_book", "stage"),
        ("pipeline.rows", "shared"),
        ("pipeline.readings", "shared"),
        ("pipeline.demo_units", "runner"),
        ("pipeline.cli_words", "skin"),
    ],
)
def test_the_name_of_a_module_says_its_kind(module: str, its_kind: str) -> None:
    assert kind(module) == its_kind


@pytest.mark.parametrize(
    ("module", "other", "allowed"),
    [
        ("schemas.load", "schemas.form", True),
        ("schemas.load", "pipeline.findings", False),
        ("pipeline.rows", "pipeline.findings", True),
        ("pipeline.rows", "pipeline.read", False),
        ("pipeline.read", "pipeline.read_cells", True),
        ("pipeline.read", "pipeline.write_book", False),
        ("pipeline.read", "pipeline.run", False),
        ("pipeline.run", "pipeline.read", True),
        ("pipeline.run", "pipeline.cli", False),
        ("pipeline.cli", "pipeline.run", True),
        ("pipeline.cli", "pipeline.cli_words", True),
        ("pipeline.cli", "pipeline.read", False),
        ("pipeline.cli", "schemas.form", False),
        ("pipeline.bootstrap", "schemas.text", False),
    ],
)
def test_the_table_says_who_may_import_whom(module: str, other: str, allowed: bool) -> None:
    assert may_import(module, other) is allowed


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_what_its_kind_may(module: str) -> None:
    wrong = [f"{found.name} (line {found.line})" for found in own(module) if not may_import(module, found.name)]
    assert wrong == []


@pytest.mark.parametrize("module", MODULES)
def test_imports_name_the_whole_module(module: str) -> None:
    assert [found.line for found in imports(module) if not found.name] == []


@pytest.mark.parametrize("module", SCHEMAS)
def test_schemas_know_the_standard_library_and_in_functions_the_frames(module: str) -> None:
    allowed = sys.stdlib_module_names | {"schemas"}
    wrong = [
        f"{found.name} (line {found.line})"
        for found in others(module)
        if found.name not in allowed and not (found.late and found.name in SCHEMAS_MAY_USE)
    ]
    assert wrong == []


@pytest.mark.parametrize("module", PIPELINE)
def test_the_frames_are_imported_where_they_are_used(module: str) -> None:
    early = [found.line for found in others(module) if found.name in ONLY_IN_FUNCTIONS and not found.late]
    assert early == []


@pytest.mark.parametrize("module", PIPELINE)
def test_the_screen_belongs_to_the_command(module: str) -> None:
    screen = [found.line for found in others(module) if found.name in SCREEN]
    assert screen == [] or room(module) == "cli"


@pytest.mark.parametrize("module", MODULES)
def test_only_a_command_prints(module: str) -> None:
    calls = [node for node in ast.walk(tree(module)) if isinstance(node, ast.Call)]
    printed = [call.lineno for call in calls if isinstance(call.func, ast.Name) and call.func.id == "print"]
    assert printed == [] or kind(module) == "skin"


@pytest.mark.parametrize("module", [name for name in MODULES if room(name) in {"__init__", "bootstrap"}])
def test_what_runs_before_the_packages_are_there_needs_none(module: str) -> None:
    assert {found.name for found in imports(module)} <= sys.stdlib_module_names


@pytest.mark.parametrize("module", MODULES)
def test_a_module_is_short(module: str) -> None:
    lines = MODULES[module].read_text(encoding="utf-8").count("\n")
    assert lines <= LONGEST


@pytest.mark.skipif("pipeline.cli" not in MODULES, reason="there is no command yet")
def test_the_command_starts_without_the_heavy_packages() -> None:
    look = f"import sys, pipeline.cli; sys.stdout.write(' '.join(name for name in {HEAVY} if name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", look], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
