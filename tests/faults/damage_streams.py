"""Truncated and corrupt zstd, gzip, xz, bzip2 and lz4: what is told, what is kept, and that nothing else changes."""

import bz2
import gzip
import lzma
import os
import re
import subprocess
import zlib

import faultlib as fl

FRAMES, EACH = 5, 400  # frames in a file, documents in a frame
HURT = 2  # the frame that is damaged


class Codec:
    """How to make a frame, and how many of its bytes at the end are checksums that nothing else depends on."""

    def __init__(self, name, pack, unit, trailer):
        self.name, self.pack, self.unit, self.trailer = name, pack, unit, trailer


def gzip_member(data):
    return gzip.compress(data, 6, mtime=0)


CODECS = [
    Codec("zstd", lambda d: fl.zstd(d, "--check"), "frame", {"checksum": -2}),
    Codec("gzip", gzip_member, "member", {"CRC": -7, "length": -2}),
    Codec("xz", lambda d: lzma.compress(d, preset=1), "stream", {"CRC": -11}),
    Codec("bzip2", bz2.compress, "stream", {}),
    Codec("lz4", lambda d: fl.lz4(d, "-BX"), "frame", {"checksum": -2}),
]


def readable(name, data):
    """The oracle: bytes that the codec's own tools get out of a file that is cut off."""
    if name in ("zstd", "lz4"):
        return subprocess.run([name, "-dcq"], input=data, capture_output=True, check=False).stdout
    out = b""
    while data:
        d = {"gzip": lambda: zlib.decompressobj(31), "xz": lzma.LZMADecompressor, "bzip2": bz2.BZ2Decompressor}[name]()
        out += d.decompress(data)
        data = d.unused_data
    return out


def whole_lines(data):
    return data[: data.rfind(b"\n") + 1]


class Case:
    """A damaged file among two good ones, run under one on_error after the other."""

    def __init__(self, t, what, hurt):
        self.t, self.what = t, what
        self.before, self.behind = fl.documents(50, 900000), fl.documents(50, 910000)
        folder = t.fresh("in")
        self.file = t.write(os.path.join(folder, "b"), hurt)
        t.write(os.path.join(folder, "a"), self.before)
        t.write(os.path.join(folder, "c"), self.behind)
        self.folder = folder

    def fail(self, offset, records):
        """Exit 74; file, offset, number of good records told; nothing published. The same for any number of threads."""
        t, told = self.t, set()
        for threads in (1, 7):
            r, out = t.lines(self.folder, threads=threads)
            where = f"{self.what}, fail, {threads} threads"
            t.equal(f"{where}: exit", r.code, fl.IO)
            t.check(f"{where}: message", r.said(self.file, f"at byte {offset}", "nothing was published"), r.err)
            found = re.search(r"([\d,]+) documents before it were read", r.err)
            t.check(f"{where}: number of good records", found is not None, r.err)
            number = int(found.group(1).replace(",", "")) if found else -1
            if records is not None:
                t.equal(f"{where}: good records", number, records)
            told.add(number)
            t.equal(f"{where}: nothing is published", fl.content(out) or b"", b"")
            t.equal(f"{where}: nothing is left", fl.leftovers(out, r.folder), [])
            t.equal(f"{where}: state", (r.manifest["state"], r.manifest["exit_code"]), ("failed", fl.IO))
        t.equal(f"{self.what}, fail: one number whatever the threads", len(told), 1)
        return told.pop()

    def go_on(self, on_error, want, damages=1):
        """Exit 0, the same however it is cut. want: the documents of the damaged file, None: any. Returns them."""
        t, seen = self.t, {}
        for threads, split in ((1, "8M"), (2, "20k"), (7, "8M"), (7, "20k")):
            where = f"{self.what}, {on_error}, {threads} threads, splits of {split}"
            r, out = t.lines(self.folder, head=f"on_error: {on_error}\nsplit_bytes: {split}\n", threads=threads)
            if not t.equal(f"{where}: exit", r.code, fl.DONE):
                print(r.err)
                return None
            m = r.manifest
            inputs = {os.path.basename(i["path"]): i for i in m["inputs"]}
            t.equal(f"{where}: damage", [len(inputs[n]["damage"]) for n in "abc"], [0, damages, 0])
            t.check(f"{where}: damage names the file", all(self.file in d for d in inputs["b"]["damage"]))
            t.equal(f"{where}: counts add up", fl.unbalanced(m), [])
            t.equal(f"{where}: nothing is left", fl.leftovers(out, r.folder), [])
            seen[threads, split] = fl.content(out), tuple(inputs["b"]["damage"]), inputs["b"]["records"]
        t.equal(f"{self.what}, {on_error}: the same for all", len(set(seen.values())), 1)
        got, damage, records = seen[1, "8M"]
        good = got.startswith(self.before) and got.endswith(self.behind)
        t.check(f"{self.what}, {on_error}: the good files are whole", good)
        mine = got[len(self.before) : -len(self.behind)]
        if want is not None:
            t.check(
                f"{self.what}, {on_error}: records", mine == want, f"{mine.count(10)}, not {want.count(10)}; {damage}"
            )
            t.equal(f"{self.what}, {on_error}: records of the file", records, want.count(b"\n"))
        return mine


def parts(codec):
    """Documents and frames of a file, and where each frame begins."""
    docs = [fl.documents(EACH, k * EACH) for k in range(FRAMES)]
    frames = [codec.pack(d) for d in docs]
    return docs, frames, [sum(map(len, frames[:k])) for k in range(FRAMES)]


def test_cut_off(t):
    """The file ends early: all that the codec's own tool gets out of it is kept."""
    for codec in CODECS:
        docs, frames, begins = parts(codec)
        for kind, frame in (("of many", HURT), ("the only", 0)):
            data = b"".join(frames) if kind == "of many" else codec.pack(b"".join(docs))
            begin = begins[HURT] if kind == "of many" else 0
            length = len(frames[HURT]) if kind == "of many" else len(data)
            data = data[: begin + length * 3 // 4]
            want = whole_lines(readable(codec.name, data))
            case = Case(t, f"{codec.name} cut off in {kind} {codec.unit}", data)
            case.fail(begin, want.count(b"\n"))
            case.go_on("skip_file", want)
            case.go_on("skip_record", want)
            t.check(f"{case.what}: frames before it are whole", want.startswith(b"".join(docs[:frame])))


def test_cut_in_header_and_trailer(t):
    """A few bytes of the next frame, or all but a few of the last one."""
    for codec in CODECS:
        docs, frames, begins = parts(codec)
        for what, more in (("2 bytes of a header", 2), ("6 bytes of a header", 6)):
            data = b"".join(frames[:HURT]) + frames[HURT][:more]
            case = Case(t, f"{codec.name} with {what}", data)
            case.fail(begins[HURT], HURT * EACH)
            case.go_on("skip_record", b"".join(docs[:HURT]))
        case = Case(t, f"{codec.name} without its last byte", b"".join(frames)[:-1])
        case.fail(begins[-1], FRAMES * EACH)
        case.go_on("skip_file", b"".join(docs))


def test_wrong_checksum(t):
    """All of the frame can be read, and its checksum is wrong: its records are kept, the damage is told."""
    for codec in CODECS:
        docs, frames, begins = parts(codec)
        for name, at in codec.trailer.items():
            hurt = bytearray(frames[HURT])
            hurt[at] ^= 0x55
            case = Case(
                t,
                f"{codec.name} with a wrong {name}",
                b"".join(frames[:HURT]) + bytes(hurt) + b"".join(frames[HURT + 1 :]),
            )
            case.fail(begins[HURT], (HURT + 1) * EACH)
            case.go_on("skip_file", b"".join(docs[: HURT + 1]))
            case.go_on("skip_record", b"".join(docs))


def test_garbled(t):
    """Bytes in the middle of a frame are others: frames before are whole; skip_record finds the frame behind."""
    for codec in CODECS:
        docs, frames, begins = parts(codec)
        middle = len(frames[HURT]) // 2
        hurt = frames[HURT][:middle] + bytes(40) + frames[HURT][middle + 40 :]
        case = Case(t, f"{codec.name}, garbled", b"".join(frames[:HURT]) + hurt + b"".join(frames[HURT + 1 :]))
        number = case.fail(begins[HURT], None)
        t.check(f"{case.what}: good records", HURT * EACH <= number <= (HURT + 1) * EACH, number)
        skip_file, skip_record = case.go_on("skip_file", None), case.go_on("skip_record", None)
        before, behind = b"".join(docs[:HURT]), b"".join(docs[HURT + 1 :])
        t.check(
            f"{case.what}: before", (skip_file or b"").startswith(before) and (skip_record or b"").startswith(before)
        )
        t.check(f"{case.what}: behind", (skip_record or b"").endswith(behind))
        t.check(f"{case.what}: skip_file stops", behind[:2000] not in (skip_file or behind))


def test_garbage_between(t):
    """Something that is no frame between two frames, and behind the last one."""
    for codec in CODECS:
        docs, frames, begins = parts(codec)
        noise = b"<html>not what was expected</html>"
        case = Case(t, f"{codec.name} with garbage in it", b"".join(frames[:HURT]) + noise + b"".join(frames[HURT:]))
        case.fail(begins[HURT], HURT * EACH)
        case.go_on("skip_file", b"".join(docs[:HURT]))
        case.go_on("skip_record", b"".join(docs))
        case = Case(t, f"{codec.name} with garbage behind it", b"".join(frames) + noise)
        case.fail(sum(map(len, frames)), FRAMES * EACH)
        case.go_on("skip_record", b"".join(docs))


def test_several_places(t):
    """skip_record passes one place of damage after the other, and says so of each."""
    for codec in CODECS[:2]:
        docs, frames, begins = parts(codec)
        hurt = [bytearray(f) for f in frames]
        for k in (1, 3):
            hurt[k][list(codec.trailer.values())[0]] ^= 0xFF
        case = Case(t, f"{codec.name} damaged twice", b"".join(map(bytes, hurt)))
        case.fail(begins[1], 2 * EACH)
        case.go_on("skip_file", b"".join(docs[:2]))
        case.go_on("skip_record", b"".join(docs), damages=2)


def test_frames_that_end_within_a_record(t):
    """A record that lies across the damage is lost; the one that begins behind it is not."""
    lines = fl.documents(900).splitlines(keepends=True)
    data = b"".join(lines)
    cuts = [0, len(data) // 3 + 17, 2 * len(data) // 3 + 17, len(data)]
    for codec in CODECS:
        pieces = [data[a:b] for a, b in zip(cuts, cuts[1:])]
        frames = [codec.pack(p) for p in pieces]
        kept = whole_lines(pieces[0]) + pieces[2][pieces[2].find(b"\n") + 1 :]
        case = Case(t, f"{codec.name} across records", frames[0] + frames[1][: len(frames[1]) // 50] + frames[2])
        mine = case.go_on("skip_record", None)
        if mine is not None:
            t.check(f"{case.what}: ends", mine.startswith(whole_lines(pieces[0])) and mine.endswith(kept[-20000:]))
            t.check(f"{case.what}: no record is made up", set(mine.splitlines(keepends=True)) <= set(lines))


def test_large_record_in_damage(t):
    """A record above the limit that damage cuts is known to be too large: counted, wherever chunks end."""
    docs = fl.documents(EACH)
    for codec in CODECS[:3]:
        large = b'{"text":"' + os.urandom(30000).hex().encode()
        first, second = codec.pack(docs + large), codec.pack(large + b'"}\n' + docs)
        begin = len(first)
        file = t.write("large", first + second[: len(second) // 3])
        seen = set()
        for threads, split in ((1, "8M"), (2, "1k"), (7, "20k"), (1, "1")):
            head = f"on_error: skip_record\nmax_record_bytes: 20k\nsplit_bytes: {split}\n"
            r, out = t.lines(file, head=head, threads=threads)
            where = f"{codec.name}, a large record that damage cuts, {threads} threads, splits of {split}"
            t.equal(f"{where}: exit", r.code, fl.DONE)
            t.equal(f"{where}: too large", r.stage("source.jsonl")["errors"]["too_large"], 1)
            t.check(f"{where}: damage", len(r.damage()) == 1 and f"at byte {begin}" in r.damage()[0], r.damage())
            seen.add((fl.content(out), r.manifest["inputs"][0]["records"]))
        t.equal(f"{codec.name}, a large record that damage cuts", seen, {(docs, EACH + 1)})


def test_zstd_shapes(t):
    """Skippable frames, frames without a size or checksum, empty frames: legal, and as good at finding damage."""
    docs = [fl.documents(EACH, k * EACH) for k in range(3)]
    skippable = b"\x50\x2a\x4d\x18" + (9).to_bytes(4, "little") + b"anything."
    streamed = [fl.zstd(d, "--no-check", "--no-content-size") for d in docs]
    good = skippable + streamed[0] + fl.zstd(b"") + streamed[1] + skippable + fl.zstd(docs[2], "--check") + skippable
    r, out = t.lines(t.write("shapes/good.zst", good))
    t.equal("skippable and empty frames", (r.code, fl.content(out), r.damage()), (fl.DONE, b"".join(docs), []))
    case = Case(t, "a skippable frame that is cut off", good[:-3])
    case.fail(len(good) - len(skippable), 3 * EACH)
    case.go_on("skip_file", b"".join(docs))
    dictionary = bytearray(fl.zstd(docs[0], "--no-check"))
    dictionary[4] |= 1  # the header says one byte of a dictionary's number
    dictionary[6:6] = b"\x07"
    r, _ = t.lines(t.write("shapes/dictionary.zst", bytes(dictionary)))
    t.check("a frame that needs a dictionary", r.code == fl.IO, (r.code, r.err))


fl.Test().main(
    test_cut_off,
    test_cut_in_header_and_trailer,
    test_wrong_checksum,
    test_garbled,
    test_garbage_between,
    test_several_places,
    test_frames_that_end_within_a_record,
    test_large_record_in_damage,
    test_zstd_shapes,
)
