"""What the tests of failing calls share: a program that is started with fail_nth.c before it, whole runs and other commands
whose calls fail, and what must come of it."""

import collections
import errno
import os
import random
import re
import shutil
import subprocess
import sys
import time

import continuing as co
import faultlib as fl

SEED = int(os.environ.get("SLUICE_FAULTS_SEED", time.time_ns() % 100000))
MODE = os.environ.get("SLUICE_FAULTS", "")
ALL, PLACES = MODE == "all", MODE == "places"
SANITIZED = "SLUICE_SANITIZED" in os.environ  # a run takes ten times as long
EVERY = {"memory": 120 if SANITIZED else 12}
ERRORS = {
    "memory": [errno.ENOMEM],
    "read": [errno.EIO],
    "write": [errno.ENOSPC, errno.EIO],
    "open": [errno.EMFILE, errno.EACCES],
    "name": [errno.EXDEV, errno.EACCES],
    "stat": [errno.EACCES],
}
INTERNAL = 70


def names_of(path):
    """What a message may call a file: by its final name, or its folder."""
    name = re.sub(r"^\.|\.sluice-.*|\.\d+\.tmp$| \(deleted\)$", "", os.path.basename(path))
    return [name, os.path.basename(os.path.dirname(path)) or path]


class Calls:
    """A command of the program, whose calls fail. start(**fail) runs it, judge() looks at what it came to."""

    seen = set()  # places that failed before, in any command
    total = collections.Counter()  # calls that failed, by exit code

    def __init__(self, t, name, folder):
        self.t, self.name, self.shim = t, name, os.path.realpath(sys.argv[2])
        self.report = os.path.join(folder, "report")
        self.codes = collections.Counter()
        self.threads = 1

    def preloaded(self, **fail):
        """Environment."""
        # the sanitizer comes behind what is preloaded, and finds what is lost on the way
        asan = os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0:allocator_may_return_null=1"
        return {"LD_PRELOAD": self.shim, "FAIL_REPORT": self.report, "ASAN_OPTIONS": asan, **fail}

    def said(self):
        with open(self.report, encoding="utf-8", errors="replace") as f:
            return f.read().split("\n")[:-1]

    def calls(self):
        """(class, number, place) of every call of an undisturbed run."""
        self.undisturbed()
        number = collections.Counter()
        said = self.said()
        self.t.check(f"{self.name}: calls are seen", len(said) > 50, len(said))
        for line in said:
            kind, place = line.split()
            number[kind] += 1
            yield kind, number[kind], place

    def chosen(self):
        """All; or of each place that is new its first call, and with PLACES its last; else few of those of memory."""
        calls = list(self.calls())
        if ALL:
            return [call[:2] for call in calls]
        new = {}
        for kind, n, place in calls:
            if (kind, place) not in self.seen:
                new.setdefault((kind, place), []).append(n)
        self.seen.update(new)
        if PLACES:
            return sorted({(kind, n) for (kind, _), numbers in new.items() for n in (numbers[0], numbers[-1])})
        every, picked = {}, []
        for (kind, _), numbers in new.items():
            every.setdefault(kind, []).append(numbers[0])
        for kind, numbers in every.items():
            step = EVERY.get(kind, 6 if SANITIZED else 1)
            picked += [(kind, n) for n in numbers[random.randrange(step) :: step]]
        return picked

    def all(self, calls=None):
        began = time.monotonic()
        chosen = [call[:2] for call in calls] if calls and not ALL else self.chosen()
        for k, (kind, n) in enumerate(chosen):
            errors = ERRORS[kind]
            self.fail(kind, n, errors[k % len(errors)])
            if k % 3 == 0 and kind in ("memory", "write"):
                self.fail(kind, n, errors[0], on=True)
        self.total.update(self.codes)
        codes, seconds = dict(sorted(self.codes.items())), time.monotonic() - began
        print(f"{self.name}: {len(chosen)} calls, exit codes {codes}, {seconds:.0f} s", flush=True)

    def fail(self, kind, n, error, on=False):
        at = f"{kind}:{n}:{error}{':on' if on else ''}"
        r = self.start(FAIL_AT=at)
        said = self.said()
        if not said and self.threads > 1:
            return  # this time there were fewer calls
        call = said[0] if said else "no such call"
        where = f"{self.name}: FAIL_AT={at}, {call}"
        failed = self.t.failed
        self.codes[r.returncode] += 1
        # on: one of many failed, and some may fail in silence
        self.came_to(where, r, kind, error, None if on else call.partition(" ")[2])
        if self.t.failed != failed:
            print(f"  FAIL_AT={at} exit {r.returncode}: {r.stderr.decode('utf-8', 'replace').strip()}")
            print("\n".join("    " + line for line in self.where(said[1:])), flush=True)

    def judge(self, where, kind, path, error, code, err):
        """Exit code and message of what failed. path: of the call; None: any."""
        t, memory = self.t, kind == "memory"
        # what the pipeline names is not there
        early = kind in ("read", "open", "stat") and ("nothing was read" in err or "kills.yaml" in err or "unknown stage" in err)
        good = (INTERNAL, fl.IO) if memory else (fl.IO, fl.CONFIG) if early else (fl.IO,)
        t.check(f"{where}: exit", code in good, code)
        t.check(f"{where}: a message", err.startswith("error: ") or "error:" in err, err)
        words = ["memory"] if memory else [os.strerror(error)]
        t.check(f"{where}: says why", any(w in err for w in words), err)
        if not memory and path is not None:
            t.check(f"{where}: says what", any(name in err for name in names_of(path)), err)

    def where(self, frames):
        """Function and line of return addresses, as far as they are known."""
        for frame in frames[:10]:
            file, _, at = frame.rpartition("+")
            r = subprocess.run(["addr2line", "-Cfpse", file, at], capture_output=True, text=True, check=False)
            yield r.stdout.strip() or frame


class Sweep(Calls):
    """A run of a pipeline. `template`: what lies in its folder before each run."""

    def __init__(self, t, name, pipeline, inputs, flags=(), sets=None, marks=None, template=None, threads=1):
        self.g = co.Ground(t, pipeline, inputs, sets)
        super().__init__(t, name, self.g.folder)
        self.flags, self.template, self.threads = flags, template, threads
        self.env = {"SLUICE_MARK_MS": marks or "1000000000"}

    def begin(self):
        self.g.clear()
        if self.template:
            shutil.copytree(self.template, self.g.folder, dirs_exist_ok=True)

    def start(self, **fail):
        self.begin()
        return self.g.run(*self.flags, threads=self.threads, env={**self.env, **self.preloaded(**fail)})

    def undisturbed(self):
        r = self.start()
        self.t.equal(f"{self.name}: undisturbed", (r.returncode, r.stderr), (fl.DONE, b""))
        self.ended(f"{self.name}: undisturbed", True)
        self.t.equal(f"{self.name}: continued", self.g.continued(), bool(self.template and self.name.endswith("continued")))

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

    def came_to(self, where, r, kind, error, path):
        t, err = self.t, r.stderr.decode("utf-8", "replace")
        failed = t.failed
        swept = kind != "name" and not str(path).endswith("/kept")  # else the call that fails may be one that sweeps
        if r.returncode != fl.DONE:
            self.judge(where, kind, path, error, r.returncode, err)
            self.published(where)
            continues = self.g.marked() or self.g.is_kept()
            if swept and path is not None and not continues and "run.json" not in err:  # else as dead as one killed
                t.equal(f"{where}: left behind", self.g.left(), [])
        else:
            self.ended(where, swept)
        if t.failed == failed:  # also behind a run that is done: what it left must not mislead the next one
            again = self.g.run(*self.flags, threads=self.threads, env=self.env)
            t.equal(f"{where}: then", (again.returncode, again.stderr), (fl.DONE, b""))
            self.ended(f"{where}: then", swept)

    def published(self, where):
        """All or nothing, of a run that failed."""
        files, claims = self.g.published(), []
        if files and os.path.exists(self.g.last("run.json")):
            claims = [os.path.basename(c) for c in self.g.manifest()["claims"]]
        self.t.check(f"{where}: nothing is published", set(files) <= set(claims), files)
        for name in files:  # some have their names, and then all of their bytes
            with open(os.path.join(self.g.folder, "out", name), "rb") as f:
                self.t.equal(f"{where}: {name}", co.hash_of(f.read()), self.g.want["files"][name])

    def ended(self, where, swept):
        """As if nothing had happened?"""
        self.t.check(f"{where}: ends otherwise", (got := self.g.result()) == self.g.want, co.differences(got, self.g.want))
        if swept:
            self.t.equal(f"{where}: left behind", self.g.left(), [])


class Command(Calls):
    """A command that only looks, in a folder where a pipeline ran. It says the same as ever, or nothing and why."""

    def __init__(self, t, name, ground, *words):
        super().__init__(t, name, t.fresh("command"))
        self.g, self.words = ground, [t.sluice, *words]
        self.before = fl.tree(ground.folder)
        self.want = self.start()

    def start(self, **fail):
        return subprocess.run(
            self.words,
            cwd=self.g.folder,
            env={**self.g.env, **self.preloaded(**fail)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=120,
            check=False,
        )

    def undisturbed(self):
        r = self.start()
        self.t.equal(f"{self.name}: undisturbed", (r.returncode, r.stderr), (fl.DONE, b""))
        self.t.check(f"{self.name}: says something", r.stdout)

    def came_to(self, where, r, kind, error, path):
        if r.returncode == fl.DONE:
            self.t.equal(f"{where}: says otherwise", r.stdout, self.want.stdout)
        else:
            self.judge(where, kind, path, error, r.returncode, r.stderr.decode("utf-8", "replace"))
            self.t.check(f"{where}: says otherwise", self.want.stdout.startswith(r.stdout), r.stdout[-200:])
        self.t.equal(f"{where}: left behind", fl.tree(self.g.folder), self.before)
