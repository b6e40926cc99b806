"""What the command says of itself: help pages and wrong usage, in both languages."""

from __future__ import annotations

import click

from schemas.text import Text

HELP = {
    "tonghop": Text(
        "Thu, đối chiếu và tổng hợp số liệu công đoàn bằng Excel.",
        "Collect, reconcile and consolidate union statistics in Excel.",
    ),
    "workspace": Text(
        "Thư mục làm việc (có tệp tonghop.toml). Mặc định: thư mục hiện tại hoặc thư mục phía trên.",
        "The workspace (the folder with tonghop.toml). Default: this folder or the nearest above.",
    ),
    "lang": Text("Ngôn ngữ của câu chữ: vi hoặc en.", "Language of the messages: vi or en."),
    "quiet": Text("Chỉ in lỗi.", "Print errors only."),
    "help": Text("In hướng dẫn này.", "Show this help."),
    "period": Text("Kỳ báo cáo, ví dụ 2020, 2020-S1, 2023-Q3.", "Period, for example 2020, 2020-S1, 2023-Q3."),
    "unit": Text("Chỉ đơn vị này (ghi được nhiều lần).", "Only this unit (may be repeated)."),
    "build": Text(
        "Lập bộ biểu của chính đơn vị này từ bộ biểu của các đơn vị trực thuộc, có trang ghi nguồn.",
        "Build this unit's own package from its children's returns, its sources listed.",
    ),
    "only_accepted": Text(
        "Không tính số liệu của đơn vị còn phải sửa.", "Leave out the figures of units that must send again."
    ),
    "demo": Text(
        "Tạo một tỉnh minh họa qua bốn kỳ: phát biểu, nhận lại có lỗi cài sẵn, tổng hợp, liệt kê lỗi tìm thấy.",
        "Make a sample province over four periods: packages out, returns in with planted mistakes, consolidated, "
        "the mistakes listed.",
    ),
    "init": Text("Tạo thư mục làm việc mới với các biểu chuẩn.", "Make an empty workspace with the standard forms."),
    "forms": Text("Kiểm tra và liệt kê các biểu, bảng, quy tắc.", "Check and list the forms, tables and edits."),
    "history": Text(
        "Các lần nộp của một đơn vị trong kỳ: mỗi bản đổi ô nào so với bản trước, số của tỉnh đổi ra sao.",
        "What a unit sent for a period: which cells each file changed, and what that did to the province's figures.",
    ),
    "templates": Text(
        "Lập bộ biểu cho các đơn vị, danh sách gửi và gói nén cho từng công đoàn cấp trên; không ghi kỳ thì lập "
        "biểu mẫu trống.",
        "Make the units' packages, the list of whom to send them and a zip for each upper union; without a period "
        "the blank masters.",
    ),
    "check": Text("Kiểm tra trước một hay nhiều tệp gửi về.", "Check one or more returned files beforehand."),
    "consolidate": Text(
        "Đọc thư mục inbox, đối chiếu, tổng hợp và ghi kết quả vào thư mục output.",
        "Read the inbox, reconcile, consolidate and write the results to the output folder.",
    ),
    "status": Text(
        "Ai đã nộp, ai chưa, ai phải sửa, với câu nhắn sẵn cho từng đơn vị cần đôn đốc.",
        "Who has sent, who has not, who must correct, with a sentence ready for each unit to remind.",
    ),
    "explain": Text(
        "Giải thích một mã phát hiện hay một quy tắc của biểu: vì sao báo, ví dụ, cách sửa; không ghi mã thì liệt kê "
        "mọi mã.",
        "Explain the id of a finding, or an edit of a form: why it is said, an example, how to mend it; without an id "
        "all of them are listed.",
    ),
}

# What click itself says around the help, in its order on the page.
_FRAME = (
    ("Usage:", "Cách dùng:"),
    ("[OPTIONS]", "[TÙY CHỌN]"),
    ("COMMAND [ARGS]...", "LỆNH …"),
    ("Options:", "Tùy chọn:"),
    ("Commands:", "Lệnh:"),
)


class WordedCommand(click.Command):
    """A command whose help page is Vietnamese throughout, where it is asked for in Vietnamese."""

    lang = "vi"

    def get_help(self, ctx: click.Context) -> str:
        """The page."""
        page = super().get_help(ctx)
        for theirs, ours in _FRAME if self.lang == "vi" else ():
            page = page.replace(theirs, ours)
        return page

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """``--help``, worded in the language of the page."""
        option = super().get_help_option(ctx)
        if option is not None:
            option.help = HELP["help"].of(self.lang)
        return option


class WordedGroup(WordedCommand, click.Group):
    """The command that holds the others."""


def usage(fault: click.ClickException) -> Text:
    """What is wrong with the command line."""
    english = fault.format_message()
    match fault:
        case click.exceptions.NoSuchOption():
            return Text(f"không có tùy chọn {fault.option_name}", english)
        case click.exceptions.MissingParameter() if fault.param is not None:
            return Text(f"thiếu {fault.param.make_metavar(fault.ctx or click.Context(click.Command(None)))}", english)
        case click.exceptions.BadParameter() if fault.param is not None:
            return Text(f"giá trị của {fault.param.opts[0]} không hợp lệ ({fault.message})", english)
        case _ if "No such command" in english:
            return Text(f"không có lệnh {english.split()[-1].rstrip('.')}", english)
    return Text(english, english)
