"""Saved states that are damaged, of others, in folders that cannot be written; parts as ports; and scratch space that ends:
refused or done again, never a wrong byte. usage: states.py SLUICE"""

import os
import random
import resource
import shutil
import signal
import subprocess
import time

import continuing as co
import faultlib as fl

SEED = int(os.environ.get("SLUICE_FAULTS_SEED", time.time_ns() % 100000))

FITS = """
name: states
seed: 3
on_reject: quarantine
split_bytes: 40k
stages:
  - use: source.jsonl
    path: ${in}
  - use: dedup.exact
    normalize: lower
    cluster_as: same
  - use: sample.random
    keep: 2000
  - use: sink.jsonl
    path: ${out}/part-{shard}.jsonl
"""
INDEX = """
name: index
split_bytes: 40k
stages:
  - use: source.jsonl
    path: ${in}
  - use: dedup.exact
    normalize: lower
    index: INDEX
  - use: sink.jsonl
    path: ${out}/part-{shard}.jsonl
"""
SORT = """
name: sort
split_bytes: 100k
stages:
  - use: source.jsonl
    path: ${in}
  - use: shuffle
  - use: dedup.exact
  - use: sink.jsonl
    path: ${out}/part-{shard}.jsonl
"""


def run(t, pipeline, source, states, folder=None, spill="auto", threads=2, flags=(), **how):
    """The result, and the digest of its output."""
    folder = folder or t.fresh()
    out = os.path.join(folder, "out")
    more = ["--quiet", "--spill", spill, "--state-dir", states, *flags]
    r = t.run(pipeline, folder, threads=threads, sets={"in": source, "out": out}, flags=more, **how)
    return r, fl.digest(out)


def damage(path):
    """One of the things that happen to files."""
    size = os.path.getsize(path)
    how = random.choice(["flip", "flip", "cut", "zeros", "more", "empty"])
    with open(path, "r+b") as f:
        at = random.randrange(size)
        f.seek(at)
        if how == "flip":
            byte = f.read(1)[0]
            f.seek(at)
            f.write(bytes([byte ^ 1 << random.randrange(8)]))
        elif how == "cut":
            f.truncate(at)
        elif how == "zeros":
            n = min(size - at, random.choice([1, 8, 4096]))
            changed = f.read(n) != bytes(n)
            f.seek(at)
            f.write(bytes(n))
            if not changed:
                return "nothing"
        elif how == "more":
            f.seek(size)
            f.write(b"more")
        else:
            f.truncate(0)
    return f"{how} at {at} of {size}"


def test_damaged(t):
    """A state that was found by its name is fitted again, with a line that says so."""
    source = t.write("corpus.jsonl", co.repeated(6000))
    states = t.path("states")
    r, want = run(t, FITS, source, states)
    t.equal("the first run", r.code, fl.DONE)
    quarantine = fl.hashlib.sha256(b"\n".join(sorted(fl.unzstd(r.folder + "/quarantine.jsonl.zst").split(b"\n")))).digest()
    kept = t.path("kept")
    shutil.copytree(states, kept)
    for k in range(40):
        shutil.rmtree(states)
        shutil.copytree(kept, states)
        names = sorted(n for n in os.listdir(states) if k % 3 or "whole" in n)
        hit = random.sample(names, random.randrange(1, len(names) + 1))
        what = {n: damage(os.path.join(states, n)) for n in hit}
        r, got = run(t, FITS, source, states)
        t.equal(f"damaged states {what}: exit", (r.code, r.err), (fl.DONE, r.err))
        t.equal(f"damaged states {what}: output", got, want)
        q = fl.hashlib.sha256(b"\n".join(sorted(fl.unzstd(r.folder + "/quarantine.jsonl.zst").split(b"\n")))).digest()
        t.check(f"damaged states {what}: quarantine", q == quarantine)
        t.equal(f"damaged states {what}: counts add up", fl.unbalanced(r.manifest), [])
        shutil.rmtree(os.path.dirname(r.folder))


def test_parts(t):
    """What one run gathered stands in for its corpus in another, whichever comes first; damaged, it is refused by name."""
    corpora = {n: t.write(f"{n}.jsonl", co.repeated(3000, b)) for n, b in (("one", 0), ("two", 1500), ("three", 3600))}
    parts = {}
    for name, path in corpora.items():
        states = t.path("parts", name)
        first = INDEX.replace("    index: INDEX\n", "")
        r, _ = run(t, first, path, states, spill="always" if name == "two" else "auto")
        t.equal(f"{name}: exit", r.code, fl.DONE)
        parts[name] = [os.path.join(states, n) for n in sorted(os.listdir(states)) if ".port0." in n]
        t.equal(f"{name}: parts", len(parts[name]), 1)
    for a in corpora:
        for b in corpora:
            if a == b:
                continue
            stream = INDEX.replace("INDEX", f"{{ use: source.jsonl, path: {corpora[a]} }}")
            saved = INDEX.replace("INDEX", f"{{ state: {parts[a][0]} }}")
            _, want = run(t, stream, corpora[b], t.fresh("s"))
            for threads, spill in ((1, "auto"), (3, "always")):
                r, got = run(t, saved, corpora[b], t.fresh("s"), threads=threads, spill=spill)
                t.equal(f"{a} before {b}, {threads} threads, {spill}: exit", (r.code, r.err), (fl.DONE, ""))
                t.equal(f"{a} before {b}, {threads} threads, {spill}: as from the stream", got, want)
    broken = shutil.copy(parts["one"][0], t.path("broken.state"))
    damage_until(broken)
    r, got = run(t, INDEX.replace("INDEX", f"{{ state: {broken} }}"), corpora["two"], t.fresh("s"))
    t.check("a damaged part: refused", r.code in (fl.IO, fl.CONFIG) and r.said("broken.state"), (r.code, r.err))
    whole = parts["one"][0].replace("port0", "whole")
    other = INDEX.replace("INDEX", f"{{ state: {parts['one'][0]} }}").replace("normalize: lower", "normalize: words")
    for what, pipeline, words in (
        ("a part of other options", other, "other options"),
        ("no state at all", INDEX.replace("INDEX", f"{{ state: {corpora['one']} }}"), "one.jsonl"),
        ("a state that is not there", INDEX.replace("INDEX", f"{{ state: {whole}.gone }}"), ".gone"),
    ):
        r, got = run(t, pipeline, corpora["two"], t.fresh("s"))
        t.check(f"{what}: refused", r.code in (fl.IO, fl.CONFIG) and r.said(words), (r.code, r.err))


def damage_until(path):
    while damage(path) == "nothing":
        pass


def test_folders(t):
    """Folders of states that are none, or full; scratch space that is full, or whose folder goes away."""
    source = t.write("corpus.jsonl", co.repeated(6000))
    _, want = run(t, FITS, source, t.fresh("s"))
    file = t.write("a-file", "x")
    r, _ = run(t, FITS, source, file)
    t.check("the folder of states is a file", r.code in (fl.IO, fl.CONFIG) and r.said("a-file"), (r.code, r.err))
    t.check("the folder of states is a file: nothing is published", not fl.content(os.path.dirname(r.folder) + "/out"))

    def small(room):
        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))

        return limit

    _, sorted_want = run(t, SORT, source, t.fresh("s"))
    for room in (5000, 20000, 60000, 150000):
        for pipeline, good in ((FITS, want), (SORT, sorted_want)):
            folder, states = t.fresh(), t.fresh("s")
            r, _ = run(t, pipeline, source, states, folder, spill="always", before=small(room))
            where = f"files of {room} bytes at most, {pipeline.split()[1]}"
            t.check(f"{where}: exit", r.code == fl.IO and r.said("error:"), (r.code, r.err))
            t.check(f"{where}: nothing is published", not fl.content(folder + "/out"), fl.tree(folder))
            r, got = run(t, pipeline, source, states, folder)
            t.equal(f"{where}: then", (r.code, got), (fl.DONE, good))
            t.equal(f"{where}: left behind", fl.leftovers(folder), [])


def test_vanishing_scratch(t):
    """Its folder is removed while a sort spills: an error, or the right bytes."""
    source = t.write("corpus.jsonl", co.repeated(20000))
    _, want = run(t, SORT, source, t.fresh("s"))
    for k in range(6):
        folder = t.fresh()
        words = t.command(SORT, folder, sets={"in": source, "out": folder + "/out"}, flags=["--spill", "always", "-q"])
        words += ["--state-dir", t.fresh("s")]
        p = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        scratch = os.path.join(folder, "run/scratch")
        while p.poll() is None:
            try:
                os.rename(scratch, scratch + ".gone") if k % 2 else os.rmdir(scratch)
                break
            except OSError:
                time.sleep(0.0005 * k)
        err = p.communicate(timeout=60)[1].decode()
        if p.returncode == fl.DONE:
            t.equal(f"scratch goes away {k}: output", fl.digest(folder + "/out"), want)
        else:
            t.check(f"scratch goes away {k}: exit", p.returncode == fl.IO and "scratch" in err, (p.returncode, err))
            t.check(f"scratch goes away {k}: nothing is published", not fl.content(folder + "/out"))


if __name__ == "__main__":
    random.seed(SEED)
    print(f"SLUICE_FAULTS_SEED={SEED}", flush=True)
    fl.Test().main(test_damaged, test_parts, test_folders, test_vanishing_scratch)
