# SPDX-License-Identifier: GPL-2.0
"""tools/bench crash without a kernel: what a guest says, targets, report."""
import sys
import unittest
import xml.etree.ElementTree
from pathlib import Path

sys.dont_write_bytecode = True
TOOLS = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TOOLS / "lib"))
import bench_crash  # noqa: E402

OUTPUT = """\
noise
iops randread none 0 100000
iops randread queue 2 96000
iops randread complete 2 90000
iops randwrite none 0 80000
iops randwrite queue 2 80000
iops randwrite complete 0 80000
"""


class Crash(unittest.TestCase):
    def setUp(self):
        self.records = bench_crash.parse(OUTPUT)

    def test_ratios(self):
        self.assertEqual([r["ratio"] for r in self.records], [1.0, 0.96, 0.9, 1.0, 1.0, 1.0])
        self.assertEqual(self.records[1], {"rw": "randread", "crash_in": "queue", "crashes": 2, "iops": 96000, "ratio": 0.96})

    def test_targets(self):
        v = {v.what: v for v in bench_crash.judge(self.records)}
        read = v["randread with a crash per second in queue"]
        self.assertEqual((read.found, read.met), ("0.960", True))
        missed = v["randread with a crash per second in complete"]
        self.assertEqual((missed.met, missed.beyond_noise), (False, True))
        # it did not crash, so nothing was measured
        self.assertIsNone(v["randwrite with a crash per second in complete"].met)
        asked = [v.what for v in bench_crash.judge(self.records, ["randread"]) if v.asked]
        self.assertEqual([what.split()[0] for what in asked], ["randread"] * len(bench_crash.METHODS))

    def test_report(self):
        text = bench_crash.markdown(self.records, bench_crash.judge(self.records))
        self.assertIn("**missed**", text)
        self.assertIn("|  96000 |", text)
        xml.etree.ElementTree.fromstring(bench_crash.svg(self.records))


if __name__ == "__main__":
    unittest.main()
