"""What was inflated once, packed for the reader: judged by another reader of zips."""

from __future__ import annotations

import io
import zlib
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.demo import Demo
from pipeline.guard import inspect
from pipeline.layout import UNREAD_SHEETS
from pipeline.zip_parts import Parts, directory, stored

_NAMES = st.text(st.characters(exclude_characters="\x00\\/", exclude_categories=["Cs"]), min_size=1, max_size=20)


@given(st.dictionaries(_NAMES, st.binary(max_size=200), min_size=1, max_size=6))
def test_what_is_stored_is_a_zip_for_others_too(parts: dict[str, bytes]) -> None:
    made = stored((name, content, zlib.crc32(content)) for name, content in parts.items())
    with ZipFile(io.BytesIO(made)) as archive:
        assert archive.testzip() is None
        assert [(one.orig_filename, archive.read(one)) for one in archive.infolist()] == list(parts.items())


@pytest.mark.parametrize(("bound", "kept"), [(0, False), (149, False), (150, True), (10**6, True)])
def test_parts_are_kept_up_to_a_bound(bound: int, kept: bool) -> None:
    out = io.BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as archive:
        for name, content in (("xl\\A.xml", b"a" * 100), ("b.xml", b"b" * 50), ("never.xml", b"c")):
            archive.writestr(name, content)
    parts = Parts(out.getvalue(), directory(out.getvalue()), 10**6, 10**6, bound)
    assert parts.taken() == b""
    assert [parts.inflate(path) for path in ("xl/a.xml", "b.xml")] == [b"a" * 100, b"b" * 50]
    taken = parts.taken()
    assert bool(taken) is kept
    if taken:
        with ZipFile(io.BytesIO(taken)) as archive:
            assert {name: archive.read(name) for name in archive.namelist()} == {
                "xl/A.xml": b"a" * 100,
                "b.xml": b"b" * 50,
            }


def test_the_reader_gets_what_was_looked_at(demo: Demo) -> None:
    read = [demo.workspace.root / submission.file for submission in demo.results.by_unit.values()]
    data = next(path for path in sorted(read) if path.suffix == ".xlsx").read_bytes()
    with ZipFile(io.BytesIO(data)) as whole, ZipFile(io.BytesIO(inspect(data).clean)) as taken:
        for name in taken.namelist():
            assert taken.read(name) == whole.read(name)
        left = set(whole.namelist()) - set(taken.namelist())
    assert not {"xl/workbook.xml", "xl/styles.xml", "xl/sharedStrings.xml"} & left
    assert sum(name.startswith("xl/worksheets/sheet") for name in left) <= len(UNREAD_SHEETS)
