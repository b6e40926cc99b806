"""Why a run cannot start or cannot put its results down."""

from __future__ import annotations

from schemas.errors import TonghopError


class WorkspaceError(TonghopError):
    """The folder is not a workspace, or lacks something that only a person can supply."""


class OutputError(TonghopError):
    """A result cannot be written: the file is open in Excel, or the folder is not writable."""


class EngineError(TonghopError):
    """The engine that was asked for is not installed."""


class StoreError(TonghopError):
    """A place that ``tonghop.toml`` names for returns or results cannot be reached, read or written."""


class BusyError(TonghopError):
    """Another run holds the workspace."""


class ClosingError(TonghopError):
    """What was frozen when a period was closed is not there any more, or the period is not as the command needs it."""
