"""The command ``tonghop``: a skin over :mod:`pipeline.run`, and the only place that prints."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipeline.cli_words import HELP, WordedCommand, WordedGroup, usage
from schemas.errors import TonghopError
from schemas.text import LANGUAGES, Text

if TYPE_CHECKING:
    from pipeline.run import Progress

CLEAN, FOUND, UNUSABLE, OWN_FAULT = 0, 1, 2, 3

STAYS_SILENT: Progress = lambda _what, _done, _total: None  # noqa: E731


def build(lang: str) -> click.Group:
    """The command with its help in one language."""

    def words(key: str) -> str:
        return HELP[key].of(lang)

    settings = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
    group = WordedGroup("tonghop", help=words("tonghop"), context_settings=settings, no_args_is_help=True)
    group.lang = lang
    group.params += [
        click.Option(
            ["--workspace"], type=click.Path(path_type=Path, file_okay=False), metavar="DIR", help=words("workspace")
        ),
        click.Option(["--lang"], type=click.Choice(LANGUAGES), default=lang, help=words("lang")),
        click.Option(["--quiet"], is_flag=True, help=words("quiet")),
    ]
    group.callback = click.pass_context(_remember)
    period = click.Option(["--period"], metavar="P", help=words("period"))
    folder = click.Path(path_type=Path, file_okay=False)

    def add(name: str, run: Callable[..., int], params: Sequence[click.Parameter]) -> None:
        brief = words(name).split(":")[0].rstrip(".")
        command = WordedCommand(
            name, callback=click.pass_context(run), params=list(params), help=words(name), short_help=brief
        )
        command.lang = lang
        group.add_command(command)

    add("demo", _demo, [click.Argument(["folder"], type=folder, default=Path("demo"), metavar="[DIR]")])
    add("init", _init, [click.Argument(["folder"], type=folder, metavar="DIR")])
    add("forms", _forms, [])
    add("history", _history, [click.Argument(["unit"], metavar="UNIT"), period])
    units = click.Option(["--unit", "units"], multiple=True, metavar="CODE", help=words("unit"))
    add("templates", _templates, [period, units])
    files = click.Argument(["files"], type=click.Path(path_type=Path), nargs=-1, required=True, metavar="FILE…")
    add("check", _check, [files])
    unit = click.Option(["--unit"], metavar="CODE", help=words("build"))
    accepted = click.Option(["--only-accepted"], is_flag=True, help=words("only_accepted"))
    add("consolidate", _consolidate, [period, unit, accepted])
    add("status", _status, [period])
    add("explain", _explain, [click.Argument(["word"], required=False, metavar="[ID]")])
    return group


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status; a user never sees a traceback."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    lang = _lang(given)
    try:
        status = build(lang).main(given, prog_name="tonghop", standalone_mode=False)
        return status if isinstance(status, int) else CLEAN
    except click.exceptions.Abort:
        click.echo(Text("Đã dừng theo yêu cầu.", "Stopped on request.").of(lang), err=True)
        return UNUSABLE
    except click.exceptions.NoArgsIsHelpError as fault:
        click.echo(fault.ctx.get_help() if fault.ctx else "")
        return UNUSABLE
    except click.ClickException as fault:
        hint = Text("Lệnh chưa đúng", "Wrong usage").of(lang)
        more = Text("Xem hướng dẫn: tonghop --help", "See: tonghop --help").of(lang)
        click.echo(f"{hint}: {usage(fault).of(lang)}\n{more}", err=True)
        return UNUSABLE
    except TonghopError as fault:
        for one in fault.faults:
            click.echo(one.of(lang), err=True)
        return UNUSABLE
    except Exception:
        log = _log()
        sentence = Text(
            f"Chương trình gặp lỗi ngoài dự kiến; chi tiết ghi ở {log}. Hãy gửi tệp đó cho người phụ trách.",
            f"The program met an unexpected fault; details are in {log}. Send that file to whoever maintains it.",
        )
        click.echo(sentence.of(lang), err=True)
        return OWN_FAULT


def _lang(arguments: Sequence[str]) -> str:
    """The language asked for before anything is parsed, so that help and usage errors speak it too."""
    for i, argument in enumerate(arguments):
        if argument == "--lang" and i + 1 < len(arguments) and arguments[i + 1] in LANGUAGES:
            return arguments[i + 1]
        if argument.startswith("--lang=") and argument[7:] in LANGUAGES:
            return argument[7:]
    return "vi"


def _log() -> Path:
    """Write the traceback into the workspace at hand, or the user's home where there is none."""
    name = f"tonghop-loi-{datetime.now():%Y%m%d-%H%M%S}.log"
    here = next((f for f in (Path.cwd(), *Path.cwd().parents) if (f / "tonghop.toml").is_file()), None)
    for folder in (here / ".tonghop", Path.home()) if here else (Path.home(),):
        try:
            folder.mkdir(exist_ok=True)
            (folder / name).write_text(traceback.format_exc(), encoding="utf-8")
        except OSError:
            continue
        return folder / name
    return Path(os.devnull)


def _remember(context: click.Context, workspace: Path | None, lang: str, quiet: bool) -> None:
    context.obj = {"workspace": workspace or Path.cwd(), "lang": lang, "quiet": quiet}


def _say(context: click.Context, text: Text | str) -> None:
    if not context.obj["quiet"]:
        click.echo(text.of(context.obj["lang"]) if isinstance(text, Text) else text)


class _Bar:
    """A progress bar on a terminal; nothing in a pipe or when asked to be quiet."""

    def __init__(self, context: click.Context) -> None:
        self._lang = context.obj["lang"]
        self._bar: Any = None
        self._task: Any = None
        self._what = ""
        if sys.stderr.isatty() and not context.obj["quiet"]:
            from rich.console import Console
            from rich.progress import Progress as RichProgress

            self._bar = RichProgress(console=Console(stderr=True), transient=True)

    def __enter__(self) -> Progress:
        if self._bar is None:
            return STAYS_SILENT
        self._bar.start()
        return self.show

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def show(self, what: Text, done: int, total: int) -> None:
        """Show how far a stage has come."""
        if what.vi != self._what:
            if self._task is not None:
                self._bar.update(self._task, completed=self._bar.tasks[-1].total)
            self._what, self._task = what.vi, self._bar.add_task(what.of(self._lang), total=total)
        self._bar.update(self._task, completed=done, total=total)


def _workspace(context: click.Context) -> Any:
    from pipeline import run

    return run.workspace_at(context.obj["workspace"])


def _demo(context: click.Context, folder: Path) -> int:
    from pipeline import run

    with _Bar(context) as progress:
        made = run.demo(folder, lang=context.obj["lang"], progress=progress, scripts=str(Path(sys.executable).parent))
    for line in run.demo_report(made.planted, made.results, run.written(made.results)):
        _say(context, line)
    return FOUND if made.results.worst == "hard" else CLEAN


def _init(context: click.Context, folder: Path) -> int:
    from pipeline import run

    run.init(folder, str(Path(sys.executable).parent))
    _say(
        context,
        Text(
            f"Đã tạo thư mục làm việc {folder}. Sửa tonghop.toml và schemas/units.csv, "
            "rồi bấm đúp 1-phat-bieu.cmd (hoặc chạy: tonghop templates).",
            f"Made a workspace in {folder}. Edit tonghop.toml and schemas/units.csv, "
            "then start 1-phat-bieu.cmd (or run: tonghop templates).",
        ),
    )
    return CLEAN


def _forms(context: click.Context) -> int:
    from pipeline import run

    for line in run.forms_report(run.load_only_forms(context.obj["workspace"])):
        _say(context, line)
    return CLEAN


def _history(context: click.Context, unit: str, period: str | None) -> int:
    from pipeline import run

    workspace = _workspace(context)
    chosen = run.chosen_period(workspace, period)
    results, sent = run.history(workspace, chosen, unit, lang=context.obj["lang"])
    for line in run.history_report(results, unit, sent):
        _say(context, line)
    return CLEAN


def _templates(context: click.Context, period: str | None, units: tuple[str, ...]) -> int:
    from pipeline import run

    workspace = _workspace(context)
    if period is None and not units:
        for path in run.masters(workspace):
            _say(context, Text(f"Biểu mẫu trống: {path}", f"Blank master: {path}"))
        return CLEAN
    chosen = run.chosen_period(workspace, period)
    with _Bar(context) as progress:
        issued = run.templates(workspace, chosen, units, progress=progress)
    for line in run.templates_report(workspace, chosen, issued):
        _say(context, line)
    return CLEAN


def _check(context: click.Context, files: tuple[Path, ...]) -> int:
    from pipeline import run

    findings = run.check(_workspace(context), files)
    for line in run.findings_report(findings, context.obj["lang"]):
        _say(context, line)
    return FOUND if run.worst(findings) == "hard" else CLEAN


def _consolidate(context: click.Context, period: str | None, unit: str | None, only_accepted: bool) -> int:
    from pipeline import run

    workspace, lang = _workspace(context), context.obj["lang"]
    if unit is not None:
        path, results = run.build_package(workspace, run.chosen_period(workspace, period), unit, lang=lang)
        _say(context, Text(f"Đã lập bộ biểu {path}.", f"Built the package {path}."))
    else:
        with _Bar(context) as progress:
            results = run.consolidate(workspace, period, only_accepted=only_accepted, lang=lang, progress=progress)
        for line in run.consolidate_report(results, run.written(results)):
            _say(context, line)
    return FOUND if results.worst == "hard" else CLEAN


def _status(context: click.Context, period: str | None) -> int:
    from pipeline import run

    results = run.consolidate(_workspace(context), period, lang=context.obj["lang"], write=False)
    for line in run.status_report(results):
        _say(context, line)
    return FOUND if results.worst == "hard" else CLEAN


def _explain(context: click.Context, word: str | None) -> int:
    from pipeline import run

    for line in run.explain(context.obj["workspace"], word) if word else run.ids_report():
        _say(context, line)
    return CLEAN


def command() -> None:
    """The console script."""
    sys.exit(main())


if __name__ == "__main__":
    command()
