"""The command ``tonghop``: a skin over :mod:`pipeline.run`, and the only place that prints."""

from __future__ import annotations

import contextlib
import os
import re
import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipeline.cli_bar import Bar
from pipeline.cli_engine import engine_of, ensure_sound, options
from pipeline.cli_words import HELP, WordedCommand, WordedGroup, usage
from schemas.errors import TonghopError
from schemas.text import LANGUAGES, Text

if TYPE_CHECKING:
    from pipeline.again import Answer

CLEAN, FOUND, UNUSABLE, OWN_FAULT = 0, 1, 2, 3
_ORDERS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


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
    add("consolidate", _consolidate, [period, unit, accepted, *options(lang)])
    add("status", _status, [period])
    by = click.Option(["--by"], metavar="NAME", help=words("by"))
    note = click.Option(["--note"], metavar="TEXT", default="", help=words("note"))
    reopened = click.Option(["--reopen"], is_flag=True, help=words("reopen"))
    reason = click.Option(["--reason"], metavar="TEXT", default="", help=words("reason"))
    add("close", _close, [period, by, note, reopened, reason])
    add("propose", _propose, [period, click.Option(["--take"], is_flag=True, help=words("take"))])
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
            click.echo(_harmless(one.of(lang)), err=True)
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
        click.echo(_harmless(text.of(context.obj["lang"]) if isinstance(text, Text) else text))


def _harmless(text: str) -> str:
    """What is said, without the characters of a unit's text that a terminal would take for orders."""
    return _ORDERS.sub("", text)


def _workspace(context: click.Context) -> Any:
    from pipeline import run

    return run.workspace_at(context.obj["workspace"])


def _demo(context: click.Context, folder: Path) -> int:
    from pipeline import run

    with Bar(context) as progress:
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
    with Bar(context) as progress:
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


def _consolidate(
    context: click.Context,
    period: str | None,
    unit: str | None,
    only_accepted: bool,
    kind: str,
    jobs: int | None,
    scheduler: str | None,
) -> int:
    lang = context.obj["lang"]
    ensure_sound(kind, scheduler)
    if unit is not None:
        from pipeline import run

        workspace = _workspace(context)
        path, results = run.build_package(workspace, run.chosen_period(workspace, period), unit, lang=lang)
        _say(context, Text(f"Đã lập bộ biểu {path}.", f"Built the package {path}."))
        return FOUND if results.worst == "hard" else CLEAN

    def work() -> Answer:
        from pipeline.again import Answer

        with engine_of(context.obj["workspace"], kind, jobs, scheduler, lang) as engine:
            from pipeline import run

            workspace = replace(_workspace(context), engine=engine)
            with Bar(context) as progress:
                results = run.consolidate(workspace, period, only_accepted=only_accepted, lang=lang, progress=progress)
        told = (
            *run.consolidate_report(results, run.written(results)),
            *run.published(workspace, results.owed.period),
        )
        lines = tuple(line.of(lang) for line in told)
        folder = results.workspace.output(results.owed.period)
        return Answer(FOUND if results.worst == "hard" else CLEAN, lines, folder)

    return _told(context, ["consolidate", str(period), str(only_accepted), lang], work)


def _status(context: click.Context, period: str | None) -> int:
    lang = context.obj["lang"]

    def work() -> Answer:
        from pipeline import run
        from pipeline.again import Answer

        results = run.consolidate(_workspace(context), period, lang=lang, write=False)
        lines = tuple(line.of(lang) for line in run.status_report(results))
        return Answer(FOUND if results.worst == "hard" else CLEAN, lines)

    return _told(context, ["status", str(period), lang], work)


def _told(context: click.Context, arguments: Sequence[str], work: Callable[[], Answer]) -> int:
    from pipeline.cli_again import told

    answer = told(context.obj["workspace"], arguments, work)
    for line in answer.lines:
        _say(context, line)
    return answer.status


def _close(context: click.Context, period: str | None, by: str | None, note: str, reopen: bool, reason: str) -> int:
    from pipeline import run

    workspace, lang = _workspace(context), context.obj["lang"]
    chosen = run.chosen_period(workspace, period)
    by = by if by is not None else _asked(context, Text(f"Người chốt kỳ {chosen}", f"Who closes {chosen}"), not reopen)
    if reopen:
        for line in run.reopen_report(chosen, run.reopen(workspace, chosen, by, reason)):
            _say(context, line)
        return CLEAN
    with Bar(context) as progress:
        results, fresh = run.close(workspace, chosen, by, note, lang=lang, progress=progress)
    told = (*run.consolidate_report(results, run.written(results)), *run.published(workspace, chosen))
    for line in (*told, *run.close_report(results, fresh)):
        _say(context, line)
    return FOUND if results.worst == "hard" else CLEAN


def _asked(context: click.Context, what: Text, may: bool) -> str:
    """What a person types when asked; nothing where nobody sits before a terminal."""
    if not may or not sys.stdin.isatty():
        return ""
    return str(click.prompt(what.of(context.obj["lang"]), default="", show_default=False))


def _propose(context: click.Context, period: str | None, take: bool) -> int:
    from pipeline import run

    workspace, lang = _workspace(context), context.obj["lang"]
    chosen = run.chosen_period(workspace, period)
    with Bar(context) as progress:
        if not take:
            path, groups = run.propose(workspace, chosen, lang=lang, progress=progress)
        else:
            taken = run.take(workspace, chosen, lang=lang, progress=progress)
    for line in run.taken_report(taken, chosen) if take else run.proposals_report(path, groups, chosen):
        _say(context, line)
    return FOUND if take and taken.faults else CLEAN


def _explain(context: click.Context, word: str | None) -> int:
    from pipeline import run

    for line in run.explain(context.obj["workspace"], word) if word else run.ids_report():
        _say(context, line)
    return CLEAN


def command() -> None:
    """The console script. Python would take longer to give back the memory, piece by piece, than the process to end."""
    status = main()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(status)


if __name__ == "__main__":
    command()
