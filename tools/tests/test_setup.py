# SPDX-License-Identifier: GPL-2.0
"""tools/setup, its bootstrap and the reading of apt's sources, with a fake apt."""
import ast
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

TOOLS = Path(__file__).resolve().parent.parent
LIB = TOOLS / "lib"
DRIVER = """
import runpy, sys
from pathlib import Path
sys.dont_write_bytecode = True
sys.path.insert(0, {lib!r})
import host, packages
tmp = Path({tmp!r})
host.LISTS = tmp / "lists"
host.os.geteuid = lambda: {uid}
packages.GROUPS = {{
    "core": [("one", "first", str(tmp / "one"), "one-dnf one-pac one-zyp")],
    "more": [("two|zwei", "second", str(tmp / "two") + "|nonesuch-command", "two-dnf - two-zyp"),
             ("debian-only", "third", str(tmp / "three"), "- - -")],
}}
packages.DEFAULT = ["core", "more"]
{patch}
sys.argv = ["setup", *{args!r}]
runpy.run_path({tool!r}, run_name="__main__")
"""
# knows one, zwei and debian-only; `install` makes what the probes look for
APT_GET = """#!/bin/sh
echo "$@" >>"$FAKE/calls"
case "$*" in
*update*) mkdir -p "$FAKE/lists"; : >"$FAKE/lists/x_Packages"; exit ;;
esac
if [ -s "$FAKE/say" ]; then head -n 1 "$FAKE/say"; sed -i 1d "$FAKE/say"; exit 100; fi
echo "0 upgraded, 3 newly installed, 0 to remove"
for name; do
	case $name in
	one) touch "$FAKE/one" ;;
	zwei) touch "$FAKE/two" ;;
	debian-only) touch "$FAKE/three" ;;
	esac
done
"""
APT_CACHE = """#!/bin/sh
[ -e "$FAKE/lists/x_Packages" ] || exit 0
for name in one zwei debian-only; do printf '%s:\\n  Installed: (none)\\n  Candidate: 1\\n' $name; done
printf 'two:\\n  Installed: (none)\\n  Candidate: (none)\\n'
"""


class SetupTest(unittest.TestCase):
    def setUp(self):
        self.tmp = Path(tempfile.mkdtemp(prefix="setup-test-"))
        self.addCleanup(shutil.rmtree, self.tmp, ignore_errors=True)
        self.bin = self.tmp / "bin"
        self.bin.mkdir()
        self.script("apt-get", APT_GET)
        self.script("apt-cache", APT_CACHE)

    def script(self, name, text):
        (self.bin / name).write_text(text)
        (self.bin / name).chmod(0o755)

    def link(self, *names):
        for name in names:
            (self.bin / name).symlink_to(shutil.which(name))

    def setup_tool(self, *args, uid=0, patch="", path=None):
        code = DRIVER.format(lib=str(LIB), tmp=str(self.tmp), uid=uid, args=list(args), patch=patch,
                             tool=str(TOOLS / "setup"))
        env = {**os.environ, "PATH": path or f"{self.bin}:/usr/bin:/bin", "FAKE": str(self.tmp),
               "BUILD_DIR": str(self.tmp / "build")}
        p = subprocess.run([sys.executable, "-c", code], env=env, stdin=subprocess.DEVNULL, capture_output=True,
                           text=True, timeout=60)
        self.assertNotIn("Traceback", p.stderr)
        self.assertEqual(p.returncode != 0, "error:" in p.stderr, p.stderr)
        return p.returncode, p.stdout, p.stderr

    def calls(self):
        path = self.tmp / "calls"
        return [line.split()[-1] if "update" in line else "install " + " ".join(line.split("Retries=3 ")[1].split()[1:])
                for line in path.read_text().splitlines()] if path.exists() else []

    def test_installs_once(self):
        status, _, err = self.setup_tool()
        self.assertEqual(status, 0, err)
        self.assertEqual(self.calls(), ["update", "install one zwei debian-only"])
        self.assertEqual(self.setup_tool()[0], 0)
        self.assertEqual(len(self.calls()), 2)

    def test_fresh_index_is_not_read_again(self):
        (self.tmp / "lists").mkdir()
        (self.tmp / "lists" / "x_Packages").touch()
        self.assertEqual(self.setup_tool("--for", "core")[0], 0)
        self.assertEqual(self.calls(), ["install one"])

    def test_old_index_is_read_again(self):
        (self.tmp / "lists").mkdir()
        (self.tmp / "lists" / "x_Packages").touch()
        os.utime(self.tmp / "lists" / "x_Packages", (1, 1))
        self.setup_tool()
        self.assertEqual(self.calls()[0], "update")

    def test_check_changes_nothing(self):
        status, out, _ = self.setup_tool("--check")
        self.assertEqual(status, 1)
        self.assertEqual([line.split()[0] for line in out.splitlines()], ["one", "two", "debian-only"])
        self.assertEqual(self.calls(), [])

    def test_unknown_group(self):
        self.assertIn("no such group: nonsense", self.setup_tool("--for", "nonsense")[2])

    def test_unknown_package(self):
        status, _, err = self.setup_tool(patch="packages.GROUPS['core'][0] = ('gone', 'x', '/nowhere', 'a b c')")
        self.assertEqual(status, 1)
        self.assertIn("package index does not have gone", err)

    def test_package_that_does_not_bring_its_probe(self):
        err = self.setup_tool(patch="packages.GROUPS['core'][0] = ('one', 'x', '/nowhere', 'a b c')")[2]
        self.assertIn("still not to be found: one", err)

    def test_user_without_sudo(self):
        status, _, err = self.setup_tool(uid=1000, path=str(self.bin))
        self.assertEqual(status, 1)
        self.assertIn("run: sudo apt-get install --no-install-recommends one two debian-only", err)
        self.assertEqual(self.calls(), [])

    def test_user_whose_sudo_wants_a_password(self):
        self.script("sudo", "#!/bin/sh\nexit 1\n")
        self.assertIn("no way to become root", self.setup_tool(uid=1000)[2])

    def test_user_with_sudo(self):
        self.script("sudo", "#!/bin/sh\n[ \"$1\" = -n ] && shift\nexec \"$@\"\n")
        self.assertEqual(self.setup_tool(uid=1000)[0], 0)
        self.assertEqual(len(self.calls()), 2)

    def test_waits_for_apt(self):
        (self.tmp / "say").write_text("E: Could not get lock /var/lib/apt/lists/lock. "
                                      "It is held by process 4711 (apt-get)\n")
        status, _, err = self.setup_tool()
        self.assertEqual(status, 0, err)
        self.assertIn("waiting for apt, in use by process 4711 (apt-get)", err)

    def test_gives_up_waiting_for_apt(self):
        (self.tmp / "say").write_text("E: Could not get lock /x. It is held by process 1 (apt)\n" * 9)
        self.assertIn("apt-get failed: Could not get lock", self.setup_tool(patch="host.LOCK_WAIT = 0")[2])

    def test_stale_index_is_noticed(self):
        (self.tmp / "say").write_text("E: Failed to fetch x_1.0.deb 404 Not Found\n")
        self.assertEqual(self.setup_tool()[0], 0)
        self.assertEqual([c.split()[0] for c in self.calls()], ["update", "install", "update", "install"])

    def test_interrupted_dpkg_is_finished(self):
        self.script("dpkg", "#!/bin/sh\necho \"dpkg $*\" >>\"$FAKE/dpkg\"\n")
        (self.tmp / "say").write_text("E: dpkg was interrupted, you must manually run 'dpkg --configure -a'\n")
        self.assertEqual(self.setup_tool()[0], 0)
        self.assertEqual((self.tmp / "dpkg").read_text(), "dpkg --configure -a\n")

    def test_interrupt_lets_dpkg_finish(self):
        self.script("apt-get", APT_GET.replace("for name; do", "echo Unpacking one\n: >$FAKE/unpacking\nsleep 1\nfor name; do"))
        killer = ("import threading, time, os, signal\n"
                  "def kill():\n"
                  "    while not (tmp / 'unpacking').exists(): time.sleep(.02)\n"
                  "    time.sleep(.3)\n"
                  "    os.kill(os.getpid(), signal.SIGINT)\n"
                  "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
                  "threading.Thread(target=kill, daemon=True).start()\n")
        status, _, err = self.setup_tool(patch=killer)
        self.assertEqual(status, 130, err)
        self.assertIn("dpkg is at work", err)
        self.assertTrue((self.tmp / "three").exists(), "the installation was cut off")

    def test_full_disk(self):
        (self.tmp / "say").write_text("E: You don't have enough free space in /var/cache/apt/archives/.\n")
        self.assertIn("the disk is full", self.setup_tool()[2])

    def test_other_distributions(self):
        for path in ("apt-get", "apt-cache"):
            (self.bin / path).unlink()
        for manager, command in (("dnf", "sudo dnf install one-dnf two-dnf\n"),
                                 ("pacman", "sudo pacman -S --needed one-pac\n"),
                                 ("zypper", "sudo zypper install one-zyp two-zyp\n")):
            self.script(manager, "#!/bin/sh\n")
            status, _, err = self.setup_tool(path=str(self.bin))
            self.assertEqual(status, 1)
            self.assertTrue(err.endswith(command), err)
            (self.bin / manager).unlink()
        self.assertIn("named as in Debian: one (first)", self.setup_tool(path=str(self.bin))[2])

    # --- the bootstrap ----------------------------------------------------

    def boot(self, *args, uid=0):
        """Starts a polyglot command where python3 may be missing."""
        (self.tmp / "lib").mkdir(exist_ok=True)
        shutil.copy(LIB / "bootstrap.sh", self.tmp / "lib")
        tool = self.tmp / "my tool"
        head = (TOOLS / "setup").read_text().split('import argparse')[0]
        tool.write_text(head + "import sys\nprint('ran', sys.argv[1:])\n")
        tool.chmod(0o755)
        self.script("id", f"#!/bin/sh\necho {uid}\n")
        return subprocess.run(["/bin/sh", tool, *args], env={"PATH": str(self.bin), "FAKE": str(self.tmp)},
                              capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)

    def test_bootstrap(self):
        self.link("dirname", "env", "grep", "head", "mktemp", "rm", "sh")
        with self.subTest("only looking installs nothing"):
            p = self.boot("--check")
            self.assertEqual((p.returncode, p.stdout), (1, ""))
            self.assertIn("python3 is missing", p.stderr)
        with self.subTest("no root, no sudo"):
            p = self.boot(uid=1000)
            self.assertEqual(p.returncode, 1)
            self.assertIn("run: sudo apt-get install --no-install-recommends python3", p.stderr)
        with self.subTest("apt fails"):
            self.script("apt-get", "#!/bin/sh\necho 'E: no such luck'\nexit 100\n")
            p = self.boot()
            self.assertEqual(p.returncode, 1)
            self.assertIn("python3 cannot be installed: E: no such luck", p.stderr)
        with self.subTest("python3 is installed and the command runs"):
            self.script("apt-get", f"#!/bin/sh\n[ -e {self.tmp}/index ] || case \"$*\" in "
                        f"*update) : >{self.tmp}/index; exit ;; *) exit 100 ;; esac\n"
                        f"/bin/ln -s {sys.executable} {self.bin}/python3\n")
            p = self.boot("a b", "c")
            self.assertEqual((p.returncode, p.stdout), (0, "ran ['a b', 'c']\n"), p.stderr)
        with self.subTest("python3 is there"):
            (self.bin / "apt-get").unlink()
            self.assertEqual(self.boot().stdout, "ran []\n")
        with self.subTest("too old"):
            (self.bin / "python3").unlink()
            self.script("python3", "#!/bin/sh\ncase \"$*\" in *version_info*) exit 1 ;; *--version) echo Python 3.9 ;; esac\n")
            self.assertIn("needs Python 3.11 or later, this is Python 3.9", self.boot().stderr)

    def test_tools_are_python_of_the_promised_version(self):
        for path in [*TOOLS.glob("*"), *LIB.glob("*.py")]:
            if path.is_file():
                ast.parse(path.read_text(), str(path), feature_version=(3, 11))

    # --- data and sources ---------------------------------------------------

    def test_packages_table(self):
        sys.path.insert(0, str(LIB))
        import packages
        for group, rows in packages.GROUPS.items():
            for row in rows:
                with self.subTest(group=group, package=row[0]):
                    name, reason, probe, others = row
                    self.assertRegex(name, r"^[a-z0-9.+|-]+$")
                    self.assertTrue(reason and probe)
                    self.assertEqual(len(others.split()), 3)
        self.assertLessEqual(set(packages.DEFAULT), set(packages.GROUPS))

    def mirrors(self, **files):
        sys.path.insert(0, str(LIB))
        import apt
        folder = Path(tempfile.mkdtemp(dir=self.tmp))
        for name, text in files.items():
            (folder / re.sub(r"_(?=[^_]*$)", ".", name)).write_text(text)
        return apt.mirrors((folder, folder / "missing"))

    def test_mirrors_from_one_line_sources(self):
        self.assertEqual(self.mirrors(a_list="""
# deb http://off.example/debian bookworm main
deb-src http://src.example/debian bookworm main
deb [arch=amd64 signed-by=/x/vendor.gpg] https://vendor.example/apt bookworm main
deb https://wrong-component.example/linux/debian bookworm stable
deb https://other.example/pgdg bookworm-pgdg main
deb http://archive.example/ubuntu noble main
deb http://m.example/debian bookworm main contrib # comment
deb http://m.example/debian bookworm-updates main
deb http://m.example/debian-security bookworm-security main
"""), ["http://m.example/debian", "https://vendor.example/apt"])

    def test_mirrors_from_deb822_sources(self):
        self.assertEqual(self.mirrors(a_sources="""Types: deb deb-src
# a comment inside
URIs: http://one.example/x
  http://two.example/debian
Suites: trixie
 trixie-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://off.example/debian
Suites: trixie
Components: main
Enabled: no

Types: deb
URIs: http://node.example/x
Suites: nodistro
Components: main
""", b_disabled="deb http://disabled.example/debian bookworm main\n"),
                         ["http://two.example/debian", "http://one.example/x"])

    def test_no_mirror(self):
        self.assertEqual(self.mirrors(a_list="deb http://archive.example/ubuntu noble main\n"), [])


if __name__ == "__main__":
    unittest.main()
