/* Edits of a record's top-level members, as bytes. A member's piece of the record runs from the byte behind the brace
 * or comma before it to the end of its value, so that its white space travels with it; what stands behind the last
 * value is the tail. */
#include "io/json_internal.h"
#include <stdlib.h>
#include <string.h>

/* The edit of this name that counts: the last one. n_edits: there is none. */
static size_t find_edit(const json_member *m, const json_edit *edits, size_t n_edits)
{
    for (size_t i = n_edits; i-- > 0;)
        if (json_key_is(m, edits[i].name, edits[i].name_n))
            return i;
    return n_edits;
}

static bool member_kept(const json_member *m, const char *const *keep, size_t n_keep)
{
    for (size_t i = 0; i < n_keep; i++)
        if (json_key_is(m, keep[i], strlen(keep[i])))
            return true;
    return !keep;
}

static bool name_kept(const json_edit *e, const char *const *keep, size_t n_keep)
{
    for (size_t i = 0; i < n_keep; i++)
        if (strlen(keep[i]) == e->name_n && !memcmp(keep[i], e->name, e->name_n))
            return true;
    return !keep;
}

static bool repeated_later(const json_edit *edits, size_t i, size_t n_edits)
{
    for (size_t j = i + 1; j < n_edits; j++)
        if (edits[j].name_n == edits[i].name_n && !memcmp(edits[j].name, edits[i].name, edits[i].name_n))
            return true;
    return false;
}

static void add_new(const json_edit *edits, size_t n_edits, const char *const *keep, size_t n_keep,
                    const unsigned char *there, bool first, sbuf *out)
{
    for (size_t i = 0; i < n_edits; i++) {
        const json_edit *e = &edits[i];
        if (there[i] || !e->value || !name_kept(e, keep, n_keep) || repeated_later(edits, i, n_edits))
            continue;
        if (!first)
            sbuf_putc(out, ',');
        first = false;
        sbuf_json(out, e->name, e->name_n);
        sbuf_putc(out, ':');
        sbuf_add(out, e->value, e->value_n);
    }
}

/* Bytes of the record on their way out: pieces that touch leave as one. */
typedef struct run {
    const char *from, *to;
    sbuf *out;
} run;

static void run_flush(run *r)
{
    sbuf_add(r->out, r->from, (size_t)(r->to - r->from));
    r->from = r->to;
}

static void run_add(run *r, const char *from, const char *to)
{
    if (from != r->to) {
        run_flush(r);
        r->from = from;
    }
    r->to = to;
}

/* there[i] is set where the record has the key of edit i. The first member that stays takes over the white space that
 * stood before the first of all. */
static void splice_members(const char *record, size_t n, const json_edit *edits, size_t n_edits,
                           const char *const *keep, size_t n_keep, unsigned char *there, sbuf *out)
{
    json_walk w;
    json_member m;
    if (!json_walk_begin(&w, record, record + n) || w.close != '}') {
        sbuf_add(out, record, n);
        return;
    }
    const char *begin = w.p, *lead_end = NULL, *before = w.p; /* before: behind the value of the member before */
    run r = { .from = record, .to = begin, .out = out };
    bool first = true;
    for (; json_walk_next(&w, &m); before = m.value_end) {
        const char *key = m.key - 1;
        const size_t e = find_edit(&m, edits, n_edits);
        if (!lead_end)
            lead_end = key;
        if (e < n_edits)
            there[e] = 1;
        if ((e < n_edits && !edits[e].value) || !member_kept(&m, keep, n_keep))
            continue;
        if (first)
            run_add(&r, begin, lead_end);
        else
            run_add(&r, before, key);
        first = false;
        run_add(&r, key, e < n_edits ? m.value : m.value_end);
        if (e < n_edits) {
            run_add(&r, edits[e].value, edits[e].value + edits[e].value_n);
            run_flush(&r);
        }
    }
    run_flush(&r);
    add_new(edits, n_edits, keep, n_keep, there, first, out);
    sbuf_add(out, before, (size_t)(record + n - before));
}

void json_splice(const char *record, size_t n, const json_edit *edits, size_t n_edits, const char *const *keep,
                 size_t n_keep, sbuf *out)
{
    unsigned char few[64] = { 0 }, *there = n_edits <= sizeof few ? few : calloc(n_edits, 1);
    if (!there) {
        out->failed = true;
        return;
    }
    splice_members(record, n, edits, n_edits, keep, n_keep, there, out);
    if (there != few)
        free(there);
}
