"""datatrove beside us."""
import os
import shutil
import statistics
import subprocess
import sys
import tempfile

from .core import PASS, ROOT, Failed, Run

DATATROVE = "datatrove==0.10.1"

PEER = """
import sys, time
from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.readers import JsonlReader
from datatrove.pipeline.writers import JsonlWriter
folder, name, out = sys.argv[1:]
job = LocalPipelineExecutor(
    pipeline=[JsonlReader(folder, glob_pattern=name), JsonlWriter(out, compression="zstd")],
    tasks=1, logging_dir=out + "/log", skip_completed=False)
began = time.process_time()
job.run()
print("cpu", time.process_time() - began)
"""


def peer(bench, python, source):
    def measured():
        folder = tempfile.mkdtemp(dir=bench.scratch)
        done = subprocess.run([python, "-c", PEER, os.path.dirname(source), os.path.basename(source), folder],
                              capture_output=True, text=True)
        shutil.rmtree(folder, ignore_errors=True)
        if done.returncode:
            raise Failed("datatrove: " + done.stderr[-1000:])
        return Run(float(done.stdout.split()[-1]), 0, 0)
    return measured


def peers(bench):
    bounds = {"docs_win32": 5, "docs_cpp": 5, "prose_nltk": 5, "tldr_multilingual": 10}
    with bench.case("datatrove") as wanted:
        if not wanted:
            return
        python = peer_python()
        for name, bound in bounds.items():
            source = f"{bench.data}/{name}.jsonl.zst"
            ours, theirs = bench.rounds(max(3, bench.options.rounds // 2), bench.sluice(PASS % "", source), peer(bench, python, source))
            value = statistics.median(y.cpu / x.cpu for x, y in zip(ours, theirs))
            a, b = [statistics.median(r.cpu for r in side) for side in (ours, theirs)]
            bench.row(f"pass through, {name}, CPU", f"{a:.3f} s", f"datatrove {b:.2f} s", f"{value:.1f} times as fast", f"≥ {bound}", value >= bound)


def peer_python(*more):
    """The Python of a virtual environment with datatrove and further packages, made where it is missing."""
    folder = os.path.join(ROOT, "build", "bench-venv")
    python = os.path.join(folder, "bin", "python")
    probe = [python, "-c", "import datatrove, orjson, zstandard" + "".join(", " + name.split("==")[0] for name in more)]
    if not os.path.exists(python) or subprocess.run(probe, capture_output=True).returncode:
        for step in ([sys.executable, "-m", "venv", folder], [python, "-m", "pip", "install", "-q", DATATROVE, "orjson", "zstandard", *more]):
            print(" ".join(step), file=sys.stderr)
            done = subprocess.run(step, capture_output=True, text=True)
            if done.returncode:
                raise Failed("datatrove could not be installed (wants python3-venv and a package index): " + (done.stderr or done.stdout)[-300:].replace("\n", " "))
    return python
