"""Full disks, files in the way, two runs at once: no half shard, the right exit code, the next run succeeds."""

import contextlib
import fcntl
import os
import resource
import shutil
import signal
import subprocess
import time

import faultlib as fl

ZSTD = fl.LINES.replace("{shard}.jsonl\n", "{shard}.jsonl.zst\n    shard_bytes: 300k\n")
SHARDS = fl.LINES.replace("{shard}.jsonl\n", "{shard}.jsonl\n    shard_bytes: 50k\n")


def documents_in(folder):
    """Bytes of all shards, decompressed."""
    return b"".join(fl.unzstd(os.path.join(folder, n)) for n in fl.tree(folder))


def test_full_disk(t):
    """A file system of its own, smaller than the output; without one, a limit on the size of files."""
    docs = fl.documents(8000, words=40)
    file = t.write("in.jsonl", docs)
    small = t.fresh("small")
    mounted = (
        os.geteuid() == 0
        and subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=640k", "tmpfs", small], capture_output=True, check=False
        ).returncode
        == 0
    )
    if not mounted:
        t.skip("a full file system", "it takes root and mount")
        return
    try:
        for what, run_dir in (("the output", None), ("the output and the run folder", small + "/run")):
            for threads in (1, 7):
                out = os.path.join(small, "out")
                flags = ["--run-dir", run_dir] if run_dir else []
                r = t.run("on_reject: quarantine\n" + ZSTD, sets={"in": file, "out": out}, threads=threads, flags=flags)
                where = f"{what} on a full disk, {threads} threads"
                t.equal(f"{where}: exit", r.code, fl.IO)
                t.check(f"{where}: message", r.said("No space left on device", out, "nothing was published"), r.err)
                t.equal(f"{where}: no half shard", fl.content(out) or b"", b"")
                t.equal(f"{where}: nothing is left", fl.leftovers(small), [])
                few = t.write("few.jsonl", fl.documents(100))
                folder = os.path.dirname(r.folder)
                r = t.run(ZSTD, folder, sets={"in": few, "out": out}, threads=threads, flags=flags)
                t.check(
                    f"{where}: the next run succeeds",
                    r.code == fl.DONE and documents_in(out) == fl.documents(100),
                    (r.code, r.err),
                )
                for name in fl.tree(small):
                    os.unlink(os.path.join(small, name))
        fd = os.open(os.path.join(small, "filler"), os.O_WRONLY | os.O_CREAT)
        try:
            while os.write(fd, b"x" * 4096):  # until not a block is left
                pass
        except OSError:
            os.close(fd)
        r = t.run(fl.LINES, sets={"in": file, "out": small + "/none"})
        t.check("a disk that is full from the start", r.code == fl.IO and r.said(small), (r.code, r.err))
        os.unlink(os.path.join(small, "filler"))
        reject = "on_reject: quarantine\n" + fl.LINES.replace(
            "  - use: sink", "  - use: filter.length\n    min: 1000000\n  - use: sink"
        )
        out = t.path("beside")
        r = t.run(reject, sets={"in": file, "out": out}, flags=["--run-dir", small + "/run"])
        t.check(
            "a quarantine on a full disk",
            r.code == fl.IO and r.said("quarantine.jsonl.zst", "No space left"),
            (r.code, r.err),
        )
        t.equal(
            "a quarantine on a full disk: nothing is published",
            (fl.content(out) or b"", fl.leftovers(small, out)),
            (b"", []),
        )
    finally:
        subprocess.run(["umount", small], check=False)


def test_limit_on_files(t):
    """RLIMIT_FSIZE: writing fails, no signal ends the process."""
    docs = fl.documents(8000, words=40)
    file = t.write("in.jsonl", docs)

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (200000, 200000))

    for threads in (1, 7):
        folder = t.fresh()
        out = os.path.join(folder, "out")
        r = t.run(fl.LINES, folder, sets={"in": file, "out": out}, threads=threads, before=limit)
        where = f"a limit on the size of files, {threads} threads"
        t.equal(f"{where}: exit", r.code, fl.IO)
        t.check(f"{where}: message", r.said("File too large", out), r.err)
        t.equal(f"{where}: no half shard", fl.content(out) or b"", b"")
        t.equal(f"{where}: nothing is left", fl.leftovers(folder), [])
        r = t.run(fl.LINES, folder, sets={"in": file, "out": out}, threads=threads)
        t.check(f"{where}: the next run succeeds", r.code == fl.DONE and fl.content(out) == docs, (r.code, r.err))


def test_standard_output(t):
    """As an output: whole, or a clear error where nobody can take it."""
    docs = fl.documents(5000)
    file = t.write("in.jsonl", docs)
    pipeline = fl.LINES.replace("${out}/part-{shard}.jsonl", '"-"').replace("path: ${in}", "path: ${in}")
    r = t.run(pipeline, sets={"in": file})
    t.check("standard output", r.code == fl.DONE and r.out.encode() == docs, (r.code, r.err))
    with open("/dev/full", "wb") as full:
        words = t.command(pipeline, t.fresh(), sets={"in": file})
        done = subprocess.run(words, stdout=full, stderr=subprocess.PIPE, check=False)
    t.check("/dev/full", done.returncode == fl.IO and b"No space left" in done.stderr, (done.returncode, done.stderr))
    big = t.write("big.jsonl", fl.documents(20000))
    words = t.command(pipeline, t.fresh(), sets={"in": big})
    run = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    run.stdout.read(100)
    run.stdout.close()
    err = run.stderr.read()
    t.check("a reader that goes away", run.wait(20) == fl.IO and b"Broken pipe" in err, (run.returncode, err))
    for stream in ("<&-", ">&-", "2>&-"):
        folder = t.fresh()
        words = t.command(fl.LINES, folder, sets={"in": file, "out": folder + "/out"})
        done = subprocess.run(["sh", "-c", f'exec "$@" {stream}', "sh", *words], capture_output=True, check=False)
        t.check(f"started with {stream}: output", fl.content(folder + "/out") == docs, (done.returncode, done.stderr))


def test_in_the_way(t):
    """Foreign files are refused before reading; our own are replaced; those that are not written again go."""
    many, few = fl.documents(3000), fl.documents(500, 70000)
    folder = t.fresh()
    out = os.path.join(folder, "out")
    pipeline = SHARDS
    foreign = t.write(os.path.join(out, "part-00007.jsonl"), "mine\n")
    other = t.write(os.path.join(out, "readme.txt"), "leave me\n")
    r = t.run(pipeline, folder, sets={"in": t.write("many.jsonl", many), "out": out})
    t.check("a foreign shard", r.code == fl.CONFIG and r.said(foreign, "in the way"), (r.code, r.err))
    t.equal(
        "a foreign shard: untouched",
        (fl.tree(out), open(foreign, "rb").read()),
        (["part-00007.jsonl", "readme.txt"], b"mine\n"),
    )
    t.check(
        "a foreign shard: nothing was read", not os.path.exists(os.path.join(r.folder, "run.json")), fl.tree(folder)
    )
    os.unlink(foreign)
    r = t.run(pipeline, folder, sets={"in": t.path("many.jsonl"), "out": out})
    first = fl.tree(out)
    t.check("a first run", r.code == fl.DONE and len(first) > 5, (r.code, r.err, first))
    r = t.run(pipeline, folder, sets={"in": t.write("few.jsonl", few), "out": out})
    t.equal("a shorter second run: exit", r.code, fl.DONE)
    left = fl.tree(out)
    t.check(
        "a shorter second run: shards that are not written again are gone",
        len(left) < len(first) and other in [os.path.join(out, n) for n in left],
        left,
    )
    os.rename(other, t.path("readme.txt"))
    t.check("a shorter second run: output", fl.content(out) == few)
    before = fl.digest(out)
    hurt = t.write("hurt.zst", fl.zstd(many)[:-100])
    r = t.run(pipeline, folder, sets={"in": hurt, "out": out})
    t.equal("a third run that fails: exit", r.code, fl.IO)
    t.equal("a third run that fails: the shards of the second stay", fl.digest(out), before)
    r = t.run(pipeline, folder, sets={"in": t.path("many.jsonl"), "out": out})
    t.check("a fourth run", r.code == fl.DONE and fl.content(out) == many, (r.code, r.err))
    strange = t.write(os.path.join(out, "part-99999.jsonl"), "mine\n")
    r = t.run(pipeline, folder, sets={"in": t.path("few.jsonl"), "out": out})
    t.check(
        "a foreign shard among ours",
        r.code == fl.CONFIG and r.said(strange, "in the way") and "part-00000" not in r.err,
        r.err,
    )
    os.unlink(strange)
    t.check("a foreign shard among ours: ours are untouched", fl.content(out) == many)
    for what, make in (("a folder", os.mkdir), ("a link", lambda p: os.symlink("/dev/null", p)), ("a pipe", os.mkfifo)):
        folder = t.fresh()
        out = os.path.join(folder, "out")
        os.makedirs(out)
        make(os.path.join(out, "part-00000.jsonl"))
        r = t.run(fl.LINES, folder, sets={"in": t.path("few.jsonl"), "out": out})
        t.check(
            f"{what} in the way",
            r.code in (fl.CONFIG, fl.IO) and r.said("part-00000.jsonl", "in the way"),
            (r.code, r.err),
        )
    file = t.write("a-file", "")
    r = t.run(fl.LINES, sets={"in": t.path("few.jsonl"), "out": file})
    t.check(
        "a file where the output folder should be", r.code in (fl.CONFIG, fl.IO) and r.said("a-file"), (r.code, r.err)
    )
    r = t.run(
        fl.LINES, sets={"in": t.path("few.jsonl"), "out": t.path("y")}, flags=["--run-dir", os.path.dirname(file)]
    )
    t.check("a foreign folder as run folder", r.code == fl.CONFIG and r.said("not empty"), (r.code, r.err))


def test_numbered_runs(t):
    """runs/<name>-<n>: the second run knows the shards of the first."""
    here = t.fresh("cwd")
    docs, few = fl.documents(3000), fl.documents(30)
    for name, data in (("many", docs), ("few", few)):
        t.write(os.path.join(here, name), data)
    file = t.write(os.path.join(here, "numbered.yaml"), SHARDS)
    for n, source, want in ((1, "many", docs), (2, "few", few), (3, "many", docs)):
        done = subprocess.run(
            [t.sluice, "run", file, "--set", f"in={source}", "--set", "out=out"],
            cwd=here,
            capture_output=True,
            check=False,
        )
        t.check(f"numbered run {n}", done.returncode == fl.DONE and fl.content(here + "/out") == want, done.stderr)
        t.check(f"numbered run {n}: folder", os.path.exists(f"{here}/runs/numbered-{n}/run.json"))
    t.equal("numbered runs: nothing is left", fl.leftovers(here), [])


def wait_for(what):
    end = time.monotonic() + 60
    while not what() and time.monotonic() < end:
        time.sleep(0.01)
    return what()


def test_side_by_side(t):
    """A run with --run-dir runs/NAME-7 is alive while a numbered one of that name begins: it is not swept as dead."""
    here, docs = t.fresh("cwd"), fl.documents(300)
    file = t.write(os.path.join(here, "side.yaml"), "on_reject: quarantine\n" + fl.LINES)
    words = [t.sluice, "run", file, "--quiet", "--set", "in=-", "--set"]
    first = subprocess.Popen(
        words + ["out=one", "--run-dir", "runs/side-7"], cwd=here, stdin=subprocess.PIPE, stderr=subprocess.PIPE
    )
    t.check("the first runs", wait_for(lambda: os.path.isdir(here + "/one") and fl.leftovers(here + "/one")))
    second = subprocess.run(words + ["out=two"], cwd=here, input=docs, capture_output=True, check=False)
    t.check("the second succeeds", second.returncode == fl.DONE and fl.content(here + "/two") == docs, second.stderr)
    err = first.communicate(docs, timeout=30)[1]
    t.check("the first succeeds, too", first.returncode == fl.DONE and fl.content(here + "/one") == docs, err)
    t.equal("nothing is left", fl.leftovers(here), [])


def test_two_at_once(t):
    """The second exits 75 at once, says who holds the lock, and does no harm."""
    docs = fl.documents(100)
    for what, flags in (("--run-dir", True), ("runs/", False)):
        folder = t.fresh()
        out = os.path.join(folder, "out")
        words = t.command(fl.LINES, folder, sets={"in": "-", "out": out})
        if not flags:
            at = words.index("--run-dir")
            del words[at : at + 2]
        first = subprocess.Popen(
            words, stdin=subprocess.PIPE, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, cwd=folder
        )
        lock = os.path.join(folder, "run/lock" if flags else "runs/.pipeline.lock")
        t.check(
            f"{what}: the first runs",
            wait_for(lambda: os.path.exists(lock) and os.path.getsize(lock) and os.path.isdir(out)),
        )
        second = subprocess.run(words, input=b"", capture_output=True, cwd=folder, timeout=60, check=False)
        err = second.stderr.decode()
        t.equal(f"{what}: the second exits", second.returncode, fl.AGAIN)
        t.check(f"{what}: without waiting for the first", first.poll() is None)
        t.check(f"{what}: it says who holds the lock", "another run" in err and str(first.pid) in err, err)
        err = first.communicate(docs, timeout=30)[1]
        t.check(f"{what}: the first is not disturbed", first.returncode == fl.DONE and fl.content(out) == docs, err)
        third = subprocess.run(words, input=docs, capture_output=True, cwd=folder, timeout=30, check=False)
        t.check(f"{what}: a third run succeeds", third.returncode == fl.DONE and fl.content(out) == docs, third.stderr)
        t.equal(f"{what}: nothing is left", fl.leftovers(folder), [])
    folder = t.fresh()
    os.makedirs(os.path.join(folder, "run"))
    with open(os.path.join(folder, "run/lock"), "w", encoding="ascii") as f:  # of a process that is gone
        f.write("process 1 since yesterday\n")
    r = t.run(fl.LINES, folder, sets={"in": t.write("few.jsonl", docs), "out": folder + "/out"})
    t.check("a lock file that nobody holds", r.code == fl.DONE, (r.code, r.err))
    with open(os.path.join(folder, "run/lock"), "a", encoding="ascii") as f:
        fcntl.flock(f, fcntl.LOCK_EX)
        r = t.run(fl.LINES, folder, sets={"in": t.path("few.jsonl"), "out": folder + "/out"})
        t.check("a lock that somebody else holds", r.code == fl.AGAIN, (r.code, r.err))


def test_same_output(t):
    """Two runs with folders of their own and one output: the second stops before it reads. A killed one blocks nobody."""
    docs, folder = fl.documents(100), t.fresh()
    out = os.path.join(folder, "out")
    words = [t.command(fl.LINES, folder, sets={"in": "-", "out": out}) for _ in "ab"]
    words[1][words[1].index("--run-dir") + 1] = os.path.join(folder, "b")
    for end in ("done", "killed"):
        first = subprocess.Popen(words[0], stdin=subprocess.PIPE, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
        signed = str(first.pid).encode()
        t.check(f"{end}: the first runs", wait_for(lambda: signed in b"".join(hidden_locks(out))))
        second = subprocess.run(words[1], input=docs, capture_output=True, timeout=30, check=False)
        err = second.stderr.decode()
        t.equal(f"{end}: the second exits", second.returncode, fl.AGAIN)
        t.check(f"{end}: it says who writes", "another run writes" in err and str(first.pid) in err, err)
        t.check(f"{end}: it leaves no folder", not os.path.exists(os.path.join(folder, "b")))
        if end == "done":
            err = first.communicate(docs, timeout=30)[1]
            t.check("the first is not disturbed", first.returncode == fl.DONE and fl.content(out) == docs, err)
            t.equal("nothing is left", fl.leftovers(folder), [])
        else:
            first.kill()
            first.communicate()
    t.check("a killed one leaves its lock", hidden_locks(out))
    r = subprocess.run(words[0], input=docs, capture_output=True, timeout=30, check=False)
    t.check("the next one takes it", r.returncode == fl.DONE and fl.content(out) == docs, r.stderr)
    t.equal("and nothing is left", fl.leftovers(folder), [])


def test_plugin_written_over(t):
    """A plugin file that changes while it is in use: written over, nothing is published; replaced, it does not matter."""
    docs = fl.documents(100)
    theirs = os.path.join(os.path.dirname(t.sluice), "../lib/sluice/plugins/sink.so")
    for how in ("written over", "replaced"):
        folder, plugins = t.fresh(), t.fresh("plugins")
        out, mine = os.path.join(folder, "out"), shutil.copy(theirs, plugins)
        words = t.command(fl.LINES, folder, sets={"in": "-", "out": out}, flags=("--plugin-path", plugins))
        run = subprocess.Popen(words, stdin=subprocess.PIPE, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
        t.check(f"{how}: it runs", wait_for(lambda: str(run.pid).encode() in b"".join(hidden_locks(out))))
        if how == "written over":
            with open(mine, "ab") as f:
                f.write(b"\0")
        else:
            os.replace(shutil.copy(theirs, mine + ".new"), mine)
        err = run.communicate(docs, timeout=30)[1].decode()
        if how == "written over":
            t.equal("written over: exit", run.returncode, fl.IO)
            t.check("written over: it says so", f"the plugin {mine} was written over while it ran" in err, err)
            t.equal("written over: nothing is published", fl.content(out), b"")
        else:
            t.check("replaced: done", run.returncode == fl.DONE and fl.content(out) == docs, err)
        t.equal(f"{how}: nothing is left", fl.leftovers(folder), [])


def hidden_locks(folder):
    """What the locks beside the outputs say."""
    found = []
    for name in os.listdir(folder) if os.path.isdir(folder) else []:
        if name.endswith(".sluice-lock"):
            with contextlib.suppress(FileNotFoundError), open(os.path.join(folder, name), "rb") as f:
                found.append(f.read())
    return found


signal.signal(signal.SIGPIPE, signal.SIG_DFL)
fl.Test().main(
    test_full_disk,
    test_limit_on_files,
    test_standard_output,
    test_in_the_way,
    test_numbered_runs,
    test_two_at_once,
    test_side_by_side,
    test_same_output,
    test_plugin_written_over,
)
