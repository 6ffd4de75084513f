"""The table, and its place in tools/README.md."""
import os
import platform
import subprocess
import time

from .core import ROOT
from .peers import DATATROVE

MARKS = "<!-- bench: written by tools/bench --update -->", "<!-- /bench -->"


def first_line(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    return done.stdout.splitlines()[0].strip(" *") if done.stdout else "?"


def table(bench):
    with open("/proc/cpuinfo") as f:
        cpu = next((line.split(":")[1].strip() for line in f if line.startswith("model name")), platform.machine())
    lines = ["| what | Sluice | beside it | result | bound | held |", "| --- | --- | --- | --- | --- | --- |"]
    lines += ["| " + " | ".join(row) + " |" for row in bench.rows]
    lines += ["", f"{os.cpu_count()} cores of {cpu}; {first_line('gcc', '--version')}; {first_line('zstd', '--version')}; {DATATROVE}; "
              f"medians of {bench.options.rounds} interleaved pairs or more; {time.strftime('%Y-%m-%d')}. Made with `tools/bench --update`."]
    return "\n".join(lines)


def update(text):
    path = os.path.join(ROOT, "tools", "README.md")
    with open(path) as f:
        page = f.read()
    head, rest = page.split(MARKS[0])
    tail = rest.split(MARKS[1])[1]
    with open(path + ".tmp", "w") as f:
        f.write(f"{head}{MARKS[0]}\n{text}\n{MARKS[1]}{tail}")
    os.rename(path + ".tmp", path)
