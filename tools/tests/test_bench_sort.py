# SPDX-License-Identifier: GPL-2.0
"""tools/bench sort without a kernel: plan, parsing of recorded output, targets, reports."""
import re
import sys
import unittest
import xml.etree.ElementTree
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

sys.dont_write_bytecode = True
TOOLS = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TOOLS / "lib"))
import bench_sort  # noqa: E402
import benchkit  # noqa: E402
import guest  # noqa: E402
import sort_report  # noqa: E402
import sort_uml  # noqa: E402
from bench_sort import Target  # noqa: E402
from ui import Problem  # noqa: E402

SOURCES = TOOLS.parent / "lib-list_sort/lib/tests"
# recorded from a guest
LINE = ("[    0.250000] list_sort_bench: variant=adaptive class=random n=1024 layout=shuffled cmps=8918.2 "
        "cmps_ratio=0.998 ns_per_elem=164.43 time_ratio=0.975 time_spread=0.012 stack=688\r\n")
RECORD = {"variant": "adaptive", "class": "random", "n": 1024, "layout": "shuffled", "cmps": 8918.2,
          "cmps_ratio": 0.998, "ns_per_elem": 164.43, "time_ratio": 0.975, "time_spread": 0.012, "stack": 688}
REFUSED = """\
[    0.160000] list_sort_bench: sizes=0: expected 1 to 16777216
insmod: can't insert 'list_sort_bench.ko': Invalid argument
"""


def select(*only):
    return benchkit.selector(only, bench_sort.KEYS)


def record(**other):
    return RECORD | other


def records():
    """Every target's cell with figures that meet it, but for swaps 1k and random 16."""
    out = []
    for t in bench_sort.TARGETS:
        cell = {"class": t.cls, "n": t.n}
        out.append(record(variant="mainline", cmps=10.0 * t.n, cmps_ratio=1.0, time_ratio=1.0, **cell))
        out.append(record(cmps=t.n - 1.0, cmps_ratio=t.cmps or .2, time_ratio=t.time or 1.0, **cell))
        if (t.cls, t.n) == ("swaps", 1024):
            out[-1] |= {"cmps_ratio": .40, "time_ratio": .51, "time_spread": .02}
        if (t.cls, t.n) == ("random", 16):
            out[-1]["time_ratio"] = 1.2
    return out


class Plan(unittest.TestCase):
    def test_everything(self):
        loads = bench_sort.plan(select(), False)
        self.assertEqual([load.n for load in loads], bench_sort.KEYS["n"])
        by_n = {load.n: load for load in loads}
        self.assertEqual(by_n[8].layouts, ("shuffled", "sequential"))
        self.assertEqual(by_n[8].cells(), 2 * len(bench_sort.KEYS["class"]))

    def test_the_shortest_lists(self):
        for load in bench_sort.plan(select("n=2,3,4,5,6,7"), False):
            self.assertEqual(load[1:4], (tuple(bench_sort.KEYS["variant"]), ("random", "sorted", "reversed"),
                                         ("shuffled", "sequential")), load.n)
            self.assertIn(f"sizes={load.n} rounds=25 ", load.order())
        self.assertEqual(bench_sort.plan(select("n=5", "class=swaps"), False), [])

    def test_every_target_is_measured(self):
        measured = {(c, load.n) for load in bench_sort.plan(select(), False) for c in load.classes
                    if "adaptive" in load.variants and "shuffled" in load.layouts}
        self.assertLessEqual({(t.cls, t.n) for t in bench_sort.TARGETS}, measured)

    def test_quick_is_a_part(self):
        quick = bench_sort.plan(select(), True)
        self.assertEqual({load.layouts for load in quick}, {("shuffled",)})
        self.assertEqual(quick[-1][:3], (bench_sort.LARGE, ("mainline", "adaptive"), ("random",)))

    def test_only(self):
        load, = bench_sort.plan(select("n=1k", "class=random,equal", "variant=adaptive", "layout=sequential"), False)
        self.assertEqual(load[:4], (1024, ("adaptive",), ("random", "equal"), ("sequential",)))
        self.assertIn("sizes=1024 rounds=25 variants=adaptive classes=random,equal layouts=sequential", load.order())
        self.assertEqual(bench_sort.plan(select("n=1M", "layout=sequential"), False), [])
        with self.assertRaisesRegex(Problem, "leaves nothing"):
            bench_sort.run(select("n=1M", "layout=sequential"), False)

    @unittest.skipUnless(SOURCES.is_dir(), "the sources of the module are not in this repository yet")
    def test_the_module_takes_these_sizes(self):
        module = (SOURCES / "list_sort_bench.c").read_text()
        self.assertIn("if (!sizes[i] || sizes[i] > MAX_ELEMENTS) {", module)
        self.assertIn("#define MAX_ELEMENTS\tSZ_16M", module)
        for n in bench_sort.KEYS["n"]:
            self.assertIn(n, range(1, 2**24 + 1))

    @unittest.skipUnless(SOURCES.is_dir(), "the sources of the module are not in this repository yet")
    def test_the_module_has_these_names(self):
        inputs = (SOURCES / "list_sort_inputs.h").read_text()
        module = (SOURCES / "list_sort_bench.c").read_text()
        self.assertEqual(re.findall(r"^\t\{ \"(\w+)\",\s+input_", inputs, re.M), bench_sort.KEYS["class"])
        self.assertEqual(re.findall(r"^\t\{ \"(\w+)\",\s+list_sort_", module, re.M), bench_sort.KEYS["variant"])


class Console(unittest.TestCase):
    def test_a_line(self):
        self.assertEqual(sort_uml.parse_line(LINE), RECORD)

    def test_other_lines(self):
        for line in ("[ 0.1] list_sort_bench: relative to mainline:  adaptive", "list_sort_bench: loaded", "variant=x", ""):
            self.assertIsNone(sort_uml.parse_line(line), line)

    def test_nonsense(self):
        with self.assertRaisesRegex(Problem, "makes no sense"):
            sort_uml.parse_line("list_sort_bench: variant=array class=random n=many")

    def measure(self, status, output):
        load = sort_uml.Load(1024, ("adaptive",), ("random",), ("shuffled",), 5)

        def boot(build, script, on_line, **_):
            self.assertEqual(script, load.order())
            for line in output.splitlines():
                on_line(line)
            return guest.Result(status, output, output)

        with mock.patch.object(guest, "boot", boot):
            return sort_uml.measure(SimpleNamespace(name="um-sort"), [load], "console.log")

    def test_measure(self):
        self.assertEqual(self.measure(0, LINE), [RECORD])

    def test_the_module_refuses(self):
        with self.assertRaisesRegex(Problem, "sizes=0: expected 1 to 16777216; console in console.log"):
            self.measure(1, REFUSED)

    def test_no_end(self):
        with self.assertRaisesRegex(Problem, "not done in time"):
            self.measure(guest.TIMED_OUT, LINE)

    def test_code_size(self):
        def run(cmd, **_):
            return 0, ("0000000000000000 0000000000000100 T list_sort_jump\n"
                       "0000000000000112 0000000000000028 t merge\n"
                       "0000000000000000 0000000000000008 D data\n                 U memcpy\n")

        with mock.patch.object(Path, "is_file", lambda path: "jump" in path.name):
            self.assertEqual(sort_uml.text_bytes(SimpleNamespace(out=Path("out")), ["jump", "typed"], run), {"jump": 128})


class Report(unittest.TestCase):
    def setUp(self):
        self.records = records()
        self.verdicts = [v for t in bench_sort.TARGETS for v in bench_sort.judge(t, self.records)]

    def test_verdicts(self):
        by_what = {v.what: v for v in self.verdicts}
        self.assertEqual({w for w, v in by_what.items() if not v.met},
                         {"swaps 1k: comparisons", "swaps 1k: time", "random 16: time"})
        self.assertTrue(by_what["swaps 1k: comparisons"].beyond_noise)
        self.assertFalse(by_what["swaps 1k: time"].beyond_noise)      # 0.51 with quartiles 0.02 apart
        self.assertTrue(by_what["random 16: time"].beyond_noise)
        self.assertEqual(by_what["sorted 64: comparisons"].found, "63")

    def test_one_comparison_too_many(self):
        v, _ = bench_sort.judge(Target("sorted", 64, None, .45), [record(**{"class": "sorted"}, n=64, cmps=64.0)])
        self.assertFalse(v.met)

    def test_not_measured(self):
        t = bench_sort.TARGETS[0]
        self.assertEqual({(v.met, v.asked) for v in bench_sort.judge(t, [])}, {(None, False)})
        for choice, asked in ((t.cls, True), ("random", False)):
            loads = bench_sort.plan(lambda r: r.get("class", choice) == choice, False)
            self.assertEqual({v.asked for v in bench_sort.judge(t, [], loads)}, {asked})

    def test_markdown(self):
        text = sort_report.markdown(self.records, self.verdicts, {"adaptive": 1234}, "About.")
        for heading in ("## Targets", "### Shuffled", "## Code and stack"):
            self.assertIn(f"\n{heading}\n", text)
        self.assertNotIn("### Sequential", text)
        self.assertIn("**1.00 / 1.20**", text)      # a loss stands where the wins do
        self.assertRegex(text, r"\| adaptive \| +1234 \| +688 \|")
        for block in text.split("\n\n"):
            if block.startswith("|"):
                self.assertEqual(len({line.count("|") for line in block.strip().splitlines()}), 1, block)

    def test_svg(self):
        root = xml.etree.ElementTree.fromstring(sort_report.svg(self.records))
        text = " ".join(root.itertext())
        for word in ("comparisons / mainline's", "time / mainline's", "adaptive", "few_keys"):
            self.assertIn(word, text)

    def test_a_part_of_the_matrix(self):
        part = [r for r in self.records if r["variant"] == "adaptive" and r["n"] == 64]
        self.assertIn("adaptive", sort_report.markdown(part, [], {}, "About."))
        xml.etree.ElementTree.fromstring(sort_report.svg(part))


if __name__ == "__main__":
    unittest.main()
