# SPDX-License-Identifier: GPL-2.0
"""git on the objects of a kernel tree, blind to everything else of it.

All plumbing runs in a private, empty git directory that borrows the kernel
tree's object store: no local configuration, no attributes, no index, no hooks
and no identity of anybody can change what comes out.
"""
import os
import re
import subprocess

import proc


class Bad(Exception):
    """Something about the series that a person must decide or mend: one clear line."""


def call(args, *, cwd=None, env=None, stdin=b"", check=True, timeout=300):
    """git with pinned settings, in bytes. Returns the output, or (status, output, errors)."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    try:
        p = subprocess.run(["git", *proc.GIT_PINS, *map(str, args)], cwd=cwd, input=stdin, timeout=timeout,
                           env={**clean, **proc.GIT_ENV, **(env or {})},
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    except FileNotFoundError:
        raise Bad("git is not installed; run tools/setup") from None
    except subprocess.TimeoutExpired:
        raise Bad(f"git {args[0]} took longer than {timeout} s") from None
    if not check:
        return p.returncode, p.stdout, p.stderr.decode(errors="replace")
    if p.returncode:
        lines = p.stderr.decode(errors="replace").strip().splitlines() or ["no message"]
        raise Bad(f"git {args[0]}: " + "; ".join(lines[:3]))
    return p.stdout


class Git:
    """The plumbing. An entry of a tree is (mode, blob id), or None where there is no file."""

    def __init__(self, tree, scratch):
        self.dir = scratch / "git"
        self.scratch = scratch
        objects = call(["rev-parse", "--path-format=absolute", "--git-path", "objects"], cwd=tree).decode().strip()
        call(["init", "-q", "--bare", "--template=", self.dir])
        self.env = {"GIT_DIR": str(self.dir), "GIT_OBJECT_DIRECTORY": objects,
                    "GIT_INDEX_FILE": str(scratch / "no-index")}
        self.base = call(["rev-parse", "--verify", "-q", "refs/tags/base^{commit}"], cwd=tree).decode().strip()

    def __call__(self, *args, stdin=b"", env=None, check=True, timeout=300):
        return call(args, cwd=self.scratch, env={**self.env, **(env or {})}, stdin=stdin, check=check,
                    timeout=timeout)

    def text(self, *args, **kw):
        return self(*args, **kw).decode().strip()

    def tree_of(self, commit):
        return self.text("rev-parse", f"{commit}^{{tree}}")

    def entries(self, treeish, paths):
        """{path: entry} of those paths that exist in treeish."""
        out, paths = {}, sorted(paths)
        for i in range(0, len(paths), 500):
            for rec in self("ls-tree", "-r", "-z", treeish, "--", *paths[i:i + 500]).split(b"\0"):
                if rec:
                    meta, path = rec.decode().split("\t", 1)
                    mode, _, oid = meta.split()
                    out[path] = (mode, oid)
        return out

    def changes(self, old, new):
        """{path: entry in new} of all that differs."""
        out = {}
        fields = self("diff-tree", "-r", "-z", "--raw", "--no-renames", old, new).decode().split("\0")
        for meta, path in zip(fields[0::2], fields[1::2]):
            _, mode, _, oid, _ = meta.split()
            out[path] = None if mode == "000000" else (mode, oid)
        return out

    def blob(self, oid):
        return self("cat-file", "blob", oid)

    def add_blob(self, data):
        return self.text("hash-object", "-w", "--stdin", stdin=data)

    def index(self, name):
        """The environment of a scratch index."""
        return {"GIT_INDEX_FILE": str(self.scratch / name)}

    def put(self, env, entries):
        """Sets entries (None removes) in a scratch index."""
        lines = [f"{e[0]} {e[1]}\t{p}" if e else f"0 {'0' * 40}\t{p}" for p, e in entries.items()]
        self("update-index", "-z", "--index-info", stdin="".join(x + "\0" for x in lines).encode(), env=env)

    def listing(self, env):
        out = {}
        for rec in self("ls-files", "-s", "-z", env=env).decode().split("\0"):
            if rec:
                meta, path = rec.split("\t", 1)
                mode, oid, _ = meta.split()
                out[path] = (mode, oid)
        return out

    def tree_with(self, treeish, entries):
        """The tree that is treeish with these entries."""
        env = self.index("tree-index")
        self("read-tree", treeish, env=env)
        self.put(env, entries)
        return self.text("write-tree", env=env)

    def hunks(self, old, new):
        """[(line, count, new line, new count)] between two blobs, lines from 0."""
        out = []
        for m in re.finditer(rb"^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@",
                             self("diff", "--no-ext-diff", "--text", "-U0", old, new), re.M):
            a, an, b, bn = (int(x) if x is not None else 1 for x in m.groups())
            out.append((a - (an > 0), an, b - (bn > 0), bn))
        return out

    def commit(self, patches, base=None):
        """Makes one commit per patch on top of base; returns their ids.

        Everything in them comes from the patch, so the same series gives the
        same ids everywhere.
        """
        if not patches:
            return []
        marks = self.scratch / "marks"
        out = [b"feature done\n"]
        for n, p in enumerate(patches, 1):
            who = f"{p.author} {p.date}"
            msg = p.message.encode()
            out.append(f"commit refs/heads/series\nmark :{n}\nauthor {who}\ncommitter {who}\n"
                       f"data {len(msg)}\n".encode() + msg + b"\n"
                       + f"from {base or self.base if n == 1 else f':{n - 1}'}\n".encode())
            for path, e in sorted(p.changes.items(), key=lambda x: x[1] is not None):
                out.append((f"M {e[0]} {e[1]} {path}\n" if e else f"D {path}\n").encode())
            out.append(b"\n")
        out.append(b"done\n")
        self("-c", "fastimport.unpackLimit=1000000", "fast-import", "--quiet", "--force",
             f"--export-marks={marks}", stdin=b"".join(out))
        ids = dict(line.split() for line in marks.read_text().splitlines())
        return [ids[f":{n}"] for n in range(1, len(patches) + 1)]

    def export(self, tip, name, base=None):
        """{file name: bytes} of the patches base..tip, in order."""
        folder = self.scratch / name
        folder.mkdir()
        self("format-patch", "-q", "--zero-commit", "--full-index", "--no-signature", "-N", "--no-renames",
             "--no-ext-diff", "--no-textconv", "-o", folder, f"{base or self.base}..{tip}")
        return {f.name: f.read_bytes() for f in sorted(folder.iterdir())}
