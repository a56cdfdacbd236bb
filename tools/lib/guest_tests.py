# SPDX-License-Identifier: GPL-2.0
"""Boots one kernel per guest test script and prints its cases: a stage of tools/test.

Lines at the head of a script say what it needs: `# config: FRAGMENT...`, without
which it is left out; `# programs: NAME...`, the programs beside busybox; `# memory:
512M`; `# seconds: 1200`, its time limit; `# smp: 4`, its CPUs; `# signed: NAME...`,
the images that it has signed copies of, see signed_images.py.
"""
import argparse
import re
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True
import guest  # noqa: E402
import kbuild  # noqa: E402
import repo  # noqa: E402
import signed_images  # noqa: E402
from ui import say  # noqa: E402

# what a script needs if it does not say so; busybox's own blkdiscard knows no zeroes
PROGRAMS = ("fio", "mkfs.ext4", "e2fsck", "blkzone", "blkdiscard")
MEMORY = "2G"
LIMIT = 600             # seconds; sanitizers are slow


def needs(script, what):
    """The words of a script's line `# WHAT: words`; none if there is no such line."""
    m = re.search(rf"^# {what}: (.*)$", script.read_text(), re.M)
    return m[1].split() if m else []


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("target", choices=kbuild.TARGETS)
    p.add_argument("pattern", nargs="?", default="test_*", help="of tools/guest/PATTERN.sh, default: %(default)s")
    p.add_argument("--config", action="append", default=[], metavar="FRAGMENT")
    p.add_argument("--llvm", action="store_true")
    p.add_argument("--smp", type=int, default=2, help="CPUs, where a script does not say; default: %(default)s")
    a = p.parse_args()

    build = kbuild.build(a.target, llvm=a.llvm, config=a.config)
    bad = 0
    for script in sorted(repo.GUEST.glob(a.pattern + ".sh")):
        if not set(needs(script, "config")) <= set(a.config):
            continue
        memory, = needs(script, "memory") or [MEMORY]
        limit = int((needs(script, "seconds") or [LIMIT])[0])
        smp = int((needs(script, "smp") or [a.smp])[0])
        log = repo.build_dir() / "log" / f"{build.name}-{script.stem}.log"
        say(f"{script.stem} on {build.name}")
        signed = needs(script, "signed")
        with tempfile.TemporaryDirectory(prefix="signed-", dir=repo.build_dir()) as tmp:
            r = guest.boot(build, script, timeout=limit, smp=smp, mem=memory, modules=("all",),
                           programs=needs(script, "programs") or PROGRAMS, log=log,
                           files=signed_images.make(build, signed, Path(tmp)) if signed else None)
        print(r.script_output, flush=True)
        bad += r.exit_status != 0
        suite = script.stem.removeprefix("test_")
        for line in r.splats:
            print(f"not ok {suite}/kernel-is-silent: {line}")
        if r.status == guest.TIMED_OUT:
            print(f"not ok {suite}/ends-in-time: not within {limit} s, console in {log}")
        elif r.status == guest.DIED:
            print(f"not ok {suite}/guest-survives: console in {log}")
        elif not r.splats:
            print(f"ok {suite}/kernel-is-silent")
    return 1 if bad else 0


repo.main(main)
