# SPDX-License-Identifier: GPL-2.0
"""tools/series style with stand-ins for the kernel's checkers: they print what the real ones print."""
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from series_fake import SeriesTest  # noqa: E402

CHECKPATCH = r"""
my $patch = $ARGV[-1];
open(my $in, "<", $patch) or die;
while (<$in>) {
    print "drivers/block/cnull/main.c:4: WARNING:LONG_LINE: line length of 120 exceeds 100 columns\n" if /^\+ugly/;
    print "$patch:7: ERROR:GIT_COMMIT_ID: Please use git commit description style\n" if /^commit 1234/;
}
"""
KERNEL_DOC = r"""#!/bin/sh
for f; do
    if grep -q undocumented "$f" 2>/dev/null; then
        for twice in 1 2; do echo "Warning: $f:7 No description found for return value of 'foo'" >&2; done
        bad=1
    fi
done
[ -z "$bad" ] || { echo "2 warnings as errors"; exit 3; }
"""


class Style(SeriesTest):
    def setUp(self):
        super().setUp()
        f = self.f
        f.git("checkout", "-q", "--detach")
        f.commit("base", {"scripts/checkpatch.pl": CHECKPATCH, "tools/docs/kernel-doc": KERNEL_DOC,
                          "MAINTAINERS": "CNULL\nF:\tdrivers/block/cnull/\n\nTHE REST\nF:\t*\nF:\t*/\n"})
        (f.linux / "tools/docs/kernel-doc").chmod(0o755)
        f.git("commit", "-q", "-a", "-m", "run bit")
        # one commit, as the base always is
        f.git("tag", "-f", "base")
        f.git("checkout", "-q", "-b", "series")

    def style(self):
        status, out = self.f.series("style")
        self.assertNotIn("Traceback", out)
        return status, out

    def test_clean(self):
        self.f.commit("block: cnull: add a driver", {"drivers/block/cnull/main.c": "int main;\n"})
        self.ok("refresh")
        self.assertEqual(self.style()[0], 0)

    def test_findings_and_baseline(self):
        f = self.f
        f.commit("block: cnull: add a driver", {"drivers/block/cnull/main.c": "ugly\nundocumented\n",
                                                "lib/list_sort_x.c": "x\n"}, body="Since\ncommit 1234.\n")
        self.ok("refresh")
        status, out = self.style()
        self.assertEqual(status, 1)
        self.assertIn("drivers/block/cnull/main.c:4: LONG_LINE: line length", out)
        self.assertIn("patches/0001-block-cnull-add-a-driver.patch:7: GIT_COMMIT_ID", out)
        self.assertEqual(out.count("drivers/block/cnull/main.c:7: KERNEL_DOC: No description"), 1)
        self.assertIn("lib/list_sort_x.c: MAINTAINERS: no F: line", out)
        self.assertIn("4 findings, 0 excused", out)
        f.own("tools/lib/style-baseline.txt", "# why\nLONG_LINE drivers/block/cnull/*.c a table\n"
              "KERNEL_DOC drivers/block/cnull/main.c generated\nMAINTAINERS lib/list_sort_x.c later patch\n"
              "GIT_COMMIT_ID patches/*add-a-driver.patch quoted\n")
        self.assertEqual(self.style()[0], 0, self.style()[1])
        f.own("tools/lib/style-baseline.txt", f.own("tools/lib/style-baseline.txt") + "CAMELCASE nowhere.c old\n")
        status, out = self.style()
        self.assertEqual(status, 1)
        self.assertIn("nothing needs CAMELCASE nowhere.c", out)
        f.own("tools/lib/style-baseline.txt", "LONG_LINE drivers/block/cnull/main.c\n")
        self.bad("expected `TYPE PATH reason`", "style")


if __name__ == "__main__":
    unittest.main()
