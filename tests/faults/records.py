"""Hostile records: each is a counted reject with reason, file, place and bytes, or is kept byte for byte;
none stops a run."""

import json
import os
import subprocess

import faultlib as fl

GOOD = b'{"id":"good","text":"good"}'

# what, the line, its reason, words of the detail
BAD = [
    ("no JSON", b"this is no JSON", "bad_json", "no JSON"),
    ("JSON cut off", b'{"text":"cut', "bad_json", ""),
    ("a list", b'["text"]', "bad_json", "object"),
    ("a string", b'"text"', "bad_json", "object"),
    ("a number", b"17", "bad_json", "object"),
    ("null", b"null", "bad_json", "object"),
    ("a lonely brace", b"}", "bad_json", ""),
    ("an object that is not closed", b'{"text":"x"', "bad_json", ""),
    ("a comma too many", b'{"text":"x",}', "bad_json", ""),
    ("two objects", b'{"text":"one"}{"text":"two"}', "bad_json", "behind"),
    ("an object and more", b'{"text":"one"} # comment', "bad_json", "behind"),
    ("a duplicate key", b'{"text":"one","text":"two"}', "bad_json", "twice"),
    ("a duplicate key, one of them escaped", b'{"text":"one","te\\u0078t":"two"}', "bad_json", "twice"),
    ("a duplicate of another key", b'{"text":"one","n":1,"n":1}', "bad_json", "twice"),
    ("invalid UTF-8", b'{"text":"\xff\xfe"}', "bad_json", "UTF-8"),
    ("overlong UTF-8", b'{"text":"\xc0\xaf"}', "bad_json", "UTF-8"),
    ("a surrogate in UTF-8", b'{"text":"\xed\xa0\x80"}', "bad_json", "UTF-8"),
    ("beyond Unicode", b'{"text":"\xf4\x90\x80\x80"}', "bad_json", "UTF-8"),
    ("UTF-8 that is cut off", b'{"text":"\xe2\x82"}', "bad_json", "UTF-8"),
    ("invalid UTF-8 in a field nobody reads", b'{"text":"x","m":{"k":"\xff"}}', "bad_json", "UTF-8"),
    ("a lone high surrogate", b'{"text":"\\ud800"}', "bad_json", "surrogate"),
    ("a lone low surrogate", b'{"text":"\\udc00 x"}', "bad_json", "surrogate"),
    ("surrogates the wrong way round", b'{"text":"\\udc00\\ud800"}', "bad_json", "surrogate"),
    ("a bad escape", b'{"text":"\\x41"}', "bad_json", "escape"),
    ("a raw NUL in a text", b'{"text":"a\x00b"}', "bad_json", ""),
    ("a raw NUL behind", b'{"text":"x"}\x00', "bad_json", ""),
    ("only NULs", b"\x00" * 40, "bad_json", ""),
    ("a tab within a text", b'{"text":"a\tb"}', "bad_json", ""),
    ("a number with a zero in front", b'{"text":"x","n":01}', "bad_json", "number"),
    ("a number that is none", b'{"text":"x","n":1.}', "bad_json", "number"),
    ("NaN", b'{"text":"x","n":NaN}', "bad_json", ""),
    ("a byte order mark in the middle", b'\xef\xbb\xbf{"text":"x"}', "bad_json", ""),
    ("10,000 brackets", b'{"text":"x","d":' + b"[" * 10000 + b"1" + b"]" * 10000 + b"}", "bad_json", "deep"),
    ("10,000 brackets that do not close", b'{"text":"x","d":' + b"[" * 10000, "bad_json", ""),
    ("10,000 braces", b'{"a":' * 10000 + b"1" + b"}" * 10000, "bad_json", "deep"),
    ("UTF-16", '{"text":"x"}'.encode("utf-16-le"), "bad_json", ""),
    ("an empty object", b"{}", "no_text", "text"),
    ("no text", b'{"id":"a"}', "no_text", "text"),
    ("a text of another case", b'{"Text":"a"}', "no_text", "text"),
    ("a text that is null", b'{"text":null}', "no_text", "text"),
    ("a text that is a number", b'{"text":12}', "bad_field", "text"),
    ("a text that is a list", b'{"text":["a"]}', "bad_field", "text"),
    ("a text that is an object", b'{"text":{"text":"a"}}', "bad_field", "text"),
    ("a text that is true", b'{"text":true}', "bad_field", "text"),
]

KEPT = [
    b'{"text":""}',
    b'{"text":"\\u0000"}',
    b'{"text":"x","n":123456789012345678901234567890123456789012345678901234567890}',
    b'{"text":"x","n":-18446744073709551617,"m":1e400,"k":1E-9999,"z":-0,"y":0.10000000000000000000000000001}',
    b'{ "text" : "white space" , "n" : [ 1 , 2 ] }',
    b'{"t\\u0065xt":"an escaped key"}',
    b'{"text":"\\ud83d\\ude00 and \xf0\x9f\x98\x80"}',
    b'{"text":"\\/ \\b\\f\\n\\r\\t \\" \\\\"}',
    b'{"text":"x","":1,"a.b":2,"\\u0000":3}',
    b'{"text":"\xef\xbb\xbf within"}',
    b'{"text":"x","d":' + b"[" * 900 + b"1" + b"]" * 900 + b"}",
    b'{"text":"' + b"long " * 200000 + b'"}',
    b'{"text":"x","m":{"a":1,"a":2}}',
    b'{"text":"\x7f\xc2\x80\xef\xbf\xbf\xf4\x8f\xbf\xbf"}',
]


def test_bad_records(t):
    """All of them in one file, between good ones: exact counts, exact evidence, the same bytes for all ways to cut."""
    data, offsets = b"", []
    for _, line, _, _ in BAD:
        data += GOOD + b"\n"
        offsets.append(len(data))
        data += line + b"\n"
    file = t.write("bad.jsonl", data)
    want = {"bad_json": 0, "no_text": 0, "bad_field": 0, "too_large": 0}
    for _, _, reason, _ in BAD:
        want[reason] += 1
    seen = set()
    for threads, rows, split in (
        (1, 1024, "8M"),
        (2, 1, "8M"),
        (7, 64, "8M"),
        (1, 1, "500"),
        (2, 3, "500"),
        (7, 1024, "500"),
    ):
        head = f"on_reject: quarantine\nbatch_rows: {rows}\nsplit_bytes: {split}\n"
        r, out = t.lines(file, head=head, threads=threads)
        where = f"bad records, {threads} threads, {rows} rows, splits of {split}"
        if not t.equal(f"{where}: exit", r.code, fl.DONE):
            print(r.err)
            return
        t.equal(f"{where}: reasons", r.stage("source.jsonl")["errors"], want)
        t.equal(f"{where}: kept", fl.content(out), (GOOD + b"\n") * len(BAD))
        t.equal(f"{where}: counts add up", fl.unbalanced(r.manifest), [])
        lines = r.quarantine()
        for line in lines:
            line["pos"] = 0  # counts within the splits of a plan
        seen.add(json.dumps(lines))
        if threads == 1 and rows == 1024:
            check_evidence(t, file, offsets, lines)
    t.equal("bad records: one quarantine for all", len(seen), 1)


def check_evidence(t, file, offsets, lines):
    if not t.equal("quarantine: lines", len(lines), len(BAD)):
        return
    for (what, line, reason, words), offset, got in zip(BAD, offsets, lines):
        t.equal(f"{what}: stage", got["stage"], "source.jsonl")
        t.equal(f"{what}: reason", got["reason"], reason)
        t.equal(f"{what}: file", got["file"], file)
        t.equal(f"{what}: offset", got["value"], offset)
        t.check(f"{what}: detail", words in got["detail"], got["detail"])
        try:
            t.equal(f"{what}: raw", got["raw"], line.decode("utf-8"))
        except UnicodeDecodeError:  # what is no UTF-8 cannot stand in JSON
            t.check(
                f"{what}: raw", "\ufffd" in got["raw"] and got["raw"].startswith(line[:8].decode("ascii")), got["raw"]
            )


def test_quarantine_is_the_same(t):
    """The file itself, byte for byte, where the plan is the same."""
    lines = []
    for k, doc in enumerate(fl.documents(3000).splitlines()):
        lines += [doc, BAD[k % len(BAD)][1]] if k % 3 == 0 else [doc]
    file = t.write("many.jsonl", b"\n".join(lines) + b"\n")
    seen = set()
    for threads, rows in ((1, 1024), (2, 1024), (7, 1024), (1, 1), (7, 1)):
        r, out = t.lines(file, head=f"on_reject: quarantine\nsplit_bytes: 10k\nbatch_rows: {rows}\n", threads=threads)
        with open(os.path.join(r.folder, "quarantine.jsonl.zst"), "rb") as f:
            seen.add((f.read(), fl.digest(out), json.dumps(r.stage("source.jsonl")["errors"])))
    t.equal("quarantine: the same bytes for threads 1, 2, 7 and batches of one", len(seen), 1)


def test_kept(t):
    """Legal, however odd: leaves as it came."""
    data = b"\n".join(KEPT) + b"\n"
    for threads, rows in ((1, 1024), (7, 1)):
        r, out = t.lines(t.write("kept.jsonl", data), head=f"batch_rows: {rows}\n", threads=threads)
        t.equal("legal records: exit", r.code, fl.DONE)
        got = (fl.content(out) or b"").split(b"\n")[:-1]
        t.equal("legal records: number", len(got), len(KEPT))
        for want, line in zip(KEPT, got):
            t.equal("a legal record", line, want)
    edited = fl.LINES.replace(
        "  - use: sink", "  - use: map.fields\n    set: [{ column: added, value: v }]\n  - use: sink"
    )
    out = t.path("edited")
    r = t.run(edited, sets={"in": t.write("kept.jsonl", data), "out": out})
    got = (fl.content(out) or b"").split(b"\n")[:-1]
    t.equal("legal records with a field added: number", len(got), len(KEPT))
    for line, want in zip(got, KEPT):
        same = line.replace(b',"added":"v"', b"") == want
        t.check("a legal record with a field added", same and line.rstrip(b"} ").endswith(b'"added":"v"'), line)


def test_line_ends(t):
    """Byte order mark, CRLF, blank lines, no newline at the end."""
    a, b = b'{"text":"a"}', b'{"text":"b"}'
    cases = [
        ("a byte order mark", b"\xef\xbb\xbf" + a + b"\n" + b + b"\n", 2, 0),
        ("CRLF", a + b"\r\n" + b + b"\r\n", 2, 0),
        ("blank lines", b"\n\n" + a + b"\n\n \n\t\r\n" + b + b"\n\n", 2, 6),
        ("no newline at the end", a + b"\n" + b, 2, 0),
        ("a CR and no newline at the end", a + b"\n" + b + b"\r", 2, 0),
        ("only blank lines", b"\n\r\n  \n", 0, 3),
        ("only a newline", b"\n", 0, 1),
        ("only a byte order mark", b"\xef\xbb\xbf", 0, None),
        ("nothing", b"", 0, 0),
    ]
    packs = (
        ("plain", bytes),
        ("zstd", fl.zstd),
        ("gzip", lambda d: subprocess.run(["gzip", "-c"], input=d, capture_output=True, check=True).stdout),
    )
    for what, data, documents, blank in cases:
        for codec, pack in packs:
            r, out = t.lines(t.write("ends", pack(data)))
            t.equal(f"{what}, {codec}: exit", r.code, fl.DONE)
            t.equal(f"{what}, {codec}: output", fl.content(out), (a + b"\n" + b + b"\n") if documents else b"")
            s = r.stage("source.jsonl")
            t.equal(f"{what}, {codec}: documents", (s["in"], s["kept"]), (documents, documents))
            if blank is not None:
                t.equal(f"{what}, {codec}: blank lines", s["counts"]["blank_lines"], blank)


def huge_line(t):
    """A file with 200 MB on one line between two documents, written in pieces: peak memory is inherited by children."""
    path = t.path("huge.jsonl")
    piece = os.urandom(500000).hex().encode()
    with open(path, "wb") as f:
        f.write(GOOD + b'\n{"text":"')
        for _ in range(200):
            f.write(piece)
        f.write(b'"}\n' + GOOD + b"\n")
    return path


def test_huge_line(t):
    """200 MB on one line: a reject, and memory stays near the limit of a record."""
    plain = huge_line(t)
    packed = plain + ".zst"
    subprocess.run(["zstd", "-q1", plain, "-o", packed], check=True)
    for file, limit, bound in (
        (plain, "128 MiB", 157),
        (plain, "16 MiB", 48),
        (packed, "16 MiB", 48),
        (packed, "1 MiB", 32),
    ):
        for threads in (1, 2):
            head = f"on_reject: quarantine\nmax_record_bytes: {limit}\n"
            r, out = t.lines(file, head=head, threads=threads)
            where = f"200 MB on one line, {os.path.basename(file)}, {limit}, {threads} threads"
            t.equal(f"{where}: exit", r.code, fl.DONE)
            t.equal(f"{where}: output", fl.content(out), (GOOD + b"\n") * 2)
            t.equal(f"{where}: reasons", r.stage("source.jsonl")["errors"]["too_large"], 1)
            lines = r.quarantine()
            t.equal(f"{where}: quarantine", [(q["reason"], q["value"]) for q in lines], [("too_large", len(GOOD) + 1)])
            t.check(
                f"{where}: its head",
                lines and lines[0]["raw"].startswith('{"text":"'),
                lines[0]["raw"][:40] if lines else "",
            )
            peak = r.manifest["peak_memory_bytes"] / 1e6
            if "SLUICE_SANITIZED" not in os.environ:
                t.check(f"{where}: memory", peak < bound, f"{peak:.0f} MB")
    os.unlink(plain)
    os.unlink(packed)


def test_memory_is_its_own(t):
    """The peak in run.json is that of the run, whatever size the process had that started it."""
    ballast = bytearray(os.urandom(1 << 20) * 300)
    r, _ = t.lines(t.write("few.jsonl", fl.documents(10)))
    peak = r.manifest["peak_memory_bytes"] / 1e6
    if "SLUICE_SANITIZED" not in os.environ:
        t.check("peak memory", 0 < peak < 100, f"{peak:.0f} MB beside {len(ballast) / 1e6:.0f}")


def test_limit_to_the_byte(t):
    """max_record_bytes is the largest record that is kept, wherever chunks end; the rest of the file is whole."""
    docs = [b'{"text":"%s"}' % (b"x" * n) for n in (9989, 9990, 9991, 3, 70000, 9990)]
    data = b"\n".join(docs) + b"\n"
    limit = len(docs[1])
    want = b"".join(d + b"\n" for d in docs if len(d) <= limit)
    for codec, pack in (("plain", bytes), ("zstd", fl.zstd)):
        for split in ("8M", "1000", "1"):
            r, out = t.lines(
                t.write("limit", pack(data)), head=f"max_record_bytes: {limit}\nsplit_bytes: {split}\n", threads=3
            )
            where = f"limit of a record, {codec}, splits of {split}"
            t.equal(f"{where}: exit", r.code, fl.DONE)
            t.check(f"{where}: output", fl.content(out) == want)
            t.equal(f"{where}: too large", r.stage("source.jsonl")["errors"]["too_large"], 2)


def test_max_errors(t):
    """As a count and as a share: exit 65, nothing is published; at the limit all is well."""
    data = b"".join((b"broken\n" if k % 10 == 9 else GOOD + b"\n") for k in range(200))  # 20 of 200
    file = t.write("errors.jsonl", data)
    for limit, good in (
        ("19", False),
        ("20", True),
        ("9.9%", False),
        ("10%", True),
        ("0", False),
        ("0%", False),
        ("100%", True),
    ):
        for threads in (1, 7):
            where = f"max_errors: {limit}, {threads} threads"
            r, out = t.lines(file, head=f"max_errors: {limit}\nsplit_bytes: 300\n", threads=threads)
            t.equal(f"{where}: exit", r.code, fl.DONE if good else fl.BAD_DATA)
            t.equal(f"{where}: published", bool(fl.content(out)), good)
            t.equal(f"{where}: nothing is left", fl.leftovers(out, r.folder), [])
            if not good:
                t.check(f"{where}: message", r.said("max_errors", "nothing was published"), r.err)
                t.equal(f"{where}: run.json", (r.manifest["state"], r.manifest["exit_code"]), ("failed", fl.BAD_DATA))
                t.equal(f"{where}: counts add up", fl.unbalanced(r.manifest), [])


fl.Test().main(
    test_bad_records,
    test_quarantine_is_the_same,
    test_kept,
    test_line_ends,
    test_huge_line,
    test_limit_to_the_byte,
    test_max_errors,
    test_memory_is_its_own,
)
