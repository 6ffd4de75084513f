"""Each call that can fails, fails in turn, over whole runs and over commands that only look: memory, reading, writing, opening,
renaming (fail_nth.c). A run then ends with an exit code that says so and with a message, publishes all or nothing, leaves
nothing behind, and the same command ends as if nothing had happened. By default the first call of every place in the code, of
memory of every few; SLUICE_FAULTS=places: first and last call of every place; SLUICE_FAULTS=all: all calls.
usage: calls.py SLUICE FAIL_NTH.SO [WORDS IN THE NAMES OF SWEEPS]"""

import ctypes
import errno
import gzip
import io
import json
import os
import random
import shutil
import sys
import tarfile

import calls_text as ct
import continuing as co
import faultlib as fl
from calling import SEED, Command, Sweep

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


def wanted(name):
    return len(sys.argv) < 4 or any(word in name for word in sys.argv[3:])


def test_calls(t):
    inputs = t.path("in")
    make_inputs(inputs)
    always = ("--spill", "always")

    def sweep(name, pipeline, flags=(), **how):
        return wanted(name) and Sweep(t, name, pipeline, inputs, flags, **how).all()

    fits = co.Ground(t, FITS, inputs)
    fits.run(threads=1)
    states = t.fresh("states")
    shutil.copytree(os.path.join(fits.folder, "runs/states"), os.path.join(states, "runs/states"))
    part = os.path.join(states, next(n for n in fl.tree(states) if "port0" in n))
    sweep("fits", FITS)
    sweep("fits that spill", FITS, always)
    sweep("fits found again", FITS, template=states)
    sweep("a part as a port", INDEX, sets={"part": part})
    sweep("sorts", SORTS)
    sweep("sorts that spill", SORTS, always)
    sweep("parts", PARTS)
    sweep("parts on disk", PARTS, always)
    if wanted("marks"):
        marks = Sweep(t, "marks", MARKED, inputs, marks="0")
        marks.all()
        marks.break_off()
        marks.all()
    if wanted("two threads"):
        two = Sweep(t, "two threads", FITS, inputs, always, threads=2)
        calls = list(two.calls())
        for memory in (True, False):
            two.all(random.sample([c for c in calls if (c[0] == "memory") == memory], 20))


def test_texts(t):
    """Every stage that reads text, and the commands that look at what such a pipeline does."""
    inputs = t.fresh("texts")
    ct.make_inputs(inputs)
    pipeline = ct.pipeline(ct.has_languages(t.sluice))
    for mode in ("drop", "annotate"):
        if wanted(f"texts, {mode}"):
            Sweep(t, f"texts, {mode}", pipeline, inputs, sets={"mode": mode}).all()
    g = co.Ground(t, pipeline, inputs)
    g.run(threads=1)
    sets = ("kills.yaml", "--set", f"in={inputs}")
    for name, *words in (
        ("stats", "stats", *sets),
        ("stats as JSON", "stats", *sets, "--json"),
        ("why", "why", "doc-1"),
        ("why of one that went", "why", "doc-25", "--json"),
        ("peek", "peek", *sets, "--dropped", "-n", "20"),
        ("peek as JSON", "peek", *sets, "--json"),
        ("check", "check", *sets),
        ("plan", "plan", *sets),
        ("plan as JSON", "plan", *sets, "--json"),
        ("inspect", "inspect", "filter.url"),
        ("inspect as Markdown", "inspect", "filter.url", "--md"),
    ):
        if wanted(name):
            Command(t, name, g, *words, "--log-level", "error").all()


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
    fl.Test().main(test_calls, test_texts, test_read_only)
