# SPDX-License-Identifier: GPL-2.0
"""tools/kernel against small fake kernels, a local web server and a local mirror."""
import hashlib
import http.server
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
import unittest
import urllib.parse
from pathlib import Path

TOOLS = Path(__file__).resolve().parent.parent
MAKEFILE = "# SPDX\nVERSION = {}\nPATCHLEVEL = {}\nSUBLEVEL = {}\nEXTRAVERSION ={}\nNAME = x\n"
# SIGINT as in a terminal: a shell that has the tests in the background has it ignored
DRIVER = """
import runpy, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from pathlib import Path
sys.dont_write_bytecode = True
sys.path.insert(0, {lib!r})
import apt, fetch, origin, pinned
pinned.ROOM = 1 << 20
apt.SOURCES = ()
fetch.CONNECT = 3
{patch}
sys.argv = ["kernel", *{args!r}]
runpy.run_path({tool!r}, run_name="__main__")
"""


def blob(data):
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


def sha256(path):
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


class Server:
    """Serves a folder. `cut`: bytes after which the next long reply ends;
    `slow`: seconds per 64 KB; `ranges`: whether it can resume."""

    def __init__(self, root):
        self.root, self.cut, self.slow, self.ranges, self.log = root, None, 0, True, []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                start = int(re.sub(r"\D", "", self.headers.get("Range", "")) or 0) if outer.ranges else 0
                outer.log.append((self.path, start))
                path = outer.root / urllib.parse.unquote(self.path).lstrip("/")
                if not path.is_file():
                    self.send_error(404)
                    return
                data = path.read_bytes()
                if start and start >= len(data):
                    self.send_error(416)
                    return
                body = data[start:]
                self.send_response(206 if start else 200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                end = len(body)
                if outer.cut and end > outer.cut:
                    end, outer.cut = outer.cut, None
                for i in range(0, end, 65536):
                    try:
                        self.wfile.write(body[i:min(i + 65536, end)])
                        self.wfile.flush()
                    except OSError:
                        return
                    time.sleep(outer.slow)

            def log_message(self, *_args):
                pass

        self.httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.httpd.daemon_threads = True
        threading.Thread(target=self.httpd.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.httpd.server_port}"

    def close(self):
        self.httpd.shutdown()
        self.httpd.server_close()


class KernelTest(unittest.TestCase):
    def setUp(self):
        self.tmp = Path(tempfile.mkdtemp(prefix="kernel-test-"))
        self.addCleanup(shutil.rmtree, self.tmp, ignore_errors=True)
        self.repo = self.tmp / "a clone"
        self.repo.mkdir()
        shutil.copytree(TOOLS, self.repo / "tools", ignore=shutil.ignore_patterns("tests", "guest", "__pycache__"))
        self.build = self.tmp / "build"
        self.linux = self.build / "linux"
        self.web = self.tmp / "web"
        self.web.mkdir()
        self.server = Server(self.web)
        self.addCleanup(self.server.close)
        self.tree = self.kernel("tree")
        self.tarball = self.pack(self.tree, self.web / "linux-7.3.4.tar.xz")
        self.sums(sha256(self.tarball))
        self.pin()

    def kernel(self, name, version=(7, 3, 4, ""), touched=b"obj-y += x.o\n"):
        tree = self.tmp / name
        (tree / "lib").mkdir(parents=True)
        (tree / "Makefile").write_text(MAKEFILE.format(*version))
        (tree / "lib" / "Makefile").write_bytes(touched)
        (tree / ".gitignore").write_text("*.o\n")
        (tree / "ignored.o").write_text("an ignored file belongs to the tree\n")
        (tree / "noise").write_bytes(os.urandom(400_000))
        return tree

    def pack(self, tree, archive):
        with tarfile.open(archive, "w:" + archive.suffix[1:]) as t:
            t.add(tree, arcname="linux-x")
        return archive

    def sums(self, sha):
        (self.web / "sums.asc").write_text(f"{'0' * 64}  linux-7.3.3.tar.xz\n{sha}  linux-7.3.4.tar.xz\n")

    def pin(self, touched=b"obj-y += x.o\n", **more):
        keys = {"version": "7.3.4", "tag": "v7.3.4", "tarball": "linux-7.3.4.tar.xz",
                "url": f"{self.server.url}/linux-7.3.4.tar.xz", "sums": f"{self.server.url}/sums.asc",
                "sums-key": "0" * 40, "sums-signer": "nobody@localhost.invalid",
                "debian-package": "linux-source-7.3", "debian-version": "7.3.4-1~bpo13+1",
                "debian-suite": "trixie-backports", "debian-deb-sha256": "1" * 64,
                "debian-tarball-sha256": "2" * 64, "debian-tree": "3" * 40, **more}
        text = "".join(f"{k} {v}\n" for k, v in keys.items())
        (self.repo / "KERNEL").write_text("# a pin\n" + text + f"blob {blob(touched)} lib/Makefile\n")

    def command(self, *args, patch="", **env):
        code = DRIVER.format(lib=str(self.repo / "tools" / "lib"), patch=patch, args=[str(a) for a in args],
                             tool=str(self.repo / "tools" / "kernel"))
        full = {**os.environ, "BUILD_DIR": str(self.build), "GNUPGHOME": str(self.tmp / "no-gpg"), **env}
        for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
            full.pop(name, None)
        return subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL,
                                text=True, env=full, cwd=self.tmp, stdin=subprocess.DEVNULL)

    def run_kernel(self, *args, patch="", timeout=90, **env):
        p = self.command(*args, patch=patch, **env)
        try:
            _, err = p.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            p.kill()
            raise
        return p.returncode, err

    def good(self, *args, **kw):
        status, err = self.run_kernel(*args, **kw)
        self.assertEqual(status, 0, err)
        self.assert_tree()
        return err

    def bad(self, message, *args, status=1, **kw):
        got, err = self.run_kernel(*args, **kw)
        self.assertEqual(got, status, err)
        self.assertNotIn("Traceback", err)
        errors = [line for line in err.splitlines() if "error:" in line]
        self.assertEqual(len(errors), 1, err)
        self.assertRegex(errors[0], message)
        self.assert_no_remains()
        return err

    def assert_no_remains(self):
        left = [p.name for p in self.build.glob("linux.*")] if self.build.exists() else []
        self.assertEqual(left, [])

    def assert_tree(self):
        self.assert_no_remains()
        self.assertEqual(self.run_kernel("--check")[0], 0)
        self.assertEqual(self.git("status", "--porcelain", "--ignored"), "")
        self.assertEqual(self.git("rev-parse", "refs/tags/base"), self.git("rev-parse", "refs/heads/base"))
        self.assertIn("series@cnull.invalid", self.git("cat-file", "commit", "refs/tags/base"))
        self.assertTrue((self.linux / "ignored.o").exists())

    def git(self, *args, cwd=None):
        return subprocess.run(["git", *args], cwd=cwd or self.linux, capture_output=True, text=True,
                              check=True).stdout.strip()

    def make_git(self, tree):
        for args in (["init", "-q"], ["add", "-A", "-f"],
                     ["-c", "user.name=x", "-c", "user.email=x@x", "commit", "-q", "-m", "x"]):
            self.git(*args, cwd=tree)

    def until(self, condition, what):
        for _ in range(300):
            if condition():
                return
            time.sleep(0.05)
        self.fail(what)

    # --- kernel.org -------------------------------------------------------

    def test_release_tarball_then_nothing_to_do(self):
        err = self.good()
        self.assertIn("its signature was not checked", err)
        first = self.git("rev-parse", "base")
        served = len(self.server.log)
        self.good()
        self.assertEqual(len(self.server.log), served)
        self.good("--force")
        self.assertEqual(len(self.server.log), served, "the cached archive was not used")
        self.assertEqual(self.git("rev-parse", "base"), first, "the id depends on more than the tree")
        info = json.loads((self.linux / ".git" / "pinned.json").read_text())
        self.assertEqual(info["source"], "kernel.org")

    def test_truncated_download_is_resumed(self):
        self.server.cut = 200_000
        self.good()
        self.assertIn(("/linux-7.3.4.tar.xz", 200_000), self.server.log)

    def test_server_that_cannot_resume(self):
        self.server.cut = 200_000
        self.server.ranges = False
        self.assertIn("closed early, trying again", self.good())

    def test_stale_part_is_not_trusted(self):
        dl = self.build / "dl"
        dl.mkdir(parents=True)
        (dl / "linux-7.3.4.tar.xz.part").write_bytes(b"x" * 100_000)
        self.assertIn("fetching all of it", self.good())

    def test_wrong_hash(self):
        self.sums("a" * 64)
        self.bad("has the sha256 [0-9a-f]{64}, expected a{64}; it was deleted")
        self.assertEqual(list((self.build / "dl").iterdir()), [])
        self.assertFalse(self.linux.exists())
        self.sums(sha256(self.tarball))
        self.good()

    def test_hash_in_pin_rules(self):
        (self.web / "sums.asc").unlink()
        self.pin(sha256=sha256(self.tarball))
        self.good()
        shutil.rmtree(self.linux)
        (self.build / "dl" / "linux-7.3.4.tar.xz").unlink()
        self.pin(sha256="b" * 64)
        self.bad("expected b{64}")

    def test_corrupt_cache_is_fetched_again(self):
        self.good()
        shutil.rmtree(self.linux)
        (self.build / "dl" / "linux-7.3.4.tar.xz").write_bytes(b"rot")
        self.good()

    def test_no_network(self):
        self.server.close()
        self.bad("cannot get Linux 7.3.4 .*127.0.0.1 cannot be reached: connection refused"
                 ".*name no Debian mirror.*--from")
        self.assertFalse(self.linux.exists())
        self.server = Server(self.web)
        self.addCleanup(self.server.close)

    def test_list_without_the_release(self):
        (self.web / "sums.asc").write_text("nothing\n")
        self.bad("does not list linux-7.3.4.tar.xz", "--from", "kernel.org")

    def test_touched_file_differs(self):
        self.pin(touched=b"obj-y += y.o\n")
        self.bad("lib/Makefile differs from the 7.3.4")
        self.assertFalse(self.linux.exists())

    def test_another_release_inside(self):
        self.pack(self.kernel("other", (7, 3, 5, "")), self.tarball)
        self.sums(sha256(self.tarball))
        self.bad("this is Linux 7.3.5, not 7.3.4")

    def test_signature(self):
        if not shutil.which("gpg"):
            self.skipTest("no gpg")
        with Keyring(self.tmp / "gpg") as key:
            self.pin(**{"sums-key": key.id})
            key.sign("--clearsign", self.web / "sums.asc")
            self.assertIn("is good", self.good(GNUPGHOME=str(key.home)))
            shutil.rmtree(self.build)
            sums = self.web / "sums.asc"
            sums.write_text(sums.read_text().replace("7.3.3", "7.3.2"))
            self.bad("signature of .* is not good", GNUPGHOME=str(key.home))
            with Keyring(self.tmp / "gpg2") as other:
                self.sums(sha256(self.tarball))
                other.sign("--clearsign", sums)
                subprocess.run(["gpg", "-q", "--batch", "--import"], env=dict(os.environ, GNUPGHOME=str(key.home)),
                               input=other.public(), check=True, capture_output=True)
                self.bad("signature of .* is not good", GNUPGHOME=str(key.home))

    # --- a Debian mirror --------------------------------------------------

    def deb(self, tree, folder):
        """A fake linux-source package of a tree."""
        inner = folder / "linux-source-7.3.tar.xz"
        self.pack(tree, inner)
        deb = folder / "linux-source-7.3_7.3.4-1~bpo13+1_all.deb"
        return self.deb_of(inner, "usr/src/linux-source-7.3.tar.xz", deb), inner

    def deb_of(self, source, path, deb):
        """A fake package of one file."""
        with tarfile.open(deb.parent / "data.tar.xz", "w:xz") as t:
            t.add(source, arcname=f"./{path}")
        (deb.parent / "debian-binary").write_text("2.0\n")
        with tarfile.open(deb.parent / "control.tar.xz", "w:xz"):
            pass
        deb.unlink(missing_ok=True)
        subprocess.run(["ar", "rc", deb.name, "debian-binary", "control.tar.xz", "data.tar.xz"],
                       cwd=deb.parent, check=True)
        return deb

    def mirror(self, key):
        """A signed mirror with one package, and one that depends on it; returns the code that points apt at it."""
        pool = self.web / "debian" / "pool"
        pool.mkdir(parents=True)
        deb, inner = self.deb(self.tree, pool)
        user = self.deb_of(__file__, "usr/bin/user", pool / "user_1_all.deb")
        arch = subprocess.run(["dpkg", "--print-architecture"], capture_output=True, text=True).stdout.strip()
        dist = self.web / "debian" / "dists" / "trixie-backports"
        packages = dist / "main" / f"binary-{arch}" / "Packages"
        packages.parent.mkdir(parents=True)
        packages.write_text("\n".join(
            f"Package: {name}\nVersion: {version}\nArchitecture: all\nMaintainer: x <x@x>\nDescription: x\n{depends}"
            f"Filename: pool/{path.name}\nSize: {path.stat().st_size}\nSHA256: {sha256(path)}\n"
            for name, version, path, depends in (("linux-source-7.3", "7.3.4-1~bpo13+1", deb, ""),
                                                 ("user", "1", user, "Depends: linux-source-7.3\n"))))
        (dist / "InRelease").write_text(
            f"Suite: trixie-backports\nCodename: trixie-backports\nArchitectures: {arch}\nComponents: main\n"
            f"Date: Thu, 01 Jan 2026 00:00:00 UTC\nSHA256:\n {sha256(packages)} {packages.stat().st_size} "
            f"main/binary-{arch}/Packages\n")
        key.sign("--clearsign", dist / "InRelease")
        self.git("init", "-q", cwd=self.tree)
        self.git("add", "-A", "-f", cwd=self.tree)
        self.pin(**{"url": "http://127.0.0.1:1/x", "sums": "http://127.0.0.1:1/x", "debian-deb-sha256": sha256(deb),
                    "debian-tarball-sha256": sha256(inner), "debian-tree": self.git("write-tree", cwd=self.tree)})
        shutil.rmtree(self.tree / ".git")
        (self.tmp / "key.gpg").write_bytes(key.public())
        sources = self.tmp / "debian.sources"
        sources.write_text(f"Types: deb\nURIs: {self.server.url}/debian\nSuites: bookworm bookworm-updates\n"
                           "Components: main\n")
        return f"apt.SOURCES = (Path({str(sources)!r}),); apt.KEYRING = Path({str(self.tmp / 'key.gpg')!r})"

    def test_debian_mirror(self):
        if not shutil.which("apt-get") or not shutil.which("gpg"):
            self.skipTest("no apt or no gpg")
        with Keyring(self.tmp / "gpg") as key:
            patch = self.mirror(key)
            self.server.cut = None
            self.good(patch=patch)
            info = json.loads((self.linux / ".git" / "pinned.json").read_text())
            self.assertEqual(info["source"], "debian")
            self.assertEqual(len(info["checks"]), 4, info["checks"])
            self.bad("is there already, from debian; --force replaces it", "--from", "kernel.org")

            with self.subTest("a package of another suite, extracted"):
                code = DRIVER[:DRIVER.index("sys.argv")] + "print(apt.fetch_foreign('linux-source-7.3', {args[0]!r}, {args[1]!r}))"
                arch = subprocess.run(["dpkg", "--print-architecture"], capture_output=True, text=True).stdout.strip()
                code = code.format(lib=str(self.repo / "tools" / "lib"), patch=patch, args=[arch, "trixie-backports"])
                for _ in range(2):
                    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60,
                                         env={**os.environ, "BUILD_DIR": str(self.build)})
                    self.assertTrue((Path(out.stdout.strip()) / "usr/src/linux-source-7.3.tar.xz").exists(), out.stderr)
                self.assertEqual(out.stderr, "", "the second time needs no mirror")

            with self.subTest("a package with what it depends on"):
                for depends in (False, True):
                    out = subprocess.run([sys.executable, "-c", code.replace("'linux-source-7.3'", "'user'").replace(
                        "backports')", f"backports', {depends})")], capture_output=True, text=True, timeout=60,
                                         env={**os.environ, "BUILD_DIR": str(self.build)})
                    root = Path(out.stdout.strip())
                    self.assertEqual((root / "bin/user").read_bytes(), Path(__file__).read_bytes(), out.stderr)
                    self.assertEqual((root / "usr/src/linux-source-7.3.tar.xz").exists(), depends)

            with self.subTest("the mirror has another file than its index says"):
                shutil.rmtree(self.build)
                deb = next((self.web / "debian" / "pool").glob("linux-*.deb"))
                data = deb.read_bytes()
                deb.write_bytes(b"X" * len(data))
                self.bad("it was deleted", "--from", "debian", patch=patch)
                deb.write_bytes(data)
            with self.subTest("the mirror does not have the version any more"):
                shutil.rmtree(self.build)
                text = (self.repo / "KERNEL").read_text()
                (self.repo / "KERNEL").write_text(text.replace("debian-version 7.3.4-1", "debian-version 7.3.4-2"))
                self.bad("trixie-backports has no linux-source-7.3=7.3.4-2", "--from", "debian", patch=patch)
                (self.repo / "KERNEL").write_text(text)
            with self.subTest("an index that the keyring does not sign"):
                shutil.rmtree(self.build)
                with Keyring(self.tmp / "gpg3") as other:
                    (self.tmp / "key.gpg").write_bytes(other.public())
                self.bad("gives no index of trixie-backports", "--from", "debian", patch=patch)

    def test_no_keyring(self):
        self.bad("missing.gpg is missing|has no apt", "--from", "debian",
                 patch="apt.KEYRING = Path('/missing.gpg')")

    # --- named archives and trees -------------------------------------------

    def test_named_tarballs(self):
        named = self.tmp / "my files"
        named.mkdir()
        ids = set()
        for suffix in ("xz", "gz"):
            self.good("--force", "--from", self.pack(self.tree, named / f"my kernel.tar.{suffix}"))
            ids.add(self.git("rev-parse", "base"))
        self.assertEqual(len(ids), 1)

    def test_named_package(self):
        folder = self.tmp / "deb"
        folder.mkdir()
        self.good("--from", self.deb(self.tree, folder)[0].rename(folder / "mine.deb"))

    def test_damaged_archives(self):
        short = self.tmp / "short.tar.xz"
        short.write_bytes(self.tarball.read_bytes()[:100_000])
        self.bad("is damaged or no tarball", "--from", short)
        zipped = self.tmp / "x.zip"
        zipped.write_text("no tarball")
        self.bad("is damaged or no tarball", "--from", zipped)
        nothing = self.tmp / "nothing.tar.xz"
        (self.tmp / "empty" / "doc").mkdir(parents=True)
        (self.tmp / "empty" / "doc" / "x").write_text("x")
        self.pack(self.tmp / "empty", nothing)
        self.bad("nothing.tar.xz has no kernel in it", "--from", nothing)
        package = self.tmp / "x.deb"
        package.write_text("no package")
        self.bad("x.deb is not a Debian package", "--from", package)
        self.bad("no such file or folder", "--from", self.tmp / "nowhere")

    def test_pinned_name_with_wrong_hash(self):
        self.pin(sha256="c" * 64)
        self.bad("has the sha256 .* expected c{64}", "--from", self.tarball)

    def test_tree_without_git(self):
        self.assertIn("local changes in it cannot be seen", self.good("--from", self.tree))

    def test_tree_that_was_built_in(self):
        (self.tree / ".config").write_text("\n")
        self.bad("configured or built in .*mrproper", "--from", self.tree)

    def test_git_tree_and_its_local_changes(self):
        self.make_git(self.tree)
        (self.tree / "untracked").write_text("is not part of the commit\n")
        self.good("--from", self.tree)
        self.assertFalse((self.linux / "untracked").exists())
        (self.tree / "noise").write_text("changed\n")
        self.bad(r"has local changes \(noise\)", "--force", "--from", self.tree)

    def test_not_7_3(self):
        for version, name in (((7, 4, 0, "-rc2"), "7.4-rc2"), ((6, 1, 9, ""), "6.1.9"), ((7, 3, 0, "-rc1"), "7.3-rc1")):
            tree = self.kernel(f"not{name}", version)
            self.bad(f"is Linux {re.escape(name)}, not 7.3", "--from", tree)
            self.bad(f"is Linux {re.escape(name)}, not 7.3", "--from", self.pack(tree, self.tmp / "other.tar.xz"))
        self.bad("no kernel tree", "--from", self.web)

    def test_other_point_release(self):
        err = self.good("--from", self.kernel("later", (7, 3, 9, "")))
        self.assertIn("this is Linux 7.3.9, not 7.3.4", err)
        self.bad("in this Linux 7.3.10 lib/Makefile differs", "--force", "--from",
                 self.kernel("much later", (7, 3, 10, ""), touched=b"other\n"))
        self.assert_tree()

    # --- trees that are there -------------------------------------------------

    def test_tree_made_by_hand(self):
        self.build.mkdir()
        shutil.copytree(self.tree, self.linux)
        self.make_git(self.linux)
        self.git("tag", "base")
        self.pin(**{"debian-tree": self.git("rev-parse", "base^{tree}")})
        head = self.git("rev-parse", "HEAD")
        status, err = self.run_kernel()
        self.assertEqual((status, self.git("rev-parse", "base")), (0, head), err)
        self.assertEqual(self.server.log, [])

    def kept(self, *args):
        """The old tree, which this run sets aside."""
        status, err = self.run_kernel(*args)
        self.assertEqual(status, 0, err)
        self.assertEqual(self.run_kernel("--check")[0], 0)
        kept, = self.build.glob("linux.old.*")
        self.assertIn(f"it is now {kept}", err)
        return kept

    def commit(self, subject):
        self.git("-c", "user.name=x", "-c", "user.email=x@x", "commit", "-q", "-a", "--allow-empty", "-m", subject)

    def test_half_unpacked(self):
        self.linux.mkdir(parents=True)
        (self.linux / "Makefile").write_text(MAKEFILE.format(7, 3, 4, ""))
        self.assertEqual(self.run_kernel("--check")[0], 1)
        self.kept()

    def test_a_clone_of_somebody(self):
        self.build.mkdir()
        shutil.copytree(self.tree, self.linux)
        self.make_git(self.linux)
        self.git("branch", "mine")
        self.assertEqual(self.git("log", "--format=%s", "mine", cwd=self.kept()), "x")

    def test_a_tree_of_somebody_without_git(self):
        self.build.mkdir()
        shutil.copytree(self.tree, self.linux)
        (self.linux / "noise").write_text("my work\n")
        self.assertEqual((self.kept() / "noise").read_text(), "my work\n")

    def test_branches_are_kept(self):
        self.good()
        self.git("checkout", "-q", "-b", "mine")
        self.commit("mine")
        self.git("checkout", "-q", "base")
        kept = self.kept("--force")
        self.assertEqual(self.git("log", "-1", "--format=%s", "mine", cwd=kept), "mine")

    def test_a_stash_is_kept(self):
        self.good()
        (self.linux / "noise").write_text("my work\n")
        self.git("-c", "user.name=x", "-c", "user.email=x@x", "stash", "-q")
        self.assertEqual(self.git("show", "stash:noise", cwd=self.kept("--force")), "my work")

    def test_the_series_alone_is_saved_as_a_bundle(self):
        self.good()
        self.git("update-ref", "refs/worktree/series", "base")
        self.git("checkout", "-q", "-b", "series")
        self.commit("one")
        status, err = self.run_kernel("--force")
        self.assertEqual(status, 0, err)
        self.assertEqual([p.suffix for p in self.build.glob("linux.*")], [".bundle"], err)

    def test_work_in_the_old_tree_is_kept(self):
        self.good()
        (self.linux / "noise").write_text("my work\n")
        self.assertEqual((self.kept("--force") / "noise").read_text(), "my work\n")

    def test_a_new_file_where_all_is_ignored_is_kept(self):
        (self.tree / ".gitignore").write_text("/*\n")
        self.pack(self.tree, self.tarball)
        self.sums(sha256(self.tarball))
        self.good()
        (self.linux / "lib/new.c").write_text("my work\n")
        self.assertEqual((self.kept("--force") / "lib/new.c").read_text(), "my work\n")

    def test_what_git_cannot_read_is_kept(self):
        self.good()
        (self.linux / "noise").write_text("my work\n")
        (self.linux / ".git/index").write_text("garbage\n")
        self.assertEqual((self.kept("--force") / "noise").read_text(), "my work\n")

    def test_tree_of_another_user(self):
        self.good()
        (self.linux / "noise").write_text("their work\n")
        for args in ((), ("--force",), ("--check",)):
            self.bad(f"git refuses {self.linux} .uid [0-9]+ owns it.: run as that user or set BUILD_DIR", *args,
                     GIT_TEST_ASSUME_DIFFERENT_OWNER="1")
        self.assertEqual((self.linux / "noise").read_text(), "their work\n")

    def test_moved_base_tag(self):
        self.good()
        (self.linux / "noise").write_text("x")
        self.commit("moved")
        self.git("tag", "-f", "base")
        self.assertEqual(self.run_kernel("--check")[0], 1)
        self.assertEqual(self.git("log", "-1", "--format=%s", "base", cwd=self.kept()), "moved")

    # --- trouble in the middle ------------------------------------------------

    def test_interrupted_download(self):
        self.server.slow = 0.4
        p = self.command()
        part = self.build / "dl" / "linux-7.3.4.tar.xz.part"
        self.until(lambda: part.exists() and part.stat().st_size > 60_000, "nothing arrived")
        p.send_signal(signal.SIGINT)
        _, err = p.communicate(timeout=20)
        self.assertEqual(p.returncode, 130, err)
        self.assertNotIn("Traceback", err)
        self.assert_no_remains()
        self.server.slow = 0
        self.good()
        self.assertGreater(self.server.log[-1][1], 0, "it did not go on where it was")

    def slow_tar(self):
        """A tar that leaves a pid and then hangs."""
        folder = self.tmp / "bin"
        folder.mkdir()
        tar = folder / "tar"
        tar.write_text(f"#!/bin/sh\n/bin/tar \"$@\"\necho $$ >{self.tmp}/pid\nexec sleep 60\n")
        tar.chmod(0o755)
        return f"{folder}:{os.environ['PATH']}"

    def test_killed_while_unpacking(self):
        for sig, status in ((signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -9)):
            with self.subTest(sig):
                shutil.rmtree(self.tmp / "bin", ignore_errors=True)
                (self.tmp / "pid").unlink(missing_ok=True)
                p = self.command(PATH=self.slow_tar())
                self.until((self.tmp / "pid").exists, "tar was not reached")
                self.until(lambda: (self.tmp / "pid").read_text().strip(), "no pid")
                pid = int((self.tmp / "pid").read_text())
                p.send_signal(sig)
                _, err = p.communicate(timeout=20)
                self.assertEqual(p.returncode, status, err)
                self.assertFalse(self.linux.exists())
                if sig == signal.SIGKILL:
                    os.kill(pid, signal.SIGKILL)
                    self.assertEqual(len(list(self.build.glob("linux.new.*"))), 1)
                else:
                    self.assert_no_remains()
                    self.assertRaises(ProcessLookupError, os.kill, pid, 0)
        self.assertIn("left by a run that was killed", self.good())

    def test_interrupted_while_the_old_tree_goes(self):
        self.good()
        patch = ("import shutil\nremove = shutil.rmtree\ndef stop(path, **how):\n    if 'linux.new' in str(path):\n"
                 "        return remove(path, **how)\n    raise KeyboardInterrupt\nshutil.rmtree = stop")
        status, err = self.run_kernel("--force", patch=patch)
        self.assertEqual(status, 130, err)
        self.assertEqual(self.run_kernel("--check")[0], 0)
        self.assertIn("left by a run that was killed", self.good())

    def test_second_run_waits(self):
        self.server.slow = 0.4
        first = self.command()
        self.until(lambda: self.server.log, "the first run fetched nothing")
        second = self.command()
        _, err = second.communicate(timeout=60)
        self.assertEqual(second.returncode, 0, err)
        self.assertIn(f"in use by process {first.pid}", err)
        _, err = first.communicate(timeout=60)
        self.assertEqual(first.returncode, 0, err)
        self.assert_tree()

    def test_too_little_room(self):
        self.bad("not enough room for the kernel tree: needs 1000000.0 GB", patch="pinned.ROOM = 10 ** 15")

    def test_full_disk(self):
        if os.geteuid():
            self.skipTest("a small file system needs root")
        self.build.mkdir()
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "x", self.build], capture_output=True).returncode:
            self.skipTest("cannot mount a small file system here")
        try:
            self.bad("the disk of .* is full", patch="pinned.ROOM = 0")
            self.assertFalse(self.linux.exists())
            self.tarball = self.web / "linux-7.3.4.tar.xz"
            (self.tree / "noise").write_bytes(os.urandom(3 << 20))
            self.pack(self.tree, self.tarball)
            self.sums(sha256(self.tarball))
            shutil.rmtree(self.build / "dl")
            self.bad("not enough room for linux-7.3.4.tar.xz", patch="pinned.ROOM = 0")
            self.bad("the disk of .* is full while fetching", patch="pinned.ROOM = 0; fetch.need_space = print")
            self.assertEqual(list((self.build / "dl").iterdir()), [])
        finally:
            subprocess.run(["umount", "-l", self.build], check=True)

    def test_nothing_can_be_written(self):
        # the lock is the first file that is written
        status, err = self.run_kernel(patch="import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
                                            "resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))")
        self.assertEqual(status, 1, err)
        self.assertNotIn("Traceback", err)
        self.assertRegex(err.splitlines()[-1], "^kernel: error: ")
        self.good()

    def test_build_folder_elsewhere(self):
        cache = self.tmp / "cache"
        status, err = self.run_kernel(BUILD_DIR="", XDG_CACHE_HOME=str(cache))
        self.assertEqual(status, 0, err)
        self.assertIn("cannot be built below a path with ' '", err)
        self.assertEqual(len(list(cache.glob("*/*/linux/.git"))), 1)
        self.assertFalse((self.repo / "build").exists())


class Keyring:
    """A throw-away OpenPGP key."""

    def __init__(self, home):
        self.home = home

    def __enter__(self):
        self.home.mkdir(mode=0o700)
        self.gpg("--passphrase", "", "--quick-gen-key", "test@localhost.invalid", "rsa2048")
        self.id = re.search(r"^fpr:+([0-9A-F]{40}):", self.gpg("--with-colons", "-k").decode(), re.M)[1]
        return self

    def __exit__(self, *_exc):
        subprocess.run(["gpgconf", "--homedir", self.home, "--kill", "all"], capture_output=True)

    def gpg(self, *args):
        return subprocess.run(["gpg", "-q", "--batch", "--pinentry-mode", "loopback", *args], check=True,
                              capture_output=True, env=dict(os.environ, GNUPGHOME=str(self.home))).stdout

    def sign(self, how, path):
        self.gpg("-o", str(path) + ".new", how, str(path))
        os.rename(str(path) + ".new", path)

    def public(self):
        return self.gpg("--export")


if __name__ == "__main__":
    unittest.main()
