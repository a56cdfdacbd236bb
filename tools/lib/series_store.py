# SPDX-License-Identifier: GPL-2.0
"""The series on disk: patches/, `series`, the folders, the blob lines of KERNEL.

A change of all these is written as one: the new content is first laid down in
a journal, then moved into place. Whoever comes next finishes a journal that was
left behind; without one the old state is whole.
"""
import contextlib
import hashlib
import json
import os
import re
import shutil

import proc
import repo
import series_folders
from series_git import Bad, Git
from series_patch import apply, parse
from ui import say

COVER = "0000-cover-letter.txt"


@contextlib.contextmanager
def plumbing(tree, name, what):
    """A lock, a scratch folder below it, and git on the tree's objects."""
    build = repo.build_dir()
    with proc.lock(build / f"{name}.lock", what, wait=60):
        # git processes of a run that was killed may still write to their folder
        for old in build.glob(f"{name}.tmp.*"):
            shutil.rmtree(old, ignore_errors=True)
        scratch = build / f"{name}.tmp.{os.getpid()}"
        scratch.mkdir()
        try:
            yield Git(tree, scratch)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)


@contextlib.contextmanager
def session(tree):
    """The series for oneself, whole."""
    with plumbing(tree, "series", "the series") as git:
        _recover()
        yield git


def names():
    """The patch names of `series`; an absent file is an empty series."""
    return repo.series() if (repo.ROOT / "series").exists() else []


def files():
    return sorted(f.name for f in repo.PATCHES.iterdir()) if repo.PATCHES.is_dir() else []


def mismatches():
    """How `series` and patches/ disagree, one line each."""
    listed, there = names(), files()
    out = [f"series names {n} more than once" for n in sorted({n for n in listed if listed.count(n) > 1})]
    out += [f"series names {n}, which is not in patches/" for n in listed if n not in there]
    out += [f"patches/{n} is not named in series" for n in there if n not in listed and n != COVER]
    return out


def load():
    """The patches of the series, parsed, not applied."""
    problems = mismatches()
    if problems:
        raise Bad("; ".join(problems[:5]))
    return [parse(n, (repo.PATCHES / n).read_bytes()) for n in names()]


def loaded(git):
    patches = load()
    apply(git, patches)
    return patches


def series_text(old, new_names, came_from):
    """`series` with another list of names: comment blocks stay with their section.

    came_from: {new name: old name}; a new patch joins the section before it.
    """
    sections, home = [], {}
    comment = []
    for line in old.splitlines():
        name = line.split("#", 1)[0].strip()
        if not name:
            comment.append(line)
            continue
        if comment or not sections:
            sections.append(comment)
            comment = []
        home[name] = len(sections) - 1
    if not sections:
        sections, comment = [comment], []
    out, told, at = [], set(), 0
    for name in new_names:
        at = home.get(came_from.get(name), at)
        if at not in told:
            told.add(at)
            out += sections[at]
        out.append(name)
    for n, lines in enumerate(sections):
        if n not in told and any(x.strip() for x in lines):
            say("series: the section without patches is gone: " + " ".join(lines).strip())
    return "".join(x + "\n" for x in out + comment)


def matched(old, new):
    """{index in new: index in old} for the same patch under a possibly new subject."""
    out, free = {}, set(range(len(old)))
    for same in (lambda a, b: a.subject == b.subject,
                 lambda a, b: a.date == b.date and a.changes.keys() & b.changes.keys(),
                 lambda a, b: a.changes == b.changes):
        for n, p in enumerate(new):
            if n in out:
                continue
            hits = [o for o in sorted(free) if same(old[o], p)]
            if hits:
                out[n] = hits[0]
                free.discard(hits[0])
    return out


def kernel_text(old, blobs):
    """KERNEL with these blob lines; every other line is kept."""
    lines, kept, last = [], set(), None
    for line in old.splitlines():
        m = re.match(r"blob\s+([0-9a-f]{40})\s+(\S+)", line)
        if not m:
            lines.append(line)
            continue
        if m[2] in blobs and m[2] not in kept:
            kept.add(m[2])
            lines.append(f"blob {blobs[m[2]]} {m[2]}")
            last = len(lines)
        elif last is None:
            last = len(lines)
    new = [f"blob {oid} {path}" for path, oid in sorted(blobs.items()) if path not in kept]
    at = len(lines) if last is None else last
    lines[at:at] = new
    return "".join(x + "\n" for x in lines)


def pinned_blobs():
    """{path: blob id} of KERNEL, or None without a KERNEL."""
    return repo.pin()["blobs"] if (repo.ROOT / "KERNEL").exists() else None


def save(git, old, new, exported):
    """Writes patches/, series, the folders and KERNEL for the patches `new`; returns what changed."""
    write = {}
    for name in {*names(), *files()} - {COVER, *exported}:
        if name.endswith(".patch") and (repo.PATCHES / name).exists():
            write[f"patches/{name}"] = None
    for name, data in exported.items():
        write[f"patches/{name}"] = (data, "100644")
    pairs = {new[n].name: old[o].name for n, o in matched(old, new).items()}
    present = repo.ROOT / "series"
    text = series_text(present.read_text() if present.exists() else "", [p.name for p in new], pairs)
    write["series"] = (text.encode(), "100644")
    made = series_folders.created(git, new)
    for path in series_folders.read(git):
        if path not in made:
            write[series_folders.own_path(path)] = None
    for path, (mode, oid) in made.items():
        write[series_folders.own_path(path)] = (git.blob(oid), mode)
    pin = repo.ROOT / "KERNEL"
    if pin.exists():
        write["KERNEL"] = (kernel_text(pin.read_text(), series_folders.upstream(git, new)).encode(), "100644")
    else:
        say("no KERNEL here: the blob ids of the touched upstream files are not recorded")
    return _commit_journal(write)


def _digest(path):
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError:
        return None


def _executable(path):
    return os.access(path, os.X_OK) if path.exists() else False


def _commit_journal(write):
    """Puts {path: (bytes, mode) or None} into place; returns the paths that really changed."""
    todo = {}
    for rel, new in write.items():
        path = repo.ROOT / rel
        was = _digest(path)
        want = hashlib.sha256(new[0]).hexdigest() if new else None
        if was != want or (new and (new[1] == "100755") != _executable(path)):
            todo[rel] = {"was": was, "want": want, "mode": new[1] if new else None}
    if not todo:
        return []
    for rel in todo:
        place = repo.ROOT / rel
        while not place.exists():
            place = place.parent
        if not os.access(place if place.is_dir() else place.parent, os.W_OK | os.X_OK):
            raise Bad(f"cannot write {rel}: no permission; nothing was changed")
    journal = repo.build_dir() / "series.journal"
    half = repo.build_dir() / "series.journal.half"
    shutil.rmtree(half, ignore_errors=True)
    half.mkdir()
    for e in todo.values():
        if e["want"]:
            (half / e["want"]).write_bytes(next(w[0] for r, w in write.items() if todo.get(r) is e))
    (half / "todo").write_text(json.dumps({"root": str(repo.ROOT), "files": todo}))
    os.rename(half, journal)
    _replay(journal, todo)
    return sorted(todo)


def _replay(journal, todo):
    for rel, e in todo.items():
        path = repo.ROOT / rel
        if e["want"] is None:
            path.unlink(missing_ok=True)
            with contextlib.suppress(OSError):
                path.parent.rmdir()
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        temp = path.with_name(f".{path.name}.series-new")
        shutil.copyfile(journal / e["want"], temp)
        temp.chmod(0o755 if e["mode"] == "100755" else 0o644)
        os.replace(temp, path)
    shutil.rmtree(journal)


def _recover():
    journal = repo.build_dir() / "series.journal"
    if not journal.exists():
        return
    state = json.loads((journal / "todo").read_text())
    if state["root"] != str(repo.ROOT):
        raise Bad(f"{journal} was left by an interrupted refresh of {state['root']}; run tools/series there first")
    for rel, e in state["files"].items():
        if _digest(repo.ROOT / rel) not in (e["was"], e["want"]):
            raise Bad(f"an interrupted refresh left {journal}, and {rel} was changed since; "
                      f"check {rel}, remove that folder, and run again")
    say("finishing a refresh that was interrupted")
    _replay(journal, state["files"])
