# SPDX-License-Identifier: GPL-2.0
"""Child processes and locks: everything is bounded, nothing is left behind."""
import contextlib
import fcntl
import os
import signal
import subprocess
import sys
import threading

from ui import die, say


class Failed(Exception):
    """A command that ended badly: .status (124 for a timeout), .tail."""

    def __init__(self, what, status, tail=""):
        super().__init__(f"{what} failed with status {status}"
                         if status != 124 else f"{what} exceeded its time limit")
        self.what, self.status, self.tail = what, status, tail


_running = set()        # of all threads


def end_all():
    """Kills what any thread runs: for the thread that is told to stop."""
    for p in list(_running):
        _kill_group(p, politely=False)


@contextlib.contextmanager
def pool(threads):
    """Threads that call run(): if their user fails, or is interrupted, what they run ends and nothing more begins."""
    import concurrent.futures       # slow to load, and few commands need it

    with concurrent.futures.ThreadPoolExecutor(threads) as them:
        try:
            yield them
        except BaseException:
            them.shutdown(wait=False, cancel_futures=True)
            end_all()
            raise


def _kill_group(p, politely=True):
    for sig, wait in ((signal.SIGTERM, 5), (signal.SIGKILL, 5))[0 if politely else 1:]:
        try:
            os.killpg(p.pid, sig)
        except ProcessLookupError:
            return
        try:
            p.wait(wait)
        except subprocess.TimeoutExpired:
            continue
        if sig == signal.SIGTERM:
            # the leader is gone; make sure that its children are, too
            with contextlib.suppress(ProcessLookupError):
                os.killpg(p.pid, signal.SIGKILL)
        return


@contextlib.contextmanager
def _signals_later():
    """What a handler raises in the middle of Popen would leave a process that nobody knows."""
    caught, before = [], {}
    if threading.current_thread() is threading.main_thread():
        for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if callable(signal.getsignal(signum)):
                before[signum] = signal.signal(signum, lambda *what: caught.append(what))
    try:
        yield
    finally:
        for signum, handler in before.items():
            signal.signal(signum, handler)
    for signum, frame in caught:
        before[signum](signum, frame)


def run(cmd, *, cwd=None, env=None, timeout=600, log=None, echo=False, what=None,
        check=True, stdin=None, on_line=None, stdout_only=False, politely=True, silence=None, begins=None):
    """Runs cmd (a list) in a process group of its own that never outlives us.

    timeout: seconds. log: file that receives all output (created anew).
    echo: also print the output as it comes. on_line: called with every line.
    stdin: a str fed to the command. politely: SIGTERM before SIGKILL when its
    time is over. silence: seconds that may pass without a line. begins: (test, seconds):
    a line of which test() is true must come within so many seconds. Returns (status,
    output); raises Failed if check and status != 0. A timeout is status 124.
    """
    what = what or os.path.basename(str(cmd[0]))
    full = dict(os.environ, **(env or {}))
    out = []
    timed_out = threading.Event()
    begun, seconds = begins or (None, 0)
    p = timer = quiet = late = logf = None

    def expire():
        timed_out.set()
        _kill_group(p, politely)

    def alarm(seconds):
        t = threading.Timer(seconds, expire)
        t.daemon = True
        t.start()
        return t

    def feed():
        with contextlib.suppress(BrokenPipeError):
            p.stdin.write(stdin)
        with contextlib.suppress(BrokenPipeError):
            p.stdin.close()

    try:
        with _signals_later():
            try:
                p = subprocess.Popen([str(c) for c in cmd], cwd=cwd, env=full,
                                     stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL,
                                     stdout=subprocess.PIPE,
                                     stderr=None if stdout_only else subprocess.STDOUT,
                                     text=True, errors="replace", start_new_session=True)
            except OSError as e:
                die(f"cannot run {cmd[0]}: {e.strerror}")
            _running.add(p)
        timer = alarm(timeout)
        quiet = alarm(silence) if silence else None
        late = alarm(seconds) if begun else None
        if stdin is not None:
            threading.Thread(target=feed, daemon=True).start()
        logf = open(log, "w") if log else None
        for line in p.stdout:
            if quiet:
                quiet.cancel()
                quiet = alarm(silence)
            if late and begun(line):
                late.cancel()
                late = None
            out.append(line)
            if logf:
                logf.write(line)
                logf.flush()
            if echo:
                sys.stdout.write(line)
                sys.stdout.flush()
            if on_line:
                on_line(line)
        p.wait()
    except BaseException:
        if p:
            _kill_group(p, politely)
        raise
    finally:
        _running.discard(p)
        for t in filter(None, (timer, quiet, late)):
            t.cancel()
        for f in filter(None, (p and p.stdout, logf)):
            f.close()
    status = 124 if timed_out.is_set() else p.returncode if p.returncode >= 0 else 128 - p.returncode
    text = "".join(out)
    if check and status:
        raise Failed(what, status, "".join(out[-20:]))
    return status, text


# settings that make git's output depend on nothing but its input
GIT_ENV = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null", "LC_ALL": "C", "TZ": "UTC"}
GIT_PINS = ["-c", "core.autocrlf=false", "-c", "core.quotepath=false", "-c", "core.abbrev=40",
            "-c", "diff.renames=true", "-c", "diff.algorithm=histogram", "-c", "gc.auto=0",
            "-c", "advice.detachedHead=false"]


def git(*args, cwd, check=True, env=None, stdin=None, timeout=300):
    """git with pinned settings, output as text."""
    status, out = run(["git", *GIT_PINS, *args], cwd=cwd, env={**GIT_ENV, **(env or {})}, check=check,
                      stdin=stdin, timeout=timeout, what="git " + args[0])
    return out if check else (status, out)


@contextlib.contextmanager
def lock(path, what, wait=0):
    """An exclusive lock on a file; a second run waits up to `wait` seconds, then says who holds it."""
    f = open(path, "a+")
    refused = []

    def take(how):
        try:
            fcntl.flock(f, how)
            return True
        except BlockingIOError:
            return False
        except OSError as e:
            refused.append(e.strerror)

    if not take(fcntl.LOCK_EX | fcntl.LOCK_NB) and not refused:
        f.seek(0)
        holder = f.read().strip() or "another run"
        if wait:
            say(f"waiting for {what}, in use by {holder}")
            # queued in the kernel, so that who came first is served first; the
            # thread dies with us if the time is over or someone presses Ctrl-C
            queued = threading.Thread(target=take, args=(fcntl.LOCK_EX,), daemon=True)
            queued.start()
            queued.join(wait)
        if not wait or queued.is_alive():
            die(f"{what} is in use by {holder}; wait for it to end")
    if refused:
        die(f"cannot lock {path}: {refused[0]}")
    with contextlib.suppress(OSError):      # on a full disk it holds without our name
        f.truncate(0)
        os.write(f.fileno(), f"process {os.getpid()} ({os.path.basename(sys.argv[0])})".encode())
    try:
        yield
    finally:
        f.truncate(0)
        f.close()
