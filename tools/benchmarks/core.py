"""Runs, and how they are compared: what the other files here measure with."""
import collections
import contextlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
GB = 10**9

READ = """name: bench-read
stages:
  - use: source.jsonl
    path: ${in}
%s  - use: sink.null
"""
PASS = """name: bench-pass
stages:
  - use: source.jsonl
    path: ${in}
%s  - use: sink.jsonl
    path: ${out}/part-{shard}.jsonl.zst
    level: 3
"""
LENGTH = "  - use: filter.length\n    unit: bytes\n    min: 1\n    max: 1000000000\n"

Run = collections.namedtuple("Run", "cpu wall rss")  # seconds, seconds, bytes


class Failed(Exception):
    pass


def run(*commands, env=None, out=subprocess.DEVNULL):
    """Runs commands as one shell pipeline would; the CPU time of all, the wall time of the whole, the largest peak memory."""
    with tempfile.TemporaryFile() as errors:
        began, processes, feed = time.monotonic(), [], subprocess.DEVNULL
        for i, command in enumerate(commands):
            last = i + 1 == len(commands)
            process = subprocess.Popen(command, stdin=feed, stdout=out if last else subprocess.PIPE, stderr=errors, env=env)
            if i:
                feed.close()
            feed = process.stdout
            processes.append(process)
        cpu, rss, bad = 0.0, 0, []
        for process, command in zip(processes, commands):
            _, status, use = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            if process.returncode:
                bad.append(f"{' '.join(command)}: exit {process.returncode}")
            cpu += use.ru_utime + use.ru_stime
            rss = max(rss, use.ru_maxrss * 1024)
        wall = time.monotonic() - began
        if bad:
            errors.seek(0)
            raise Failed("\n".join(bad) + "\n" + errors.read().decode(errors="replace")[-2000:])
        return Run(cpu, wall, rss)


class Bench:
    def __init__(self, options, scratch):
        self.options, self.scratch, self.rows, self.serial = options, scratch, [], 0
        self.data = os.path.join(options.shared, "data")
        self.big = os.path.join(ROOT, "build", "bench-data")
        tests = os.path.join(os.path.dirname(options.sluice), "..", "lib", "sluice", "test-plugins")
        self.env = dict(os.environ, SLUICE_PLUGIN_PATH=tests)

    # ---- what is run ----

    def file(self, text):
        """A pipeline file with that text."""
        path = os.path.join(self.scratch, f"bench-{abs(hash(text))}.yaml")
        with open(path, "w") as f:
            f.write(text)
        return path

    def command(self, pipeline, source, threads, *flags):
        """A run of its own folder, states and output; nothing is left of those before."""
        self.serial += 1
        folder = os.path.join(self.scratch, f"run-{self.serial}")
        shutil.rmtree(os.path.join(self.scratch, f"run-{self.serial - 4}"), ignore_errors=True)
        os.makedirs(folder)
        sets = [part for name, value in (("in", source), ("out", folder + "/out")) if "${%s}" % name in pipeline
                for part in ("--set", f"{name}={value}")]
        return [self.options.sluice, "run", self.file(pipeline), "--quiet", "--threads", str(threads), "--run-dir", folder + "/run",
                "--state-dir", folder + "/states", *sets, *flags]

    def sluice(self, pipeline, source, threads=1, *flags):
        return lambda: run(self.command(pipeline, source, threads, *flags), env=self.env)

    def told(self):
        """run.json of the last run."""
        with open(os.path.join(self.scratch, f"run-{self.serial}", "run", "run.json")) as f:
            return json.load(f)

    # ---- how it is compared ----

    def rounds(self, n, *measures):
        """n rounds of all measures, in turn forwards and backwards, after one that does not count."""
        for m in measures:
            m()
        results = [[] for _ in measures]
        for i in range(n):
            order = list(enumerate(measures))
            for at, m in order if i % 2 == 0 else reversed(order):
                results[at].append(m())
        return results

    def row(self, what, ours, theirs, value, bound, held):
        self.rows.append((what, ours, theirs, value, bound, "" if not bound else "yes" if held else "**no**"))
        said = f" (bound {bound})" if bound else ""
        print(f"{what}: {ours} | {theirs} | {value}{said}{'' if held else '   NOT HELD'}", file=sys.stderr, flush=True)

    def missing(self, what, why):
        self.rows.append((what, "", "", "not measured", "", why))
        print(f"{what}: not measured: {why}", file=sys.stderr, flush=True)

    @contextlib.contextmanager
    def case(self, what):
        if self.options.only and self.options.only not in what:
            yield False
            return
        try:
            yield True
        except Failed as e:
            lines = str(e).strip().splitlines()
            self.missing(what, lines[-1] if lines else "failed")
            print(e, file=sys.stderr)

    def ratio(self, what, field, ours, theirs, name, bound):
        a, b = [[getattr(r, field) for r in side] for side in (ours, theirs)]
        value = statistics.median(x / y for x, y in zip(a, b))
        self.row(what, f"{statistics.median(a):.3f} s", f"{name} {statistics.median(b):.3f} s", f"{value:.2f} x", f"≤ {bound} x", value <= bound)
