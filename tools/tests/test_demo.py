# SPDX-License-Identifier: GPL-2.0
"""tools/demo without a kernel: what it takes from a console, and its summary."""
import subprocess
import sys
import unittest
from pathlib import Path
from types import SimpleNamespace

sys.dont_write_bytecode = True
TOOLS = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TOOLS / "lib"))
import demo_parts  # noqa: E402
import guest  # noqa: E402

CONSOLE = """\
step: load cnull
ok demo/load-cnull
summary: disks: ten: all of them
not ok demo/verify: status 1 instead of 0: fio
skip demo/rest: why not
summary: : a second line
# 1 passed, 1 failed, 1 skipped
"""


def booting(console, status, splats=()):
    def boot(build, script, *, on_line, **rest):
        for line in console.splitlines(keepends=True):
            on_line(line)
        return SimpleNamespace(status=status, output=console, splats=list(splats))
    return boot


class Parts(unittest.TestCase):
    def run_part(self, console, status, splats=()):
        import contextlib
        from unittest import mock
        steps = SimpleNamespace(log=lambda name: Path(f"/logs/demo-{name}.log"),
                                step=lambda what: contextlib.nullcontext(lambda text: None))
        tally = demo_parts.Tally()
        with mock.patch.object(guest, "boot", booting(console, status, splats)):
            demo_parts.run_part(demo_parts.PARTS[0], None, steps, tally)
        return tally

    def test_cases_are_counted(self):
        t = self.run_part(CONSOLE, 1)
        self.assertEqual((t.passed, t.failed, t.skipped), (1, 1, 1))
        self.assertEqual(t.lines, [("disks", "ten: all of them"), ("", "a second line")])
        self.assertEqual(t.failures, ["demo/verify: status 1 instead of 0: fio; log: /logs/demo-io.log"])

    def test_every_bad_end_is_a_failure(self):
        for status, splats, says in ((guest.TIMED_OUT, [], "not done within"), (guest.DIED, [], "died"),
                                     (3, [], "status 3"), (0, ["WARNING: here"], "WARNING: here")):
            t = self.run_part("ok demo/a\n", status, splats)
            self.assertEqual(t.failed, 1)
            self.assertIn(says, t.failures[0])

    def test_steps_are_the_live_line(self):
        import contextlib
        from unittest import mock
        notes = []
        steps = SimpleNamespace(log=lambda name: Path("/log"), step=lambda what: contextlib.nullcontext(notes.append))
        console = "step: 900 IOPS while the driver's code is replaced: 7 times, 0 I/Os failed\r\nok demo/a\n"
        with mock.patch.object(guest, "boot", booting(console, 0)):
            demo_parts.run_part(demo_parts.PARTS[-1], None, steps, demo_parts.Tally())
        self.assertEqual([n.strip() for n in notes], [console.split("\r")[0].removeprefix("step: ")])

    def test_every_part_has_its_script(self):
        for part in demo_parts.PARTS:
            text = (TOOLS / "guest" / part.script).read_text()
            self.assertIn("finish", text)
            self.assertEqual(subprocess.run(["sh", "-n"], input=text, text=True, check=False).returncode, 0)

    def test_the_summary_fits_a_screen(self):
        tally = demo_parts.Tally()
        for part in demo_parts.PARTS:       # what a run without failures says
            for line in (TOOLS / "guest" / part.script).read_text().splitlines():
                if "summary " in line:
                    words = line.split("summary ", 1)[1]
                    label, text = words.split('"')[1::2] if words.startswith('"') else (words.split()[0], words.split('"')[1])
                    tally.take(f"summary: {label}: {text}", "log")
        steps = SimpleNamespace(elapsed=lambda: 99.0, prefix="demo", logs=[Path.cwd() / "build/log/demo-io.log"])
        text = demo_parts.summary(SimpleNamespace(release="7.3.4"), tally, ["x" * 79] * 6, steps)
        self.assertLessEqual(len(text.splitlines()), 24)
        self.assertLessEqual(max(map(len, text.splitlines())), 80, text)


if __name__ == "__main__":
    unittest.main()
