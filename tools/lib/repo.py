# SPDX-License-Identifier: GPL-2.0
"""Where things are: the repository, its build folder, the pin in KERNEL.

Every command of tools/ starts here, so that "which folder" has one answer.
"""
import hashlib
import math
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import proc
from ui import Problem, die, say

ROOT = Path(__file__).resolve().parent.parent.parent
TOOLS = ROOT / "tools"
PATCHES = ROOT / "patches"
KCONFIG = ROOT / "kconfig"
GUEST = TOOLS / "guest"

# Folder of this repository -> its place in the kernel tree, and what it claims
# there. One rule: path in the kernel = place + path in the folder. A new kernel
# file belongs to the first folder that claims it. This is the only such table.
COMPONENTS = {
    "drivers-block-cnull": ("drivers/block/cnull", ["drivers/block/cnull/**"]),
    "lib-list_sort": ("", ["lib/list_sort_*", "lib/Kconfig.list_sort", "lib/tests/list_sort_*",
                           "lib/tests/list_sort.kunitconfig", "include/linux/list_sort_*"]),
    "kernel-domain": ("", ["kernel/domain/**", "include/linux/domain*", "include/uapi/linux/domain*",
                           "include/trace/events/domain*", "include/kunit/domain*",
                           "arch/*/kernel/domain*", "arch/*/include/asm/domain*",
                           "samples/domain/**", "tools/domain/**", "tools/testing/selftests/domain/**"]),
    "Documentation": ("Documentation", ["Documentation/**"]),
}
# pages of this repository itself; they are no part of the kernel tree
OWN_PAGES = "Documentation/repository"

_build = None


def build_dir():
    """The folder for everything that is not committed; created on first use.

    $BUILD_DIR if set; build/ in the repository if it can be written and its
    path suits the kernel's makefiles (see unfit()); otherwise a
    folder under the user's cache that belongs to this checkout alone.
    """
    global _build
    if _build:
        return _build
    env = os.environ.get("BUILD_DIR")
    path = Path(env).absolute() if env else ROOT / "build"
    why = ""
    if unfit(path):
        why = f"the kernel cannot be built below a path with {unfit(path)}"
    elif not can_write(path):
        why = "it cannot be written"
    if why and env:
        die(f"BUILD_DIR={env} will not do: {why}")
    if why:
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        tag = hashlib.sha256(str(ROOT).encode()).hexdigest()[:12]
        other = cache / "kernel-series" / tag
        if unfit(other) or not can_write(other):
            die(f"{path} will not do ({why}) and neither will {other}; "
                "set BUILD_DIR to a folder that can be written")
        say(f"build folder: {other} ({path}: {why})")
        path = other
    path.mkdir(parents=True, exist_ok=True)
    _build = path
    return path


def unfit(path):
    """The characters of a path that make or the shell would take for their own, quoted."""
    return " ".join(dict.fromkeys(map(repr, re.sub(r"[\w/.+,@~=-]", "", str(path)))))


def can_write(path):
    """Whether a folder can be written, or made if it is not there yet."""
    # Path.exists() raises where a folder on the way cannot be looked into
    while not os.path.exists(path):
        path = path.parent
    return path.is_dir() and os.access(path, os.W_OK | os.X_OK)


def kernel_tree():
    """The git checkout of the pinned kernel with the series applied."""
    return build_dir() / "linux"


def pin():
    """KERNEL as a dict; the lines `blob <id> <path>` as pin()["blobs"]."""
    out = {"blobs": {}}
    try:
        text = (ROOT / "KERNEL").read_text()
    except OSError as e:
        die(f"cannot read the pin: {e}")
    for n, line in enumerate(text.splitlines(), 1):
        line = line.split("#", 1)[0].strip()
        if not line:
            continue
        key, _, value = line.partition(" ")
        if key == "blob":
            oid, _, path = value.strip().partition(" ")
            out["blobs"][path.strip()] = oid
        elif value:
            out[key] = value.strip()
        else:
            die(f"KERNEL:{n}: expected `key value`, found {line!r}")
    return out


def series():
    """The patch names of `series`, in order."""
    names = []
    for line in (ROOT / "series").read_text().splitlines():
        line = line.split("#", 1)[0].strip()
        if line:
            names.append(line)
    return names


CGROUP = Path("/sys/fs/cgroup")     # in a container: its own share of the machine
GIB = 1 << 30


def _share(name):
    """The words of a file of the control group, none if it sets no limit."""
    try:
        words = (CGROUP / name).read_text().split()
    except OSError:
        return []
    return words if words and words[0].isdigit() else []


def cpus():
    n = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = _share("cpu.max")
    return min(n, max(1, math.ceil(int(quota[0]) / int(quota[1])))) if quota else n


def memory():
    """Bytes."""
    return min([os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"), *map(int, _share("memory.max"))])


def jobs():
    """How much to compile at a time: a compiler takes up to a GiB."""
    return max(1, min(cpus(), memory() // GIB))


def main(fn):
    """Runs a command's main function: Ctrl-C is one line and status 130, a
    Problem, a command that failed, or what the system refuses (a full disk), one
    line and status 1, and a polite kill cleans up like Ctrl-C."""
    def stop(signum, _frame):
        sys.exit(128 + signum)

    signal.signal(signal.SIGTERM, stop)
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:     # what nohup sets
        signal.signal(signal.SIGHUP, stop)
    try:
        sys.exit(fn() or 0)
    except Problem as e:
        die(str(e))
    except proc.Failed as e:
        die(": ".join([str(e), *e.tail.strip().splitlines()[-1:]]))
    except subprocess.TimeoutExpired as e:
        die(f"{' '.join(map(str, e.cmd))} took longer than {e.timeout:.0f} s")
    except KeyboardInterrupt:
        from ui import err
        err("interrupted; nothing half-done is kept, run it again to go on")
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
    except OSError as e:
        die(f"{e.filename}: {e.strerror}" if e.filename else e.strerror or str(e))
