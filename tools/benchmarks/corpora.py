"""The inputs that are made of the corpora, once, in build/bench-data/."""
import glob
import itertools
import multiprocessing
import os
import subprocess
import sys

from .core import GB, Failed


def repeated(bench, gigabytes):
    """docs_win32 over and over, in one zstd frame of that size decompressed."""
    path = os.path.join(bench.big, f"docs-{gigabytes}.jsonl.zst")
    if not os.path.exists(path):
        apart(make_repeated, f"{bench.data}/docs_win32.jsonl.zst", path, int(gigabytes * GB))
    return path


def numbered(bench, gigabytes):
    """The same, each record with a number to sort by, so that no two are the same."""
    path = os.path.join(bench.big, f"numbered-{gigabytes}.jsonl.zst")
    if not os.path.exists(path):
        apart(make_repeated, f"{bench.data}/docs_win32.jsonl.zst", path, int(gigabytes * GB), True)
    return path


def frames(bench, gigabytes):
    """docs_win32 over and over, each time in a frame of its own."""
    path = os.path.join(bench.big, f"frames-{gigabytes}.jsonl.zst")
    if not os.path.exists(path):
        os.makedirs(bench.big, exist_ok=True)
        with open(f"{bench.data}/docs_win32.jsonl.zst", "rb") as f:
            frame = f.read()
        with open(path + ".tmp", "wb") as f:
            f.writelines(frame for _ in range(round(gigabytes * GB / 235e6)))
        os.rename(path + ".tmp", path)
    return path


def prose(bench):
    """prose_nltk eight times over, in one frame."""
    path = os.path.join(bench.big, "prose-8.jsonl.zst")
    if not os.path.exists(path):
        source = f"{bench.data}/prose_nltk.jsonl.zst"
        apart(make_repeated, source, path, 8 * len(unpack(source)))
    return path


def some_of(bench, each):
    """Every so manieth document of prose_nltk."""
    path = os.path.join(bench.big, f"prose-each-{each}.jsonl.zst")
    if not os.path.exists(path):
        os.makedirs(bench.big, exist_ok=True)
        lines = unpack(f"{bench.data}/prose_nltk.jsonl.zst").splitlines(True)
        with open(path + ".tmp", "wb") as f:
            subprocess.run(["zstd", "-3", "-c", "-q"], input=b"".join(lines[::each]), stdout=f, check=True)
        os.rename(path + ".tmp", path)
    return path


def sixteen(bench, source):
    """The records of source in sixteen files, in order."""
    folder = os.path.join(bench.big, "sixteen")
    if len(glob.glob(folder + "/*.jsonl.zst")) != 16:
        apart(make_sixteen, source, folder)
    return folder + "/*.jsonl.zst"


def apart(work, *arguments):
    """Calls work in a process of its own: a child's peak memory begins with that of the process that started it."""
    process = multiprocessing.get_context("fork").Process(target=work, args=arguments)
    process.start()
    process.join()
    if process.exitcode:
        raise Failed(f"{work.__name__} failed")


def unpack(source):
    return subprocess.run(["zstd", "-dc", source], stdout=subprocess.PIPE, check=True).stdout


def make_repeated(source, path, size, numbered=False):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    print(f"making {path} …", file=sys.stderr)
    text, serial = unpack(source), itertools.count()
    with open(path + ".tmp", "wb") as f:
        packer = subprocess.Popen(["zstd", "-3", "-T0", "-c"], stdin=subprocess.PIPE, stdout=f)
        for left in range(size, 0, -len(text)):
            part = text if left >= len(text) else text[: text.rfind(b"\n", 0, left) + 1]
            if numbered: # each number once, in no order
                part = b"".join(b'{"n":%d,%s' % (next(serial) * 0x9E3779B1 % 2**32, line[1:]) for line in part.splitlines(True))
            packer.stdin.write(part)
        packer.stdin.close()
        if packer.wait():
            raise Failed("zstd failed to make " + path)
    os.rename(path + ".tmp", path)


def make_sixteen(source, folder):
    os.makedirs(folder, exist_ok=True)
    text, at = unpack(source), 0
    for i in range(16):
        end = len(text) if i == 15 else text.index(b"\n", len(text) * (i + 1) // 16) + 1
        with open(f"{folder}/{i:02}.jsonl.zst", "wb") as f:
            subprocess.run(["zstd", "-3", "-c"], input=memoryview(text)[at:end], stdout=f, check=True, stderr=subprocess.DEVNULL)
        at = end
