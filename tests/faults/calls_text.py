"""For calls.py: a pipeline of every stage that reads text, and what it reads."""

import json
import os
import struct
import subprocess

import faultlib as fl

# Each splitter, every kind of list, both ways of telling languages. ${mode}: drop or annotate.
TEXTS = """
name: kills
seed: 5
on_reject: quarantine
split_bytes: 8k
batch_rows: 8
vars: { mode: drop }
stages:
  - use: source.jsonl
    path: ${in}/texts.jsonl
  - use: filter.url
    mode: ${mode}
    domains: [ "${in}/domains.txt" ]
    urls: [ "${in}/urls.txt" ]
    words: [ "${in}/words.txt" ]
    soft_words: [ "${in}/soft.txt" ]
    subwords: [ "${in}/subwords.txt" ]
    patterns: [ "${in}/patterns.txt" ]
    public_suffixes: ${in}/suffixes.dat
  - use: filter.bad_words
    mode: ${mode}
    lists: [ { language: en, path: "${in}/bad.txt" }, { language: ja, path: "${in}/bad.txt" } ]
    keep_fraction: 0.1
  - use: refine.unicode
    form: nfkc
    zero_width: all
    soft_hyphens: true
    max_blank_lines: 1
LANGUAGES
  - use: filter.gopher_repetition
    mode: ${mode}
    splitter: unicode
  - use: filter.gopher_quality
    mode: ${mode}
    splitter: spacy_en
  - use: filter.c4_quality
    mode: ${mode}
    min_sentences: 2
  - use: filter.c4_paragraph
    mode: ${mode}
    min_paragraphs: 1
    min_paragraph_length: 100
  - use: filter.fineweb_quality
    mode: ${mode}
    splitter: wordpunct
  - use: refine.lines
    mode: ${mode}
    max_removed_ratio: 0.3
  - use: refine.pii
    phones: true
  - use: stats.text
    columns: [ { measure: words, as: n_words }, { measure: dup_line_frac, as: repeated } ]
  - use: sink.jsonl
    path: out/texts-{shard}.jsonl.zst
    shard_records: 10
  - use: sink.null
    from: refine.pii
"""
LANGUAGES = """  - use: language.identify
  - use: filter.language
    mode: ${mode}
    keep: [ en ]
    min_score: 0.5
  - use: language.identify
    name: again
    model: ${in}/tiny.bin
    as: fast
    score_as: fast_score
  - use: classify.fasttext
    variant: datatrove
    model: ${in}/grams.ftz
    scores: [ { label: fr, as: french } ]
"""


URLS = {
    3: "https://bad.com/a",
    5: "https://www.spam.co.uk/",
    8: "http://forum.good.com/",
    11: "http://good.com/this/one",
    13: "http://good.com/casino/",
    15: "http://good.com/free-money",
    18: "http://good.com/thexXxplace",
    20: "http://good.com/page4711.html",
}
# What makes a document differ from plain prose, at its end.
EXTRAS = [
    "",
    "\n\nMail me at some.one@mail.example.org or at 8.8.8.8, or call +1 (555) 010-2233 before the winter comes again.",
    "\r\n\r\n\r\n\r\nCafe\u0301 \ufb01ne \u200bsoft\u00adly, with more  \t\nwords\u2028in the\u0085next line of it.\x07\n",
    "\n12345\n3 likes\nRead more...\nThat was [1] all of it and the end [citation needed].\nSHOUTING LINE HERE\n",
    "\nA line which is there again, and then once more.\nA line which is there again, and then once more.\n",
]
DROPPED = [
    "",
    "one two",
    "The casino of the wicked is a badword and it has been with us for all of the time that we know of.",
    "Le chat est sur la table et le chien dort dans la maison de mon voisin, qui ne le sait pas encore ce matin.",
    "the same the same the same the same the same the same the same the same",
    "# # # ... … ... # # -- ++ 1 2 3 4 5 6 7 8 9\n" * 8,
    "\n".join(["- a bullet of the list, and it is to be with that", "Lorem ipsum dolor { sit }"] * 12),
    "這是一個用中文寫的句子，看看語言識別是否正常工作。\u3000\u30b0\u30ed" * 3,
]


def has_languages(sluice):
    return subprocess.run([sluice, "inspect", "language.identify"], capture_output=True, check=False).returncode == 0


def pipeline(languages):
    """languages: are those stages there? Who builds without fastText and CLD2 has none."""
    return TEXTS.replace("LANGUAGES\n", LANGUAGES if languages else "")


def documents():
    speeches = fl.unzstd(os.path.join(fl.SAMPLES, "speeches.jsonl.zst")).split(b"\n")[:-1]
    texts = [t for t in (json.loads(s)["text"] for s in speeches) if 500 < len(t) < 2200][:24]
    whole = "\n".join(texts)  # many times longer than what came before
    texts = [t + EXTRAS[k % len(EXTRAS)] for k, t in enumerate(texts)]
    for k, text in enumerate([*texts, *DROPPED, whole, *texts[:3]]):
        yield {"id": f"doc-{k}", "text": text, "url": URLS.get(k, f"https://user@www.example{k}.co.uk:8080/{k}")}


def model(loss, buckets=0, quantized=False):
    """Two words, two labels, as in tests/unit/plugins/test_language_model.c."""

    def rows(n, values):
        if not quantized:
            return struct.pack(f"<qq{2 * n}f", n, 2, *values[: 2 * n])
        codes = struct.pack("<qqi", n, 2, 2 * n) + bytes(37 * i % 256 for i in range(2 * n))
        return b"\0" + codes + struct.pack("<4i512f", 2, 2, 1, 1, *(i % 7 / 4 for i in range(512)))

    grams = 3 if buckets else 0
    head = (793712314, 12, 2, 5, 5, 1, 5, 2 if buckets else 1, loss, 3, buckets, grams, grams, 100, 0, 4, 2, 2, 20, -1)
    data = struct.pack("<14iqiiiqq", *head)
    for name, count, kind in (b"the", 6, 0), (b"le", 4, 0), (b"__label__en", 6, 1), (b"__label__fr", 4, 1):
        data += name + b"\0" + struct.pack("<qb", count, kind)
    data += struct.pack("b", quantized) + rows(2 + buckets, [3, 0, 0, 3] + [1, 0, 0, 1] * buckets)
    return data + struct.pack("b", quantized) + rows(2, [1, 0, 0, 1])


def make_inputs(folder):
    def put(name, data):
        with open(os.path.join(folder, name), "wb") as f:
            f.write(data)

    put("texts.jsonl", b"".join(json.dumps(d).encode() + b"\n" for d in documents()))
    put("domains.txt", b"# comment\nbad.com\nspam.co.uk\nforum.good.com\n")
    put("urls.txt", b"http://good.com/this/one\n")
    put("words.txt", b"casino\n")
    put("soft.txt", b"free\nmoney\n")
    put("subwords.txt", b"xxx\n")
    put("patterns.txt", b"page[0-9]{4}\\.html$\n(a|b)*c\n")
    put("suffixes.dat", b"// ===BEGIN ICANN DOMAINS===\ncom\nuk\nco.uk\n*.ck\n!www.ck\n// ===END ICANN DOMAINS===\n")
    put("bad.txt", "badword\nグロ\nvery bad phrase\n".encode())
    put("tiny.bin", model(loss=3))
    put("grams.ftz", model(loss=1, buckets=8, quantized=True))
