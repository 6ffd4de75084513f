"""Fits, ports, sorts, reshapes, families, ordered stages: the same bytes of outputs and quarantine over threads, batches,
cuts, memory, and what is kept between passes. usage: passes.py SLUICE [full]"""

import hashlib
import itertools
import json
import os
import random
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../faults"))
import faultlib as fl  # noqa: E402

SOURCE = """
  - use: source.jsonl
    path: ${in}/a*
"""
SINK = """
  - use: sink.jsonl
    path: ${out}/part-{shard}.jsonl
    shard_records: 500
"""
PIPELINES = {
    "two fits": SOURCE
    + """
  - use: dedup.exact
    normalize: lower
    cluster_as: same
    mode: annotate
  - use: dedup.exact
    name: by_group
    of: [group]
    keep: highest
    by: score
  - use: sample.random
    keep: 400
"""
    + SINK,
    "a port": SOURCE
    + """
  - use: dedup.exact
    index:
      - use: source.jsonl
        path: ${in}/b.jsonl.gz
      - use: filter.length
        name: long
        min: 30
        unit: bytes
"""
    + SINK,
    "a sort, and not in the other branch": SOURCE.replace("path", "name: all\n    path")
    + """
  - use: order.by
    column: score
    descending: true
  - use: sink.jsonl
    name: sorted
    path: ${out}/sorted.jsonl.zst
  - use: dedup.exact
    from: all
"""
    + SINK,
    "branches with other columns before a sort, cut and joined behind it": """
  - use: source.jsonl
    name: a
    path: ${in}/a*
  - use: source.jsonl
    name: b
    path: ${in}/b.jsonl.gz
  - use: map.fields
    name: marked
    from: b
    set: [{ column: side, value: b }]
    drop: [group]
  - use: shuffle
    from: [a, marked]
  - use: expand.split
    by: window
    unit: words
    size: 2
  - use: join.parts
    separator: space
"""
    + SINK,
    "two sorts and a fit between": SOURCE
    + """
  - use: shuffle
  - use: dedup.exact
  - use: order.by
    column: score
    nulls: first
"""
    + SINK,
    "cut, filtered, joined": SOURCE
    + """
  - use: expand.split
    by: window
    unit: words
    size: 3
    part_as: part
  - use: sample.random
    keep: 70%
  - use: filter.length
    min: 8
    unit: bytes
  - use: join.parts
    separator: space
    parts_as: parts
    min_parts: 2
"""
    + SINK,
    "cut and joined twice, changed between": SOURCE
    + """
  - use: expand.split
    name: words
    by: window
    unit: words
    size: 1
  - use: map.fields
    set: [{ column: group, json: "1" }, { column: fresh, value: x }]
  - use: filter.length
    name: no_red
    min: 4
    unit: bytes
  - use: join.parts
    name: again
    separator: space
    min_parts: 2
  - use: expand.split
    by: window
    size: 9
    whole_words: true
  - use: test.upper
  - use: test.ordered
  - use: sample.random
    keep: 80%
  - use: join.parts
    separator: newline
    min_parts: 2
"""
    + SINK,
    "ordered, cut, deduplicated": SOURCE
    + """
  - use: test.ordered
    rounds: 2
  - use: test.reshape_ordered
  - use: dedup.exact
  - use: test.ordered
    name: again
"""
    + SINK,
    "sorted, then in order": SOURCE
    + """
  - use: test.order
    by: key
  - use: test.sorted
  - use: test.ordered
  - use: expand.split
    by: window
    unit: words
    size: 4
  - use: dedup.exact
  - use: join.parts
    separator: none
"""
    + SINK,
}


def inputs(t):
    """Documents of which many are the same, some have no number, some records are broken; in files of three kinds."""
    random.seed(11)
    folder = t.path("in")

    def some(n):
        lines = []
        for i in range(n):
            words = [random.choice(["red", "Green", "blue", "deep", "high", "low", "wide"]) for _ in range(random.randrange(1, 9))]
            d = {"id": f"{n}-{i}", "text": " ".join(words), "group": random.randrange(n // 2 + 1)}
            if i % 7:
                d["score"] = random.randrange(50) if i % 2 else random.random()
            lines.append(json.dumps(d) if i % 97 else '{"id": "broken", ')
        return ("\n".join(lines) + "\n").encode()

    t.write("in/a1.jsonl", some(1100))
    t.write("in/a2.jsonl.zst", b"".join(fl.zstd(some(n)) for n in (200, 300, 1, 250)))
    t.write("in/a3.jsonl.gz", __import__("gzip").compress(some(900)))
    t.write("in/b.jsonl.gz", __import__("gzip").compress(some(500)))
    return folder


def result(folder):
    h = {}
    for name in fl.tree(os.path.join(folder, "out")):
        with open(os.path.join(folder, "out", name), "rb") as f:
            h[name] = hashlib.sha256(f.read()).hexdigest()[:12]
    packed = os.path.join(folder, "run/quarantine.jsonl.zst")
    if os.path.exists(packed):  # pos, and so a partner's, counts within the splits of the plan: only its order is promised over other cuts
        lines = re.sub(rb'"(pos|partner)":\d+', rb'"\1":0', fl.unzstd(packed))
        h["quarantine"] = hashlib.sha256(lines).hexdigest()[:12]
    with open(os.path.join(folder, "run/run.json"), encoding="utf-8") as f:
        stages = json.load(f)["stages"]
    for s in stages:
        s.pop("seconds")
    h["counts"] = hashlib.sha256(json.dumps(stages).encode()).hexdigest()[:12]
    return h


def matrix(full):
    """Every value of every setting, and every pair of them (full: every combination)."""
    settings = {
        "threads": [2, 1, 7],
        "batch_rows": [1024, 1, 7],
        "spill": ["auto", "always"],
        "materialize": ["never", "always"],
        "split_bytes": ["8M", "3k"],
    }
    every = [dict(zip(settings, v)) for v in itertools.product(*settings.values())]
    if full:
        return every
    left = set()
    for k, way in enumerate(every):
        left |= set(itertools.combinations(sorted(way.items(), key=str), 2))
    chosen = [every[0]]
    random.seed(3)
    while left:
        best = max(random.sample(every, 30), key=lambda w: len(left & set(itertools.combinations(sorted(w.items(), key=str), 2))))
        chosen.append(best)
        left -= set(itertools.combinations(sorted(best.items(), key=str), 2))
    return chosen


def test_matrix(t):
    folder = inputs(t)
    plugins = os.path.join(os.path.dirname(t.sluice), "../lib/sluice/test-plugins")
    ways = matrix(len(sys.argv) > 2)
    for name, stages in PIPELINES.items():
        want = None
        for way in ways:
            head = f"seed: 9\non_reject: quarantine\nsplit_bytes: {way['split_bytes']}\nbatch_rows: {way['batch_rows']}\n"
            head += f"materialize: {way['materialize']}\nstages:"
            at = t.fresh()
            r = t.run(
                head + stages,
                at,
                threads=way["threads"],
                sets={"in": folder, "out": at + "/out"},
                flags=["--quiet", "--spill", way["spill"], "--state-dir", at + "/states"],
                env={"SLUICE_PLUGIN_PATH": plugins, "SLUICE_MARK_MS": "0"},
            )
            if not t.equal(f"{name}, {way}: exit", (r.code, r.err), (fl.DONE, "")):
                continue
            got = result(at)
            want = want or got
            for key, value in got.items():
                t.equal(f"{name}, {way}: {key}", value, want.get(key))
            subprocess.run(["rm", "-rf", at], check=True)


if __name__ == "__main__":
    fl.Test().main(test_matrix)
