"""Files that are missing, unreadable, odd, or that change while they are read; and their names."""

import gzip
import os
import signal
import subprocess
import threading

import faultlib as fl

TWO = """
stages:
  - use: source.jsonl
    name: first
    path: ${pipe}
  - use: source.jsonl
    name: second
    path: ${in}
  - use: sink.jsonl
    from: [first, second]
    path: ${out}/part-{shard}.jsonl
"""
NOBODY = 65534


def refused(t, what, r, code, *words):
    t.equal(f"{what}: exit", r.code, code)
    t.check(f"{what}: message", r.said(*words), r.err)
    t.check(f"{what}: one error", r.err.count("error:") == 1, r.err)


def test_nothing_there(t):
    """What is not there is a mistake that is told before anything is read or written."""
    os.makedirs(t.path("empty"))
    t.write("hidden/.a.jsonl", fl.documents(1))
    cases = [
        ("a missing file", t.path("missing.jsonl"), "missing.jsonl"),
        ("a file in a missing folder", t.path("no/such/file"), "no/such/file"),
        ("a glob without a match", t.path("*.nothing"), "no file matches"),
        ("a deep glob without a match", t.path("**/*.nothing"), "no file matches"),
        ("an empty folder", t.path("empty"), "has no files"),
        ("a folder of hidden files", t.path("hidden"), "has no files"),
        ("a file as a folder", t.write("file", "") + "/x", "file/x"),
    ]
    for what, path, words in cases:
        r, out = t.lines(path)
        refused(t, what, r, fl.CONFIG, words)
        t.check(
            f"{what}: no trace",
            not os.path.exists(r.folder) and not fl.content(out),
            fl.tree(os.path.dirname(r.folder)),
        )
    os.symlink(t.path("gone"), t.path("dangling.jsonl"))
    r, _ = t.lines(t.path("dangling.jsonl"))
    refused(t, "a link that leads nowhere", r, fl.CONFIG, "dangling.jsonl")
    r, _ = t.lines(t.path("*.jsonl"))
    t.check(
        "a glob that finds a link that leads nowhere", r.code in (fl.CONFIG, fl.IO) and r.said("dangling.jsonl"), r.err
    )
    r, _ = t.lines("/dev")
    t.check("a folder of devices", r.code != fl.DONE, (r.code, r.err))


def test_empty_files(t):
    for what, data, codec in (
        ("plain", b"", "plain"),
        ("zstd", fl.zstd(b""), "zstd"),
        ("gzip", gzip.compress(b""), "gzip"),
    ):
        for threads in (1, 7):
            r, out = t.lines(t.write(f"void/{what}", data), threads=threads)
            t.equal(f"an empty file, {what}: exit", r.code, fl.DONE)
            t.equal(f"an empty file, {what}: output", (fl.tree(out), fl.content(out)), (["part-00000.jsonl"], b""))
            i = r.manifest["inputs"][0]
            t.equal(f"an empty file, {what}: run.json", (i["records"], i["damage"], i["codec"]), (0, [], codec))
    r, out = t.lines("/dev/null")
    t.equal("/dev/null", (r.code, fl.content(out)), (fl.DONE, b""))


def test_loops(t):
    folder = t.fresh("loop")
    t.write(os.path.join(folder, "a/b/x.jsonl"), fl.documents(1))
    os.symlink(os.path.join(folder, "a"), os.path.join(folder, "a/b/up"))
    r, _ = t.lines(folder)
    refused(t, "a loop of folders", r, fl.CONFIG, "a loop of folders", "a/b/up")
    r, _ = t.lines(folder + "/**/*.jsonl")
    refused(t, "a loop of folders below **", r, fl.CONFIG, "a loop of folders")
    os.symlink("self", t.path("self"))
    r, _ = t.lines(t.path("self"))
    refused(t, "a link to itself", r, fl.CONFIG, "a loop of links")


def as_nobody():
    """In the child: root may read everything, so become somebody else."""
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)


def can_be_nobody(t):
    """May nobody run the program and write into our folder?"""
    os.chmod(t.work, 0o777)
    try:
        return (
            subprocess.run([t.sluice, "version"], preexec_fn=as_nobody, capture_output=True, check=False).returncode
            == 0
        )
    except (OSError, subprocess.SubprocessError):
        return False


def test_unreadable(t):
    """Of files, folders on the way, and outputs: exit 74, the path named."""
    root = os.geteuid() == 0
    if root and not can_be_nobody(t):
        t.skip("unreadable files", "this is root, and nobody may not run the program")
        return
    how = {"before": as_nobody} if root else {}
    folder = t.fresh("secret")
    file = t.write(os.path.join(folder, "in/x.jsonl"), fl.documents(3))
    own = t.fresh("own")

    def read(path, out):
        os.makedirs(os.path.join(own, str(t.made)), exist_ok=True)
        os.chmod(os.path.join(own, str(t.made)), 0o777)
        at = os.path.join(own, str(t.made))
        t.made += 1
        return t.run(fl.LINES, at, sets={"in": path, "out": out or os.path.join(at, "out")}, **how)

    t.equal("a readable file", read(file, None).code, fl.DONE)
    os.chmod(file, 0)
    refused(t, "an unreadable file", read(file, None), fl.IO, file, "Permission denied")
    refused(t, "a folder with an unreadable file", read(os.path.dirname(file), None), fl.IO, file, "Permission denied")
    os.chmod(file, 0o644)
    os.chmod(os.path.dirname(file), 0)
    refused(t, "an unreadable folder", read(os.path.dirname(file), None), fl.IO, "Permission denied")
    os.chmod(os.path.dirname(file), 0o755)
    closed = t.fresh("closed")
    os.chmod(closed, 0o555)
    refused(t, "an output folder that cannot be written", read(file, closed), fl.IO, closed, "Permission denied")
    refused(
        t, "an output folder that cannot be made", read(file, closed + "/deep/er"), fl.IO, closed, "Permission denied"
    )
    r = t.run(fl.LINES, t.fresh(), sets={"in": file, "out": t.path("x")}, flags=["--run-dir", closed + "/run"], **how)
    refused(t, "a run folder that cannot be made", r, fl.IO, closed, "Permission denied")
    t.equal("nothing is left in the closed folder", os.listdir(closed), [])


class Held:
    """A run whose first source is a FIFO: it waits there, so that the second file can be changed; then `go`. One thread
    does not read ahead."""

    def __init__(self, t, second, head="", threads=1):
        folder = t.fresh("held")
        self.pipe = os.path.join(folder, "pipe")
        os.mkfifo(self.pipe)
        self.out = os.path.join(folder, "out")
        self.folder = os.path.join(folder, "run")
        words = t.command(head + TWO, folder, threads=threads, sets={"pipe": self.pipe, "in": second, "out": self.out})
        self.process = subprocess.Popen(words, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
        alarm = threading.Timer(20, self.process.kill)
        alarm.start()
        self.writer = os.open(self.pipe, os.O_WRONLY)  # returns when sluice has it open: then all files have been found
        alarm.cancel()

    def go(self, data):
        os.write(self.writer, data)
        os.close(self.writer)
        err = self.process.communicate(timeout=30)[1].decode("utf-8", "replace")
        return fl.Result(self.process.returncode, "", err, self.folder)


def test_files_that_change(t):
    """Between the time when they are found and when they are read."""
    docs, first = fl.documents(4000), fl.documents(3, 90000)
    half = docs[: docs.index(b"\n", len(docs) // 2) + 1]
    for on_error in ("fail", "skip_file"):
        head = f"on_error: {on_error}\nsplit_bytes: 40k\n"
        file = t.write("vanishes.jsonl", docs)
        held = Held(t, file, head)
        os.unlink(file)
        r = held.go(first)
        t.equal(f"a file that vanishes, {on_error}: exit", r.code, fl.IO)
        t.check(f"a file that vanishes, {on_error}: message", r.said("vanishes.jsonl", "No such file"), r.err)
        t.equal(f"a file that vanishes, {on_error}: nothing is published", fl.content(held.out) or b"", b"")
        t.equal(f"a file that vanishes, {on_error}: nothing is left", fl.leftovers(held.out), [])

        file = t.write("shrinks.jsonl", docs)
        held = Held(t, file, head)
        os.truncate(file, len(half))
        r = held.go(first)
        t.equal(f"a file that shrinks, {on_error}: exit", r.code, fl.IO if on_error == "fail" else fl.DONE)
        t.check(f"a file that shrinks, {on_error}: message", r.said("shrinks.jsonl", "shrank"), r.err)
        want = b"" if on_error == "fail" else first + half
        t.check(f"a file that shrinks, {on_error}: output", (fl.content(held.out) or b"") == want)
        if on_error != "fail":
            t.check(f"a file that shrinks, {on_error}: damage", len(r.damage()) >= 1, r.damage())
            t.equal(f"a file that shrinks, {on_error}: counts add up", fl.unbalanced(r.manifest), [])

    for threads in (1, 7):
        file = t.write("grows.jsonl", docs)
        held = Held(t, file, "split_bytes: 40k\n", threads)
        with open(file, "ab") as f:
            f.write(fl.documents(100, 50000))
        r = held.go(first)
        t.equal(f"a file that grows, {threads} threads: exit", r.code, fl.DONE)
        t.check(
            f"a file that grows, {threads} threads: what was there when it was found",
            fl.content(held.out) == first + docs,
        )
    file = t.write("packed.zst", fl.zstd(docs))
    held = Held(t, file)
    os.truncate(file, os.path.getsize(file) // 2)
    r = held.go(first)
    t.check("a zstd file that shrinks", r.code == fl.IO and r.said("packed.zst"), (r.code, r.err))
    t.equal("a zstd file that shrinks: nothing is published", fl.content(held.out) or b"", b"")


def test_pipes(t):
    """Standard input and FIFOs: every codec, damage too."""
    docs = fl.documents(3000)
    for what, data in (
        ("plain", docs),
        ("zstd", fl.zstd(docs)),
        ("gzip", gzip.compress(docs)),
        ("lz4", fl.lz4(docs)),
        ("nothing", b""),
    ):
        for threads in (1, 7):
            r, out = t.lines("-", stdin=data, threads=threads, head="split_bytes: 30k\n")
            want = docs if what != "nothing" else b""
            t.check(
                f"standard input, {what}, {threads} threads",
                r.code == fl.DONE and fl.content(out) == want,
                (r.code, r.err),
            )
    cut = fl.zstd(docs)[:100000]
    r, out = t.lines("-", stdin=cut)
    t.check("standard input that is cut off", r.code == fl.IO and r.said("cut off"), (r.code, r.err))
    t.equal("standard input that is cut off: nothing is published", fl.content(out) or b"", b"")
    r, out = t.lines("-", stdin=cut, head="on_error: skip_file\n")
    got = fl.content(out) or b""
    t.check(
        "standard input that is cut off, skip_file",
        r.code == fl.DONE and len(got) > 100000 and docs.startswith(got),
        r.err,
    )
    r = t.run(
        fl.LINES.replace("path: ${in}", 'path: ["-", "-"]').replace("${in}", ""),
        sets={"out": t.path("twice")},
        stdin=docs,
    )
    t.check(
        "standard input twice is read once", r.code == fl.DONE and fl.content(t.path("twice")) == docs, (r.code, r.err)
    )
    closed = t.fresh()
    words = t.command(fl.LINES, closed, sets={"in": "-", "out": closed + "/out"})
    done = subprocess.run(["sh", "-c", 'exec "$@" <&-', "sh", *words], capture_output=True, check=False)
    t.check("standard input that is closed", done.returncode in (fl.DONE, fl.IO), (done.returncode, done.stderr))
    r, _ = t.lines(t.write("wide.jsonl", docs), flags=["--json"])
    t.check("what it prints is run.json", fl.json.loads(r.out)["state"] == "done", r.out[:80])


def test_names(t):
    """Of files: spaces, quotes, UTF-8, a newline, bytes that are no UTF-8, wildcards; in messages and in run.json."""
    docs = fl.documents(2)
    names = [
        "with space.jsonl",
        "quote'\".jsonl",
        "grüße-日本語-😀.jsonl",
        "new\nline.jsonl",
        "back\\slash.jsonl",
        "-dash.jsonl",
        "[bracket]*?.jsonl",
        "tab\there.jsonl",
        "{brace}.jsonl",
        "#hash: yes.jsonl",
        "$dollar${x}.jsonl",
        "%s%n.jsonl",
    ]
    for name in names:
        folder = t.fresh("names")
        file = os.path.join(folder, name)
        t.write(file, docs)
        out = os.path.join(folder, "out")
        r = t.run(fl.LINES, sets={"in": file, "out": out})
        if not t.equal(f"a file named {name!r}: exit", r.code, fl.DONE):
            print(r.err)
            continue
        t.equal(f"a file named {name!r}: run.json", r.manifest["inputs"][0]["path"], file)
        t.equal(f"a file named {name!r}: output", fl.content(out), docs)
        r, _ = t.lines(folder, head="on_error: skip_file\n")
        t.check(f"a folder with {name!r}", r.code == fl.DONE, (r.code, r.err))
        t.write(file, fl.zstd(docs)[:-6])
        r, _ = t.lines(file)
        t.check(f"a damaged file named {name!r}", r.code == fl.IO and r.said(name.splitlines()[0]), r.err)
        if "{" not in name:
            folder = t.fresh("names")
            out = os.path.join(folder, "out " + name)
            r = t.run(fl.LINES, sets={"in": t.write("plain.jsonl", docs), "out": out})
            t.check(f"an output folder named {name!r}", r.code == fl.DONE and fl.content(out) == docs, (r.code, r.err))
    raw = os.fsencode(t.fresh("names")) + b"/\xff\xfe.jsonl"
    with open(raw, "wb") as f:
        f.write(docs)
    r, out = t.lines(os.path.dirname(raw.decode("utf-8", "surrogateescape")))
    t.check("a name that is no UTF-8", r.code == fl.DONE and fl.content(out) == docs, (r.code, r.err))
    t.check("a name that is no UTF-8: run.json is JSON", r.code == fl.DONE and r.manifest["inputs"][0]["records"] == 2)


def test_locales(t):
    """None changes a byte."""
    docs = b'{"text":"I\xc4\xb1\xc4\xb0i 1.5"}\n' + fl.documents(200)
    file = t.write("locale.jsonl", docs)
    pipeline = "on_reject: quarantine\n" + fl.LINES.replace(
        "  - use: sink", "  - use: filter.length\n    min: 60\n    unit: chars\n  - use: sink"
    )
    have = (
        subprocess.run(["locale", "-a"], capture_output=True, check=False)
        .stdout.decode("utf-8", "replace")
        .lower()
        .split()
    )
    wanted = [{"LC_ALL": "C"}, {"LANG": "C", "LC_ALL": ""}, {"LC_ALL": "C.UTF-8"}, {"LC_ALL": "no_SUCH.locale"}]
    for name in ("tr_TR.UTF-8", "de_DE.UTF-8"):
        if name.lower().replace("utf-8", "utf8") in have or name.lower() in have:
            wanted.append({"LC_ALL": name})
        else:
            t.skip(f"locale {name}", "it is not installed")
    seen = set()
    for env in wanted:
        folder = t.fresh()
        out = os.path.join(folder, "out")
        r = t.run(pipeline, folder, env=env, sets={"in": file, "out": out})
        t.equal(f"{env}: exit", r.code, fl.DONE)
        q = [{k: v for k, v in line.items()} for line in r.quarantine()]
        seen.add((fl.digest(out), fl.json.dumps(q)))
    t.equal("the same bytes in all locales", len(seen), 1)


signal.signal(signal.SIGPIPE, signal.SIG_DFL)
fl.Test().main(
    test_nothing_there,
    test_empty_files,
    test_loops,
    test_unreadable,
    test_files_that_change,
    test_pipes,
    test_names,
    test_locales,
)
