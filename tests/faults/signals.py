"""SIGINT, SIGTERM and SIGKILL at any moment: no half shard under a final name, nothing left, and the next run
makes the same bytes."""

import json
import os
import random
import signal
import subprocess
import time

import faultlib as fl

PIPELINE = """
name: kill
on_reject: quarantine
split_bytes: 512k
stages:
  - use: source.jsonl
    path: ${in}
  - use: filter.length
    min: ${min}
  - use: sink.jsonl
    path: ${out}/part-{shard}.jsonl.zst
    shard_bytes: 1500k
    level: 8
"""
# Two runs whose shards have the same names and other bytes.
VARIANTS = {"a": "300", "b": "600"}


class Ground:
    """A folder where runs are started and killed: its input, and what each variant writes there."""

    def __init__(self, t, numbered):
        self.t, self.numbered = t, numbered
        self.folder = t.fresh("ground")
        self.out = os.path.join(self.folder, "out")
        self.file = make_input(t)
        self.want, self.seconds = {}, 0
        for v in VARIANTS:
            began = time.monotonic()
            p = self.start(v)
            err = p.communicate(timeout=60)[1]
            self.seconds = time.monotonic() - began
            t.check(f"variant {v} runs", p.returncode == fl.DONE, err)
            self.want[v] = self.shards()

    def start(self, variant, stdin=subprocess.DEVNULL):
        sets = {"in": self.file, "out": self.out, "min": VARIANTS[variant]}
        words = self.t.command(PIPELINE, self.folder, sets=sets, flags=["--quiet"])
        if self.numbered:
            at = words.index("--run-dir")
            del words[at : at + 2]
        return subprocess.Popen(words, stdin=stdin, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd=self.folder)

    def shards(self):
        """Name and bytes of all that has a final name."""
        found = {}
        for name in fl.tree(self.out) if os.path.isdir(self.out) else []:
            if not os.path.basename(name).startswith("."):
                with open(os.path.join(self.out, name), "rb") as f:
                    found[name] = f.read()
        return found

    def none_is_half(self, where):
        """Every file with a final name is, byte for byte, what one of the variants writes."""
        half = [n for n, data in self.shards().items() if all(data != w.get(n) for w in self.want.values())]
        self.t.equal(f"{where}: half shards", half, [])

    def clean(self, where):
        self.t.equal(f"{where}: nothing is left", fl.leftovers(self.folder), [])

    def succeeds(self, where, variant):
        p = self.start(variant)
        err = p.communicate(timeout=60)[1].decode()
        self.t.check(f"{where}: the next run succeeds", p.returncode == fl.DONE, err)
        self.t.check(f"{where}: the same bytes", self.shards() == self.want[variant])
        self.clean(f"{where}, next run")

    def latest(self):
        """The run.json of the last run, None if there is none."""
        runs = os.path.join(self.folder, "runs")
        folder = os.path.join(self.folder, "run")
        if self.numbered:
            numbers = [int(n.split("-")[1]) for n in os.listdir(runs) if n.startswith("kill-")]
            folder = os.path.join(runs, f"kill-{max(numbers)}")
        try:
            with open(os.path.join(folder, "run.json"), encoding="utf-8") as f:
                return json.load(f)
        except FileNotFoundError:
            return None


def make_input(t):
    """The sample corpus, twice: enough for a run of half a second and more."""
    path = t.path("corpus.zst")
    if not os.path.exists(path):
        data = b"".join(
            fl.unzstd(os.path.join(fl.SAMPLES, n))
            for n in ("books.jsonl.zst", "wikipedia.jsonl.zst", "powershell.jsonl.zst")
        )
        with open(path, "wb") as f:
            for _ in range(3):
                f.write(fl.zstd(data, "-1"))
    return path


def moments(seconds, n):
    """Over the whole run, and more of them where it begins and where it ends."""
    kinds = (
        lambda: random.uniform(0, 0.06),
        lambda: random.uniform(0, seconds),
        lambda: random.uniform(0.8 * seconds, 1.05 * seconds),
    )
    return [kinds[k % 3]() for k in range(n)]


def test_kill(t):
    """Thirty times, half of them with --run-dir, in folders that go on being used; now and then without shards."""
    for numbered in (False, True):
        g = Ground(t, numbered)
        for k, moment in enumerate(moments(g.seconds, 15)):
            kind = "runs/" if numbered else "--run-dir"
            where = f"SIGKILL after {moment:.4f} of {g.seconds:.2f} s, {kind}"
            if k % 5 == 4:
                subprocess.run(["rm", "-rf", g.out], check=True)
            p = g.start("ab"[k % 2])
            time.sleep(moment)
            p.kill()
            p.communicate()
            g.none_is_half(where)
            if k % 3 != 1:  # else the next kill meets what two of them left
                g.succeeds(where, "ba"[k % 2])


def test_stop(t):
    """SIGINT, SIGTERM, SIGHUP: exit 75, the shards of before untouched, nothing left; then as if nothing had been."""
    g = Ground(t, False)
    for k, moment in enumerate(moments(g.seconds, 9)):
        what = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)[k // 3 % 3]
        where = f"{what.name} after {moment:.4f} of {g.seconds:.2f} s"
        before = g.shards()
        p = g.start("ab"[k % 2])
        time.sleep(moment)
        p.send_signal(what)
        err = p.communicate(timeout=30)[1].decode()
        if p.returncode == fl.DONE:  # it came too late
            t.check(f"{where}: too late", g.shards() == g.want["ab"[k % 2]])
        elif p.returncode == -what:  # it came before main
            t.check(f"{where}: too early", g.shards() == before)
        else:
            t.equal(f"{where}: exit", p.returncode, fl.AGAIN)
            t.check(f"{where}: message", "stopped" in err, err)
            t.check(f"{where}: the shards of before", g.shards() == before)
            m = g.latest()
            t.equal(f"{where}: run.json", (m["state"], m["exit_code"]), ("stopped", fl.AGAIN))
        g.clean(where)
    g.succeeds("all these signals", "a")
    stop_twice(t, g)


def stop_twice(t, g):
    """The second signal of a kind ends the process at once; the next run cleans up."""
    for part in (3, 4, 6, 8, 12, 16, 32):  # of the time that a run took when the machine did other things beside it
        p = g.start("a")
        time.sleep(g.seconds / part)
        p.send_signal(signal.SIGINT)
        time.sleep(0.0005)
        p.send_signal(signal.SIGINT)
        p.communicate(timeout=10)
        if p.returncode != fl.DONE:  # else they came too late
            break
    t.check("SIGINT twice", p.returncode in (-signal.SIGINT, fl.AGAIN), p.returncode)
    g.none_is_half("SIGINT twice")
    g.succeeds("SIGINT twice", "b")


def test_stop_at_a_silent_pipe(t):
    """Nothing comes from standard input: one signal is enough nevertheless."""
    for what in (signal.SIGINT, signal.SIGTERM):
        for threads in (1, 3):
            folder = t.fresh()
            words = t.command(fl.LINES, folder, threads=threads, sets={"in": "-", "out": folder + "/out"})
            p = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
            p.stdin.write(fl.documents(10))
            p.stdin.flush()
            time.sleep(0.3)
            p.send_signal(what)
            try:
                code = p.wait(10)
            except subprocess.TimeoutExpired:
                code = "none: it goes on"
                p.kill()
                p.wait()
            p.stdin.close()
            t.equal(f"{what.name} at a silent pipe, {threads} threads: exit", code, fl.AGAIN)
            t.equal(f"{what.name} at a silent pipe, {threads} threads: nothing is left", fl.leftovers(folder), [])


def kill_when_new(words, path):
    """Starts a run and kills it as soon as another file has this name. Was it still there to be killed?"""
    before = os.stat(path).st_ino if os.path.exists(path) else None
    p = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while p.poll() is None:
        try:
            if os.stat(path).st_ino != before:
                break
        except FileNotFoundError:
            pass
    p.kill()
    p.wait()
    return p.returncode == -signal.SIGKILL


def test_kill_between_renames(t):
    """Two thousand small shards, and the process dies when the first has its name: a rerun puts all of it in order."""
    pipeline = fl.LINES.replace("{shard}.jsonl\n", "{shard}.jsonl\n    shard_bytes: 200\n")
    docs = {"a": fl.documents(2500), "b": fl.documents(2000, 10000)}
    folder = t.fresh()
    out = os.path.join(folder, "out")
    files = {v: t.write(f"renames-{v}", d) for v, d in docs.items()}
    between = 0
    for k in range(20):
        words = t.command(pipeline, folder, sets={"in": files["ab"[k % 2]], "out": out})
        between += kill_when_new(words, os.path.join(out, "part-00000.jsonl"))
        half = []
        for name in fl.tree(out):
            with open(os.path.join(out, name), "rb") as f:
                data = f.read()
            if not name.startswith(".") and not (data.endswith(b"\n") and any(data in d for d in docs.values())):
                half.append(name)
        t.equal(f"killed between renames {k}: half shards", half, [])
        other = "ba"[k % 2]
        r = t.run(pipeline, folder, sets={"in": files[other], "out": out})
        t.check(f"killed between renames {k}: the next run succeeds", r.code == fl.DONE, r.err)
        t.check(
            f"killed between renames {k}: only its shards are there", fl.content(out) == docs[other], len(fl.tree(out))
        )
        t.equal(f"killed between renames {k}: nothing is left", fl.leftovers(folder), [])
        if between == 3:
            return
    t.check("a kill came between two renames", between > 0)


def test_what_a_kill_may_leave(t):
    """Files as a SIGKILL at the worst moment leaves them: the next run is not stopped by them, and sweeps them."""
    docs = fl.documents(20)
    file = t.write("worst.jsonl", docs)
    for what, names in (
        ("before run.json has its name", ["lock", "log", "run.json.4711.tmp"]),
        ("before anything", ["lock"]),
    ):
        folder = t.fresh()
        for name in names:
            t.write(os.path.join(folder, "run", name), "")
        r = t.run(fl.LINES, folder, sets={"in": file, "out": folder + "/out"})
        t.check(f"killed {what}: the next run succeeds", r.code == fl.DONE, (r.code, r.err))
        t.equal(f"killed {what}: nothing is left", fl.leftovers(folder), [])
    folder = t.fresh()
    r = t.run("on_reject: quarantine\n" + fl.LINES, folder, sets={"in": file, "out": folder + "/out"})
    dead = r.manifest
    dead["state"] = "running"
    dead["temporary"]["outputs"] = []  # killed between the first file and the second run.json
    tag = dead["temporary"]["tag"]
    t.write(os.path.join(folder, "run/run.json"), json.dumps(dead))
    for name in (
        f"run/.quarantine.jsonl.zst.sluice-{tag}",
        f"out/.part-00000.jsonl.sluice-{tag}",
        "run/run.json.4711.tmp",
        "run/plan.json.4711.tmp",
    ):
        t.write(os.path.join(folder, name), "half")
    r = t.run("on_reject: quarantine\n" + fl.LINES, folder, sets={"in": file, "out": folder + "/out"})
    t.check(
        "killed when its outputs were opened: the next run succeeds",
        r.code == fl.DONE and fl.content(folder + "/out") == docs,
        r.err,
    )
    t.equal("killed when its outputs were opened: nothing is left", fl.leftovers(folder), [])


SEED = int(os.environ.get("SLUICE_FAULTS_SEED", time.time_ns() % 100000))
random.seed(SEED)
print(f"SLUICE_FAULTS_SEED={SEED}", flush=True)
fl.Test().main(test_kill, test_stop, test_stop_at_a_silent_pipe, test_kill_between_renames, test_what_a_kill_may_leave)
