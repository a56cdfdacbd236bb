# SPDX-License-Identifier: GPL-2.0
"""tools/bench domain without a kernel: what a guest says, targets, reports."""
import sys
import unittest
import xml.etree.ElementTree
from pathlib import Path

sys.dont_write_bytecode = True
TOOLS = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TOOLS / "lib"))
import bench_domain  # noqa: E402
import domain_report  # noqa: E402

ICOUNT, SMP4, UM = bench_domain.BOOTS
COSTS = "".join(f"cost {what} {value}\n" for what, value in (
    ("loop", "2.001"), ("direct", "5.000"), ("indirect", "9.000"), ("call_rcu", "69.000"), ("call_srcu", "69.123"),
    ("call_ref", "99.000"), ("call_ref_atomic", "100.500"), ("lend_rcu", "150.000")))
LOAD = """\
update ref updates 300
update ref pause p50 1000 p99 2000 p99.9 3000 max 4000
update ref retire p50 10 p99 20 p99.9 30 max 40
result ref calls 5000
result ref busy 0
result ref errors 0
result ref lost 0
result ref twice 0
result ref disordered 0
result ref least 10
result ref most 900
result ref total 5000
result ref slot_calls 5000
result ref waited 7
result ref rollbacks 0
"""


def values(records):
    return {r["what"]: r["value"] for r in records}


class Parse(unittest.TestCase):
    def test_costs(self):
        found = bench_domain.parse(ICOUNT, "noise\n" + COSTS)
        self.assertEqual(found[0], {"what": "loop", "value": 2.001, "unit": "instructions", "context": "x86_64-icount"})
        self.assertEqual(len(found), 8)

    def test_updates_and_callers(self):
        found = bench_domain.parse(UM, LOAD)
        v = values(found)
        self.assertEqual((v["updates_ref"], v["pause_ref_p99.9"], v["retire_ref_max"]), (300, 3000, 40))
        self.assertEqual((v["calls_ref"], v["lost_ref"], v["waited_ref"], v["miscounted_ref"]), (5000, 0, 7, 0))
        self.assertEqual({r["unit"] for r in found if r["what"].startswith("pause")}, {"ns"})

    def test_counts_that_differ(self):
        for line, by in (("total 5000", 1), ("slot_calls 5000", 1)):
            text = LOAD.replace(line, line.replace("5000", "4999"))
            self.assertEqual(values(bench_domain.parse(UM, text))["miscounted_ref"], by)


class Targets(unittest.TestCase):
    def verdicts(self, boot, text):
        return {v.what: v for v in bench_domain.judge(bench_domain.parse(boot, text), {boot.context})}

    def test_cost_over_indirect(self):
        v = self.verdicts(ICOUNT, COSTS)
        self.assertEqual([(v[f"call of kind {k}"].met, v[f"call of kind {k}"].found) for k in bench_domain.KINDS],
                         [(True, "60.0"), (False, "60.1"), (True, "90.0"), (False, "91.5")])

    def test_nothing_measured(self):
        self.assertEqual({v.met for v in bench_domain.judge([])}, {None})

    def test_lost(self):
        what = f"calls lost, repeated or failed, {UM.context}"
        every = "".join(LOAD.replace(" ref ", f" {kind} ") for kind in bench_domain.KINDS)
        self.assertIs(self.verdicts(UM, every)[what].met, True)
        for bad in ("errors", "lost", "twice", "disordered", "rollbacks"):
            for text in (every, LOAD):
                text = text.replace(f"result ref {bad} 0", f"result ref {bad} 1")
                self.assertIs(self.verdicts(UM, text)[what].met, False)

    def test_a_part_of_the_counts_is_not_none_lost(self):
        rollbacks = "".join(f"result {kind} rollbacks 0\n" for kind in bench_domain.KINDS)
        for text in (LOAD, rollbacks):
            found = self.verdicts(UM, text).values()
            self.assertEqual([(v.met, v.asked) for v in found if UM.context in v.what], [(None, True)])
            self.assertEqual({v.asked for v in found if UM.context not in v.what}, {False})


class Report(unittest.TestCase):
    def test_tables_and_plot(self):
        records = bench_domain.parse(ICOUNT, COSTS) + bench_domain.parse(UM, LOAD)
        text = domain_report.markdown(records, bench_domain.judge(records))
        for row in ("| call ref_atomic |        100.5 |          91.5 |", "| ref  | pause  | 1000 | 2000 |  3000 | 4000 |",
                    "| um-smp2 | ref  |     300 |  5000 |"):
            self.assertIn(row, text)
        xml.etree.ElementTree.fromstring(domain_report.svg(records))

    def test_checked_images(self):
        records = bench_domain.parse(ICOUNT, "cost plain_data 5.000\ncost checked_data 17.000\ncost plain_copy 4.000\n")
        text = domain_report.markdown(records, bench_domain.judge(records))
        self.assertIn("| data         |         5.0 |    17.0 |       12.0 |", text)
        self.assertNotIn("copy   ", text)

    def test_a_part(self):
        records = bench_domain.parse(UM, LOAD)
        self.assertNotIn("## Calls", domain_report.markdown(records, bench_domain.judge(records)))
        xml.etree.ElementTree.fromstring(domain_report.svg(records))


if __name__ == "__main__":
    unittest.main()
