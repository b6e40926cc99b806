"""What was made of a return before is made again only once something that it rests on changed."""

from __future__ import annotations

import pickle
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from pipeline import cache_records, run, run_judge
from pipeline.cache import keep
from pipeline.cache_records import Place, keep_records, records_known
from pipeline.demo import Demo
from pipeline.obligations import Obligations
from pipeline.results import Results
from pipeline.run_judge_apart import Alone, judge_alone
from pipeline.run_judge_units import Earlier
from pipeline.submission import Submission
from pipeline.workspace import open_workspace
from schemas.decisions import COLUMNS

PERIOD = "2023-Q3"


def copied(demo: Demo, root: Path) -> Path:
    """The sample province, of which nothing is kept."""
    shutil.copytree(demo.workspace.root, root, ignore=shutil.ignore_patterns("output", ".tonghop"))
    return root


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, demo: Demo) -> Path:
    """The sample province after a run that wrote nothing but what it keeps."""
    root = copied(demo, tmp_path_factory.mktemp("kept") / "w")
    consolidated(root)
    return root


@pytest.fixture
def place(tmp_path: Path, world: Path) -> Path:
    root = tmp_path / "w"
    shutil.copytree(world, root)
    return root


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The units whose returns are judged from now on without the others."""
    units: list[str] = []

    def noted(owed: Obligations, sent: Sequence[Submission], earlier: Earlier) -> Alone:
        units.extend(one.unit for one in sent)
        return judge_alone(owed, sent, earlier)

    monkeypatch.setattr(run_judge, "judge_alone", noted)
    return units


def consolidated(root: Path, period: str = PERIOD) -> Results:
    return run.consolidate(open_workspace(root), period, write=False)


def forgotten(root: Path) -> None:
    for path in (root / ".tonghop").glob("judged-*.bin"):
        path.unlink()


def assert_as_without(root: Path, found: Results, period: str = PERIOD) -> None:
    """What was found is what a run finds that remembers nothing."""
    shutil.rmtree(root / ".tonghop")
    fresh = consolidated(root, period)
    assert found.findings == fresh.findings
    assert found.submissions == fresh.submissions
    assert (found.edits, found.doubts) == (fresh.edits, fresh.doubts)
    assert np.array_equal(found.rollup.value.values, fresh.rollup.value.values, equal_nan=True)


def test_nothing_is_judged_again_where_nothing_changed(place: Path, judged: list[str]) -> None:
    found = consolidated(place)
    assert judged == []
    assert_as_without(place, found)
    assert len(judged) > 10


def test_a_unit_that_sends_again_is_judged_alone(place: Path, judged: list[str]) -> None:
    results = consolidated(place)
    one = next(one for one in results.submissions if one.status == "accepted" and not one.items)
    content = (place / one.file).read_bytes()
    (place / one.file).unlink()
    consolidated(place)
    assert judged == []
    (place / one.file).write_bytes(content)
    found = consolidated(place)
    assert judged == [one.unit]
    assert_as_without(place, found)


def test_a_return_is_judged_again_once_what_it_is_held_against_changed(place: Path, judged: list[str]) -> None:
    (place / "history" / "2023-Q2.csv").unlink()
    found = consolidated(place)
    assert len(judged) > 10
    assert_as_without(place, found)


def test_a_return_is_judged_again_once_the_targets_of_its_unit_changed(
    demo: Demo, tmp_path: Path, judged: list[str]
) -> None:
    root = copied(demo, tmp_path / "w")
    consolidated(root, "2020")
    path, unit = root / "schemas" / "targets.csv", judged[0]
    judged.clear()
    rows = path.read_text(encoding="utf-8-sig")
    path.write_text(f"{rows.rstrip()}\n{unit},2020,ct_01,=,2,,01/QĐ,2020-03-06\n", encoding="utf-8-sig")
    found = consolidated(root, "2020")
    assert judged == [unit]
    assert_as_without(root, found, "2020")


@pytest.mark.parametrize("period", ["2020", "2024"])
def test_what_is_kept_of_a_return_with_mistakes_is_all_of_it(demo: Demo, tmp_path: Path, period: str) -> None:
    root = copied(demo, tmp_path / "w")
    consolidated(root, period)
    assert_as_without(root, consolidated(root, period), period)


def damaged(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-9])


def of_another(path: Path) -> None:
    """A record that is none, under the keys of those that are."""
    root = path.parents[1]
    place = Place(root, path.stem, open_workspace(root).forms)
    records = records_known(place)
    assert records
    keep_records(place, {name: (key, b"x") for name, (key, _) in records.items()})


def of_a_stranger(path: Path) -> None:
    class Evil:
        def __reduce__(self) -> tuple[object, ...]:
            return (Path.mkdir, (path.with_name("made"),))

    place = Place(path.parents[1], path.stem, open_workspace(path.parents[1]).forms)
    keep(path, cache_records._key(place), pickle.dumps({"a": Evil()}))


@pytest.mark.parametrize("done", [damaged, of_another, of_a_stranger])
def test_what_is_damaged_or_strange_is_judged_again(
    place: Path, judged: list[str], done: Callable[[Path], None]
) -> None:
    done(place / ".tonghop" / f"judged-{PERIOD}.bin")
    found = consolidated(place)
    assert len(judged) > 10
    assert not (place / ".tonghop" / "made").exists()
    assert_as_without(place, found)


def test_on_several_shelves_it_is_the_same(place: Path, judged: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache_records, "_SHELF", 4)
    consolidated(place)
    assert len(list((place / ".tonghop").glob("judged-*-*.bin"))) > 2
    judged.clear()
    found = consolidated(place)
    assert judged == []
    assert_as_without(place, found)


def test_what_people_decided_on_is_judged_every_time(place: Path, judged: list[str]) -> None:
    results = consolidated(place)
    sent = next(
        one for one in results.submissions if one.status == "accepted" and any(e.own for e in one.entries.values())
    )
    entry = next(entry for entry in sent.entries.values() if entry.own and entry.value)
    row = ",".join([PERIOD, "adjust", sent.unit, "", *entry.key, entry.shown, "1", "sai", "VP", "2023-10-09"])
    path = place / "decisions.csv"
    kept = path.read_text(encoding="utf-8-sig") if path.is_file() else ""
    head = kept or ",".join(COLUMNS) + "\n"
    path.write_text(head + row + "\n", encoding="utf-8-sig")
    found = consolidated(place)
    assert sent.unit not in judged
    assert any(finding.id == "adjusted" and finding.unit == sent.unit for finding in found.findings)
    assert_as_without(place, found)
