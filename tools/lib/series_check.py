# SPDX-License-Identifier: GPL-2.0
"""check: the series says one thing only, whoever reads it and however it is applied."""
import os
import shutil
import subprocess

import repo
import series_folders
import series_header
import series_store
from series_git import Bad, call
from series_patch import apply, parse


class Report:
    """What was proven, and what not."""

    def __init__(self, say):
        self.say, self.bad, self.done = say, [], 0

    def step(self, what, problems, note=""):
        problems = list(problems)
        self.done += 1
        self.say(("ok     " if not problems else "not ok ") + what + (f" ({note})" if note else ""))
        for text in problems:
            self.say("       " + text)
        self.bad += problems
        return not problems


def check(git, report, quick):
    if not report.step("series and patches/ name the same patches", series_store.mismatches(),
                       f"{len(series_store.names())} patches"):
        return
    patches, broken = [], []
    for name in series_store.names():
        try:
            patches.append(parse(name, (repo.PATCHES / name).read_bytes()))
        except Bad as e:
            broken.append(str(e))
    if not report.step("every patch reads as a mail", broken):
        return
    report.step("headers and messages obey the rules", series_header.problems(patches))
    try:
        apply(git, patches)
        why = []
    except Bad as e:
        why = [str(e)]
    differing, other = _pin(git, patches, applied=not why)
    report.step("the base is the pinned kernel", other, "; ".join(differing.values()))
    if not report.step("every patch applies without fuzz", why):
        return
    ids = git.commit(patches)
    tip = ids[-1] if ids else git.base
    exported = git.export(tip, "export-1")
    # on another point release, the blob ids in patches of differing files differ, and nothing else does
    exempt = {p.name for p in patches if differing.keys() & p.changes.keys()}
    report.step("export gives the same bytes", _same_bytes(patches, exported, exempt),
                f"{len(exempt)} patches left out: they touch files that differ from the pin" if exempt else "")
    report.step("the component folders hold what the series creates", _folders(git, patches))
    if not quick and patches:
        _ways(git, report, patches, tip, exported)


def _pin(git, patches, applied):
    """({path: how it differs from KERNEL}, problems with the blob lines)."""
    pinned = series_store.pinned_blobs()
    if pinned is None:
        return {}, ["there is no KERNEL"]
    touched = {x for p in patches for x in (p.changes if applied else p.paths)}
    found = {p: e[1] for p, e in git.entries(git.base, touched).items()}
    differing = {p: f"{p} is blob {oid} in the base, {pinned[p]} in KERNEL"
                 for p, oid in sorted(found.items()) if pinned.get(p, oid) != oid}
    other = [f"KERNEL has no blob line for {p}, which the series touches (tools/series refresh)"
             for p in sorted(found) if p not in pinned]
    if applied:
        other += [f"KERNEL has a blob line for {p}, which no patch touches (tools/series refresh)"
                  for p in sorted(pinned) if p not in found]
    return differing, other


def _same_bytes(patches, exported, exempt):
    out = []
    for p, (name, data) in zip(patches, exported.items()):
        if p.name != name:
            out.append(f"patches/{p.name} would be exported as {name}")
        old = (repo.PATCHES / p.name).read_bytes()
        if old != data and p.name not in exempt:
            out.append(f"patches/{p.name}: {_first_difference(old, data)} (edited by hand? tools/series refresh)")
    return out


def _first_difference(old, new):
    for n, (a, b) in enumerate(zip(old.split(b"\n"), new.split(b"\n")), 1):
        if a != b:
            return f"line {n} is {a.decode(errors='replace')!r}, export gives {b.decode(errors='replace')!r}"
    return "lengths differ"


def _folders(git, patches):
    try:
        folder = series_folders.read(git)
        series_folders.in_base(git, folder)
        made = series_folders.created(git, patches)
        out = []
        for path in sorted(folder.keys() | made.keys()):
            own = series_folders.own_path(path)
            if path not in made:
                out.append(f"{own}: no patch creates {path}")
            elif path not in folder:
                out.append(f"{own} is missing; {_by(patches, path)} creates {path}")
            elif folder[path] != made[path]:
                out.append(f"{own} is not what {_by(patches, path)} makes of {path}")
        return out
    except Bad as e:
        return [str(e)]


def _by(patches, path):
    return "patches/" + [p.name for p in patches if path in p.changes][-1]


# --- the ways in which other people apply a series -----------------------------------------------

def _ways(git, report, patches, tip, exported):
    """git am, git quiltimport and quilt push on the files of the base that the series touches."""
    touched = set().union(*(p.changes for p in patches))
    base = git.entries(git.base, touched)
    env = git.index("extract-index")
    git("read-tree", "--empty", env=env)
    git.put(env, base)
    start = git.text("write-tree", env=env)
    git.put(env, {p: None for p in base} | git.entries(tip, touched))
    want = git.text("write-tree", env=env)
    who = {"GIT_COMMITTER_NAME": "somebody", "GIT_COMMITTER_EMAIL": "somebody@example.org",
           "GIT_AUTHOR_NAME": "somebody", "GIT_AUTHOR_EMAIL": "somebody@example.org"}

    def fresh(name):
        """A repository that holds only those files."""
        top = git.scratch / name
        call(["init", "-q", "--template=", top])
        (top / ".git/objects/info").mkdir(exist_ok=True)
        (top / ".git/objects/info/alternates").write_text(git.env["GIT_OBJECT_DIRECTORY"] + "\n")
        commit = call(["commit-tree", "-m", "base", start], cwd=top, env=who).decode().strip()
        call(["reset", "-q", "--hard", commit], cwd=top)
        return top, commit

    def attempt(cmd, top):
        status, out, errors = cmd()
        lines = (errors.strip() or out.decode(errors="replace").strip()).splitlines()
        if status:
            return ["; ".join(lines[-3:])]
        call(["add", "-A", "-f"], cwd=top)
        got = call(["write-tree"], cwd=top).decode().strip()
        return [] if got == want else ["it gives another tree: " + ", ".join(sorted(git.changes(want, got))[:5])]

    files = [str((repo.PATCHES / p.name).resolve()) for p in patches]
    top, commit = fresh("am")
    bad = attempt(lambda: call(["am", "-q", *files], cwd=top, env=who, check=False), top)
    report.step("git am", bad)
    if not bad:
        # what somebody else's git made of the mails must export to the same mails again
        head = call(["rev-parse", "HEAD"], cwd=top).decode().strip()
        call(["format-patch", "-q", "--zero-commit", "--full-index", "--no-signature", "-N", "--no-renames",
                     "-o", git.scratch / "export-2", f"{commit}..{head}"], cwd=top,
                    env={"TZ": "Asia/Tokyo", "GIT_ATTR_NOSYSTEM": "1"})
        second = {f.name: f.read_bytes() for f in sorted((git.scratch / "export-2").iterdir())}
        report.step("a second export, from the commits of git am, gives the same bytes",
                    [f"patches/{n} differs" for n in exported if second.get(n) != exported[n]])
    top, _ = fresh("import")
    report.step("git quiltimport", attempt(lambda: call(
        ["quiltimport", "--patches", repo.PATCHES, "--series", repo.ROOT / "series"], cwd=top, env=who,
        check=False), top))
    if not shutil.which("quilt"):
        report.step("quilt push -a --fuzz=0", ["quilt is not installed; run tools/setup"])
        return
    top, _ = fresh("quilt")
    report.step("quilt push -a --fuzz=0", attempt(lambda: _quilt(top), top))


def _quilt(top):
    env = {k: v for k, v in os.environ.items() if not k.startswith("QUILT")}
    env.update(QUILT_PATCHES=str(repo.PATCHES), QUILT_SERIES=str(repo.ROOT / "series"), QUILT_PC=str(top / ".git/pc"),
               LC_ALL="C")
    p = subprocess.run(["quilt", "--quiltrc", "-", "push", "-a", "-q", "--fuzz=0"], cwd=top, env=env, timeout=300,
                       stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return p.returncode, p.stdout, ""
