"""Real web archives, some of them damaged, as plain gzip streams of lines: whatever gzip gets out of
them is counted, line by line. Ends with 77 where the files are not there."""

import os
import sys
import zlib

import faultlib as fl

FOLDER = os.path.join(os.environ.get("SLUICE_SHARED") or os.path.join(fl.REPOSITORY, "../shared"), "data/warc")


def readable(data):
    """The oracle: members through zlib up to the first damage. What came out; the offset of a damaged member."""
    out, at = b"", 0
    while at < len(data):
        if data[at : at + 2] != b"\x1f\x8b":
            return out, at
        d = zlib.decompressobj(31)
        try:
            for k in range(at, len(data), 1024):
                out += d.decompress(data[k : k + 1024])
                if d.eof:
                    break
        except zlib.error:
            return out, at
        if not d.eof:
            return out, at
        at = k + len(data[k : k + 1024]) - len(d.unused_data)
    return out, None


def lines_of(data, whole):
    """Records and blank lines; a line that damage cuts is none."""
    lines = data.split(b"\n")
    last = lines.pop()
    if whole and last:
        lines.append(last)
    blank = sum(not line.strip(b" \t\r") for line in lines)
    return len(lines) - blank, blank


def test_warc(t):
    for name in sorted(os.listdir(FOLDER)):
        file = os.path.join(FOLDER, name)
        with open(file, "rb") as f:
            data = f.read()
        packed = data[:2] == b"\x1f\x8b"
        out, damaged = readable(data) if packed else (data, None)
        want = lines_of(out, damaged is None)
        for threads, split in ((1, "8M"), (7, "1k")):
            where = f"{name}, {threads} threads"
            r, _ = t.lines(file, head=f"on_error: skip_file\nsplit_bytes: {split}\n", threads=threads)
            t.equal(f"{where}: exit", r.code, fl.DONE)
            s = r.stage("source.jsonl")
            t.equal(f"{where}: lines and blank lines", (s["in"], s["counts"]["blank_lines"]), want)
            t.equal(f"{where}: codec", r.manifest["inputs"][0]["codec"], "gzip" if packed else "plain")
            t.equal(f"{where}: places of damage", len(r.damage()), 0 if damaged is None else 1)
            t.equal(f"{where}: counts add up", fl.unbalanced(r.manifest), [])
            r, out_folder = t.lines(file, head=f"split_bytes: {split}\n", threads=threads)
            t.equal(f"{where}, fail: exit", r.code, fl.DONE if damaged is None else fl.IO)
            if damaged is not None:
                t.check(f"{where}, fail: message", r.said(file, f"at byte {damaged}"), r.err)
                t.equal(f"{where}, fail: nothing is published", fl.content(out_folder) or b"", b"")
        r, _ = t.lines(file, head="on_error: skip_record\n")
        t.equal(f"{name}, skip_record: exit", r.code, fl.DONE)
        t.check(f"{name}, skip_record: no fewer lines", r.stage("source.jsonl")["in"] >= want[0])


if not os.path.isdir(FOLDER):
    print(f"skipped: {FOLDER} is not there (SLUICE_SHARED names the folder with data/warc)")
    sys.exit(fl.SKIPPED)
fl.Test().main(test_warc)
