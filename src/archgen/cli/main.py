"""The entry point: the one place where errors become messages and exit codes.

Nothing but the standard library is imported here, so that Ctrl-C is handled while the
rest still loads.
"""

from __future__ import annotations

import errno
import gc
import io
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from archgen.cli.signals import stop_once, too_late

INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit with its code."""
    gc.disable()  # a command ends within seconds; collecting while modules load would take an eighth of it
    code: str | int | None
    try:
        stop_once()
        _open_streams()
        code = run(sys.argv[1:] if arguments is None else arguments)
    except KeyboardInterrupt:
        code = _interrupted()
    except SystemExit as stopped:
        code = stopped.code
    _leave(code if isinstance(code, int) else 1)


def _open_streams() -> None:
    """A stream that was closed (`>&-`) is nowhere, and no locale keeps a message from
    being printed.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode))  # noqa: SIM115 - open as long as the process
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _leave(code: int) -> NoReturn:
    """Exit at once: to take the interpreter apart is a tenth of a second, in which
    Ctrl-C would be a death by signal.
    """
    too_late()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            pass  # told already, or nobody is there to be told
    os._exit(code)


def run(arguments: Sequence[str]) -> int:
    """Run a command; its exit code, after anything that went wrong has been told on
    stderr.
    """
    try:
        from archgen.cli.app import build

        code = build()(args=list(arguments), prog_name="archgen", standalone_mode=False)
        sys.stdout.flush()
        if code == INTERRUPTED:  # typer takes Ctrl-C within a command for an exit
            return _interrupted()
        return code if isinstance(code, int) else 0
    except KeyboardInterrupt:
        return _interrupted()
    except Exception as error:  # noqa: BLE001 - the end of the line: whatever it is, the user gets a message
        return _told(error)


def _told(error: Exception) -> int:
    """Say what went wrong; the exit code for it."""
    from archgen.cli.console import complain
    from archgen.errors import ArchgenError

    if os.environ.get("ARCHGEN_TRACEBACK"):
        import traceback

        traceback.print_exc()
    if isinstance(error, ArchgenError):
        complain(error)
        return error.exit_code
    if type(error).__name__ == "Abort":  # typer's, at the end of input
        return _interrupted()
    usage = getattr(error, "format_message", None)
    if usage is not None:  # typer's own errors: an unknown flag, a missing argument
        context = getattr(error, "ctx", None)
        hint = (
            f"{context.command_path} --help shows what there is"
            if context is not None
            else None
        )
        _say(_lower(usage()), hint)
        return int(getattr(error, "exit_code", 2))
    if isinstance(error, BrokenPipeError) or (
        isinstance(error, OSError) and error.errno == errno.EPIPE
    ):
        # whoever read stdout has gone; without this, the interpreter complains of it
        # once more at its end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    # which only the current folder is without
    if isinstance(error, FileNotFoundError) and error.filename is None:
        _say("the current folder is no longer there", "cd to one that is")
        return 1
    if isinstance(error, OSError):
        place = f"{error.filename}: " if error.filename else ""
        _say(f"{place}{error.strerror or error}", None)
        return 1
    _say(
        f"{type(error).__name__}: {error}" if str(error) else type(error).__name__,
        "this is a defect of archgen; ARCHGEN_TRACEBACK=1 shows where it is",
    )
    return 1


def _say(message: str, hint: str | None) -> None:
    print(f"error: {message}", file=sys.stderr)
    if hint:
        print(f"hint: {hint}", file=sys.stderr)


def _lower(message: str) -> str:
    message = message.rstrip(".")
    return message[:1].lower() + message[1:]


def _interrupted() -> int:
    print("\ninterrupted, nothing was written", file=sys.stderr)
    return INTERRUPTED


if __name__ == "__main__":
    main()
