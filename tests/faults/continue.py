"""Runs that are killed, stopped or fail, and are continued by the same command: the bytes and the counts of a run that
nobody interrupted. usage: continue.py SLUICE [KILLS]; KILLS: how many in all, 60 by default."""

import os
import random
import signal
import sys
import time

import continuing as co
import faultlib as fl

KILLS = int(sys.argv[2]) if len(sys.argv) > 2 else int(os.environ.get("SLUICE_KILLS", "60"))
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
        flags, how = how_it_runs()
        g.ends_well(f"{where}, then {how} {flags}", *flags, **how)
        continued += g.continued()
    print(f"{what}: {n} times killed, {continued} continued from a mark; a run takes {g.seconds:.2f} s")
    return continued


def test_kills(t):
    inputs = t.path("in")
    co.make_inputs(inputs, large=True)
    share = max(KILLS // 8, 2)
    t.check("some were continued", kills(t, "fits", co.FITS, inputs, KILLS - 4 * share) > 0)
    kills(t, "kept", co.KEPT, inputs, share)
    kills(t, "sorted", co.SORTED, inputs, share)
    kills(t, "damaged", co.DAMAGED, inputs, share)
    kills(t, "ordered", co.ORDERED, inputs, share)


if __name__ == "__main__":
    random.seed(SEED)
    print(f"SLUICE_FAULTS_SEED={SEED}", flush=True)
    fl.Test().main(test_kills)
