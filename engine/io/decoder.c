#include "io/decoder.h"
#include <errno.h>
#include <inttypes.h>
#include <string.h>

static int decoder_codec(decoder *d, input_codec id)
{
    d->id = id;
    d->ops = codec_of(id);
    d->open = d->pending = false;
    d->frame = d->offset = 0;
    if (d->ops && !d->states[id] && !(d->states[id] = d->ops->create()))
        return -ENOMEM;
    return 0;
}

static int sniff(decoder *d)
{
    const size_t n = feed_peek(&d->in, 512);
    if (d->in.error)
        return -d->in.error;
    return decoder_codec(d, input_sniff(d->in.buf + d->in.pos, n));
}

int decoder_open(decoder *d, const input_file *f, uint64_t at)
{
    int r = feed_open(&d->in, f->path, f->sequential, f->size, at);
    d->in.cancel = f->cancel;
    if (r == 0)
        r = f->sequential ? sniff(d) : decoder_codec(d, f->codec);
    if (r < 0)
        decoder_close(d);
    return r;
}

int decoder_open_pull(decoder *d, feed_pull *pull, void *u)
{
    const int r = feed_open_pull(&d->in, pull, u);
    return r < 0 ? r : sniff(d);
}

void decoder_close(decoder *d) { feed_close(&d->in); }

void decoder_free(decoder *d)
{
    for (int i = 0; i <= CODEC_LZ4; i++)
        if (d->states[i])
            codec_of((input_codec)i)->destroy(d->states[i]);
    feed_free(&d->in);
    *d = (decoder){ .in.fd = -1 };
}

static int fault(decoder *d, int kind, uint64_t at, const char *why)
{
    d->open = false;
    d->fault.kind = kind;
    d->fault.at = at;
    d->fault.near = d->in.at;
    d->fault.why = why;
    return DECODER_DAMAGE;
}

/* The input has no more bytes; `cut`: inside something. */
static int at_end(decoder *d, bool cut)
{
    if (d->in.error)
        return DECODER_IO;
    if (d->in.broken)
        return fault(d, FAULT_BROKEN, d->in.at, d->in.broken);
    if (d->in.shrank)
        return fault(d, FAULT_SHRANK, d->in.at, NULL);
    return cut ? fault(d, FAULT_CUT, d->frame, NULL) : DECODER_END;
}

/* Between frames: over padding to where the next one begins, or to what is none. */
static int next_frame(decoder *d)
{
    const codec *ops = d->ops;
    for (;;) {
        const size_t n = feed_peek(&d->in, ops->probe_n);
        const uint8_t *p = d->in.buf + d->in.pos;
        const uint64_t at = d->in.at;
        uint64_t skip = 0;
        const char *why = NULL;
        if (!n)
            return at_end(d, false);
        switch (ops->probe(p, n, &skip, &why)) {
        case PROBE_FRAME:
            if (ops->begin(d->states[d->id]))
                return DECODER_NOMEM;
            d->open = true;
            d->frame = at;
            d->offset = 0;
            return DECODED;
        case PROBE_SKIP:
            if (feed_skip(&d->in, skip))
                break;
            d->frame = at;
            return at_end(d, true);
        default:
            if (d->in.ended && n < ops->probe_n && n < 8 &&
                (!memcmp(p, ops->magic, n < ops->magic_n ? n : ops->magic_n) || (n >= 4 && codec_is_skippable(p, 8)))) {
                d->frame = at;
                return at_end(d, true);
            }
            return fault(d, FAULT_FOREIGN, at, why);
        }
    }
}

static int read_plain(decoder *d, void *out, size_t room, size_t *got)
{
    d->offset = d->in.at;
    *got = feed_read(&d->in, out, room);
    d->offset += *got;
    return *got ? DECODED : at_end(d, false);
}

int decoder_read(decoder *d, void *out, size_t room, size_t *got)
{
    *got = 0;
    if (!d->ops)
        return read_plain(d, out, room, got);
    if (d->pending) {
        d->pending = false;
        return DECODER_DAMAGE;
    }
    for (int stalls = 0;;) {
        if (!d->open) {
            const int r = next_frame(d);
            if (r != DECODED)
                return r;
        }
        const size_t n = feed_peek(&d->in, 1);
        codec_io io = { .in = d->in.buf + d->in.pos, .in_n = n, .out = out, .room = room };
        const int r = d->ops->decode(d->states[d->id], &io);
        feed_take(&d->in, io.used);
        d->offset += *got = io.got;
        if (r == CODEC_NOMEM)
            return DECODER_NOMEM;
        if (r == CODEC_DONE)
            d->open = false;
        else if (r == CODEC_BAD)
            (void)fault(d, FAULT_BAD, d->frame, io.why);
        if (r == CODEC_BAD && io.got)
            d->pending = true;
        if (io.got)
            return DECODED;
        if (r == CODEC_BAD)
            return DECODER_DAMAGE;
        if (r == CODEC_MORE && !io.used && !n)
            return at_end(d, true);
        if (r == CODEC_MORE && !io.used && ++stalls > 8) /* no codec should; better than to hang */
            return fault(d, FAULT_BAD, d->frame, "corrupt data");
    }
}

int decoder_resume(decoder *d, uint64_t *found)
{
    const codec *ops = d->ops;
    if (!ops || d->fault.kind == FAULT_SHRANK || d->fault.kind == FAULT_BROKEN)
        return DECODER_END;
    const uint64_t behind = d->fault.at + 1;
    if (!d->in.sequential) {
        const uint64_t back = d->in.at > DECODER_BACK ? d->in.at - DECODER_BACK : 0;
        feed_seek(&d->in, back > behind ? back : behind);
    } else if (d->in.at < behind) {
        (void)feed_skip(&d->in, behind - d->in.at);
    }
    for (;;) {
        const size_t n = feed_peek(&d->in, FEED_BYTES / 2);
        const uint8_t *p = d->in.buf + d->in.pos, *m = n ? memchr(p, ops->magic[0], n) : NULL;
        uint64_t skip;
        const char *why;
        if (!n)
            return d->in.error ? DECODER_IO : DECODER_END;
        feed_take(&d->in, m ? (size_t)(m - p) : n);
        if (!m)
            continue;
        const size_t left = feed_peek(&d->in, ops->probe_n);
        m = d->in.buf + d->in.pos;
        if (left >= ops->magic_n && !memcmp(m, ops->magic, ops->magic_n) &&
            ops->probe(m, left, &skip, &why) == PROBE_FRAME && (!ops->likely || ops->likely(m, left))) {
            *found = d->in.at;
            return DECODED;
        }
        feed_take(&d->in, 1);
    }
}

void decoder_describe(const decoder *d, const char *name, sbuf *out)
{
    const decoder_fault *f = &d->fault;
    const char *codec_name = d->ops ? d->ops->name : "plain", *unit = d->ops ? d->ops->unit : "file";
    switch (f->kind) {
    case FAULT_CUT:
        sbuf_printf(out, "%s is cut off: %s %s at byte %" PRIu64 " ends early", name, codec_name, unit, f->at);
        return;
    case FAULT_BAD:
        sbuf_printf(out, "%s is damaged: %s %s at byte %" PRIu64 ": %s (seen at byte %" PRIu64 ")", name, codec_name,
                    unit, f->at, f->why, f->near);
        return;
    case FAULT_FOREIGN:
        sbuf_printf(out, "%s is damaged: no %s %s begins at byte %" PRIu64, name, codec_name, unit, f->at);
        break;
    case FAULT_SHRANK:
        sbuf_printf(out,
                    "%s is damaged: it shrank while it was read: it had %" PRIu64
                    " bytes, and nothing is left at byte %" PRIu64,
                    name, d->in.size, f->at);
        return;
    case FAULT_BROKEN: sbuf_printf(out, "%s is damaged", name); break;
    }
    if (f->why)
        sbuf_printf(out, ": %s", f->why);
}
