"""``data/observations.parquet``: the figures of ``observations.csv``, for programs that read millions of them."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from pipeline.files import put, remove

# As much of the file as is in memory at a time; it decides the groups of rows, and so the bytes.
_BLOCK = 16 * 1024 * 1024
# The one number among the columns; everything else is text, as in the CSV file.
_NUMBER = "value"


def write_parquet(path: Path, table: Path) -> None:
    """Write what the CSV file ``table`` holds, row by row; a missing value is null, a missing text is empty.

    Without the package pyarrow, which is an extra (``tonghop[parquet]``), nothing is written and no file of an earlier
    run is left. Raises :class:`pipeline.errors.OutputError`.
    """
    # Read from the file: whatever made its rows, the two cannot differ.
    if find_spec("pyarrow") is None:
        remove(path)
    else:
        put(path, lambda temporary: _copy(table, temporary))


def _copy(table: Path, to: Path) -> bool:
    import pyarrow as pa
    from pyarrow import csv, parquet

    with table.open(encoding="utf-8-sig") as file:
        names = file.readline().rstrip("\r\n").split(",")
    schema = pa.schema([(name, pa.float64() if name == _NUMBER else pa.string()) for name in names])
    opened = csv.open_csv(
        table,
        # One thread: with more the file may be cut into other groups of rows.
        read_options=csv.ReadOptions(use_threads=False, block_size=_BLOCK),
        parse_options=csv.ParseOptions(newlines_in_values=True),
        convert_options=csv.ConvertOptions(column_types=schema, null_values=[""], strings_can_be_null=False),
    )
    with opened, parquet.ParquetWriter(to, schema, compression="zstd") as writer:
        for batch in opened:
            writer.write_batch(batch)
    return True
