# SPDX-License-Identifier: GPL-2.0
"""Small fake kernels, a local web server, and tools/kernel on them: what its tests share."""
import hashlib
import http.server
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
import unittest
import urllib.parse
from pathlib import Path

TOOLS = Path(__file__).resolve().parent.parent
MAKEFILE = "# SPDX\nVERSION = {}\nPATCHLEVEL = {}\nSUBLEVEL = {}\nEXTRAVERSION ={}\nNAME = x\n"
# SIGINT as in a terminal: a shell that has the tests in the background has it ignored
DRIVER = """
import runpy, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from pathlib import Path
sys.dont_write_bytecode = True
sys.path.insert(0, {lib!r})
import apt, fetch, origin, pinned
pinned.ROOM = 1 << 20
apt.SOURCES = ()
fetch.CONNECT = 3
{patch}
sys.argv = ["kernel", *{args!r}]
runpy.run_path({tool!r}, run_name="__main__")
"""


def blob(data):
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


def sha256(path):
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


class Server:
    """Serves a folder. `cut`: bytes after which the next long reply ends;
    `slow`: seconds per 64 KB; `ranges`: whether it can resume."""

    def __init__(self, root):
        self.root, self.cut, self.slow, self.ranges, self.log = root, None, 0, True, []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                start = int(re.sub(r"\D", "", self.headers.get("Range", "")) or 0) if outer.ranges else 0
                outer.log.append((self.path, start))
                path = outer.root / urllib.parse.unquote(self.path).lstrip("/")
                if not path.is_file():
                    self.send_error(404)
                    return
                data = path.read_bytes()
                if start and start >= len(data):
                    self.send_error(416)
                    return
                body = data[start:]
                self.send_response(206 if start else 200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                end = len(body)
                if outer.cut and end > outer.cut:
                    end, outer.cut = outer.cut, None
                for i in range(0, end, 65536):
                    try:
                        self.wfile.write(body[i:min(i + 65536, end)])
                        self.wfile.flush()
                    except OSError:
                        return
                    time.sleep(outer.slow)

            def log_message(self, *_args):
                pass

        self.httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.httpd.daemon_threads = True
        threading.Thread(target=self.httpd.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.httpd.server_port}"

    def close(self):
        self.httpd.shutdown()
        self.httpd.server_close()


class KernelCase(unittest.TestCase):
    def setUp(self):
        self.tmp = Path(tempfile.mkdtemp(prefix="kernel-test-"))
        self.addCleanup(shutil.rmtree, self.tmp, ignore_errors=True)
        self.repo = self.tmp / "a clone"
        self.repo.mkdir()
        shutil.copytree(TOOLS, self.repo / "tools", ignore=shutil.ignore_patterns("tests", "guest", "__pycache__"))
        self.build = self.tmp / "build"
        self.linux = self.build / "linux"
        self.web = self.tmp / "web"
        self.web.mkdir()
        self.server = Server(self.web)
        self.addCleanup(self.server.close)
        self.tree = self.kernel("tree")
        self.tarball = self.pack(self.tree, self.web / "linux-7.3.4.tar.xz")
        self.sums(sha256(self.tarball))
        self.pin()

    def kernel(self, name, version=(7, 3, 4, ""), touched=b"obj-y += x.o\n"):
        tree = self.tmp / name
        (tree / "lib").mkdir(parents=True)
        (tree / "Makefile").write_text(MAKEFILE.format(*version))
        (tree / "lib" / "Makefile").write_bytes(touched)
        (tree / ".gitignore").write_text("*.o\n")
        (tree / "ignored.o").write_text("an ignored file belongs to the tree\n")
        (tree / "noise").write_bytes(os.urandom(400_000))
        return tree

    def pack(self, tree, archive):
        with tarfile.open(archive, "w:" + archive.suffix[1:]) as t:
            t.add(tree, arcname="linux-x")
        return archive

    def sums(self, sha):
        (self.web / "sums.asc").write_text(f"{'0' * 64}  linux-7.3.3.tar.xz\n{sha}  linux-7.3.4.tar.xz\n")

    def pin(self, touched=b"obj-y += x.o\n", **more):
        keys = {"version": "7.3.4", "tag": "v7.3.4", "tarball": "linux-7.3.4.tar.xz",
                "url": f"{self.server.url}/linux-7.3.4.tar.xz", "sums": f"{self.server.url}/sums.asc",
                "sums-key": "0" * 40, "sums-signer": "nobody@localhost.invalid",
                "debian-package": "linux-source-7.3", "debian-version": "7.3.4-1~bpo13+1",
                "debian-suite": "trixie-backports", "debian-deb-sha256": "1" * 64,
                "debian-tarball-sha256": "2" * 64, "debian-tree": "3" * 40, **more}
        text = "".join(f"{k} {v}\n" for k, v in keys.items())
        (self.repo / "KERNEL").write_text("# a pin\n" + text + f"blob {blob(touched)} lib/Makefile\n")

    def command(self, *args, patch="", **env):
        code = DRIVER.format(lib=str(self.repo / "tools" / "lib"), patch=patch, args=[str(a) for a in args],
                             tool=str(self.repo / "tools" / "kernel"))
        full = {**os.environ, "BUILD_DIR": str(self.build), "GNUPGHOME": str(self.tmp / "no-gpg"), **env}
        for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
            full.pop(name, None)
        return subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL,
                                text=True, env=full, cwd=self.tmp, stdin=subprocess.DEVNULL)

    def run_kernel(self, *args, patch="", timeout=90, **env):
        p = self.command(*args, patch=patch, **env)
        try:
            _, err = p.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            p.kill()
            raise
        return p.returncode, err

    def good(self, *args, **kw):
        status, err = self.run_kernel(*args, **kw)
        self.assertEqual(status, 0, err)
        self.assert_tree()
        return err

    def bad(self, message, *args, status=1, **kw):
        got, err = self.run_kernel(*args, **kw)
        self.assertEqual(got, status, err)
        self.assertNotIn("Traceback", err)
        errors = [line for line in err.splitlines() if "error:" in line]
        self.assertEqual(len(errors), 1, err)
        self.assertRegex(errors[0], message)
        self.assert_no_remains()
        return err

    def assert_no_remains(self):
        left = [p.name for p in self.build.glob("linux.*")] if self.build.exists() else []
        self.assertEqual(left, [])

    def assert_tree(self):
        self.assert_no_remains()
        self.assertEqual(self.run_kernel("--check")[0], 0)
        self.assertEqual(self.git("status", "--porcelain", "--ignored"), "")
        self.assertEqual(self.git("rev-parse", "refs/tags/base"), self.git("rev-parse", "refs/heads/base"))
        self.assertIn("series@cnull.invalid", self.git("cat-file", "commit", "refs/tags/base"))
        self.assertTrue((self.linux / "ignored.o").exists())

    def git(self, *args, cwd=None):
        return subprocess.run(["git", *args], cwd=cwd or self.linux, capture_output=True, text=True,
                              check=True).stdout.strip()

    def make_git(self, tree):
        for args in (["init", "-q"], ["add", "-A", "-f"],
                     ["-c", "user.name=x", "-c", "user.email=x@x", "commit", "-q", "-m", "x"]):
            self.git(*args, cwd=tree)

    def until(self, condition, what):
        for _ in range(300):
            if condition():
                return
            time.sleep(0.05)
        self.fail(what)
