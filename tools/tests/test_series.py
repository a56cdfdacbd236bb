# SPDX-License-Identifier: GPL-2.0
"""tools/series on a throw-away series: the frame, tree, check, interruptions."""
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from series_fake import Fake, SeriesTest, lines  # noqa: E402


class Frame(SeriesTest):
    def test_nothing_yet(self):
        self.ok("tree")
        self.ok("refresh")
        self.ok("check")

    def test_first_commits_become_the_series(self):
        self.three()
        names = list(self.f.patches())
        self.assertEqual(names, ["0001-lib-list_sort-add-a-variant.patch", "0002-block-cnull-add-a-driver.patch",
                                 "0003-block-cnull-add-queues.patch"])
        self.assertEqual(self.f.own("series"), "".join(n + "\n" for n in names))
        self.assertIn("queue b", self.f.own("drivers-block-cnull/main.c"))
        self.assertEqual(self.f.own("lib-list_sort/lib/list_sort_fast.c"), lines(10, "fast"))
        self.assertIn("blob " + self.f.git("rev-parse", "base:lib/list_sort.c") + " lib/list_sort.c",
                      self.f.own("KERNEL"))
        self.assertTrue(self.f.own("KERNEL").startswith("# the pin\nversion 7.3.4\n"))
        self.assertIn(b"Date: Sat, 9 Mar 2024 16:00:00 +0000", self.f.patches()[names[0]])
        self.ok("check")


    def test_same_bytes_in_another_clone_another_day_another_zone(self):
        self.three()
        with tempfile.TemporaryDirectory() as top:
            g = Fake(top, "clone")
            for part in ("patches", "drivers-block-cnull", "lib-list_sort"):
                shutil.copytree(self.f.root / part, g.root / part)
            for part in ("series", "KERNEL"):
                shutil.copy(self.f.root / part, g.root / part)
            env = {"TZ": "Pacific/Auckland", "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_AUTHOR_DATE": "1 +0000",
                   "GIT_EXTERNAL_DIFF": "false", "COLUMNS": "40"}
            before = g.state()
            for command in ("tree", "refresh", "check"):
                status, out = g.series(command, env=env)
                self.assertEqual(status, 0, out)
            self.assertEqual(before, g.state())
            self.assertEqual(g.git("rev-parse", "series"), self.f.git("rev-parse", "series"))

    def test_git_am_by_somebody_else(self):
        self.three()
        self.f.git("worktree", "add", "-q", "--detach", self.f.top / "am", "base")
        self.f.git("am", "-q", *sorted((self.f.root / "patches").iterdir()), cwd=self.f.top / "am")
        self.assertEqual(self.f.git("rev-parse", "HEAD^{tree}", cwd=self.f.top / "am"),
                         self.f.git("rev-parse", "series^{tree}"))

    def test_mbox(self):
        self.three()
        self.bad("0000-cover-letter.txt is missing", "mbox")
        self.f.own("patches/0000-cover-letter.txt", "a series\n\nWords.\n")
        self.ok("mbox", self.f.top / "mbox")
        self.f.git("worktree", "add", "-q", "--detach", self.f.top / "am", "base")
        self.f.git("am", "-q", "--empty=drop", self.f.top / "mbox", cwd=self.f.top / "am")
        self.assertEqual(self.f.git("rev-parse", "HEAD^{tree}", cwd=self.f.top / "am"),
                         self.f.git("rev-parse", "series^{tree}"))
        self.ok("check")

    def test_letter_is_no_patch(self):
        self.three()
        letter = self.f.own("patches/0000-cover-letter.txt", "a series of three\n\nWords that nothing else has.\n")
        self.f.own("drivers-block-cnull/main.c", self.f.own("drivers-block-cnull/main.c") + "end\n")
        out = self.ok("refresh")
        self.assertIn("3 patches", out)
        self.assertNotIn("cover-letter", out + self.f.own("series"))
        self.assertEqual(self.f.own("patches/0000-cover-letter.txt"), letter)
        self.ok("check")
        self.ok("mbox", self.f.top / "mbox")
        first = (self.f.top / "mbox").read_text().split("\nFrom 0000")[0]
        self.assertIn("Subject: [PATCH 0/3] a series of three\n", first)
        self.assertIn("\nWords that nothing else has.\n", first)
        self.assertIn("3. block: cnull: add queues\n", first)

    def test_nobody_configured(self):
        env = {"GIT_CONFIG_GLOBAL": "/dev/null", "HOME": str(self.f.root / "tools"), "EMAIL": ""}
        self.three()
        self.f.own("drivers-block-cnull/main.c", self.f.own("drivers-block-cnull/main.c") + "end\n")
        for command in (["refresh"], ["check"], ["tree", self.f.top / "elsewhere"]):
            self.ok(*command, env=env)

    def test_read_only_clone(self):
        self.three()
        f = self.f
        somebody = 65534 if os.geteuid() == 0 else None
        f.top.chmod(0o755)
        for path in [f.root, *f.root.rglob("*")]:
            path.chmod(path.stat().st_mode & ~0o222)
            self.addCleanup(path.chmod, 0o755)
        if somebody:
            for path in [f.build, *f.build.rglob("*")]:
                os.chown(path, somebody, somebody)
        f.user = somebody
        self.ok("check")
        self.ok("tree")
        self.ok("refresh")
        f.edit("drivers/block/cnull/main.c", "main 2\n", "two\n")
        self.bad("cannot write ", "refresh")
        self.assertFalse((f.build / "series.journal").exists())
        self.ok("check")


class Tree(SeriesTest):
    def test_unchanged_files_are_not_written(self):
        self.three()
        stamps = {f: f.stat().st_mtime_ns for f in self.f.linux.rglob("*") if ".git" not in f.parts and f.is_file()}
        self.f.own("drivers-block-cnull/main.c", self.f.own("drivers-block-cnull/main.c").replace("main 2\n", "two\n"))
        self.ok("refresh")
        self.ok("tree")
        changed = [f.name for f, t in stamps.items() if f.stat().st_mtime_ns != t]
        self.assertEqual(changed, ["main.c"])

    def test_base_only_and_back(self):
        self.three()
        tip = self.f.git("rev-parse", "series")
        self.ok("tree", "--base-only")
        self.assertFalse((self.f.linux / "drivers/block/cnull").exists())
        self.ok("refresh")
        self.assertEqual(self.f.git("rev-parse", "HEAD"), tip)
        self.ok("tree", "--base-only")
        self.ok("tree")
        self.assertEqual(self.f.git("rev-parse", "HEAD"), tip)
        self.assertEqual(self.f.git("symbolic-ref", "HEAD"), "refs/heads/series")

    def test_edits_and_commits_are_not_lost(self):
        self.three()
        self.f.edit("drivers/block/Kconfig", "config 7\n", "seven\n")
        self.f.put("drivers/block/cnull/new.c", "new\n")
        out = self.bad("drivers/block/Kconfig, drivers/block/cnull/new.c", "tree")
        self.assertIn("tools/series refresh", out)
        self.f.git("add", "-A", "-f")
        self.bad("drivers/block/Kconfig", "tree", "--base-only")
        self.f.git("commit", "-q", "-m", "block: cnull: more")
        self.bad("commits that patches/ does not have", "tree")
        self.ok("tree", "--discard")
        self.assertEqual(self.f.git("status", "--porcelain", "--ignored"), "")
        self.ok("check")

    def test_elsewhere(self):
        self.three()
        there = self.f.top / "some where"
        self.ok("tree", there)
        self.ok("tree", "some where")
        self.assertEqual(self.f.git("rev-parse", "HEAD", cwd=there), self.f.git("rev-parse", "series"))
        (there / "MAINTAINERS").write_text("mine\n")
        self.bad("MAINTAINERS", "tree", there)
        self.ok("tree", there, "--discard")
        other = self.f.top / "other"
        other.mkdir()
        (other / "file").write_text("mine\n")
        self.bad("is not a worktree", "tree", other)

    def test_series_moved_on_without_the_tree(self):
        self.three()
        old = self.f.git("rev-parse", "series")
        self.f.own("drivers-block-cnull/main.c", self.f.own("drivers-block-cnull/main.c") + "end\n")
        self.ok("refresh")
        new = self.f.git("rev-parse", "series")
        # as after a pull: patches/ are new, the tree is what it was
        self.f.git("reset", "-q", "--hard", old)
        self.f.git("update-ref", "refs/worktree/series", old)
        self.f.edit("drivers/block/Kconfig", "config 7\n", "seven\n")
        self.bad("git stash", "refresh")
        self.f.git("checkout", "-q", "drivers/block/Kconfig")
        self.ok("tree")
        self.assertEqual(self.f.git("rev-parse", "HEAD"), new)

    def test_only_looking(self):
        self.three()
        tip = self.f.git("rev-parse", "HEAD")
        self.ok("tree", "--check")
        self.f.edit("drivers/block/Kconfig", "config 7\n", "seven\n")
        self.bad("is not the series, or has edits", "tree", "--check")
        self.f.git("checkout", "-q", "drivers/block/Kconfig")
        self.f.put("drivers/block/cnull/new.c", "new\n")
        self.bad("is not the series, or has edits", "tree", "--check")
        self.f.git("clean", "-q", "-d", "-f", "-x")
        self.ok("tree", "--check")
        self.f.git("reset", "-q", "--hard", "HEAD~")
        self.bad("is not the series, or has edits", "tree", "--check")
        self.assertNotEqual(self.f.git("rev-parse", "HEAD"), tip)
        shutil.rmtree(self.f.linux)
        self.bad("is not the series, or has edits", "tree", "--check")
        self.assertFalse(self.f.linux.exists())

    def test_unfinished_rebase(self):
        self.three()
        (self.f.linux / ".git/rebase-merge").mkdir()
        self.bad("rebase is under way", "refresh")
        self.bad("rebase is under way", "tree")


class Check(SeriesTest):
    def setUp(self):
        super().setUp()
        self.three()
        self.names = list(self.f.patches())

    def change(self, name, old, new):
        text = self.f.own("patches/" + name)
        self.assertIn(old, text)
        self.f.own("patches/" + name, text.replace(old, new, 1))

    def test_series_and_folder(self):
        f = self.f
        good = f.own("series")
        f.own("series", good.replace(self.names[1] + "\n", ""))
        for command in ("check", "tree", "refresh"):
            self.bad(f"patches/{self.names[1]} is not named in series", command)
        f.own("series", good + "0004-not-there.patch\n")
        self.bad("series names 0004-not-there.patch, which is not in patches/", "check")
        f.own("series", good + self.names[0] + "\n")
        self.bad(f"series names {self.names[0]} more than once", "check")
        f.own("series", good)
        os.rename(f.root / "patches" / self.names[2], f.root / "patches/0003-other.patch")
        self.bad("is not named in series", "check")
        f.own("series", good.replace(self.names[2], "0003-other.patch"))
        self.bad(f"patches/0003-other.patch would be exported as {self.names[2]}", "check")
        self.ok("refresh")
        self.assertEqual(f.own("series"), good)
        f.own("series", "".join(reversed(good.splitlines(keepends=True))))
        self.bad("its name must begin with 0001-", "check")

    def test_hand_edited_patch(self):
        self.change(self.names[1], "+main 3\n", "+main three\n")
        out = self.bad("drivers-block-cnull/main.c is not what", "check")
        self.assertIn("edited by hand?", out)
        self.bad("was edited by hand", "refresh")
        # the folder follows: then the edit is wanted, and refresh makes the patch whole
        main = self.f.own("drivers-block-cnull/main.c")
        self.f.own("drivers-block-cnull/main.c", main.replace("main 3\n", "main three\n"))
        self.ok("refresh")
        self.ok("check")

    def test_hand_edited_patch_that_breaks_the_next(self):
        self.change(self.names[1], "+main 10\n", "+main ten\n")
        for command in ("check", "tree", "refresh"):
            self.bad(f"patches/{self.names[2]} does not apply", command)

    def test_crlf(self):
        f = self.f.root / "patches" / self.names[0]
        f.write_bytes(f.read_bytes().replace(b"\n", b"\r\n"))
        for command in ("check", "tree", "refresh"):
            self.bad(f"patches/{self.names[0]}: CRLF", command)

    def test_folder_drift(self):
        f = self.f
        f.own("drivers-block-cnull/stray.c", "x\n")
        self.bad("drivers-block-cnull/stray.c: no patch creates", "check")
        (f.root / "drivers-block-cnull/stray.c").unlink()
        (f.root / "drivers-block-cnull/Makefile").unlink()
        self.bad("drivers-block-cnull/Makefile is missing", "check")

    def test_headers(self):
        for old, new, says in (
                ("From: cnull and domains project <series@cnull.invalid>", "From: Me <me@example.org>", "author"),
                ("[PATCH] block", "[PATCH 2/3] block", "without numbers"),
                ("block: cnull: add a driver", "cnull: add a driver", "no known area"),
                ("Because the test", "Because of " + "x" * 80 + " the test", "a line of"),
                ("Because the test wants it so,\nand for no other reason.\n", "\n", "no body"),
                ("for no other reason.\n", "for no other reason.\n\nSigned-off-by: Me <me@example.org>\n",
                 "Signed-off-by"),
                ("Date: Sat, 9 Mar 2024 16:01:40 +0000", "Date: Sat, 9 Mar 2024 17:01:40 +0100", "UTC"),
                ("Date: Sat, 9 Mar 2024 16:01:40 +0000\n", "", "is missing"),
                ("Date:", "Reply-To: me@example.org\nDate:", "the mail header is"),
                ("Mon Sep 17", "Tue Sep 18", "first line"),
                ("Because", "From: me\nBecause", "like a mail header"),
                ("\n---\n", "\n", "edited by hand?")):
            with self.subTest(says=says):
                text = self.f.own("patches/" + self.names[1])
                self.change(self.names[1], old, new)
                self.bad(says, "check", "--quick")
                self.f.own("patches/" + self.names[1], text)
        self.ok("check", "--quick")

    def other_base(self, old, new):
        """The same series on a kernel where drivers/block/Kconfig differs."""
        f = self.f
        oid = f.git("rev-parse", "base:drivers/block/Kconfig")
        f.git("checkout", "-q", "--detach", "base")
        f.edit("drivers/block/Kconfig", old, new)
        f.git("commit", "-q", "-a", "-m", "another point release")
        f.git("tag", "-f", "base")
        f.git("update-ref", "refs/worktree/series", "HEAD")
        return oid, f.git("rev-parse", "base:drivers/block/Kconfig")

    def test_another_point_release_that_fits(self):
        pinned, found = self.other_base("config 13\n", "thirteen\n")
        out = self.ok("check")
        self.assertIn(f"drivers/block/Kconfig is blob {found} in the base, {pinned} in KERNEL", out)
        self.ok("tree")
        self.bad("this is not the pinned kernel", "refresh")

    def test_another_point_release_that_does_not_fit(self):
        pinned, found = self.other_base("config 5\n", "five\n")
        for command in ("check", "tree"):
            out = self.bad(f"patches/{self.names[1]} does not apply", command)
            self.assertIn(pinned, out)
            self.assertIn(found, out)
            self.assertIn("drivers/block/Kconfig", out)

    def test_blob_lines(self):
        f = self.f
        good = f.own("KERNEL")
        f.own("KERNEL", good.replace("blob ", "# blob "))
        self.bad("KERNEL has no blob line for drivers/block/Kconfig", "check")
        self.ok("refresh")
        f.own("KERNEL", good + "blob " + "1" * 40 + " MAINTAINERS\n")
        self.bad("KERNEL has a blob line for MAINTAINERS", "check")
        self.ok("refresh")
        self.assertEqual(f.own("KERNEL"), good)


class Interruption(SeriesTest):
    def test_kill_leaves_one_whole_series(self):
        self.three()
        f = self.f
        rng = random.Random(3)
        main = f.own("drivers-block-cnull/main.c")
        start = time.monotonic()
        f.own("drivers-block-cnull/main.c", main.replace("main 2\n", "try\n"))
        self.ok("refresh")
        full = time.monotonic() - start
        whole = 0
        for n in range(5):
            f.own("drivers-block-cnull/main.c", main.replace("main 2\n", f"try{n}\n"))
            p = subprocess.Popen([f.root / "tools/series", "refresh"], env=f.env, stdout=subprocess.DEVNULL,
                                 stderr=subprocess.DEVNULL)
            time.sleep(rng.uniform(0.2, 1.05) * full)
            whole += p.poll() is None
            p.send_signal(signal.SIGKILL)
            p.wait()
            # the edit is either in the folder alone or in all; the next run brings it home
            self.ok("refresh")
            self.ok("check", "--quick")
            self.assertIn(f"try{n}\n", f.own("drivers-block-cnull/main.c"))
            self.assertEqual((f.linux / "drivers/block/cnull/main.c").read_text(), f.own("drivers-block-cnull/main.c"))
            self.assertEqual(f.git("status", "--porcelain"), "")
        self.assertGreater(whole, 1)

    def with_git(self, when, action):
        """An environment in which git does something else first, once, when called with `when`."""
        folder = self.f.top / "bin"
        folder.mkdir(exist_ok=True)
        once = self.f.top / "once"
        once.touch()
        (folder / "git").write_text(f"""#!/bin/sh
case " $* " in *" {when} "*) if [ -e '{once}' ]; then rm '{once}'; {action}; fi ;; esac
exec {shutil.which("git")} "$@"
""")
        (folder / "git").chmod(0o755)
        return {"PATH": f"{folder}:{os.environ['PATH']}"}

    def test_kill_at_each_stage(self):
        self.three()
        f = self.f
        for n, stage in enumerate(("diff-tree", "fast-import", "write-tree", "format-patch", "read-tree -m",
                                   "update-ref", "symbolic-ref")):
            with self.subTest(stage=stage):
                f.own("drivers-block-cnull/main.c", f"stage {n}\n" + f.own("drivers-block-cnull/main.c"))
                before = f.state()
                status, out = f.series("refresh", env=self.with_git(stage, "kill -9 $PPID; sleep 0.1"))
                self.assertEqual(status, -signal.SIGKILL, out)
                self.assertFalse((f.top / "once").exists())
                if n < 4:
                    self.assertEqual(f.state(), before)
                self.ok("refresh")
                self.ok("check")
                self.assertIn(f"stage {n}\n", (f.linux / "drivers/block/cnull/main.c").read_text())
                self.assertEqual(f.git("status", "--porcelain"), "")

    def test_edits_while_it_runs(self):
        self.three()
        f = self.f
        for file in (f.root / "drivers-block-cnull/main.c", f.linux / "drivers/block/Kconfig"):
            f.own("drivers-block-cnull/main.c", "one\n" + f.own("drivers-block-cnull/main.c"))
            old = f.own("series"), f.patches()
            status, out = f.series("refresh", env=self.with_git("format-patch", f"echo late >> '{file}'"))
            self.assertEqual(status, 1, out)
            self.assertIn("edited while this ran", out)
            self.assertEqual(old, (f.own("series"), f.patches()))
            self.assertTrue(file.read_text().endswith("late\n"))
            self.ok("refresh", "--into", "2")
            self.ok("check")

    def test_journal_is_finished_or_refused(self):
        """The moment between laying down the journal and moving it into place."""
        self.three()
        f = self.f
        old = f.state()
        f.own("drivers-block-cnull/main.c", f.own("drivers-block-cnull/main.c").replace("main 2\n", "two\n"))
        edited = f.state()
        # the process ends there, as if killed
        code = ("import os, runpy, sys; sys.dont_write_bytecode = True; tool = sys.argv[1]; "
                "sys.path.insert(0, os.path.dirname(tool) + '/lib'); import series_store; "
                "series_store._replay = lambda *a: os._exit(9); sys.argv = [tool, 'refresh']; "
                "runpy.run_path(tool, run_name='__main__')")
        p = subprocess.run(["python3", "-c", code, f.root / "tools/series"], env=f.env, timeout=60,
                           capture_output=True)
        self.assertEqual(p.returncode, 9)
        self.assertEqual(f.state(), edited)
        out = self.ok("check", "--quick")
        self.assertIn("finishing a refresh that was interrupted", out)
        self.assertNotEqual(f.state(), old)
        self.ok("tree")
        self.ok("check")

    def test_two_at_once(self):
        self.three()
        self.f.own("drivers-block-cnull/main.c", self.f.own("drivers-block-cnull/main.c") + "end\n")
        runs = [subprocess.Popen([self.f.root / "tools/series", "refresh"], env=self.f.env, text=True,
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT) for _ in range(3)]
        for p in runs:
            out, _ = p.communicate(timeout=60)
            self.assertEqual(p.returncode, 0, out)
        self.ok("check")


if __name__ == "__main__":
    unittest.main()
