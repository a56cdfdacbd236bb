# SPDX-License-Identifier: GPL-2.0
"""tools/kernel: whose trees it keeps, and what interrupts it."""
import os
import shutil
import signal
import subprocess
import unittest

from kernel_fake import KernelCase, MAKEFILE, sha256


class KernelTreeTest(KernelCase):
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


if __name__ == "__main__":
    unittest.main()
