# SPDX-License-Identifier: GPL-2.0
"""Where the pinned kernel can come from: kernel.org, a Debian mirror, a path.

Each origin brings the files into a folder (fill) and tells which checks were
made on the way; pinned.py then proves the result.
"""
import re
import shutil
import tempfile
from pathlib import Path

import apt
import fetch
import pinned
import proc
import repo
from ui import Problem, Progress, say

BUILT = (".config", "vmlinux", "include/generated", "include/config")


class Origin:
    """source: kernel.org, debian, or the path that was named. exact: only the
    pinned release itself will do. checks: what was verified, for the stamp."""

    def __init__(self, source, path, checks, exact):
        self.source, self.path, self.checks, self.exact = source, path, checks, exact

    def fill(self, new, pin):
        """Unpacks into the new folder; returns a commit if git brought it."""
        if self.path.is_dir():
            return _fill_from_tree(self.path, new)
        if self.path.suffix == ".deb":
            inner = new.with_name(new.name + ".inner")
            try:
                return self._fill_from_deb(inner, new, pin)
            finally:
                shutil.rmtree(inner, ignore_errors=True)
        _unpack(self.path, new)
        return None

    def _fill_from_deb(self, inner, new, pin):
        inner.mkdir()
        members = proc.run(["ar", "t", self.path], check=False)[1].split()
        data = next((m for m in members if m.startswith("data.tar")), None)
        how = {"xz": "-J", "gz": "-z", "zst": "--zstd", "tar": "-a"}.get((data or "").rpartition(".")[2])
        if not how:
            raise Problem(f"{self.path} is not a Debian package")
        say(f"unpacking {self.path.name}")
        proc.run(["sh", "-c", 'ar p "$1" "$2" | tar -x "$3" -f - -C "$4" --wildcards "*/linux-source-*.tar.*"',
                  "sh", self.path, data, how, inner], timeout=300, env={"LC_ALL": "C"}, what="unpacking")
        tarballs = list(inner.glob("usr/src/linux-source-*.tar.*"))
        if len(tarballs) != 1:
            raise Problem(f"{self.path} has no kernel source in it")
        if self.source == "debian":
            found = fetch.sha256(tarballs[0])
            if found != pin["debian-tarball-sha256"]:
                raise fetch.WrongHash(f"{tarballs[0].name} in {self.path.name} has the sha256 {found}, "
                                      f"expected {pin['debian-tarball-sha256']}")
            self.checks.append("the sha256 of the archive in it")
        _unpack(tarballs[0], new)
        return None


def _unpack(archive, new):
    new.mkdir()
    progress = Progress(f"unpacking {archive.name}", unit="files")
    n = 0

    def count(_line):
        nonlocal n
        n += 1
        progress.update(n)

    try:
        proc.run(["tar", "-xvf", archive, "-C", new, "--strip-components=1", "--no-same-owner"],
                 timeout=1800, on_line=count, env={"LC_ALL": "C"}, what="unpacking")
    except proc.Failed as e:
        if "No space left" in e.tail or e.status in (124, 130, 143):
            raise
        last = [line for line in e.tail.splitlines() if line.startswith("tar")] or ["tar failed"]
        raise Problem(f"{archive} is damaged or no tarball ({last[0]})") from e
    progress.done(f"{n} files")


def _fill_from_tree(path, new):
    new.mkdir()
    if not (path / ".git").exists():
        say(f"copying {path}")
        proc.run(["cp", "-a", "--reflink=auto", f"{path}/.", new], timeout=1800, env={"LC_ALL": "C"}, what="copying")
        return None
    say(f"taking the commit that is checked out in {path}")
    proc.git("init", "-q", "-b", "base", cwd=new)
    proc.git("fetch", "-q", "--depth=1", "--no-tags", str(path), "HEAD", cwd=new, timeout=1200)
    proc.git("reset", "-q", "--hard", "FETCH_HEAD", cwd=new, timeout=600)
    return "FETCH_HEAD"


def named(text, pin):
    """The origin for --from PATH, refused early where that can be seen."""
    path = Path(text).expanduser().absolute()
    if path.is_dir():
        return _named_tree(path, pin)
    if not path.is_file():
        raise Problem(f"{text}: no such file or folder (and none of auto, kernel.org, debian)")
    found = fetch.sha256(path, path.name)
    if found == pin.get("sha256"):
        return Origin("kernel.org", path, ["the sha256 in KERNEL"], True)
    if found == pin["debian-deb-sha256"]:
        return Origin("debian", path, ["the sha256 of the package"], True)
    if (path.name == pin["tarball"] and "sha256" in pin) or path.name == deb_name(pin):
        wanted = pin["sha256"] if path.name == pin["tarball"] else pin["debian-deb-sha256"]
        raise fetch.WrongHash(f"{path} has the sha256 {found}, expected {wanted}")
    if found == pin["debian-tarball-sha256"]:
        return Origin(str(path), path, ["the sha256 of Debian's archive"], True)
    say(f"KERNEL records no sha256 for {path.name}: its version and the touched files decide")
    return Origin(str(path), path, [], False)


def _named_tree(path, pin):
    if path.resolve() == repo.kernel_tree().resolve():
        raise Problem(f"{path} is where the result belongs; name another tree")
    try:
        version = pinned.version_of((path / "Makefile").read_text(errors="replace"))
    except OSError:
        raise Problem(f"{path} is no kernel tree: it has no Makefile") from None
    except Problem as e:
        raise Problem(f"{path} is no kernel tree: {e}") from None
    pinned.check_version(version, pin, str(path))
    if (path / ".git").exists():
        status, out = proc.git("--no-optional-locks", "status", "--porcelain", "--untracked-files=no",
                               cwd=path, check=False)
        if status:
            raise Problem(f"git cannot read {path}: {out.strip().splitlines()[0] if out else status}")
        changed = [line[3:] for line in out.splitlines()]
        if changed:
            raise Problem(f"{path} has local changes ({pinned.few(changed)}); commit or stash them, "
                          f"or check out {pin['tag']}")
    else:
        built = [name for name in BUILT if (path / name).exists()]
        if built:
            raise Problem(f"{path} has been configured or built in ({pinned.few(built)}); "
                          "run `make mrproper` there, or name a clean tree")
        say(f"{path} is no git checkout: local changes in it cannot be seen, "
            "its version and the touched files decide")
    return Origin(str(path), path, [], False)


def deb_name(pin):
    return f"{pin['debian-package']}_{pin['debian-version']}_all.deb"


def cached(pin):
    """An archive in build/dl that verifies; None if there is none."""
    dl = repo.build_dir() / "dl"
    tarball, deb = dl / pin["tarball"], dl / deb_name(pin)
    note = dl / (pin["tarball"] + ".verified")
    if tarball.exists():
        try:
            sha, check = note.read_text().split(None, 1)
        except (OSError, ValueError):
            sha, check = None, None
        if "sha256" in pin:
            sha, check = pin["sha256"], "the sha256 in KERNEL"
        if sha and fetch.sha256(tarball, tarball.name) == sha:
            return Origin("kernel.org", tarball, [check.strip()], True)
    if deb.exists() and fetch.sha256(deb, deb.name) == pin["debian-deb-sha256"]:
        return Origin("debian", deb, ["the sha256 of the package"], True)
    return None


def debian(pin):
    """The package of KERNEL from a mirror of the machine's own apt sources."""
    deb = apt.fetch_package(f"{pin['debian-package']}={pin['debian-version']}", pin["debian-suite"],
                            apt.native_arch(), expect=pin["debian-deb-sha256"])
    return Origin("debian", deb, ["the sha256 of the package"], True)


def kernel_org(pin):
    """The tarball of KERNEL, checked against kernel.org's signed list."""
    dl = repo.build_dir() / "dl"
    dl.mkdir(exist_ok=True)
    if "sha256" in pin:
        sha, check = pin["sha256"], "the sha256 in KERNEL"
    else:
        sums, check = _signed(fetch.text(pin["sums"]), pin)
        m = re.search(rf"^([0-9a-f]{{64}})\s+\*?{re.escape(pin['tarball'])}$", sums, re.M)
        if not m:
            raise fetch.Unreachable(f"{pin['sums']} does not list {pin['tarball']}")
        sha = m[1]
    tarball = fetch.download(pin["url"], dl / pin["tarball"], sha)
    (dl / (pin["tarball"] + ".verified")).write_text(f"{sha} {check}\n")
    say(f"checked: {check}")
    return Origin("kernel.org", tarball, [check], True)


def _signed(text, pin):
    """(the list, what was checked): the signed text if the signature could be checked."""
    listed = "the sha256 in kernel.org's list"
    if not shutil.which("gpg"):
        return text, f"{listed}; its signature was not checked (no gpg)"
    with tempfile.TemporaryDirectory() as tmp:
        tmp = Path(tmp)
        asc, out, status = tmp / "sums.asc", tmp / "sums", tmp / "status"
        asc.write_text(text)
        have, _ = proc.run(["gpg", "--batch", "--list-keys", pin["sums-key"]], check=False, timeout=30)
        home = []
        if have:
            # the key is found by its owner's address and believed for its fingerprint
            home = ["--homedir", tmp / "home"]
            (tmp / "home").mkdir(mode=0o700)
            proc.run(["gpg", "--batch", *home, "--auto-key-locate", "clear,wkd", "--locate-external-keys",
                      pin["sums-signer"]], check=False, timeout=30)
            have, _ = proc.run(["gpg", "--batch", *home, "--list-keys", pin["sums-key"]], check=False, timeout=30)
        if have:
            return text, f"{listed}; its signature was not checked (gpg has no key {pin['sums-key'][-16:]})"
        _, said = proc.run(["gpg", "--batch", "--yes", *home, "--status-file", status, "-o", out, "--decrypt", asc],
                           check=False, timeout=30)
        lines = status.read_text().splitlines() if status.exists() else []
        valid = [line.split() for line in lines if line.startswith("[GNUPG:] VALIDSIG ")]
        if not any(pin["sums-key"] in (words[2], words[-1]) for words in valid) or not out.exists():
            last = said.strip().splitlines()
            raise fetch.WrongHash(f"the signature of {pin['sums']} is not good: {last[-1] if last else 'no signature'}")
        return out.read_text(), f"{listed}; its signature by {pin['sums-key'][-16:]} is good"
