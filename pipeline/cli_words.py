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
    "engine": Text(
        "Cách đọc hộp thư đến: auto tự chọn theo số lõi và số tệp; dask dùng một cụm máy. Kết quả như nhau.",
        "What reads the inbox: auto goes by cores and number of files; dask is a cluster. The results are the same.",
    ),
    "jobs": Text("Số tiến trình đọc (mặc định: mỗi lõi một).", "Processes that read (one a core unless said)."),
    "scheduler": Text(
        "Địa chỉ bộ điều phối Dask, ví dụ tcp://10.0.0.5:8786.",
        "Address of the Dask scheduler, such as tcp://10.0.0.5:8786.",
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
    "take": Text(
        "Ghi các dòng đã đánh dấu x trong danh sách vào decisions.csv.",
        "Put the rows ticked with x down in decisions.csv.",
    ),
    "close": Text(
        "Chốt kỳ sau khi lãnh đạo ký: ghi mã SHA-256 của mọi tệp và giữ lại danh bạ, biểu, chỉ tiêu, quyết định lúc "
        "chốt; tệp đến sau chỉ được liệt kê. Với --reopen: mở lại kỳ đã chốt.",
        "Close a period that was signed: the SHA-256 of every file is noted, register, forms, targets and decisions of "
        "the day are kept; files that come later are only listed. With --reopen: open a closed period again.",
    ),
    "by": Text("Họ tên người chốt hoặc mở lại.", "Who closes or reopens."),
    "note": Text("Ghi chú khi chốt, ví dụ số công văn trình ký.", "A note on the closing."),
    "reopen": Text(
        "Mở lại kỳ đã chốt; phải ghi --by và --reason.", "Open a closed period again; needs --by and --reason."
    ),
    "reason": Text("Lý do mở lại.", "Why it is reopened."),
    "propose": Text(
        "Lập danh sách điều chỉnh đề xuất để duyệt trong Excel: đánh x, lưu, rồi chạy lại với --take.",
        "List proposed adjustments to decide on in Excel: tick with x, save, then run again with --take.",
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
