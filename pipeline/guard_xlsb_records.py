"""Binary workbooks (.xlsb): the records of a part."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from pipeline.zip_parts import DamagedError


def records(data: bytes) -> Iterator[tuple[int, int, int]]:
    """The kind of each record and where its content begins and ends."""
    at, size = 0, len(data)
    try:
        while at < size:
            kind = data[at]
            at += 1
            if kind & 0x80:
                kind = (kind & 0x7F) + ((data[at] & 0x7F) << 7)
                at += 1
            length = shift = 0
            while True:
                part = data[at]
                at += 1
                length += (part & 0x7F) << shift
                shift += 7
                if not part & 0x80 or shift == 28:
                    break
            if at + length > size:
                raise DamagedError
            yield kind, at, at + length
            at += length
    except IndexError as fault:
        raise DamagedError from fault


def wide_text(data: bytes, at: int, end: int) -> tuple[str, int]:
    """A counted text and where it ends."""
    if at + 4 > end:
        raise DamagedError
    (count,) = struct.unpack_from("<L", data, at)
    if count == 0xFFFFFFFF:
        return "", at + 4
    last = at + 4 + 2 * count
    if last > end:
        raise DamagedError
    return data[at + 4 : last].decode("utf-16-le", "replace"), last
