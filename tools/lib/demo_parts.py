# SPDX-License-Identifier: GPL-2.0
"""The parts of tools/demo, what they report, and the summary of it."""
import re
from pathlib import Path
from typing import NamedTuple

import guest
import repo
from steps import clock
from ui import paint


class Part(NamedTuple):
    """One boot that shows one thing; the script reports cases, steps and summary lines."""
    name: str
    title: str
    script: str
    programs: tuple
    modules: tuple
    timeout: int = 300
    mem: str = "2G"


PARTS = [
    Part("io", "real I/O on cnull, null_blk and brd", "demo_io.sh", ("fio",), ("cnull", "null_blk", "brd")),
    Part("fs", "a filesystem on a cnull disk", "demo_fs.sh", ("fio", "mke2fs", "e2fsck"), ("cnull",)),
    Part("domain", "domains, replaced while they are called", "demo_domain.sh", (), (), mem="512M"),
    Part("block", "a disk's code, replaced under I/O", "demo_block.sh", ("fio",), ("cnull",), mem="1G"),
    Part("crash", "a disk whose domain crashes every second", "demo_crash.sh", ("fio",), ("cnull",), mem="1G"),
]


class Tally:
    """What the parts reported."""

    def __init__(self):
        self.passed = self.failed = self.skipped = 0
        self.lines = []         # (label, text) for the summary
        self.failures = []      # one line each

    def take(self, line, log):
        """A line of the console: counts it if it is for us."""
        line = line.strip()
        if line.startswith("ok "):
            self.passed += 1
        elif line.startswith("skip "):
            self.skipped += 1
        elif line.startswith("not ok "):
            self.fail(line.removeprefix("not ok "), log)
        elif m := re.match(r"summary: ([^:]*): (.*)", line):
            self.lines.append((m[1], m[2]))

    def fail(self, text, log):
        self.failed += 1
        self.failures.append(f"{text}; log: {log}")


def run_part(part, build, steps, tally):
    log, before = steps.log(part.name), tally.failed
    with steps.step(part.title) as note:
        def on_line(line):
            tally.take(line, log)
            if line.startswith("step: "):
                note(line.removeprefix("step: "))

        result = guest.boot(build, repo.GUEST / part.script, smp=2, mem=part.mem, timeout=part.timeout,
                            programs=part.programs, modules=part.modules, on_line=on_line, log=log)
    for line in result.splats:
        tally.fail(f"{part.title}: the kernel complained: {line}", log)
    if result.status == guest.TIMED_OUT:
        tally.fail(f"{part.title}: not done within {part.timeout} s", log)
    elif result.status == guest.DIED:
        tally.fail(f"{part.title}: the guest died", log)
    elif result.status and tally.failed == before:
        tally.fail(f"{part.title}: the script ended with status {result.status}", log)


def summary(build, tally, cost, steps):
    """One screen of text: at most 24 lines of 80 columns."""
    rule = " " + "-" * 78
    verdict = paint(f"{tally.failed} failed", "1;31") if tally.failed else paint("everything worked", "1;32")
    out = [f" {paint('cnull and domains', '1')} on Linux {build.release}, x86_64 in QEMU: {verdict}", rule]
    out += [f" {label:10} {text}" for label, text in tally.lines]
    if cost:
        out += [rule, " instructions per I/O in one boot, fewer is better (times in QEMU mean nothing)"]
        out += [f" {line}" for line in cost]
    return "\n".join([*out, rule, f" {tally.passed} passed, {tally.failed} failed, {tally.skipped} skipped "
                      f"in {clock(steps.elapsed())}; logs: {logs(steps)}"])


def logs(steps):
    folder = steps.logs[0].parent
    if folder.is_relative_to(Path.cwd()):
        folder = folder.relative_to(Path.cwd())
    return f"{folder}/{steps.prefix}-*.log"
