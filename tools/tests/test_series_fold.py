# SPDX-License-Identifier: GPL-2.0
"""tools/series refresh on a throw-away series: every edit ends with its owner, or in an error."""
import random
import shutil
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from series_fake import BODY, SeriesTest, lines  # noqa: E402


class Fold(SeriesTest):
    def setUp(self):
        super().setUp()
        self.three()

    def show(self, n, path):
        return self.f.git("show", f"series~{3 - n}:{path}") + "\n"

    def test_hunks_go_to_their_owners(self):
        f = self.f
        main = f.own("drivers-block-cnull/main.c")
        main = main.replace("main 2\n", "main two\nand a half\n").replace("queue b\n", "queue B\n")
        f.own("drivers-block-cnull/main.c", main)
        f.edit("lib/list_sort.c", "hook\n", "better hook\n")
        f.edit("drivers/block/Kconfig", "queues\n", "queues\nmore queues\n")
        self.ok("refresh")
        self.ok("check")
        self.assertEqual(self.show(1, "lib/list_sort.c"),
                         lines(20, "sort").replace("sort 3\n", "sort 3\nbetter hook\n"))
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

    def test_an_edit_that_only_its_content_shows(self):
        f, path = self.f, "drivers/block/cnull/main.c"
        # same length and same second as what git's index knows
        time.sleep(1 - time.time() % 1)
        f.edit(path, "main 2\n", "here\n")
        f.git("add", "-u")
        f.edit(path, "here\n", "Here\n")
        time.sleep(1 - time.time() % 1)
        self.ok("refresh")
        self.assertIn("Here\n", f.own("drivers-block-cnull/main.c"))

    def test_run_bit(self):
        f = self.f
        (f.root / "drivers-block-cnull/main.c").chmod(0o755)
        self.ok("refresh")
        self.assertIn(b"create mode 100755 drivers/block/cnull/main.c",
                      f.patches()["0002-block-cnull-add-a-driver.patch"])
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
        self.f.git("rebase", "-q", "-i", "base",
                   env={"GIT_SEQUENCE_EDITOR": f"sh -c '{todo}' sh", "GIT_EDITOR": "true"})

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
                                             "0003-lib-list_sort-add-a-variant.patch",
                                             "0004-block-cnull-add-a-store.patch"])
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


if __name__ == "__main__":
    unittest.main()
