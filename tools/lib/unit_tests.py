# SPDX-License-Identifier: GPL-2.0
"""Runs the tests of the tools, one process for each file of tools/tests, as many at
a time as there are CPUs: a stage of tools/test."""
import sys

sys.dont_write_bytecode = True
import proc    # noqa: E402
import repo    # noqa: E402
import stages  # noqa: E402

LIMIT = 600     # seconds for one file


def run(path):
    return proc.run([sys.executable, "-B", "-m", "unittest", "discover", "-s", path.parent, "-p", path.name],
                    timeout=LIMIT, check=False, what=path.name)


def main():
    # the largest file takes longest
    paths = sorted((repo.TOOLS / "tests").glob("test_*.py"), key=lambda p: -p.stat().st_size)
    total = stages.Count(0, 0, 0)
    with proc.pool(repo.jobs()) as pool:
        for path, (status, output) in zip(paths, pool.map(run, paths)):
            result = stages.count(output, status)
            print(output if status else f"{path.name}: {result}", flush=True)
            total += result
    print(total)
    return 1 if total.failed else 0


repo.main(main)
