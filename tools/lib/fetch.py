# SPDX-License-Identifier: GPL-2.0
"""Downloads that resume, verify, and say in one line why they cannot."""
import contextlib
import errno
import hashlib
import http.client
import os
import shutil
import socket
import time
import urllib.error
import urllib.parse
import urllib.request

from ui import Problem, Progress, say

CONNECT = 10        # seconds until a host counts as out of reach
STALL = 60          # seconds without a byte until a transfer is started again
TRIES = 5           # broken transfers in a row that brought nothing


class Unreachable(Problem):
    """Nothing could be had from there, but another source may do."""


class WrongHash(Problem):
    """The bytes arrived and are not what was asked for."""


def sha256(path, what=None):
    """The sha256 of a file; `what` names it in a progress line."""
    h = hashlib.sha256()
    progress = Progress(f"checking {what}", path.stat().st_size >> 20, "MB") if what else None
    n = 0
    with open(path, "rb") as f:
        while block := f.read(1 << 20):
            h.update(block)
            n += len(block)
            if progress:
                progress.update(n >> 20)
    return h.hexdigest()


def need_space(folder, size, what):
    """Dies unless `size` bytes are free where folder is (or will be)."""
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    if free < size:
        raise Problem(f"not enough room for {what}: needs {_mb(size)}, "
                      f"{_mb(free)} free on the disk of {folder}")


def _mb(n):
    return f"{n / 1e9:.1f} GB" if n >= 1e9 else f"{n / 1e6:.0f} MB"


def why(e):
    """The reason of a failed transfer, in a few words."""
    if isinstance(e, urllib.error.HTTPError):
        return f"HTTP status {e.code}"
    reason = getattr(e, "reason", None) or e
    if isinstance(reason, (socket.timeout, TimeoutError)):
        return "no answer in time"
    if isinstance(reason, socket.gaierror):
        return "its name does not resolve"
    if isinstance(reason, OSError) and reason.errno:
        return os.strerror(reason.errno).lower() if reason.errno > 0 else str(reason)
    return str(reason) or type(reason).__name__


def text(url, proxy=None):
    """A small text file; Unreachable if it cannot be had."""
    try:
        with _open(url, proxy) as r:
            return r.read(4 << 20).decode(errors="replace")
    except (OSError, http.client.HTTPException) as e:
        raise Unreachable(f"{urllib.parse.urlsplit(url).hostname} cannot be reached: {why(e)}") from e


def _open(url, proxy, start=0):
    handlers = [urllib.request.ProxyHandler({"http": proxy, "https": proxy})] if proxy else []
    request = urllib.request.Request(url, headers={"User-Agent": "kernel-series"})
    if start:
        request.add_header("Range", f"bytes={start}-")
    return urllib.request.build_opener(*handlers).open(request, timeout=CONNECT)


def download(url, dest, sha, *, size=None, what=None, proxy=None, limit=3 * 3600):
    """Brings url to dest, which then has the sha256 `sha`.

    What has arrived is kept in dest.part, so that a broken, interrupted or
    repeated run goes on where it stopped. dest itself is complete or absent.
    """
    what = what or dest.name
    if dest.exists():
        if sha256(dest) == sha:
            return dest
        say(f"{dest} is not {what}: fetching it again")
        dest.unlink()
    dest.parent.mkdir(parents=True, exist_ok=True)
    part = dest.with_name(dest.name + ".part")
    have = part.stat().st_size if part.exists() else 0
    if size and have > size:
        part.unlink()
        have = 0
    if size:
        need_space(dest.parent, size - have, what)
    resumed = have > 0
    if not size or have < size:
        resumed = _transfer(url, part, size, what, proxy, limit) or resumed
    found = sha256(part)
    if found != sha:
        part.unlink()
        if resumed:
            # the old beginning may have been another version of the file
            say(f"{what}: its resumed download does not verify, fetching all of it")
            return download(url, dest, sha, size=size, what=what, proxy=proxy, limit=limit)
        raise WrongHash(f"{what} from {urllib.parse.urlsplit(url).hostname} has the sha256 {found}, "
                        f"expected {sha}; it was deleted")
    part.rename(dest)
    return dest


def _transfer(url, part, size, what, proxy, limit):
    """Appends to part until the file is complete; True if an old start was kept."""
    host = urllib.parse.urlsplit(url).hostname or "the file system"
    end = time.monotonic() + limit
    idle = 0
    kept = False
    progress = None
    while True:
        have = part.stat().st_size if part.exists() else 0
        reason = "the connection was closed early"
        try:
            with _open(url, proxy, have) as r:
                if have and r.status != 206:
                    have = 0            # this server cannot resume
                kept = kept or have > 0
                with contextlib.suppress(AttributeError):
                    r.fp.raw._sock.settimeout(STALL)
                length = r.headers.get("Content-Length")
                total = size or (have + int(length) if length else 0)
                if not size and total:
                    need_space(part.parent, total - have, what)
                if not progress:
                    said = f" ({_mb(total)})" if total else ""
                    say(f"fetching {what}{said} from {host}"
                        + (f", going on at {_mb(have)}" if have else ""))
                    progress = Progress(what, total >> 20, "MB")
                before = have
                with open(part, "r+b" if have else "wb") as f:
                    f.seek(have)
                    while block := r.read(1 << 18):
                        f.write(block)
                        have += len(block)
                        progress.update(have >> 20)
                        if time.monotonic() > end:
                            raise Problem(f"{what}: {host} is too slow; run it again to go on")
                if have > before:
                    idle = 0
                if not total or have >= total:
                    progress.done(_mb(have))
                    return kept
        except urllib.error.HTTPError as e:
            if e.code == 416 and have:
                # there is nothing after what we have: complete, or stale; the hash will tell
                return True
            if e.code < 500:
                raise Unreachable(f"{host} has no {what}: {why(e)}") from e
            reason = why(e)
        except OSError as e:
            if e.errno in (errno.ENOSPC, errno.EDQUOT):
                part.unlink(missing_ok=True)
                raise Problem(f"the disk of {part.parent} is full while fetching {what}") from e
            if e.filename:
                raise Problem(f"cannot write {e.filename}: {e.strerror}") from e
            reason = why(e)
            if not progress and not have:
                raise Unreachable(f"{host} cannot be reached: {reason}") from e
        except http.client.HTTPException as e:
            reason = why(e)
        idle += 1
        if idle >= TRIES:
            raise Unreachable(f"{what}: {host} broke the transfer {TRIES} times ({reason}); "
                              "what arrived is kept, run it again to go on")
        say(f"{what}: {reason}, trying again")
        time.sleep(min(idle, 3))
