#include "io/input_chunk.h"
#include "base/hash.h"
#include "io/input_lines.h"
#include <stdlib.h>
#include <string.h>

input_chunk *input_chunk_new(void)
{
    input_chunk *c = calloc(1, sizeof *c);
    if (c) {
        arena_init(&c->mem, 4096);
        c->next_at = SIZE_MAX;
    }
    return c;
}

void input_chunk_free(input_chunk *c)
{
    if (!c)
        return;
    lines_free(c->load);
    free(c->load);
    free(c->buf);
    free(c->marks);
    free(c->damage);
    arena_free(&c->mem);
    free(c);
}

void chunk_start(input_chunk *c, const input_limits *lim)
{
    c->n = c->at = c->next = 0;
    c->next_at = SIZE_MAX;
    c->n_marks = c->n_damage = 0;
    c->consumed = 0;
    c->said = 0;
    c->member = NULL;
    c->now = (chunk_mark){ 0 };
    c->max_record = lim->max_record_bytes;
    arena_reset(&c->mem, 1 << 16);
}

bool chunk_room(input_chunk *c, size_t n)
{
    if (c->buf && n <= c->cap - c->n) /* also an empty record has its slack */
        return true;
    if (n > SIZE_MAX / 4 || c->n > SIZE_MAX / 4)
        return false;
    size_t cap = c->cap + c->cap / 2;
    if (cap < c->n + n)
        cap = c->n + n;
    uint8_t *p = realloc(c->buf, cap + 1 + INPUT_SLACK);
    if (!p)
        return false;
    c->buf = p;
    c->cap = cap;
    return true;
}

bool chunk_mark_add(input_chunk *c, mark_kind kind, size_t at, size_t len, uint64_t frame, uint64_t offset)
{
    if (c->n_marks == c->cap_marks) {
        const size_t cap = c->cap_marks ? c->cap_marks * 2 : 64;
        chunk_mark *p = realloc(c->marks, cap * sizeof *p);
        if (!p)
            return false;
        c->marks = p;
        c->cap_marks = cap;
    }
    c->marks[c->n_marks++] =
        (chunk_mark){ .at = at, .len = len, .frame = frame, .offset = offset, .member = c->member, .kind = kind };
    return true;
}

void chunk_mark_cut(input_chunk *c, size_t at)
{
    while (c->n_marks && c->marks[c->n_marks - 1].at > at)
        c->n_marks--;
}

void chunk_place(const input_chunk *c, size_t at, uint64_t *frame, uint64_t *offset)
{
    size_t i = c->n_marks;
    while (i && c->marks[i - 1].at > at)
        i--;
    *frame = *offset = 0;
    if (i) {
        *frame = c->marks[i - 1].frame;
        *offset = c->marks[i - 1].offset + (at - c->marks[i - 1].at);
    }
}

bool chunk_member(input_chunk *c, const char *name)
{
    c->said += strlen(name) + 1;
    return c->member = arena_strdup(&c->mem, name), c->member;
}

bool chunk_damage_add(input_chunk *c, sbuf *s, uint64_t offset)
{
    if (c->n_damage == c->cap_damage) {
        const size_t cap = c->cap_damage ? c->cap_damage * 2 : 8;
        input_damage *p = realloc(c->damage, cap * sizeof *p);
        if (!p)
            return false;
        c->damage = p;
        c->cap_damage = cap;
    }
    c->said += s->n + 1;
    char *text = s->failed ? NULL : arena_strndup(&c->mem, sbuf_z(s), s->n);
    sbuf_clear(s);
    if (!text)
        return false;
    c->damage[c->n_damage++] = (input_damage){ .text = text, .offset = offset };
    return true;
}

void chunk_finish(input_chunk *c)
{
    if (c->buf)
        memset(c->buf + c->n, 0, INPUT_SLACK);
    c->at = c->next = 0;
    c->next_at = c->n_marks ? c->marks[0].at : SIZE_MAX;
}

size_t input_chunk_damage(const input_chunk *c, const input_damage **out)
{
    if (out)
        *out = c->damage;
    return c->n_damage;
}

uint64_t input_chunk_consumed(const input_chunk *c) { return c->consumed; }

bool input_chunk_holds(const input_chunk *c, const void *p, size_t n)
{
    const uintptr_t at = (uintptr_t)p - (uintptr_t)c->buf;
    return at <= c->n && n <= c->n - at;
}

static void strip_bom(input_record *r)
{
    if (r->n >= 3 && !memcmp(r->p, "\xEF\xBB\xBF", 3)) {
        r->p += 3;
        r->n -= 3;
    }
}

static bool blank(const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (p[i] != ' ' && p[i] != '\t' && p[i] != '\r')
            return false;
    return true;
}

/* Passes the marks up to `at`. INPUT_OK: lines go on; else the answer for r, which a mark gave. */
static int pass_marks(input_chunk *c, input_record *r, bool *answer)
{
    *answer = false;
    while (c->at >= c->next_at) {
        const chunk_mark *m = &c->marks[c->next++];
        c->now = *m;
        c->next_at = c->next < c->n_marks ? c->marks[c->next].at : SIZE_MAX;
        if (m->kind == MARK_LINES)
            continue;
        *r = (input_record){ .p = (const char *)c->buf + m->at,
                             .n = m->len,
                             .nth = hash_two(m->frame, m->offset),
                             .offset = m->offset,
                             .member = m->member };
        c->at = m->at + m->len;
        *answer = true;
        if (m->offset == 0)
            strip_bom(r);
        return m->kind == MARK_LARGE ? INPUT_MORE : INPUT_OK;
    }
    return INPUT_OK;
}

int input_chunk_next(input_chunk *c, input_record *r)
{
    if (c->at >= c->next_at) {
        bool answer;
        const int marked = pass_marks(c, r, &answer);
        if (answer)
            return marked;
    }
    if (c->at >= c->n)
        return INPUT_END;
    const char *p = (const char *)c->buf + c->at;
    const char *end = memchr(p, '\n', c->n - c->at);
    size_t n = end ? (size_t)(end - p) : c->n - c->at;
    r->offset = c->now.offset + (c->at - c->now.at);
    r->nth = hash_two(c->now.frame, r->offset);
    r->member = c->now.member;
    c->at += n + 1;
    r->p = p;
    if (__builtin_expect(n > c->max_record, 0)) {
        r->n = n < RECORD_HEAD ? n : RECORD_HEAD;
        if (r->offset == 0)
            strip_bom(r);
        return INPUT_MORE;
    }
    r->n = n && p[n - 1] == '\r' ? n - 1 : n;
    if (r->offset == 0)
        strip_bom(r);
    if (r->n && (unsigned char)r->p[0] <= ' ' && blank(r->p, r->n))
        r->n = 0;
    return INPUT_OK;
}
