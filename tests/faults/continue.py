"""Runs that are killed, stopped or fail, and are continued by the same command: the bytes and the counts of a run that
nobody interrupted. usage: continue.py SLUICE [KILLS]; KILLS: how many in all, else
SLUICE_KILLS, 40 by default."""

import os
import random
import re
import resource
import shutil
import signal
import sys
import time

import continuing as co
import faultlib as fl

KILLS = int(sys.argv[2]) if len(sys.argv) > 2 else int(os.environ.get("SLUICE_KILLS", "40"))
SEED = int(os.environ.get("SLUICE_FAULTS_SEED", time.time_ns() % 100000))


def how_it_runs():
    """Threads, memory and spilling are nobody's business: each attempt may have others."""
    flags = random.choice([[], ["--spill", "always"], ["--memory", "64M"]])
    return flags, {"threads": random.choice([1, 2, 3, 5]), "env": {"SLUICE_MARK_MS": random.choice(["0", "2", "20"])}}


def kills(t, what, pipeline, inputs, n):
    g = co.Ground(t, pipeline, inputs)
    continued = 0
    for k, moment in enumerate(co.moments(g, n)):
        where = f"{what}, kill {k}"
        g.clear()
        for again in range(random.choice([1, 1, 2, 3])):
            signum = random.choice([signal.SIGKILL, signal.SIGKILL, signal.SIGKILL, signal.SIGTERM])
            flags, how = how_it_runs()
            after = moment if again == 0 else random.uniform(0, g.seconds)
            code = g.kill(after, *flags, what=signum, **how)
            where += f", {signum.name} after {after:.4f} s {how} {flags}"
            t.check(f"{where}: exit", code in (fl.DONE, fl.AGAIN, -signum), code)
            if code == fl.DONE or g.is_done():
                break
        flags, how = how_it_runs()
        if code == fl.DONE:
            g.is_right(f"{where}, too late")
        elif g.is_done():
            g.has_results(f"{where}, too late")
        else:
            g.ends_well(f"{where}, then {how} {flags}", *flags, **how)
        continued += g.continued()
    print(f"{what}: {n} times killed, {continued} continued from a mark; a run takes {g.seconds:.2f} s")
    return continued


def test_kills(t):
    inputs = t.path("in")
    co.make_inputs(inputs, large=True)
    share = max(KILLS // 10, 1)
    n = kills(t, "marked", co.MARKED, inputs, KILLS - 7 * share)
    n += kills(t, "fits", co.FITS, inputs, 2 * share)
    t.check("some were continued from a mark", n > 0 or not KILLS, n)
    kills(t, "kept", co.KEPT, inputs, share)
    kills(t, "sorted", co.SORTED, inputs, share)
    kills(t, "costly", co.COSTLY, inputs, share)
    kills(t, "damaged", co.DAMAGED, inputs, share)
    kills(t, "ordered", co.ORDERED, inputs, share)


# ---- one reason after the other ----


def interrupted(t, g, *flags, least=4, **how):
    """Kills runs until one left a mark that is worth something."""
    how = {"threads": 1, "env": {"SLUICE_MARK_MS": "0"}, **how}
    for _ in range(20):
        g.clear()
        if g.kill_when(lambda: g.marked_at() >= least, *flags, **how) is not None and g.marked():
            return True
    return t.check("a run was killed behind a mark", False)


def test_what_changed(t):
    """Of another input, pipeline or plugin nothing is mixed with what is there."""
    inputs = t.path("changing")
    co.make_inputs(inputs)
    g = co.Ground(t, co.MARKED, inputs)
    want = g.want
    plain = os.path.join(inputs, "plain.jsonl")
    with open(plain, "rb") as f:
        before = f.read()

    def began_anew(where, pipeline=co.MARKED, sets=None):
        other = co.Ground(t, pipeline, inputs, sets)
        g.want = other.want
        g.ends_well(where, continued=False)

    interrupted(t, g)
    with open(plain, "wb") as f:
        f.write(before.replace(b'"doc-8990"', b'"DOC-8990"'))
    began_anew("an input changed in place")
    interrupted(t, g)
    with open(plain, "wb") as f:
        f.write(before)
    began_anew("an input changed back")
    interrupted(t, g)
    os.rename(plain, plain + ".away")
    r = g.run()
    t.equal("an input is away: exit", r.returncode, fl.CONFIG)
    os.rename(plain + ".away", plain)
    g.want = want
    g.ends_well("an input was away for a while")
    interrupted(t, g)
    changed = co.MARKED.replace("min: 40", "min: 41")
    g.write(changed)
    began_anew("an option changed", changed)
    g.write(co.MARKED)
    interrupted(t, g)
    g.want = want
    g.ends_well("--fresh", "--fresh", continued=False)


def test_plugin_changed(t):
    """Other bytes of a plugin: another digest, and the work begins anew."""
    inputs, plugins = t.path("in-plugin"), t.fresh("plugins")
    co.make_inputs(inputs)
    g = co.Ground(t, co.MARKED, inputs)
    here = os.path.join(os.path.dirname(t.sluice), "../lib/sluice/plugins/dedup.so")
    there = shutil.copy(here, plugins)
    g.env["SLUICE_PLUGIN_PATH"] += ":" + plugins
    if not interrupted(t, g):
        return
    with open(there, "ab") as f:
        f.write(b"\0")
    r = g.run()
    t.equal("a plugin changed: exit", r.returncode, fl.DONE)
    t.equal("a plugin changed: continued", g.continued(), False)
    got = g.result()
    t.check("a plugin changed: files", got["files"] == g.want["files"], co.differences(got["files"], g.want["files"]))
    t.equal("a plugin changed: left behind", g.left(), [])


def test_what_is_missing(t):
    """A mark that is gone or damaged, outputs that are gone or short, states that are gone."""
    inputs = t.path("in-missing")
    co.make_inputs(inputs)
    g = co.Ground(t, co.MARKED, inputs)

    def temporary():
        out = os.path.join(g.folder, "out")
        return sorted(os.path.join(out, n) for n in os.listdir(out) if n.startswith("."))

    def states(change):
        folder = os.path.join(g.folder, "runs/states")
        for name in os.listdir(folder):
            change(os.path.join(folder, name))

    for what, change in (
        ("no progress file", lambda: os.unlink(g.last("progress"))),
        ("an empty progress file", lambda: os.truncate(g.last("progress"), 0)),
        ("a progress file cut off", lambda: cut(g.last("progress"))),
        ("a flipped bit in the progress file", lambda: damage(g.last("progress"))),
        ("no splits.part", lambda: os.unlink(g.last("splits.part"))),
        ("splits.part cut off", lambda: os.truncate(g.last("splits.part"), 3)),
        ("temporary outputs that are gone", lambda: [os.unlink(p) for p in temporary()]),
        ("one temporary output that is gone", lambda: os.unlink(random.choice(temporary()))),
        ("temporary outputs that are empty", lambda: [os.truncate(p, 0) for p in temporary()]),
        ("temporary outputs with more at their end", lambda: [append(p) for p in temporary()]),
        ("states that are gone", lambda: states(os.unlink)),
        ("states with a flipped bit", lambda: states(damage)),
        ("states cut off", lambda: states(cut)),
    ):
        if interrupted(t, g):
            change()
            g.ends_well(what)


def test_earlier_passes(t):
    """What passes before the last put into the quarantine stands there once, whether they are run again or not."""
    inputs = t.path("in-passes")
    co.make_inputs(inputs, large=True)
    for what, pipeline, least in (("a port", co.FITS, 4), ("a sort", co.SORTED, 1), ("a port and a sort", co.BOTH, 1)):
        g = co.Ground(t, pipeline, inputs)
        if interrupted(t, g, least=least):
            g.ends_well(f"{what}, behind a mark", continued=True)
        if interrupted(t, g, least=least):
            shutil.rmtree(os.path.join(g.folder, "runs/states"), ignore_errors=True)
            g.ends_well(f"{what}, behind a mark, without states", continued=True)
        if interrupted(t, g, least=least):
            os.unlink(g.last("progress"))
            g.ends_well(f"{what}, its mark is gone", continued=False)


def test_before_the_mark(t):
    """Killed or stopped when a port was fitted and nothing marked yet."""
    inputs = t.path("in-before")
    co.make_inputs(inputs)
    g = co.Ground(t, co.FITS, inputs)
    states = os.path.join(g.folder, "runs/states")
    for signum in (signal.SIGKILL, signal.SIGTERM):
        g.clear()
        g.kill_when(lambda: os.path.isdir(states) and os.listdir(states), what=signum, env={"SLUICE_MARK_MS": "100000"})
        t.check(f"{signum.name} before a mark", not g.marked() and not g.published(), g.published())
        g.ends_well(f"{signum.name} before a mark", continued=False)


def test_kept(t):
    """What passes have kept is there for the process that goes on: nothing above it runs again. Killed behind a mark,
    and when a pass had kept something and nothing was marked yet."""
    inputs = t.path("in-kept")
    co.make_inputs(inputs, large=True)
    for what, pipeline, least in (
        ("kept", co.KEPT, 4),
        ("kept, no port", co.MARKED.replace("materialize: never", "materialize: always"), 4),
        ("costly", co.COSTLY_FITS, 4),
        ("costly, sorted", co.COSTLY, 1),
    ):
        g = co.Ground(t, pipeline, inputs)
        g.run()
        read = max(g.reads())
        for moment in ("behind a mark", "its mark is gone", "as soon as a sweep was over", "and once more"):
            g.clear()
            if "mark" in moment:
                interrupted(t, g, least=least)
            else:
                env = {"SLUICE_MARK_MS": "100000"}
                g.kill_when(g.is_kept, *how_it_runs()[0], env=env)
            if moment == "its mark is gone":
                os.unlink(g.last("progress"))
            if moment == "and once more":
                g.kill_when(lambda: "an earlier process kept" in g.log(), **how_it_runs()[1])
            flags, how = how_it_runs()
            where = f"{what}, {moment}, then {how} {flags}"
            if t.check(f"{where}: something is kept", g.is_kept()):
                g.ends_well(where, *flags, continued=True if moment == "behind a mark" else None, **how)
            # What a port or a sort dropped straight into the quarantine is only there behind the mark.
            if moment != "its mark is gone" or what == "kept, no port":
                t.check(f"{where}: goes on with it", "going on with documents" in g.log(), g.log())
                t.check(f"{where}: documents read", max(g.reads()) < read, (g.reads(), read))


def test_kept_damaged(t):
    """What was kept is gone or damaged: it is made again, at once or by the run after the one that met it."""
    inputs = t.path("in-kept-damaged")
    co.make_inputs(inputs)
    g = co.Ground(t, co.KEPT, inputs)

    def stores(change):
        folder = g.last("kept")
        for name in os.listdir(folder):
            change(os.path.join(folder, name))

    for what, change, met in (
        ("no index", lambda: os.unlink(g.last("kept.index")), False),
        ("an index with a flipped bit", lambda: damage(g.last("kept.index")), False),
        ("an index cut off", lambda: cut(g.last("kept.index")), False),
        ("no documents", lambda: shutil.rmtree(g.last("kept")), False),
        ("documents cut off", lambda: stores(cut), False),
        ("documents with a flipped bit in the last block", lambda: stores(damage_end), True),
        ("other files", lambda: append(g.last("kept", "99.0")), False),
    ):
        if not interrupted(t, g):
            continue
        change()
        r = g.run()
        if met and t.equal(f"{what}: exit", r.returncode, fl.IO):
            said = r.stderr.decode()
            t.check(f"{what}: says", "is damaged" in said and "The same command begins anew" in said, said)
            t.equal(f"{what}: left behind", g.left(), [])
            g.ends_well(f"{what}, the run after", continued=False)
        elif t.equal(f"{what}: exit", r.returncode, fl.DONE):
            t.equal(f"{what}: continued", g.continued(), what == "other files")
            g.is_right(what)


def test_kept_stopped(t):
    """SIGTERM before there is a mark: the next run goes on with what was kept, and one with --fresh does not."""
    inputs = t.path("in-kept-stopped")
    co.make_inputs(inputs)
    g = co.Ground(t, co.KEPT, inputs)
    env = {"SLUICE_MARK_MS": "100000"}
    for flags in ((), ("--fresh",)):
        g.clear()
        if t.equal("stopped", g.kill_when(g.is_kept, what=signal.SIGTERM, env=env), fl.AGAIN):
            t.check("stopped: kept", g.is_kept())
            g.ends_well(f"stopped, then {flags}", *flags)
            t.equal(f"stopped, then {flags}: goes on", "going on with documents" in g.log(), not flags)


def test_states_of_what_was_kept(t):
    """A run that found its fits, and goes on when they are gone or damaged: its last pass would read what is kept then,
    so it begins anew, at once."""
    inputs = t.path("in-found")
    co.make_inputs(inputs)
    g = co.Ground(t, co.MARKED.replace("materialize: never", "materialize: always"), inputs)
    for what, change in (("gone", os.unlink), ("cut off", lambda path: os.truncate(path, 1000))):
        g.clear()
        t.equal("a run that leaves its states: exit", g.run().returncode, fl.DONE)
        if not t.check("killed behind a mark", g.kill_when(lambda: g.marked_at() >= 4, env={"SLUICE_MARK_MS": "0"})):
            continue
        for name in os.listdir(os.path.join(g.folder, "runs/states")):
            change(os.path.join(g.folder, "runs/states", name))
        g.ends_well(f"states that are {what}", continued=False)


def damage(path):
    with open(path, "r+b") as f:
        flip(f, random.randrange(os.path.getsize(path)))


def damage_end(path):
    with open(path, "r+b") as f:
        flip(f, os.path.getsize(path) - 1)


def flip(f, at):
    f.seek(at)
    byte = f.read(1)[0]
    f.seek(at)
    f.write(bytes([byte ^ 1 << random.randrange(8)]))


def cut(path):
    os.truncate(path, random.randrange(os.path.getsize(path)))


def append(path):
    with open(path, "ab") as f:
        f.write(b"more" * 1000)


def test_two_at_once(t):
    """A person and a cron job: one of them is told to come again, also while the other continues."""
    inputs = t.path("in-two")
    co.make_inputs(inputs)
    g = co.Ground(t, co.MARKED, inputs)
    for continued in (False, True):
        if continued:
            interrupted(t, g)
        both = [g.start(), g.start()]
        codes = sorted(p.communicate(timeout=120) and p.returncode for p in both)
        if t.equal(f"two at once, continued {continued}: exits", codes, [fl.DONE, fl.AGAIN]):
            g.is_right(f"two at once, continued {continued}")
        g.clear()


def test_stopped_again(t):
    """SIGTERM to a run that was continued, before it could write a mark of its own: the old one stays."""
    inputs = t.path("in-again")
    co.make_inputs(inputs)
    g = co.Ground(t, co.MARKED, inputs)
    if not interrupted(t, g):
        return
    at = g.marked_at()
    code = g.kill_when(g.continued, what=signal.SIGTERM, env={"SLUICE_MARK_MS": "100000"})
    if code == fl.AGAIN:
        t.check("stopped again: the mark", g.marked() and g.marked_at() >= at, (g.marked(), g.marked_at(), at))
        g.ends_well("stopped again", continued=True)
    else:
        g.is_right("stopped too late")


def test_full_disk(t):
    """A file that may not grow any more; then there is room again, and it goes on."""
    inputs = t.path("in-full")
    co.make_inputs(inputs)
    g = co.Ground(t, co.MARKED, inputs)

    def small(room):
        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))

        return limit

    continued = 0
    for room in (300, 3000, 20000, 100000, 200000, 290000, 400000, 600000):
        g.clear()
        r = g.run(before=small(room), env={"SLUICE_MARK_MS": "0"})
        if r.returncode == fl.DONE:
            continue
        t.equal(f"files of {room} bytes at most: exit", r.returncode, fl.IO)
        t.check(f"files of {room} bytes at most: nothing is published", not g.published(), g.published())
        if not g.marked():
            t.equal(f"files of {room} bytes at most: left behind", g.left(), [])
        g.ends_well(f"after files of {room} bytes at most")
        continued += g.continued()
    t.check("some were continued after a full disk", continued > 0)


def test_killed_while_publishing(t):
    """Some shards have their names, others have not."""
    inputs = t.path("in-publish")
    co.make_inputs(inputs)
    for what, pipeline in (("marked", co.MARKED), ("fits", co.FITS)):
        g = co.Ground(t, re.sub("shard_records: [0-9]+", "shard_records: 40", pipeline), inputs)
        for k in range(5):
            g.clear()
            if g.kill_when(lambda k=k: len(g.published()) > 20 * k, env={"SLUICE_MARK_MS": "20"}) is not None:
                where = f"{what}, killed while publishing {k}"
                t.check(where, len(g.published()) > 0)
                if g.is_done():
                    g.has_results(f"{where}, too late")
                else:
                    g.ends_well(where)


if __name__ == "__main__":
    random.seed(SEED)
    print(f"SLUICE_FAULTS_SEED={SEED}", flush=True)
    fl.Test().main(
        test_what_changed,
        test_plugin_changed,
        test_what_is_missing,
        test_earlier_passes,
        test_before_the_mark,
        test_kept,
        test_kept_damaged,
        test_kept_stopped,
        test_states_of_what_was_kept,
        test_two_at_once,
        test_stopped_again,
        test_full_disk,
        test_killed_while_publishing,
        test_kills,
    )
