# SPDX-License-Identifier: GPL-2.0
"""KUnit on any target: a kernel with the kunit fragment runs its suites at boot."""
import json
import re
import sys

import guest
import kbuild
import proc
import repo
from ui import die

_STATUS = {"PASS": "passed", "SKIP": "skipped"}


def run(target, *, llvm=False, config=(), glob="", timeout=600, smp=2):
    """Builds, boots, parses. Returns (passed, failed, skipped, [(suite.case, status)], log).

    glob: SUITE or SUITE.CASE with * and ?; empty for all. A kernel that dies,
    hangs or complains is a failed case of its own.
    """
    if not re.fullmatch(r"[\w.*?\[\]-]*", glob):
        die(f"{glob!r} is no filter; expected SUITE or SUITE.CASE, with * and ?")
    build = kbuild.build(target, llvm=llvm, config=("kunit", *config))
    log = repo.build_dir() / "log" / f"{build.name}.ktap"
    # KTAP lines are of level info; the script has nothing to do but end
    append = "loglevel=7" + (f" kunit.filter_glob={glob}" if glob else "")
    result = guest.boot(build, "true\n", timeout=timeout, smp=smp, append=append, programs=(), log=log)
    cases = parse(log, repo.kernel_tree())
    if not cases:
        die(f"no KUnit test ran on {build.name}" + (f" that matches {glob}" if glob else "") + f"; log: {log}")
    if result.status == guest.TIMED_OUT:
        cases.append(("kernel.ends_in_time", "failed"))
    elif result.status:
        cases.append(("kernel.survives", "failed"))
    cases += [(f"kernel.silent ({line})", "failed") for line in result.splats]
    counts = [sum(s == what for _, s in cases) for what in ("passed", "failed", "skipped")]
    return *counts, cases, log


def parse(log, tree):
    """(name, status) of every case in a console log, as the tree's own kunit.py reads it."""
    _, out = proc.run([sys.executable, "-B", tree / "tools/testing/kunit/kunit.py", "parse", "--json=stdout", log],
                      timeout=60, check=False, what="kunit.py parse", stdout_only=True)
    start = out.find("\n{")
    if start < 0:
        return []
    found, _ = json.JSONDecoder().raw_decode(out, start + 1)
    return list(_cases(found, ()))


def _cases(group, above):
    for case in group["test_cases"]:
        yield ".".join([*above, case["name"]]), _STATUS.get(case["status"], "failed")
    for sub in group["sub_groups"]:
        yield from _cases(sub, (*above, sub["name"]))
