"""Hostile texts, lists and models before every stage that looks at text: each document is kept or counted with its
reason, the same for all threads and batches; what cannot be a list or a model is refused before anything is read."""

import json
import os

import faultlib as fl

LONG = 40_000  # bytes; texts of 100 MB are measured (tools/bench)
SMALL = fl.REPOSITORY + "/tests/fuzz/corpus/fasttext/plain"  # a model of two words and two labels

PIECES = ["a", "word ", "one line of prose. ", "a\n", "\n", ".", "...", "\u2026 ", "'", "- x\n", "12,34 ", "#", "{"]
PIECES += ["https://example.com/a?b=c&", ":-)", "a@b.co ", "1.2.3.4 ", "lorem ipsum ", "\r\n", "\u2028", "\0", "\ufeff"]
PIECES += ["x" * 65, "\U0001f600", "\u0301", "\u05e9\u05dc\u05d5\u05dd ", "\u202e", "\u0378", "\U0010fffe", "\ufdd0"]
PIECES += ["\ufdfa", "\uac00", "\xdf", "\u0130", "\u03a3", "\u5404\u3005", "\u0e01", "\u0e33"]
PIECES += ["\U000e0001", "\U0001f1e9\U0001f1ea", "\U0001f469\u200d\U0001f467"]
ODD = (0, 9, 10, 13, 0x85, 0xA0, 0x301, 0x2028, 0x378, 0xFEFF, 0x1F600, 0x10FFFF)
TEXTS = [""] + [chr(c) for c in (*range(0x20, 0x7F), *ODD)]
TEXTS += PIECES + [p * 100 for p in PIECES] + [p * (LONG // len(p.encode())) for p in PIECES]
TEXTS += [a + b for a in PIECES for b in PIECES]
TEXTS += ["\u0301" * LONG + "e" + "\u0316\u0301" * LONG, "a'" + "\u0301" * LONG]

PLAIN = (
    "filter.gopher_quality",
    "filter.gopher_repetition, mode: annotate, as: said",
    "filter.fineweb_quality, mode: annotate, as: said",
    "stats.text, columns: [{ measure: mean_word_length, as: mean }]",
)
STAGES = [f"{use}, splitter: {s}" for s in ("whitespace", "wordpunct", "unicode", "spacy_en") for use in PLAIN]
STAGES += [
    "filter.gopher_repetition",
    "filter.c4_quality, end_mark: false",
    "filter.c4_quality, variant: tfds, mode: annotate, as: said",
    "filter.c4_paragraph, min_paragraphs: 1",
    "filter.url, column: text, domains: [LIST], urls: [LIST], words: [LIST]",
    "filter.url, column: text, soft_words: [LIST], subwords: [LIST], patterns: [LIST]",
    "filter.bad_words, lists: [{ language: en, path: LIST }]",
    "filter.bad_words, lists: [{ language: ja, path: LIST }], default_language: ja, keep_fraction: 0.5",
    "language.identify",
    f"language.identify, model: {SMALL}",
    f"classify.fasttext, model: {SMALL}, variant: datatrove, scores: [{{ label: en, as: en }}]",
    "refine.pii, phones: true",
    "refine.unicode",
    "refine.unicode, form: nfkd, zero_width: all, soft_hyphens: true, max_blank_lines: 0",
    "refine.lines",
]

ONE = """
on_reject: quarantine
batch_rows: %d
split_bytes: %s
stages:
  - { use: source.jsonl, path: "${in}" }
  - { use: %s }
  - { use: sink.jsonl, path: "${out}/part-{shard}.jsonl" }
"""


def run_one(t, stage, file, threads=2, rows=64, split="8M"):
    """A run with that stage; the result and the folder of its output."""
    folder = t.fresh()
    out = os.path.join(folder, "out")
    return t.run(ONE % (rows, split, stage), folder, threads=threads, sets={"in": file, "out": out}, timeout=300), out


def test_texts(t):
    """None is lost, none twice, and decisions and bytes depend on nothing but the text."""
    lines = [json.dumps({"id": f"t{k}", "text": text}) + "\n" for k, text in enumerate(TEXTS)]
    file = t.write("texts.jsonl", "".join(lines))
    words = t.write("list", "word\nbad word\nexample.com\n\u5404\n\u0430\u0301\n")
    for stage in STAGES:
        seen = []
        for threads, rows, split in ((1, 1024, "8M"), (2, 3, "100k")):
            r, out = run_one(t, stage.replace("LIST", words), file, threads, rows, split)
            where = f"{stage}, {threads} threads"
            if not t.equal(f"{where}: exit", r.code, fl.DONE):
                print(r.err)
                break
            t.equal(f"{where}: counts add up", fl.unbalanced(r.manifest), [])
            kept = [json.loads(line)["id"] for line in fl.content(out).split(b"\n")[:-1]]
            held = r.quarantine() if os.path.exists(os.path.join(r.folder, "quarantine.jsonl.zst")) else []
            found = sorted(kept + [q["record"]["id"] for q in held])
            t.equal(f"{where}: all are there", found, sorted(f"t{k}" for k in range(len(TEXTS))))
            seen.append((fl.content(out), [(q["record"]["id"], q["reason"], q.get("value")) for q in held]))
        t.check(f"{stage}: the same for all threads and batches", seen[0] == seen[-1])


def test_million_words(t):
    """What was taken for a document of so many words is given back; the next one is judged as if it were the first."""
    texts = "ab " * 1_100_000, "one two three\n" * 9 + "four"
    most, least = [json.dumps({"id": "a", "text": text}) + "\n" for text in texts]
    for splitter in ("whitespace", "spacy_en"):
        stage = f"filter.gopher_repetition, mode: annotate, as: said, splitter: {splitter}"
        runs = [run_one(t, stage, t.write("words.jsonl", text), 1) for text in (most + least, least)]
        after, alone = [(fl.content(out) or b"").split(b"\n")[:-1] for _, out in runs]
        t.equal(f"{splitter}: exit", [r.code for r, _ in runs], [fl.DONE, fl.DONE])
        t.equal(f"{splitter}: the next one", after[1:], alone)
        said = json.loads(after[0])
        want = ("top_2_gram", 5 * 1_099_999 / 3_300_000)
        t.equal(f"{splitter}: the large one", (said["said"], said["said_value"]), want)


def refused(t, what, stage, code, *said):
    """Before anything is written."""
    r, out = run_one(t, stage, t.path("one.jsonl"))
    t.equal(f"{stage}: {what}: exit", r.code, code)
    t.check(f"{stage}: {what}: message", r.said("error:", *said) and r.err.count("error:") == 1, r.err[:500])
    t.check(f"{stage}: {what}: nothing is published", not fl.content(out))


def test_lists(t):
    """Stages that read lists say which file is wrong, where, and how."""
    t.write("one.jsonl", '{"id":"a","text":"example.com/word","url":"http://example.com/word"}\n')
    os.makedirs(t.path("folder"))
    wrong = [
        ("missing", t.path("missing"), fl.CONFIG, "cannot open", "missing"),
        ("a folder", t.path("folder"), fl.IO, "folder"),
        ("not UTF-8", t.write("latin1", b"word\nna\xefve\n"), fl.CONFIG, "line 2 is not UTF-8"),
        ("UTF-16", t.write("utf16", "word\n".encode("utf-16")), fl.CONFIG, "UTF-16"),
        ("gzip", t.write("gzip", b"\x1f\x8b\x08" + b"\0" * 40), fl.CONFIG, "compressed (gzip)"),
        ("a line of 10 MB", t.write("long", b"word\n" + b"x" * 10_000_000), fl.CONFIG, "line 2 is longer than"),
        ("10 MB without a newline", t.write("endless", b"x" * 10_000_000), fl.CONFIG, "line 1 is longer than"),
    ]
    nothing = [
        ("empty", t.write("empty", ""), fl.CONFIG, "lists nothing"),
        ("blank lines", t.write("blank", "\n\r\n\n"), fl.CONFIG, "lists nothing"),
        ("only a byte order mark", t.write("mark", b"\xef\xbb\xbf"), fl.CONFIG, "lists nothing"),
    ]
    users = [("filter.bad_words, lists: [{ language: en, path: LIST }]", b"word")]
    finds = (("domains", b"example.com"), ("urls", b"example.com/word"), ("words", b"word"))
    finds += (("soft_word_threshold: 1, soft_words", b"word"), ("subwords", b"word"), ("patterns", b"word"))
    users += [(f"filter.url, column: text, {kind}: [LIST]", line) for kind, line in finds]
    for what, path, code, *said in wrong:
        refused(t, what, f"filter.list, keep: listed, path: {path}", code, *said)  # of ids, which may be empty
    for user, line in users:
        for what, path, code, *said in wrong + nothing:
            refused(t, what, user.replace("LIST", path), code, *said)
        for what, data in (("CRLF", b"other\r\n" + line + b"\r\n"), ("a byte order mark", b"\xef\xbb\xbf" + line)):
            r, out = run_one(t, user.replace("LIST", t.write("good", data)), t.path("one.jsonl"))
            t.equal(f"{user}: {what}", (r.code, fl.content(out)), (fl.DONE, b""))


def test_models(t):
    """Cut off at any place, of another kind, no file, or too large for memory."""
    t.write("one.jsonl", '{"id":"a","text":"the word"}\n')
    os.makedirs(t.path("folder"), exist_ok=True)
    os.mkfifo(t.path("pipe"))
    with open(t.path("sparse"), "wb") as f:
        f.truncate(1 << 42)
    with open(SMALL, "rb") as f:
        whole = f.read()
    wrong = [
        ("missing", t.path("missing"), "cannot open"),
        ("a folder", t.path("folder"), "is no file"),
        ("a pipe", t.path("pipe"), "is no file"),
        ("4 TB", t.path("sparse"), "more than this run may hold"),
        ("a text", t.write("text", "word\n" * 100), "does not begin like one"),
        ("a program", t.sluice, "does not begin like one"),
        ("a byte too many", t.write("more", whole + b"\0"), "follow its end"),
    ]
    for n in (*range(0, len(whole), 9), len(whole) - 1):
        wrong.append((f"{n} bytes", t.write(f"cut-{n}", whole[:n]), "is no fastText model that can be used", "at byte"))
    for use in ("language.identify", "classify.fasttext"):
        for what, path, *said in wrong:
            refused(t, what, f"{use}, model: {path}", fl.CONFIG, *said)


fl.Test().main(test_texts, test_million_words, test_lists, test_models)
