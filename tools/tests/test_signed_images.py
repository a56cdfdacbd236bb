# SPDX-License-Identifier: GPL-2.0
"""Signed images without a kernel: domain-sign with a stand-in for scripts/sign-file."""
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

sys.dont_write_bytecode = True
TOOLS = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TOOLS / "lib"))
import repo  # noqa: E402
import signed_images  # noqa: E402
from ui import Problem  # noqa: E402

SIGN = repo.ROOT / "kernel-domain/tools/domain/domain-sign"
MARKER = b"~Domain signature appended~\n"
# the arguments of scripts/sign-file: hash, key, certificate, file, new file
STAND_IN = """#!/bin/sh
[ -r "$2" ] || exit 1
{ cat "$4"; echo "$1 by $(cat "$2")"; echo '~Module signature appended~'; } >"$5"
"""


class Sign(unittest.TestCase):
    def setUp(self):
        tmp = tempfile.TemporaryDirectory()
        self.addCleanup(tmp.cleanup)
        self.dir = Path(tmp.name)
        (self.dir / "key").write_text("me")
        (self.dir / "image").write_bytes(b"an image")
        (self.dir / "sign-file").write_text(STAND_IN)
        (self.dir / "sign-file").chmod(0o755)

    def sign(self, *args, program="sign-file"):
        p = subprocess.run([SIGN, *args], cwd=self.dir, text=True, capture_output=True, timeout=20,
                           env={"PATH": "/usr/bin:/bin", "SIGN_FILE": f"{self.dir}/{program}"})
        return p.returncode, p.stdout + p.stderr

    def test_marker(self):
        self.assertEqual(self.sign("sha256", "key", "cert", "image", "out"), (0, ""))
        self.assertEqual((self.dir / "out").read_bytes(), b"an image" + b"sha256 by me\n" + MARKER)
        self.assertEqual((self.dir / "image").read_bytes(), b"an image")

    def test_in_place_and_only_once(self):
        self.assertEqual(self.sign("sha256", "key", "cert", "image"), (0, ""))
        once = (self.dir / "image").read_bytes()
        self.assertTrue(once.endswith(MARKER))
        status, said = self.sign("sha256", "key", "cert", "image")
        self.assertEqual((status, said), (1, "domain-sign: image has a signature already\n"))
        self.assertEqual((self.dir / "image").read_bytes(), once)

    def test_failures_leave_nothing(self):
        for args, program, why in ((("no-key", "cert", "image"), "sign-file", "image is not signed"),
                                   (("key", "cert", "none"), "sign-file", "cannot read none"),
                                   (("key", "cert", "image"), "none", "no program")):
            status, said = self.sign("sha256", *args, program=program)
            self.assertEqual(status, 1)
            self.assertIn(why, said)
            self.assertEqual((self.dir / "image").read_bytes(), b"an image")
            self.assertEqual(sorted(p.name for p in self.dir.iterdir()), ["image", "key", "sign-file"])

    def test_a_program_that_signs_otherwise(self):
        (self.dir / "sign-file").write_text('#!/bin/sh\ncp "$4" "$5"\n')
        status, said = self.sign("sha256", "key", "cert", "image")
        self.assertEqual(status, 1)
        self.assertIn("appended no marker", said)
        self.assertEqual((self.dir / "image").read_bytes(), b"an image")

    def test_build_without_a_key(self):
        (self.dir / ".config").write_text("CONFIG_DOMAIN=y\n")
        build = mock.Mock(out=self.dir, domains=[])
        build.name = "x86_64"
        with self.assertRaisesRegex(Problem, "x86_64 has no key"):
            signed_images.make(build, ["hello"], self.dir)


if __name__ == "__main__":
    unittest.main()
