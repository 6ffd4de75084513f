#include "io/input_archive.h"
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <inttypes.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include "base/fs.h"

enum { BLOCK = 256 << 10, TAR_BLOCK = 512 };

struct input_archive {
    const char *path;
    input_limits lim;
    int members;
    decoder d; /* of the whole archive */
    struct archive *a;
    locale_t
        utf8; /* libarchive turns names into the locale's characters, and loses those that it lacks; 0: not to be had */
    uint8_t *block;
    size_t zeros;              /* at the end of what libarchive was given; counts to TAR_BLOCK */
    bool ended, failed, fatal; /* the decoder's end was seen; it met damage; libarchive cannot go on */
    int error;                 /* errno of a failed read, or ENOMEM */
    bool started, done;
    uint64_t counted;
    bool lost; /* looking for the next good header of a tar; told already */
    /* the member under way */
    uint64_t number;  /* from 1, of all entries */
    sbuf name, label; /* label: "PATH: NAME", for sentences */
    bool in_member;
    const uint8_t *data; /* block of it that libarchive lent */
    size_t data_n;
    int64_t data_at; /* bytes of the member before it */
    bool data_end;
    const char *why; /* it is broken */
    sbuf why_text;
    lines lines;
};

/* ---- bytes for libarchive ---- */

static void count_zeros(input_archive *r, const uint8_t *p, size_t n)
{
    size_t z = 0;
    while (z < n && z < TAR_BLOCK && !p[n - 1 - z])
        z++;
    r->zeros = z == n ? r->zeros + z : z;
    if (r->zeros > TAR_BLOCK)
        r->zeros = TAR_BLOCK;
}

/* libarchive takes a name that it cannot turn for a lack of memory, and ends the process, where errno happens to be
 * ENOMEM: so no old one may stand there while it works. */
static void forget_errno(void) { errno = 0; }

static la_ssize_t give(input_archive *r, struct archive *a, const void **p)
{
    size_t got = 0;
    if (r->failed || r->error)
        return -1;
    if (r->ended)
        return 0;
    switch (decoder_read(&r->d, r->block, BLOCK, &got)) {
    case DECODED:
        count_zeros(r, r->block, got);
        *p = r->block;
        return (la_ssize_t)got;
    case DECODER_END: r->ended = true; return 0;
    case DECODER_DAMAGE: r->failed = true; break;
    case DECODER_NOMEM: r->error = ENOMEM; break;
    default: r->error = r->d.in.error; break;
    }
    archive_set_error(a, EIO, "damaged");
    return -1;
}

static la_ssize_t on_read(struct archive *a, void *u, const void **p)
{
    const la_ssize_t n = give(u, a, p);
    forget_errno();
    return n;
}

/* Seeking serves zip and 7z; it is there for plain containers in files only. */
static la_int64_t on_seek(struct archive *a, void *u, la_int64_t offset, int whence)
{
    input_archive *r = u;
    (void)a;
    const int64_t base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? (int64_t)r->d.in.at : (int64_t)r->d.in.size;
    int64_t to;
    if (__builtin_add_overflow(base, offset, &to) || to < 0)
        return ARCHIVE_FATAL;
    if ((uint64_t)to > r->d.in.size)
        to = (int64_t)r->d.in.size;
    feed_seek(&r->d.in, (uint64_t)to);
    r->ended = false;
    return to;
}

static la_int64_t on_skip(struct archive *a, void *u, la_int64_t n)
{
    input_archive *r = u;
    (void)a;
    if (n <= 0 || (uint64_t)n > r->d.in.size - r->d.in.at)
        return 0; /* the read that follows meets the end and says so */
    feed_seek(&r->d.in, r->d.in.at + (uint64_t)n);
    r->zeros = 0;
    return n;
}

static struct archive *reader_new(input_archive *r)
{
    struct archive *a = archive_read_new();
    if (!a)
        return NULL;
    const bool seeks = !r->d.ops && !r->d.in.sequential;
    if (archive_read_support_format_tar(a) != ARCHIVE_OK || archive_read_support_format_zip(a) != ARCHIVE_OK ||
        archive_read_support_format_7zip(a) < ARCHIVE_WARN || archive_read_support_format_cpio(a) != ARCHIVE_OK ||
        archive_read_support_format_empty(a) != ARCHIVE_OK)
        goto failed;
    if (archive_read_set_format_option(a, "tar", "read_concatenated_archives", "1") != ARCHIVE_OK)
        goto failed;
    archive_read_set_read_callback(a, on_read);
    if (seeks) {
        archive_read_set_seek_callback(a, on_seek);
        archive_read_set_skip_callback(a, on_skip);
    }
    archive_read_set_callback_data(a, r);
    return a;
failed:
    archive_read_free(a);
    return NULL;
}

/* In and out of the locale in which every name can be said, for this thread only. */
static locale_t enter(const input_archive *r) { return r->utf8 ? uselocale(r->utf8) : (locale_t)0; }

static void leave(const input_archive *r, locale_t before)
{
    if (r->utf8)
        (void)uselocale(before);
}

int input_archive_open(const input_file *f, int members, const input_limits *lim, input_archive **out, sbuf *err)
{
    input_archive *r = calloc(1, sizeof *r);
    int opened = -ENOMEM;
    if (r) {
        r->path = f->path;
        r->lim = *lim;
        r->members = members;
        r->utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
        r->d.in.fd = r->lines.d.in.fd = -1;
        opened = decoder_open(&r->d, f, 0);
    }
    if (opened == 0 && (!(r->block = malloc(BLOCK)) || !(r->a = reader_new(r))))
        opened = -ENOMEM;
    if (opened == 0) {
        *out = r;
        return INPUT_OK;
    }
    sbuf_printf(err, "cannot open %s: %s", f->path, strerror(-opened));
    input_archive_close(r);
    return opened == -ENOMEM ? INPUT_E_NOMEM : INPUT_E_IO;
}

void input_archive_close(input_archive *r)
{
    if (!r)
        return;
    if (r->a)
        archive_read_free(r->a);
    if (r->utf8)
        freelocale(r->utf8);
    lines_free(&r->lines);
    decoder_free(&r->d);
    free(r->block);
    sbuf_free(&r->name);
    sbuf_free(&r->label);
    sbuf_free(&r->why_text);
    free(r);
}

/* ---- sentences ---- */

static int nomem(const input_archive *r, sbuf *err)
{
    sbuf_printf(err, "out of memory while %s is read", r->path);
    return INPUT_E_NOMEM;
}

/* What stands in the way, when neither member nor archive can go on: a failed read is an error, all else is damage. */
static int broken(input_archive *r, input_chunk *c, const char *what, sbuf *err)
{
    sbuf text = { 0 };
    uint64_t at = r->d.in.at;
    if (r->error == ENOMEM)
        return nomem(r, err);
    if (r->error) {
        sbuf_printf(err, "cannot read %s: %s", r->path, strerror(r->error));
        return INPUT_E_IO;
    }
    if (r->failed) {
        decoder_describe(&r->d, r->path, &text);
        at = r->d.fault.at;
    } else {
        const char *format = archive_format_name(r->a);
        at = (uint64_t)archive_filter_bytes(r->a, 0);
        sbuf_printf(&text, "%s is damaged: ", r->path);
        if (r->in_member)
            sbuf_printf(&text, "member %s: ", sbuf_z(&r->name));
        sbuf_printf(&text, "%s (%s, near byte %" PRIu64 "%s)", what ? what : "it is no archive that can be read",
                    format ? format : "unknown format", at, r->d.ops ? " decompressed" : "");
    }
    const bool told = chunk_damage_add(c, &text, at);
    sbuf_free(&text);
    if (r->failed || r->fatal || r->lim.damage == DAMAGE_STOPS)
        r->done = true;
    return told ? INPUT_OK : nomem(r, err);
}

/* ---- members ---- */

static bool hidden(const char *name)
{
    for (const char *p = name; *p;) {
        const size_t n = strcspn(p, "/");
        const bool dots = (n == 1 && p[0] == '.') || (n == 2 && p[0] == '.' && p[1] == '.');
        if ((n && p[0] == '.' && !dots) || (n == 8 && !memcmp(p, "__MACOSX", 8)))
            return true;
        p += n + (p[n] == '/');
    }
    return false;
}

static void set_name(input_archive *r, struct archive_entry *e)
{
    forget_errno();
    const char *utf8 = archive_entry_pathname_utf8(e),
               *name = utf8 ? utf8 : (forget_errno(), archive_entry_pathname(e));
    sbuf_clear(&r->name);
    if (!name)
        sbuf_printf(&r->name, "member-%" PRIu64, r->number);
    for (size_t n = name ? strlen(name) : 0, i = 0; i < n;) { /* what is no UTF-8 becomes U+FFFD */
        const size_t valid = utf8_valid_prefix(name + i, n - i);
        sbuf_add(&r->name, name + i, valid);
        i += valid;
        if (i < n) {
            sbuf_puts(&r->name, "\xEF\xBF\xBD");
            i++;
        }
    }
    sbuf_clear(&r->label);
    sbuf_printf(&r->label, "%s: %s", r->path, sbuf_z(&r->name));
}

static bool wanted(const input_archive *r, struct archive_entry *e)
{
    const mode_t type = archive_entry_filetype(e);
    forget_errno();
    return (type == AE_IFREG || type == 0) && !archive_entry_hardlink(e) && !hidden(sbuf_z(&r->name));
}

/* WARN too: so a zip or 7z says that a CRC is wrong. Behind a broken member of a zip the next one is still found,
 * whatever the code. */
static void data_broken(input_archive *r, int code)
{
    const char *text = archive_error_string(r->a);
    const bool zip = (archive_format(r->a) & ARCHIVE_FORMAT_BASE_MASK) == ARCHIVE_FORMAT_ZIP;
    sbuf_clear(&r->why_text);
    sbuf_puts(&r->why_text, text ? text : "corrupt data");
    r->why = sbuf_z(&r->why_text);
    r->fatal = code == ARCHIVE_FATAL && (!zip || r->ended);
    r->data_end = true;
}

/* More of the member in data; false: its end, or r->why. */
static bool next_data(input_archive *r)
{
    while (!r->data_n && !r->data_end) {
        const void *p = NULL;
        size_t n = 0;
        la_int64_t at = 0;
        forget_errno();
        const int s = archive_read_data_block(r->a, &p, &n, &at);
        if (s == ARCHIVE_EOF) {
            r->data_end = true;
        } else if (s == ARCHIVE_OK || s == ARCHIVE_WARN) {
            if (n && at != r->data_at) { /* holes could stand for any number of zeros */
                r->why = "sparse members are not supported";
                r->data_end = true;
                n = 0;
            }
            r->data = p;
            r->data_n = n;
            r->data_at += (int64_t)n;
        }
        if (s != ARCHIVE_OK && s != ARCHIVE_EOF && s != ARCHIVE_RETRY)
            data_broken(r, s);
    }
    return r->data_n > 0;
}

static ssize_t pull_member(void *u, void *p, size_t n, const char **why)
{
    input_archive *r = u;
    if (!next_data(r)) {
        *why = r->why;
        return r->why ? -1 : 0;
    }
    if (n > r->data_n)
        n = r->data_n;
    memcpy(p, r->data, n);
    r->data += n;
    r->data_n -= n;
    return (ssize_t)n;
}

/* The whole member as one record, or the head of one that is too large. A member that ends in damage leaves nothing. */
static int read_text(input_archive *r, input_chunk *c, sbuf *err)
{
    const size_t begin = c->n;
    const uint64_t keep = r->lim.max_record_bytes > RECORD_HEAD ? r->lim.max_record_bytes : RECORD_HEAD;
    bool whole = true;
    if (!chunk_room(c, 0))
        return nomem(r, err);
    while (whole && next_data(r)) {
        const uint64_t left = keep - (c->n - begin);
        whole = r->data_n <= left;
        const size_t n = whole ? r->data_n : left < RECORD_HEAD ? (size_t)left : RECORD_HEAD;
        if (!chunk_room(c, n))
            return nomem(r, err);
        memcpy(c->buf + c->n, r->data, n);
        c->n += n;
        r->data_n = 0;
    }
    if (r->why) {
        c->n = begin;
        return broken(r, c, r->why, err);
    }
    const size_t n = c->n - begin;
    const bool large = !whole || n > r->lim.max_record_bytes;
    if (large && n > RECORD_HEAD)
        c->n = begin + RECORD_HEAD;
    return chunk_mark_add(c, large ? MARK_LARGE : MARK_WHOLE, begin, c->n - begin, r->number, 0) ? INPUT_OK
                                                                                                 : nomem(r, err);
}

static int begin_lines(input_archive *r, sbuf *err)
{
    if (decoder_open_pull(&r->lines.d, pull_member, r) <
        0) /* only for want of memory: a broken member shows when it is read */
        return nomem(r, err);
    lines_start(&r->lines, &r->lim, sbuf_z(&r->label), 0, UINT64_MAX, true);
    r->lines.number = r->number;
    return INPUT_OK;
}

/* ---- the walk ---- */

/* A zip whose directory is cut off reads as a stream of members, as if nothing were missing. True: its end record is
 * there. */
static bool zip_ends(input_archive *r)
{
    enum { RECORD = 22, COMMENT = 65535 };
    const uint64_t size = r->d.in.size, n = size < RECORD + COMMENT ? size : RECORD + COMMENT;
    const ssize_t got = fs_pread_full(r->d.in.fd, r->block, (size_t)n, size - n);
    r->error = got < 0 ? (int)-got : 0;
    return got > 0 && memmem(r->block, (size_t)got, "PK\5\6", 4);
}

/* All that follows the last member: checksums of what compresses the archive, and the end marker of a tar, without
 * which it may as well have been cut off between two members. */
static int finish(input_archive *r, input_chunk *c, sbuf *err)
{
    const bool tar = (archive_format(r->a) & ARCHIVE_FORMAT_BASE_MASK) == ARCHIVE_FORMAT_TAR;
    const bool cut = tar && r->ended && r->zeros < TAR_BLOCK;
    const bool zip =
        (archive_format(r->a) & ARCHIVE_FORMAT_BASE_MASK) == ARCHIVE_FORMAT_ZIP && !r->d.ops && !r->d.in.sequential;
    const void *p;
    r->done = true;
    r->in_member = false;
    while ((r->d.ops || r->d.in.sequential) && on_read(r->a, r, &p) > 0)
        continue;
    if (r->failed || r->error)
        return broken(r, c, NULL, err);
    if (cut)
        return broken(r, c, "it is cut off: its end marker is missing", err);
    return zip && !zip_ends(r) ? broken(r, c, "it is cut off: its directory is missing", err) : INPUT_OK;
}

static int next_member(input_archive *r, input_chunk *c, sbuf *err)
{
    struct archive_entry *e = NULL;
    int s = ARCHIVE_OK;
    r->in_member = false;
    forget_errno();
    if (!r->started) {
        r->started = true;
        s = archive_read_open1(r->a);
    }
    if (s == ARCHIVE_OK || s == ARCHIVE_WARN)
        s = archive_read_next_header(r->a, &e);
    if (s == ARCHIVE_EOF)
        return finish(r, c, err);
    if (s == ARCHIVE_RETRY) { /* a damaged header; libarchive looks for the next good one, block by block */
        const bool told = r->lost;
        r->lost = true;
        return told ? INPUT_OK : broken(r, c, archive_error_string(r->a), err);
    }
    if ((s != ARCHIVE_OK && s != ARCHIVE_WARN) || !e) {
        r->fatal = true; /* without a header there is no way to the next one */
        return broken(r, c, archive_error_string(r->a), err);
    }
    r->lost = false;
    r->number++;
    set_name(r, e);
    if (r->name.failed || r->label.failed)
        return nomem(r, err);
    if (!wanted(r, e))
        return INPUT_OK; /* the next header skips its data */
    if (!chunk_member(c, sbuf_z(&r->name)))
        return nomem(r, err);
    r->in_member = true;
    r->data_n = 0;
    r->data_at = 0;
    r->data_end = false;
    r->why = NULL;
    if (archive_entry_is_data_encrypted(e)) {
        const int told = broken(r, c, "it is encrypted", err);
        r->in_member = false;
        return told;
    }
    if (r->members == MEMBERS_LINES)
        return begin_lines(r, err);
    const int text = read_text(r, c, err);
    r->in_member = false;
    return text;
}

int input_archive_fill(input_archive *r, input_chunk *c, sbuf *err)
{
    static const size_t MARKS = 1 << 16; /* empty members fill no bytes */
    const uint64_t goal = r->lim.chunk_bytes ? r->lim.chunk_bytes : 1;
    int s = INPUT_OK;
    if (r->in_member && !chunk_member(c, sbuf_z(&r->name)))
        return nomem(r, err);
    const size_t said = c->said; /* names may be long, and empty or broken members many */
    const locale_t before = enter(r);
    while (s == INPUT_OK && !r->done && c->n + (c->said - said) < goal && c->n_marks < MARKS) {
        if (!r->in_member) {
            s = next_member(r, c, err);
            continue;
        }
        const size_t told = c->n_damage;
        s = lines_fill(&r->lines, c, goal - c->n, err);
        r->done = c->n_damage > told && r->lim.damage == DAMAGE_STOPS;
        if (s == INPUT_OK)
            break;
        if (s == INPUT_END) {
            s = r->why ? broken(r, c, r->why, err) : INPUT_OK;
            r->in_member = false;
        }
    }
    leave(r, before);
    const uint64_t at = r->done && !r->d.in.sequential ? r->d.in.size : r->d.in.at;
    if (at > r->counted) {
        c->consumed += at - r->counted;
        r->counted = at;
    }
    return s < 0 ? s : r->done ? INPUT_END : INPUT_OK;
}
