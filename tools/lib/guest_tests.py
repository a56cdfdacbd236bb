# SPDX-License-Identifier: GPL-2.0
"""Boots one kernel per guest test script and prints its cases: a stage of tools/test."""
import argparse
import re
import sys

sys.dont_write_bytecode = True
import guest  # noqa: E402
import kbuild  # noqa: E402
import repo  # noqa: E402
from ui import say  # noqa: E402

# what a script needs beside busybox; its own blkdiscard knows no zeroes
PROGRAMS = ("fio", "mkfs.ext4", "e2fsck", "blkzone", "blkdiscard")
MEMORY = re.compile(r"^# guest-memory: (\d+[MG])$", re.M)     # a line of a script that wants other than 2G
LIMIT = 600             # seconds for a script; sanitizers are slow


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("target", choices=kbuild.TARGETS)
    p.add_argument("pattern", nargs="?", default="test_*", help="of tools/guest/PATTERN.sh, default: %(default)s")
    p.add_argument("--config", action="append", default=[], metavar="FRAGMENT")
    p.add_argument("--llvm", action="store_true")
    p.add_argument("--smp", type=int, default=2)
    a = p.parse_args()

    build = kbuild.build(a.target, llvm=a.llvm, config=a.config)
    bad = 0
    for script in sorted(repo.GUEST.glob(a.pattern + ".sh")):
        log = repo.build_dir() / "log" / f"{build.name}-{script.stem}.log"
        say(f"{script.stem} on {build.name}")
        memory = MEMORY.search(script.read_text())
        r = guest.boot(build, script, timeout=LIMIT, smp=a.smp, mem=memory[1] if memory else "2G", modules=("all",), programs=PROGRAMS, log=log)
        print(r.script_output, flush=True)
        bad += r.exit_status != 0
        suite = script.stem.removeprefix("test_")
        for line in r.splats:
            print(f"not ok {suite}/kernel-is-silent: {line}")
        if r.status == guest.TIMED_OUT:
            print(f"not ok {suite}/ends-in-time: not within {LIMIT} s, console in {log}")
        elif r.status == guest.DIED:
            print(f"not ok {suite}/guest-survives: console in {log}")
        elif not r.splats:
            print(f"ok {suite}/kernel-is-silent")
    return 1 if bad else 0


repo.main(main)
