# SPDX-License-Identifier: GPL-2.0
"""tools/bench mutants without a kernel: what guests say, guests that die, intervals, reports."""
import sys
import tempfile
import unittest
import xml.etree.ElementTree
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

sys.dont_write_bytecode = True
TOOLS = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TOOLS / "lib"))
import bench_mutants as bm  # noqa: E402
import guest  # noqa: E402


def lines(first, *classes):
    """What a guest prints about mutants from that number on; None: it dies of that one."""
    for n, c in enumerate(classes, first):
        yield f"start {n} 0x{n:x} work_list 00-{n:02x}\n"
        if c is None:
            return
        yield f"mutant {n} {c} 0x{n:x} work_list 00-{n:02x} some detail, wrong before: 0\n"


class Guests:
    """Stands in for guest.boot(): each boot is a list of classes, and how it ends."""

    def __init__(self, *boots):
        self.boots, self.asked = list(boots), []

    def __call__(self, build, script, *, on_line, append, **_):
        first = int(append.split("FIRST=")[1].split()[0])
        count = int(append.split("COUNT=")[1].split()[0])
        self.asked.append((first, count))
        status, splats, classes = self.boots.pop(0)
        for line in lines(first, *classes):
            on_line(line)
        return SimpleNamespace(status=status, splats=splats, script_output="the last line")


class Run(unittest.TestCase):
    def setUp(self):
        tmp = tempfile.TemporaryDirectory()
        self.addCleanup(tmp.cleanup)
        self.top = Path(tmp.name)
        self.image = self.top / "work.domain"
        self.image.write_bytes(b"an image")
        self.build = SimpleNamespace(domains=[self.image], name="x86_64-mutants")
        for target, value in (("bench_mutants.kbuild.build", lambda *a, **k: self.build),
                              ("bench_mutants.benchkit.folder", lambda: self.top),
                              ("bench_mutants.repo.build_dir", lambda: self.top),
                              ("bench_mutants.QUICK", 6), ("bench_mutants.PER_GUEST", 4)):
            patch = mock.patch(target, value)
            patch.start()
            self.addCleanup(patch.stop)

    def run_with(self, *boots):
        self.guests = Guests(*boots)
        with mock.patch("bench_mutants.guest.boot", self.guests):
            return bm.run(lambda record: True, True)

    def counts(self, outcome):
        return {r["what"]: r["value"] for r in outcome.records}

    def test_goes_on_after_a_guest(self):
        o = self.run_with((0, [], ["none", "contained", "wrong", "none"]), (0, [], ["refused", "none"]))
        self.assertEqual(self.guests.asked, [(0, 4), (4, 2)])
        c = self.counts(o)
        self.assertEqual([c[k] for k in bm.CLASSES], [3, 1, 1, 1, 0])
        self.assertEqual((c["stopped"], c["survived"]), (2, 6))

    def test_a_dead_guest_is_the_last_mutants_damage(self):
        o = self.run_with((guest.DIED, ["Oops: 0002"], ["none", None]), (0, [], ["none"] * 4))
        self.assertEqual(self.guests.asked, [(0, 4), (2, 4)])
        self.assertEqual(self.counts(o)["damage"], 1)
        self.assertIn("guest died: Oops: 0002", o.markdown)
        self.assertIn("| 00-01", o.markdown)

    def test_a_silent_guest_too(self):
        o = self.run_with((guest.TIMED_OUT, [], ["none", "none", None]), (0, [], ["none"] * 3))
        self.assertIn("silent for", o.markdown)

    def test_a_guest_without_end(self):
        def endless(build, script, *, on_line, log, **_):
            log.parent.mkdir(exist_ok=True)
            log.write_text("[    1.000000] Oops: 0001\n[    2.000000] Oops: 0002\n")
            for line in (*lines(0, "none", None), "[    9.000000] and so on\n", "[    9.500000] and on\n"):
                clock[0] += 200
                on_line(line)
        clock = [0]
        with mock.patch("bench_mutants.QUICK", 2), mock.patch("bench_mutants.guest.boot", endless), \
                mock.patch("bench_mutants.time.monotonic", lambda: clock[0]):
            o = bm.run(lambda record: True, True)
        self.assertEqual(self.counts(o)["damage"], 1)
        self.assertIn("no end: Oops: 0001", o.markdown)

    def test_a_guest_that_says_so_itself(self):
        # it announces, reports and ends with status 1
        o = self.run_with((1, [], ["none", "damage"]), (0, [], ["none"] * 4))
        self.assertEqual(self.counts(o)["damage"], 1)
        self.assertEqual(self.guests.asked, [(0, 4), (2, 4)])

    def test_a_guest_that_does_nothing(self):
        with self.assertRaisesRegex(bm.Problem, "before its first mutant: the last line"):
            self.run_with((2, [], []))

    def test_resumes_after_being_stopped(self):
        with self.assertRaises(IndexError):
            self.run_with((0, [], ["none"] * 4))
        self.run_with((0, [], ["none"] * 2))
        self.assertEqual(self.guests.asked, [(4, 2)])

    def test_another_image_starts_anew(self):
        self.run_with((0, [], ["none"] * 4), (0, [], ["none"] * 2))
        self.image.write_bytes(b"another image")
        self.run_with((0, [], ["wrong"] * 4), (0, [], ["wrong"] * 2))
        self.assertEqual(self.guests.asked, [(0, 4), (4, 2)])

    def test_no_such_image(self):
        self.build.domains = []
        with self.assertRaisesRegex(bm.Problem, "no such image"):
            self.run_with()


class Report(unittest.TestCase):
    def test_wilson(self):
        # textbook values
        for k, n, low, high in ((0, 10, 0.0, 0.2775), (5, 10, 0.2366, 0.7634), (10, 10, 0.7225, 1.0), (1, 500, 0.0004, 0.0112)):
            found = bm.wilson(k, n)
            self.assertAlmostEqual(found[0], low, 3)
            self.assertAlmostEqual(found[1], high, 3)
        self.assertEqual(bm.wilson(0, 0), (0.0, 1.0))

    def test_lines(self):
        text = "mutant 7 contained 0x12a work_sort 0f-3c page fault (write) at work:work_sort+0x1, address 0x0"
        m = bm.Mutant.parse(text)
        self.assertEqual((m.number, m.outcome, m.function), (7, "contained", "work_sort"))
        self.assertEqual(m.line(), text)
        self.assertIsNone(bm.Mutant.parse("mutant 7 unheard-of 0x1 f 00-01 -"))
        self.assertIsNone(bm.Mutant.parse("[   1.0] domain mutant 7"))

    def test_report(self):
        mutants = [bm.Mutant(i, c, "0x1", "f", "00-01", d) for i, (c, d) in enumerate([
            ("none", "-"), ("contained", "page fault (write) at x, wrong before: 0"),
            ("contained", "killed: out of CPU time, wrong before: 2"), ("damage", "BUG: x|y")])]
        records = bm.summary("work", mutants)
        text = bm.markdown(records, {"work": mutants})
        self.assertIn("Of them, 1 had returned wrong results", text)
        self.assertIn("| page fault (write)", text)
        self.assertIn("x\\|y", text)
        xml.etree.ElementTree.fromstring(bm.svg(records))


if __name__ == "__main__":
    unittest.main()
