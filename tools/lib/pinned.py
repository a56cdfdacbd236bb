# SPDX-License-Identifier: GPL-2.0
"""The pinned kernel as a git checkout: recording it, proving it, the stamp.

A good checkout has the tag `base`: one commit of the pristine tree, made with
fixed author, date and message, so that its id depends on the tree alone. The
stamp .git/pinned.json is written last and says where the tree came from.
"""
import json
import os
import re

import proc
from ui import Problem, Progress

NAME = "cnull and domains project"
EMAIL = "series@cnull.invalid"
DATE = "1767225600 +0000"
STAMP = "pinned.json"
# measured: 1.5 GB of files, 0.4 GB of objects, 0.2 GB of inner archive
ROOM = 2_400_000_000


def version_of(makefile):
    """"7.3.4" from the text of a kernel's Makefile; Problem if it is none."""
    found = dict(re.findall(r"^(VERSION|PATCHLEVEL|SUBLEVEL|EXTRAVERSION)[ \t]*=[ \t]*(\S*)", makefile, re.M))
    if not found.get("VERSION") or "PATCHLEVEL" not in found:
        raise Problem("it has no kernel's Makefile")
    sub = found.get("SUBLEVEL", "0")
    return (f"{found['VERSION']}.{found['PATCHLEVEL']}" + (f".{sub}" if sub != "0" else "")
            + found.get("EXTRAVERSION", ""))


def check_version(version, pin, where):
    """True if it is the pinned release, False if another point release of it."""
    if version == pin["version"]:
        return True
    main = ".".join(pin["version"].split(".")[:2])
    if re.fullmatch(rf"{re.escape(main)}(\.\d+)?(-(?!rc).*)?", version):
        return False
    raise Problem(f"{where} is Linux {version}, not {main}")


def differing(tree, pin, base="refs/tags/base"):
    """The touched upstream files that are not, in `base`, what KERNEL records."""
    wanted = pin["blobs"]
    if not wanted:
        return []
    out = proc.git("--literal-pathspecs", "ls-tree", "-r", "-z", base, "--", *wanted, cwd=tree)
    found = {}
    for line in out.split("\0"):
        head, _, path = line.partition("\t")
        if path:
            found[path] = head.split()[2]
    return [path for path in wanted if found.get(path) != wanted[path]]


def few(names, n=3):
    return ", ".join(names[:n]) + (f" and {len(names) - n} more" if len(names) > n else "")


def record(tree, commit_of=None):
    """Makes the files in `tree` (or the commit commit_of, already checked out
    there) the tag and branch base; returns the tree id."""
    if not commit_of:
        proc.git("init", "-q", "-b", "base", cwd=tree)
        progress = Progress("recording the tree in git", unit="files")
        n = 0

        def count(_line):
            nonlocal n
            n += 1
            progress.update(n)

        # bigFileThreshold: into one pack instead of 95,000 files
        proc.run(["git", "-c", "core.autocrlf=false", "-c", "core.bigFileThreshold=1", "-c", "core.compression=1",
                  "add", "-v", "-A", "-f"], cwd=tree, timeout=1200, on_line=count,
                 env={"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null", "LC_ALL": "C"})
        progress.done(f"{n} files")
        tree_id = proc.git("write-tree", cwd=tree).strip()
    else:
        tree_id = proc.git("rev-parse", f"{commit_of}^{{tree}}", cwd=tree).strip()
    version = version_of(proc.git("cat-file", "blob", f"{tree_id}:Makefile", cwd=tree))
    commit = proc.git("commit-tree", tree_id, "-m", f"Linux {version}", cwd=tree,
                      env={f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER")
                           for what, value in (("NAME", NAME), ("EMAIL", EMAIL), ("DATE", DATE))}).strip()
    proc.git("update-ref", "refs/heads/base", commit, cwd=tree)
    proc.git("update-ref", "refs/tags/base", commit, cwd=tree)
    proc.git("symbolic-ref", "HEAD", "refs/heads/base", cwd=tree)
    return tree_id


def prove(tree, pin, *, exact):
    """Checks the version and the touched files of a recorded tree. exact: a
    different point release is an error even if it would do. Returns the
    version and a list of things to say."""
    version = version_of(proc.git("cat-file", "blob", "refs/tags/base:Makefile", cwd=tree))
    same = check_version(version, pin, "this")
    bad = differing(tree, pin)
    if exact and not same:
        raise Problem(f"this is Linux {version}, not {pin['version']}")
    if bad:
        raise Problem(f"in this Linux {version} {few(bad)} differ{'s' if len(bad) == 1 else ''} from the "
                      f"{pin['version']} that the series is for")
    said = [] if same else [f"this is Linux {version}, not {pin['version']}"]
    if pin["blobs"]:
        said.append(f"all {len(pin['blobs'])} upstream files that the series touches are as pinned")
    elif not same:
        said.append("KERNEL lists no touched file, so nothing more could be compared")
    return version, said


def stamp(tree, pin, source, version, checks):
    base = proc.git("rev-parse", "refs/tags/base", "refs/tags/base^{tree}", cwd=tree).split()
    text = json.dumps({"pinned": pin["version"], "version": version, "source": source, "checks": checks,
                       "commit": base[0], "tree": base[1]}, indent=1)
    new = tree / ".git" / (STAMP + ".new")
    new.write_text(text + "\n")
    new.rename(tree / ".git" / STAMP)


def read_stamp(tree):
    try:
        return json.loads((tree / ".git" / STAMP).read_text())
    except (OSError, ValueError):
        return None


def base_tree(tree):
    """The tree id of the tag base; None if there is no such tag."""
    if not (tree / ".git").is_dir():
        return None
    status, out = proc.git("rev-parse", "--verify", "-q", "refs/tags/base^{tree}", cwd=tree, check=False)
    return out.strip() if not status else None


def refuse_foreign(tree):
    """Problem if git does not look at the tree because somebody else owns it:
    nothing is wrong with it then, and it must not be made anew."""
    if not (tree / ".git").is_dir():
        return
    status, out = proc.git("rev-parse", "--git-dir", cwd=tree, check=False)
    if status and "dubious ownership" in out:
        owners = [path.stat().st_uid for path in (tree, tree / ".git")]
        uid = next((uid for uid in owners if uid != os.geteuid()), owners[0])
        raise Problem(f"git refuses {tree} (uid {uid} owns it): run as that user or set BUILD_DIR")


def fault(tree, pin):
    """Why `tree` is not a finished checkout of the pin; None if it is one."""
    if not tree.exists():
        return "it does not exist"
    info = read_stamp(tree)
    if not info:
        return "it was not finished by tools/kernel"
    if info.get("pinned") != pin["version"]:
        return f"it was made for Linux {info.get('pinned')}, KERNEL says {pin['version']}"
    if base_tree(tree) != info.get("tree"):
        return "its tag base is not the tree that tools/kernel recorded"
    if info.get("source") == "debian" and info["tree"] != pin["debian-tree"]:
        return "it is another Debian tree than KERNEL says"
    bad = differing(tree, pin)
    if bad:
        return f"{few(bad)} differ from what KERNEL records"
    return None


def adopt(tree, pin):
    """Stamps a checkout made by other means if its tag base is exactly the
    pinned Debian tree with every object present; True if it was."""
    if read_stamp(tree) or base_tree(tree) != pin["debian-tree"]:
        return False
    status, _ = proc.git("rev-list", "--objects", "--quiet", "refs/tags/base", cwd=tree, check=False)
    if status:
        return False
    version, _ = prove(tree, pin, exact=True)
    stamp(tree, pin, "debian", version, ["the git tree id"])
    return True
