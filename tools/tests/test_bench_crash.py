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
iops randread plain none none 0 100000
iops randread plain restart queue 2 96000
iops randread plain fallback complete 2 90000
iops randread polled none none 0 50000
iops randread polled restart poll 2 48000
iops randwrite plain none none 0 80000
iops randwrite plain restart queue 2 80000
iops randwrite plain fallback queue 0 80000
"""


class Crash(unittest.TestCase):
    def setUp(self):
        self.records = bench_crash.parse(OUTPUT)

    def test_ratios(self):
        self.assertEqual([r["ratio"] for r in self.records], [1.0, 0.96, 0.9, 1.0, 0.96, 1.0, 1.0, 1.0])
        self.assertEqual(self.records[4], {"rw": "randread", "disk": "polled", "policy": "restart", "crash_in": "poll",
                                           "crashes": 2, "iops": 48000, "ratio": 0.96})

    def test_cells(self):
        cells = list(bench_crash.cells())
        # each disk is measured without crashes before it is with them
        self.assertEqual(cells[0], ("plain", "none", "none"))
        self.assertEqual(cells[5:], [("polled", "none", "none"), ("polled", "restart", "poll"), ("polled", "fallback", "poll")])
        self.assertEqual(len(set(cells)), 2 + len(bench_crash.METHODS) * len(bench_crash.POLICIES))

    def test_targets(self):
        v = {v.what: v for v in bench_crash.judge(self.records)}
        self.assertEqual(len(v), 2 * len(bench_crash.METHODS) * len(bench_crash.POLICIES))
        read = v["randread, a crash per second in queue, restart"]
        self.assertEqual((read.found, read.met), ("0.960", True))
        self.assertEqual(v["randread, a crash per second in poll, restart"].found, "0.960")
        missed = v["randread, a crash per second in complete, fallback"]
        self.assertEqual((missed.met, missed.beyond_noise), (False, True))
        # it did not crash, so nothing was measured
        self.assertIsNone(v["randwrite, a crash per second in queue, fallback"].met)
        asked = [v.what for v in bench_crash.judge(self.records, ["randread"]) if v.asked]
        self.assertEqual([what.split(",")[0] for what in asked],
                         ["randread"] * len(bench_crash.METHODS) * len(bench_crash.POLICIES))

    def test_report(self):
        text = bench_crash.markdown(self.records, bench_crash.judge(self.records))
        self.assertIn("**missed**", text)
        self.assertIn("|  96000 |", text)
        xml.etree.ElementTree.fromstring(bench_crash.svg(self.records))


if __name__ == "__main__":
    unittest.main()
