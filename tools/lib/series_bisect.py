# SPDX-License-Identifier: GPL-2.0
"""bisect-build: every patch builds by itself, with its options off, on and as modules.

The last patch is built in full first. Its configuration, with the options of
the series changed, then serves at every patch, in the same output folder, and
only the directories that the series touches are made. What is ours is made once
more, with more warnings, in a folder of its own: in one folder, where directories
of upstream's have ours below them, each of the two would compile all of it again.
The patches are gone
through once for each state, since a change of state compiles far more again than
a change of patch does, and a patch that cannot matter to a state is not built in
it: one that only has files of the series' own, with its options off, and one
without modules, as modules. So a step takes seconds.
"""
import re
import shutil
import time

import kbuild
import proc
import repo
from series_checkout import Checkout
from series_git import Bad, call
from ui import say

STATES = ("off", "on", "module")
ARCH_FOLDER = {"um": "um", "x86_64": "x86", "arm64": "arm64", "riscv64": "riscv"}


def symbols(git, patch, parent, commit):
    """{symbol: "bool" or "tristate"} of the options that a patch adds."""
    out = {}
    for path, entry in patch.changes.items():
        if not entry or not re.search(r"(^|/)Kconfig[^/]*$", path):
            continue
        old = git.entries(parent, [path]).get(path)
        have = _options(git.blob(old[1])) if old else {}
        out.update({k: v for k, v in _options(git.blob(entry[1])).items() if k not in have})
    return out


def _options(data):
    text = data.decode(errors="replace")
    out = {}
    for name, body in re.findall(r"^(?:menu)?config (\w+)\n(.*?)(?=^\S|\Z)", text, re.M | re.S):
        kind = re.search(r"^\s+(?:def_)?(bool|tristate)\b", body, re.M)
        # strings and numbers keep their defaults: there is no off and on
        if kind:
            out[name] = kind[1]
    return out


def configured(text, options, state):
    """A .config with the options of the series in one of STATES."""
    lines = [x for x in text.splitlines()
             if not (m := re.match(r"(?:# )?CONFIG_(\w+)[ =]", x)) or m[1] not in options]
    for name, kind in sorted(options.items()):
        value = {"off": "n", "on": "y", "module": "m" if kind == "tristate" else "y"}[state]
        lines.append(f"# CONFIG_{name} is not set" if value == "n" else f"CONFIG_{name}={value}")
    return "\n".join(lines) + "\n"


def enabled(makefile, name, config):
    """Whether a directory's Makefile builds the object `name` with a .config; None if it does not say."""
    answer = None
    for line in makefile.replace("\\\n", " ").splitlines():
        m = re.match(r"([\w.-]+?)-(y|m|objs|\$\(CONFIG_(\w+)\))\s*[:+]?=(.*)", line)
        if not m or name not in m[4].split():
            continue
        on = not m[3] or re.search(rf"^CONFIG_{m[3]}=[ym]$", config, re.M) is not None
        if m[1] not in ("obj", "lib"):      # a part of another object
            on = on and enabled(makefile, m[1] + ".o", config) is not False
        answer = answer or on
    return answer


def modular(makefile, name, config):
    """Whether a directory's Makefile makes the object `name`, or what it is a part of, a module."""
    for line in makefile.replace("\\\n", " ").splitlines():
        m = re.match(r"([\w.-]+?)-(y|m|objs|\$\(CONFIG_(\w+)\))\s*[:+]?=(.*)", line)
        if not m or name not in m[4].split():
            continue
        if m[1] in ("obj", "lib"):
            if m[2] == "m" or re.search(rf"^CONFIG_{m[3]}=m$", config, re.M):
                return True
        elif modular(makefile, m[1] + ".o", config):
            return True
    return False


def goals(git, patches, commit, target, config):
    """(directories with upstream code to make, goals that are ours alone and must have no warning)."""
    theirs, ours = set(), set()
    for path, folder, makefile, shared in _sources(git, patches, commit, target):
        if shared:
            theirs.add(folder + "/")
            name = _object(path)
            if not git.entries(git.base, [path]) and enabled(makefile, name, config) is not False:
                ours.add(f"{folder}/{name}")
        else:
            ours.add(folder + "/")
    return sorted(theirs), sorted(ours)


def _object(path):
    return re.sub(r"\.[cS]$", ".o", path.rpartition("/")[2])


def _sources(git, patches, commit, target):
    """The files that patches touch and kbuild compiles: (path, folder, its Makefile, whether that is upstream's)."""
    arch = ARCH_FOLDER[target]
    made = {path for p in patches for path, entry in p.changes.items() if entry and path.endswith((".c", ".S"))}
    for path in sorted(git.entries(commit, made)):
        folder = path.rpartition("/")[0]
        top = path.split("/")[0]
        if top in ("tools", "scripts", "Documentation") or (top == "arch" and path.split("/")[1] != arch):
            continue
        name = folder + "/Makefile"
        if makefile := git.entries(commit, [name]).get(name):
            yield path, folder, git.blob(makefile[1]).decode(), bool(git.entries(git.base, [name]))


def matters(git, patch, commit, target, state, new, config):
    """Whether a patch can build otherwise in a state than the one before it. new: the options that it adds."""
    if state == "on":
        return True
    if state == "off":
        return bool(new) or bool(git.entries(git.base, list(patch.changes)))
    return "tristate" in new.values() or any(
        modular(makefile, _object(path), config) for path, _, makefile, _ in _sources(git, [patch], commit, target))


class Bisect:
    def __init__(self, git, linux, patches, ids, target):
        self.git, self.linux, self.patches, self.ids, self.target = git, linux, patches, ids, target
        self.tree = repo.build_dir() / "bisect"
        self.name = f"bisect-{target}"
        self.failed = 0

    def run(self, first, states, report):
        self.at(self.ids[-1])
        # with KUnit, without which the options of our suites could not be set
        whole = kbuild.build(self.target, config=("kunit",), tree=self.tree, name=self.name)
        report(f"all  whole kernel  ok  {whole.release}")
        self.out = whole.out
        self.strict = whole.out.with_name(f"{self.name}-strict")
        self.strict.mkdir(exist_ok=True)
        final = (self.out / ".config").read_text()
        log = repo.build_dir() / "log" / f"{self.name}-steps.log"
        with proc.lock(repo.build_dir() / "build.lock", "the kernel build", wait=3 * 3600), open(log, "w") as self.log:
            for state in states:
                self.sweep(state, first, final, report)
            # the folder serves kbuild again
            (self.out / ".config").write_text(final)
        if self.failed:
            raise Bad(f"{self.failed} steps failed; log: {log}")

    def sweep(self, state, first, final, report):
        """All patches from the one numbered first, in one state."""
        options, parent = {}, self.git.base
        for n, (p, commit) in enumerate(zip(self.patches, self.ids), 1):
            new = symbols(self.git, p, parent, commit)
            options.update(new)
            parent = commit
            config = configured(final, options, state)
            last = n == len(self.patches)
            if n < first or not (last or matters(self.git, p, commit, self.target, state, new, config)):
                continue
            self.at(commit)
            start = time.monotonic()
            text = self.step(n, commit, state, config, new)
            report(f"{n:04d} {state:7s} {text}  {time.monotonic() - start:.0f} s  {p.subject}")

    def at(self, commit):
        if not self.mine():
            shutil.rmtree(self.tree, ignore_errors=True)
            call(["worktree", "prune"], cwd=self.linux)
            say(f"making the worktree {self.tree}")
            call(["worktree", "add", "-f", "--detach", self.tree, commit], cwd=self.linux, timeout=1800)
        Checkout(self.tree, self.git).move(commit)

    def mine(self):
        """Whether the worktree is there and belongs to the present build/linux."""
        ask = ["rev-parse", "--path-format=absolute", "--git-common-dir"]
        return self.tree.is_dir() and (call(ask, cwd=self.tree, check=False)[:2] ==
                                       call(ask, cwd=self.linux, check=False)[:2])

    def step(self, n, commit, state, config, new):
        (self.out / ".config").write_text(config)
        bad = self.make(n, state, self.out, "olddefconfig")
        if not bad:
            config = (self.out / ".config").read_text()
            theirs, ours = goals(self.git, self.patches[:n], commit, self.target, config)
            bad = self.make(n, state, self.out, *theirs) if theirs else ""
            if ours and state != "off" and not bad:
                (self.strict / ".config").write_text(config)
                bad = self.make(n, state, self.strict, "W=1e", *ours)
        if bad:
            self.failed += 1
            return f"FAILED {bad}"
        return "ok " + self.unmet(state, new)

    def make(self, n, state, out, *args):
        """One run of make; returns what is wrong, or nothing."""
        status, text = proc.run(["make", "-C", self.tree, f"-j{repo.jobs()}",
                                 *kbuild.make_vars(self.target, out), *args], timeout=900, check=False)
        self.log.write(f"=== {n:04d} {state}: make {' '.join(args)}\n{text}")
        self.log.flush()
        if not status:
            return ""
        bad = [x for x in text.splitlines() if re.search(r"\berror\b|\*\*\*|undefined", x)]
        return bad[0] if bad else f"status {status}"

    def unmet(self, state, new):
        """Which new options did not get what was asked, so that nobody believes they were built."""
        have = (self.out / ".config").read_text()
        want = {"off": "n", "on": "y", "module": "m"}[state]
        lost = [k for k, kind in sorted(new.items()) if want != "n" and not re.search(
            rf"^CONFIG_{k}={want if kind == 'tristate' else 'y'}$", have, re.M)]
        return f"(not settable on {self.target}: {', '.join(lost)})" if lost else ""
