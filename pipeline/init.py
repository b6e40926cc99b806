"""A new workspace: settings, standard forms, an example register, and the files that Windows starts on a click."""

from __future__ import annotations

import shutil
from pathlib import Path

from pipeline.errors import WorkspaceError
from pipeline.files import put
from pipeline.workspace import INSTALLED, SETTINGS_FILE
from schemas.text import Text

EXAMPLES = Path(__file__).parent / "examples"
_COMMANDS = {
    "1-phat-bieu.cmd": ("templates --period current", "Lập bộ biểu của kỳ đang chạy vào thư mục input_templates"),
    "2-tong-hop.cmd": ("consolidate", "Đọc thư mục inbox, đối chiếu và ghi kết quả vào thư mục output"),
    "3-tinh-hinh-nop.cmd": ("status", "Xem đơn vị nào đã nộp, chưa nộp, phải sửa"),
    "4-de-xuat.cmd": ("propose", "Lập danh sách điều chỉnh đề xuất để duyệt trong Excel"),
    "5-ghi-quyet-dinh.cmd": ("propose --take", "Ghi các dòng đã đánh dấu x trong danh sách đó vào decisions.csv"),
    "6-chot-so-lieu.cmd": ("close", "Chốt kỳ đang chạy sau khi lãnh đạo ký; hỏi tên người chốt trước khi làm"),
}
# chcp 65001 makes the console show Vietnamese; -P keeps the workspace's own schemas folder from being taken for the
# program's; pause keeps the window open on the last sentence.
_SCRIPT = """@echo off\r
chcp 65001 >nul\r
cd /d "%~dp0"\r
rem {what}\r
where tonghop >nul 2>nul\r
if %errorlevel%==0 (\r
  tonghop {command}\r
) else if exist "{scripts}\\tonghop.exe" (\r
  "{scripts}\\tonghop.exe" {command}\r
) else (\r
  py -P -m pipeline.cli {command}\r
)\r
echo.\r
pause\r
"""


def init(folder: Path, scripts: str = "") -> Path:
    """Make an empty workspace in ``folder``; nothing that is there is touched.

    ``scripts`` is the folder of the installed program, for machines on which it is not on the path. Raises
    :class:`WorkspaceError` when the folder is a workspace already or cannot be written.
    """
    if (folder / SETTINGS_FILE).exists():
        raise WorkspaceError(
            Text(
                f"{folder} đã là một thư mục làm việc. Hãy chọn thư mục khác.",
                f"{folder} is a workspace already. Choose another folder.",
            )
        )
    try:
        for name in ("schemas/forms", "inbox", "history", "input_templates", "output"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        for path in sorted((INSTALLED / "forms").glob("*.toml")):
            shutil.copyfile(path, folder / "schemas" / "forms" / path.name)
        for name in ("units.csv", "targets.csv", "mau-cau.txt"):
            shutil.copyfile(INSTALLED / name, folder / "schemas" / name)
        for name, (command, what) in _COMMANDS.items():
            script = _SCRIPT.format(command=command, what=what, scripts=scripts)
            (folder / name).write_bytes(script.encode("utf-8"))
        # Last and whole: it alone makes the folder a workspace, that no other run of this would finish.
        put(folder / SETTINGS_FILE, lambda temporary: bool(shutil.copyfile(EXAMPLES / SETTINGS_FILE, temporary)))
    except OSError as fault:
        raise WorkspaceError(
            Text(
                f"Không tạo được thư mục làm việc {folder} ({fault.strerror}). Hãy chọn nơi ghi được.",
                f"Cannot make a workspace in {folder} ({fault.strerror}). Choose a place that can be written.",
            )
        ) from fault
    return folder
