# SPDX-License-Identifier: GPL-2.0
"""refresh: from what a person edited, wherever, back to one series."""
import itertools
import time

import series_folders
import series_store
from series_checkout import Checkout
from series_fold import fold
from series_git import Bad
from series_patch import Patch, apply, choose, from_commit, label, parse
from ui import say


def refresh(git, tree, into=None, new=None, body=""):
    """Returns (patches, paths written here, number of files changed in the tree)."""
    old = series_store.loaded(git)
    old_ids = git.commit(old)
    old_tip = old_ids[-1] if old else git.base
    _pin_holds(git, old)
    checkout = Checkout(tree, git)
    checkout.in_the_middle()

    seen = checkout.snapshot()
    present, edits = _kernel_side(git, checkout, old, old_tip)
    tip = (git.commit(present) or [git.base])[-1]
    folder = series_folders.read(git)
    edits = _with_folders(git, old, present, edits, folder)
    for path, e in edits.items():
        _presentable(git, path, e)

    patches = present
    if edits and new:
        patches = present + [Patch(subject=new, body=body, date=f"{int(time.time())} +0000", changes=edits)]
        say(f"{len(edits)} files into the new patch \"{new}\"")
    elif new:
        raise Bad("--new: there are no edits to make a patch of")
    elif edits:
        if not present:
            raise Bad("the series is empty: say --new SUBJECT for its first patch, or commit with git in " + str(tree))
        patches, told = fold(git, present, edits, choose(present, into) if into else None)
        for path, n in sorted(set(told)):
            say(f"{path} -> {label(patches[n - 1])}")

    ids = git.commit(patches)
    new_tip = ids[-1] if ids else git.base
    if git.tree_of(new_tip) != git.tree_with(tip, edits):
        raise Bad("the folded series does not give the edited tree; nothing was changed "
                  "(this is a defect of tools/series)")
    exported = git.export(new_tip, "export")
    for p, name in zip(patches, exported):
        p.name = name
    _round_trip(git, patches, exported, ids)
    for path in series_folders.created(git, patches):
        series_folders.own_path(path)
    if checkout.snapshot() != seen or series_folders.read(git) != folder:
        raise Bad("files were edited while this ran; nothing was changed, run it again")
    written = series_store.save(git, old, patches, exported)
    moved = checkout.move(new_tip, "series")
    return patches, written, moved


def _pin_holds(git, patches):
    """A series must not be re-made on another kernel than the pinned one without anybody noticing."""
    pinned = series_store.pinned_blobs() or {}
    for path, oid in series_folders.upstream(git, patches).items():
        if pinned.get(path, oid) != oid:
            raise Bad(f"{path} is blob {oid} in the base, {pinned[path]} in KERNEL: this is not the pinned kernel, "
                      "so nothing is refreshed on it")


def _kernel_side(git, checkout, old, old_tip):
    """(patches as the kernel tree's commits have them, edits on top that are in no commit)."""
    head, known = checkout.head(), checkout.known()
    if head == old_tip:
        return old, checkout.local()
    if head == git.base or head == known:
        # the tree is behind: patches/ moved on without it
        if not old:
            raise Bad(f"patches/ is empty, but {checkout.folder} has commits that were exported before: bring patches/ "
                      "back (git checkout), or drop them with tools/series tree")
        missing = checkout.local(old_tip)
        if missing:
            raise Bad(f"{checkout.folder} is not at the present series but has edits ({_some(missing)}): run "
                      "`git stash` there, tools/series tree, `git stash pop`, then refresh")
        return old, {}
    commits = checkout.commits()
    if commits is None:
        raise Bad(f"HEAD of {checkout.folder} is not a plain line of commits on top of the tag base: rebase it, or "
                  "run tools/series tree --discard")
    if old and known != old_tip:
        raise Bad(f"both patches/ and the commits in {checkout.folder} changed since they were last equal: save "
                  "your commits (git branch mine), run tools/series tree --discard, rebase or cherry-pick them onto "
                  "`series`, then refresh")
    say(f"taking the {len(commits)} commits of {checkout.folder}")
    return [from_commit(git, c) for c in commits], checkout.local()


def _some(paths, most=6):
    paths = sorted(paths)
    return ", ".join(paths[:most]) + (f" and {len(paths) - most} more" if len(paths) > most else "")


def _with_folders(git, old, present, edits, folder):
    """The edits of the tree and those of the component folders as one; both may not differ on a file."""
    series_folders.in_base(git, folder)
    was, now = series_folders.created(git, old), series_folders.created(git, present)
    changed = {p for p in folder.keys() | was.keys() if folder.get(p) != was.get(p)}
    _no_hand_edit(git, old, changed)
    edits, clash = dict(edits), []
    for path in sorted(changed):
        tree = edits.get(path, now.get(path))
        if tree == folder.get(path):
            continue
        if tree != was.get(path):
            clash.append(path)
        elif folder.get(path) == now.get(path):
            edits.pop(path, None)
        else:
            edits[path] = folder.get(path)
    if clash:
        raise Bad("edited differently in the component folder and in the kernel tree: " +
                  ", ".join(f"{series_folders.own_path(p)} and {p}" for p in clash[:6]) +
                  "; make the two equal (cp one over the other)")
    return edits


def _no_hand_edit(git, old, changed):
    """An edited patch file and an edited folder cannot both be right: nobody can tell which is newer."""
    for p in old:
        for path, (_, after) in p.promised.items():
            e = p.changes.get(path)
            if not e or e[1] == after:
                continue
            if path in changed:
                raise Bad(f"patches/{p.name} was edited by hand ({path} is not what its index line promises) and no "
                          f"longer matches {series_folders.own_path(path)}: undo one of the two (git checkout "
                          f"patches/{p.name}, or copy the change into the folder)")
            say(f"patches/{p.name} was edited by hand: {path} is taken as the patch makes it")


def _presentable(git, path, entry):
    if not entry:
        return
    if entry[0] not in ("100644", "100755"):
        raise Bad(f"{path}: only plain files can be part of the series")
    data = git.blob(entry[1])
    if b"\r\n" in data:
        raise Bad(f"{path}: CRLF line ends (is core.autocrlf set in your git?)")
    if b"\0" in data:
        raise Bad(f"{path}: binary files cannot be part of the series")


def _round_trip(git, patches, exported, ids):
    """What was exported must read back as the very same commits."""
    back = []
    try:
        back = [parse(name, data) for name, data in exported.items()]
        apply(git, back)
        same = git.commit(back)
        why = ""
    except Bad as e:
        same, why = [], f" ({e})"
    for p, want, got in itertools.zip_longest(patches, ids, same):
        if want != got:
            raise Bad(f"the message of \"{p.subject}\" or of a patch near it does not survive the trip through a patch "
                      f"file: it may have no `---`, diff, mail header or trailing blanks{why}; nothing was changed")
