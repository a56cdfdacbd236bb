# SPDX-License-Identifier: GPL-2.0
"""tools/series on throw-away series: a few files for a kernel, a copy of tools/ for the repository."""
import os
import random
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

TOOLS = Path(__file__).resolve().parent.parent
BODY = "Because the test wants it so,\nand for no other reason.\n"
# a person with settings that must not matter
HOSTILE = """\
[user]
\tname = A Developer
\temail = dev@example.org
[diff]
\tnoprefix = true
\tcontext = 9
[format]
\tsignature = from me
\tnumbered = true
[core]
\tautocrlf = true
[commit]
\tgpgSign = false
"""


def lines(n, what):
    return "".join(f"{what} {i}\n" for i in range(n))


class Fake:
    """A repository, a kernel of few files, and a person's git."""

    def __init__(self, top, name="some repository", like=None):
        self.top = Path(top)
        self.root = self.top / name
        self.build = self.top / (name.replace(" ", "-") + "-build")
        self.linux = self.build / "linux"
        (self.top / "config").write_text(HOSTILE)
        self.env = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
        self.env.update(BUILD_DIR=str(self.build), GIT_CONFIG_GLOBAL=str(self.top / "config"), HOME=str(self.top),
                        GIT_CONFIG_NOSYSTEM="1", NO_COLOR="1")
        if like:
            shutil.copytree(like.root, self.root)
            shutil.copytree(like.build, self.build)
            return
        shutil.copytree(TOOLS / "lib", self.root / "tools/lib", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(TOOLS / "series", self.root / "tools/series")
        (self.root / "KERNEL").write_text("# the pin\nversion 7.3.4\n\n# touched files\n")
        self.make_kernel()

    def make_kernel(self):
        self.linux.mkdir(parents=True)
        self.git("init", "-q", "-b", "main")
        self.put("drivers/block/Kconfig", lines(30, "config"))
        self.put("drivers/block/Makefile", lines(10, "obj"))
        self.put("MAINTAINERS", lines(40, "entry"))
        self.put("lib/list_sort.c", lines(20, "sort"))
        self.put(".gitignore", "*.o\n/*\n!/debian/\n")
        self.git("add", "-A", "-f")
        self.git("commit", "-q", "-m", "base", env={"GIT_COMMITTER_DATE": "1700000000 +0000",
                                                    "GIT_AUTHOR_DATE": "1700000000 +0000"})
        self.git("tag", "base")

    def git(self, *args, env=None, cwd=None):
        p = subprocess.run(["git", *map(str, args)], cwd=cwd or self.linux, env={**self.env, **(env or {})}, text=True,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
        if p.returncode:
            raise AssertionError(f"git {args}: {p.stdout}")
        return p.stdout.strip()

    def put(self, path, text):
        file = self.linux / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def own(self, path, text=None):
        file = self.root / path
        if text is not None:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        return file.read_text()

    def series(self, *args, cwd=None, env=None):
        p = subprocess.run([self.root / "tools/series", *map(str, args)], cwd=cwd or self.top,
                           env={**self.env, **(env or {})}, text=True, stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, timeout=120)
        return p.returncode, p.stdout

    def commit(self, subject, files, body=BODY, date=None):
        for path, text in files.items():
            self.put(path, text)
        self.git("add", "-A", "-f")
        when = {"GIT_AUTHOR_DATE": f"{date} +0200"} if date else {}
        self.git("commit", "-q", "-m", f"{subject}\n\n{body}", env=when)

    def edit(self, path, old, new):
        file = self.linux / path
        text = file.read_text()
        assert text.count(old) == 1, (path, old, text)
        file.write_text(text.replace(old, new))

    def patches(self):
        return {f.name: f.read_bytes() for f in sorted((self.root / "patches").iterdir())}

    def state(self):
        """Everything that a refresh may write."""
        return {str(f.relative_to(self.root)): f.read_bytes() for f in sorted(self.root.rglob("*"))
                if f.is_file() and "tools" not in f.relative_to(self.root).parts}


class SeriesTest(unittest.TestCase):
    made = None

    def setUp(self):
        temp = tempfile.TemporaryDirectory()
        self.addCleanup(temp.cleanup)
        self.f = Fake(temp.name)

    def ok(self, *args, **kw):
        status, out = self.f.series(*args, **kw)
        self.assertEqual(status, 0, out)
        return out

    def bad(self, text, *args, **kw):
        """Fails, says so, and changes nothing."""
        before = self.f.state()
        status, out = self.f.series(*args, **kw)
        self.assertEqual(status, 1, out)
        self.assertIn(text, out)
        self.assertNotIn("Traceback", out)
        self.assertEqual(before, self.f.state())
        return out

    def three(self):
        """A driver in two patches, and a sort; made once, then copied."""
        if SeriesTest.made is None:
            temp = tempfile.TemporaryDirectory()
            unittest.addModuleCleanup(temp.cleanup)
            SeriesTest.made = Fake(temp.name)
            self.make_three(SeriesTest.made)
        shutil.rmtree(self.f.root)
        shutil.rmtree(self.f.build)
        self.f = Fake(self.f.top, like=SeriesTest.made)

    def make_three(self, f):
        f.commit("lib/list_sort: add a variant", {
            "lib/list_sort_fast.c": lines(10, "fast"),
            "lib/list_sort.c": lines(20, "sort").replace("sort 3\n", "sort 3\nhook\n")}, date=1710000000)
        f.commit("block: cnull: add a driver", {
            "drivers/block/cnull/main.c": lines(20, "main"), "drivers/block/cnull/Makefile": "obj main\n",
            "drivers/block/Kconfig": lines(30, "config").replace("config 5\n", "config 5\nsource cnull\n")},
            date=1710000100)
        main = lines(20, "main").replace("main 10\n", "queue a\nqueue b\nqueue c\n") + "tail\n"
        f.commit("block: cnull: add queues", {
            "drivers/block/cnull/main.c": main,
            "drivers/block/Kconfig": (f.linux / "drivers/block/Kconfig").read_text().replace(
                "config 20\n", "config 20\nqueues\n")}, date=1710000200)
        status, out = f.series("refresh")
        self.assertEqual(status, 0, out)


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
        self.assertIn(b"Date: Sat, 09 Mar 2024 16:00:00 +0000", self.f.patches()[names[0]].replace(b"Sat, 9", b"Sat, 09"))
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

    def test_nobody_configured(self):
        env = {"GIT_CONFIG_GLOBAL": "/dev/null", "HOME": str(self.f.root / "tools"), "EMAIL": ""}
        self.three()
        self.f.own("drivers-block-cnull/main.c", self.f.own("drivers-block-cnull/main.c") + "end\n")
        for command in (["refresh"], ["check"], ["tree", self.f.top / "elsewhere"]):
            self.ok(*command, env=env)

    def test_read_only_user_sees_one_line(self):
        if os.geteuid() == 0:
            self.skipTest("root can write everywhere")
        self.three()
        self.f.own("drivers-block-cnull/main.c", "x\n")
        (self.f.root / "patches").chmod(0o555)
        self.addCleanup((self.f.root / "patches").chmod, 0o755)
        self.bad("patches", "refresh")


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

    def test_unfinished_rebase(self):
        self.three()
        (self.f.linux / ".git/rebase-merge").mkdir()
        self.bad("rebase is under way", "refresh")
        self.bad("rebase is under way", "tree")


class Fold(SeriesTest):
    def setUp(self):
        super().setUp()
        self.three()

    def show(self, n, path):
        return self.f.git("show", f"series~{3 - n}:{path}") + "\n"

    def test_hunks_go_to_their_owners(self):
        f = self.f
        main = f.own("drivers-block-cnull/main.c")
        f.own("drivers-block-cnull/main.c", main.replace("main 2\n", "main two\nand a half\n").replace("queue b\n", "queue B\n"))
        f.edit("lib/list_sort.c", "hook\n", "better hook\n")
        f.edit("drivers/block/Kconfig", "queues\n", "queues\nmore queues\n")
        self.ok("refresh")
        self.ok("check")
        self.assertEqual(self.show(1, "lib/list_sort.c"), lines(20, "sort").replace("sort 3\n", "sort 3\nbetter hook\n"))
        self.assertEqual(self.show(2, "drivers/block/cnull/main.c"),
                         lines(20, "main").replace("main 2\n", "main two\nand a half\n"))
        self.assertIn("queue a\nqueue B\nqueue c\n", self.show(3, "drivers/block/cnull/main.c"))
        self.assertNotIn("more queues", self.show(2, "drivers/block/Kconfig"))
        self.assertIn("queues\nmore queues\n", self.show(3, "drivers/block/Kconfig"))

    def test_a_line_that_a_later_patch_rewrites_is_edited_where_it_came_from(self):
        f = self.f
        # next to lines that patch 3 replaced: a three-way merge would conflict here
        main = f.own("drivers-block-cnull/main.c")
        f.own("drivers-block-cnull/main.c", main.replace("main 9\n", "main nine\n"))
        self.ok("refresh")
        self.assertIn("main nine\nmain 10\nmain 11\n", self.show(2, "drivers/block/cnull/main.c"))
        self.assertIn("main nine\nqueue a\n", self.show(3, "drivers/block/cnull/main.c"))
        self.ok("check")

    def test_two_possible_owners(self):
        f = self.f
        main = f.own("drivers-block-cnull/main.c")
        f.own("drivers-block-cnull/main.c", main.replace("main 9\nqueue a\n", "main 9\nbetween\nqueue a\n"))
        out = self.bad("drivers/block/cnull/main.c @@ -10,0 +11,1 @@", "refresh")
        self.assertIn("0002-block-cnull-add-a-driver.patch or 0003-block-cnull-add-queues.patch", out)
        self.assertIn("--into", out)
        f.own("drivers-block-cnull/main.c", main.replace("main 9\nqueue a\n", "joined\n"))
        self.bad("cannot tell where this belongs", "refresh")
        self.bad("come from a later patch", "refresh", "--into", "2")
        self.ok("refresh", "--into", "add-queues")
        self.assertIn("main 9\nmain 10\n", self.show(2, "drivers/block/cnull/main.c"))
        self.assertIn("main 8\njoined\nqueue b\n", self.show(3, "drivers/block/cnull/main.c"))
        self.ok("check")

    def test_base_lines_of_a_file_with_two_patches(self):
        self.f.edit("drivers/block/Kconfig", "config 12\n", "twelve\n")
        self.bad("drivers/block/Kconfig @@ -14,1 +14,1 @@", "refresh")
        self.ok("refresh", "--into", "0002")
        self.assertIn("twelve\n", self.show(2, "drivers/block/Kconfig"))
        self.ok("check")

    def test_base_lines_of_a_file_with_one_patch(self):
        self.f.edit("lib/list_sort.c", "sort 12\n", "twelve\n")
        self.ok("refresh")
        self.assertIn("twelve\n", self.show(1, "lib/list_sort.c"))

    def test_upstream_file_that_no_patch_touches(self):
        self.f.edit("MAINTAINERS", "entry 3\n", "entry 3\nours\n")
        self.bad("no patch owns it", "refresh")
        self.ok("refresh", "--new", "MAINTAINERS: add an entry")
        self.assertIn(" MAINTAINERS\n", self.f.own("KERNEL"))
        status, out = self.f.series("check", "--quick")
        self.assertEqual(status, 1)
        self.assertIn("has no body", out)

    def test_deletion_over_two_owners_falls_apart(self):
        main = self.f.own("drivers-block-cnull/main.c")
        self.f.own("drivers-block-cnull/main.c", main.replace("main 9\nqueue a\n", ""))
        self.ok("refresh")
        self.assertIn("main 8\nmain 10\n", self.show(2, "drivers/block/cnull/main.c"))
        self.ok("check")

    def test_new_file(self):
        f = self.f
        f.own("drivers-block-cnull/queue.c", "queue\n")
        self.ok("refresh")
        self.assertEqual(self.show(2, "drivers/block/cnull/queue.c"), "queue\n")
        self.assertEqual((f.linux / "drivers/block/cnull/queue.c").read_text(), "queue\n")
        f.put("drivers/block/cnull/store.c", "store\n")
        self.ok("refresh", "--into", "3")
        self.assertEqual(f.own("drivers-block-cnull/store.c"), "store\n")
        f.own("drivers-block-cnull/zoned.c", "zoned\n")
        out = self.bad("new file drivers/block/cnull/zoned.c", "refresh")
        self.assertIn("0002-block-cnull-add-a-driver.patch or 0003-block-cnull-add-queues.patch", out)
        f.own("message", BODY)
        self.ok("refresh", "--new", "block: cnull: add zones", "--message", f.root / "message")
        (f.root / "message").unlink()
        self.assertIn("0004-block-cnull-add-zones.patch", f.patches())
        self.ok("check")

    def test_new_file_in_the_wrong_place(self):
        self.f.put("drivers/block/other.c", "other\n")
        self.bad("no component folder claims", "refresh", "--into", "2")
        (self.f.linux / "drivers/block/other.c").unlink()
        self.f.own("lib-list_sort/lib/list_sort.c", "mine\n")
        self.bad("no component folder", "refresh")
        (self.f.root / "lib-list_sort/lib/list_sort.c").unlink()
        self.f.own("Documentation/repository/own.rst", "a page of ours\n")
        self.ok("refresh")

    def test_component_file_that_the_base_has(self):
        self.f.git("checkout", "-q", "base")
        self.f.commit("base", {"lib/list_sort_old.c": "old\n"})
        self.f.git("tag", "-f", "base")
        self.f.git("checkout", "-q", "series")
        self.f.own("lib-list_sort/lib/list_sort_old.c", "old\n")
        self.bad("exists in the pinned kernel", "refresh")
        self.bad("exists in the pinned kernel", "check", "--quick")

    def test_deleted_file(self):
        f = self.f
        (f.root / "drivers-block-cnull/main.c").unlink()
        self.ok("refresh")
        self.assertNotIn(b"main.c", f.patches()["0002-block-cnull-add-a-driver.patch"])
        self.assertNotIn(b"main.c", f.patches()["0003-block-cnull-add-queues.patch"])
        self.assertFalse((f.linux / "drivers/block/cnull/main.c").exists())
        self.ok("check")
        f.git("rm", "-q", "drivers/block/cnull/Makefile")
        f.edit("drivers/block/Kconfig", "source cnull\n", "")
        self.bad("0002-block-cnull-add-a-driver.patch would become empty", "refresh")

    def test_both_places(self):
        f = self.f
        f.own("drivers-block-cnull/main.c", f.own("drivers-block-cnull/main.c").replace("main 2\n", "here\n"))
        f.edit("drivers/block/cnull/main.c", "main 2\n", "there\n")
        self.bad("edited differently", "refresh")
        shutil.copy(f.linux / "drivers/block/cnull/main.c", f.root / "drivers-block-cnull/main.c")
        self.ok("refresh")
        self.ok("check")
        f.edit("drivers/block/cnull/main.c", "there\n", "again\n")
        self.ok("refresh")
        self.assertIn("again\n", f.own("drivers-block-cnull/main.c"))

    def test_run_bit(self):
        f = self.f
        (f.root / "drivers-block-cnull/main.c").chmod(0o755)
        self.ok("refresh")
        self.assertIn(b"create mode 100755 drivers/block/cnull/main.c", f.patches()["0002-block-cnull-add-a-driver.patch"])
        self.ok("check")

    def test_unpresentable(self):
        f = self.f
        f.own("drivers-block-cnull/main.c", "a\r\nb\r\n")
        self.bad("CRLF", "refresh")
        f.own("drivers-block-cnull/main.c", "a\0b\n")
        self.bad("binary", "refresh")
        (f.root / "drivers-block-cnull/main.c").unlink()
        (f.root / "drivers-block-cnull/main.c").symlink_to("Makefile")
        self.bad("only plain files", "refresh")

    def test_no_such_patch(self):
        self.f.own("drivers-block-cnull/queue.c", "queue\n")
        self.bad("no patch 'nine'", "refresh", "--into", "nine")
        self.bad("could be", "refresh", "--into", "cnull")

    def test_missing_newline_at_the_end(self):
        main = self.f.own("drivers-block-cnull/main.c")
        self.f.own("drivers-block-cnull/main.c", main.rstrip("\n"))
        self.ok("refresh")
        self.assertEqual(self.f.own("drivers-block-cnull/main.c"), main.rstrip("\n"))
        self.ok("check")

    def test_random_edits_end_in_the_edited_tree(self):
        rng = random.Random(7)
        for _ in range(8):
            text = self.f.own("drivers-block-cnull/main.c").splitlines(keepends=True)
            for _ in range(rng.randint(1, 4)):
                at = rng.randrange(len(text))
                text[at:at + rng.randint(0, 2)] = [f"r{rng.randrange(1000)}\n"] * rng.randint(0, 2)
            want = "".join(text)
            self.f.own("drivers-block-cnull/main.c", want)
            self.ok("refresh", "--into", "3")
            self.assertEqual(self.f.own("drivers-block-cnull/main.c"), want)
            self.assertEqual((self.f.linux / "drivers/block/cnull/main.c").read_text(), want)
            self.ok("check")


class PlainGit(SeriesTest):
    """Splitting, ordering and wording with git itself in build/linux."""

    def setUp(self):
        super().setUp()
        self.three()
        self.f.own("series", "# Sorting\n" + list(self.f.patches())[0] + "\n\n# The driver\n" +
                   "".join(n + "\n" for n in list(self.f.patches())[1:]) + "# the end\n")

    def rebase(self, todo):
        self.f.git("rebase", "-q", "-i", "base", env={"GIT_SEQUENCE_EDITOR": f"sh -c '{todo}' sh", "GIT_EDITOR": "true"})

    def test_reword_renames(self):
        f = self.f
        f.git("commit", "-q", "--amend", "-m", "block: cnull: add many queues\n\n" + BODY)
        self.ok("refresh")
        self.assertEqual(f.own("series"), "# Sorting\n0001-lib-list_sort-add-a-variant.patch\n\n# The driver\n"
                         "0002-block-cnull-add-a-driver.patch\n0003-block-cnull-add-many-queues.patch\n# the end\n")
        self.assertIn(b"Date: Sat, 9 Mar 2024 16:03:20 +0000", f.patches()["0003-block-cnull-add-many-queues.patch"])
        self.assertEqual(len(f.patches()), 3)
        self.ok("check")

    def test_reorder_and_new(self):
        f = self.f
        self.rebase("sed -i -n \"1{h;d};2{p};3{p;x;p}\" \"$1\"")
        f.commit("block: cnull: add a store", {"drivers/block/cnull/store.c": "store\n"})
        self.ok("refresh")
        self.assertEqual(list(f.patches()), ["0001-block-cnull-add-a-driver.patch", "0002-block-cnull-add-queues.patch",
                                             "0003-lib-list_sort-add-a-variant.patch", "0004-block-cnull-add-a-store.patch"])
        self.assertIn("# Sorting\n0003-lib-list_sort-add-a-variant.patch\n", f.own("series"))
        self.assertTrue(f.own("series").lstrip("\n").startswith("# The driver\n0001-block-cnull-add-a-driver.patch\n"))
        self.assertEqual(f.own("drivers-block-cnull/store.c"), "store\n")
        self.ok("check")

    def test_drop(self):
        f = self.f
        self.rebase("sed -i 1d \"$1\"")
        self.ok("refresh")
        self.assertEqual(len(f.patches()), 2)
        self.assertFalse((f.root / "lib-list_sort").exists() and any((f.root / "lib-list_sort").rglob("*.c")))
        self.assertNotIn("list_sort.c", f.own("KERNEL"))
        self.assertNotIn("Sorting", f.own("series"))
        self.ok("check")

    def test_commits_edits_and_folder_at_once(self):
        f = self.f
        f.commit("block: cnull: add a store", {"drivers/block/cnull/store.c": "store\n"})
        f.edit("drivers/block/cnull/main.c", "tail\n", "long tail\n")
        f.own("lib-list_sort/lib/list_sort_fast.c", lines(10, "faster"))
        self.ok("refresh")
        self.assertIn(b"+long tail", f.patches()["0003-block-cnull-add-queues.patch"])
        self.assertIn(b"+faster 3", f.patches()["0001-lib-list_sort-add-a-variant.patch"])
        self.ok("check")

    def test_not_a_line(self):
        f = self.f
        f.git("checkout", "-q", "-b", "side", "base")
        f.commit("block: cnull: side", {"drivers/block/cnull/side.c": "x\n"})
        f.git("checkout", "-q", "series")
        f.git("merge", "-q", "side", "-m", "merge")
        self.bad("not a plain line of commits", "refresh")

    def test_fixup_commit(self):
        self.f.commit("fixup! block: cnull: add queues", {"drivers/block/cnull/x.c": "x\n"})
        self.bad("--autosquash", "refresh")

    def test_message_that_would_not_survive(self):
        for body in ("before\n---\nafter\n", "see\ndiff --git a/x b/x\n", "a\nFrom here on\n"):
            self.f.git("commit", "-q", "--amend", "--cleanup=verbatim", "-m", "block: cnull: add queues\n\n" + body)
            status, out = self.f.series("refresh")
            if status == 0:
                status, out = self.f.series("check", "--quick")
            self.assertEqual(status, 1, out)
            self.assertRegex(out, "does not survive|ends or splits a mail")
            self.f.series("tree", "--discard")

    def test_patches_and_commits_both_changed(self):
        f = self.f
        name = "0002-block-cnull-add-a-driver.patch"
        text = f.own("patches/" + name)
        f.own("patches/" + name, text.replace("for no other reason", "for another reason"))
        f.commit("block: cnull: mine", {"drivers/block/cnull/mine.c": "x\n"})
        self.bad("both patches/ and the commits", "refresh")

    def test_patches_gone(self):
        f = self.f
        shutil.rmtree(f.root / "patches")
        (f.root / "series").unlink()
        self.bad("exported before", "refresh")


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
        self.f.own("drivers-block-cnull/main.c", self.f.own("drivers-block-cnull/main.c").replace("main 3\n", "main three\n"))
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
                ("for no other reason.\n", "for no other reason.\n\nSigned-off-by: Me <me@example.org>\n", "Signed-off-by"),
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
        start = time.monotonic()
        f.own("drivers-block-cnull/main.c", f.own("drivers-block-cnull/main.c").replace("main 2\n", "try\n"))
        self.ok("refresh")
        full = time.monotonic() - start
        whole = 0
        for n in range(8):
            f.own("drivers-block-cnull/main.c",
                  f.own("drivers-block-cnull/main.c").replace("try" if n == 0 else f"try{n - 1}\n", f"try{n}" + ("" if n == 0 else "\n")))
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
        self.assertGreater(whole, 2)

    def test_journal_is_finished_or_refused(self):
        """The moment between laying down the journal and moving it into place."""
        self.three()
        f = self.f
        old = f.state()
        f.own("drivers-block-cnull/main.c", f.own("drivers-block-cnull/main.c").replace("main 2\n", "two\n"))
        edited = f.state()
        # a rename that fails stands for the kill: patches/ cannot be written
        code = ("import sys, os; sys.dont_write_bytecode = True; sys.path.insert(0, sys.argv[1]); import series_store; "
                "series_store._replay = lambda *a: os._exit(9); sys.argv = ['series', 'refresh']; "
                f"exec(compile(open({str(f.root / 'tools/series')!r}).read(), {str(f.root / 'tools/series')!r}, 'exec'), "
                f"{{'__file__': {str(f.root / 'tools/series')!r}, '__name__': '__main__'}})")
        p = subprocess.run(["python3", "-c", code, f.root / "tools/lib"], env=f.env, timeout=60)
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
