# SPDX-License-Identifier: GPL-2.0
"""Boots one kernel per guest test script and prints its cases: a stage of tools/test.

Lines at the head of a script say what it needs: `# config: FRAGMENT...`, without
which it is left out; `# programs: NAME...`, the programs beside busybox; `# memory:
512M`; `# seconds: 1200`, its time limit; `# smp: 4`, its CPUs; `# signed: NAME...`,
the images that it has signed copies of, see signed_images.py; `# allow: REGEX`, a
complaint of the kernel that it provokes, and looks for itself.
"""
import argparse
import concurrent.futures
import re
import sys
import tempfile
import time
from pathlib import Path

sys.dont_write_bytecode = True
import guest  # noqa: E402
import kbuild  # noqa: E402
import proc  # noqa: E402
import repo  # noqa: E402
import signed_images  # noqa: E402
from ui import Problem, say  # noqa: E402

# what a script needs if it does not say so; busybox's own blkdiscard knows no zeroes
PROGRAMS = ("fio", "mkfs.ext4", "e2fsck", "blkzone", "blkdiscard")
MEMORY = "2G"
LIMIT = 900             # seconds; sanitizers are slow, and guests share the CPUs
AT_ONCE = 4             # guests, where there are as many CPUs and memory for them


def needs(script, what):
    """The words of a script's line `# WHAT: words`; none if there is no such line."""
    m = re.search(rf"^# {what}: (.*)$", script.read_text(), re.M)
    return m[1].split() if m else []


def allowed(script):
    return re.findall(r"^# allow: (.*)$", script.read_text(), re.M)


def choose(patterns, config):
    """The scripts that patterns name and that run with these fragments; each pattern must have one."""
    chosen = set()
    for pattern in patterns:
        found = {s for s in repo.GUEST.glob(pattern + ".sh") if set(needs(s, "config")) <= set(config)}
        if not found:
            raise Problem(f"{pattern}: no such script in tools/guest, or it needs another --config")
        chosen |= found
    return chosen


def run(build, script, smp):
    """Boots a guest for one script. Returns (lines to print, whether all is well)."""
    memory, = needs(script, "memory") or [MEMORY]
    smp = int((needs(script, "smp") or [smp])[0])
    log = repo.build_dir() / "log" / f"{build.name}-{script.stem}.log"
    begin = time.monotonic()
    signed = needs(script, "signed")
    with tempfile.TemporaryDirectory(prefix="signed-", dir=repo.build_dir()) as tmp:
        r = guest.boot(build, script, timeout=limit(script), smp=smp, mem=memory, modules=("all",),
                       programs=needs(script, "programs") or PROGRAMS, log=log, allow=allowed(script),
                       files=signed_images.make(build, signed, Path(tmp)) if signed else None)
    suite = script.stem.removeprefix("test_")
    lines = [r.script_output, *(f"not ok {suite}/kernel-is-silent: {line}" for line in r.splats)]
    if r.status == guest.TIMED_OUT:
        lines.append(f"not ok {suite}/ends-in-time: not within {limit(script)} s, console in {log}")
    elif r.status == guest.DIED:
        lines.append(f"not ok {suite}/guest-survives: console in {log}")
    elif not r.splats:
        lines.append(f"ok {suite}/kernel-is-silent")
    say(f"{script.stem} on {build.name}: {time.monotonic() - begin:.0f} s")
    return lines, r.exit_status == 0


def at_once():
    """How many guests of MEMORY may run at a time: they fit within 80 percent of the machine's."""
    return max(1, min(repo.cpus(), AT_ONCE, repo.memory() * 8 // 10 // (2 * repo.GIB)))


def limit(script):
    return int((needs(script, "seconds") or [LIMIT])[0])


def run_all(build, scripts, smp, at_once):
    """One guest for each script, several at a time, those that may take longest first."""
    bad = 0
    with proc.pool(at_once) as pool:
        guests = [pool.submit(run, build, s, smp) for s in sorted(scripts, key=lambda s: (-limit(s), s))]
        for done in concurrent.futures.as_completed(guests):
            lines, well = done.result()
            print("\n".join(lines), flush=True)
            bad += not well
    return bad


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("target", choices=kbuild.TARGETS)
    p.add_argument("pattern", nargs="*", help="of tools/guest/PATTERN.sh, default: test_*")
    p.add_argument("--config", action="append", default=[], metavar="FRAGMENT")
    p.add_argument("--llvm", action="store_true")
    p.add_argument("--smp", type=int, default=2, help="CPUs, where a script does not say; default: %(default)s")
    p.add_argument("--at-once", type=int, default=at_once(), metavar="N",
                   help="guests at a time, default: %(default)s")
    a = p.parse_args()

    scripts = choose(a.pattern or ["test_*"], a.config)
    build = kbuild.build(a.target, llvm=a.llvm, config=a.config)
    return 1 if run_all(build, scripts, a.smp, a.at_once) else 0


if __name__ == "__main__":
    repo.main(main)
