"""Each call that can fails, fails in turn, over whole runs: memory, reading, writing, opening, renaming (fail_nth.c). A run
then ends with an exit code that says so and with a message, publishes all or nothing, leaves nothing behind, and the same
command ends as if nothing had happened. By default the first call of every place in the code, of memory of every few; all
calls with SLUICE_FAULTS=all. usage: calls.py SLUICE FAIL_NTH.SO"""

import collections
import ctypes
import errno
import gzip
import io
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tarfile
import time

import continuing as co
import faultlib as fl

SEED = int(os.environ.get("SLUICE_FAULTS_SEED", time.time_ns() % 100000))
ALL = os.environ.get("SLUICE_FAULTS") == "all"
SANITIZED = "SLUICE_SANITIZED" in os.environ  # a run takes ten times as long
EVERY = {"memory": 1 if ALL else 120 if SANITIZED else 12}
ERRORS = {
    "memory": [errno.ENOMEM],
    "read": [errno.EIO],
    "write": [errno.ENOSPC, errno.EIO],
    "open": [errno.EMFILE, errno.EACCES],
    "name": [errno.EXDEV, errno.EACCES],
    "stat": [errno.EACCES],
}
INTERNAL = 70

HEAD = """
name: kills
seed: 5
on_reject: quarantine
split_bytes: 4k
batch_rows: 16
stages:
  - use: source.jsonl
    path: [ "${in}/plain.jsonl", "${in}/frames.jsonl.zst", "${in}/stream.jsonl.gz" ]
"""
# Every kind of filter, two fits with a port, a branch; outputs plain and packed.
FITS = (
    HEAD
    + """
  - use: map.fields
    set: [ { column: made, json: 1 } ]
  - use: filter.length
    min: 40
    unit: bytes
  - use: filter.list
    path: ${in}/ids.txt
    keep: unlisted
  - use: filter.where
    all: [ { column: id, is_not: [ doc-3, doc-4 ] } ]
  - use: dedup.exact
    normalize: lower
    cluster_as: same
    size_as: copies
    index:
      use: source.jsonl
      name: earlier
      path: ${in}/index.jsonl
  - use: sample.random
    keep: 60
  - use: sink.jsonl
    path: out/drawn-{shard}.jsonl.zst
    shard_records: 25
  - use: sink.jsonl
    name: plain
    from: dedup.exact
    path: out/all-{shard}.jsonl
    shard_records: 40
"""
)
# A saved part as a port, a number to choose by.
INDEX = (
    HEAD
    + """
  - use: dedup.exact
    normalize: lower
    index: { state: "${part}" }
  - use: sink.jsonl
    path: out/new.jsonl.gz
"""
)
SORTS = (
    HEAD
    + """
  - use: shuffle
  - use: dedup.exact
    keep: highest
    by: n
  - use: order.by
    column: n
  - use: sink.jsonl
    path: out/sorted.jsonl.zst
"""
)
# Documents that are kept between passes; members of an archive; parts and whole ones again.
PARTS = """
name: kills
seed: 5
materialize: always
split_bytes: 4k
batch_rows: 16
stages:
  - use: source.archive
    path: ${in}/texts.tar.gz
  - use: expand.split
    by: lines
  - use: dedup.exact
    of: [text]
  - use: join.parts
  - use: sink.jsonl
    path: out/joined.jsonl.gz
"""
# A run that can be continued, and marks all the time how far it is.
MARKED = FITS.replace("on_reject: quarantine\n", "materialize: never\n").split("    index:\n")[0] + FITS.split("index.jsonl\n")[1]


def make_inputs(folder):
    def put(name, data):
        with open(os.path.join(folder, name), "wb") as f:
            f.write(data)

    def numbered(n, begin):
        lines = [json.loads(line) for line in co.repeated(n, begin).split(b"\n")[:-1]]
        return b"".join(json.dumps({**x, "n": k % 7}).encode() + b"\n" for k, x in enumerate(lines))

    os.makedirs(folder)
    put("plain.jsonl", numbered(60, 0) + b"{ no JSON\n")
    put("frames.jsonl.zst", b"".join(fl.zstd(numbered(20, k), "-1") for k in (100, 200)))
    put("stream.jsonl.gz", gzip.compress(numbered(40, 300), 1))
    put("index.jsonl", fl.documents(20, 20))
    put("ids.txt", b"doc-7\ndoc-8\n")
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for k in range(8):
            text = b"".join(b"line %d of %d\n" % (i, i * k % 5) for i in range(10))
            info = tarfile.TarInfo(f"{k}.txt")
            info.size = len(text)
            tar.addfile(info, io.BytesIO(text))
    put("texts.tar.gz", packed.getvalue())


def names_of(path):
    """What a message may call a file: by its final name, or its folder."""
    name = re.sub(r"^\.|\.sluice-.*|\.\d+\.tmp$| \(deleted\)$", "", os.path.basename(path))
    return [name, os.path.basename(os.path.dirname(path)) or path]


class Sweep:
    """One pipeline, whose calls fail. `template`: what lies in its folder before each run."""

    seen = set()  # places that failed before, in any pipeline

    def __init__(self, t, name, pipeline, inputs, flags=(), sets=None, marks=None, template=None, threads=1):
        self.t, self.name, self.shim = t, name, os.path.realpath(sys.argv[2])
        self.flags, self.template, self.threads = flags, template, threads
        self.env = {"SLUICE_MARK_MS": marks or "1000000000"}
        self.g = co.Ground(t, pipeline, inputs, sets)
        self.report = os.path.join(self.g.folder, "report")
        self.codes = collections.Counter()

    def begin(self):
        self.g.clear()
        if self.template:
            shutil.copytree(self.template, self.g.folder, dirs_exist_ok=True)

    def start(self, **fail):
        self.begin()
        shim = {"LD_PRELOAD": self.shim, "FAIL_REPORT": self.report, **fail}
        # the sanitizer comes behind what is preloaded, and finds what is lost on the way
        shim["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0:allocator_may_return_null=1"
        return self.g.run(*self.flags, threads=self.threads, env={**self.env, **shim})

    def break_off(self):
        """From now on each run continues one whose writing failed."""
        writes = sum(kind == "write" for kind, *_ in self.calls())
        for n in range(2 * writes // 3, writes):
            r = self.start(FAIL_AT=f"write:{n}:{errno.EIO}")
            if self.g.marked() and "continues it" in r.stderr.decode():
                break
        self.t.check(f"{self.name}: one is broken off", self.g.marked(), writes)
        self.name += ", continued"
        self.codes.clear()
        self.template = self.t.fresh("template")
        for name in ("runs", "out"):
            shutil.copytree(os.path.join(self.g.folder, name), os.path.join(self.template, name))

    def said(self):
        with open(self.report, encoding="utf-8", errors="replace") as f:
            return f.read().split("\n")[:-1]

    def calls(self):
        """(class, number, place) of every call of an undisturbed run."""
        r = self.start()
        self.t.equal(f"{self.name}: undisturbed", (r.returncode, r.stderr), (fl.DONE, b""))
        self.ended(f"{self.name}: undisturbed", True)
        self.t.equal(f"{self.name}: continued", self.g.continued(), bool(self.template and self.name.endswith("continued")))
        number = collections.Counter()
        said = self.said()
        self.t.check(f"{self.name}: calls are seen", len(said) > 500, len(said))
        for line in said:
            kind, place = line.split()
            number[kind] += 1
            yield kind, number[kind], place

    def chosen(self):
        picked = []
        every = {}
        for kind, n, place in self.calls():
            if ALL or (kind, place) not in self.seen:
                self.seen.add((kind, place))
                every.setdefault(kind, []).append(n)
        for kind, numbers in every.items():
            step = EVERY.get(kind, 6 if SANITIZED and not ALL else 1)
            picked += [(kind, n) for n in numbers[random.randrange(step) :: step]]
        return picked

    def all(self, calls=None):
        chosen = [call[:2] for call in calls] if calls and not ALL else self.chosen()
        for k, (kind, n) in enumerate(chosen):
            errors = ERRORS[kind]
            self.fail(kind, n, errors[k % len(errors)])
            if k % 3 == 0 and kind in ("memory", "write"):
                self.fail(kind, n, errors[0], on=True)
        print(f"{self.name}: {len(chosen)} calls, exit codes {dict(sorted(self.codes.items()))}", flush=True)

    def fail(self, kind, n, error, on=False):
        at = f"{kind}:{n}:{error}{':on' if on else ''}"
        r = self.start(FAIL_AT=at)
        said = self.said()
        if not said and self.threads > 1:
            return  # this time there were fewer calls
        t, err = self.t, r.stderr.decode("utf-8", "replace")
        call = said[0] if said else "no such call"
        where = f"{self.name}: FAIL_AT={at}, {call}"
        failed = t.failed
        self.codes[r.returncode] += 1
        swept = kind != "name"  # else the call that fails may be one that sweeps
        if r.returncode != fl.DONE:
            self.judge(where, kind, None if on else call.partition(" ")[2], error, r.returncode, err)
            if swept and not on and not self.g.marked() and "run.json" not in err:  # else as dead as one that was killed
                t.equal(f"{where}: left behind", self.g.left(), [])
        else:
            self.ended(where, swept)
        if t.failed == failed:  # also behind a run that is done: what it left must not mislead the next one
            again = self.g.run(*self.flags, threads=self.threads, env=self.env)
            t.equal(f"{where}: then", (again.returncode, again.stderr), (fl.DONE, b""))
            self.ended(f"{where}: then", swept)
        if t.failed != failed:
            print(f"  FAIL_AT={at} exit {r.returncode}: {err.strip()}\n  in {self.g.folder}")
            print("\n".join("    " + line for line in self.where(said[1:])), flush=True)

    def ended(self, where, swept):
        """As if nothing had happened?"""
        self.t.check(f"{where}: ends otherwise", (got := self.g.result()) == self.g.want, co.differences(got, self.g.want))
        if swept:
            self.t.equal(f"{where}: left behind", self.g.left(), [])

    def judge(self, where, kind, path, error, code, err):
        """A run that failed. path: of the call; None: one of many failed, and some may fail in silence."""
        t, memory = self.t, kind == "memory"
        early = kind in ("read", "open", "stat") and "nothing was read" in err  # what the pipeline names is not there
        good = (INTERNAL, fl.IO) if memory else (fl.IO, fl.CONFIG) if early else (fl.IO,)
        t.check(f"{where}: exit", code in good, code)
        t.check(f"{where}: a message", err.startswith("error: ") or "error:" in err, err)
        words = ["memory"] if memory else [os.strerror(error)]
        t.check(f"{where}: says why", any(w in err for w in words), err)
        if not memory and path is not None:
            t.check(f"{where}: says what", any(name in err for name in names_of(path)), err)
        files, claims = self.g.published(), []
        if files and os.path.exists(self.g.last("run.json")):
            claims = [os.path.basename(c) for c in self.g.manifest()["claims"]]
        t.check(f"{where}: nothing is published", set(files) <= set(claims), files)
        for name in files:  # some have their names, and then all of their bytes
            with open(os.path.join(self.g.folder, "out", name), "rb") as f:
                t.equal(f"{where}: {name}", co.hash_of(f.read()), self.g.want["files"][name])

    def where(self, frames):
        """Function and line of return addresses, as far as they are known."""
        for frame in frames[:10]:
            file, _, at = frame.rpartition("+")
            r = subprocess.run(["addr2line", "-Cfpse", file, at], capture_output=True, text=True, check=False)
            yield r.stdout.strip() or frame


def test_calls(t):
    inputs = t.path("in")
    make_inputs(inputs)
    always = ("--spill", "always")
    fits = Sweep(t, "fits", FITS, inputs)
    fits.all()
    states = t.fresh("states")
    shutil.copytree(os.path.join(fits.g.folder, "runs/states"), os.path.join(states, "runs/states"))
    Sweep(t, "fits that spill", FITS, inputs, always).all()
    Sweep(t, "fits found again", FITS, inputs, template=states).all()
    part = next(n for n in fl.tree(states) if "port0" in n)
    Sweep(t, "a part as a port", INDEX, inputs, sets={"part": os.path.join(states, part)}).all()
    Sweep(t, "sorts", SORTS, inputs).all()
    Sweep(t, "sorts that spill", SORTS, inputs, always).all()
    Sweep(t, "parts", PARTS, inputs).all()
    Sweep(t, "parts on disk", PARTS, inputs, always).all()
    marks = Sweep(t, "marks", MARKED, inputs, marks="0")
    marks.all()
    marks.break_off()
    marks.all()
    two = Sweep(t, "two threads", FITS, inputs, always, threads=2)
    calls = list(two.calls())
    for memory in (True, False):
        two.all(random.sample([c for c in calls if (c[0] == "memory") == memory], 20))


def without_power():
    """Called in the child: modes of files hold for root, too, from the next program on."""
    libc = ctypes.CDLL(None)
    for capability in (1, 2):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
        libc.prctl(24, capability, 0, 0, 0)  # PR_CAPBSET_DROP


def test_read_only(t):
    """Folders in which nobody may write: those of states, of runs, of outputs, of one run."""
    inputs = t.path("in")
    for what, where in (
        ("states", "runs/states"),
        ("runs", "runs"),
        ("outputs", "out"),
        ("the run", "runs/kills-1"),
    ):
        g = co.Ground(t, FITS, inputs)
        flags = ("--run-dir", "runs/kills-1", "--spill", "always") if what == "the run" else ("--spill", "always")
        path = os.path.join(g.folder, where)
        os.makedirs(path)
        os.chmod(path, 0o500)
        r = g.run(*flags, threads=1, before=without_power)
        err = r.stderr.decode()
        t.equal(f"{what}, read-only: exit", r.returncode, fl.IO)
        t.check(f"{what}, read-only: message", where in err and os.strerror(errno.EACCES) in err, err)
        t.equal(f"{what}, read-only: outputs", g.published(), [])
        os.chmod(path, 0o700)
        r = g.run(*flags, threads=1)
        t.equal(f"{what}, read-only no more: exit", (r.returncode, r.stderr), (fl.DONE, b""))
        t.check(f"{what}, read-only no more", (got := g.result()) == g.want, co.differences(got, g.want))


if __name__ == "__main__":
    random.seed(SEED)
    print(f"SLUICE_FAULTS_SEED={SEED}", flush=True)
    fl.Test().main(test_calls, test_read_only)
