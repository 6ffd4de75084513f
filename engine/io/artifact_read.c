/* Reading a saved state. What the file says is believed only once a checksum has held. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/fs.h"
#include "base/hash.h"
#include "io/artifact_format.h"
#include "sluice/plugin.h"

struct artifact_reader {
    char *path;
    int fd;
    artifact_head head;       /* strings in tail */
    uint64_t size;            /* of the file */
    uint64_t payload, at;     /* bytes; read so far */
    uint64_t head_bytes, sum; /* of the preamble */
    char *tail;               /* checksums of blocks, then the head */
    char *block;              /* ARTIFACT_BLOCK bytes; made when first needed */
    uint64_t loaded;          /* the block in it; UINT64_MAX: none */
    uint64_t checked;         /* blocks before this one are what was written */
    void *map;                /* preamble and payload; NULL: not yet */
};

static int out_of_memory(const char *path, sbuf *err)
{
    return artifact_say(err, SL_E_NOMEM, "out of memory while reading %s", path);
}

/* n bytes at `offset`, all of them: the size was known when they were asked for. */
static int read_at(const artifact_reader *r, void *p, size_t n, uint64_t offset, sbuf *err)
{
    const ssize_t got = fs_pread_full(r->fd, p, n, offset);
    if (got < 0)
        return artifact_say(err, SL_E_IO, "cannot read %s: %s", r->path, strerror((int)-got));
    if ((size_t)got < n)
        return artifact_say(err, SL_E_STATE, "%s was cut off while it was read", r->path);
    return 0;
}

/* ---- opening ---- */

static int open_file(artifact_reader *r, sbuf *err)
{
    struct stat st;
    r->fd = open(r->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe must not keep us waiting */
    if (r->fd < 0 || fstat(r->fd, &st))
        return artifact_say(err, SL_E_IO, "cannot open %s: %s", r->path, strerror(errno));
    if (!S_ISREG(st.st_mode))
        return artifact_say(err, SL_E_STATE, "%s is no regular file", r->path);
    r->size = (uint64_t)st.st_size;
    return 0;
}

static bool all_zero(const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (p[i])
            return false;
    return true;
}

/* The lengths are bounded before they are added up. */
static int check_lengths(const artifact_reader *r, sbuf *err)
{
    if (r->payload > ARTIFACT_PAYLOAD_MAX || r->head_bytes > ARTIFACT_HEAD_MAX)
        return artifact_say(err, SL_E_STATE,
                            "%s makes no sense: it claims a payload of %llu bytes and a head of %llu bytes", r->path,
                            (unsigned long long)r->payload, (unsigned long long)r->head_bytes);
    const uint64_t want =
        ARTIFACT_PREAMBLE + r->payload + artifact_blocks(r->payload) * 8 + r->head_bytes + ARTIFACT_END;
    if (r->size < want)
        return artifact_say(err, SL_E_STATE, "%s was cut off: %llu of %llu bytes are there", r->path,
                            (unsigned long long)r->size, (unsigned long long)want);
    if (r->size > want)
        return artifact_say(err, SL_E_STATE, "%s is damaged: it has %llu bytes, and %llu were written", r->path,
                            (unsigned long long)r->size, (unsigned long long)want);
    return 0;
}

static int read_preamble(artifact_reader *r, sbuf *err)
{
    char p[ARTIFACT_PREAMBLE] = { 0 };
    const size_t n = r->size < sizeof p ? (size_t)r->size : sizeof p, known = n < ARTIFACT_MAGIC_BYTES ? n : 8;
    const int failed = read_at(r, p, n, 0, err);
    if (failed)
        return failed;
    if (memcmp(p, ARTIFACT_MAGIC, known))
        return artifact_say(err, SL_E_STATE, "%s is no saved state", r->path);
    if (n < sizeof p)
        return artifact_say(err, SL_E_STATE, "%s was cut off: %zu of more than %d bytes are there", r->path, n,
                            ARTIFACT_PREAMBLE);
    r->sum = get_u64(p + AT_SUM);
    if (r->sum != hash_bytes(p, AT_SUM))
        return artifact_say(err, SL_E_STATE, "%s is damaged: its first %d bytes are not what was written", r->path,
                            ARTIFACT_PREAMBLE);
    if (get_u32(p + AT_FORMAT) != ARTIFACT_FORMAT)
        return artifact_say(err, SL_E_STATE, "%s has format %u, and this program reads format %d", r->path,
                            get_u32(p + AT_FORMAT), ARTIFACT_FORMAT);
    if (get_u32(p + AT_FORMAT + 4) || !all_zero(p + AT_REST, AT_SUM - AT_REST))
        return artifact_say(err, SL_E_STATE, "%s makes no sense: its first %d bytes hold what is not known", r->path,
                            ARTIFACT_PREAMBLE);
    r->payload = get_u64(p + AT_PAYLOAD);
    r->head_bytes = get_u64(p + AT_HEAD);
    return check_lengths(r, err);
}

static int read_tail(artifact_reader *r, sbuf *err)
{
    const size_t sums = (size_t)artifact_blocks(r->payload) * 8, n = sums + (size_t)r->head_bytes;
    r->tail = malloc(n + ARTIFACT_END);
    if (!r->tail)
        return out_of_memory(r->path, err);
    const int failed = read_at(r, r->tail, n + ARTIFACT_END, ARTIFACT_PREAMBLE + r->payload, err);
    if (failed)
        return failed;
    if (memcmp(r->tail + n + 8, ARTIFACT_END_MAGIC, ARTIFACT_MAGIC_BYTES))
        return artifact_say(err, SL_E_STATE, "%s is damaged: it does not end as it was written", r->path);
    if (hash_seeded(r->tail, n, r->sum) != get_u64(r->tail + n))
        return artifact_say(err, SL_E_STATE, "%s is damaged: its head or its checksums are not what was written",
                            r->path);
    const char *problem = artifact_head_read(r->tail + sums, (size_t)r->head_bytes, &r->head);
    return problem ? artifact_say(err, SL_E_STATE, "%s makes no sense: %s", r->path, problem) : 0;
}

artifact_reader *artifact_open(const char *path, int *code, sbuf *err)
{
    artifact_reader *r = calloc(1, sizeof *r);
    if (!r || !(r->path = strdup(path))) {
        *code = out_of_memory(path, err);
        free(r);
        return NULL;
    }
    r->fd = -1;
    r->loaded = UINT64_MAX;
    *code = open_file(r, err);
    if (*code == 0)
        *code = read_preamble(r, err);
    if (*code == 0)
        *code = read_tail(r, err);
    if (*code == 0)
        return r;
    artifact_close(r);
    return NULL;
}

void artifact_close(artifact_reader *r)
{
    if (!r)
        return;
    if (r->map)
        munmap(r->map, (size_t)(ARTIFACT_PREAMBLE + r->payload));
    if (r->fd >= 0)
        close(r->fd);
    free(r->tail);
    free(r->block);
    free(r->path);
    free(r);
}

const artifact_head *artifact_head_of(const artifact_reader *r) { return &r->head; }
uint64_t artifact_left(const artifact_reader *r) { return r->payload - r->at; }

/* ---- payload ---- */

static size_t block_bytes(const artifact_reader *r, uint64_t b)
{
    const uint64_t left = r->payload - b * ARTIFACT_BLOCK;
    return left < ARTIFACT_BLOCK ? (size_t)left : ARTIFACT_BLOCK;
}

/* Block b into p, checked. */
static int read_block(artifact_reader *r, uint64_t b, char *p, sbuf *err)
{
    const uint64_t from = ARTIFACT_PREAMBLE + b * ARTIFACT_BLOCK;
    const size_t n = block_bytes(r, b);
    const int failed = read_at(r, p, n, from, err);
    if (failed)
        return failed;
    if (hash_bytes(p, n) != get_u64(r->tail + b * 8))
        return artifact_say(err, SL_E_STATE, "%s is damaged: bytes %llu to %llu are not what was written", r->path,
                            (unsigned long long)from, (unsigned long long)(from + n - 1));
    if (r->checked == b)
        r->checked++;
    return 0;
}

/* Block b into r->block. */
static int load_block(artifact_reader *r, uint64_t b, sbuf *err)
{
    if (r->loaded == b)
        return 0;
    if (!r->block && !(r->block = malloc(ARTIFACT_BLOCK)))
        return out_of_memory(r->path, err);
    r->loaded = UINT64_MAX;
    const int failed = read_block(r, b, r->block, err);
    if (!failed)
        r->loaded = b;
    return failed;
}

static int ends_early(const artifact_reader *r, uint64_t wanted, sbuf *err)
{
    return artifact_say(err, SL_E_STATE, "%s ends early: %llu bytes are wanted and %llu are left", r->path,
                        (unsigned long long)wanted, (unsigned long long)artifact_left(r));
}

int artifact_get(artifact_reader *r, void *p, size_t n, sbuf *err)
{
    char *to = p;
    if (n == 0)
        return 0;
    if (artifact_left(r) == 0)
        return SL_END;
    if (n > artifact_left(r))
        return ends_early(r, n, err);
    uint64_t at = r->at;
    while (n) {
        const uint64_t b = at / ARTIFACT_BLOCK;
        const size_t from = (size_t)(at % ARTIFACT_BLOCK), rest = block_bytes(r, b) - from, take = n < rest ? n : rest;
        const bool whole = from == 0 && take == rest && r->loaded != b;
        const int failed = whole ? read_block(r, b, to, err) : load_block(r, b, err);
        if (failed)
            return failed;
        if (!whole)
            memcpy(to, r->block + from, take);
        to += take;
        at += take;
        n -= take;
    }
    r->at = at;
    return 0;
}

int artifact_map(artifact_reader *r, uint64_t n, const void **p, sbuf *err)
{
    *p = NULL;
    if (n > artifact_left(r))
        return ends_early(r, n, err);
    if (!r->map) {
        void *map = mmap(NULL, (size_t)(ARTIFACT_PREAMBLE + r->payload), PROT_READ, MAP_SHARED, r->fd, 0);
        if (map == MAP_FAILED)
            return artifact_say(err, errno == ENOMEM ? SL_E_NOMEM : SL_E_IO, "cannot map %s: %s", r->path,
                                strerror(errno));
        r->map = map;
    }
    /* Checked through read, not through the mapping: a disk that fails is an error then, and no signal. */
    while (r->checked * ARTIFACT_BLOCK < r->at + n) {
        const int failed = load_block(r, r->checked, err);
        if (failed)
            return failed;
    }
    *p = (const char *)r->map + ARTIFACT_PREAMBLE + r->at;
    r->at += n;
    return 0;
}

int artifact_verify(const char *path, sbuf *err)
{
    int code;
    artifact_reader *r = artifact_open(path, &code, err);
    for (uint64_t b = 0; code == 0 && b < artifact_blocks(r->payload); b++)
        code = load_block(r, b, err);
    artifact_close(r);
    return code;
}
