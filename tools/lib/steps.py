# SPDX-License-Identifier: GPL-2.0
"""The steps of a long command, one line each: live on a terminal, with times."""
import contextlib
import shutil
import sys
import threading
import time

import proc
import repo
import ui


def clock(seconds):
    return f"{seconds:.0f} s" if seconds < 100 else f"{int(seconds) // 60} min {int(seconds) % 60:02d} s"


class Steps:
    def __init__(self, prefix):
        self.prefix, self.start = prefix, time.monotonic()
        self.logs = []

    def elapsed(self):
        return time.monotonic() - self.start

    def log(self, name):
        """The path of a log file of this command; named at the end of the run."""
        folder = repo.build_dir() / "log"
        folder.mkdir(exist_ok=True)
        path = folder / f"{self.prefix}-{name}.log"
        self.logs.append(path)
        return path

    @contextlib.contextmanager
    def step(self, what):
        """Shows what is being done, and how long it took if it succeeds; yields a
        function that adds a note to the live line."""
        begin, note, over = time.monotonic(), [""], threading.Event()

        def tick():
            while not over.wait(0.5):
                width = shutil.get_terminal_size().columns - 1
                text = f"{ui.name()}: {what} ... {clock(time.monotonic() - begin)}  {note[0]}"
                print("\r\033[K" + text[:width], end="", file=sys.stderr, flush=True)

        ticker = threading.Thread(target=tick, daemon=True)
        if ui.TTY:
            ticker.start()
        else:
            ui.say(f"{what} ...")
        try:
            yield lambda text: note.__setitem__(0, text.strip().removeprefix(f"{ui.name()}: "))
        finally:
            over.set()
            if ui.TTY:
                ticker.join()
                print("\r\033[K", end="", file=sys.stderr, flush=True)
        ui.say(f"{what}: {clock(time.monotonic() - begin)}")

    def tool(self, what, name, *args, timeout):
        """A step that is another command of tools/; ends the program if that fails."""
        log = self.log(name)
        with self.step(what) as note:
            status, out = proc.run([repo.TOOLS / name, *args], timeout=timeout, log=log, on_line=note,
                                   check=False, what=f"tools/{name}")
            if status == 124:
                raise ui.Problem(f"{what}: tools/{name} exceeded its limit of {clock(timeout)}; log: {log}")
            if status:
                lines = [s.strip() for s in out.splitlines() if s.strip()]
                last = next((s for s in reversed(lines) if "error:" in s), lines[-1] if lines else "no output")
                raise ui.Problem(f"{what}: {last.removeprefix(f'{name}: error: ')} (tools/{name}, status {status}); log: {log}")
