"""The comments of one sheet: ours taken away, ours put in, those of others kept.

What is ours stands between a line that begins with the name of the program and a character that is not seen, so it is
known again whatever a program makes of authors and fonts; what a person wrote before and behind it stays.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from pipeline.annotate_xml import (
    AnnotateError,
    Document,
    Edit,
    attribute,
    closing,
    document,
    ending,
    escaped,
    only,
    plain_text,
    quoted,
    spliced,
    tags,
)
from pipeline.annotate_xml import with_attribute as with_

AUTHOR = "tonghop"
HEAD = f"———— {AUTHOR}"
"""How the first line of ours begins."""
STOP = "\u2060"
"""What ends ours; whatever stands behind it somebody else has written."""

# What stands in place of a comment that is the first of a talk.
_THREAD = "tc="
_OURS = re.compile(rf"(?:\A|(?:_x000D_|\r)?\n){HEAD}")
_RUN = b'<r><rPr><sz val="10"/><color indexed="81"/><rFont val="Times New Roman"/><family val="1"/></rPr>'
_MOST = 8_000


@dataclass(slots=True)
class Renewed:
    """The comments of a sheet; ``xml`` is ``None`` where none is left.

    ``gone`` are the cells that lost theirs, ``made`` the words of those that are new, ``longer`` the words of those
    that a person wrote and that ours were added to.
    """

    xml: bytes | None = None
    gone: set[str] = field(default_factory=set)
    made: dict[str, str] = field(default_factory=dict)
    longer: dict[str, str] = field(default_factory=dict)


def note(title: str, words: str) -> str:
    """What is written of a cell, without the character that ends it."""
    short = words if len(words) <= _MOST else f"{words[:_MOST]}…"
    return f"{HEAD} – {title} ————\n{short}".replace(STOP, "")


def renewed(xml: bytes | None, notes: Mapping[str, str], threads: Collection[str], namespace: str) -> Renewed:
    """The comments with ours of last time taken away and ``notes`` put in, by address; ``threads`` are left alone.

    Raises :class:`AnnotateError`.
    """
    if xml is None:
        empty = f'<comments xmlns="{namespace}"><authors></authors><commentList></commentList></comments>'
        xml = b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n' + empty.encode()
    part = document(xml, "comments")
    authors = _Authors(part)
    made = Renewed()
    listed = only(part.masked, "commentList", part.root.end, part.stop)
    if listed is None:
        raise AnnotateError("no list of comments")
    edits, left = [], 0
    talks = {ref for _, _, ref, author in _comments(part) if authors.name(author).startswith(_THREAD)} | set(threads)
    for start, end, ref, author in _comments(part):
        if ref in talks:
            left += 1
            continue
        old = part.xml[start:end]
        new = _renewed_one(old, part.masked[start:end], authors, author, ref, notes.get(ref, ""), made)
        left += bool(new)
        if new != old:
            edits.append((start, end, new))
    made.made = {ref: text for ref, text in notes.items() if ref not in made.longer and ref not in talks}
    new = b"".join(_comment(ref, authors.number(AUTHOR), text) for ref, text in made.made.items())
    if not left and not new:
        return made
    at = closing(part.masked, "commentList", listed, part.stop)
    if listed.empty:
        opening = part.xml[listed.start : listed.end - 2].rstrip()
        edits.append((listed.start, listed.end, opening + b">" + new + b"</commentList>"))
    elif new:
        edits.append((at, at, new))
    made.xml = spliced(part.xml, [*edits, *authors.edits(ours=bool(new))])
    return made


class _Authors:
    """Who wrote the comments, and who is to be added."""

    def __init__(self, part: Document) -> None:
        found = only(part.masked, "authors", part.root.end, part.stop)
        if found is None:
            raise AnnotateError("no authors")
        self._tag, self._part = found, part
        self._stop = closing(part.masked, "authors", found, part.stop)
        there = tags(part.masked, "author", found.end, self._stop)
        self._places = [(tag.start, ending(part.masked, "author", tag, self._stop)) for tag in there]
        self._names = [plain_text(part.xml[tag.end : closing(part.masked, "author", tag, self._stop)]) for tag in there]
        self._new: list[str] = []

    def name(self, number: int) -> str:
        return self._names[number] if number < len(self._names) else ""

    def number(self, name: str) -> int:
        if name not in self._names:
            self._names.append(name)
            self._new.append(name)
        return self._names.index(name)

    def edits(self, *, ours: bool) -> list[Edit]:
        """What changes in the list of authors; without a comment of ours our name goes from it."""
        new = b"".join(b"<author>" + escaped(name) + b"</author>" for name in self._new)
        if not ours and AUTHOR in self._names:
            # The comments count the authors, so only the last one can be left out.
            at = self._names.index(AUTHOR)
            left = b"" if at == len(self._names) - 1 else b"<author></author>"
            return [(*self._places[at], left), (self._stop, self._stop, new)]
        if self._tag.empty and new:
            return [(self._tag.start, self._tag.end, b"<authors>" + new + b"</authors>")]
        return [(self._stop, self._stop, new)] if new else []


def _comments(part: Document) -> Iterator[tuple[int, int, str, int]]:
    for tag in tags(part.masked, "comment", part.root.end, part.stop):
        end = ending(part.masked, "comment", tag, part.stop)
        ref = (attribute(tag.attributes, "ref") or "").replace("$", "").upper()
        yield tag.start, end, ref, int(attribute(tag.attributes, "authorId") or 0)


def _renewed_one(
    xml: bytes, masked: bytes, authors: _Authors, author: int, ref: str, ours: str, made: Renewed
) -> bytes:
    """One comment, empty where nothing of it is left."""
    pieces = [
        (tag.start, ending(masked, "t", tag, len(xml)), plain_text(xml[tag.end : closing(masked, "t", tag, len(xml))]))
        for tag in tags(masked, "t", 0, len(xml))
    ]
    whole = "".join(text for _, _, text in pieces)
    cuts = list(_cuts(whole))
    by_us = authors.name(author) == AUTHOR
    if not cuts and not by_us and not ours:
        return xml
    if xml != masked:
        raise AnnotateError("a comment is written in an odd way")
    if cuts:
        xml, whole = _without(xml, pieces, cuts), _kept(whole, 0, cuts)
    elif by_us:
        whole = ""
    if not whole.strip():
        made.gone.add(ref)
        return b""
    if by_us:
        opening = xml[: xml.index(b">") + 1]
        xml = with_(opening, "authorId", authors.number("")) + xml[len(opening) :]
    if ours:
        made.longer[ref] = f"{whole}\n{ours}"
        return _with_ours(xml, ours)
    return xml


def _cuts(whole: str) -> Iterator[tuple[int, int]]:
    """What of a text is ours, with the line break before it, or the one behind where nothing stands before."""
    at = 0
    while found := _OURS.search(whole, at):
        stop = whole.find(STOP, found.end())
        at = stop + 1 if stop >= 0 else len(whole)
        if not found.start() and whole[at : at + 1] == "\n":
            at += 1
        yield found.start(), at


def _kept(text: str, begin: int, cuts: list[tuple[int, int]]) -> str:
    """A piece of a text that begins there, without what is cut."""
    kept, at, end = "", begin, begin + len(text)
    for start, stop in [*cuts, (end, end)]:
        kept += text[at - begin : max(min(start, end), at) - begin]
        at = max(at, min(stop, end))
    return kept


def _without(xml: bytes, pieces: list[tuple[int, int, str]], cuts: list[tuple[int, int]]) -> bytes:
    runs = [(tag.start, ending(xml, "r", tag, len(xml))) for tag in tags(xml, "r", 0, len(xml))]
    edits, at = [], 0
    for start, end, text in pieces:
        kept = _kept(text, at, cuts)
        at += len(text)
        if kept == text:
            continue
        if kept:
            edits.append((start, end, b'<t xml:space="preserve">' + quoted(kept) + b"</t>"))
        else:
            edits.append((*next((run for run in runs if run[0] < start < run[1]), (start, end)), b""))
    return spliced(xml, edits)


def _with_ours(xml: bytes, ours: str) -> bytes:
    text = only(xml, "text", 0, len(xml))
    if text is None or text.empty:
        raise AnnotateError("a comment without text")
    stop = closing(xml, "text", text, len(xml))
    edits = []
    plain = next(iter(tags(xml, "t", text.end, stop)), None)
    if plain and b"<r>" not in xml[text.end : plain.start] and b"<r " not in xml[text.end : plain.start]:
        edits.append((plain.start, plain.start, b"<r>"))
        edits.append((ending(xml, "t", plain, stop),) * 2 + (b"</r>",))
    sounds = [tag.start for name in ("rPh", "phoneticPr") for tag in tags(xml, name, text.end, stop)]
    at = min([stop, *sounds])
    return spliced(
        xml, [*edits, (at, at, _RUN + b'<t xml:space="preserve">' + escaped(f"\n{ours}{STOP}") + b"</t></r>")]
    )


def _comment(ref: str, author: int, text: str) -> bytes:
    words = escaped(f"{text}{STOP}")
    opening = f'<comment ref="{ref}" authorId="{author}"><text>'.encode()
    return opening + _RUN + b'<t xml:space="preserve">' + words + b"</t></r></text></comment>"
