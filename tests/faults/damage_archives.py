"""Truncated and corrupt tar, compressed tar, zip and 7z: what stands before the damage is kept,
the archive and the place are named."""

import gzip
import io
import lzma
import os
import re
import tarfile
import zipfile

import faultlib as fl

MEMBERS, HURT = 8, 5  # members of an archive; the one that is damaged, from 0

TEXTS = """
stages:
  - use: source.archive
    path: ${in}
  - use: sink.jsonl
    path: ${out}/part-{shard}.jsonl
"""
JSONL = TEXTS.replace("path: ${in}", "path: ${in}\n    members: jsonl")


def member(k):
    return fl.documents(60, k * 60)


def name(k):
    return f"part/{k}.txt"


def make_tar(format_=tarfile.PAX_FORMAT):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=format_) as tar:
        for k in range(MEMBERS):
            info = tarfile.TarInfo(name(k))
            info.size = len(member(k))
            tar.addfile(info, io.BytesIO(member(k)))
    return out.getvalue()


def header_of(tar, k):
    return tar.index(name(k).encode())


def make_zip(method=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as z:
        for k in range(MEMBERS):
            z.writestr(zipfile.ZipInfo(name(k)), member(k), method)
    return out.getvalue()


def kept_members(out):
    """Numbers of the members whose texts came out, with a check that each is whole."""
    numbers = []
    for line in (fl.content(out) or b"").splitlines():
        doc = fl.json.loads(line)
        k = int(re.search(r"!part/(\d+)\.txt$", doc["id"]).group(1))
        numbers.append(k if doc["text"].encode() == member(k) else -1)
    return numbers


def fail(t, what, file, named, good):
    """on_error: fail, for 1 and 7 threads. good: number of members before the damage."""
    for threads in (1, 7):
        folder = t.fresh()
        out = os.path.join(folder, "out")
        r = t.run(TEXTS, folder, threads=threads, sets={"in": file, "out": out})
        where = f"{what}, fail, {threads} threads"
        t.equal(f"{where}: exit", r.code, fl.IO)
        t.check(f"{where}: message", r.said(file, "byte", *named), r.err)
        t.check(f"{where}: good records", r.said(f"{good} documents before it were read"), r.err)
        t.equal(f"{where}: nothing is published", fl.content(out) or b"", b"")
        t.equal(f"{where}: nothing is left", fl.leftovers(folder), [])


def go_on(t, what, file, on_error, want):
    """on_error: skip_file or skip_record, however it is cut: the members `want`, whole."""
    seen = set()
    for threads, split in ((1, "8M"), (2, "1k"), (7, "1k")):
        folder = t.fresh()
        out = os.path.join(folder, "out")
        head = f"on_error: {on_error}\nsplit_bytes: {split}\n"
        r = t.run(head + TEXTS, folder, threads=threads, sets={"in": file, "out": out})
        where = f"{what}, {on_error}, {threads} threads, {split}"
        if not t.equal(f"{where}: exit", r.code, fl.DONE):
            print(r.err)
            continue
        t.equal(f"{where}: members", kept_members(out), want)
        t.check(f"{where}: damage", len(r.damage()) >= 1 and all(file in d for d in r.damage()), r.damage())
        t.equal(f"{where}: counts add up", fl.unbalanced(r.manifest), [])
        seen.add((fl.digest(out), tuple(r.damage())))
    t.check(f"{what}, {on_error}: the same for all", len(seen) == 1, seen)


def all_ways(t, what, data, named, skip_file, skip_record=None):
    """Both kinds of going on, and stopping. skip_file, skip_record: numbers of members that come out."""
    t.made += 1
    file = t.write(f"archives-{t.made}/damaged", data)
    fail(t, what, file, named, len(skip_file))
    go_on(t, what, file, "skip_file", skip_file)
    go_on(t, what, file, "skip_record", skip_file if skip_record is None else skip_record)


def test_tar(t):
    tar, before = make_tar(), list(range(HURT))
    at = header_of(tar, HURT)
    all_ways(t, "tar cut off in a member", tar[: at + 512 + 1000], [name(HURT)], before)
    all_ways(t, "tar cut off in a header", tar[: at + 100], [], before)
    all_ways(t, "tar cut off between two members", tar[:at], ["end marker"], before)
    end = header_of(tar, MEMBERS - 1) + 512 + (len(member(MEMBERS - 1)) + 511) // 512 * 512
    every = list(range(MEMBERS))
    all_ways(t, "tar without its end marker", tar[:end], ["end marker"], every)
    hurt = bytearray(tar)
    hurt[at + 150] ^= 1  # in the checksum of the header
    all_ways(t, "tar with a damaged header", bytes(hurt), [], before, every[:HURT] + every[HURT + 1 :])


def test_compressed_tar(t):
    tar, before = make_tar(tarfile.GNU_FORMAT), list(range(HURT))
    packed = gzip.compress(tar, mtime=0)
    hurt = bytearray(packed)
    hurt[-6] ^= 1
    every = list(range(MEMBERS))
    all_ways(t, "tar.gz with a wrong CRC", bytes(hurt), ["wrong CRC"], every)
    all_ways(t, "tar.gz without its last byte", packed[:-1], ["cut off"], every)
    cut = gzip.compress(tar[: header_of(tar, HURT)], mtime=0)[:-8] + b"\xff" * 200
    all_ways(t, "tar.gz, garbled", cut, ["damaged"], before)
    frames = [fl.zstd(tar[a : a + 4096], "--check") for a in range(0, len(tar), 4096)]
    want = [k for k in before if header_of(tar, k) + 512 + len(member(k)) <= 4 * 4096]
    frames[4] = frames[4][: len(frames[4]) // 8]
    all_ways(t, "tar.zst with a damaged frame", b"".join(frames), ["zstd frame"], want)
    packed = lzma.compress(tar)
    all_ways(t, "tar.xz cut off", packed[:-30], ["cut off"], every)


def test_zip(t):
    """The wrong CRC of one member is told; the members behind it are there for skip_record."""
    every = list(range(MEMBERS))
    others = every[:HURT] + every[HURT + 1 :]
    data = make_zip(zipfile.ZIP_STORED)
    with zipfile.ZipFile(io.BytesIO(data)) as z:
        begin = z.infolist()[HURT].header_offset
    hurt = bytearray(data)
    hurt[begin + 30 + len(name(HURT)) + 9] ^= 1  # a letter of the text for another
    all_ways(t, "zip with a wrong CRC", bytes(hurt), [name(HURT), "CRC"], every[:HURT], others)
    data = make_zip(zipfile.ZIP_DEFLATED)
    with zipfile.ZipFile(io.BytesIO(data)) as z:
        begin = z.infolist()[HURT].header_offset
    hurt = bytearray(data)
    hurt[begin + 80 : begin + 180] = b"\xff" * 100
    all_ways(t, "zip with a garbled member", bytes(hurt), [name(HURT)], every[:HURT], others)
    all_ways(t, "zip cut off in a member", data[: begin + 100], [], every[:HURT])
    all_ways(t, "zip cut off between two members", data[:begin], [], every[:HURT])
    all_ways(t, "zip without its end", data[:-60], ["cut off"], every)


def test_7z(t):
    """Nothing here can write one: the fuzzer's corpus has a good one."""
    with open(os.path.join(fl.REPOSITORY, "tests/fuzz/corpus/archive/7z"), "rb") as f:
        good = f.read()
    good = good[good.index(b"7z\xbc\xaf\x27\x1c") :]

    def read(data, on_error):
        out = os.path.join(t.fresh(), "out")
        return t.run(f"on_error: {on_error}\n" + TEXTS, sets={"in": t.write("some.7z", data), "out": out}), fl.content(
            out
        )

    r, out = read(good, "fail")
    t.check("a good 7z", r.code == fl.DONE and out, (r.code, r.err))
    for what, data in (
        ("cut off", good[:-10]),
        ("damaged", good[:33] + bytes(4) + good[37:]),
        ("only a head", good[:32]),
    ):
        r, out = read(data, "fail")
        t.check(f"7z {what}", r.code == fl.IO and r.said("some.7z", "nothing was published"), (r.code, r.err))
        t.equal(f"7z {what}: nothing is published", out or b"", b"")
        r, out = read(data, "skip_file")
        t.check(f"7z {what}, skip_file", r.code == fl.DONE and len(r.damage()) == 1, (r.code, r.err))


def test_lines_in_members(t):
    """A member of JSON lines that breaks off: whole lines before that are documents."""
    tar = make_tar()
    at = header_of(tar, HURT) + 512
    cut = tar[: at + 1000]
    want = b"".join(member(k) for k in range(HURT)) + member(HURT)[:1000].rpartition(b"\n")[0] + b"\n"
    file = t.write("lines.tar", cut)
    seen = set()
    for threads, split in ((1, "8M"), (2, "1k"), (7, "1k")):
        out = os.path.join(t.fresh(), "out")
        r = t.run(
            f"on_error: skip_file\nsplit_bytes: {split}\n" + JSONL, threads=threads, sets={"in": file, "out": out}
        )
        t.equal(f"lines in a member, {threads} threads: exit", r.code, fl.DONE)
        got = fl.content(out) or b""
        t.check(f"lines in a member, {threads} threads: records", got == want, (got.count(b"\n"), want.count(b"\n")))
        seen.add((fl.digest(out), tuple(r.damage())))
    t.check("lines in a member: the same for all", len(seen) == 1, seen)
    inner = gzip.compress(b"".join(member(k) for k in range(3)), mtime=0)
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as outer:
        for k, data in enumerate((inner[:-5], gzip.compress(member(7), mtime=0))):
            info = tarfile.TarInfo(f"{k}.jsonl.gz")
            info.size = len(data)
            outer.addfile(info, io.BytesIO(data))
    file = t.write("inner.tar", out.getvalue())
    r = t.run(JSONL, sets={"in": file, "out": t.path("inner-fail")})
    t.check(
        "a damaged gzip in a tar is told with its member",
        r.code == fl.IO and r.said("inner.tar", "0.jsonl.gz"),
        (r.code, r.err),
    )
    r = t.run("on_error: skip_record\n" + JSONL, sets={"in": file, "out": t.path("inner-skip")})
    want = b"".join(member(k) for k in range(3)) + member(7)
    t.check("and skip_record goes on with the next member", fl.content(t.path("inner-skip")) == want, r.err)


def test_no_archive(t):
    for what, data in (
        ("text", b"This is no archive at all.\n" * 100),
        ("JSON lines", member(0)),
        ("noise", os.urandom(5000)),
    ):
        file = t.write("none", data)
        r = t.run(TEXTS, sets={"in": file, "out": t.path("none-out")})
        t.check(f"{what} instead of an archive", r.code == fl.IO and r.said(file), (r.code, r.err))


fl.Test().main(test_tar, test_compressed_tar, test_zip, test_7z, test_lines_in_members, test_no_archive)
