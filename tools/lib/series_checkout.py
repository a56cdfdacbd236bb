# SPDX-License-Identifier: GPL-2.0
"""A worktree of the kernel: what a person did there, and moving it without needless writes.

Kernel builds are incremental, so a file whose content does not change keeps
its time stamp.
"""
import os
import shutil
from pathlib import Path

import proc
import repo
from series_git import Bad, call
from ui import say

# the commit that patches/ and this worktree last agreed on
KNOWN = "refs/worktree/series"


def has_base(tree):
    return tree.is_dir() and call(["rev-parse", "-q", "--verify", "refs/tags/base^{commit}"], cwd=tree,
                                  check=False)[0] == 0


def ensure_base():
    """build/linux with its tag `base`, fetched if it is not there yet."""
    tree = repo.kernel_tree()
    if has_base(tree):
        return tree
    say(f"no pinned kernel in {tree} yet: running tools/kernel")
    # what it says goes to stderr: our stdout may be an mbox
    status, _ = proc.run([repo.TOOLS / "kernel"], timeout=3600, check=False, stdout_only=True)
    if status or not has_base(tree):
        raise Bad(f"tools/kernel made no pinned kernel in {tree}")
    return tree


class Checkout:
    def __init__(self, folder, git):
        self.folder, self.g = Path(folder), git
        self.index = Path(self.git("rev-parse", "--path-format=absolute", "--git-path", "index"))
        self.scratch = git.scratch / f"worktree-index-{abs(hash(str(folder)))}"

    def git(self, *args, **kw):
        return call(args, cwd=self.folder, **kw).decode().strip()

    def ref(self, name):
        status, out, _ = call(["rev-parse", "-q", "--verify", name + "^{commit}"], cwd=self.folder, check=False)
        return out.decode().strip() if status == 0 else None

    def head(self):
        return self.ref("HEAD")

    def known(self):
        return self.ref(KNOWN)

    def same_repository(self, other):
        ask = ["rev-parse", "--path-format=absolute", "--git-common-dir"]
        return call(ask, cwd=self.folder) == call(ask, cwd=other)

    def in_the_middle(self):
        """Complains about an unfinished git operation."""
        for what, cmd in (("rebase-merge", "rebase"), ("rebase-apply", "rebase or am"), ("MERGE_HEAD", "merge"),
                          ("CHERRY_PICK_HEAD", "cherry-pick"), ("index.lock", "git command")):
            mark = Path(self.git("rev-parse", "--path-format=absolute", "--git-path", what))
            if mark.exists():
                raise Bad(f"a {cmd} is under way in {self.folder} ({mark.name} says so); finish or abort it first")

    def commits(self):
        """The commits between base and HEAD, oldest first; None if HEAD is not a plain line on top of base."""
        out = []
        for line in self.git("rev-list", "--reverse", "--topo-order", "--parents", f"{self.g.base}..HEAD").splitlines():
            oid, *parents = line.split()
            if parents != [out[-1] if out else self.g.base]:
                return None
            out.append(oid)
        return out if out or self.head() == self.g.base else None

    def snapshot(self, more=()):
        """The tree of the worktree as it is: tracked, new and not ignored, and the paths in `more`."""
        # with its time: git takes a file that is older than the index for unchanged since
        if self.index.exists():
            shutil.copy2(self.index, self.scratch)
        env = {"GIT_INDEX_FILE": str(self.scratch)}
        self.git("add", "-u", env=env)
        # Debian's tree ignores everything at the top level; a directory there is not junk
        new = call(["ls-files", "--others", "--exclude-standard", "-x", "!/*/", "-z"], cwd=self.folder, env=env)
        new = [x for x in new.decode().split("\0") if x and not x.endswith("/")]
        new += [x for x in more if os.path.lexists(self.folder / x) and not (self.folder / x).is_dir()]
        if new:
            self.git("update-index", "--add", "-z", "--stdin", env=env,
                     stdin="".join(x + "\0" for x in new).encode())
        return self.git("write-tree", env=env)

    def local(self, target=None):
        """The edits that are in no commit: {path: entry}; with target, only those that it lacks."""
        edits = self.g.changes(self.g.tree_of(self.head()), self.snapshot())
        if target:
            have = self.g.entries(target, edits) if edits else {}
            edits = {p: e for p, e in edits.items() if have.get(p) != e}
        return edits

    def move(self, target, branch=None):
        """Brings the worktree to a commit; local edits that the target lacks are gone after this."""
        touched = [p for p, e in self.g.changes(self.head(), target).items() if e]
        tree = self.snapshot(more=touched)
        os.replace(shutil.copy2(self.scratch, str(self.index) + ".series"), self.index)
        self.git("read-tree", "-m", "-u", tree, target, timeout=600)
        if branch:
            self.git("update-ref", f"refs/heads/{branch}", target)
            self.git("symbolic-ref", "HEAD", f"refs/heads/{branch}")
        else:
            self.git("update-ref", "--no-deref", "HEAD", target)
        self.git("update-ref", KNOWN, target)
        return len(self.g.changes(tree, target))
