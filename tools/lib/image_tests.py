# SPDX-License-Identifier: GPL-2.0
"""The user-space tests of domain images, from tools/domain of the kernel tree: a stage of tools/test.

The table of malformed images and what the build rule must refuse, with domain-check; then
a million damaged images under the sanitizers of the compiler, which count as one case.
With --elsewhere instead: what the build rule must refuse, for the other machines and with
clang, and the fuzzer that clang's libFuzzer drives.
"""
import argparse
import platform
import re
import shutil
import sys

sys.dont_write_bytecode = True
import kbuild  # noqa: E402
import proc  # noqa: E402
import repo  # noqa: E402
from ui import Problem, say  # noqa: E402

CASES = re.compile(r"^(\d+) passed, (\d+) failed$", re.M)
KTAP = re.compile(r"^# passed (\d+) of (\d+)$", re.M)


def totals(check, mutants):
    """(passed, failed) of the output of `make check`, and of the one case that the mutants are."""
    cases, rules = CASES.search(check), KTAP.search(check)
    if not cases or not rules:
        raise Problem("make check of tools/domain printed no totals")
    passed = int(cases[1]) + int(rules[1]) + (mutants == 0)
    failed = int(cases[2]) + int(rules[2]) - int(rules[1]) + (mutants != 0)
    return passed, failed


def elsewhere():
    """(what to call it, variables of make, compiler) of each way to build images but this machine's gcc."""
    for target in ("x86_64", "arm64", "riscv64"):
        t = kbuild.TARGETS[target]
        if platform.machine() != t.machine:
            yield f"{target}, gcc", [f"ARCH={t.arch}", f"CROSS_COMPILE={t.cross}"], f"{t.cross}gcc"
        yield f"{target}, clang", [f"ARCH={t.arch}", f"LLVM={kbuild.LLVM}"], f"clang{kbuild.LLVM}"


def refused(tree, out):
    """(passed, failed, skipped) of refused-images, elsewhere."""
    proc.run(["make", "-C", tree, f"OUTPUT={out}/", f"{out}/domain-check"], timeout=600)
    passed = failed = skipped = 0
    for name, variables, compiler in elsewhere():
        if not shutil.which(compiler):
            say(f"images of {name}: skipped, there is no {compiler}")
            skipped += 1
            continue
        say(f"images of {name}")
        _, said = proc.run(["env", f"DOMAIN_CHECK={out}/domain-check", tree / "tests/refused-images", *variables],
                           check=False, on_line=show, timeout=600)
        m = KTAP.search(said)
        if not m:
            raise Problem(f"refused-images printed no totals for {name}")
        passed, failed = passed + int(m[1]), failed + int(m[2]) - int(m[1])
    return passed, failed, skipped


def fuzz(tree, out, runs):
    """(passed, failed, skipped) of the fuzzer, which begins with the samples of kernels that were built."""
    fuzzer = out / "image-fuzzer"
    status, said = proc.run(["make", "-C", tree / "fuzz", f"OUTPUT={out}/", f"LLVM={kbuild.LLVM}", fuzzer], check=False,
                            timeout=600)
    if status:
        say(f"image-fuzzer: skipped, it cannot be built: {(said.splitlines() or ['no output'])[-1]}")
        return 0, 0, 1
    corpus = out / "corpus"
    shutil.rmtree(corpus, ignore_errors=True)
    corpus.mkdir()
    images = sorted((repo.build_dir() / "out").glob("*/samples/domain/*.domain"))
    for path in images:
        shutil.copy(path, corpus / f"{path.parts[-4]}-{path.name}")
    say(f"image-fuzzer: {runs} runs from {len(images)} images")
    status, said = proc.run([fuzzer, f"-runs={runs}", "-seed=1", "-max_len=65536", f"-artifact_prefix={out}/", corpus],
                            check=False, on_line=show, timeout=900)
    print(next((x for x in reversed(said.splitlines()) if "cov:" in x), "no coverage"))
    return (0, 1, 0) if status else (1, 0, 0)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--count", type=int, default=1_000_000, metavar="N", help="mutants, default: %(default)s")
    p.add_argument("--elsewhere", action="store_true", help="the other compilers and machines, and the fuzzer")
    p.add_argument("--runs", type=int, default=500_000, metavar="N", help="of the fuzzer, default: %(default)s")
    a = p.parse_args()
    tree = repo.kernel_tree() / "tools/domain"
    if not tree.is_dir():
        raise Problem(f"there is no {tree}; run tools/series tree")
    out = repo.build_dir() / "out/images"
    (out / "tests").mkdir(parents=True, exist_ok=True)
    if a.elsewhere:
        passed, failed, skipped = map(sum, zip(refused(tree, out), fuzz(tree, out, a.runs)))
        print(f"{passed} passed, {failed} failed, {skipped} skipped")
        return 1 if failed else 0
    _, check = proc.run(["make", "-C", tree, f"OUTPUT={out}/", "check"], check=False, on_line=show, timeout=600)
    mutants, _ = proc.run(["make", "-C", tree / "fuzz", f"OUTPUT={out}/", f"COUNT={a.count}", "run"], check=False,
                          on_line=show, timeout=1200)
    passed, failed = totals(check, mutants)
    say(f"{a.count} mutants: {'one went wrong' if mutants else 'nothing found'}")
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


def show(line):
    if re.match(r"not ok|FAIL|mutate:|==\d+==|.*runtime error|.*rror:", line):
        print(line.rstrip(), flush=True)


if __name__ == "__main__":
    repo.main(main)
