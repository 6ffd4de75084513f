"""What wants memory or disk: dedup.exact, sorts, runs that are killed and continued."""
import os
import shutil
import statistics
import subprocess
import tempfile
import time

from .core import GB, PASS, Failed, run
from .corpora import frames, numbered, repeated

SORT = PASS.replace("%s", "  - %s\n")
SHUFFLE, ORDER = SORT % "use: shuffle", SORT % "{ use: order.by, column: n }"
DEDUP = """name: bench-dedup
stages:
  - { use: test.synthetic, splits: 200, count: %d, bytes: 50, duplicates: 0.4 }
%s  - %s
"""
EXACT = "  - use: dedup.exact\n"
JSONL = "{ use: sink.jsonl, path: \"${out}/part-{shard}.jsonl\" }"


def dedup(bench):
    with bench.case("dedup.exact") as wanted:
        if not wanted:
            return
        each = 10_000 if bench.options.quick else 100_000
        n, what = 200 * each, f"dedup.exact, {each // 5000} million short documents"
        pipeline, bare = DEDUP % (each, EXACT, "use: sink.null"), DEDUP % (each, "", "use: sink.null")
        ours, source = bench.rounds(3, bench.sluice(pipeline, ""), bench.sluice(bare, ""))
        cpu, made = [statistics.median(r.cpu for r in side) for side in (ours, source)]
        bench.row(f"{what}, documents a second a core", f"{cpu:.2f} s", f"making them once {made:.2f} s", f"{n / cpu / 1e6:.2f} million", "≥ 3 million", n / cpu >= 3e6)
        state = max(x.rss - y.rss for x, y in zip(ours, source))
        bench.row(f"{what}, state", f"{max(x.rss for x in ours) / 1e6:.0f} MB", f"without dedup {source[0].rss / 1e6:.0f} MB", f"{state / n:.1f} bytes a document", "≤ 32", state / n <= 32)
        quarter = f"{state // 4 >> 20}M"
        small, large = bench.rounds(3, bench.sluice(pipeline, "", 1, "--memory", quarter), bench.sluice(pipeline, ""))
        value = statistics.median(x.wall / y.wall for x, y in zip(small, large))
        a, b = [statistics.median(r.wall for r in side) for side in (small, large)]
        digests = []
        for flags in ((), ("--memory", quarter)):
            bench.sluice(DEDUP % (each, EXACT, JSONL), "", 2, *flags)()
            digests.append([(x["records"], x["sha256"]) for x in bench.told()["outputs"]])
        same = digests[0] == digests[1]
        bench.row(f"{what}, `--memory {quarter}`, wall", f"{a:.2f} s", f"all in memory {b:.2f} s", f"{value:.2f} x, {'the same' if same else 'other'} bytes", "≤ 3 x, the same", value <= 3 and same)


def sorting(bench):
    with bench.case("shuffle and order.by") as wanted:
        if not wanted:
            return
        gigabytes, budget = 0.5 if bench.options.quick else 8, 512 << 20
        source = numbered(bench, gigabytes)
        flags = "--memory", "512M"
        bench.env["TMPDIR"] = scratch = tempfile.mkdtemp(dir=bench.big)
        try:
            measures = [bench.sluice(p, source, 2, *flags) for p in (PASS % "", SHUFFLE, ORDER)]
            done = [[], [], []]
            for i in range(3):
                for at in (0, 1, 2) if i % 2 == 0 else (2, 1, 0):
                    done[at].append(measures[at]())
            plain = statistics.median(r.wall for r in done[0])
            for name, runs in (("shuffle", done[1]), ("order.by", done[2])):
                value = statistics.median(x.wall / y.wall for x, y in zip(done[0], runs))
                bench.row(f"{name}, {gigabytes} GB, 512M, wall, 2 threads", f"{statistics.median(r.wall for r in runs):.1f} s", f"pass through {plain:.1f} s", f"{value:.2f} of its speed", "≥ 0.33", value >= 0.33)
                peak = max(r.rss for r in runs)
                bench.row(f"{name}, {gigabytes} GB, 512M, peak memory", f"{peak / 2**20:.0f} MiB", "", f"{100 * (peak / budget - 1):+.0f} %", "≤ +20 %", peak <= 1.2 * budget)
            peers_in_order(bench, gigabytes, source, scratch, statistics.median(r.wall for r in done[1]))
        finally:
            del bench.env["TMPDIR"]
            shutil.rmtree(scratch, ignore_errors=True)


def peers_in_order(bench, gigabytes, source, scratch, ours):
    """What shuffles lines beside us, once each, with the same to read and to write: sort -R takes minutes."""
    env = dict(bench.env, LC_ALL="C")
    sort = ["sort", "-R", "--buffer-size=512M", "--parallel=2", "-T", scratch]
    for name, command, room in (("sort -R --buffer-size=512M --parallel=2", sort, 0), ("shuf", ["shuf"], 1.2 * gigabytes * GB)):
        with bench.case("shuffle and order.by"):
            if room > free_memory():
                raise Failed(f"{name} would need {room / GB:.0f} GB of memory")
            theirs = run(["zstd", "-dc", source], command, ["zstd", "-3", "--single-thread", "-c"], env=env)
            bench.row(f"shuffle, {gigabytes} GB, wall", f"{ours:.1f} s", f"`zstd -dc \\| {name} \\| zstd -3` {theirs.wall:.1f} s, {theirs.rss / 2**20:.0f} MiB", f"{theirs.wall / ours:.1f} times as fast", "", True)


def continuing(bench):
    with bench.case("continuing") as wanted:
        if not wanted:
            return
        gigabytes = 2 if bench.options.quick else 8
        for what, source in (("frames of 235 MB", frames(bench, gigabytes)), ("one frame", repeated(bench, gigabytes))):
            lost = []
            for _ in range(3):
                whole = bench.sluice(PASS % "", source, 2)().wall
                written = sum(x["file_bytes"] for x in bench.told()["outputs"])
                lost.append((killed_and_continued(bench, source, 0.6 * written) - whole, whole))
            value, whole = statistics.median(x for x, _ in lost), statistics.median(x for _, x in lost)
            bench.row(f"killed at 60 % and continued, {gigabytes} GB, {what}, wall", f"{whole + value:.1f} s", f"not interrupted {whole:.1f} s", f"{value:+.1f} s", "≤ +4 s", value <= 4)


def killed_and_continued(bench, source, size):
    """The time of both runs: the one that is killed when its output has that size, and the one that goes on."""
    command, began = bench.command(PASS % "", source, 2), time.monotonic()
    out = os.path.join(bench.scratch, f"run-{bench.serial}", "out")
    first = subprocess.Popen(command, env=bench.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while first.poll() is None and (not os.path.isdir(out) or sum(f.stat().st_size for f in os.scandir(out)) < size):
        time.sleep(0.01)
    first.kill()
    if first.wait() == 0:
        raise Failed("the run that was to be killed had ended before")
    run(command, env=bench.env)
    return time.monotonic() - began


def free_memory():
    with open("/proc/meminfo") as f:
        return next(int(line.split()[1]) * 1024 for line in f if line.startswith("MemAvailable"))
