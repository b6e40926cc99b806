"""Files that lie in a store which fsspec reaches by a URL (S3, GCS, Azure, SFTP); nothing of it is imported before."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from pipeline.errors import StoreError
from schemas.text import Text

_PACKAGES = {
    "s3": "s3fs",
    "s3a": "s3fs",
    "gs": "gcsfs",
    "gcs": "gcsfs",
    "abfs": "adlfs",
    "abfss": "adlfs",
    "az": "adlfs",
    "sftp": "paramiko",
    "ssh": "paramiko",
    "smb": "smbprotocol",
}
# Where stores say when a file was changed, and by what they tell one content of it from another.
_TIMES = ("LastModified", "last_modified", "mtime", "modified", "updated")
_MARKS = ("ETag", "etag", "md5Hash", "generation")
_PASSWORD = re.compile(r"(//[^/@:]*:)[^/@]*@")
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Stored:
    """A file of a store: the URL of the store, the path in it, bytes, and the second of its last change.

    ``version`` is another one for another content; empty where the store does not vouch for that.
    """

    store: str
    path: str
    size: int
    changed: int
    version: str = ""

    def read(self) -> bytes:
        """Its content. Raises :class:`OSError`, whatever the store fails with."""
        try:
            content: bytes = _opened(self.store)[0].cat_file(self.path)
        except Exception as fault:
            raise OSError(str(fault)) from fault
        return content

    def now(self) -> Stored:
        """The same as the store knows it at this moment. Raises :class:`OSError`."""
        try:
            store = _opened(self.store)[0]
            store.invalidate_cache()
            found = store.info(self.path)
            return replace(self, size=int(found["size"]), changed=_changed(store, self.path, found))
        except Exception as fault:
            raise OSError(str(fault)) from fault


def is_url(place: str) -> bool:
    """Whether a place is a store's URL, and not a folder."""
    return "://" in place


def shown(url: str) -> str:
    """A URL as it may be printed: without a password."""
    return _PASSWORD.sub(r"\1…@", url)


def stored_below(url: str, folder: str) -> list[tuple[str, Stored]]:
    """All files below a folder of a store by their names in it; none where there is no such folder.

    Raises :class:`StoreError` where the store cannot be reached, or is not there itself.
    """
    with telling(url):
        store, _ = _opened(url)
        return [(name, _stored(url, store, one)) for name, one in _listed(url, folder)]


def stored_sizes(url: str, folder: str) -> dict[str, int]:
    """The files below a folder of a store, by their names in it, in bytes. Raises as :func:`stored_below` does."""
    with telling(url):
        return {name: int(one["size"] or 0) for name, one in _listed(url, folder)}


def ensure_there(url: str) -> None:
    """Raise :class:`StoreError` where the store cannot be reached or is not there.

    Of a store without folders of its own it is the bucket that must be there.
    """
    with telling(url):
        store, base = _opened(url)
        # In a bucket there are no folders, but only files whose names begin as if there were.
        place = base if base.startswith("/") or base[1:2] == ":" else base.split("/", 1)[0]
        try:
            # Whether it exists is what some say no to while the line is cut.
            store.info(place)
            return
        except FileNotFoundError as fault:
            missing = fault
    raise StoreError(
        Text(
            f"{shown(url)}: không có kho hay thư mục này. Sửa địa chỉ trong tonghop.toml (inbox, publish), "
            "hoặc tạo nó rồi chạy lại.",
            f"{shown(url)}: there is no such bucket or folder. Mend the address in tonghop.toml (inbox, publish), "
            "or make it and run again.",
        )
    ) from missing


def stored_content(url: str, name: str) -> bytes | None:
    """The content of a file below a store's folder; ``None`` where there is none. Raises :class:`StoreError`."""
    with telling(url):
        store, base = _opened(url)
        try:
            content: bytes = store.cat_file(f"{base}/{name}")
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            return None
        return content


def send(url: str, source: str, name: str) -> None:
    """Put a file of this machine into a store under a name. Raises :class:`StoreError`."""
    with telling(url):
        store, base = _opened(url)
        store.put_file(source, f"{base}/{name}")


def send_content(url: str, content: bytes, name: str) -> None:
    """Put a content into a store under a name. Raises :class:`StoreError`."""
    with telling(url):
        store, base = _opened(url)
        store.pipe_file(f"{base}/{name}", content)


def discard(url: str, name: str) -> None:
    """Remove a file from a store; nothing where it is gone. Raises :class:`StoreError`."""
    with telling(url):
        store, base = _opened(url)
        with contextlib.suppress(FileNotFoundError):
            store.rm_file(f"{base}/{name}")


@contextlib.contextmanager
def telling(url: str) -> Iterator[None]:
    """Whatever a store fails with as a :class:`StoreError` that says which store, why, and what to do."""
    try:
        yield
    except StoreError:
        raise
    except PermissionError as fault:
        raise _refused(url, fault) from fault
    except Exception as fault:
        # Each store has errors of its own, and most of them are no OSError.
        raise _unreachable(url, fault) from fault


def _opened(url: str) -> tuple[Any, str]:
    """The file system of a URL, and where in it the URL leads; a thread has it for itself where it must."""
    try:
        from fsspec.core import url_to_fs
    except ImportError as fault:
        raise _not_installed(url, "tonghop[remote]") from fault
    protocol = url.split("://", 1)[0].rsplit("::", 1)[-1]
    try:
        store, base = url_to_fs(url)
    except ImportError as fault:
        raise _not_installed(url, _PACKAGES.get(protocol, ""), str(fault)) from fault
    except ValueError as fault:
        raise _unknown(url, fault) from fault
    return store, base.rstrip("/")


def _listed(url: str, folder: str) -> list[tuple[str, Mapping[str, Any]]]:
    store, base = _opened(url)
    # It may have changed since this program looked last.
    store.invalidate_cache()
    top = f"{base}/{folder}"
    try:
        found = [*_below(store, top)]
    except FileNotFoundError:
        ensure_there(url)
        return []
    return [(one["name"][len(top) + 1 :], one) for one in found]


def _below(store: Any, folder: str) -> Iterator[Mapping[str, Any]]:
    """All that is no folder, folder by folder: what stores offer for the whole leaves out what they cannot list."""
    for one in store.ls(folder, detail=True):
        if one["name"].rstrip("/") == folder or one["name"].endswith("/"):
            # What a store keeps in the place of an empty folder.
            continue
        if one["type"] == "directory":
            yield from _below(store, one["name"])
        else:
            yield one


def _stored(url: str, store: Any, found: Mapping[str, Any]) -> Stored:
    changed, size = _changed(store, found["name"], found), int(found["size"] or 0)
    mark = next((str(found[key]) for key in _MARKS if found.get(key)), "")
    return Stored(url, found["name"], size, changed, f"{url}\n{mark}\n{size}\n{changed}" if mark else "")


def _changed(store: Any, path: str, found: Mapping[str, Any]) -> int:
    """The second of its last change. Raises :class:`StoreError` where the store keeps none."""
    when = next((found[key] for key in _TIMES if found.get(key) is not None), None)
    try:
        when = store.modified(path) if when is None else when
    except NotImplementedError as fault:
        raise _timeless(path) from fault
    if isinstance(when, str):
        when = datetime.fromisoformat(when)
    if isinstance(when, datetime):
        when = (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
    return int(when)


def _not_installed(url: str, package: str, why: str = "") -> StoreError:
    more = f" ({why})" if why else ""
    named = f'"{package}"' if "[" in package else package
    if not package:
        return StoreError(
            Text(
                f"{shown(url)}: thiếu gói để mở kho này{more}. Cài gói ấy bằng pip rồi chạy lại.",
                f"{shown(url)}: the package that opens this store is missing{more}. Install it with pip and run again.",
            )
        )
    return StoreError(
        Text(
            f"{shown(url)}: thiếu gói để mở kho này{more}. Cài: python -m pip install {named}, rồi chạy lại.",
            f"{shown(url)}: the package that opens this store is missing{more}. "
            f"Install it (python -m pip install {named}) and run again.",
        )
    )


def _unknown(url: str, fault: Exception) -> StoreError:
    return StoreError(
        Text(
            f"{shown(url)}: không phải địa chỉ kho mà fsspec mở được ({_short(fault)}). "
            "Ghi dạng s3://kho/thư-mục, gs://…, abfs://…, sftp://…, hoặc đường dẫn thư mục.",
            f"{shown(url)}: is no address that fsspec can open ({_short(fault)}). "
            "Write s3://bucket/path, gs://…, abfs://…, sftp://…, or the path of a folder.",
        )
    )


def _unreachable(url: str, fault: Exception) -> StoreError:
    return StoreError(
        Text(
            f"{shown(url)}: không làm việc được với kho này ({_short(fault)}). "
            "Kiểm tra mạng, địa chỉ và tài khoản truy cập kho rồi chạy lại.",
            f"{shown(url)}: this store cannot be worked with ({_short(fault)}). "
            "Check the network, the address and the store's credentials, and run again.",
        )
    )


def _refused(url: str, fault: Exception) -> StoreError:
    return StoreError(
        Text(
            f"{shown(url)}: kho không cho phép ({_short(fault)}). "
            "Xin quyền xem, đọc (với publish: cả ghi, xóa) cho tài khoản đang dùng rồi chạy lại.",
            f"{shown(url)}: the store does not allow it ({_short(fault)}). "
            "The account needs the right to list and read (for publish, to write and delete); then run again.",
        )
    )


def _timeless(path: str) -> StoreError:
    return StoreError(
        Text(
            f"{path}: kho không cho biết giờ sửa tệp, mà ngày nhận bộ biểu lấy theo giờ ấy. Dùng loại kho khác.",
            f"{path}: the store does not say when a file was changed, which counts as its receipt. Use another store.",
        )
    )


def _short(fault: Exception) -> str:
    words = shown(" ".join(str(fault).split())) or type(fault).__name__
    return words if len(words) <= _LONGEST else f"{words[:_LONGEST]} …"
