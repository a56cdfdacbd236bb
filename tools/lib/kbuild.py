# SPDX-License-Identifier: GPL-2.0
"""One kernel, built: configuration, image and modules in a folder of its own."""
import contextlib
import fnmatch
import hashlib
import os
import platform
import re
import shutil
import time
from pathlib import Path
from typing import NamedTuple

import kconfig
import proc
import repo
from ui import Progress, die, say

LLVM = "-19"
DOMAIN_PROGRAMS = ("domainctl", "tests/domain-exercise", "tests/domain-mutate")
DOMAIN_FOLDERS = ("samples", "kernel/domain", "drivers/block")


class Target(NamedTuple):
    arch: str       # ARCH= of the kernel's makefiles
    image: str      # below the output folder
    goal: str       # what to make for it
    machine: str    # uname -m of a machine where this is native
    cross: str      # prefix of the GNU cross tools elsewhere


TARGETS = {
    "um": Target("um", "linux", "linux", "x86_64", "x86_64-linux-gnu-"),
    "x86_64": Target("x86_64", "arch/x86/boot/bzImage", "bzImage", "x86_64", "x86_64-linux-gnu-"),
    "arm64": Target("arm64", "arch/arm64/boot/Image", "Image", "aarch64", "aarch64-linux-gnu-"),
    "riscv64": Target("riscv", "arch/riscv/boot/Image", "Image", "riscv64", "riscv64-linux-gnu-"),
}


class Build(NamedTuple):
    target: str
    out: Path
    image: Path
    llvm: bool
    release: str
    name: str

    @property
    def mods(self):
        """The folder that holds lib/modules/RELEASE."""
        return self.out / "mods"

    @property
    def programs(self):
        """The tree's own programs for the guest, static."""
        return [self.out / "tools/domain" / p for p in DOMAIN_PROGRAMS if (self.out / "tools/domain" / p).is_file()]

    @property
    def domains(self):
        """The domain images that the kernel build made."""
        return sorted(path for folder in DOMAIN_FOLDERS for path in (self.out / folder).rglob("*.domain"))


def default_name(target, llvm=False, config=(), tree=None):
    name = "-".join([target, *(["llvm"] if llvm else []), *config])
    return f"{name}@{Path(tree).resolve().name}" if tree else name


def build(target, *, llvm=False, config=(), tree=None, name=None, timeout=2400, kcflags="", extra=()):
    """Builds a target (a key of TARGETS) and its modules; only what changed is
    compiled again. config: names of further fragments in kconfig/. tree: a
    kernel tree other than build/linux. kcflags: further options of the compiler
    for everything. extra: further variables of make. Ends the program with one
    line, the first errors and the log's path if the build fails."""
    if target not in TARGETS:
        die(f"no target {target!r}; there are: {', '.join(TARGETS)}")
    t = TARGETS[target]
    wishes = kconfig.merge(["common", target, *config])
    _require_tools(t, llvm)
    name = name or default_name(target, llvm, config, tree)
    if tree is not None and not (Path(tree) / "Kconfig").is_file():
        die(f"{tree} is no kernel tree (it has no Kconfig)")
    top = repo.build_dir()
    (top / "log").mkdir(parents=True, exist_ok=True)
    tree = Path(tree).resolve() if tree else _own_tree()
    out = top / "out" / name
    variables = make_vars(target, out, llvm) + ([f"KCFLAGS={kcflags}"] if kcflags else []) + list(extra)
    with proc.lock(top / "build.lock", "the kernel build", wait=3 * 3600):
        out.mkdir(parents=True, exist_ok=True)
        job = _Job(name, tree, out, variables, time.monotonic() + timeout)
        with job:
            _configure(job, wishes)
            job.make(t.goal, "modules", f"-j{repo.jobs()}", what=f"build {name}")
            _install_modules(job)
            _build_programs(job, target)
    release = (out / "include/config/kernel.release").read_text().strip()
    return Build(target, out, out / t.image, llvm, release, name)


class _Job:
    """The make runs of one build: they share variables, log and deadline."""

    def __init__(self, name, tree, out, variables, deadline):
        self.name, self.tree, self.out, self.deadline = name, tree, out, deadline
        self.log = repo.build_dir() / "log" / f"{name}.log"
        self.vars = variables

    def __enter__(self):
        self.file = open(self.log, "w")

    def __exit__(self, *exc):
        self.file.close()

    def make(self, *args, what):
        progress = Progress(what, unit="objects")
        count = 0
        lines = []

        def on_line(line):
            nonlocal count
            self.file.write(line)
            lines.append(line)
            if re.match(r"\s+(CC|AS|LD|AR|HOSTCC|OBJCOPY)\b", line):
                count += 1
            progress.update(count)

        status, _ = proc.run(["make", "-C", self.tree, *self.vars, *args],
                             timeout=max(1, self.deadline - time.monotonic()),
                             check=False, on_line=on_line, what=what)
        self.file.flush()
        if status == 124:
            die(f"{what} exceeded its time limit; log: {self.log}", 124)
        ours = own_warnings(lines, self.tree)
        if ours and not status:
            # they must be seen again by the next run, too
            _forget_own_objects(self.out)
            die(f"{what}: warnings in this repository's own code; log: {self.log}\n" + "".join(ours[:12]).rstrip())
        if status:
            bad = [s for s in lines if re.search(r"\berror\b|undefined reference|\*\*\*|ERROR:|warning:", s, re.I)]
            die(f"{what} failed; log: {self.log}\n" + "".join((bad or lines[-10:])[:12]).rstrip())
        if count:
            progress.done(f"{count} objects")


def _own_patterns():
    return [claim.replace("**", "*") for _, claims in repo.COMPONENTS.values() for claim in claims]


def own_warnings(lines, tree):
    """The lines of a build log that warn about files of this repository, from
    compiler, objtool or modpost. Others' warnings depend on the compiler and
    are not ours to fix."""
    out = []
    for line in lines:
        if not re.search(r"warning:", line, re.I):
            continue
        paths = [p.removeprefix(f"{tree}/").removeprefix("./") for p in re.findall(r"[\w./-]+", line)]
        if any(fnmatch.fnmatch(p, pattern) for p in paths for pattern in _own_patterns()):
            out.append(line)
    return out


def _forget_own_objects(out):
    for path in out.rglob("*.o"):
        if any(fnmatch.fnmatch(str(path.relative_to(out)), pattern) for pattern in _own_patterns()):
            path.unlink()


def _compilers(t, llvm):
    """(for the kernel, for the build's own programs, prefix of the GNU tools)"""
    if llvm:
        return f"clang{LLVM}", f"clang{LLVM}", ""
    cross = "" if platform.machine() == t.machine else t.cross
    return f"{cross}gcc", "gcc", cross


def _require_tools(t, llvm):
    cc, host, cross = _compilers(t, llvm)
    binutils = [f"ld.lld{LLVM}", f"llvm-objcopy{LLVM}"] if llvm else [f"{cross}ld"]
    missing = [n for n in ("make", "flex", "bison", "bc", "depmod", host, cc, *binutils)
               if not (shutil.which(n) or shutil.which(f"/sbin/{n}"))]
    if missing:
        die(f"not installed: {', '.join(dict.fromkeys(missing))}; tools/setup installs what is needed")


def _set_up_ccache():
    """Through the environment: where it writes, and that it finds headers in depfiles.

    A compiler behind ccache fails where ccache's folder cannot be written: then it has one of ours.
    """
    # kbuild has every compiler write a depfile (-MMD). Unless it relies on that, ccache also preprocesses
    # what it has not seen: 635 s instead of 534 s for the demo's kernel on two CPUs
    if "CCACHE_NODEPEND" not in os.environ:
        os.environ.setdefault("CCACHE_DEPEND", "1")
    if os.environ.get("CCACHE_DIR"):
        return
    # it knows its configuration and the old ~/.ccache; it says nothing where it has no home at all
    status, folder = proc.run(["ccache", "-k", "cache_dir"], timeout=30, check=False)
    if status or not repo.can_write(Path(folder.strip())):
        os.environ["CCACHE_DIR"] = str(repo.build_dir() / "cache/ccache")


def make_vars(target, out, llvm=False):
    """The variables of every make run on an output folder; with others, everything is compiled again."""
    t = TARGETS[target]
    cc, host, cross = _compilers(t, llvm)
    ccache = "ccache " if shutil.which("ccache") else ""
    if ccache:
        _set_up_ccache()
    # constants, so that two builds of one source are the same bytes and
    # ccache finds what it has seen
    return [f"O={out}", f"ARCH={t.arch}", f"LLVM={LLVM}" if llvm else f"CROSS_COMPILE={cross}",
            f"CC={ccache}{cc}", f"HOSTCC={ccache}{host}", "LOCALVERSION=", "KBUILD_BUILD_USER=kernel-series",
            "KBUILD_BUILD_HOST=localhost", "KBUILD_BUILD_VERSION=1",
            "KBUILD_BUILD_TIMESTAMP=Thu Jan  1 00:00:00 UTC 2026"]


def _own_tree():
    """build/linux; fetched, unpacked and patched if it is not there yet."""
    tree = repo.kernel_tree()
    if not (tree / "Kconfig").is_file():
        _tool("kernel", timeout=3600)
    if (repo.ROOT / "series").is_file():
        status, _ = proc.git("rev-parse", "-q", "--verify", "refs/heads/series", cwd=tree, check=False)
        if status:
            _tool("series", "tree", timeout=900)
    return tree


def _tool(name, *args, timeout):
    say("running tools/" + " ".join([name, *args]))
    try:
        proc.run([repo.TOOLS / name, *args], timeout=timeout, echo=True, what=f"tools/{name}")
    except proc.Failed as e:
        die(str(e), e.status)


def _configure(job, wishes):
    """.config from allnoconfig plus the wishes, checked; a no-op if neither the
    wishes, a Kconfig file, the compiler nor .config itself changed."""
    wanted = "".join(w.line() + "\n" for w in wishes.values())
    files = kconfig.kconfig_files(job.tree)
    cc = next(v for v in job.vars if v.startswith("CC="))[3:].split()[-1]
    _, version = proc.run([cc, "--version"], timeout=30)
    state = [wanted, str(job.vars), version]
    for f in files:
        st = f.stat()
        state.append(f"{f} {st.st_mtime_ns} {st.st_size}")
    config, seen = job.out / ".config", job.out / "wanted.stamp"

    def stamp():
        return hashlib.sha256("\n".join([*state, config.read_text()]).encode()).hexdigest()

    with contextlib.suppress(OSError):
        if seen.read_text() == stamp():
            return
    seen.unlink(missing_ok=True)
    (job.out / "wanted.config").write_text(wanted)
    job.make(f"KCONFIG_ALLCONFIG={job.out / 'wanted.config'}", "allnoconfig", what=f"configure {job.name}")
    lost = kconfig.unmet(wishes, config.read_text(), files)
    if lost:
        die(f"{job.name}: the final .config lacks what was asked for: " +
            "; ".join(f"CONFIG_{w.symbol}={w.value} of kconfig/{w.fragment}.config (it is {have})"
                      for w, have in lost))
    seen.write_text(stamp())


def _install_modules(job):
    """Modules and their dependency files to out/mods, again only after a change."""
    order = job.out / "modules.order"
    state = [str(job.tree)]
    for line in order.read_text().split():
        st = (job.out / line).with_suffix(".ko").stat()
        state.append(f"{line} {st.st_mtime_ns} {st.st_size}")
    stamp = hashlib.sha256("\n".join(state).encode()).hexdigest()
    mods, seen = job.out / "mods", job.out / "mods.stamp"
    with contextlib.suppress(OSError):
        if seen.read_text() == stamp:
            return
    seen.unlink(missing_ok=True)
    shutil.rmtree(mods, ignore_errors=True)
    job.make("modules_install", f"INSTALL_MOD_PATH={mods}", what=f"install modules of {job.name}")
    seen.write_text(stamp)


def _build_programs(job, target):
    """What guests run of the tree's tools: static, because an initramfs has no
    libraries of the target's, and by gcc, which has a C library for each."""
    tools = job.tree / "tools/domain"
    if "CONFIG_DOMAIN=y\n" not in (job.out / ".config").read_text() or not tools.is_dir():
        return
    out = job.out / "tools/domain"
    (out / "tests").mkdir(parents=True, exist_ok=True)
    # of a variable that is given twice make takes the last
    job.make("-C", tools, *make_vars(target, out), "LDFLAGS=-static", "guest", what=f"build programs of {job.name}")
