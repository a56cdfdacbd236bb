# SPDX-License-Identifier: GPL-2.0
"""The component folders: where the files that are new to the kernel are read and edited."""
import fnmatch
import os
import stat

import repo
from series_git import Bad

# what editors and merges leave behind; never part of a component
JUNK = ("*~", "*.orig", "*.rej", ".*.sw?", "#*#", ".#*")


def _kernel_path(place, rel):
    return f"{place}/{rel}" if place else rel


def claimed(path):
    """The folder that a new kernel file belongs to, or None."""
    for folder, (_, claims) in repo.COMPONENTS.items():
        if any(fnmatch.fnmatchcase(path, c) for c in claims):
            return folder
    return None


def own_path(path):
    """Where a new kernel file lives in this repository, relative to its root."""
    folder = claimed(path)
    if not folder:
        raise Bad(f"{path}: a new kernel file that no component folder claims "
                  "(COMPONENTS in tools/lib/repo.py says which files go where)")
    place = repo.COMPONENTS[folder][0]
    rel = path[len(place) + 1:] if place else path
    own = f"{folder}/{rel}"
    if own.startswith(repo.OWN_PAGES + "/"):
        raise Bad(f"{path}: {repo.OWN_PAGES}/ is for the pages of this repository, not for kernel files")
    return own


def read(git):
    """{kernel path: entry} of everything in the component folders; blobs go to git's store."""
    found = {}
    for folder, (place, _) in repo.COMPONENTS.items():
        top = repo.ROOT / folder
        for where, dirs, names in os.walk(top):
            dirs[:] = sorted(d for d in dirs
                             if os.path.relpath(os.path.join(where, d), repo.ROOT) != repo.OWN_PAGES)
            for name in sorted(names):
                if any(fnmatch.fnmatchcase(name, j) for j in JUNK):
                    continue
                file = os.path.join(where, name)
                mode = os.lstat(file).st_mode
                rel = os.path.relpath(file, top)
                path = _kernel_path(place, rel)
                if not stat.S_ISREG(mode):
                    raise Bad(f"{folder}/{rel}: only plain files can be part of the series")
                if claimed(path) != folder:
                    where_to = claimed(path)
                    raise Bad(f"{folder}/{rel}: {path} belongs to " +
                              (f"the folder {where_to}" if where_to else "no component folder") +
                              " (COMPONENTS in tools/lib/repo.py)")
                found[path] = ("100755" if mode & 0o100 else "100644", file)
    if not found:
        return {}
    files = [f for _, f in found.values()]
    odd = [f for f in files if "\n" in f or " " in os.path.basename(f)]
    if odd:
        raise Bad(f"{odd[0]!r}: no blanks in the names of kernel files")
    oids = git("hash-object", "-w", "--no-filters", "--stdin-paths",
               stdin="".join(f + "\n" for f in files).encode()).decode().split()
    return {p: (m, oid) for (p, (m, _)), oid in zip(found.items(), oids)}


def in_base(git, paths):
    """Complains about component files that the base kernel has already."""
    there = sorted(git.entries(git.base, paths)) if paths else []
    if there:
        raise Bad(f"{own_path(there[0])}: {there[0]} exists in the pinned kernel; "
                  "existing files are edited in the kernel tree, not in a folder")


def created(git, patches):
    """{kernel path: entry} of the files that the series makes."""
    last = {}
    for p in patches:
        last.update(p.changes)
    base = git.entries(git.base, last) if last else {}
    return {p: e for p, e in last.items() if e and p not in base}


def upstream(git, patches):
    """{kernel path: blob id in base} of the existing files that the series touches."""
    paths = set().union(*(p.changes for p in patches)) if patches else set()
    return {p: e[1] for p, e in git.entries(git.base, paths).items()} if paths else {}


