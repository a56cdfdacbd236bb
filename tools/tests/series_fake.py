# SPDX-License-Identifier: GPL-2.0
"""What the tests of tools/series share: a few files for a kernel, a copy of tools/ for the repository."""
import atexit
import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

TOOLS = Path(__file__).resolve().parent.parent
BODY = "Because the test wants it so,\nand for no other reason.\n"
# a person with settings that must not matter
HOSTILE = """\
[user]
\tname = A Developer
\temail = dev@example.org
[diff]
\tnoprefix = true
\tcontext = 9
[format]
\tsignature = from me
\tnumbered = true
[commit]
\tgpgSign = false
"""


def lines(n, what):
    return "".join(f"{what} {i}\n" for i in range(n))


class Fake:
    """A repository, a kernel of few files, and a person's git."""

    user = None     # who runs tools/series, if not we

    def __init__(self, top, name="some repository", like=None):
        self.top = Path(top)
        self.root = self.top / name
        self.build = self.top / (name.replace(" ", "-") + "-build")
        self.linux = self.build / "linux"
        (self.top / "config").write_text(HOSTILE)
        self.env = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
        self.env.update(BUILD_DIR=str(self.build), GIT_CONFIG_GLOBAL=str(self.top / "config"), HOME=str(self.top),
                        GIT_CONFIG_NOSYSTEM="1", NO_COLOR="1")
        if like:
            shutil.copytree(like.root, self.root)
            shutil.copytree(like.build, self.build)
            return
        # this repository's baseline excuses findings in its own files
        shutil.copytree(TOOLS / "lib", self.root / "tools/lib",
                        ignore=shutil.ignore_patterns("__pycache__", "style-baseline.txt"))
        shutil.copy(TOOLS / "series", self.root / "tools/series")
        (self.root / "KERNEL").write_text("# the pin\nversion 7.3.4\n\n# touched files\n")
        self.make_kernel()

    def make_kernel(self):
        self.linux.mkdir(parents=True)
        self.git("init", "-q", "-b", "main")
        self.put("drivers/block/Kconfig", lines(30, "config"))
        self.put("drivers/block/Makefile", lines(10, "obj"))
        self.put("MAINTAINERS", lines(40, "entry"))
        self.put("lib/list_sort.c", lines(20, "sort"))
        self.put(".gitignore", "*.o\n/*\n!/debian/\n")
        self.git("add", "-A", "-f")
        self.git("commit", "-q", "-m", "base", env={"GIT_COMMITTER_DATE": "1700000000 +0000",
                                                    "GIT_AUTHOR_DATE": "1700000000 +0000"})
        self.git("tag", "base")

    def git(self, *args, env=None, cwd=None):
        p = subprocess.run(["git", *map(str, args)], cwd=cwd or self.linux, env={**self.env, **(env or {})}, text=True,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
        if p.returncode:
            raise AssertionError(f"git {args}: {p.stdout}")
        return p.stdout.strip()

    def put(self, path, text):
        file = self.linux / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def own(self, path, text=None):
        file = self.root / path
        if text is not None:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        return file.read_text()

    def series(self, *args, cwd=None, env=None):
        p = subprocess.run([self.root / "tools/series", *map(str, args)], cwd=cwd or self.top,
                           env={**self.env, **(env or {})}, text=True, stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, timeout=120, user=self.user)
        return p.returncode, p.stdout

    def commit(self, subject, files, body=BODY, date=None):
        for path, text in files.items():
            self.put(path, text)
        self.git("add", "-A", "-f")
        when = {"GIT_AUTHOR_DATE": f"{date} +0200"} if date else {}
        self.git("commit", "-q", "-m", f"{subject}\n\n{body}", env=when)

    def edit(self, path, old, new):
        file = self.linux / path
        text = file.read_text()
        assert text.count(old) == 1, (path, old, text)
        file.write_text(text.replace(old, new))

    def patches(self):
        return {f.name: f.read_bytes() for f in sorted((self.root / "patches").iterdir())}

    def state(self):
        """Everything that a refresh may write."""
        return {str(f.relative_to(self.root)): f.read_bytes() for f in sorted(self.root.rglob("*"))
                if f.is_file() and "tools" not in f.relative_to(self.root).parts}


class SeriesTest(unittest.TestCase):
    made = None

    def setUp(self):
        temp = tempfile.TemporaryDirectory()
        self.addCleanup(temp.cleanup)
        self.f = Fake(temp.name)

    def ok(self, *args, **kw):
        status, out = self.f.series(*args, **kw)
        self.assertEqual(status, 0, out)
        return out

    def bad(self, text, *args, **kw):
        """Fails, says so, and changes nothing."""
        before = self.f.state()
        status, out = self.f.series(*args, **kw)
        self.assertEqual(status, 1, out)
        self.assertIn(text, out)
        self.assertNotIn("Traceback", out)
        self.assertEqual(before, self.f.state())
        return out

    def three(self):
        """A driver in two patches, and a sort; made once, then copied."""
        if SeriesTest.made is None:
            temp = tempfile.TemporaryDirectory()
            atexit.register(temp.cleanup)
            SeriesTest.made = Fake(temp.name)
            self.make_three(SeriesTest.made)
        shutil.rmtree(self.f.root)
        shutil.rmtree(self.f.build)
        self.f = Fake(self.f.top, like=SeriesTest.made)

    def make_three(self, f):
        f.commit("lib/list_sort: add a variant", {
            "lib/list_sort_fast.c": lines(10, "fast"),
            "lib/list_sort.c": lines(20, "sort").replace("sort 3\n", "sort 3\nhook\n")}, date=1710000000)
        f.commit("block: cnull: add a driver", {
            "drivers/block/cnull/main.c": lines(20, "main"), "drivers/block/cnull/Makefile": "obj main\n",
            "drivers/block/Kconfig": lines(30, "config").replace("config 5\n", "config 5\nsource cnull\n")},
            date=1710000100)
        main = lines(20, "main").replace("main 10\n", "queue a\nqueue b\nqueue c\n") + "tail\n"
        f.commit("block: cnull: add queues", {
            "drivers/block/cnull/main.c": main,
            "drivers/block/Kconfig": (f.linux / "drivers/block/Kconfig").read_text().replace(
                "config 20\n", "config 20\nqueues\n")}, date=1710000200)
        status, out = f.series("refresh")
        self.assertEqual(status, 0, out)
