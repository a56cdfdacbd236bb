# SPDX-License-Identifier: GPL-2.0
"""What a person sees: lines, errors, progress."""
import os
import sys
import time

_t0 = time.monotonic()
TTY = sys.stderr.isatty() and os.environ.get("TERM", "dumb") != "dumb"
COLOUR = TTY and not os.environ.get("NO_COLOR")


def name():
    return os.path.basename(sys.argv[0])


def paint(text, code):
    return f"\033[{code}m{text}\033[0m" if COLOUR else text


def say(text):
    """A line of progress, on stderr: stdout is for results."""
    print(f"{paint(name() + ':', '1')} {text}", file=sys.stderr, flush=True)


def err(text):
    print(f"{paint(name() + ': error:', '1;31')} {text}", file=sys.stderr, flush=True)


def die(text, status=1):
    """One clear line and a non-zero exit status."""
    err(text)
    sys.exit(status)


class Problem(Exception):
    """Something went wrong that one line can say; a command dies with that
    line (repo.main), a caller that has another way catches it."""


class Progress:
    """A counter for long work: a live line on a terminal, else a line every 10 s."""

    def __init__(self, what, total=0, unit=""):
        self.what, self.total, self.unit = what, total, unit
        self.start = self.last = time.monotonic()
        self.n = 0

    def update(self, n):
        self.n = n
        now = time.monotonic()
        if now - self.last < (0.2 if TTY else 10):
            return
        self.last = now
        if self.total:
            text = f"{self.what}: {100 * n // self.total} % of {self.total} {self.unit}"
        else:
            text = f"{self.what}: {n} {self.unit}"
        if TTY:
            print(f"\r\033[K{name()}: {text}", end="", file=sys.stderr, flush=True)
        else:
            say(text)

    def done(self, text=""):
        if TTY:
            print("\r\033[K", end="", file=sys.stderr)
        say(f"{self.what}: {text or 'done'} ({time.monotonic() - self.start:.0f} s)")
