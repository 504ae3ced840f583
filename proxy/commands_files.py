"""`sting scramble` and `sting restore`: standard input, or whole files whose form stays as it was."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from policies.cli_options import clear_failures, config_options, json_option, print_json
from policies.portions import portions
from proxy.commands_texts import on_gateway

if TYPE_CHECKING:
    from proxy.client import LocalGateway
    from proxy.files.base import FileKind

_MOST_TEXTS = 5_000
_MOST_CHARACTERS = 2_000_000
"""Of one request; a single text may be longer."""
_file = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=False)
_out = click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="File to write (default: stdout).")
Call = Callable[[Sequence[str]], Awaitable[list[str]]]


@click.command()
@config_options
@json_option
@_file
@_out
@click.option("--session", required=True, help="Name of the session that keeps the mapping.")
@click.option("--policy", help="Policy instead of the default one.")
@clear_failures
def scramble(
    config: Path | None,
    data_dir: Path | None,
    file: Path | None,
    out: Path | None,
    session: str,
    policy: str | None,
    *,
    as_json: bool,
) -> None:
    """Scramble a file (text, Markdown, HTML, CSV, JSON, JSONL, DOCX, XLSX, PDF, pictures), or standard input.

    \b
    Example:
      sting scramble --session letter-7 < letter.txt > scrambled.txt
      sting scramble customers.xlsx --session q3 --out customers.scrambled.xlsx
    """
    body = {"session": session, **({"policy": policy} if policy else {})}
    _changed(config, data_dir, file, out, "/sting/v1/scramble", body, as_json=as_json)


@click.command()
@config_options
@json_option
@_file
@_out
@click.option("--session", required=True, help="Name of the session that keeps the mapping.")
@clear_failures
def restore(
    config: Path | None, data_dir: Path | None, file: Path | None, out: Path | None, session: str, *, as_json: bool
) -> None:
    """Restore a file that was scrambled, or standard input.

    \b
    Example:
      sting restore --session letter-7 < answer.txt
      sting restore customers.scrambled.xlsx --session q3 --out customers.xlsx
    """
    _changed(config, data_dir, file, out, "/sting/v1/restore", {"session": session}, as_json=as_json)


def _changed(
    config: Path | None,
    data_dir: Path | None,
    file: Path | None,
    out: Path | None,
    path: str,
    body: dict[str, str],
    *,
    as_json: bool,
) -> None:
    if file is None:
        sent = {"texts": [sys.stdin.read()], **body}
        answer = on_gateway(config, data_dir, lambda reached: reached.call("POST", path, sent))
        if as_json:
            print_json(answer)
        else:
            _write(answer["texts"][0].encode("utf-8", "surrogatepass"), out)
            _tell_unknown(answer.get("unknown", 0), body["session"])
        return
    from proxy.files.base import UnreadableFile
    from proxy.files.kinds import BINARY, PICTURES, kind_of

    if path.endswith("/restore") and file.suffix.lower() in PICTURES:
        raise click.UsageError("a picture cannot be restored: what was painted over is gone; keep the original")
    if out is None and file.suffix.lower() in BINARY:
        raise click.UsageError(f"{file.suffix} is no text: say where to write it with --out")
    try:
        data = file.read_bytes()
        made, unknown = on_gateway(
            config, data_dir, lambda reached: _file_changed(reached, kind_of(file), data, path, body)
        )
    except UnreadableFile as error:
        raise click.ClickException(f"{file.name}: {error}") from None
    _write(made, out)
    _tell_unknown(unknown, body["session"])


def _tell_unknown(tokens: int, session: str) -> None:
    """Say, beside the text, that tokens in it were not issued in this session: it may be the wrong one."""
    if tokens:
        click.echo(
            f"{tokens} tokens stand as they were: the session {session!r} did not issue them. "
            "Name the session that scrambled this.",
            err=True,
        )


async def _file_changed(
    reached: LocalGateway, kind: FileKind, data: bytes, path: str, body: dict[str, str]
) -> tuple[bytes, int]:
    """The file with its texts changed, in smaller pieces when its form did not survive; how many tokens are unknown."""
    from proxy.files.base import FormLost, UnreadableFile

    while True:
        texts = kind.texts(data)
        changed: list[str] = []
        unknown = 0
        for batch in portions(texts, most=_MOST_TEXTS, characters=_MOST_CHARACTERS):
            answer: dict[str, Any] = await reached.call("POST", path, {"texts": batch, **body})
            changed += answer["texts"]
            unknown += answer.get("unknown", 0)
        try:
            return kind.rebuilt(data, changed), unknown
        except FormLost:
            smaller = kind.pieces(data)
            if smaller is None:
                raise UnreadableFile("its form cannot be kept") from None
            kind = smaller


def _write(data: bytes, out: Path | None) -> None:
    if out is None:
        sys.stdout.buffer.write(data)
        sys.stdout.flush()
    else:
        out.write_bytes(data)
