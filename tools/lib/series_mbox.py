# SPDX-License-Identifier: GPL-2.0
"""mbox: the series as one file of mails with a cover letter."""
import re
from email.utils import formatdate

import repo
from series_git import Bad
from series_patch import FIRST_LINE, IDENTITY
from series_store import COVER


def mbox(git, patches, ids):
    """The bytes of the mbox: the letter, then the patches, numbered."""
    if not patches:
        raise Bad("the series is empty")
    try:
        subject, _, text = (repo.PATCHES / COVER).read_text().partition("\n")
    except FileNotFoundError:
        raise Bad(f"patches/{COVER} is missing: first line the subject, then the text of the letter") from None
    total = len(patches)
    width = len(str(total))
    # the newest patch dates the letter, so that the same series is the same mbox
    date = formatdate(max(int(p.date.split()[0]) for p in patches)).replace("-0000", "+0000")
    names = "".join(f"  {n:{width}d}. {p.subject}\n" for n, p in enumerate(patches, 1))
    stat = git("diff", "--stat=72", "--summary", "--no-renames", git.base, ids[-1]).decode()
    out = [(f"{FIRST_LINE}\nFrom: {IDENTITY}\nDate: {date}\nSubject: [PATCH {0:0{width}d}/{total}] {subject}\n"
            f"Message-ID: <{_tag(ids)}-0@cnull.invalid>\n\n{text.strip()}\n\n{names}\n{stat}\n").encode()]
    for n, p in enumerate(patches, 1):
        data = (repo.PATCHES / p.name).read_bytes()
        tag = (f"Message-ID: <{_tag(ids)}-{n}@cnull.invalid>\nIn-Reply-To: <{_tag(ids)}-0@cnull.invalid>\n"
               f"References: <{_tag(ids)}-0@cnull.invalid>\n")
        head, _, rest = data.partition(b"\n\n")
        head = re.sub(rb"^Subject: \[PATCH\]", f"Subject: [PATCH {n:0{width}d}/{total}]".encode(), head, flags=re.M)
        out.append(head + b"\n" + tag.encode() + b"\n" + rest + b"\n")
    return b"".join(out)


def _tag(ids):
    return "series-" + ids[-1][:16]
