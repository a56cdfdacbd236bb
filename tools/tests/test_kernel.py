# SPDX-License-Identifier: GPL-2.0
"""tools/kernel: where it gets a kernel from, and what it refuses."""
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import unittest
from pathlib import Path

from kernel_fake import DRIVER, KernelCase, Server, sha256


class KernelSourceTest(KernelCase):
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
