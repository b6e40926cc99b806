"""What a person outside the program has to mend before anything can run."""

from __future__ import annotations

from collections.abc import Sequence

from schemas.text import Text


class TonghopError(Exception):
    """Base of every error that ends with one clear sentence and exit status 2."""

    def __init__(self, *faults: Text) -> None:
        super().__init__("\n".join(fault.vi for fault in faults))
        self.faults: Sequence[Text] = faults


class DefinitionError(TonghopError):
    """A form, the register, the targets or ``tonghop.toml`` cannot be used; all its faults at once."""
