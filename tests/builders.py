"""Small worlds for the tests of the stages: a register of seven units, forms from inline text, returns from figures."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

from pipeline.contents import content_of
from pipeline.entries import Entries
from pipeline.figures import Figures, completed, number_cells, reported
from pipeline.findings import Finding
from pipeline.layout import plan
from pipeline.obligations import Obligations, obligations
from pipeline.package import write_package
from pipeline.package_meta import package_version
from pipeline.package_values import Content
from pipeline.read_cells import read_entry
from pipeline.submission import Submission, TablePlace
from pipeline.workspace import Workspace
from schemas.form import Forms, Key
from schemas.load import load_forms
from schemas.period import Period
from schemas.settings import PeriodSettings, Settings
from schemas.targets import Target
from schemas.tree import Level, Register, Unit

YEAR = Period.parse("2020")
RECEIVED = datetime(2020, 12, 1, 1, tzinfo=UTC)

MEASURES = """
measures = [
  { code = "tong", label = "Tổng số", en = "Total", type = "count" },
  { code = "ty_le", label = "%", en = "%", type = "percent", decimals = 2, compute = "tong / ca[tong]" },
  { code = "ghi_chu", label = "Ghi chú", en = "Note", type = "text", required = false },
]
"""
TARGETS = """
measures = [
  { code = "giao", label = "Giao", en = "Target", type = "count", issuer = true, required = false },
  { code = "thuc_hien", label = "Thực hiện", en = "Actual", type = "count" },
  { code = "dat_pt", label = "%", en = "%", type = "percent", decimals = 2, compute = "thuc_hien / giao" },
  { code = "danh_gia", label = "Đánh giá", en = "Verdict", type = "verdict", compute = "thuc_hien / giao" },
]
"""


def unit(code: str, level: Level, parent: str = "", *, sector: str = "", until: date | None = None) -> Unit:
    return Unit(code, f"Đơn vị {code}", code, level, parent, sector, "", date(2019, 1, 1), until, "", ())


# A union may stand right below the province; one was dissolved before the cut-off.
UNITS = (
    unit("P", "province"),
    unit("U1", "upper", "P"),
    unit("U2", "upper", "P"),
    unit("G11", "grassroots", "U1", sector="hcsn"),
    unit("G12", "grassroots", "U1", sector="dn_nnn"),
    unit("G21", "grassroots", "U2", sector="htx"),
    unit("G0", "grassroots", "P", sector="hcsn"),
    unit("CU", "upper", "P", until=date(2020, 6, 30)),
)


def form(
    *rows: str,
    edits: Iterable[str] = (),
    measures: str = MEASURES,
    id: str = "X01",
    senders: str = '"grassroots", "upper"',
) -> str:
    return f"""
id = "{id}"
version = "1"
title = {{ vi = "Biểu thử", en = "A form to try" }}
periods = ["quarter", "half-year", "year"]
senders = [{senders}]
[[table]]
id = "{id}"
{measures}
rows = [{", ".join(rows)}]
edits = [{", ".join(edits)}]
"""


def row(name: str, /, **more: str) -> str:
    """A row that is summed, unless told otherwise; values are TOML."""
    keys = {"code": f'"{name}"', "label": f'"Dòng {name}"', "en": f'"Row {name}"', "rollup": '"SUM"', **more}
    return "{ " + ", ".join(f"{key} = {value}" for key, value in keys.items()) + " }"


# A row for each way in which a figure goes up the tree.
ROLLED_UP = (
    row("ca"),
    row("nam"),
    row("nu"),
    row("hai", derived='"nam + nu"', measures='["tong"]'),
    row("tb", type='"average"', rollup='"WAVG"', weight='"ca"', measures='["tong"]'),
    row("dinh", rollup='"MAX"', measures='["tong"]'),
    row("dem", rollup='"CNT"', measures='["tong"]'),
    row("so", rollup='"REG"', register='"grassroots"', measures='["tong"]', levels='["upper", "province"]'),
)


def edit(rule: str, /, **more: str) -> str:
    keys = {"id": '"X-1"', "rule": f'"{rule}"', "label": '"Nhãn"', "en": '"Label"', **more}
    return "{ " + ", ".join(f"{key} = {value}" for key, value in keys.items()) + " }"


def load(folder: Path, *texts: str) -> Forms:
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{i}.toml" for i in range(len(texts))]
    for path, text in zip(paths, texts, strict=True):
        path.write_text(text, encoding="utf-8")
    return load_forms(paths)


def key(written: str) -> Key:
    """``X01.ca.tong`` as a key."""
    return Key(*written.split("."))


def workspace(
    root: Path,
    forms: Forms,
    *,
    senders: tuple[str, ...] = ("upper",),
    units: Sequence[Unit] = UNITS,
    targets: Sequence[Target] = (),
    period: Period = YEAR,
    more: Sequence[Period] = (),
) -> Workspace:
    """A workspace in memory whose periods all close on 25 November of their year and are due on 5 December."""
    periods = {
        str(one): PeriodSettings(one, date(one.year, 11, 25), date(one.year, 12, 5), date(one.year, 11, 6), None)
        for one in (period, *more)
    }
    words = ("P", "CẤP TRÊN", "CƠ QUAN", "Nơi lập", "TM.", "CHỦ TỊCH", "")
    settings = Settings(*words, (), senders, period, periods)
    return Workspace(root, settings, forms, Register(tuple(units)), tuple(targets))


def target(unit: str, indicator: str, value: float, op: str = "=") -> Target:
    assert op in ("=", ">=")
    return Target(unit, YEAR, indicator, "=" if op == "=" else ">=", value, "", "Số 01/QĐ", date(2020, 1, 1), 2)


def sent(forms: Forms, unit: str, figures: Mapping[str, object], **more: object) -> Submission:
    """A return with these cells filled, each read as the reader reads it, on a sheet laid out as it was issued."""
    plans = {form.id: plan(form) for form in forms}
    entries = {}
    found: list[Finding] = []
    for written, raw in figures.items():
        place = key(written)
        typed = float(raw) if isinstance(raw, int) else raw
        entry, finding = read_entry(forms.cells[place], place.form, plans[place.form].address(place), typed)
        if entry is not None:
            entries[place] = entry
        if finding is not None:
            found.append(replace(finding, unit=unit, period=str(YEAR), file=f"inbox/2020/{unit}.xlsx"))
    tables = {
        form_id: tuple(
            TablePlace(form_id, {row.code: i for i, row in table.rows if row in table.table.indicators}, table.columns)
            for table in planned.tables
        )
        for form_id, planned in plans.items()
    }
    plain = Submission(
        f"inbox/2020/{unit}.xlsx",
        "0" * 64,
        RECEIVED,
        unit,
        str(YEAR),
        package_version(tuple(forms)),
        entries=Entries.of(entries),
        findings=tuple(found),
        tables=tables,
    )
    return replace(plain, **more)  # type: ignore[arg-type]


def figures_of(
    forms: Forms, submissions: Sequence[Submission], targets: Mapping[tuple[str, Key], float] | None = None
) -> Figures:
    """The figures of these returns, completed as a run completes them."""
    cells = number_cells(forms)
    refused = [(s.unit, key) for s in submissions for key, entry in s.entries.items() if entry.refusal]
    plain = reported(submissions, [submission.unit for submission in submissions], cells)
    return completed(plain, cells, targets or {}, refused)


def blank(place: Workspace, code: str, period: Period = YEAR) -> tuple[Obligations, Content]:
    owed = obligations(place, period)
    return owed, content_of(place, owed, owed.tree.unit(code), {}, {})


def package(
    path: Path,
    place: Workspace,
    code: str,
    figures: Mapping[str, float | str],
    *,
    period: Period = YEAR,
    received: datetime = RECEIVED,
    **more: object,
) -> Path:
    """A package of ``code`` with these cells filled, as it came back at ``received``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    entries = {key(written): value for written, value in figures.items()}
    _, content = blank(place, code, period)
    write_package(path, replace(content, entries=entries, **more))  # type: ignore[arg-type]
    os.utime(path, (received.timestamp(), received.timestamp()))
    return path


def ids(findings: Iterable[Finding]) -> list[str]:
    return [finding.id for finding in findings]


def only(findings: Iterable[Finding], finding_id: str) -> Finding:
    """The one finding of this id; an error when there is none or another."""
    [found] = [finding for finding in findings if finding.id == finding_id]
    return found
