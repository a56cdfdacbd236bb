# SPDX-License-Identifier: GPL-2.0
"""tree: from the series to a checkout."""
import shutil

import series_store
from series_checkout import Checkout
from series_git import Bad, call
from ui import say


def tree(git, linux, folder, base_only=False, discard=False):
    """Brings folder (build/linux, or a worktree of it) to the base or to the series."""
    patches = [] if base_only else series_store.loaded(git)
    ids = git.commit(patches)
    target = ids[-1] if ids else git.base
    if folder != linux and not (folder / ".git").exists():
        _add_worktree(linux, folder, target)
        say(f"{folder}: {_what(patches)}, new worktree")
        return
    checkout = Checkout(folder, git)
    if not checkout.same_repository(linux):
        raise Bad(f"{folder} is not a worktree of {linux}")
    checkout.in_the_middle()
    if not discard:
        _nothing_lost(checkout, target)
    moved = checkout.move(target, "series" if folder == linux and not base_only else None)
    say(f"{folder}: {_what(patches)}" + (f", {moved} files changed" if moved else ", nothing to do"))


def stands(git, linux):
    """Whether build/linux is at the series, without edits."""
    tip = (git.commit(series_store.loaded(git)) or [git.base])[-1]
    checkout = Checkout(linux, git)
    return checkout.head() == tip and not checkout.local()


def _what(patches):
    return f"base and {len(patches)} patches" if patches else "base"


def _add_worktree(linux, folder, target):
    if folder.exists() and any(folder.iterdir()):
        raise Bad(f"{folder} exists and is not a worktree of {linux}")
    call(["worktree", "prune"], cwd=linux)
    try:
        call(["worktree", "add", "--detach", folder, target], cwd=linux, timeout=1800)
    except BaseException:
        # git, when interrupted, does so too, but may not have had the time to end it
        shutil.rmtree(folder, ignore_errors=True)
        call(["worktree", "prune"], cwd=linux)
        raise


def _nothing_lost(checkout, target):
    if checkout.head() not in (checkout.g.base, target, checkout.known()):
        mine = checkout.git("log", "-1", "--format=%h %s")
        raise Bad(f"{checkout.folder} has commits that patches/ does not have, the last is `{mine}`: "
                  "tools/series refresh takes them in, tools/series tree --discard drops them")
    lost = checkout.local(target)
    if lost:
        names = sorted(lost)
        more = f" and {len(names) - 8} more" if len(names) > 8 else ""
        raise Bad(f"{checkout.folder} has edits that the series lacks: {', '.join(names[:8])}{more}; "
                  "tools/series refresh takes them in, tools/series tree --discard drops them")
