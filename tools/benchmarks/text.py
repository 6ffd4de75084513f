"""The quality filters and the text library, on plain prose, which drops nothing early; datatrove's filters beside them."""
import json
import os
import shutil
import statistics
import struct
import subprocess
import tempfile

from .core import PASS, Failed
from .corpora import prose, some_of, unpack
from .peers import peer_python

FILTERS = "gopher_repetition", "gopher_quality", "c4_quality", "fineweb_quality"  # in FineWeb's order
ALONE = {"gopher_quality": 90, "fineweb_quality": 90, "c4_quality": 80, "gopher_repetition": 75}

# Its words: spaCy's, or those of str.split(). Its sentences: spaCy's, as ours; or, so that nothing of spaCy runs, the cheapest there are.
PEER = """
import re, sys, time
from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.filters import C4QualityFilter, FineWebQualityFilter, GopherQualityFilter, GopherRepetitionFilter
from datatrove.pipeline.readers import JsonlReader
from datatrove.pipeline.writers import JsonlWriter
from datatrove.utils.word_tokenizers import SpaCyTokenizer, load_word_tokenizer
class Words(SpaCyTokenizer):
    def word_tokenize(self, text):
        return text.split()
class Plain(Words):
    def span_tokenize(self, text):
        return [m.span() for m in re.finditer("[^.?!]+[.?!]*", text)]
folder, name, out, splitter = sys.argv[1:]
words = Words("en") if splitter != "spacy_en" else "en"
sentences = Plain("en") if splitter == "plain" else "en"
for tokenizer in (words, sentences):
    load_word_tokenizer(tokenizer).span_tokenize("Warm. Now.")
job = LocalPipelineExecutor(
    pipeline=[JsonlReader(folder, glob_pattern=name), GopherRepetitionFilter(language=words), GopherQualityFilter(language=words),
              C4QualityFilter(filter_no_terminal_punct=False, language=sentences), FineWebQualityFilter(language=words), JsonlWriter(out, compression="zstd")],
    tasks=1, logging_dir=out + "/log", skip_completed=False)
began = time.process_time()
job.run()
print("cpu", time.process_time() - began)
"""


def stage(name, splitter, more=""):
    words = "" if name == "c4_quality" else f", splitter: {splitter}"
    marks = ", end_mark: false" if name == "c4_quality" else ""
    return f"  - {{ use: filter.{name}{words}{marks}{more} }}\n"


def peer(bench, splitter):
    """Its MB of JSON a CPU second, once: it takes a hundred times as long, so it gets less to do."""
    source = some_of(bench, 2 if splitter == "plain" else 16)
    folder = tempfile.mkdtemp(dir=bench.scratch)
    done = subprocess.run([peer_python("spacy==3.8.18", "regex"), "-c", PEER, os.path.dirname(source), os.path.basename(source), folder, splitter],
                          capture_output=True, text=True)
    shutil.rmtree(folder, ignore_errors=True)
    if done.returncode:
        raise Failed("datatrove: " + done.stderr[-1000:])
    return len(unpack(source)) / 1e6 / float(done.stdout.split()[-1])


def speeds(bench, runs, size):
    """Rows of pipelines that are measured in turn: (what, stages, bound). Their medians in MB of JSON a CPU second."""
    source, found = prose(bench), []
    results = bench.rounds(bench.options.rounds, *(bench.sluice(PASS % stages, source) for _, stages, _ in runs))
    for (what, _, bound), result in zip(runs, results):
        cpu = statistics.median(r.cpu for r in result)
        found.append(size / cpu)
        bench.row(f"{what}, prose_nltk eight times, CPU", f"{cpu:.3f} s", "", f"{found[-1]:.0f} MB/s", f"≥ {bound} MB/s" if bound else "", found[-1] >= bound)
    return found


def filters(bench):
    with bench.case("quality filters") as wanted:
        if not wanted:
            return
        size = len(unpack(prose(bench))) / 1e6
        four = {splitter: "".join(stage(name, splitter) for name in FILTERS) for splitter in ("whitespace", "spacy_en")}
        measured = "".join(stage(name, "whitespace", f", mode: annotate, as: {name}") for name in FILTERS)
        runs = [("pass through", "", 0), ("four quality filters, whitespace", four["whitespace"], 60), ("the same, everything measured", measured, 45),
                ("four quality filters, spacy_en", four["spacy_en"], 20)]
        runs += [(f"filter.{name} alone", stage(name, "whitespace"), bound) for name, bound in ALONE.items()]
        found = speeds(bench, runs, size)
        for splitter, what, ours, bound in (("plain", "whitespace, its sentences by a regular expression", found[1], 50),
                                            ("whitespace", "whitespace, the same results", found[1], 50),
                                            ("spacy_en", "spacy_en, the same results", found[3], 100)):
            with bench.case("quality filters"):
                theirs = peer(bench, splitter)
                bench.row(f"four quality filters, {what}, CPU", f"{ours:.0f} MB/s", f"datatrove {theirs:.2f} MB/s", f"{ours / theirs:.0f} times as fast", f"≥ {bound}", ours / theirs >= bound)


def primitives(bench):
    with bench.case("text primitives") as wanted:
        if not wanted:
            return
        program = os.path.join(os.path.dirname(bench.options.sluice), "time_text")
        if not os.access(program, os.X_OK):
            raise Failed(f"no program at {program}")
        texts = [json.loads(line)["text"] for line in unpack(f"{bench.data}/prose_nltk.jsonl.zst").splitlines()]
        other = [json.loads(line)["text"] for line in unpack(f"{bench.data}/udhr_languages.jsonl.zst").splitlines()]
        groups = (("ASCII", [t for t in texts if t.isascii()], {"simplify": 150, "whitespace": 500, "wordpunct": 500}),
                  ("387 languages", other, {"simplify": 60}))
        for what, group, bounds in groups:
            path = os.path.join(bench.scratch, "texts")
            with open(path, "wb") as f:
                for text in map(str.encode, group):
                    f.write(struct.pack("=I", len(text)) + text)
            done = subprocess.run([program, path], capture_output=True, text=True)
            if done.returncode:
                raise Failed("time_text: " + done.stderr)
            for name, size, seconds in (line.split() for line in done.stdout.splitlines()):
                speed, bound = int(size) / 1e6 / float(seconds), bounds.get(name)
                bench.row(f"text library, {name}, {what}", f"{float(seconds):.3f} s", "", f"{speed:.0f} MB/s", f"≥ {bound} MB/s" if bound else "", not bound or speed >= bound)
