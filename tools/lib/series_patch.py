# SPDX-License-Identifier: GPL-2.0
"""A patch: its message, its date, and the state of every file it touches."""
import re
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime

from series_git import Bad

# the one author of every patch
IDENTITY = "cnull and domains project <series@cnull.invalid>"
FIRST_LINE = "From " + "0" * 40 + " Mon Sep 17 00:00:00 2001"


@dataclass
class Patch:
    subject: str
    body: str
    date: str                   # git's raw form: "seconds +0000"
    changes: dict = field(default_factory=dict)     # path: entry after this patch
    author: str = IDENTITY
    name: str = ""              # file in patches/, empty until exported
    headers: list = field(default_factory=list)     # [(name, value)] as found in the file
    first: str = FIRST_LINE
    diff: bytes = b""

    @property
    def message(self):
        return self.subject + "\n" + (f"\n{self.body}\n" if self.body else "")

    @property
    def paths(self):
        """The files named by the diff."""
        pairs = re.findall(rb"^diff --git a/(\S+) b/(\S+)$", self.diff, re.M)
        return {path.decode() for pair in pairs for path in pair}

    @property
    def promised(self):
        """{path: (blob id before, blob id after)} as the diff's index lines say."""
        return {p.decode(): (a.decode(), b.decode()) for p, a, b in re.findall(
            rb"^diff --git a/\S+ b/(\S+)\n(?:(?:old|new|deleted) [^\n]*\n)*index ([0-9a-f]{40})\.\.([0-9a-f]{40})",
            self.diff, re.M)}


def parse(name, data):
    """A patch file as `git am` understands it."""
    if b"\r" in data:
        raise Bad(f"patches/{name}: CRLF line ends; `git am` would not apply it")
    head, sep, rest = data.partition(b"\n\n")
    try:
        lines = re.sub(r"\n[ \t]+", " ", head.decode()).split("\n")
        first, headers = lines[0], [re.fullmatch(r"([A-Za-z-]+): (.*)", x).groups() for x in lines[1:]]
    except (UnicodeDecodeError, AttributeError):
        raise Bad(f"patches/{name}: its mail header cannot be read") from None
    get = dict(headers).get
    at = re.search(rb"^(---\n|diff --git )", rest, re.M)
    if not sep or not at or b"\ndiff --git " not in b"\n" + rest[at.start():]:
        raise Bad(f"patches/{name}: no `---` line and diff after the message")
    if not get("Subject") or not get("From") or not get("Date"):
        raise Bad(f"patches/{name}: From:, Date: or Subject: is missing")
    try:
        when = parsedate_to_datetime(get("Date"))
        date = f"{int(when.timestamp())} {when.strftime('%z') or '+0000'}"
        body = rest[:at.start()].decode().strip("\n")
    except (ValueError, TypeError):
        raise Bad(f"patches/{name}: its date or message cannot be read") from None
    return Patch(subject=re.sub(r"^\[PATCH[^]]*\] *", "", get("Subject")), body=body, date=date,
                 author=get("From"), name=name, headers=headers, first=first, diff=rest[at.start():])


def from_commit(git, oid):
    """A commit that somebody made by hand, under the project's name and in UTC."""
    raw = git("cat-file", "commit", oid).decode(errors="replace")
    head, _, text = raw.partition("\n\n")
    date = re.search(r"^author .* (\d+) [-+]\d{4}$", head, re.M)[1]
    text = "\n".join(line.rstrip() for line in text.split("\n")).strip("\n")
    subject, _, body = text.partition("\n\n")
    subject = " ".join(subject.split())
    if not subject:
        raise Bad(f"commit {oid[:12]} has no subject")
    if re.match(r"(fixup|squash|amend)! ", subject):
        raise Bad(f"commit {oid[:12]} is a `{subject.split()[0]}` commit: "
                  "run `git rebase -i --autosquash base` in the kernel tree first")
    body = re.sub(r"\n{3,}", "\n\n", body.strip("\n"))
    return Patch(subject=subject, body=body, date=f"{date} +0000", changes=git.changes(oid + "^", oid))


def apply(git, patches):
    """Fills in .changes of parsed patches by applying them, without fuzz, to the base.

    Only the touched files are looked at: the index holds nothing else.
    """
    paths = set().union(*(p.paths for p in patches)) if patches else set()
    env = git.index("apply-index")
    git("read-tree", "--empty", env=env)
    before = git.entries(git.base, paths)
    git.put(env, before)
    for p in patches:
        status, _, errors = git("apply", "--cached", "--whitespace=nowarn", "-", stdin=p.diff, env=env, check=False)
        if status:
            raise Bad(_why(p, before, errors))
        after = git.listing(env)
        p.changes = {x: after.get(x) for x in p.paths if after.get(x) != before.get(x)}
        before = after


def _why(p, before, errors):
    lines = [x.removeprefix("error: ") for x in errors.splitlines() if x.startswith("error: ")]
    text = f"patches/{p.name} does not apply: " + ("; ".join(lines[:2]) or errors.strip())
    for path, (old, _) in sorted(p.promised.items()):
        found = before.get(path, ("", "0" * 40))[1]
        if path in text and found != old:
            text += f"; {path} is blob {found} there, the patch was made for {old}"
    return text


def choose(patches, wanted):
    """The index of the patch that a person means by a number, a file name or a part of one."""
    wanted = wanted.rsplit("/", 1)[-1]
    for match in (lambda p: p.name == wanted,
                  lambda p: wanted.isdigit() and p.name[:4] == wanted.zfill(4),
                  lambda p: wanted in p.name or wanted in p.subject):
        hits = [i for i, p in enumerate(patches) if match(p)]
        if len(hits) == 1:
            return hits[0]
        if hits:
            raise Bad(f"{wanted!r} could be " + " or ".join(label(patches[i]) for i in hits[:5]))
    raise Bad(f"no patch {wanted!r} in the series")


def label(p):
    return p.name or f'"{p.subject}"'
