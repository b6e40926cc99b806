"""The files of an inbox: which may be returns, what stands in an archive of them, and what is only kept beside one."""

from __future__ import annotations

import hashlib
import io
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path, PurePath, PurePosixPath
from zipfile import BadZipFile, ZipFile, ZipInfo

from pipeline.errors import StoreError
from pipeline.findings import Finding, Param
from pipeline.stores import Stored, is_url, stored_below
from pipeline.submission import Submission
from schemas.form import Forms
from schemas.text import Text

_IGNORED = ("~$", ".")
_IGNORED_ENDINGS = (".tmp", ".part", ".crdownload")
_IGNORED_NAMES = frozenset({"thumbs.db", "desktop.ini"})
_MAC_COPIES = "__MACOSX"
_WORKBOOK_ENDINGS = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")
# Letters, scans and mails beside a return; what else is no workbook might be one gone wrong.
_ATTACHMENTS = frozenset({"pdf", "image", "docx", "doc", "rtf", "odt", "pptx", "ppt", "mail", "msg"})

MOST_MEMBERS = 200
MOST_INFLATED = 100 * 1024 * 1024

_KINDS = {
    "ole": Text("tệp Office đời cũ không phải bảng tính", "an old Office file that is no workbook"),
    "xls": Text("Excel 97–2003 (.xls)", "Excel 97–2003 (.xls)"),
    "xl4": Text("Excel 2–4 (.xls)", "Excel 2–4 (.xls)"),
    "xml2003": Text("XML Spreadsheet 2003 (.xml)", "XML Spreadsheet 2003 (.xml)"),
    "docx": Text("tệp Word", "a Word document"),
    "doc": Text("tệp Word", "a Word document"),
    "rtf": Text("tệp văn bản RTF", "an RTF document"),
    "odt": Text("tệp OpenDocument", "an OpenDocument text"),
    "pptx": Text("tệp PowerPoint", "a PowerPoint file"),
    "ppt": Text("tệp PowerPoint", "a PowerPoint file"),
    "mail": Text("thư điện tử", "an e-mail"),
    "msg": Text("thư điện tử Outlook", "an Outlook e-mail"),
    "zip": Text("tệp nén .zip; hãy giải nén", "a .zip archive; unpack it"),
    "rar": Text("RAR", "RAR"),
    "7z": Text("7-Zip", "7-Zip"),
    "pdf": Text("tệp PDF", "a PDF"),
    "image": Text("ảnh", "a picture"),
    "html": Text("trang web", "a web page"),
    "csv": Text("văn bản thường", "plain text"),
    "unknown": Text("không rõ loại", "of no known kind"),
}


@dataclass(frozen=True, slots=True)
class File:
    """A file being read: where it is, and what its findings say of it. ``member`` is its content in an archive,
    ``sha256`` the hash of what was read of it, where somebody worked that out already."""

    path: Path | Stored
    name: str
    forms: Forms
    member: bytes | None = None
    sha256: str = ""

    def read(self) -> bytes:
        """Its content. Raises :class:`OSError`."""
        if self.member is not None:
            return self.member
        return self.path.read() if isinstance(self.path, Stored) else self.path.read_bytes()

    @property
    def version(self) -> str:
        """What tells its content from any other without reading it; empty where nothing does."""
        return self.path.version if isinstance(self.path, Stored) and self.member is None else ""


class ArchiveError(Exception):
    """Why an archive is not opened: the id of the finding."""


def paths(inbox: Path) -> Iterator[Path]:
    """Files that may be returns, and folders that bear a workbook's name."""
    if not inbox.is_dir():
        return
    for path in sorted(inbox.rglob("*")):
        if _ignored(path.name):
            continue
        if path.is_file() or (path.is_dir() and path.name.lower().endswith(_WORKBOOK_ENDINGS)):
            yield path


def inbox_files(inbox: Path, root: Path, forms: Forms, elsewhere: str = "") -> tuple[list[File], list[File]]:
    """What stands in an inbox, in the order of its paths: the files that may be returns, and folders named like one.

    Where it lies ``elsewhere``, in a folder or at a store's URL, the names are those that it would have in the inbox.
    Raises :class:`StoreError`.
    """
    if is_url(elsewhere):
        found = [one for one in stored_below(elsewhere, inbox.name) if not _ignored(PurePosixPath(one[0]).name)]
        found.sort(key=lambda one: (PurePath(one[0]), one[0]))
        return [File(stored, _writable(f"inbox/{inbox.name}/{name}"), forms) for name, stored in found], []
    place, above = (Path(elsewhere) / inbox.name, Path(elsewhere)) if elsewhere else (inbox, root)
    if elsewhere and not above.is_dir():
        raise _not_there(above)
    before = "inbox/" if elsewhere else ""
    files, folders = list[File](), list[File]()
    for path in paths(place):
        (files if path.is_file() else folders).append(File(path, before + relative(path, above), forms))
    return files, folders


def _not_there(folder: Path) -> StoreError:
    return StoreError(
        Text(
            f"Không thấy thư mục {folder} (khóa inbox trong tonghop.toml). Nối ổ đĩa ấy, hoặc sửa đường dẫn.",
            f"There is no folder {folder} (key inbox in tonghop.toml). Connect that drive, or mend the path.",
        )
    )


def archive_of(path: Path) -> Path:
    """The archive that a member's path leads into; the path itself for a file that stands alone."""
    if path.exists():
        return path
    return next((parent for parent in path.parents if parent.is_file()), path)


def _ignored(name: str) -> bool:
    name = name.lower()
    return name.startswith(_IGNORED) or name.endswith(_IGNORED_ENDINGS) or name in _IGNORED_NAMES


def relative(path: Path, root: Path) -> str:
    """How a file is named in the results."""
    return _writable(path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name)


def _writable(name: str) -> str:
    # A name in an old encoding cannot be written into a result as it is.
    return name.encode("utf-8", "replace").decode("utf-8")


def unpacked(file: File, data: bytes) -> list[File]:
    """The files in an archive, in the order of their names, held in memory. Raises :class:`ArchiveError`."""
    try:
        with ZipFile(io.BytesIO(data)) as archive:
            members = _members(archive)
            if len(members) > MOST_MEMBERS or sum(member.file_size for member in members.values()) > MOST_INFLATED:
                raise ArchiveError("too-large")
            return [
                replace(file, name=f"{file.name}/{name}", member=_content(archive, member), sha256="")
                for name, member in sorted(members.items())
            ]
    except (BadZipFile, OSError, EOFError, RuntimeError, NotImplementedError, ValueError, zlib.error) as fault:
        raise ArchiveError("damaged") from fault


def _members(archive: ZipFile) -> dict[str, ZipInfo]:
    """The files that may be returns by their names; of two of one name each is kept."""
    found: dict[str, ZipInfo] = {}
    for member in archive.infolist():
        parts = PurePosixPath(member.filename.replace("\\", "/")).parts
        name = _writable("/".join(part for part in parts if part not in ("/", "..", ".")))
        if member.is_dir() or not name or parts[0] == _MAC_COPIES or _ignored(parts[-1]):
            continue
        if member.flag_bits & 1:
            raise ArchiveError("password")
        while name in found:
            name += "+"
        found[name] = member
    return found


def _content(archive: ZipFile, member: ZipInfo) -> bytes:
    """A member's content, never more than it states."""
    with archive.open(member) as opened:
        content = opened.read(member.file_size + 1)
    if len(content) != member.file_size:
        raise BadZipFile
    return content


def plain(file: File, data: bytes) -> Submission:
    """A file of which nothing but its name, content and time is known; a member of an archive came with it."""
    whole = file.member is not None or isinstance(file.path, Stored) or file.path.is_file()
    content = (file.sha256 or hashlib.sha256(data).hexdigest()) if whole else ""
    return Submission(file.name, content, received(file))


def received(file: File) -> datetime:
    """When it was changed last, to the second."""
    changed = file.path.changed if isinstance(file.path, Stored) else int(file.path.stat().st_mtime)
    return datetime.fromtimestamp(changed, UTC)


def refused(file: File, data: bytes, reason: str, params: Mapping[str, str | int] | None = None) -> Submission:
    """A file that is not read, with the reason; a letter beside a return is only set aside."""
    named: dict[str, Param] = dict(params or {})
    kind = str(named.get("kind", ""))
    if kind in _KINDS:
        named["kind"] = _KINDS[kind]
    if reason == "not-a-workbook" and kind in _ATTACHMENTS and not file.name.lower().endswith(_WORKBOOK_ENDINGS):
        kept = Finding("attachment", "info", file=file.name, params=named)
        return replace(plain(file, data), status="set-aside", reason="attachment", findings=(kept,))
    finding = Finding(reason, "hard", file=file.name, params=named)
    return replace(plain(file, data), status="quarantined", reason=reason, findings=(finding,))
