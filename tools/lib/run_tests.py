"""Runs the project's tests as jobs: each a command with a time limit, a log, and counts read from its output.

In: the groups and options of tools/test. Out: one line per job as it ends, the tail of the log of each that failed, and the
sum of all counts as the last line, "N passed, N failed, N skipped". Guaranteed: no job outlives its time limit or this
process; a job that crashes or says nothing understandable counts as one failure. Which jobs there are: test_jobs.py.
"""
import os
import re
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait

import test_jobs

COUNTS = re.compile(r"^(\d+) passed, (\d+) failed, (\d+) skipped$")
CATCH_ALL = re.compile(r"^All tests passed \(.* in (\d+) test cases?\)$")
CATCH_SOME = re.compile(r"^test cases:\s*(\d+)\s*\|(.*)$")
TAIL = 25

running = set()
lock = threading.Lock()


def parse_counts(lines):
    """(passed, failed, skipped) from the last lines of a test program's output, or None.

    Catch2 2 knows no skipped test case: it is a passed one that printed a line "SKIPPED: why".
    """
    skips = sum(l.startswith("SKIPPED: ") for l in lines)
    for line in reversed([l.strip() for l in lines if l.strip()][-3:]):
        if match := COUNTS.match(line):
            return tuple(map(int, match.groups()))
        if match := CATCH_ALL.match(line):
            return int(match[1]) - skips, 0, skips
        if match := CATCH_SOME.match(line):
            parts = {w: int(n) for n, w in re.findall(r"(\d+) (passed|failed)", match[2])}
            return parts.get("passed", 0) - skips, int(match[1]) - parts.get("passed", 0), skips
        if line.startswith("No tests ran"):
            return 0, 0, 0
    return None


def stop(process):
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def execute(job, logs):
    """Runs one job; returns (counts, seconds, log path, reason of failure or None)."""
    path = os.path.join(logs, re.sub(r"[^\w.-]+", "-", job.name) + ".log")
    begin = time.monotonic()
    reason = None
    with open(path, "wb") as log:
        log.write(("$ " + " ".join(job.command) + "\n").encode())
        log.flush()
        try:
            process = subprocess.Popen(job.command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                                       start_new_session=True, env={**os.environ, **job.env}, cwd=job.cwd or test_jobs.ROOT)
        except OSError as error:
            return (0, 1, 0), 0.0, path, f"cannot run {job.command[0]}: {error.strerror}"
        with lock:
            running.add(process)
        try:
            code = process.wait(job.timeout)
        except subprocess.TimeoutExpired:
            stop(process)
            process.wait()
            code, reason = -1, f"stopped after {job.timeout} s"
        finally:
            with lock:
                running.discard(process)
            stop(process)  # what it left behind
    with open(path, errors="replace") as log:
        lines = log.read().splitlines()
    counts = parse_counts(lines) if job.counted else ((1, 0, 0) if code == 0 else (0, 1, 0))
    if code < 0 and reason is None:
        reason = f"killed by {signal.Signals(-code).name}"
    if counts is None:
        counts, reason = (0, 1, 0), reason or f"no counts in its output (exit code {code})"
    elif code != 0 and counts[1] == 0:
        counts, reason = (counts[0], 1, counts[2]), reason or f"exit code {code}"
    passed, failed, skipped = counts
    if job.allowed_skips is not None and skipped > job.allowed_skips:
        counts, reason = (passed, failed + skipped - job.allowed_skips, job.allowed_skips), f"{skipped} skipped, {job.allowed_skips} allowed"
    if job.silent:
        counts = (0, counts[1], 0)
    return counts, time.monotonic() - begin, path, reason


def report(job, counts, seconds, path, reason):
    passed, failed, skipped = counts
    words = "built" if job.silent and not failed else f"{passed} passed, {failed} failed, {skipped} skipped"
    print(f"{'FAIL' if failed else 'ok':4}  {job.name:34} {words:44} {seconds:7.1f} s", flush=True)
    if not failed:
        return
    if reason:
        print(f"  | {reason}")
    with open(path, errors="replace") as log:
        lines = log.read().splitlines()
    # The first failures say more than the last lines of a long log.
    telling = [l for l in lines if re.search(r"FAIL|error:|ERROR:|runtime error|Assertion|assert", l)][:TAIL]
    for line in telling + ["..."] * bool(telling) + lines[-TAIL:]:
        print("  | " + line[:300])
    print(f"  | log: {os.path.relpath(path, test_jobs.ROOT)}", flush=True)


def main() -> int:
    try:
        jobs = test_jobs.select(sys.argv[1:])
    except ValueError as error:
        print(f"tools/test: {error}", file=sys.stderr)
        return 2
    logs = os.path.join(test_jobs.ROOT, "build", "logs")
    os.makedirs(logs, exist_ok=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    total = [0, 0, 0]
    broken = set()
    begin = time.monotonic()
    slots = max(2, os.cpu_count() or 1)
    pool = ThreadPoolExecutor(slots)
    waiting, active, done = list(jobs), {}, set()
    try:
        while waiting or active:
            exclusive = any(j.exclusive for j in active.values())
            for job in list(waiting):
                if blocked := broken.intersection(job.after):
                    counts = (0, 1, 0)
                    print(f"FAIL  {job.name:34} not run: {', '.join(blocked)} failed", flush=True)
                    total[1] += 1
                    broken.add(job.key)
                    waiting.remove(job)
                elif done.issuperset(job.after) and not exclusive and len(active) < (1 if job.exclusive else slots):
                    waiting.remove(job)
                    active[pool.submit(execute, job, logs)] = job
                    exclusive = job.exclusive
            if not active:
                if waiting and not any(done.issuperset(j.after) or broken.intersection(j.after) for j in waiting):
                    raise RuntimeError("jobs wait for each other")
                continue
            finished, _ = wait(active, return_when=FIRST_COMPLETED)
            for future in finished:
                job = active.pop(future)
                counts, seconds, path, reason = future.result()
                report(job, counts, seconds, path, reason)
                total = [a + b for a, b in zip(total, counts)]
                (broken if counts[1] and job.silent else done).add(job.key)
    finally:
        with lock:
            for process in running:
                stop(process)
    print(f"      {'total':34} {'':44} {time.monotonic() - begin:7.1f} s")
    print(f"{total[0]} passed, {total[1]} failed, {total[2]} skipped")
    return 1 if total[1] else 0


if __name__ == "__main__":
    sys.exit(main())
