# SPDX-License-Identifier: GPL-2.0
"""style: what the kernel's own checkers say of the patches and of the new files."""
import contextlib
import fnmatch
import re
import tempfile
from pathlib import Path

import proc
import repo
import series_folders
from series_git import Bad

# checkpatch types that say nothing here: nobody signs off for this project yet,
# and MAINTAINERS is looked at below, for the series as a whole
IGNORE = ["MISSING_SIGN_OFF", "FILE_PATH_CHANGES"]
BASELINE = repo.TOOLS / "lib/style-baseline.txt"


def baseline():
    """{(type, path pattern): reason} of findings that stay; lines `TYPE PATH reason`."""
    out = {}
    if BASELINE.exists():
        for n, line in enumerate(BASELINE.read_text().splitlines(), 1):
            if line.strip() and not line.startswith("#"):
                words = line.split(None, 2)
                if len(words) < 3:
                    raise Bad(f"{BASELINE.name}:{n}: expected `TYPE PATH reason`")
                out[words[0], words[1]] = words[2]
    return out


@contextlib.contextmanager
def light_root(tree):
    """A kernel tree for checkpatch.pl, of links, without get_maintainer.pl: it asks that
    about every file, whether it is obsolete, and spends three quarters of its time so."""
    with tempfile.TemporaryDirectory(prefix="style-", dir=repo.build_dir()) as tmp:
        root = Path(tmp)
        for entry in Path(tree).iterdir():
            if entry.name != "scripts":
                (root / entry.name).symlink_to(entry)
        (root / "scripts").mkdir()
        for entry in (Path(tree) / "scripts").iterdir():
            if entry.name != "get_maintainer.pl":
                (root / "scripts" / entry.name).symlink_to(entry)
        yield root


def checkpatch(tree, root, patch):
    """[(type, place, text)] for one patch."""
    status, out = proc.run(["perl", tree / "scripts/checkpatch.pl", "--strict", "--terse", "--showfile", "--show-types",
                            "--no-summary", "--color=never", f"--root={root}", f"--ignore={','.join(IGNORE)}", patch],
                           cwd=root, timeout=300, check=False)
    found = re.findall(r"^(.+?): (?:WARNING|ERROR|CHECK):([A-Z_0-9]+): (.*)$", out, re.M)
    if status and not found:
        raise Bad(f"checkpatch.pl: {out.strip().splitlines()[-1] if out.strip() else status}")
    return [(kind, place.replace(str(repo.ROOT) + "/", ""), text) for place, kind, text in found]


def kernel_doc(tree, made):
    """[(type, place, text)] for the new C files, read where they are edited."""
    files = {str(repo.ROOT / series_folders.own_path(p)): p for p in sorted(made) if p.endswith((".c", ".h"))}
    if not files:
        return []
    status, out = proc.run([tree / "tools/docs/kernel-doc", "-none", "-Wall", "-Werror", *files], cwd=tree, timeout=300,
                           check=False)
    found = {}                  # it says everything twice
    for file, line, text in re.findall(r"^\w+: (.+?\.[ch]):(\d+):? (.*)$", out, re.M):
        found["KERNEL_DOC", f"{files.get(file, file)}:{line}", text] = True
    if status and not found:
        raise Bad("kernel-doc: " + (out.strip().splitlines() or [f"status {status}"])[-1])
    return list(found)


def unmaintained(git, tip, made):
    """[(type, place, text)] for new files that no entry of MAINTAINERS names."""
    entry = git.entries(tip, ["MAINTAINERS"]).get("MAINTAINERS")
    if not entry:
        return []
    text = git.blob(entry[1]).decode(errors="replace").split("\nTHE REST\n")[0]
    patterns = re.findall(r"^F:\t(\S+)$", text, re.M)

    def named(path):
        return any(path.startswith(p) if p.endswith("/") else
                   fnmatch.fnmatchcase(path, p) and path.count("/") == p.count("/") for p in patterns)
    return [("MAINTAINERS", p, "no F: line of MAINTAINERS names this new file")
            for p in sorted(made) if not named(p)]


def style(git, tree, patches, tip):
    """(findings that count, findings that the baseline excuses, baseline entries that nothing needs)."""
    made = series_folders.created(git, patches)
    found = []
    with light_root(tree) as root, proc.pool(repo.jobs()) as pool:
        for part in pool.map(lambda p: checkpatch(tree, root, repo.PATCHES / p.name), patches):
            found += part
    found += kernel_doc(tree, made)
    found += unmaintained(git, tip, made)
    excused = baseline()
    used = set()

    def excuse(f):
        for key in excused:
            if f[0] == key[0] and fnmatch.fnmatchcase(re.sub(r":\d+$", "", f[1]), key[1]):
                used.add(key)
                return True
        return False
    stay = [f for f in found if excuse(f)]
    return [f for f in found if f not in stay], stay, sorted(set(excused) - used)
