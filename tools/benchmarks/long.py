"""One document of 100 MB, of every shape that is hard for somebody: seconds, not minutes, and twice as long for twice as much."""
import os

from .core import READ, ROOT
from .corpora import apart

MB = 10**6
MODEL = os.path.join(ROOT, "tests/fuzz/corpus/fasttext/plain")

# What a document repeats, as it stands in JSON; the bytes of text in it. "numbers" counts instead, so that no word stands there again.
SHAPES = {
    "one word": ("word ", 5), "short words": ("a ", 2), "one line": ("The rain in Spain stays mainly in the plain. ", 45), "lines": ("a\\n", 2),
    "one letter": ("a", 1), "emoji": ("😀", 4), "combining marks": ("\u0301", 2), "newlines": ("\\n", 1), "dots": (".", 1), "a URL": ("https://example.com/a?b=c&d=", 27),
    "smileys": (":-)", 3), "addresses": ("a@b.co ", 7), "NULs": ("\\u0000", 1), "Hebrew": ("שלום ", 9), "numbers": (None, 10),
}
ANNOTATE = ", mode: annotate, as: said"
STAGES = {"reading": ""}
for _splitter in ("whitespace", "wordpunct", "unicode", "spacy_en"):
    STAGES[f"stats.text, {_splitter}"] = f"  - use: stats.text\n    splitter: {_splitter}\n"
STAGES.update({
    "filter.gopher_quality": f"  - {{ use: filter.gopher_quality, splitter: whitespace{ANNOTATE} }}\n",
    "filter.gopher_repetition": f"  - {{ use: filter.gopher_repetition, splitter: whitespace{ANNOTATE} }}\n",
    "filter.gopher_repetition, spacy_en": f"  - {{ use: filter.gopher_repetition, splitter: spacy_en{ANNOTATE} }}\n",
    "filter.c4_quality": f"  - {{ use: filter.c4_quality, end_mark: false, max_word_length: -1{ANNOTATE} }}\n",
    "filter.c4_quality, tfds": f"  - {{ use: filter.c4_quality, variant: tfds{ANNOTATE} }}\n",
    "filter.c4_paragraph": f"  - {{ use: filter.c4_paragraph{ANNOTATE} }}\n",
    "filter.fineweb_quality": f"  - {{ use: filter.fineweb_quality, splitter: whitespace{ANNOTATE} }}\n",
    "filter.url": "  - { use: filter.url, column: text, subwords: [%(list)s], words: [%(list)s], soft_words: [%(list)s], patterns: [%(patterns)s] }\n",
    "filter.bad_words": "  - { use: filter.bad_words, lists: [{ language: en, path: %(list)s }] }\n",
    "filter.bad_words, anywhere": "  - { use: filter.bad_words, lists: [{ language: ja, path: %(list)s }], default_language: ja }\n",
    "language.identify, CLD2": "  - use: language.identify\n",
    "language.identify, fastText": f"  - {{ use: language.identify, model: {MODEL} }}\n",
    "classify.fasttext": f"  - {{ use: classify.fasttext, model: {MODEL} }}\n",
    "refine.unicode": "  - { use: refine.unicode, form: nfkc, zero_width: all }\n",
    "refine.lines": "  - { use: refine.lines, max_removed_ratio: 1 }\n",
    "refine.pii": "  - { use: refine.pii, phones: true }\n",
})


def make(path, shape, size):
    piece, n = SHAPES[shape]
    with open(path + ".tmp", "w") as f:
        f.write('{"text":"')
        if piece:
            for _ in range(size // n // 1000):
                f.write(piece * 1000)
        else:
            for i in range(0, size // n, 1000):
                f.write("".join("%09d " % k for k in range(i, i + 1000)))
        f.write('"}\n')
    os.rename(path + ".tmp", path)


def documents(bench):
    with bench.case("long documents") as wanted:
        if not wanted:
            return
        lists = {name: os.path.join(bench.scratch, name) for name in ("list", "patterns")}
        for name, lines in (("list", "aab\naaaaab\nword worse\nmainly plain\n"), ("patterns", "(a|b)+c$\n")):
            with open(lists[name], "w") as f:
                f.write(lines)

        def once(stage, shape, size):
            path = os.path.join(bench.scratch, f"long-{shape.replace(' ', '-')}-{size}.jsonl")
            if not os.path.exists(path):
                apart(make, path, shape, size * MB)
            return bench.sluice("max_record_bytes: 1 GiB\n" + READ % (STAGES[stage] % lists), path)()

        for stage in STAGES:
            with bench.case("long documents"):
                found = {shape: once(stage, shape, 100) for shape in SHAPES}
                slowest, largest = max(found, key=lambda s: found[s].cpu), max(found, key=lambda s: found[s].rss)
                seconds, times = found[slowest].cpu, found[largest].rss / (100 * MB)
                half = once(stage, slowest, 50).cpu
                bench.row(f"{stage}, a document of 100 MB, the slowest: {slowest}, CPU", f"{seconds:.1f} s", f"50 MB {half:.1f} s",
                          f"{seconds / half:.1f} x; memory at most {times:.1f} times the document ({largest})", "≤ 20 s, 2.5 x", seconds <= 20 and seconds <= 2.5 * half)
