# SPDX-License-Identifier: GPL-2.0
"""The host's packages: what is missing, and bringing it.

ensure(groups) is what a command calls before it starts: a few file look-ups
where all is there. Data is in packages.py.
"""
import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import packages
import proc
import repo
from ui import Problem, Progress, say

LOCK_WAIT = 300         # seconds for another apt to end
STALE = 7 * 86400       # an older package index names files that are gone
LISTS = Path("/var/lib/apt/lists")
MANAGERS = (("dnf", "sudo dnf install"), ("pacman", "sudo pacman -S --needed"), ("zypper", "sudo zypper install"))
OPTIONS = ["-q", "-y", "--no-install-recommends", "-o", f"DPkg::Lock::Timeout={LOCK_WAIT}",
           "-o", "Dpkg::Use-Pty=0", "-o", "Dpkg::Options::=--force-confold", "-o", "Acquire::Retries=3"]
LOCKED = re.compile(r"Could not get lock|Unable to (lock|acquire)")


def there(probe):
    """Whether a command or a file of a packages row is on this machine."""
    # a user's PATH may lack the folders of mkfs and depmod
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    return any(Path(p).exists() if p.startswith("/") else shutil.which(p, path=path) for p in probe.split("|"))


def missing(groups):
    """The rows of packages.GROUPS that are not there, each once."""
    rows = {}
    for group in groups:
        for row in packages.GROUPS[group]:
            if row[0] not in rows and not there(row[2]):
                rows[row[0]] = row
    if not shutil.which("apt-get"):
        rows = {name: row for name, row in rows.items() if row[3] != "- - -"}
    return list(rows.values())


def ensure(groups):
    """Installs what the groups (and core) lack; Problem, one line, if it cannot."""
    rows = missing(["core", *groups])
    if not rows:
        return
    if not shutil.which("apt-get"):
        raise Problem(_other_distribution(rows))
    say("missing: " + ", ".join(f"{name.split('|')[0]} ({reason})" for name, reason, *_ in rows[:4])
        + (f" and {len(rows) - 4} more" if len(rows) > 4 else ""))
    _install([name for name, *_ in rows])
    left = [name for name, *_ in missing(["core", *groups])]
    if left:
        raise Problem(f"installed, but still not to be found: {', '.join(left)}")


def _other_distribution(rows):
    for column, (manager, command) in enumerate(MANAGERS):
        if shutil.which(manager):
            names = [row[3].split()[column] for row in rows]
            return f"missing packages; run: {command} {' '.join(n for n in names if n != '-')}"
    return ("missing packages, named as in Debian: "
            + ", ".join(f"{name.split('|')[0]} ({reason})" for name, reason, *_ in rows))


def _root():
    """The words before a command that must run as root; None if there is no way."""
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo"):
        if subprocess.run(["sudo", "-n", "true"], capture_output=True, timeout=30).returncode == 0:
            return ["sudo", "-n"]
        if sys.stdin.isatty():
            return ["sudo"]
    return None


def _known(names):
    """Which of the names apt could install now."""
    _, out = proc.run(["apt-cache", "policy", *names], check=False, timeout=120, env={"LC_ALL": "C"})
    return {m[1] for m in re.finditer(r"^(\S+):\n(?:  .*\n)*?  Candidate: (?!\(none\))", out, re.M)}


def _resolve(names):
    """(installable names, unknown ones); of `a|b` the first that apt knows."""
    known = _known([n for name in names for n in name.split("|")])
    chosen, unknown = [], []
    for name in names:
        first = next((n for n in name.split("|") if n in known), None)
        (chosen if first else unknown).append(first or name)
    return chosen, unknown


def _index_is_old():
    times = [p.stat().st_mtime for p in LISTS.glob("*_Packages*")]
    return not times or time.time() - max(times) > STALE


def _install(names):
    root = _root()
    if root is None:
        chosen, unknown = _resolve(names)
        plain = chosen + [name.split("|")[0] for name in unknown]
        raise Problem("missing packages and no way to become root; run: "
                      f"sudo apt-get install --no-install-recommends {' '.join(plain)}")
    chosen, unknown = _resolve(names)
    if unknown or _index_is_old():
        say("reading the package index")
        _apt(root, ["update"], 900)
        chosen, unknown = _resolve(names)
    if unknown:
        raise Problem("this machine's package index does not have " + ", ".join(unknown))
    say(f"installing {len(chosen)} packages and what they depend on")
    status, out = _apt(root, ["install", *chosen], 3600, check=False)
    if status and "dpkg was interrupted" in out:
        say("finishing an installation that was interrupted")
        _run(root, ["dpkg", "--configure", "-a"], 1800)
        status, out = _apt(root, ["install", *chosen], 3600, check=False)
    elif status and "Failed to fetch" in out:
        say("the package index is out of date, reading it anew")
        _apt(root, ["update"], 900)
        status, out = _apt(root, ["install", *chosen], 3600, check=False)
    if status:
        raise Problem(_reason(status, out))


def _reason(status, out):
    lines = [line for line in out.splitlines() if line.startswith(("E:", "sudo:"))]
    if "No space left" in out or "don't have enough free space" in out:
        return "the disk is full: the packages cannot be installed"
    if status == 124:
        return "apt-get exceeded its time limit"
    return f"apt-get failed: {lines[0][2:].strip() if lines else f'status {status}'} (all of it in {_log()})"


def _log():
    folder = repo.build_dir() / "log"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / "setup.log"


def _apt(root, words, timeout, check=True):
    """apt-get, waiting for its locks: DPkg::Lock::Timeout covers only one of them."""
    end = time.monotonic() + LOCK_WAIT
    told = False
    while True:
        status, out = _run(root, ["apt-get", *OPTIONS, *words], timeout, check=False)
        if not status or not LOCKED.search(out) or time.monotonic() > end:
            break
        if not told:
            holder = re.search(r"held by process (\d+ \(\S+\))", out)
            say(f"waiting for apt, in use by {'process ' + holder[1] if holder else 'another run'}")
            told = True
        time.sleep(3)
    if status and check:
        raise Problem(_reason(status, out))
    return status, out


def _run(root, command, timeout, check=True):
    command = [*root, "env", "DEBIAN_FRONTEND=noninteractive", "LC_ALL=C", *command]
    if root == ["sudo"]:
        # sudo asks for the password on this terminal, so it must keep it
        status = subprocess.run(command, timeout=timeout, check=False).returncode
        out = ""
    else:
        with _patient_interrupts() as watch:
            status, out = proc.run(command, check=False, timeout=timeout, log=_log(), on_line=watch)
    if status and check:
        raise Problem(_reason(status, out))
    return status, out


@contextlib.contextmanager
def _patient_interrupts():
    """Gives the on_line function for apt-get's output, which shows progress.

    Ctrl-C ends a download at once; once dpkg unpacks, it is allowed to finish,
    since a dpkg that is killed leaves the machine with broken packages.
    """
    progress = None
    n = 0
    unpacking = False
    caught = []

    def watch(text):
        nonlocal progress, n, unpacking
        found = re.search(r"(\d+) upgraded, (\d+) newly installed", text)
        if found:
            # each package is fetched, unpacked, set up
            progress = Progress("installing", 3 * (int(found[1]) + int(found[2])), "steps")
        elif progress and progress.total and re.match(r"Get:|Unpacking |Setting up ", text):
            n += 1
            progress.update(n)
        unpacking = unpacking or text.startswith(("Preparing to unpack", "Unpacking ", "Setting up "))

    def later(signum, frame):
        if not unpacking:
            return before[signum](signum, frame)
        if not caught:
            say("dpkg is at work, stopping as soon as it is done")
        caught.append(signum)
        return None

    before = {}
    for signum in (signal.SIGINT, signal.SIGTERM):
        if callable(signal.getsignal(signum)):
            before[signum] = signal.signal(signum, later)
    try:
        yield watch
    finally:
        for signum, handler in before.items():
            signal.signal(signum, handler)
    if caught:
        before[caught[0]](caught[0], None)
