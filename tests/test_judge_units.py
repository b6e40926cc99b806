"""Returns are judged some at a time; how many makes no difference."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from pipeline import run, run_judge
from pipeline.demo import Demo
from pipeline.findings import Finding
from pipeline.packed import Known, packed, unpacked
from pipeline.results import Results
from pipeline.run_judge_units import Earlier, admit
from pipeline.submission import Submission
from schemas.decisions import Decision
from schemas.form import Key
from schemas.period import Period


def consolidated(demo: Demo, period: str) -> Results:
    # What was kept of an earlier run would not be judged again.
    for kept in (demo.workspace.root / ".tonghop").glob("judged-*.bin"):
        kept.unlink()
    return run.consolidate(demo.workspace, period, write=False)


@pytest.mark.parametrize("period", ["2020", "2023-Q3", "2024"])
@pytest.mark.parametrize("some", [1, 4])
def test_how_many_are_judged_at_a_time_makes_no_difference(
    demo: Demo, period: str, some: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    together = consolidated(demo, period)
    assert len(together.by_unit) > some
    monkeypatch.setattr(run_judge, "AT_A_TIME", some)
    apart = consolidated(demo, period)
    assert apart.findings == together.findings
    assert apart.submissions == together.submissions
    assert apart.edits == together.edits
    assert apart.doubts == together.doubts
    assert np.array_equal(apart.rollup.value.values, together.rollup.value.values, equal_nan=True)


def test_packed_entries_stay_packed_where_nothing_in_them_changes(demo: Demo) -> None:
    results = consolidated(demo, "2020")
    sent = [replaced for [replaced] in unpacked(packed([[one] for one in results.by_unit.values()]), Known())]
    key = Key("B01", "sl_doan_vien", "tong")
    decision = decided(sent[0].unit, key, sent[0].entries[key].shown, 2)
    admitted = admit(results.owed, sent, Earlier({}, {}), [decision])
    assert [one.unit for one in admitted.sent] == [one.unit for one in sent]
    packed_still = [one.entries is before.entries for one, before in zip(admitted.sent, sent, strict=True)]
    unchanged = [entries_of(one) == entries_of(before) for one, before in zip(admitted.sent, sent, strict=True)]
    assert packed_still == unchanged
    assert set(unchanged) == {True, False}


def entries_of(submission: Submission) -> dict[object, object]:
    return dict(submission.entries.items())


def test_each_decision_is_taken_once_whichever_returns_come_together(
    demo: Demo, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = consolidated(demo, "2020")
    key = Key("B01", "sl_doan_vien", "tong")
    silent = next(unit for unit in sent.owed.owed if unit not in sent.by_unit)
    units = [*sent.by_unit][::4]
    decisions = [decided(unit, key, sent.by_unit[unit].entries[key].shown, row) for row, unit in enumerate(units, 2)]
    decisions.append(decided(silent, key, "5", 99))
    at = replace(demo.workspace, decisions=tuple(decisions))
    together = run.consolidate(at, "2020", write=False)
    assert {decision.unit for decision in decisions} == {f.unit for f in notes(together)}
    assert len(notes(together)) == len(decisions)
    monkeypatch.setattr(run_judge, "AT_A_TIME", 2)
    assert notes(run.consolidate(at, "2020", write=False)) == notes(together)


def decided(unit: str, key: Key, reported: str, row: int) -> Decision:
    return Decision(
        *(Period.parse("2020"), "adjust", unit, "", *key, reported, 1.0, "sai", "VP", date(2020, 12, 9), row)
    )


def notes(results: Results) -> list[Finding]:
    return [finding for finding in results.findings if finding.id in ("adjusted", "decision-stale")]
