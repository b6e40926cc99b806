"""What a command told before is told once more where it would only do the same again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from pipeline import again
from pipeline.again import Answer


def told(start: Path, arguments: Sequence[str], work: Callable[[], Answer]) -> Answer:
    """What the same run told before where nothing changed since, else what ``work`` tells."""
    asked = again.question(start, *arguments)
    before = again.answered(asked) if asked else None
    if before is not None:
        return before
    answer = work()
    if asked is not None:
        again.remember(asked, answer)
    return answer
