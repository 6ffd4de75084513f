"""What the tests in this folder share: a folder to work in, running sluice, counting checks. Standard library only."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import traceback

# A slow machine is no reason to leave something that can be continued: whoever wants marks asks for them.
os.environ.setdefault("SLUICE_MARK_MS", "1000000000")

DONE, BAD_DATA, IO, AGAIN, CONFIG = 0, 65, 74, 75, 78  # exit codes
SKIPPED = 77  # what ctest takes for "skipped"
REPOSITORY = os.path.realpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
SAMPLES = os.path.join(REPOSITORY, "pipelines/samples")

# A pipeline that reads ${in} and writes ${out}; tests put head keys before it.
LINES = """
stages:
  - use: source.jsonl
    path: ${in}
  - use: sink.jsonl
    path: ${out}/part-{shard}.jsonl
"""


class Result:
    """One run of sluice: exit code, what it printed, its folder."""

    def __init__(self, code, out, err, folder):
        self.code, self.out, self.err, self.folder = code, out, err, folder

    def said(self, *words):
        """Are all these words somewhere in the messages?"""
        return all(w in self.err for w in words)

    @property
    def manifest(self):
        with open(os.path.join(self.folder, "run.json"), encoding="utf-8") as f:
            return json.load(f)

    def stage(self, name):
        return next(s for s in self.manifest["stages"] if s["name"] == name)

    def damage(self):
        """Sentences of all inputs, in order."""
        return [text for i in self.manifest["inputs"] for text in i["damage"]]

    def quarantine(self):
        """Its lines, taken apart."""
        packed = os.path.join(self.folder, "quarantine.jsonl.zst")
        return [
            json.loads(line) for line in unzstd(packed).split(b"\n")[:-1]
        ]  # str.splitlines knows other ends of lines


class Test:
    """Counts checks, and owns a folder that goes away. `sluice` is the program, `work` the folder."""

    def __init__(self):
        self.sluice = os.path.realpath(sys.argv[1])
        self.work = tempfile.mkdtemp(prefix="sluice-faults-", dir=quick_folder())
        self.passed = self.failed = self.skipped = self.made = 0

    def path(self, *names):
        return os.path.join(self.work, *names)

    def write(self, name, data):
        """A file below the work folder, its folders too; returns its path."""
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as f:
            f.write(data if isinstance(data, bytes) else data.encode("utf-8"))
        return path

    def fresh(self, stem="case"):
        """A new folder."""
        self.made += 1
        path = self.path(f"{stem}-{self.made}")
        os.makedirs(path)
        return path

    def check(self, what, good, detail=""):
        if good:
            self.passed += 1
            return True
        self.failed += 1
        print(f"FAILED {what}{': ' if detail != '' else ''}{detail}", flush=True)
        return False

    def equal(self, what, got, want):
        return self.check(what, got == want, f"{shorten(got)}, not {shorten(want)}")

    def skip(self, what, why):
        self.skipped += 1
        print(f"skipped {what}: {why}", flush=True)

    def command(self, pipeline, folder, threads=2, sets=None, flags=()):
        """The words of a run of `pipeline` (text) whose files lie in `folder`."""
        file = os.path.join(folder, "pipeline.yaml")
        with open(file, "w", encoding="utf-8") as f:
            f.write(pipeline)
        words = [self.sluice, "run", file, "--threads", str(threads), "--run-dir", os.path.join(folder, "run")]
        for name, value in (sets or {}).items():
            words += ["--set", f"{name}={value}"]
        return words + list(flags)

    def run(self, pipeline, folder=None, timeout=60, stdin=b"", env=None, before=None, cwd=None, **how):
        """Runs it to its end. `before` is called in the child before it becomes sluice."""
        folder = folder or self.fresh()
        words = self.command(pipeline, folder, **how)
        given = {"stdin": stdin} if not isinstance(stdin, bytes) else {"input": stdin}
        done = subprocess.run(
            words,
            capture_output=True,
            timeout=timeout,
            check=False,
            preexec_fn=before,
            cwd=cwd,
            env={**os.environ, **(env or {})},
            **given,
        )
        return Result(
            done.returncode,
            done.stdout.decode("utf-8", "replace"),
            done.stderr.decode("utf-8", "replace"),
            os.path.join(folder, "run"),
        )

    def lines(self, source, head="", folder=None, **how):
        """Runs LINES over `source`; the result and the folder of its output."""
        folder = folder or self.fresh()
        out = os.path.join(folder, "out")
        return self.run(head + LINES, folder, sets={"in": source, "out": out}, **how), out

    def main(self, *tests):
        """Runs the functions one by one; a test that breaks off counts as failed. Ends the process."""
        try:
            for test in tests:
                began = time.monotonic()
                try:
                    test(self)
                except Exception:  # a check that cannot even be made is one that failed
                    traceback.print_exc(file=sys.stdout)
                    self.check(test.__name__, False, "broke off")
                print(f"{test.__name__} {time.monotonic() - began:.1f} s", flush=True)
        finally:
            subprocess.run(["chmod", "-R", "u+rwX", self.work], check=False)
            shutil.rmtree(self.work, ignore_errors=True)
        print(f"{self.passed} passed, {self.failed} failed" + (f", {self.skipped} skipped" if self.skipped else ""))
        sys.exit(1 if self.failed else SKIPPED if not self.passed else 0)


def quick_folder():
    """Memory, where there is enough of it: every run syncs its files. None: the usual place."""
    try:
        room = os.statvfs("/dev/shm")
        return "/dev/shm" if room.f_bavail * room.f_frsize > 2 << 30 and os.access("/dev/shm", os.W_OK) else None
    except OSError:
        return None


def shorten(value):
    text = repr(value)
    return text if len(text) < 400 else text[:200] + " … " + text[-200:]


def unzstd(path):
    return subprocess.run(["zstd", "-dcq", path], check=True, capture_output=True).stdout


def zstd(data, *flags):
    """Through the program: Python has no zstd. One frame."""
    return subprocess.run(["zstd", "-qc", *flags], input=data, check=True, capture_output=True).stdout


def lz4(data, *flags):
    return subprocess.run(["lz4", "-qc", *flags], input=data, check=True, capture_output=True).stdout


def documents(n, begin=0, words=12):
    """n lines of JSON with texts that do not compress to nothing."""
    lines = []
    for i in range(begin, begin + n):
        text = hashlib.shake_128(b"%d" % i).hexdigest(5 * words // 2 + 1)
        lines.append(json.dumps({"id": f"doc-{i}", "text": " ".join(text[k : k + 5] for k in range(0, 5 * words, 5))}))
    return ("\n".join(lines) + "\n").encode("utf-8")


def tree(folder):
    """Names below a folder, sorted."""
    return sorted(os.path.relpath(os.path.join(at, f), folder) for at, _, files in os.walk(folder) for f in files)


def content(folder):
    """All bytes of the shards in a folder, in order; None if it is not there."""
    if not os.path.isdir(folder):
        return None
    parts = []
    for name in tree(folder):
        with open(os.path.join(folder, name), "rb") as f:
            parts.append(f.read())
    return b"".join(parts)


def digest(folder):
    """Of names and bytes of all files below a folder."""
    h = hashlib.sha256()
    for name in tree(folder):
        with open(os.path.join(folder, name), "rb") as f:
            h.update(os.fsencode(name) + b"\0" + hashlib.sha256(f.read()).digest())
    return h.hexdigest()


def leftovers(*folders):
    """Temporary files: what no run may leave behind."""
    return [n for f in folders for n in tree(f) if ".sluice-" in n or n.endswith(".tmp")]


def unbalanced(manifest):
    """Stages of a run.json whose counts do not add up: in = kept + rejected + errors + absorbed."""
    bad = []
    for s in manifest["stages"]:
        if s["in"] != s["kept"] + sum(s["rejected"].values()) + sum(s["errors"].values()) + s["absorbed"]:
            bad.append(s["name"])
    return bad
