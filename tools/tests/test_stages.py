# SPDX-License-Identifier: GPL-2.0
"""tools/test with stages that only sleep; its stages against what CI and tools/setup make of them."""
import concurrent.futures
import fcntl
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path
from unittest import mock

sys.dont_write_bytecode = True
TOOLS = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TOOLS / "lib"))
import guest_tests  # noqa: E402
import image_tests  # noqa: E402
import packages  # noqa: E402
import repo  # noqa: E402
import stages  # noqa: E402

DRIVER = """
import runpy, signal, sys
# as in a terminal: a shell that has the tests in the background has it ignored
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.dont_write_bytecode = True
sys.path.insert(0, {lib!r})
import host, stages
host.ensure = lambda groups: None
stages.Passed._files = staticmethod(lambda: open({files!r}).read() or None)
stages.Passed._stands = staticmethod(lambda: open({tree!r}).read() == "the series")
stages.stages = lambda: [stages.Stage(name, "quick", 60, ["sh", "-c", does]) for name, does in {stages!r}]
{patch}
sys.argv = ["test", *{args!r}]
runpy.run_path({tool!r}, run_name="__main__")
"""
CI = 90 * 60        # seconds that it gives .ci/run


def numbers_of_ci_run():
    """(seconds for the stages, until SIGTERM, until SIGKILL)"""
    text = (repo.ROOT / ".ci/run").read_text()
    kill, term, within = re.search(r"^exec timeout --foreground -k (\d+) (\d+) tools/test --within (\d+)", text, re.M).groups()
    return int(within), int(term), int(term) + int(kill)


class Run(unittest.TestCase):
    def setUp(self):
        self.tmp = Path(tempfile.mkdtemp(prefix="stages-test-"))
        self.addCleanup(shutil.rmtree, self.tmp, ignore_errors=True)
        self.files = self.tmp / "files"
        self.files.write_text("a tree")
        self.tree = self.tmp / "tree"
        self.tree.write_text("the series")

    def run_test(self, does, *args, until=None, sign=signal.SIGTERM, patch=""):
        """(status, stdout, stderr) of tools/test with these stages; `sign` is sent once a file `until` is there."""
        code = DRIVER.format(lib=str(TOOLS / "lib"), stages=does, args=list(args), tool=str(TOOLS / "test"),
                             files=str(self.files), tree=str(self.tree), patch=patch)
        p = subprocess.Popen([sys.executable, "-c", code], env={**os.environ, "BUILD_DIR": str(self.tmp / "build")},
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(p.kill)
        for _ in range(600):
            if until is None or (self.tmp / until).exists():
                break
            time.sleep(0.05)
        if until:
            p.send_signal(sign)
        out, err = p.communicate(timeout=50)
        self.assertNotIn("Traceback", err)
        return p.returncode, out, err

    def test_told_to_stop(self):
        status, out, _ = self.run_test([("first", "echo 7 passed, 0 failed, 1 skipped"),
                                        ("second", f"touch {self.tmp}/begun; exec sleep 60"), ("third", "true")],
                                       until="begun")
        self.assertEqual((status, out.splitlines()[-1:]), (1, ["7 passed, 1 failed, 1 skipped"]))
        self.assertRegex(out, r"(?m)^first +ok ")
        self.assertRegex(out, r"(?m)^second +FAIL ")
        self.assertNotIn("third", out)

    def test_hang_up(self):
        stage = ("first", f"touch {self.tmp}/begun; sleep 1")
        # nohup has it ignored
        for how, line in (("DFL", "0 passed, 1 failed, 0 skipped"), ("IGN", "1 passed, 0 failed, 0 skipped")):
            (self.tmp / "begun").unlink(missing_ok=True)
            _, out, err = self.run_test([stage], until="begun", sign=signal.SIGHUP,
                                        patch=f"signal.signal(signal.SIGHUP, signal.SIG_{how})")
            self.assertEqual(out.splitlines()[-1:], [line], err)

    def test_ctrl_c(self):
        child = self.tmp / "child"
        status, out, err = self.run_test([("first", f"echo $$ >{child}; touch {self.tmp}/begun; exec sleep 60")],
                                         until="begun", sign=signal.SIGINT)
        self.assertEqual((status, out), (130, ""), err)
        self.assertIn("interrupted", err)
        self.assertFalse(Path(f"/proc/{child.read_text().strip()}").exists())

    def test_a_second_run(self):
        stage = ("first", f"touch {self.tmp}/begun; while [ ! -e {self.tmp}/end ]; do sleep 0.1; done")
        with concurrent.futures.ThreadPoolExecutor() as pool:
            one = pool.submit(self.run_test, [stage])
            while not (self.tmp / "begun").exists():
                time.sleep(0.05)
            status, out, err = self.run_test([stage])
            (self.tmp / "end").touch()
            self.assertEqual(one.result()[0], 0)
        self.assertEqual((status, out), (1, ""))
        self.assertRegex(err, r"the test run is in use by process \d+")

    def test_within(self):
        begin = time.monotonic()
        status, out, err = self.run_test([("first", "true"), ("second", "exec sleep 60"), ("third", "true")],
                                         "--within", "3")
        self.assertLess(time.monotonic() - begin, 20)
        self.assertEqual((status, out.splitlines()[-1:]), (1, ["1 passed, 2 failed, 0 skipped"]))
        self.assertRegex(err, r"second: no end within [123] s")
        self.assertIn("third: not run, the time of --within is over", err)

    def test_enough_time(self):
        status, out, _ = self.run_test([("first", "true"), ("second", "true")], "--within", "60")
        self.assertEqual((status, out.splitlines()[-1]), (0, "2 passed, 0 failed, 0 skipped"))

    def test_a_build_of_others_takes_no_time(self):
        lock = self.tmp / "build/build.lock"
        lock.parent.mkdir()
        held = open(lock, "w")
        fcntl.flock(held, fcntl.LOCK_EX)
        threading.Timer(3, held.close).start()
        patch = f"stages.stages = lambda: [stages.Stage('first', 'quick', 2, ['flock', {str(lock)!r}, 'true'], ('um',))]"
        status, out, err = self.run_test([], patch=patch)
        self.assertEqual((status, out.splitlines()[-1:]), (0, ["1 passed, 0 failed, 0 skipped"]), err)
        self.assertIn("waiting for the kernel build, in use by another run", err)

    def test_without_git(self):
        for n, args in enumerate(((), ("--resume",))):
            folder = self.tmp / f"bin{n}"
            folder.mkdir()
            (folder / "sh").symlink_to("/bin/sh")
            patch = (f"import os\nos.environ['PATH'] = {str(folder)!r}\nfiles = stages.Passed._files\n"
                     f"git = {str(folder / 'git')!r}\n"
                     f"host.ensure = lambda _: os.path.exists(git) or os.symlink({shutil.which('git')!r}, git)\n"
                     "stages.Passed._files = staticmethod(lambda: stages.proc.run(['git', '--version']) and files())")
            status, out, err = self.run_test([("first", "true")], *args, patch=patch)
            self.assertEqual((status, out.splitlines()[-1:]), (0, ["1 passed, 0 failed, 0 skipped"]), err)
            self.assertIn("(on ", self.run_test([("first", "true")], "--resume")[1])
            (self.tmp / "build/test-passed.json").unlink()

    def test_what_is_no_signal(self):
        status, out, err = self.run_test([("first", "true")], patch="host.ensure = lambda _: stages.proc.run(['/none'])")
        self.assertEqual((status, out), (1, ""))
        self.assertNotIn("told to stop", err)
        self.assertIn("cannot run /none", err)

    def test_resume(self):
        runs = self.tmp / "runs"
        first, bad = ("first", f"echo first >>{runs}; echo 7 passed, 0 failed, 1 skipped"), ("second", "false")
        good = ("second", f"echo second >>{runs}")
        self.assertEqual(self.run_test([first, bad])[0], 1)
        # what failed is run again, what passed is counted as it was
        status, out, _ = self.run_test([first, good], "--resume")
        self.assertEqual((status, out.splitlines()[-1]), (0, "8 passed, 0 failed, 1 skipped"))
        self.assertRegex(out, r"(?m)^first +ok .* 7 passed, 0 failed, 1 skipped \(on 20..-")
        self.assertEqual(runs.read_text(), "first\nsecond\n")
        self.run_test([first, good])
        self.assertEqual(runs.read_text(), "first\nsecond\n" * 2)
        # not on other files, nor on such as nobody knows
        for files in ("another tree", ""):
            runs.unlink()
            self.files.write_text(files)
            self.run_test([first, good], "--resume")
            self.assertEqual(runs.read_text(), "first\nsecond\n", files)
        self.run_test([first, good], "--resume")
        self.assertEqual(runs.read_text(), "first\nsecond\n" * 2)

    def test_resume_after_a_change_in_mid_run(self):
        self.run_test([("first", f"printf other >{self.files}")])
        for files in ("a tree", "other"):
            self.files.write_text(files)
            self.assertNotIn("(on ", self.run_test([("first", "true")], "--resume")[1])
            self.files.write_text("a tree")
            (self.tmp / "build/test-passed.json").unlink(missing_ok=True)


    def test_resume_does_not_know_what_tested_another_tree(self):
        def kept(does):
            self.run_test([does])
            return "(on " in self.run_test([does], "--resume")[1]
        self.assertTrue(kept(("first", "true")))
        (self.tmp / "build/test-passed.json").unlink()
        # edits that come while it runs, a tree that is behind, and one that is so no longer at the end
        self.assertFalse(kept(("first", f"printf edited >{self.tree}")))
        self.assertIn("first: not kept for --resume", self.run_test([("first", "true")])[2])
        self.assertFalse(kept(("first", "true")))
        self.run_test([("first", f"printf 'the series' >{self.tree}")])
        self.assertNotIn("(on ", self.run_test([("first", "false")], "--resume")[1])
        # what makes the tree is always run
        self.assertFalse(kept(("series tree", "true")))


class Files(unittest.TestCase):
    def test_committed_or_not(self):
        with tempfile.TemporaryDirectory() as tmp, mock.patch("stages.repo.ROOT", Path(tmp)):
            self.assertIsNone(stages.Passed._files())
            who = {"GIT_AUTHOR_NAME": "x", "GIT_AUTHOR_EMAIL": "x@x.test", "GIT_COMMITTER_NAME": "x",
                   "GIT_COMMITTER_EMAIL": "x@x.test"}
            stages.proc.git("init", "-q", cwd=tmp)
            (Path(tmp) / "a").write_text("1")
            stages.proc.git("add", "a", cwd=tmp)
            stages.proc.git("commit", "-qm", "one", cwd=tmp, env=who)
            one = stages.Passed._files()
            self.assertRegex(one, r"^[0-9a-f]{40}$")
            (Path(tmp) / "b").touch()
            self.assertIsNone(stages.Passed._files())
            (Path(tmp) / "b").unlink()
            (Path(tmp) / "a").write_text("2")
            self.assertIsNone(stages.Passed._files())
            stages.proc.git("commit", "-qam", "two", cwd=tmp, env=who)
            self.assertNotEqual(stages.Passed._files(), one)


class Images(unittest.TestCase):
    def test_totals(self):
        said = "386 passed, 2 failed\nKTAP version 1\n1..29\nok 1 tls\n# passed 28 of 29\n"
        self.assertEqual(image_tests.totals(said, 0), (386 + 28 + 1, 2 + 1))
        self.assertEqual(image_tests.totals(said, 1), (386 + 28, 2 + 1 + 1))
        for cut in ("388 passed, 0 failed\n", "# passed 29 of 29\n", ""):
            with self.assertRaises(image_tests.Problem):
                image_tests.totals(cut, 0)


class Stages(unittest.TestCase):
    def test_setup_without_options_is_enough_for_the_default_level(self):
        for s in stages.stages():
            if s.in_level("default"):
                self.assertLessEqual(set(s.needs), set(packages.DEFAULT), s.name)

    def test_each_pattern_of_guest_scripts_has_one(self):
        self.assertEqual({s.name for s in guest_tests.choose(["test_*_stress"], [])},
                         {"test_cnull_stress.sh", "test_domain_stress.sh"})
        for pattern in stages.RACES:
            guest_tests.choose([pattern], ["kcsan"])
        for bad in ("test_cnull_oi", "test_suites"):
            with self.assertRaisesRegex(guest_tests.Problem, bad):
                guest_tests.choose(["test_*", bad], [])
        status, out = stages.proc.run(stages._guest("x86_64", "test_cnull_oi"), check=False)
        self.assertEqual(str(stages.count(out, status)), "0 passed, 1 failed, 0 skipped")

    def test_ci_run_ends_before_ci_does(self):
        within, term, kill = numbers_of_ci_run()
        # a stage that is over its time may take seconds to end
        self.assertLess(within + 60, term)
        self.assertLess(kill, CI)
        for s in stages.stages():
            if s.in_level("default"):
                self.assertLess(s.limit, within, s.name)

    def test_each_stage_is_in_one_job(self):
        text = (repo.ROOT / ".github/workflows/test.yml").read_text()
        rows = re.findall(r"^ {10}- (.*)$", text[text.index("matrix:"):text.index("steps:")], re.M)
        minutes = int(re.search(r"timeout-minutes: (\d+)", text)[1])
        jobs = {}
        for row in rows:
            if row == '""':     # .ci/run
                jobs[row] = [s for s in stages.stages() if s.in_level("default")]
                seconds = numbers_of_ci_run()[2]
            else:
                only = row.removeprefix("--only=")
                self.assertNotEqual(only, row)
                jobs[row] = [s for s in stages.stages() if only in s.name]
                seconds = sum(s.limit for s in jobs[row])
            self.assertTrue(jobs[row], row)
            self.assertGreater(minutes * 60, seconds, row)
        for s in stages.stages():
            self.assertEqual(len([row for row, has in jobs.items() if s in has]), 1, s.name)


if __name__ == "__main__":
    unittest.main()
