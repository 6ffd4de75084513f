#include "list_file.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "text/lines.h"
#include "text/utf8.h"
#include "url_host.h"
#define XXH_INLINE_ALL
#include <xxhash.h>

enum { LONGEST = LIST_ENTRY_MAX + 1 /* \r */, BUFFER = 2 * LONGEST, SHOWN = 80 };

typedef struct reader {
    sl_ctx *c;
    const list_spec *spec;
    list_table *out;
    XXH3_state_t *hash;
    char *buffer;
    size_t n; /* bytes in it, the beginning of a line first */
    uint64_t line;
    bool began; /* the first bytes of the file were looked at */
} reader;

static int add_host(reader *r, const char *p, size_t n)
{
    char host[HOST_MAX];
    const char *text = p;
    size_t length = n;
    if (r->spec->match == LIST_SUFFIX_HOST && n > 1 && (p[0] == '.' || (p[0] == '*' && p[1] == '.'))) {
        const size_t front = p[0] == '.' ? 1 : 2;
        text += front;
        length -= front;
    }
    length = url_host(text, length, r->spec->strip_www, host);
    if (length == 0)
        return r->c->host->fail(r->c, SL_E_CONFIG, "%s, line %llu: '%.*s' is no host", r->spec->path,
                                (unsigned long long)r->line, (int)(n < SHOWN ? n : SHOWN), p);
    return list_add(r->out, host, length) ? SL_OK : r->c->host->fail(r->c, SL_E_NOMEM, "out of memory");
}

/* Room for n bytes is at p: what stays is never longer. */
static size_t keep_alnum(char *p, size_t n)
{
    size_t to = 0;
    for (size_t i = 0; i < n; i++) {
        const unsigned low = (unsigned char)p[i] | 0x20u;
        if (low - 'a' < 26u)
            p[to++] = (char)low;
        else if ((unsigned)p[i] - '0' < 10u)
            p[to++] = p[i];
    }
    return to;
}

static int take_line(reader *r, char *p, size_t n)
{
    r->line++;
    n -= n > 0 && p[n - 1] == '\r';
    if (n > LIST_ENTRY_MAX)
        return r->c->host->fail(r->c, SL_E_CONFIG, "%s, line %llu is longer than %d bytes", r->spec->path,
                                (unsigned long long)r->line, LIST_ENTRY_MAX);
    if (text_utf8_valid(p, n) != n)
        return r->c->host->fail(r->c, SL_E_CONFIG, "%s, line %llu is not UTF-8", r->spec->path,
                                (unsigned long long)r->line);
    if (r->spec->comments && n > 0 && p[0] == '#')
        return SL_OK;
    if (r->spec->match == LIST_STRIPPED) {
        const sl_str stripped = text_strip((sl_str){ .p = p, .n = (uint32_t)n });
        p += stripped.p - p;
        n = stripped.n;
    } else if (r->spec->match == LIST_WORD) {
        n = keep_alnum(p, n);
    }
    if (n == 0)
        return SL_OK;
    if (r->spec->match == LIST_HOST || r->spec->match == LIST_SUFFIX_HOST)
        return add_host(r, p, n);
    return list_add(r->out, p, n) ? SL_OK : r->c->host->fail(r->c, SL_E_NOMEM, "out of memory");
}

/* What is plainly no list of lines in UTF-8, told by its first bytes; a byte order mark counts as read. */
static int look_at_start(reader *r, size_t *skip)
{
    static const struct {
        const char *name, *bytes;
        size_t n;
    } others[] = {
        { "compressed (zstd)", "\x28\xB5\x2F\xFD", 4 },
        { "compressed (gzip)", "\x1F\x8B", 2 },
        { "compressed (xz)", "\xFD\x37zXZ", 5 },
        { "compressed (bzip2)", "BZh91AY&SY", 10 },
        { "compressed (lz4)", "\x04\x22\x4D\x18", 4 },
        { "UTF-16", "\xFF\xFE", 2 },
        { "UTF-16", "\xFE\xFF", 2 },
    };
    for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
        if (r->n >= others[i].n && !memcmp(r->buffer, others[i].bytes, others[i].n))
            return r->c->host->fail(r->c, SL_E_CONFIG, "%s is %s; a list is plain text in UTF-8", r->spec->path,
                                    others[i].name);
    *skip = r->n >= 3 && !memcmp(r->buffer, "\xEF\xBB\xBF", 3) ? 3 : 0;
    return SL_OK;
}

/* The lines that are whole; at the end of the file also the last one. What is left moves to the front. */
static int take_lines(reader *r, bool last)
{
    size_t at = 0;
    if (!r->began) {
        if (r->n < 16 && !last)
            return SL_OK;
        const int ret = look_at_start(r, &at);
        if (ret < 0)
            return ret;
        r->began = true;
    }
    while (at < r->n) {
        const char *newline = memchr(r->buffer + at, '\n', r->n - at);
        const size_t end = newline ? (size_t)(newline - r->buffer) : r->n;
        if (!newline && !last && end - at <= LONGEST)
            break;
        const int ret = take_line(r, r->buffer + at, end - at);
        if (ret < 0)
            return ret;
        at = end + (newline != NULL);
    }
    memmove(r->buffer, r->buffer + at, r->n - at);
    r->n -= at;
    return SL_OK;
}

static int read_all(reader *r, int fd)
{
    for (;;) {
        const ssize_t got = read(fd, r->buffer + r->n, BUFFER - r->n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return r->c->host->fail(r->c, SL_E_IO, "cannot read %s: %s", r->spec->path, strerror(errno));
        XXH3_64bits_update(r->hash, r->buffer + r->n, (size_t)got);
        r->n += (size_t)got;
        const int ret = take_lines(r, got == 0);
        if (ret < 0 || got == 0)
            return ret;
    }
}

int list_read(sl_ctx *c, const list_spec *spec, list_table *out, uint64_t *hash)
{
    reader r = { .c = c, .spec = spec, .out = out, .buffer = malloc(BUFFER), .hash = XXH3_createState() };
    int ret = SL_OK;
    const int fd = open(spec->path, O_RDONLY | O_CLOEXEC);
    const int why = errno;
    if (!r.buffer || !r.hash)
        ret = c->host->fail(c, SL_E_NOMEM, "out of memory");
    else if (fd < 0)
        ret = c->host->fail(c, why == ENOENT ? SL_E_CONFIG : SL_E_IO, "cannot open %s: %s", spec->path, strerror(why));
    else if (XXH3_64bits_reset(r.hash) == XXH_OK)
        ret = read_all(&r, fd);
    if (ret >= 0)
        *hash = XXH3_64bits_digest(r.hash);
    if (fd >= 0)
        close(fd);
    free(r.buffer);
    if (r.hash)
        XXH3_freeState(r.hash);
    return ret;
}

int list_read_all(sl_ctx *c, list_spec spec, sl_many paths, list_table *out)
{
    enum { INFO = 2 };
    for (size_t i = 0; i < paths.n; i++) {
        const uint64_t before = out->added;
        uint64_t hash;
        spec.path = ((const char *const *)paths.v)[i];
        const int ret = list_read(c, &spec, out, &hash);
        if (ret < 0)
            return ret;
        if (out->added == before)
            return c->host->fail(c, SL_E_CONFIG, "%s lists nothing", spec.path);
        c->host->log(c, INFO, "%s: %" PRIu64 " entries, xxh3 %016" PRIx64, spec.path, out->added - before, hash);
    }
    return list_seal(out) ? SL_OK : c->host->fail(c, SL_E_NOMEM, "out of memory");
}
