# SPDX-License-Identifier: GPL-2.0
"""The stages of tools/test: each a command with a time limit of its own.

A stage counts its cases if it can: by a line `N passed, N failed, N skipped`
at its end, by unittest's closing lines, or by the ok / not ok / skip lines of a
guest script. One that counts nothing is one case, passed if it exits with 0. A
stage that fails or exceeds its limit is at least one failed case.
"""
import json
import re
import sys
import threading
import time
from typing import NamedTuple

import proc
import repo
from ui import say

LEVELS = ("quick", "default", "all")
# the guest scripts with callers on several CPUs and changes under load, which KCSAN is to watch
RACES = ("test_*_stress", "test_cnull_io", "test_cnull_config", "test_cnull_life", "test_cnull_domain",
         "test_domain_control", "test_domain_update")
# they make build/linux what the others test, so --resume runs them, too
MAKE_TREE = ("kernel", "series tree")


class Stage(NamedTuple):
    name: str
    level: str          # the first one of LEVELS that has it
    limit: int          # seconds
    cmd: list
    needs: tuple = ()   # groups of packages.py

    def in_level(self, level):
        return LEVELS.index(self.level) <= LEVELS.index(level)


class Count(NamedTuple):
    passed: int
    failed: int
    skipped: int

    def __add__(self, other):
        return Count(*(a + b for a, b in zip(self, other)))

    def __str__(self):
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


def _tool(name, *args):
    return [sys.executable, "-B", repo.TOOLS / name, *args]


def _guest(target, *args):
    return [sys.executable, "-B", repo.TOOLS / "lib" / "guest_tests.py", target, *args]


def stages():
    kernel = [
        Stage("kernel", "quick", 1800, _tool("kernel")),
        Stage("series tree", "quick", 120, _tool("series", "tree")),
        Stage("series check", "quick", 600, _tool("series", "check"), ("um",)),
        Stage("series style", "quick", 600, _tool("series", "style")),
        Stage("tools", "quick", 900, [sys.executable, "-B", repo.TOOLS / "lib" / "unit_tests.py"]),
        Stage("images", "quick", 1200, [sys.executable, "-B", repo.TOOLS / "lib" / "image_tests.py"], ("um",)),
        Stage("kunit um", "quick", 900, _tool("kunit", "um"), ("um",)),
        Stage("guest x86_64", "default", 2400, _guest("x86_64"), ("x86_64",)),
        Stage("demo", "all", 1200, _tool("demo"), ("x86_64",)),
    ]
    more = [Stage("images elsewhere", "all", 1800,
                  [sys.executable, "-B", repo.TOOLS / "lib" / "image_tests.py", "--elsewhere"], ("arm64", "riscv64", "clang", "fuzz")),
            Stage("series bisect-build", "all", 7200, _tool("series", "bisect-build"), ("um",)),
            # what User-Mode Linux has not got, and so does not build
            Stage("series bisect x86_64", "all", 5400,
                  _tool("series", "bisect-build", "--target", "x86_64", "--from", "domain-contain-faults", "--state", "on"),
                  ("x86_64",))]
    for target in ("x86_64", "arm64", "riscv64"):
        more.append(Stage(f"kunit {target}", "all", 1800, _tool("kunit", target), (target,)))
    for target in ("um", "arm64", "riscv64"):
        more.append(Stage(f"guest {target}", "all", 2400, _guest(target), (target,)))
    for target in ("um", "x86_64", "arm64", "riscv64"):
        more.append(Stage(f"kunit {target} clang", "all", 1800, _tool("kunit", target, "--llvm"), (target, "clang")))
    more += [
        # list_sort() as each of the other algorithms
        Stage("kunit um list_sort", "all", 3000, [sys.executable, "-B", repo.TOOLS / "lib" / "sort_choices.py"], ("um",)),
        # one kernel with all that costs time: its own lists sorted by list_sort_adaptive(), filesystems that sort, the
        # signatures of images, the KUnit suites. Not UML: there lockdep and the tracking of interrupts come to disagree,
        # without the series, too (WARNING at lib/debugobjects.c:253)
        Stage("guest x86_64 debug", "all", 5400,
              _guest("x86_64", "--config", "debug", "--config", "listsort", "--config", "signature", "--config", "suites"),
              ("x86_64", "filesystems")),
        # what runs on several CPUs at a time
        Stage("guest x86_64 kcsan", "all", 3600, _guest("x86_64", *RACES, "--config", "kcsan"), ("x86_64",)),
        Stage("instructions per I/O", "all", 1800,
              _tool("bench", "io", "--quick", "--check", "--only", "method=icount"), ("x86_64",)),
        Stage("instructions per call", "all", 900,
              _tool("bench", "domain", "--quick", "--check", "--only", "context=x86_64-icount"), ("x86_64",)),
        # 2000 updates on four CPUs and as many on two
        Stage("updates under load", "all", 1800,
              _tool("bench", "domain", "--check", "--only", "context=x86_64-smp4,um-smp2"), ("x86_64", "um")),
    ]
    return kernel + more


class Passed:
    """Which stages have passed on the files as they are, for --resume. Nothing is kept of a clone with changes, or
    while build/linux is not the series."""

    def __init__(self, path):
        self.path = path
        self.files = self._files()
        self.good = False

    @staticmethod
    def _files():
        """The name of all that is committed; None if there is more, or this is no clone."""
        status, changes = proc.git("status", "--porcelain", cwd=repo.ROOT, check=False)
        if status or changes.strip():
            return None
        return proc.git("rev-parse", "HEAD^{tree}", cwd=repo.ROOT).strip()

    @staticmethod
    def _stands():
        return not proc.run(_tool("series", "tree", "--check"), check=False)[0]

    def load(self):
        """Name of a stage -> (Count, seconds, when)."""
        try:
            known = json.loads(self.path.read_text())
            if self.files is None or known["files"] != self.files:
                return {}
            return {name: (Count(*c), took, when) for name, (c, took, when) in known["stages"].items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return {}

    def begin(self, name):
        self.good = self.files is not None and name not in MAKE_TREE
        if self.good and not self._stands():
            say(f"{name}: not kept for --resume, {repo.kernel_tree()} is not the series or has edits")
            self.good = False

    def add(self, name, result, took):
        # what changed while it ran may or may not have been tested
        if not self.good or result.failed or self._files() != self.files or not self._stands():
            return
        known = {**self.load(), name: (result, round(took), time.strftime("%Y-%m-%d %H:%M"))}
        fresh = self.path.with_suffix(".new")
        fresh.write_text(json.dumps({"files": self.files, "stages": known}, indent=1) + "\n")
        fresh.replace(self.path)


_TOTAL = re.compile(r"^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$", re.M)
_CASE = re.compile(r"^(ok|not ok|skip) \S+/\S+", re.M)
_UNITTEST = re.compile(r"^Ran (\d+) tests? in ", re.M)


def count(output, status):
    """The cases of a stage from what it printed."""
    if m := _TOTAL.findall(output):
        c = Count(*(int(n or 0) for n in m[-1]))
    elif m := _UNITTEST.findall(output):
        bad = sum(int(n) for n in re.findall(r"(?:failures|errors)=(\d+)", output))
        skipped = sum(int(n) for n in re.findall(r"skipped=(\d+)", output))
        c = Count(int(m[-1]) - bad - skipped, bad, skipped)
    elif m := _CASE.findall(output):
        c = Count(*(m.count(what) for what in ("ok", "not ok", "skip")))
    else:
        c = Count(int(status == 0), 0, 0)
    if status and not c.failed:
        c += Count(0, 1, 0)
    return c


def wait_for_build():
    """Returns when nobody else builds a kernel here: waiting for that is no part of a stage's time."""
    with proc.lock(repo.build_dir() / "build.lock", "the kernel build", wait=threading.TIMEOUT_MAX):
        pass


def run(stage):
    """Runs a stage. Returns (Count, seconds, log)."""
    log = repo.build_dir() / "log" / f"test-{re.sub('[^a-z0-9]+', '-', stage.name)}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    begin = time.monotonic()

    def show(line):
        if re.match(r"(not ok|failed) |FAIL:|ERROR:|\w+: error:", line):
            print("    " + line.rstrip(), flush=True)

    status, output = proc.run(stage.cmd, cwd=repo.ROOT, timeout=stage.limit, log=log, check=False,
                              what=stage.name, on_line=show)
    took = time.monotonic() - begin
    if status == 124:
        say(f"{stage.name}: no end within {stage.limit} s")
    return count(output, status), took, log
