"""Ctrl-C, a polite kill and a terminal that closes: the first unwinds as an exit does,
so that what was begun is cleaned up, and no second one disturbs the cleaning.
"""

from __future__ import annotations

import signal
import sys
from types import FrameType
from typing import NoReturn

STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def stop_once() -> None:
    """Take the signals that stop a program, those apart that whoever started it keeps
    from it, as nohup does.
    """
    for number in STOPPING:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _stop)


def too_late() -> None:
    """From here on nothing stops the command: all of it is there, or is being cleaned
    up.
    """
    for number in STOPPING:
        if signal.getsignal(number) is _stop:
            signal.signal(number, _unheard)


def _unheard(number: int, frame: FrameType | None) -> None:
    """In place of SIG_IGN, of which Python complains if the signal is under way
    already.
    """


def _stop(number: int, frame: FrameType | None) -> NoReturn:
    too_late()
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    sys.exit(128 + number)
