# SPDX-License-Identifier: GPL-2.0
"""Gives every edit to the patch that owns it.

A hunk goes to the patch that made the lines it deletes; a pure insertion to
the patch that made the lines around it; among lines of the base, to the only
patch that touches the file. What has no single owner goes where --into says,
and is an error without it.
"""
import copy
import posixpath

import series_folders
from series_git import Bad
from series_patch import label
from series_weave import Weave, split


class _Undecided(Exception):
    def __init__(self, where, candidates):
        super().__init__(where)
        self.where, self.candidates = where, sorted(candidates)


def fold(git, patches, edits, into=None):
    """The patches with the edits {path: entry} folded in; into: index for what has no owner."""
    work = _Fold(git, copy.deepcopy(patches), None if into is None else into + 1)
    for path, entry in sorted(edits.items()):
        try:
            work.file(path, entry)
        except _Undecided as e:
            work.undecided.append(e)
    if work.undecided:
        raise Bad(_ask(patches, work.undecided))
    for n, p in enumerate(work.patches):
        if not p.changes:
            raise Bad(f"{label(patches[n])} would become empty; drop it with `git rebase -i base` in the kernel "
                      "tree, then run tools/series refresh")
    return work.patches, work.told


def _ask(patches, undecided):
    lines = []
    for e in undecided[:12]:
        names = " or ".join(label(patches[n - 1]) for n in e.candidates)
        lines.append(e.where + (f": could belong to {names}" if names else ": no patch owns it"))
    more = f" (and {len(undecided) - 12} more)" if len(undecided) > 12 else ""
    text = ("cannot tell where this belongs: " + lines[0] if len(lines) == 1 else
            "cannot tell where these belong:\n  " + "\n  ".join(lines) + more + "\n ")
    return text + "; say --into PATCH, or --new SUBJECT for a patch of its own"


class _Fold:
    def __init__(self, git, patches, into):
        self.git, self.patches, self.into = git, patches, into
        self.told = []              # (path, patch number) of each fold
        self.undecided = []

    def touchers(self, path):
        return [n for n, p in enumerate(self.patches, 1) if path in p.changes]

    def pick(self, where, candidates):
        """The only candidate, or --into's patch."""
        if len(candidates) == 1:
            return next(iter(candidates))
        if self.into:
            return self.into
        raise _Undecided(where, candidates)

    def file(self, path, entry):
        base = self.git.entries(self.git.base, [path]).get(path)
        steps = {n: self.patches[n - 1].changes[path] for n in self.touchers(path)}
        weave = Weave(self.git, base, steps)
        there = weave.there(len(self.patches))
        if entry and not there:
            self.new_file(path, entry, weave)
        elif entry:
            self.edit(path, entry, weave)
        else:
            self.delete(path, weave)
        before = base
        for n, p in enumerate(self.patches, 1):
            p.changes.pop(path, None)
            now = (weave.mode(n), self.git.add_blob(weave.version(n))) if weave.there(n) else None
            if now != before:
                p.changes[path] = now
            before = now

    def new_file(self, path, entry, weave):
        series_folders.own_path(path)
        if any(weave.exists.values()):
            raise Bad(f"{path}: the series deletes this file; bring it back with plain git in the kernel tree")
        here = posixpath.dirname(path)
        makers = {n for n, p in enumerate(self.patches, 1) for x, e in p.changes.items()
                  if e and posixpath.dirname(x) == here and self.makes(n, x)}
        # somebody who names a patch for a new file means it, even if one could be guessed
        owner = self.into or self.pick(f"new file {path}", makers)
        weave.exists[owner], weave.modes[owner] = True, entry[0]
        weave.replace(0, 0, split(self.git.blob(entry[1])), owner)
        self.told.append((path, owner))

    def makes(self, n, path):
        """Whether patch n is where path comes into being."""
        return self.touchers(path)[0] == n and path not in self.git.entries(self.git.base, [path])

    def delete(self, path, weave):
        owner = weave.creator() or self.pick(f"deleted file {path}", set(self.touchers(path)))
        weave.remove(owner)
        self.told.append((path, owner))

    def edit(self, path, entry, weave):
        last = len(self.patches)
        if entry[0] != weave.mode(last):
            owner = weave.creator() or self.pick(f"{path}: mode {entry[0]}", set(self.touchers(path)))
            weave.set_mode(entry[0], owner)
            self.told.append((path, owner))
        if entry[1] == weave.now:
            return
        lines = split(self.git.blob(entry[1]))
        plan, undecided = [], []
        for a, an, b, bn in self.git.hunks(weave.now, entry[1]):
            where = f"{path} @@ -{a + (an > 0)},{an} +{b + (bn > 0)},{bn} @@"
            for at, count, texts in _split(weave, a, an, lines[b:b + bn]):
                try:
                    plan.append((at, count, texts, self.owner(path, weave, at, count, where), where))
                except _Undecided as e:
                    undecided.append(e)
        if undecided:
            self.undecided += undecided
            return
        for at, count, texts, owner, where in reversed(plan):
            try:
                weave.replace(at, count, texts, owner)
            except Bad as e:
                raise Bad(f"{where}: {e}") from None
            self.told.append((path, owner))

    def owner(self, path, weave, at, count, where):
        """The patch for replacing `count` living lines at `at`."""
        if count:
            mine = set(weave.owners(at, count))
        else:
            mine = set(weave.owners(max(at - 1, 0), 1 if at else 0)) | set(weave.owners(at, 1))
        ours = mine - {0}
        if not ours:
            return self.pick(where, set(self.touchers(path)))
        return self.pick(where, ours)


def _split(weave, at, count, texts):
    """A pure deletion falls apart into the runs of each owner; all else stays whole."""
    if texts:
        return [(at, count, texts)]
    runs = []
    for n, who in enumerate(weave.owners(at, count)):
        if runs and runs[-1][3] == who:
            runs[-1][1] += 1
        else:
            runs.append([at + n, 1, texts, who])
    return [tuple(r[:3]) for r in runs]
