# SPDX-License-Identifier: GPL-2.0
"""Fragments, command lines, splats and the guest's archive: what needs no kernel build."""
import errno
import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

sys.dont_write_bytecode = True
TOOLS = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TOOLS / "lib"))
import foreign  # noqa: E402
import guest  # noqa: E402
import guest_tests  # noqa: E402
import initramfs  # noqa: E402
import kbuild  # noqa: E402
import kconfig  # noqa: E402
import kunit  # noqa: E402
import repo  # noqa: E402


def command(name, *args, stdin=""):
    p = subprocess.run([TOOLS / name, *args], input=stdin, text=True, capture_output=True, timeout=60, cwd="/")
    return p.returncode, p.stdout, p.stderr


def dies(case, fn, *args, **kwargs):
    """What fn said when it ended the program."""
    said = io.StringIO()
    with mock.patch("sys.stderr", said), case.assertRaises(SystemExit):
        fn(*args, **kwargs)
    return said.getvalue()


class Arguments(unittest.TestCase):
    def refused(self, text, name, *args):
        status, out, err = command(name, *args)
        self.assertNotEqual(status, 0)
        self.assertEqual(out, "")
        self.assertIn(text, err)
        self.assertNotIn("Traceback", err)

    def test_help(self):
        for name in ("build", "boot", "kunit"):
            status, out, _ = command(name, "--help")
            self.assertEqual(status, 0)
            self.assertIn("kernel", out)

    def test_build(self):
        self.refused("invalid choice: 'vax'", "build", "vax")
        self.refused("no configuration fragment 'fast'", "build", "um", "--config", "fast")
        self.refused("no configuration fragment '../series'", "build", "um", "--config", "../series")
        self.refused("is no kernel tree", "build", "um", "--tree", "/")

    def test_boot(self):
        script = str(TOOLS / "guest/lib.sh")
        self.refused("--smp 9", "boot", "um", "--smp", "9", "--script", script)
        self.refused("--mem lots", "boot", "um", "--mem", "lots", "--script", script)
        self.refused("--icount", "boot", "um", "--icount", "--script", script)
        self.refused("--icount", "boot", "x86_64", "--icount", "--smp", "2", "--script", script)
        self.refused("cannot read /nonexistent", "boot", "um", "--script", "/nonexistent")
        self.refused("expected /path/in/guest=file", "boot", "um", "--script", script, "--file", "x")
        self.refused("needs a terminal", "boot", "um")

    def test_kunit(self):
        self.refused("invalid choice", "kunit", "cnull")
        self.refused("is no filter", "kunit", "um", "a b")


class Fragments(unittest.TestCase):
    def test_every_fragment_reads(self):
        for path in repo.KCONFIG.glob("*.config"):
            self.assertTrue(kconfig.parse(path.read_text(), path.stem), path)

    def test_every_target_has_one(self):
        for target in kbuild.TARGETS:
            self.assertIn("SMP", kconfig.merge(["common", target]))

    def test_later_wins(self):
        wishes = kconfig.merge(["common", "bench"])
        self.assertEqual(wishes["FAILSLAB"].value, "n")
        self.assertEqual(wishes["FAILSLAB"].fragment, "bench")

    def test_static_keys_are_for_one_cpu(self):
        self.assertEqual(kconfig.merge(["common", "x86_64", "bench", "icount"])["JUMP_LABEL"].value, "y")
        for path in repo.KCONFIG.glob("*.config"):
            if path.stem != "icount":
                self.assertNotIn("\nCONFIG_JUMP_LABEL=y", path.read_text(), path)

    def test_typo(self):
        self.assertIn("x.config:2", dies(self, kconfig.parse, "CONFIG_A=y\nCONFG_B=y\n", "x"))

    def wishes(self, text):
        return {w.symbol: w for w in kconfig.parse(text, "x")}

    def unmet(self, text, config, kconfig_text=""):
        with tempfile.TemporaryDirectory() as tmp:
            f = Path(tmp) / "Kconfig"
            f.write_text(kconfig_text)
            return [(w.symbol, have) for w, have in kconfig.unmet(self.wishes(text), config, [f])]

    def test_unmet(self):
        config = "CONFIG_A=y\nCONFIG_M=m\n# CONFIG_N is not set\nCONFIG_S=\"x\"\n"
        self.assertEqual(self.unmet("CONFIG_A=y\nCONFIG_M=m\n# CONFIG_N is not set\nCONFIG_S=\"x\"\n", config), [])
        self.assertEqual(self.unmet("# CONFIG_GONE is not set\n", config), [])
        self.assertEqual(self.unmet("CONFIG_M=y\nCONFIG_GONE=y\n# CONFIG_A is not set\n", config),
                         [("M", "m"), ("GONE", "n"), ("A", "y")])

    def test_optional_only_while_undefined(self):
        text = "# optional\nCONFIG_LATER=m\nCONFIG_A=y\n"
        self.assertEqual(self.unmet(text, "CONFIG_A=y\n", "config OTHER\n"), [])
        self.assertEqual(self.unmet(text, "CONFIG_A=y\n", "config LATER\n\ttristate\n"), [("LATER", "n")])
        self.assertEqual(self.unmet(text, "CONFIG_LATER=m\n"), [("A", "n")])

    def test_own_warnings(self):
        ours = ["/t/drivers/block/cnull/main.c:3:5: warning: unused variable 'x' [-Wunused-variable]\n",
                "drivers/block/cnull/main.o: warning: objtool: f+0x1: unreachable instruction\n",
                "WARNING: modpost: missing MODULE_DESCRIPTION() in drivers/block/cnull/cnull.o\n"]
        theirs = ["/t/drivers/block/brd.c:3:5: warning: unused variable 'x'\n",
                  "  CC      drivers/block/cnull/warning.o\n"]
        self.assertEqual(kbuild.own_warnings([*theirs, *ours], Path("/t")), ours)

    def test_own_warnings_come_again(self):
        with tempfile.TemporaryDirectory() as tmp:
            bin_ = Path(tmp) / "bin"
            out = Path(tmp) / "out"
            kept, gone = out / "drivers/block/brd.o", out / "drivers/block/cnull/main.o"
            gone.parent.mkdir(parents=True)
            bin_.mkdir()
            for path in (kept, gone):
                path.touch()
            make = bin_ / "make"
            make.write_text("#!/bin/sh\necho \"$2/drivers/block/cnull/main.c:1:1: warning: x\"\n")
            make.chmod(0o755)
            job = kbuild._Job("fake", Path("/t"), out, [], time.monotonic() + 20)
            job.log = Path(tmp) / "log"
            with mock.patch.dict(os.environ, PATH=f"{bin_}:{os.environ['PATH']}"), job:
                self.assertIn("warnings in this repository's own code", dies(self, job.make, what="build"))
            self.assertEqual((kept.exists(), gone.exists()), (True, False))

    def test_names(self):
        self.assertEqual(kbuild.default_name("um"), "um")
        self.assertEqual(kbuild.default_name("arm64", True, ("debug", "kunit")), "arm64-llvm-debug-kunit")


class Machine(unittest.TestCase):
    """What may run at a time, and where."""

    def at_a_time(self, cpus, gib, **limits):
        """(compilers, guests) on a machine, in a control group with these files."""
        pages = int(gib * (1 << 18))
        with tempfile.TemporaryDirectory() as tmp:
            for name, text in limits.items():
                (Path(tmp) / name.replace("_", ".")).write_text(text + "\n")
            with mock.patch.object(repo, "CGROUP", Path(tmp)), \
                    mock.patch("os.sched_getaffinity", lambda pid: set(range(cpus))), \
                    mock.patch("os.sysconf", lambda name: {"SC_PHYS_PAGES": pages, "SC_PAGE_SIZE": 4096}[name]):
                return repo.jobs(), guest_tests.at_once()

    def test_at_a_time(self):
        self.assertEqual(self.at_a_time(2, 3.8), (2, 1))
        self.assertEqual(self.at_a_time(16, 64), (16, 4))
        self.assertEqual(self.at_a_time(16, 8), (8, 3))
        self.assertEqual(self.at_a_time(2, 0.5), (1, 1))

    def test_at_a_time_in_a_container(self):
        self.assertEqual(self.at_a_time(16, 64, cpu_max="150000 100000"), (2, 2))
        self.assertEqual(self.at_a_time(16, 64, cpu_max="5000 100000"), (1, 1))
        self.assertEqual(self.at_a_time(2, 64, cpu_max="800000 100000"), (2, 2))
        self.assertEqual(self.at_a_time(16, 64, memory_max=str(5 << 30)), (5, 2))
        self.assertEqual(self.at_a_time(16, 64, cpu_max="max 100000", memory_max="max"), (16, 4))

    def test_memory_of_uml(self):
        def where(free, flag):
            found = SimpleNamespace(f_bavail=free, f_frsize=1 << 20, f_flag=flag)
            usage = SimpleNamespace(free=free << 20)
            with mock.patch("os.statvfs", lambda path: found), mock.patch("shutil.disk_usage", lambda path: usage):
                return guest._memory_dir("1G", "/other")
        self.assertEqual(where(2000, os.ST_NOSUID), "/dev/shm")
        self.assertEqual(where(64, os.ST_NOSUID), "/other")
        self.assertEqual(where(2000, os.ST_NOSUID | os.ST_NOEXEC), "/other")

    def ccache(self, folder, what="CCACHE_DIR", **env):
        """A variable after make_vars() where ccache has this folder."""
        with tempfile.TemporaryDirectory() as tmp:
            path = Path(tmp) / "ccache"
            path.write_text(f"#!/bin/sh\n[ \"$*\" = '-k cache_dir' ] && echo '{folder}'\n")
            path.chmod(0o755)
            with mock.patch.dict(os.environ, {"PATH": f"{tmp}:{os.environ['PATH']}", **env}):
                for name in {"CCACHE_DIR", "CCACHE_DEPEND", "CCACHE_NODEPEND"} - set(env):
                    os.environ.pop(name, None)
                self.assertIn("HOSTCC=ccache gcc", kbuild.make_vars("um", Path("/o")))
                return os.environ.get(what)

    def test_ccache_that_cannot_write(self):
        # below a file not even root can
        self.assertEqual(self.ccache("/dev/null/.cache/ccache"), str(repo.build_dir() / "cache/ccache"))

    def test_ccache_that_can_write(self):
        with tempfile.TemporaryDirectory() as tmp:
            self.assertIsNone(self.ccache(f"{tmp}/.cache/ccache"))
        self.assertEqual(self.ccache("/dev/null/x", CCACHE_DIR="/mine"), "/mine")

    def test_ccache_takes_headers_from_depfiles(self):
        self.assertEqual(self.ccache("/dev/null/x", "CCACHE_DEPEND"), "1")
        self.assertEqual(self.ccache("/dev/null/x", "CCACHE_DEPEND", CCACHE_DIR="/mine"), "1")
        self.assertIsNone(self.ccache("/dev/null/x", "CCACHE_DEPEND", CCACHE_NODEPEND="1"))

    @unittest.skipIf(os.geteuid(), "needs root, to become somebody else")
    def test_can_write_where_one_cannot_look(self):
        with tempfile.TemporaryDirectory() as tmp:      # 0700, as /root is
            os.setresuid(65534, 65534, 0)
            try:
                self.assertFalse(repo.can_write(Path(tmp) / "a/b"))
            finally:
                os.setresuid(0, 0, 0)


class Splats(unittest.TestCase):
    def test_kernel_lines(self):
        for line in ("WARNING: CPU: 0 PID: 1 at lib/list_sort.c:1 f+0x1/0x2",
                     "WARNING: possible circular locking dependency detected",
                     "BUG: KASAN: slab-out-of-bounds in f+0x1/0x2",
                     "BUG: KCSAN: data-race in f / g",
                     "BUG: scheduling while atomic: sh/1/0x2",
                     "UBSAN: array-index-out-of-bounds in a.c:1:2",
                     "INFO: task fio:12 blocked for more than 120 seconds.",
                     "rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:",
                     "kmemleak: unreferenced object 0xffff (size 8):",
                     "Kernel panic - not syncing: sysrq triggered crash",
                     "Oops: general protection fault, probably for non-canonical address 0x1: 0000 [#1]",
                     "Unable to handle kernel NULL pointer dereference at virtual address 0",
                     "Call Trace:"):
            for head in ("[    1.234567] ", "[   12.345678][  T123] ", "half a line of the script[    1.234567] "):
                self.assertEqual(guest.splats(head + line + "\n"), [line], head)

    def test_not_the_kernel(self):
        self.assertEqual(guest.splats("WARNING: fio says so\nBUG: no\n[    1.234567] null_blk: module loaded\n"), [])
        self.assertEqual(guest.splats("[    1.0] ok 1 kasan\n[    1.234567] DEBUG: fine\n"), [])

    def test_trace_belongs_to_its_message(self):
        text = "[    1.000001] WARNING: at f\n[    1.000002] Call Trace:\n[    1.000003]  f+0x1/0x2\n"
        self.assertEqual(guest.splats(text), ["WARNING: at f"])
        self.assertEqual(guest.splats(text, allow=(r"at f$",)), [])
        later = text + "[    2.000000] quiet\n" * 80 + "[    3.000000] Call Trace:\n"
        self.assertEqual(guest.splats(later, allow=(r"at f$",)), ["Call Trace:"])

    def hushed(self, *said):
        """What a script prints that hushes the kernel, which then says these lines."""
        with tempfile.TemporaryDirectory() as tmp:
            (Path(tmp) / "splats").write_text(guest.SPLAT.pattern + "\n")
            (Path(tmp) / "log").write_text("\n".join(said) + "\n")
            lib = (repo.GUEST / "lib.sh").read_text().replace("/run/", f"{tmp}/").replace("/tmp/.", f"{tmp}/.")
            script = f'{lib}dmesg() {{ [ "$1" = -n ] || cat "$log"; }}\nlog=/dev/null; hush 1\nlog={tmp}/log; listen\n' \
                     "log=/dev/null; unhush; finish\n"
            p = subprocess.run(["busybox", "sh"], input=script.replace("/tmp/heard", f"{tmp}/heard"), text=True,
                               capture_output=True, timeout=30)
        self.assertEqual(p.stderr, "")
        return p.stdout

    @unittest.skipUnless(shutil.which("busybox"), "needs the guests' shell")
    def test_hushed(self):
        out_of_memory = ("[    1.234567] dd invoked oom-killer: gfp_mask=0x140dca(GFP_HIGHUSER), order=0",
                         "[    1.234567] domainctl: page allocation failure: order:0, mode:0xcc0(GFP_KERNEL)",
                         "[    1.234567] Call Trace:", "[    1.234567] Out of memory: Killed process 77 (dd)")
        self.assertIn("ok guest/kernel-said-nothing-bad\n# 1 passed, 0 failed", self.hushed(*out_of_memory))
        for line in ("UBSAN: array-index-out-of-bounds in a.c:1:2", "BUG: scheduling while atomic: sh/1/0x2",
                     "INFO: task fio:12 blocked for more than 120 seconds.", "kmemleak: 3 new suspected memory leaks",
                     "rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:"):
            self.assertIn("not ok guest/kernel-said-nothing-bad", self.hushed(*out_of_memory, f"[    1.234567] {line}"))

    def test_the_guest_has_the_pattern(self):
        with tempfile.TemporaryDirectory() as tmp, \
                mock.patch.object(guest.initramfs, "compose", lambda *a, **k: initramfs.Archive()):
            self.assertIn(guest.SPLAT.pattern.encode(), guest._write_root(tmp, None, "", None, (), ()).read_bytes())

    def test_no_script_hushes_the_kernel_by_itself(self):
        for script in repo.GUEST.glob("test_*.sh"):
            text = script.read_text()
            self.assertNotIn("dmesg -n", text, script.name)
            pairs = re.findall(r"^\s*(hush|unhush)\b", text, re.M)
            self.assertEqual(pairs, ["hush", "unhush"] * (len(pairs) // 2), script.name)

    def test_exit_status(self):
        self.assertEqual(guest.Result(0, "", "", []).exit_status, 0)
        self.assertEqual(guest.Result(0, "", "", ["BUG: x"]).exit_status, 1)
        self.assertEqual(guest.Result(7, "", "", ["BUG: x"]).exit_status, 7)


class FakeGuest(unittest.TestCase):
    """boot() with a shell script in the place of the emulator."""

    def boot(self, does, target="x86_64", **kwargs):
        build = kbuild.Build(target, Path("/"), Path("/"), False, "1", "fake")
        # the token reaches the fake as it reaches the guest: by the command line
        def command(build, root, *, append, **_):
            return ["sh", "-c", does, "sh", re.search(r"TOKEN=(\w+)", append)[1]]
        with mock.patch.object(guest, "command", command), \
                mock.patch.object(guest.initramfs, "compose", lambda *a, **k: initramfs.Archive()):
            return guest.boot(build, "", **{"timeout": 20, **kwargs})

    def test_status(self):
        r = self.boot('echo noise; echo "@@$1 begin@@"; echo a; printf "b\\n\\n@@$1 end 7@@\\n"')
        self.assertEqual((r.status, r.script_output, r.splats), (7, "a\nb\n", []))

    def test_died(self):
        r = self.boot('echo "@@$1 begin@@"; echo a; echo "[    1.000000] Kernel panic - not syncing: x"')
        self.assertEqual(r.status, guest.DIED)
        self.assertIn("Kernel panic - not syncing: x", r.splats)

    def test_foreign_marker(self):
        self.assertEqual(self.boot('echo "@@x begin@@"; echo "@@x end 0@@"').status, guest.DIED)

    def test_hang(self):
        r = self.boot('echo "@@$1 begin@@"; echo a; sleep 60', timeout=1)
        self.assertEqual((r.status, r.script_output.splitlines()[0]), (guest.TIMED_OUT, "a"))

    def booted(self, target, smp, does, bad=1):
        """How a guest ends whose first boots, `bad` of them, do `does` after the firmware, and how many there were."""
        with tempfile.TemporaryDirectory() as tmp, mock.patch.object(guest, "_FIRMWARE_SECONDS", 1), \
                mock.patch("sys.stderr", io.StringIO()):
            r = self.boot(f'echo >>{tmp}/boots; echo "Boot HART MEDELEG  : 0"; '
                          f'[ $(wc -l <{tmp}/boots) -gt {bad} ] || {{ {does}; }}; '
                          'echo "@@$1 begin@@"; echo a; echo "@@$1 end 0@@"', target, smp=smp, timeout=4)
            return r.status, len((Path(tmp) / "boots").read_text().splitlines())

    def test_firmware_that_loses_the_kernel(self):
        self.assertEqual(self.booted("riscv64", 2, "sleep 60"), (0, 2))
        self.assertEqual(self.booted("riscv64", 2, "sleep 60", bad=2), (guest.TIMED_OUT, 2))
        # who has said a word is the kernel, a guest that ends has not hung, and one CPU needs nobody to start it
        self.assertEqual(self.booted("riscv64", 2, "echo '[    0.000000] x'; sleep 60"), (guest.TIMED_OUT, 1))
        self.assertEqual(self.booted("riscv64", 2, "exit 1"), (guest.DIED, 1))
        self.assertEqual(self.booted("riscv64", 1, "sleep 60"), (guest.TIMED_OUT, 1))
        self.assertEqual(self.booted("arm64", 2, "sleep 60"), (guest.TIMED_OUT, 1))

    def test_nothing_left_behind(self):
        before = set(os.listdir(repo.build_dir()))
        self.boot("true")
        self.assertEqual(set(os.listdir(repo.build_dir())) - before, set())

    def test_command_lines(self):
        for target in kbuild.TARGETS:
            build = kbuild.Build(target, Path("/o"), Path("/o/image"), False, "1", target)
            with mock.patch("shutil.which", lambda name: name):
                cmd = guest.command(build, "/r", smp=2, mem="1G", icount=False, append="x=1")
            line = " ".join(cmd)
            self.assertIn("panic=-1", line)
            self.assertIn("x=1", line)
            self.assertTrue("ncpus=2" in line if target == "um" else "-smp 2" in line and "-no-reboot" in line)


class Root(unittest.TestCase):
    def listing(self, archive):
        """name -> (mode, content), read by cpio's rules."""
        out = io.BytesIO()
        archive.write(out)
        data, at, found = out.getvalue(), 0, {}
        while True:
            self.assertEqual(data[at:at + 6], b"070701")
            f = [int(data[at + 6 + 8 * i:at + 14 + 8 * i], 16) for i in range(13)]
            name = data[at + 110:at + 110 + f[11] - 1].decode()
            start = at + (110 + f[11] + 3) // 4 * 4
            if name == "TRAILER!!!":
                return found
            found[name] = (f[1], data[start:start + f[6]])
            at = start + (f[6] + 3) // 4 * 4

    def test_archive(self):
        a = initramfs.Archive()
        a.file("/deep/er/file", b"12345", 0o600)
        a.link("l", "deep")
        a.device("dev/console", 5, 1)
        found = self.listing(a)
        self.assertEqual(found["deep/er/file"], (0o100600, b"12345"))
        self.assertEqual(found["l"], (0o120777, b"deep"))
        self.assertEqual(found["dev/console"][0], 0o020600)
        # a folder must come before what is in it
        self.assertEqual(list(found), ["deep", "deep/er", "deep/er/file", "l", "dev", "dev/console"])

    def compose(self, out="/", **kwargs):
        build = kbuild.Build("x86_64", Path(out), Path("/"), False, "1", "fake")
        with mock.patch.object(initramfs, "native", lambda target: True), \
                mock.patch.object(initramfs, "busybox", lambda target: Path("/bin/sh")):
            return initramfs.compose(build, "echo hi\n", **kwargs)

    def test_compose(self):
        found = self.listing(self.compose(programs=("sh",), files={"/data/x": __file__}))
        self.assertEqual(found["run/script"][1], b"echo hi\n")
        self.assertEqual(found["data/x"][1], Path(__file__).read_bytes())
        for name in ("init", "bin/busybox", "run/lib.sh", "dev/console", "proc"):
            self.assertIn(name, found)
        libraries = [n for n in found if re.search(r"/libc\.so|/ld-linux", n)]
        self.assertEqual(len(libraries), 2)

    def test_same_bytes(self):
        a, b = io.BytesIO(), io.BytesIO()
        self.compose(programs=("sh",)).write(a)
        self.compose(programs=("sh",)).write(b)
        self.assertEqual(a.getvalue(), b.getvalue())

    def test_domains(self):
        with tempfile.TemporaryDirectory() as tmp:
            for name in ("samples/domain/a.domain", "drivers/block/cnull/b.domain", "tools/domain/domainctl",
                         "samples/domain/a.domain.o"):
                path = Path(tmp) / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(name)
            (Path(tmp) / "tools/domain/domainctl").chmod(0o755)
            found = self.listing(self.compose(out=tmp))
        self.assertEqual(sorted(n for n in found if n.startswith("lib/domain/")),
                         ["lib/domain/a.domain", "lib/domain/b.domain"])
        self.assertEqual(found["bin/domainctl"][0], 0o100755)

    def test_missing(self):
        self.assertIn("not installed", dies(self, self.compose, programs=("no-such-program",)))
        self.assertIn("is no file", dies(self, self.compose, files={"/x": "/nonexistent"}))

    def test_modules(self):
        with tempfile.TemporaryDirectory() as tmp:
            base = Path(tmp) / "mods/lib/modules/1"
            (base / "kernel").mkdir(parents=True)
            for name in ("a-b", "c"):
                (base / f"kernel/{name}.ko").write_text(name)
            (base / "modules.dep").write_text("kernel/a-b.ko: kernel/c.ko\nkernel/c.ko:\n")
            for name in ("alias", "symbols", "builtin", "order"):
                (base / f"modules.{name}").write_text("")
            build = kbuild.Build("x86_64", Path(tmp), Path(tmp), False, "1", "fake")
            a = initramfs.Archive()
            initramfs._add_modules(a, build, ("a_b",))
            found = [p for p in a.paths() if p.endswith(".ko")]
            self.assertEqual(found, ["lib/modules/1/kernel/a-b.ko", "lib/modules/1/kernel/c.ko"])
            self.assertIn("there are: a_b, c", dies(self, initramfs._add_modules, a, build, ("d",)))


class Foreign(unittest.TestCase):
    """Packages of another architecture, unpacked: here of this one, with its shell in the place of fio."""

    def setUp(self):
        tmp = tempfile.TemporaryDirectory()
        self.addCleanup(tmp.cleanup)
        self.root = Path(tmp.name)
        (self.root / "usr/bin").mkdir(parents=True)
        (self.root / "lib/machine/private").mkdir(parents=True)
        shutil.copy("/bin/sh", self.root / "usr/bin/fio")
        said = subprocess.run(["ldd", "/bin/sh"], capture_output=True, text=True, check=True).stdout
        self.libraries = [Path(p) for p in re.findall(r"(/\S+) \(0x", said)]
        for lib in self.libraries:
            shutil.copy(lib, self.root / "lib/machine")
            (self.root / "lib/machine/private" / lib.name).touch()
        patch = mock.patch.object(foreign.apt, "fetch_foreign", lambda *args, **kwargs: self.root)
        patch.start()
        self.addCleanup(patch.stop)

    def test_program(self):
        files = foreign.program("fio", "any")
        self.assertEqual(files.pop("bin/fio"), self.root / "usr/bin/fio")
        self.assertEqual({path.name for path in files.values()}, {lib.name for lib in self.libraries})
        self.assertIn("lib/libc.so.6", files)
        linker, = (lib for lib in self.libraries if "ld-linux" in lib.name)
        self.assertIn(str(linker).strip("/"), files)
        for where, path in files.items():
            self.assertEqual(path, self.root / "lib/machine" / Path(where).name)

    def test_in_the_archive(self):
        build = kbuild.Build("riscv64", Path("/o"), Path("/o"), False, "1", "fake")
        shutil.copy("/bin/sh", self.root / "usr/bin/busybox")
        with mock.patch.object(initramfs, "native", lambda target: False):
            paths = initramfs.compose(build, None, programs=("fio",)).paths()
        self.assertLessEqual({"bin/fio", "lib/libc.so.6", "bin/busybox"}, set(paths))

    def test_missing(self):
        self.assertIn("no package is known to have xz", dies(self, foreign.program, "xz", "riscv64"))
        self.assertIn("there is no e2fsck in", dies(self, foreign.program, "e2fsck", "riscv64"))
        for lib in self.root.rglob("libc.so.6"):
            lib.unlink()
        self.assertIn("fio needs libc.so.6, which no package", dies(self, foreign.program, "fio", "riscv64"))

    def test_what_scripts_want_is_known(self):
        for script in repo.GUEST.glob("test_*.sh"):
            # those with a configuration run on x86_64 only
            if not guest_tests.needs(script, "config"):
                for name in guest_tests.needs(script, "programs") or guest_tests.PROGRAMS:
                    self.assertIn(name, foreign.PACKAGES, script.name)


class BuildFolder(unittest.TestCase):
    def folder(self, name):
        """build_dir() of a repository with this name, below a folder whose name suits."""
        with tempfile.TemporaryDirectory() as tmp, mock.patch.object(repo, "ROOT", Path(tmp) / name), \
                mock.patch.object(repo, "_build", None), mock.patch("sys.stderr", io.StringIO()), \
                mock.patch.dict(os.environ, {"XDG_CACHE_HOME": f"{tmp}/cache", "BUILD_DIR": ""}):
            return repo.build_dir().relative_to(tmp)

    def test_names(self):
        for name in ("linux", "a.b_c+d,e@f~g=h-1", "J\u00fcrgen"):
            self.assertEqual(self.folder(name), Path(name) / "build")
        for c in " \t:;&'\"()$#%!*?[]{}<>|\\^`\n":
            self.assertEqual(self.folder(f"a{c}b").parts[:2], ("cache", "kernel-series"), c)

    def test_what_is_wrong(self):
        with mock.patch.object(repo, "_build", None), mock.patch.dict(os.environ, {"BUILD_DIR": "/tmp/a & b"}):
            self.assertIn("BUILD_DIR=/tmp/a & b will not do: the kernel cannot be built below a path with ' ' '&'\n",
                          dies(self, repo.build_dir))


class Lock(unittest.TestCase):
    def test_refused(self):
        """By the file system, at once and while it waits."""
        full = OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))
        for answers in ([full], [BlockingIOError(), full]):
            with tempfile.TemporaryDirectory() as tmp, mock.patch("proc.fcntl.flock", side_effect=answers) as flock:
                said = dies(self, repo.proc.lock(Path(tmp) / "a.lock", "it", wait=5).__enter__)
                self.assertIn(f"error: cannot lock {tmp}/a.lock: No locks available\n", said)
                self.assertEqual(flock.call_count, len(answers))

    def test_held(self):
        with tempfile.TemporaryDirectory() as tmp, repo.proc.lock(Path(tmp) / "a.lock", "it"):
            said = dies(self, repo.proc.lock(Path(tmp) / "a.lock", "it").__enter__)
        self.assertIn(f"it is in use by process {os.getpid()} ", said)


class Main(unittest.TestCase):
    def test_one_line(self):
        for said, fails in (
                ("make failed with status 7: no space", lambda: repo.proc.run(["sh", "-c", "echo a; echo no space; exit 7"],
                                                                              what="make")),
                ("false failed with status 1", lambda: repo.proc.run(["false"])),
                ("sleep 9 took longer than 1 s", lambda: subprocess.run(["sleep", "9"], timeout=1, check=False))):
            with mock.patch("repo.signal.signal"):
                self.assertEqual(dies(self, repo.main, fails).partition("error: ")[2], said + "\n")


class Ktap(unittest.TestCase):
    def test_cases(self):
        leaf = {"sub_groups": [], "test_cases": [{"name": "x", "status": "PASS"}, {"name": "y", "status": "ERROR"},
                                                 {"name": "z", "status": "SKIP"}]}
        group = {"test_cases": [{"name": "lone", "status": "FAIL"}], "sub_groups": [{"name": "suite", **leaf}]}
        self.assertEqual(list(kunit._cases(group, ())),
                         [("lone", "failed"), ("suite.x", "passed"), ("suite.y", "failed"), ("suite.z", "skipped")])


if __name__ == "__main__":
    unittest.main()
