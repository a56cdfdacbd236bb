# SPDX-License-Identifier: GPL-2.0
"""Packages of any Debian suite and architecture, without touching the system.

A private apt configuration (own lists, own cache, one suite, one architecture)
asks a mirror that the machine's own apt sources name; apt checks the index
against debian-archive-keyring, fetch.py brings the file and checks it against
the index. Nothing is installed and nothing is added to the system's apt.
"""
import hashlib
import re
import shutil
import urllib.parse
from pathlib import Path

import fetch
import proc
import repo
from ui import Problem, say

SOURCES = (Path("/etc/apt/sources.list"), Path("/etc/apt/sources.list.d"))
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
SUITES = ("buster", "bullseye", "bookworm", "trixie", "forky", "sid", "unstable", "testing",
          "stable", "oldstable", "oldoldstable")
# the oldest suite that serves an architecture; others are in all of them
FIRST_SUITE = {"riscv64": "trixie", "loong64": "forky"}


class Unavailable(Problem):
    """This machine's apt cannot give the package; another source may."""


def _entries(folder_or_file):
    """(uri, suite, components, signed_by) of every enabled binary source."""
    if folder_or_file.is_dir():
        for path in sorted(folder_or_file.iterdir()):
            if path.suffix in (".list", ".sources"):
                yield from _entries(path)
        return
    try:
        text = folder_or_file.read_text(errors="replace")
    except OSError:
        return
    yield from (_deb822 if folder_or_file.suffix == ".sources" else _one_line)(text)


def _one_line(text):
    for line in text.splitlines():
        m = re.match(r"\s*deb\s+(?:\[([^]]*)\]\s*)?(\S+)\s+(\S+)\s*([^#]*)", line)
        if m:
            signed = re.search(r"signed-by=(\S+)", m[1] or "")
            yield m[2], m[3], m[4].split(), signed[1] if signed else ""


def _deb822(text):
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    for block in re.split(r"\n\s*\n", "\n".join(lines)):
        fields = {}
        key = None
        for line in block.splitlines():
            if line[:1].isspace() and key:
                fields[key] += " " + line.strip()
            elif ":" in line:
                key, _, value = line.partition(":")
                key = key.strip().lower()
                fields[key] = value.strip()
        if "deb" not in fields.get("types", "").split() or fields.get("enabled", "yes").lower() == "no":
            continue
        for uri in fields.get("uris", "").split():
            for suite in fields.get("suites", "").split():
                yield uri, suite, fields.get("components", "").split(), fields.get("signed-by", "")


def mirrors(sources=None):
    """Base URIs of the Debian mirrors in the machine's apt sources, best first.

    A mirror is known by what it is asked for, not by its name: a Debian suite
    with the component main. Vendors' repositories do that too, so those signed
    by Debian's keyring, or at a path /debian, come first; apt's check of the
    signature has the last word.
    """
    found = {}
    for path in sources or SOURCES:
        for uri, suite, components, signed in _entries(path):
            base = re.sub(r"-(updates|backports|proposed-updates)$", "", suite)
            if base not in SUITES or "main" not in components:
                continue
            score = 2 * ("debian-archive" in signed) + uri.rstrip("/").endswith("/debian")
            found[uri] = max(score, found.get(uri, 0))
    return sorted(found, key=lambda uri: -found[uri])


class Suite:
    """One suite of one mirror, seen through a private configuration."""

    def __init__(self, suite, arch, mirror):
        tag = hashlib.sha256(mirror.encode()).hexdigest()[:8]
        self.suite, self.arch, self.mirror = suite, arch, mirror
        self.dir = repo.build_dir() / "cache" / "apt" / f"{suite}-{arch}-{tag}"
        for sub in ("lists/partial", "cache/archives/partial"):
            (self.dir / sub).mkdir(parents=True, exist_ok=True)
        (self.dir / "sources.list").write_text(f"deb [signed-by={KEYRING}] {mirror} {suite} main\n")
        # -c is read after the machine's own configuration, so that its proxies
        # and certificates stay and its hooks go
        (self.dir / "apt.conf").write_text(f'''\
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear APT::Architectures;
APT::Architecture "{arch}";
APT::Architectures {{ "{arch}"; }};
APT::Sandbox::User "";
Acquire::Retries "2";
Acquire::http::Timeout "20";
Acquire::https::Timeout "20";
Acquire::Languages "none";
Dir::Etc::SourceList "{self.dir}/sources.list";
Dir::Etc::SourceParts "/dev/null";
Dir::Etc::Preferences "/dev/null";
Dir::Etc::PreferencesParts "/dev/null";
Dir::State::Lists "{self.dir}/lists";
Dir::State::status "/dev/null";
Dir::Cache "{self.dir}/cache";
''')

    def _apt(self, *args, check=True, timeout=300):
        return proc.run(["apt-get", "-c", self.dir / "apt.conf", "-q", *args], check=check, timeout=timeout,
                        env={"LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"})

    def update(self):
        say(f"reading the package index of {self.suite} ({self.arch})")
        # a mirror without this suite is an error that --error-on=any makes a status
        status, out = self._apt("update", "--error-on=any", check=False)
        if status:
            shutil.rmtree(self.dir, ignore_errors=True)
            lines = [line for line in out.splitlines() if line.startswith(("E:", "W:"))]
            raise Unavailable(f"the mirror of this machine's apt sources gives no index of {self.suite} "
                              f"for {self.arch}: {lines[0] if lines else f'apt-get ended with {status}'}")

    def find(self, package, depends=False):
        """(uri, file name, size, sha256) of a package[=version] and, if so wished, of all that apt
        would install for it where nothing is installed; none if it is unknown."""
        how = ["install", "--no-install-recommends", "-o", "Acquire::ForceHash=SHA256"] if depends else ["download"]
        status, out = self._apt(*how, "--print-uris", package, check=False)
        found = re.findall(r"^'(\S+)' (\S+) (\d+) SHA256:([0-9a-f]{64})", out, re.M)
        return [] if status else [(uri, name, int(size), sha) for uri, name, size, sha in found]

    def proxy(self):
        """apt's own proxy setting for this mirror, if it has one."""
        scheme = urllib.parse.urlsplit(self.mirror).scheme
        for key in (f"Acquire::{scheme}::Proxy::{urllib.parse.urlsplit(self.mirror).hostname}",
                    f"Acquire::{scheme}::Proxy"):
            _, out = proc.run(["apt-config", "shell", "P", key], check=False, timeout=20)
            m = re.match(r"P='(http[^']*)'", out)
            if m:
                return m[1]
        return None


def candidates(suite, arch):
    """The Suites to try for a suite and an architecture; Unavailable if none."""
    if not shutil.which("apt-get"):
        raise Unavailable("this machine has no apt")
    if not KEYRING.exists():
        raise Unavailable(f"{KEYRING} is missing (package debian-archive-keyring)")
    found = mirrors()
    if not found:
        raise Unavailable("this machine's apt sources name no Debian mirror")
    return [Suite(suite, arch, mirror) for mirror in found]


def native_arch():
    _, out = proc.run(["dpkg", "--print-architecture"], check=False, timeout=20)
    return out.strip() or "amd64"


def _fetch(source, package, expect, depends):
    """The .deb files of a package that one Suite has, in build/dl."""
    found = source.find(package, depends)
    if not found:
        # an index of another day may not know this version yet
        source.update()
        found = source.find(package, depends)
    if not found:
        raise Unavailable(f"{source.suite} has no {package} for {source.arch} any more")
    debs = []
    for uri, name, size, sha in found:
        if expect and sha != expect:
            raise Unavailable(f"the {package} of {source.suite} has the sha256 {sha}, not {expect}")
        if urllib.parse.urlsplit(uri).scheme not in ("http", "https", "file"):
            raise Unavailable(f"this machine's apt sources need a transport of their own ({uri.split(':')[0]})")
        debs.append(fetch.download(uri, repo.build_dir() / "dl" / name, sha, size=size, what=name,
                                   proxy=source.proxy()))
    return debs


def _fetch_any(package, suite, arch, *, expect=None, depends=False):
    """The same of the first mirror that has it."""
    problem = None
    for source in candidates(suite, arch):
        try:
            return _fetch(source, package, expect, depends)
        except (Unavailable, fetch.Unreachable) as e:
            problem = problem or e
            # an index that names vanished files is worse than none
            shutil.rmtree(source.dir / "lists", ignore_errors=True)
    raise problem


def fetch_package(package, suite, arch, *, expect=None):
    """The .deb of package[=version], in build/dl; `expect` is a sha256 it must have."""
    deb, = _fetch_any(package, suite, arch, expect=expect)
    return deb


def fetch_foreign(package, arch, suite=None, depends=False):
    """The extracted files of a package of another architecture, and of all that it
    depends on if so wished: a folder under build/cache, complete or absent. Raises
    Unavailable where there is no apt."""
    suite = suite or FIRST_SUITE.get(arch, "bookworm")
    cache = repo.build_dir() / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    root = cache / (f"{package}-{arch}" + ("-all" if depends else ""))
    if root.is_dir():
        return root
    # one for all: packages have files in build/dl in common
    with proc.lock(cache / "foreign.lock", "the packages in build/cache", wait=900):
        if root.is_dir():
            return root
        debs = _fetch_any(package, suite, arch, depends=depends)
        new = cache / f"{root.name}.new"
        shutil.rmtree(new, ignore_errors=True)
        for deb in debs:
            proc.run(["dpkg-deb", "-x", deb, new], timeout=120)
        for name in ("bin", "sbin", "lib"):
            # newer suites ship only usr/: give both the same paths, as an installed system has
            if (new / "usr" / name).is_dir() and not (new / name).exists():
                (new / name).symlink_to(f"usr/{name}")
        new.rename(root)
    return root
