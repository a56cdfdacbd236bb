# SPDX-License-Identifier: GPL-2.0
"""Every command, interrupted, and in a clone that cannot be written; scripts stand for make, QEMU and others."""
import contextlib
import fcntl
import os
import platform
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from concurrent.futures import ThreadPoolExecutor
from fnmatch import fnmatch
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parent))
from series_fake import TOOLS, Fake  # noqa: E402
sys.path.insert(0, str(TOOLS / "lib"))
import proc  # noqa: E402

# as in a terminal: a shell that has the tests in the background has it ignored
signal.signal(signal.SIGINT, signal.default_int_handler)

# what each of PROGRAMS is. It hangs with a child where $HANG says so (git with its work done, and nobody knows),
# and as our own commands do it has a line of its own to say
PROGRAM = r"""#!/bin/sh
me=${0##*/} all=$*
echo "$me $all" >>"$FAKE/calls"
trap 'echo "$me: error: interrupted" >&2; exit 130' INT
case "$me $all" in $HANG) [ "$me" != git ] || "$GIT" "$@"; : >"$FAKE/begun"; sleep 60; exit 1 ;; esac
case $me in
git) exec "$GIT" "$@" ;;
kernel) "$GIT" -C "$BUILD_DIR/linux" tag -f base pristine ;;
linux|qemu-*)
	token=${all#*TOKEN=} && token=${token%% *}
	printf "@@$token begin@@\n@@$token end 0@@\n" ;;
make)
	for word; do case $word in
	O=*) out=${word#O=} ;;
	allnoconfig) : >"$out/.config" ;;
	linux) ln -sf "$0" "$out/linux" ;;
	modules)
		mkdir -p "$out/include/config" && echo 7.3.4 >"$out/include/config/kernel.release"
		: >"$out/modules.order" ;;
	INSTALL_MOD_PATH=*)
		base=${word#*=}/lib/modules/7.3.4 && mkdir -p "$base/kernel" && cd "$base" || exit
		for name in cnull null_blk brd; do : >"kernel/$name.ko" && echo "kernel/$name.ko:" >>modules.dep; done
		touch modules.alias modules.symbols modules.builtin modules.order ;;
	esac; done ;;
esac
"""
PROGRAMS = ("perl make flex bison bc depmod gcc ld ccache qemu-system-x86_64 busybox fio mke2fs e2fsck "
            "apt-get apt-cache sudo").split()
BENCH = """\
import benchkit, guest, kbuild
TITLE, KEYS = "one boot", {}
def run(select, quick):
    guest.boot(kbuild.build("um"), "true", timeout=60, programs=())
    return benchkit.Outcome([], "", "")
"""
KEPT = {"linux", "log", "out", "bench", "bisect"}      # and locks
INTERRUPTED = "interrupted; nothing half-done is kept, run it again to go on"
BUILD, BOOT = ("build", "um"), ("boot", "x86_64", "--script", TOOLS / "guest/lib.sh")
# a command, where it is interrupted, and whether the next run could take what is there for done
STAGES = [(BUILD, "make *allnoconfig", True), (BUILD, "make * linux modules *", True),
          (BUILD, "make * modules_install *", True), (BOOT, "qemu-*", False), (("kunit",), "linux *", False),
          (("demo",), "setup *", False), (("demo",), "qemu-*", False), (("bench", "fake"), "linux *", False),
          (("series", "tree"), "kernel ", False), (("series", "tree", "worktree"), "git *worktree add *", True),
          (("series", "style"), "perl *", False),
          (("series", "refresh"), "git *read-tree -m -u *", True),
          (("series", "bisect-build"), "make *olddefconfig", False)]


class Clone(Fake):
    def __init__(self, top, like=None):
        super().__init__(top, "clone", like)
        self.env.update(FAKE=str(self.top), GIT=shutil.which("git"), PATH=f"{self.top}/bin:{self.env['PATH']}")
        (self.top / "bin").mkdir()
        for name in PROGRAMS:
            self.fake(self.top / "bin" / name)
        if like:
            return
        for name in ("build", "boot", "kunit", "demo", "bench", "test"):
            shutil.copy(TOOLS / name, self.root / "tools")
        for name in ("setup", "kernel"):
            self.fake(self.root / "tools" / name)
        shutil.copytree(TOOLS / "guest", self.root / "tools/guest")
        for name in ("common", "um", "x86_64", "bench", "kunit"):
            self.own(f"kconfig/{name}.config", "")
        self.own("tools/lib/bench_fake.py", BENCH)
        self.own("tools/lib/demo_cost.py", "def lines(*_):\n    return []\n")
        self.own("tools/lib/packages.py", self.own("tools/lib/packages.py") +
                 "GROUPS['absent'] = [('absent', 'a test', '/nonexistent', '- - -')]\n")
        self.commit("base", {"Kconfig": "", "Makefile": "VERSION = 7\nPATCHLEVEL = 3\nSUBLEVEL = 4\n",
                             "lib/Makefile": "obj-y += a.o\n", "scripts/x": ""})
        self.git("tag", "-f", "base")
        self.git("branch", "pristine")
        self.own("KERNEL", self.own("KERNEL") + f"debian-tree {self.git('rev-parse', 'base^{tree}')}\n")
        self.git("checkout", "-q", "-b", "series")
        self.commit("lib/list_sort: add a variant", {"lib/list_sort_fast.c": "fast\n"})
        status, out = self.series("refresh")
        assert not status, out

    @staticmethod
    def fake(path):
        path.unlink(missing_ok=True)
        path.write_text(PROGRAM)
        path.chmod(0o755)

    def calls(self):
        """The programs that have run since this was asked for the last time."""
        path = self.top / "calls"
        lines = path.read_text().splitlines()
        path.unlink()
        return lines

    def begin(self, command, **env):
        """A command as a shell begins it for a terminal."""
        self.said = self.top / "said"
        with open(self.said, "w") as said:
            return subprocess.Popen([self.root / "tools" / command[0], *command[1:]], cwd=self.top, stdout=said,
                                    stdin=subprocess.DEVNULL, stderr=subprocess.STDOUT, env={**self.env, **env},
                                    user=self.user, start_new_session=True)

    def run(self, *command, **env):
        with self.begin(command, **env) as p:
            return p.wait(60), self.said.read_text()

    def processes(self):
        """Whom we or a command of ours began, and who still runs."""
        mark, found = f"FAKE={self.top}".encode(), []
        for path in Path("/proc").glob("[0-9]*"):
            try:
                if mark in (path / "environ").read_bytes().split(b"\0"):
                    found.append((path / "cmdline").read_bytes())
            except OSError:     # it is gone, or somebody else's
                pass
        return found


def free(lock):
    with open(lock) as f, contextlib.suppress(BlockingIOError):
        fcntl.flock(f, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    return False


def soon(condition, seconds=20):
    end = time.monotonic() + seconds
    while not (done := condition()) and time.monotonic() < end:
        time.sleep(0.02)
    return done


@unittest.skipUnless(platform.machine() == "x86_64", "elsewhere Debian's programs are fetched for the guest")
class Commands(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        temp = tempfile.TemporaryDirectory()
        cls.addClassCleanup(temp.cleanup)
        cls.made = Clone(temp.name)

    def clone(self):
        temp = tempfile.TemporaryDirectory()
        self.addCleanup(temp.cleanup)
        return Clone(temp.name, like=self.made)

    def interrupted(self, command, where, again):
        """What is wrong after Ctrl-C there; nothing if all is well."""
        f = self.clone()
        if "demo" in command:
            f.fake(f.root / "tools/series")
        if where == "kernel ":
            f.git("tag", "-d", "base")
        if where.startswith("git "):
            f.fake(f.top / "bin/git")
        if "refresh" in command:
            f.own("lib-list_sort/lib/list_sort_fast.c", "faster\n")
        p = f.begin(command, HANG=where)
        self.addCleanup(p.kill)
        if not soon(lambda: (f.top / "begun").exists() or p.poll() is not None) or p.poll() is not None:
            return f"it never came there: {f.said.read_text()}"
        told = len(f.said.read_text())
        os.killpg(p.pid, signal.SIGINT)
        if not soon(lambda: p.poll() is not None, 15):
            return "it does not end"
        said = f.said.read_text()[told:]
        if (p.wait(), said) != (130, f"{command[0]}: error: {INTERRUPTED}\n"):
            return f"status {p.wait()}: {said}"
        if not soon(lambda: not f.processes(), 5):
            return f"it left {f.processes()}"
        left = [path.name for path in (*f.build.iterdir(), *f.build.glob("bench/*"))
                if path.name not in KEPT and not (path.suffix == ".lock" and free(path))]
        if left:
            return f"it left {left}"
        if again:
            f.calls()
            status, said = f.run(*command)
            if status or not any(fnmatch(call, where) for call in f.calls()):
                return f"the second run does not do it again: status {status}: {said}"
        return ""

    def test_ctrl_c(self):
        with ThreadPoolExecutor(4) as pool:
            for stage, wrong in zip(STAGES, pool.map(lambda stage: self.interrupted(*stage), STAGES)):
                with self.subTest(stage):
                    self.assertEqual(wrong, "")

    # --- a clone that cannot be written -------------------------------------------

    def test_read_only(self):
        f = self.clone()
        for name in ("setup", "kernel"):
            shutil.copy(TOOLS / name, f.root / "tools")
        if os.geteuid() == 0:
            f.user = 65534
            f.top.chmod(0o755)
            for path in [f.build, *f.build.rglob("*")]:
                os.chown(path, f.user, f.user, follow_symlinks=False)
        for path in (f.top / "said", f.top / "calls"):
            path.touch()
            path.chmod(0o666)
        for path in [f.root, *f.root.rglob("*")]:
            path.chmod(path.stat().st_mode & ~0o222)
            self.addCleanup(path.chmod, 0o755)
        before = f.state()
        both = [BOOT, ("bench", "fake"), ("test", "--only", "kernel")]
        for command in (*both, BUILD, ("kunit",), ("demo",), ("kernel",), ("setup", "--for", "absent")):
            with self.subTest(command, where="nowhere"):
                status, said = f.run(*command, BUILD_DIR="", HOME=str(f.root))
                self.assertEqual(status, 1, said)
                self.assertRegex(said.splitlines()[-1], f"^{command[0]}: error: {f.root}/build will not do .it cannot be "
                                 "written. and neither will .*; set BUILD_DIR to a folder that can be written$")
                self.assertEqual(len(said.splitlines()), 3 if "setup" in command else 1, said)
        for command in (*both, ("setup", "--for", "core")):
            with self.subTest(command, where="elsewhere"):
                status, said = f.run(*command)
                self.assertEqual(status, 0, said)
        self.assertEqual(f.state(), before)


class Run(unittest.TestCase):
    def test_nothing_is_left(self):
        """By a signal in the middle of Popen, and where there is no log."""
        begun, popen = [], subprocess.Popen

        def interrupted(*args, **kwargs):
            begun.append(popen(*args, **kwargs))
            self.addCleanup(begun[-1].kill)
            os.kill(os.getpid(), signal.SIGINT)
            return begun[-1]

        for how, error, log in ((interrupted, KeyboardInterrupt, None), (popen, OSError, "/nonexistent/log")):
            with mock.patch.object(proc.subprocess, "Popen", how), self.assertRaises(error):
                proc.run(["sleep", "60"], log=log)
            self.assertEqual(proc._running, set())
        self.assertIsNotNone(begun[0].poll())


if __name__ == "__main__":
    unittest.main()
