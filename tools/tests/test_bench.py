# SPDX-License-Identifier: GPL-2.0
"""tools/bench without a kernel: selection, parsing of recorded output, reports."""
import json
import os
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree
from pathlib import Path
from unittest import mock

sys.dont_write_bytecode = True
TOOLS = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TOOLS / "lib"))
import bench_io  # noqa: E402
import benchkit  # noqa: E402
import bioloop  # noqa: E402
import icount  # noqa: E402
import io_report  # noqa: E402
import ioplan  # noqa: E402
import mdtable  # noqa: E402
import plot  # noqa: E402
import rust  # noqa: E402
import umlio  # noqa: E402
from ioplan import Disk  # noqa: E402
from ui import Problem  # noqa: E402

# recorded from a guest; kernel messages get in between
ICOUNT_CONSOLE = """\
[    1.201212] null_blk: module loaded
limits null_blk-null-4096 logical_block_size=4096 max_sectors_kb=124 scheduler=[none],mq-deadline, iostats=1
limits ram0 logical_block_size=512 max_sectors_kb=127 iostats=1
refused cnull-bio-4096: asked for queue_mode=0, the driver took 2
symbol ffffffffa0000000 t brd_lookup_page\t[brd]
symbol ffffffffa0004010 t null_queue_rq\t[null_blk]
symbol ffffffffa0000270 t brd_submit_bio [brd]
begin 0:randread:4096:1:null_blk-null-4096
[    3.000000] a message
icount /dev/null_blk-null-4096 4096 23252800 5000
end 0:randread:4096:1:null_blk-null-4096 0
begin 0:randread:4096:1:ram0
icount /dev/ram0 4096 20691500 5000
end 0:randread:4096:1:ram0 0
"""
PLUGIN = """\
window
ffffffffa0004010 400000
ffffffffa0004044 130000
window
ffffffffa0000000 5000
ffffffffa0000280 15000
"""
TERSE = ("3;fio-3.33;cnull-null-4096;0;0;1129032;564234;141058;2001;0;0;0.000000;0.000000;0;0;0.000000;0.000000;"
         + "0%=0;" * 20 + "0;0;0.000000;0.000000;0;0;0.000000%;0.000000;0.000000;"
         + "1024;2048;77;2001;0;0;0.000000;0.000000;0;0;0.000000;0.000000;"
         + "0%=0;" * 20 + "0;0;0.000000;0.000000;0;0;0.000000%;0.000000;0.000000;44.0%;44.0%;2;0;42")

NULL, RAM = Disk("null_blk", "null", 4096), Disk("brd", "bio-memory", 512)
FIELDS = {"method", "driver", "mode", "blocksize", "rw", "bs", "jobs", "iops", "insn_per_io", "driver_insn_per_io"}


def records():
    """A full matrix with made-up figures: cnull is cheaper, but for 1M null mode."""
    out = []
    factor = {"null_blk": 1.0, "cnull": 0.9, "cnull-domain": 0.905, "cnull-checked": 0.93, "brd": 0.8, "rnull": 1.0}
    for d, rw, bs, jobs in ((d, rw, bs, jobs) for jobs in icount.JOBS for rw in icount.RWS for bs in icount.BSS
                            for d in ioplan.DISKS):
        if not bench_io._wanted(lambda _: True, False, "icount", d, rw, bs, jobs):
            continue
        worse = 1.2 if (d.driver, d.mode, bs) == ("cnull", "null", 1 << 20) else 1
        insns = (4000 + bs / 8 + 10 * jobs) * factor[d.driver] * worse
        out.append(bench_io.icount_record(d, rw, bs, jobs, [(insns, 100.0), (insns * 1.0002, 100.0)]))
    for method, cells in (("uml", umlio.CELLS), ("bioloop", bioloop.CELLS)):
        for rw, bs in cells:
            for jobs in (1, 2):
                for d in (d for d in ioplan.DISKS if bench_io._wanted(lambda _: True, False, method, d, rw, bs, jobs)):
                    iops = 200000 / factor[d.driver] * (1 + (0.5 if method == "uml" else 0.95) * (jobs - 1))
                    out.append(bench_io.uml_record(method, d, rw, bs, jobs, [iops] * 5))
    return out


class Selection(unittest.TestCase):
    def test_alternatives_and_conjunction(self):
        select = benchkit.selector(["driver=cnull,null_blk", "rw=randread", "bs=4k"], bench_io.KEYS)
        cell = {"driver": "cnull", "rw": "randread", "bs": 4096}
        self.assertTrue(select(cell))
        self.assertFalse(select(cell | {"driver": "brd"}))
        self.assertFalse(select(cell | {"bs": 32768}))

    def test_sizes(self):
        for text, n in (("4096", 4096), ("4k", 4096), ("1M", 1 << 20), ("16m", 16 << 20), ("x", None), ("", None)):
            self.assertEqual(benchkit.number(text), n)
        self.assertEqual([benchkit.size_name(n) for n in (512, 4096, 1 << 20)], ["512", "4k", "1M"])

    def test_unknown_names_list_the_choices(self):
        for arg, says in (("driver=nvme", "cnull, cnull-domain, cnull-checked, null_blk, brd, rnull"), ("colour=red", "method, driver"),
                          ("bs=5k", "4k, 32k, 128k"), ("driver", "KEY=VALUE"), ("driver=", "no such driver")):
            p = subprocess.run([TOOLS / "bench", "io", "--only", arg], capture_output=True, text=True, check=False)
            self.assertEqual(p.returncode, 1, arg)
            self.assertIn(says, p.stderr)
            self.assertEqual(len(p.stderr.splitlines()), 1, p.stderr)

    def test_nothing_left(self):
        select = benchkit.selector(["driver=brd", "mode=null"], bench_io.KEYS)
        with self.assertRaises(Problem):
            bench_io.run(select, False)


class Parsing(unittest.TestCase):
    def setUp(self):
        self.answers = ioplan.parse(ICOUNT_CONSOLE)
        self.runs = {"0:randread:4096:1:null_blk-null-4096": (NULL, "randread", 4096, 1),
                     "0:randread:4096:1:ram0": (RAM, "randread", 4096, 1)}

    def test_console(self):
        self.assertEqual(self.answers.refused, {"cnull-bio-4096": "asked for queue_mode=0, the driver took 2"})
        self.assertEqual(self.answers.limits["ram0"]["max_sectors_kb"], "127")
        self.assertEqual([s[2] for s in self.answers.symbols], ["brd", "brd", "null_blk"])

    def test_instructions(self):
        windows = icount.read_windows(PLUGIN, self.answers.symbols)
        found = icount.collect(self.answers, self.runs, windows)
        self.assertEqual(found[NULL, "randread", 4096, 1], [(4650.56, 106.0)])
        self.assertEqual(found[RAM, "randread", 4096, 1], [(4138.3, 4.0)])

    def test_without_plugin(self):
        self.assertEqual(icount.collect(self.answers, self.runs, None)[NULL, "randread", 4096, 1], [(4650.56, None)])

    def test_refused_disks_are_left_out(self):
        bio = Disk("cnull", "bio", 4096)
        runs = self.runs | {"0:randread:4096:1:cnull-bio-4096": (bio, "randread", 4096, 1)}
        self.assertNotIn((bio, "randread", 4096, 1), icount.collect(self.answers, runs, None))

    def test_a_failed_fio_is_an_error(self):
        text = ICOUNT_CONSOLE.replace("icount /dev/ram0 4096 20691500 5000\nend 0:randread:4096:1:ram0 0",
                                      "fio: io_u error: Input/output error\nend 0:randread:4096:1:ram0 1")
        with self.assertRaisesRegex(Problem, "status 1 .*Input/output error"):
            icount.collect(ioplan.parse(text), self.runs, None)

    def test_fewer_windows_than_results_is_an_error(self):
        with self.assertRaises(Problem):
            icount.collect(self.answers, self.runs, [{}])

    def test_terse(self):
        self.assertEqual(umlio.terse_iops(TERSE), 141058 + 77)

    def test_uml(self):
        d = Disk("cnull", "null", 4096)
        run = "0:randread:4096:1:cnull-null-4096"
        answers = ioplan.parse(f"begin {run}\n{TERSE}\nend {run} 0\n")
        cell = (d, "randread", 4096, 1)
        self.assertEqual(umlio.collect(answers, {run: cell}), {cell: [141135]})


class Disks(unittest.TestCase):
    def test_names_are_unique(self):
        self.assertEqual(len({d.name for d in ioplan.DISKS}), len(ioplan.DISKS))

    def test_attributes(self):
        self.assertIn("memory_backed=1 queue_mode=2 cache_size=128 ", Disk("cnull", "cache", 4096).attributes(64, 1, 64))
        self.assertIn("memory_backed=0 queue_mode=0 ", Disk("cnull", "bio", 4096).attributes(64, 1, 64))

    def test_zones_are_not_written_at_random(self):
        for d in ioplan.DISKS:
            self.assertEqual(d.takes("randwrite", 4096), not d.mode.startswith("zoned"))
            self.assertEqual(d.takes("randread", 4096), d.mode != "cache-part")
            self.assertEqual(d.takes("write", 4096), d.driver != "cnull-checked")
        self.assertIn("zonemode=zbd", icount.fio_options("write", 4096, zoned=True))
        self.assertNotIn("zonemode", icount.fio_options("read", 4096, zoned=True) + icount.fio_options("write", 4096))

    def test_several_jobs(self):
        def wanted(driver, mode, bs, jobs=4, quick=False):
            return bench_io._wanted(lambda _: True, quick, "icount", Disk(driver, mode, 4096), "randread", bs, jobs)

        self.assertTrue(wanted("cnull-domain", "memory", 16 << 20))
        for cell in (("cnull", "null", 4096), ("cnull", "memory", 131072), ("cnull", "memory", 4096, 4, True)):
            self.assertFalse(wanted(*cell), cell)
        self.assertIn("--numjobs=4 --thread ", icount.fio_options("randread", 4096, 4))
        self.assertNotIn("jobs", icount.fio_options("randread", 4096))

    def test_quick_builds_no_rust(self):
        for quick in (False, True):
            self.assertEqual(bench_io._wanted(lambda _: True, quick, "icount", Disk("rnull", "null", 4096), "randread", 4096, 1),
                             not quick)

    def test_what_is_filled(self):
        orders = ioplan.plan([Disk("cnull", m, 4096) for m in ioplan.FEATURES], 64, 1)
        self.assertEqual([o.split()[1] for o in orders if o.startswith("fill")],
                         [f"cnull-{m}-4096" for m in ("memory", "bio-memory", "zoned-memory", "cache", "cache-part")])

    def test_bioloop(self):
        d = Disk("cnull", "memory", 4096)
        cell = (d, "randread", 4096, 2)
        answers = ioplan.parse("begin x\n123456\nend x 0\nbegin y\ninsmod: can't insert\nend y 1\n")
        self.assertEqual(bioloop.collect(answers, {"x": cell}), {cell: [123456 / bioloop.SECONDS]})
        with self.assertRaisesRegex(Problem, "status 1: insmod: can't insert"):
            bioloop.collect(answers, {"y": cell})


class Rust(unittest.TestCase):
    def variables(self, **programs):
        """rust.variables() where these are the programs in PATH."""
        with tempfile.TemporaryDirectory() as tmp:
            (Path(tmp) / "lib/rustlib/src/rust/library/core").mkdir(parents=True)
            for name, script in programs.items():
                path = Path(tmp) / name
                path.write_text("#!/bin/sh\n" + script.replace("TMP", tmp))
                path.chmod(0o755)
            with mock.patch.dict(os.environ, {"PATH": tmp, "BUILD_DIR": tmp}), \
                 mock.patch.object(rust.repo, "build_dir", lambda: Path(tmp)):
                found, why = rust.variables("x86_64")
            return found and [v.replace(tmp, "TMP") for v in found], why

    def test_reasons(self):
        rustc = "echo TMP"
        self.assertRegex(self.variables()[1], "^no rustc .*tools/setup --for rust")
        self.assertRegex(self.variables(rustc="echo /nowhere", bindgen="")[1], "^no rustc with the sources")
        self.assertRegex(self.variables(rustc=rustc)[1], "^no bindgen in PATH")
        old = "printf '***\\n*** Rust bindings generator is too old.\\n***   Your version: 0.60\\n***\\n'; exit 2"
        self.assertEqual(self.variables(rustc=rustc, bindgen="", make=old),
                         (None, "make rustavailable: Rust bindings generator is too old."))

    def test_found(self):
        self.assertEqual(self.variables(rustc="echo TMP", bindgen="", make="exit 0"),
                         (["RUSTC=TMP/rustc", "BINDGEN=TMP/bindgen", "HOSTCC=gcc"], ""))


class Report(unittest.TestCase):
    def setUp(self):
        self.records = records()
        self.verdicts = [bench_io.judge(t, self.records) for t in bench_io.TARGETS]

    def test_records_have_the_documented_fields(self):
        for r in json.loads(json.dumps(self.records)):
            self.assertEqual(set(r) - {"repetitions", "spread"}, FIELDS)
            self.assertIn(r["method"], bench_io.KEYS["method"])
            self.assertTrue(all(r[k] in bench_io.KEYS[k] for k in ("driver", "mode", "blocksize", "rw", "bs", "jobs")))
            self.assertGreater(r["iops"], 0)
            self.assertEqual(r["insn_per_io"] is None, r["method"] != "icount")

    def test_iops_and_instructions_agree(self):
        r = bench_io.icount_record(NULL, "randread", 4096, 1, [(5000.0, None), (5000.0, None)])
        self.assertEqual((r["iops"], r["insn_per_io"], r["driver_insn_per_io"], r["spread"]), (200000, 5000, None, 0))

    def test_targets(self):
        by_what = {(v.what, v.target): v for v in self.verdicts}
        self.assertEqual(len(by_what), len(bench_io.TARGETS))
        self.assertNotIn(None, [v.met for v in self.verdicts])
        for what, target, found, met in (
                ("null, 4k randread: instructions", "at most 0.98 x null_blk's", "0.9000", True),
                ("memory 512, 128k randread: instructions", "at most 0.47 x null_blk's", "0.9000", False),
                ("bio, 4k randread: instructions", "at most 0.75 x null_blk's", "0.9000", False),
                ("bio-memory, 4k randread: instructions", "at most 0.97 x brd's", "1.1250", False),
                ("zoned, 4k write: instructions", "at most 1 x null_blk's", "0.9000", True),
                ("null, 4k randread: instructions in the driver", "at most 40", "100", False),
                ("memory 4096, 128k read, 2 jobs: IOPS", "at least 1.3 x null_blk's", "1.11", False),
                ("memory 4096, 4k randread, 2 jobs: IOPS", "at least 0.95 x brd's", "0.89", False),
                ("memory 4096, 4k randread: IOPS of two CPUs over one", "at least 1 x brd's", "1.00", True),
                ("bio-memory, 4k randread: bios of two CPUs over one", "at least 1.9 x", "1.95", True)):
            v = by_what[what, target]
            self.assertEqual((v.found, v.met, v.beyond_noise), (found, met, not met), what)
        for t in bench_io.TARGETS:
            self.assertIsNone(bench_io.judge(t, []).met)

    def test_targets_are_among_the_cells(self):
        disks = {(d.driver, d.mode, d.blocksize): d for d in ioplan.DISKS}
        for t in bench_io.TARGETS:
            for key in (("cnull", t.mode, t.blocksize), t.peer or ("null_blk", t.mode, t.blocksize)):
                if t.what == "ratio" or key[0] == "cnull":
                    self.assertTrue(bench_io._wanted(lambda _: True, False, t.method, disks[key], t.rw, t.bs, t.jobs), t)

    def test_what_was_asked_for(self):
        def asked(*only, quick=False):
            """The targets that --check insists on where cnull was refused."""
            with mock.patch.object(bench_io, "_counting_kernel"), mock.patch.object(bench_io.kbuild, "build"), \
                    mock.patch.object(bench_io, "_present", lambda build, cells, skipped: cells), \
                    mock.patch.object(icount, "measure", lambda *a: ({}, ioplan.Answers({"cnull": "no"}, {}, {}, []), {})), \
                    mock.patch.object(bench_io.io_report, "markdown"), mock.patch.object(bench_io.io_report, "svg"):
                outcome = bench_io.run(benchkit.selector(["method=icount", *only], bench_io.KEYS), quick)
            self.assertEqual({v.met for v in outcome.verdicts}, {None})
            return {v.what for v in outcome.verdicts if v.asked}
        everything = asked()
        self.assertEqual(len(everything), len({str(t) + t.what for t in bench_io.TARGETS if t.method == "icount"}))
        self.assertIn("zoned, 4k write: instructions", everything - asked(quick=True))
        self.assertEqual(asked("driver=cnull", "mode=null"), {"null, 4k randread: instructions in the driver"})
        self.assertEqual(asked("driver=null_blk"), set())

    def test_check_needs_figures(self):
        code = (f"import runpy, sys; sys.dont_write_bytecode = True; sys.path.insert(0, {str(TOOLS / 'lib')!r})\n"
                "import bench_io; from benchkit import Outcome, Verdict\n"
                "bench_io.run = lambda *_: Outcome([], '', '', [Verdict('one', '0', asked={}), Verdict('other', '0')])\n"
                f"sys.argv = ['bench', 'io', *{{}}]; runpy.run_path({str(TOOLS / 'bench')!r}, run_name='__main__')")
        with tempfile.TemporaryDirectory() as tmp:
            for asked, args, status in ((True, ["--check"], 1), (False, ["--check"], 0), (True, [], 0)):
                p = subprocess.run([sys.executable, "-c", code.format(asked, args)], env={**os.environ, "BUILD_DIR": tmp},
                                   capture_output=True, text=True, check=False)
                self.assertEqual((p.returncode, "not measured: one" in p.stderr), (status, asked), p.stderr)

    def test_driver_instructions_without_the_plugin(self):
        t = next(t for t in bench_io.TARGETS if t.what == "own")
        r = bench_io.icount_record(Disk("cnull", "null", 4096), t.rw, t.bs, 1, [(4500.0, None)] * 2)
        self.assertIsNone(bench_io.judge(t, [r]).met)

    def test_a_miss_within_noise(self):
        t = bench_io.TARGETS[0]
        rs = [bench_io.icount_record(Disk(d, "null", 4096), t.rw, t.bs, 1, [(a, None), (b, None)])
              for d, a, b in (("null_blk", 1000, 1010), ("cnull", 985, 990))]
        v = bench_io.judge(t, rs)
        self.assertEqual((v.met, v.beyond_noise), (False, False))

    def test_markdown(self):
        text = io_report.markdown(self.records, self.verdicts, {"rnull (x86_64)": "not built"},
                                  {"a": {"max_sectors_kb": "124"}, "b": {"max_sectors_kb": "127"}}, "About.")
        for heading in ("## Targets", "## Instructions per I/O", "### Memory-backed, blocksize 512", "### Zones, null",
                        "### Memory-backed, blocksize 4096, 4 jobs",
                        "### Write cache", "## Contention", "## Contention inside the kernel",
                        "## Not measured", "## Settings"):
            self.assertIn(f"\n{heading}\n", text)
        self.assertIn("**145889 (1.080)**", text)       # a loss stands where the wins do
        self.assertRegex(text, r"\| b +\| +127 \|")
        self.assertIn("copy_page()", text)              # what "in <driver>" leaves out
        for block in text.split("\n\n"):
            if block.startswith("|"):
                self.assertEqual(len({line.count("|") for line in block.strip().splitlines()}), 1, block)

    def test_svg(self):
        root = xml.etree.ElementTree.fromstring(io_report.svg(self.records))
        self.assertTrue(root.tag.endswith("svg"))
        text = " ".join(root.itertext())
        for word in ("I/O size (bytes)", "kIOPS", "cnull bio", "brd", "prefers-color-scheme: dark"):
            self.assertIn(word, text)

    def test_sections(self):
        base, own, brd = ("null_blk", "memory", 512), ("cnull", "memory", 512), ("brd", "bio-memory", 512)
        self.assertEqual(list(io_report.sections({own: {}, base: {}, ("null_blk", "null", 4096): {}})),
                         [("Null mode", [("null_blk", "null", 4096)]), ("Memory-backed, blocksize 512", [base, own])])
        # a disk in several sections alone is shown once
        self.assertEqual(list(io_report.sections({brd: {}})), [("Memory-backed, blocksize 4096", [brd])])

    def test_a_part_of_the_matrix(self):
        part = [r for r in self.records if r["driver"] == "brd"]
        self.assertIn("brd", io_report.markdown(part, [], {}, {}, "About."))
        xml.etree.ElementTree.fromstring(io_report.svg(part))

    def test_files(self):
        with self.subTest("all three are replaced as a whole"):
            with tempfile.TemporaryDirectory() as tmp, mock.patch.object(benchkit, "folder", lambda: Path(tmp)):
                benchkit.write("io", benchkit.Outcome(self.records, "text\n", "<svg/>"))
                self.assertEqual(sorted(p.name for p in Path(tmp).iterdir()), ["io.json", "io.md", "io.svg"])
                self.assertEqual(json.loads((Path(tmp) / "io.json").read_text()), self.records)


class Pieces(unittest.TestCase):
    def test_table(self):
        self.assertEqual(mdtable.table(["name", "n"], [["a|b", 1], ["c", None]]),
                         "| name |   n |\n|------|----:|\n| a\\|b |   1 |\n| c    |     |\n")
        with self.assertRaises(ValueError):
            mdtable.table(["a"], [["b", "c"]])

    def test_ticks(self):
        for low, high in ((0.5, 1.0), (0.97, 1.0), (3, 3), (1, 4e6), (0, 0)):
            marks = plot.ticks(low, high)
            self.assertTrue(marks[0] <= low and marks[-1] >= high and 3 <= len(marks) <= 8, (low, high, marks))

    def test_plot_escapes(self):
        panel = plot.Panel("a < b", [1], "x & y", "y", {"<s>": [None]})
        xml.etree.ElementTree.fromstring(plot.figure("t & u", [[panel]]))


if __name__ == "__main__":
    unittest.main()
