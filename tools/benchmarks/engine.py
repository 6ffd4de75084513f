"""The engine alone: reading, writing, threads, stages that do little, memory, fits."""
import os
import statistics
import subprocess
import time

from .core import LENGTH, PASS, READ, Failed, Run, run
from .corpora import repeated, sixteen

NOOP = "  - use: test.noop\n"
LOOK = "  - use: test.look\n"


def two_apart(bench, pipeline, source):
    """Two independent one-thread runs at the same time: the wall time until both are done."""
    def both():
        began = time.monotonic()
        running = [subprocess.Popen(bench.command(pipeline, source, 1), env=bench.env, stdout=subprocess.DEVNULL,
                                    stderr=subprocess.DEVNULL) for _ in range(2)]
        if any([p.wait() for p in running]):
            raise Failed("one of two runs at the same time failed")
        return Run(0, time.monotonic() - began, 0)
    return both


def reading(bench):
    source = f"{bench.data}/docs_win32.jsonl.zst"
    with bench.case("read only") as wanted:
        if wanted:
            zstd = lambda: run(["zstd", "-dc", source])
            one, two, bare = bench.rounds(bench.options.rounds, bench.sluice(READ % "", source), bench.sluice(READ % "", source, 2), zstd)
            bench.ratio("read only, docs_win32, CPU", "cpu", one, bare, "`zstd -dc`", 2.0)
            bench.ratio("read only, docs_win32, wall, 2 threads", "wall", two, bare, "`zstd -dc`", 1.2)
    with bench.case("pass through") as wanted:
        if wanted:
            both = lambda: run(["zstd", "-dc", source], ["zstd", "-3", "--single-thread", "-c"])
            ours, theirs = bench.rounds(bench.options.rounds, bench.sluice(PASS % "", source), both)
            bench.ratio("pass through at level 3, docs_win32, CPU", "cpu", ours, theirs, "`zstd -dc \\| zstd -3`", 1.0)


def scaling(bench):
    one = f"{bench.data}/docs_win32.jsonl.zst"
    for what, source in (("one frame", lambda: one), ("sixteen files", lambda: sixteen(bench, one))):
        with bench.case(f"two threads, {what}") as wanted:
            if not wanted:
                continue
            path = source()
            ours, apart = bench.rounds(bench.options.rounds, bench.sluice(PASS % "", path, 2), two_apart(bench, PASS % "", path))
            value = statistics.median(y.wall / (2 * x.wall) for x, y in zip(ours, apart))
            a, b = [statistics.median(r.wall for r in side) for side in (ours, apart)]
            bench.row(f"two threads, pass through, {what}, wall", f"{a:.3f} s", f"two runs of one thread {b:.3f} s", f"{value:.2f} of their speed", "≥ 0.93", value >= 0.93)


def overhead(bench):
    with bench.case("filter.length and no-op") as wanted:
        if not wanted:
            return
        source = repeated(bench, 0.5)
        n = 3 * bench.options.rounds
        plain, length, noop = READ % "", READ % LENGTH, READ % NOOP
        for what, pipeline, bound in (("filter.length in bytes", length, 0.03), ("a transform that does nothing", noop, 0.01)):
            with bench.case(what):
                ours, bare = bench.rounds(n, bench.sluice(pipeline, source), bench.sluice(plain, source))
                value = statistics.median(x.cpu / y.cpu for x, y in zip(ours, bare)) - 1
                a, b = [statistics.median(r.cpu for r in side) for side in (ours, bare)]
                bench.row(f"{what}, 0.5 GB, CPU", f"{a:.3f} s", f"reading alone {b:.3f} s", f"{100 * value:+.1f} %", f"< {100 * bound:.0f} %", value < bound)


def memory(bench):
    for gigabytes in (0.5,) if bench.options.quick else (0.5, 2, 8):
        with bench.case(f"memory, {gigabytes} GB") as wanted:
            if not wanted:
                continue
            source = repeated(bench, gigabytes)
            used = bench.sluice(PASS % LENGTH, source, 2)()
            bench.row(f"peak memory, 2 threads, {gigabytes} GB", f"{used.rss / 1e6:.0f} MB", f"{used.wall:.1f} s", "", "< 200 MB", used.rss < 200e6)


def fitting(bench):
    with bench.case("fit") as wanted:
        if not wanted:
            return
        source, nothing = repeated(bench, 0.5), os.path.join(bench.scratch, "nothing.jsonl")
        open(nothing, "w").close()
        fit, bare, start = bench.rounds(2 * bench.options.rounds, bench.sluice(READ % LOOK, source), bench.sluice(READ % "", source),
                                       bench.sluice(READ % "", nothing))
        passes = [(x.cpu - y.cpu, y.cpu - z.cpu) for x, y, z in zip(fit, bare, start)]
        value = statistics.median(a / b for a, b in passes) - 1
        a, b = [statistics.median(side) for side in zip(*passes)]
        bench.row("a fit that looks at the text, 0.5 GB, CPU", f"{a:.3f} s", f"reading alone {b:.3f} s", f"{100 * value:+.1f} %", "≤ 10 %", value <= 0.1)
