# SPDX-License-Identifier: GPL-2.0
"""The rules for a patch's header and message, as a table."""
import re

from series_patch import FIRST_LINE, IDENTITY

# what a subject may begin with: the kernel's own habit for each place we touch
AREAS = [r"block: cnull:", r"domain:", r"lib/list_sort:", r"x86/domain:", r"(?:arm64|riscv|um): domain:",
         r"panic:", r"samples/domain:", r"tools/domain:", r"selftests/domain:", r"Documentation:", r"MAINTAINERS:"]
WIDTH = 75


def _headers(p):
    found = [k for k, _ in p.headers]
    allowed = ["From", "Date", "Subject"]
    if [k for k in found if k not in ("MIME-Version", "Content-Type", "Content-Transfer-Encoding")] != allowed:
        return "the mail header is " + ", ".join(found) + ", not " + ", ".join(allowed)


def _numbered(p):
    tag = dict(p.headers)["Subject"]
    if not tag.startswith("[PATCH] "):
        return "the subject must begin with `[PATCH] `, without numbers"


def _area(p):
    if not any(re.match(a + " [^ ]", p.subject) for a in AREAS):
        return f"no known area in \"{p.subject}\" (AREAS in tools/lib/series_header.py)"


def _subject(p):
    if len(p.subject) > WIDTH:
        return f"the subject has {len(p.subject)} characters, more than {WIDTH}"
    if p.subject.endswith("."):
        return "the subject ends with a full stop"
    if not p.subject.isascii():
        return "the subject is not ASCII"


def _lines(p):
    for line in p.body.split("\n"):
        # tables, logs and links are quoted as they are
        if len(line) > WIDTH and not line.startswith("  ") and not re.search(r"https?://\S{20}", line):
            return f"a line of {len(line)} characters, more than {WIDTH}: {line[:40]}…"


def _tags(p):
    m = re.search(r"^(Signed-off-by|Change-Id|Reviewed-by|Acked-by|Tested-by):", p.body, re.M | re.I)
    return m and f"{m[1]}: only a person can give this"


def _mail(p):
    """What mail tools would take for something else than message."""
    m = re.search(r"^(---|\+\+\+ |diff -|Index: |@@ -|From |>From )", p.body, re.M)
    if m:
        return f"a line of the message begins with {m[1]!r}, which ends or splits a mail"
    if re.match(r"(From|Subject|Date): ", p.body):
        return "the message begins like a mail header"


# (what the rule says, how it is broken: text or None)
RULES = [
    ("first line", lambda p: p.first != FIRST_LINE and f"must be `{FIRST_LINE}`"),
    ("headers", _headers),
    ("author", lambda p: p.author != IDENTITY and f"From: must be {IDENTITY}"),
    ("date", lambda p: not p.date.endswith("+0000") and "Date: must be in UTC (+0000)"),
    ("number", _numbered),
    ("area", _area),
    ("subject", _subject),
    ("body", lambda p: not p.body.strip() and "the message has no body: say why"),
    ("width", _lines),
    ("tags", _tags),
    ("mail", _mail),
]


def problems(patches):
    """One line for each rule that a patch breaks."""
    out = []
    for n, p in enumerate(patches, 1):
        if p.name[:5] != f"{n:04d}-":
            out.append(f"patches/{p.name}: number {n} in series, so its name must begin with {n:04d}-")
        for what, broken in RULES:
            why = broken(p)
            if why:
                out.append(f"patches/{p.name}: {what}: {why}")
    return out
