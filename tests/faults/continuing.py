"""What the tests of continuing share: pipelines, and a folder where one is killed and continued."""

import gzip
import json
import os
import random
import re
import shutil
import signal
import subprocess
import time

import faultlib as fl

HEAD = """
name: kills
seed: 5
on_reject: quarantine
split_bytes: 60k
batch_rows: 64
"""

# Two fits, a port, plain, many frames, one stream; branches, shards, three kinds of files.
FITS = (
    HEAD
    + """
materialize: never
stages:
  - use: source.jsonl
    name: plain
    path: ${in}/plain.jsonl
  - use: source.jsonl
    name: frames
    path: ${in}/frames.jsonl.zst
  - use: source.jsonl
    name: stream
    path: ${in}/stream.jsonl.gz
  - use: test.observe
    from: [plain, frames, stream]
  - use: filter.length
    min: 40
    unit: bytes
  - use: dedup.exact
    normalize: lower
    index:
      use: source.jsonl
      name: earlier
      path: ${in}/index.jsonl
  - use: sample.random
    keep: 9000
  - use: sink.jsonl
    path: out/drawn-{shard}.jsonl.zst
    shard_bytes: 300k
    level: 6
  - use: expand.split
    from: dedup.exact
    by: window
    unit: words
    size: 8
  - use: sink.jsonl
    path: out/parts-{shard}.jsonl
    shard_records: 7000
  - use: filter.where
    from: dedup.exact
    any:
      - column: id
        is_not: [doc-17]
  - use: sink.jsonl
    name: all
    path: out/all.jsonl.gz
    level: 2
"""
)

# The same without the port: no pass but the last puts anything into the quarantine.
MARKED = FITS.replace(
    """    index:
      use: source.jsonl
      name: earlier
      path: ${in}/index.jsonl
""",
    "",
)

# Documents kept between passes: a process that goes on reads them too.
KEPT = FITS.replace("materialize: never", "materialize: always")

# A sort of more than one piece; what is above it counts in an earlier pass, and is quarantined there.
SORTED = (
    HEAD
    + """
stages:
  - use: source.jsonl
    path: [ "${in}/plain.jsonl", "${in}/stream.jsonl.gz", "${in}/large.jsonl" ]
  - use: dedup.exact
  - use: shuffle
  - use: filter.length
    min: 50
    unit: bytes
  - use: sink.jsonl
    path: out/sorted-{shard}.jsonl
    shard_bytes: 2M
"""
)

# A port and a sort, each in a pass of its own before the last.
BOTH = SORTED.replace(
    "dedup.exact",
    """dedup.exact
    index:
      use: source.jsonl
      name: earlier
      path: ${in}/index.jsonl""",
)

# A costly stage: what it made is kept, and it does not run again.
COSTLY = BOTH.replace(
    "  - use: dedup.exact",
    """  - use: filter.where
    any:
      - column: id
        is_not: [doc-17, doc-18]
  - use: test.once
  - use: dedup.exact""",
)
COSTLY_FITS = COSTLY.replace("- use: shuffle", "- use: sample.random\n    keep: 30000")

# Damage that is skipped: what it says must not be lost.
DAMAGED = (
    HEAD
    + """
on_error: skip_record
stages:
  - use: source.jsonl
    path: ${in}/damaged.jsonl.zst
  - use: filter.length
    min: 40
    unit: bytes
  - use: sink.jsonl
    path: out/left-{shard}.jsonl.zst
    shard_bytes: 100k
    level: 19
"""
)

# A stage that must see all in order: such a pass begins anew.
ORDERED = (
    HEAD
    + """
stages:
  - use: source.jsonl
    path: [ "${in}/plain.jsonl", "${in}/stream.jsonl.gz" ]
  - use: test.ordered
    rounds: 2
  - use: expand.split
    by: window
    unit: words
    size: 5
  - use: join.parts
    separator: space
  - use: sink.jsonl
    path: out/joined-{shard}.jsonl
    shard_bytes: 500k
"""
)


def repeated(n, begin=0, words=12):
    """n documents; of each ten, the last repeats one before, and another is short."""
    lines = fl.documents(n, begin, words).split(b"\n")[:-1]
    for i in range(9, n, 10):
        text = json.loads(lines[i * 7 // 10])["text"]
        lines[i] = json.dumps({"id": f"again-{begin + i}", "text": text.upper()}).encode()
    for i in range(5, n, 10):
        lines[i] = b'{"id":"short-%d","text":"%d"}' % (begin + i, i)
    return b"\n".join(lines) + b"\n"


def with_broken(data):
    """Of ten records one is half a record: lines for the quarantine."""
    lines = data.split(b"\n")[:-1]
    return b"\n".join(x[: len(x) // 2] if i % 10 == 3 else x for i, x in enumerate(lines)) + b"\n"


def make_inputs(folder, large=False):
    os.makedirs(folder, exist_ok=True)

    def put(name, data):
        with open(os.path.join(folder, name), "wb") as f:
            f.write(data)

    put("plain.jsonl", repeated(9000))
    put("index.jsonl", with_broken(fl.documents(3000, 500)))
    frames = [fl.zstd(repeated(300, begin), "-1") for begin in range(20000, 26000, 300)]
    put("frames.jsonl.zst", b"".join(frames))
    put("stream.jsonl.gz", gzip.compress(repeated(9000, 5000), 1))
    for k in (3, 11, 17):  # what a frame says of itself is kept, what it holds is not
        frames[k] = frames[k][:4000] + bytes(64) + frames[k][4064:]
    put("damaged.jsonl.zst", b"".join(frames))
    if large:
        put("large.jsonl", b"".join(repeated(30000, 100000 + 30000 * k, words=40) for k in range(4)))


def comparable(manifest):
    """A run.json without what may differ: times, places, what the machine did; and which states were found."""
    m = dict(manifest)
    for key in (
        "started ended seconds cpu_seconds peak_memory_bytes threads process host working_directory passes states "
        "scratch_bytes temporary plan_hash run"
    ).split():
        m.pop(key, None)
    # A port is not read again when its fit was finished.
    m["stages"] = [{k: v for k, v in s.items() if k != "seconds"} for s in m["stages"] if s["name"] != "earlier"]
    here = manifest["working_directory"]
    m["claims"] = sorted({os.path.relpath(os.path.join(here, c), here) for c in m["claims"]})
    m["inputs"] = [{**i, "modified": 0} for i in m["inputs"] if i["stage"] != "earlier"]
    if m.get("quarantine"):
        m["quarantine"] = {k: v for k, v in m["quarantine"].items() if k != "path"}
    return m


class Ground:
    """A folder where a pipeline is started, killed and continued; what it must come to."""

    def __init__(self, t, pipeline, inputs, sets=None):
        self.t, self.folder = t, t.fresh("ground")
        self.sets = {"in": inputs, **(sets or {})}
        self.write(pipeline)
        plugins = os.path.join(os.path.dirname(t.sluice), "../lib/sluice/test-plugins")
        self.env = {**os.environ, "SLUICE_PLUGIN_PATH": plugins, "SLUICE_MARK_MS": "3"}
        began = time.monotonic()
        r = self.run()
        self.seconds = time.monotonic() - began
        if not t.equal(f"{self.folder}: the run to compare with: exit", r.returncode, fl.DONE):
            print(r.stderr.decode())
        self.want = self.result()
        self.clear()

    def write(self, pipeline):
        with open(os.path.join(self.folder, "kills.yaml"), "w", encoding="utf-8") as f:
            f.write(pipeline)

    def words(self, *flags, threads=2):
        words = [self.t.sluice, "run", "kills.yaml", "--quiet", "--threads", str(threads)]
        for name, value in self.sets.items():
            words += ["--set", f"{name}={value}"]
        return words + list(flags)

    def start(self, *flags, threads=2, env=None, before=None):
        return subprocess.Popen(
            self.words(*flags, threads=threads),
            cwd=self.folder,
            env={**self.env, **(env or {})},
            preexec_fn=before,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )

    def run(self, *flags, **how):
        p = self.start(*flags, **how)
        err = p.communicate(timeout=120)[1]
        return subprocess.CompletedProcess(p.args, p.returncode, b"", err)

    def kill(self, after, *flags, what=signal.SIGKILL, **how):
        """Exit code of a run that gets the signal after so many seconds; it may have ended before."""
        p = self.start(*flags, **how)
        try:
            p.communicate(timeout=after)
        except subprocess.TimeoutExpired:
            p.send_signal(what)
            p.communicate(timeout=60)
        return p.returncode

    def kill_when(self, ready, *flags, what=signal.SIGKILL, **how):
        """The same when ready() says so; None: it ended before."""
        p = self.start(*flags, **how)
        while p.poll() is None and not ready():
            time.sleep(0.0005)
        ended = p.poll() is not None
        p.send_signal(what)
        p.communicate(timeout=60)
        return None if ended else p.returncode

    # ---- what is there ----

    def runs(self):
        try:
            names = os.listdir(os.path.join(self.folder, "runs"))
        except FileNotFoundError:
            return []
        return sorted((n for n in names if n.startswith("kills-")), key=lambda n: int(n[6:]))

    def at(self, run, *names):
        return os.path.join(self.folder, "runs", run, *names)

    def last(self, *names):
        return self.at((self.runs() or ["kills-0"])[-1], *names)

    def marked(self):
        return os.path.exists(self.last("progress"))

    def is_kept(self):
        """Is there something that a pass has kept for the next process?"""
        return os.path.exists(self.last("kept.index"))

    def marked_at(self):
        """Number of the item where the mark begins; 0: there is none."""
        try:
            with open(self.last("progress"), encoding="utf-8") as f:
                found = re.search(r'"start":\[(\d+)', f.read())
                return int(found.group(1)) if found else 0
        except FileNotFoundError:
            return 0

    def published(self):
        """Names of outputs that are final."""
        out = os.path.join(self.folder, "out")
        return [n for n in os.listdir(out) if not n.startswith(".")] if os.path.isdir(out) else []

    def manifest(self):
        with open(self.last("run.json"), encoding="utf-8") as f:
            return json.load(f)

    def is_done(self):
        """Even if it was killed then: the next run is another one, which finds what this one fitted."""
        try:
            return self.manifest()["state"] == "done"
        except FileNotFoundError:
            return False

    def log(self):
        try:
            with open(self.last("log"), encoding="utf-8") as f:
                return f.read()
        except FileNotFoundError:
            return ""

    def continued(self):
        return "going on where an earlier run left off" in self.log()

    def reads(self):
        """How many documents each pass of the last process read."""
        return [p["documents"] for p in self.manifest()["passes"]]

    def result(self):
        """Digest of every output, the quarantine and the list of splits; what run.json counts."""
        out = os.path.join(self.folder, "out")
        files = {}
        for name in self.published():
            with open(os.path.join(out, name), "rb") as f:
                files[name] = hash_of(f.read())
        for name in ("quarantine.jsonl.zst", "splits.jsonl"):
            if os.path.exists(self.last(name)):
                with open(self.last(name), "rb") as f:
                    files[name] = hash_of(self.without_ports(name, f.read()))
        return {"files": files, **comparable(self.manifest())}

    def without_ports(self, name, data):
        """splits.jsonl without those of the port, which is not read again when its fit was finished."""
        if name != "splits.jsonl":
            return data
        return b"".join(x for x in data.splitlines(keepends=True) if b"index.jsonl" not in x)

    def left(self):
        """What no run that is done may leave behind: temporary and hidden files, scratch files, its progress."""
        names = [n for n in fl.tree(self.folder) if not n.endswith(".lock") and ".state." not in n]  # those go with time
        for folder in ("scratch", "kept"):
            names += [f"{r}/{folder}" for r in self.runs() if os.path.exists(self.at(r, folder))]
        return [
            n
            for n in names
            if os.path.basename(n).startswith(".")
            or n.endswith(".tmp")
            or os.path.basename(n) in ("progress", "splits.part", "kept.index", "scratch", "kept")
        ]

    def clear(self):
        shutil.rmtree(os.path.join(self.folder, "runs"), ignore_errors=True)
        shutil.rmtree(os.path.join(self.folder, "out"), ignore_errors=True)

    # ---- judging ----

    def ends_well(self, where, *flags, continued=None, **how):
        """The next run ends with the bytes and the counts of one that nobody interrupted."""
        r = self.run(*flags, **how)
        if not self.t.equal(f"{where}: exit", r.returncode, fl.DONE):
            print(r.stderr.decode(), self.log())
            return False
        if continued is not None:
            self.t.equal(f"{where}: continued", self.continued(), continued)
        return self.is_right(where)

    def has_results(self, where):
        good = True
        for key, value in self.result().items():
            what = "files" if key == "files" else f"run.json, {key}"
            good &= self.t.check(f"{where}: {what}", value == self.want[key], differences(value, self.want[key]))
        return good

    def is_right(self, where):
        good = self.has_results(where)
        return self.t.equal(f"{where}: left behind", self.left(), []) and good


def differences(got, want, at=""):
    if isinstance(got, dict) and isinstance(want, dict) and got.keys() == want.keys():
        return "; ".join(d for k in got if (d := differences(got[k], want[k], f"{at}.{k}")))
    if isinstance(got, list) and isinstance(want, list) and len(got) == len(want):
        return "; ".join(d for k, v in enumerate(got) if (d := differences(v, want[k], f"{at}[{k}]")))
    return "" if got == want else f"{at} {fl.shorten(got)}, not {fl.shorten(want)}"


def hash_of(data):
    return fl.hashlib.sha256(data).hexdigest()[:16]


def moments(g, n):
    """Over the whole run, and more of them where it ends."""
    return [
        random.uniform(0, g.seconds) if k % 3 else random.uniform(0.6 * g.seconds, 1.05 * g.seconds) for k in range(n)
    ]
