"""What bytes tell is told once for all files that hold the same bytes: packages of one kind do in most parts.

Little is remembered, and nothing large: who sends a thousand odd files must not fill the memory with them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import TypeVar

_T = TypeVar("_T")
_MOST, _LARGEST = 128, 256 * 1024


def once_for_same(told: Callable[[bytes], _T]) -> Callable[[bytes], _T]:
    """The same function, which must be pure and give nothing that anybody changes."""
    remembered = lru_cache(maxsize=_MOST)(told)

    @wraps(told)
    def tell(content: bytes) -> _T:
        return remembered(content) if len(content) <= _LARGEST else told(content)

    return tell
