# SPDX-License-Identifier: GPL-2.0
"""tools/series bisect-build on a kernel of a few files."""
import re
import shutil
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from series_fake import TOOLS, SeriesTest  # noqa: E402
sys.path.insert(0, str(TOOLS / "lib"))
from series_bisect import enabled, modular  # noqa: E402


# a kernel tree as kbuild sees it: it notes what it is asked to make and with which options
MAKEFILE = """\
own := allnoconfig olddefconfig linux modules modules_install
goals := $(filter-out $(own),$(MAKECMDGOALS)) nothing
.PHONY: $(own) $(goals)
allnoconfig:
\t@printf 'CONFIG_BASE=y\\n' > $(O)/.config
olddefconfig:
\t@grep -v NEVER $(O)/.config > $(O)/.config.new; mv $(O)/.config.new $(O)/.config
linux modules:
\t@mkdir -p $(O)/include/config; echo 7.3.4 > $(O)/include/config/kernel.release; : > $(O)/modules.order
modules_install:
\t@true
$(goals):
\t@echo "$(W) $@ $$(grep -c . $(O)/.config) $$(grep CNULL $(O)/.config | sort | tr '\\n' ' ')" >> $(O)/asked
\t@for f in $(wildcard $@*.c) $(wildcard $(@:.o=.c)); do \\
\t\tif grep -q broken $$f; then echo "$$f:1: error: broken"; exit 1; fi; \\
\tdone
"""


class BisectBuild(SeriesTest):
    def setUp(self):
        super().setUp()
        f = self.f
        if not all(shutil.which(x) for x in ("make", "flex", "bison", "bc", "gcc")):
            self.skipTest("no tools to build with")
        f.git("checkout", "-q", "--detach")
        f.commit("base", {"Makefile": MAKEFILE, "Kconfig": "source x\n", "lib/Makefile": "obj-y += upstream.o\n"})
        f.git("tag", "-f", "base")
        (f.root / "kconfig").mkdir()
        for name in ("common", "um", "kunit"):
            f.own(f"kconfig/{name}.config", "")
        f.git("checkout", "-q", "-b", "series")
        f.commit("lib/list_sort: add a variant", {
            "lib/list_sort_fast.c": "fast\n", "lib/list_sort_probe.c": "probe\n",
            "lib/Makefile": "obj-y += upstream.o\nobj-y += list_sort_fast.o\nobj-$(CONFIG_PROBE) += list_sort_probe.o\n"})
        f.commit("block: cnull: add a driver", {
            "drivers/block/cnull/main.c": "main\n", "drivers/block/cnull/Makefile": "obj-$(CONFIG_BLK_DEV_CNULL) += main.o\n",
            "drivers/block/cnull/Kconfig": "config BLK_DEV_CNULL\n\ttristate \"cnull\"\n\thelp\n\t  Disks.\n"})
        f.commit("block: cnull: add queues", {
            "drivers/block/cnull/queue.c": "queue\n",
            "drivers/block/cnull/Kconfig": (f.linux / "drivers/block/cnull/Kconfig").read_text() +
            "\nconfig CNULL_QUEUES\n\tbool \"queues\"\n\nconfig CNULL_NEVER\n\tbool\n"})
        self.ok("refresh")

    def test_each_patch_in_each_state(self):
        out = self.ok("bisect-build")
        # 3 adds an option, but no module: its last row is there since it is the last patch
        self.assertEqual(re.findall(r"^(\d+ \w+) +ok", out, re.M), [
            "0001 off", "0002 off", "0003 off", "0001 on", "0002 on", "0003 on", "0002 module", "0003 module"])
        self.assertIn("0003 on      ok (not settable on um: CNULL_NEVER)", out)
        asked, strict = ((self.f.build / "out" / name / "asked").read_text() for name in ("bisect-um", "bisect-um-strict"))
        # off, and the upstream directory without our warnings
        self.assertIn(" lib/ 2 # CONFIG_BLK_DEV_CNULL is not set", asked)
        self.assertIn("1e drivers/block/cnull/ 2 CONFIG_BLK_DEV_CNULL=m", strict)
        self.assertIn("1e lib/list_sort_fast.o 2 CONFIG_BLK_DEV_CNULL=y", strict)
        self.assertIn("1e drivers/block/cnull/ 3 CONFIG_BLK_DEV_CNULL=m CONFIG_CNULL_QUEUES=y", strict)
        # a folder in which both are made compiles what is ours twice at each patch
        self.assertNotIn("1e ", asked)
        self.assertNotIn(" lib/ ", strict)
        # its option cannot be set here
        self.assertNotIn("list_sort_probe", strict)

    def test_broken_in_the_middle(self):
        f = self.f
        f.git("reset", "-q", "--hard", "HEAD~1")
        f.commit("block: cnull: break it", {"drivers/block/cnull/main.c": "broken\n"})
        f.commit("block: cnull: mend it", {"drivers/block/cnull/main.c": "mended\n"})
        self.ok("refresh")
        status, out = f.series("bisect-build", "--from", "3")
        self.assertEqual(status, 1)
        self.assertRegex(out, r"0004 off     ok")
        self.assertNotIn("0003 off", out)
        self.assertIn("0003 on      FAILED drivers/block/cnull/main.c:1: error: broken", out)
        self.assertIn("0004 on      ok", out)
        self.assertNotIn("0002", out)
        self.assertIn("2 steps failed", out)
        # what is off is in order
        status, out = f.series("bisect-build", "--from", "break it", "--state", "off")
        self.assertEqual((status, re.findall(r"^(\d+ \w+) +ok", out, re.M)), (0, ["0004 off"]))
        status, out = f.series("bisect-build", "--from", "5")
        self.assertEqual((status, out), (1, "series: error: no patch '5' in the series\n"))


class Enabled(unittest.TestCase):
    MAKEFILE = ("obj-$(CONFIG_A) += a.o both.o\nobj-$(CONFIG_B) += \\\n\tb.o both.o\n"
                "obj-m += whole.o\nwhole-y := part.o\nwhole-$(CONFIG_B) += extra.o\n"
                "off-objs := inner.o\nobj-$(CONFIG_C) += off.o\n")

    def test_what_a_makefile_builds(self):
        config = "CONFIG_A=y\n# CONFIG_B is not set\n"
        for name, want in {"a.o": True, "b.o": False, "both.o": True, "whole.o": True, "part.o": True,
                           "extra.o": False, "inner.o": False, "elsewhere.o": None}.items():
            self.assertIs(enabled(self.MAKEFILE, name, config), want, name)

    def test_what_becomes_a_module(self):
        config = "CONFIG_A=m\nCONFIG_B=y\n# CONFIG_C is not set\n"
        for name, want in {"a.o": True, "b.o": False, "both.o": True, "whole.o": True, "part.o": True,
                           "extra.o": True, "inner.o": False, "elsewhere.o": False}.items():
            self.assertIs(modular(self.MAKEFILE, name, config), want, name)


if __name__ == "__main__":
    unittest.main()
