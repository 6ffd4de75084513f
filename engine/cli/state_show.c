/* The states of a folder as a table, and as JSON. */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "cli/state.h"
#include "io/json.h"
#include "run/json_writer.h"

enum { SHOWN_DIGITS = 8, INDENT = 4, LINES = 3, NO_LIMIT = 1 << 16 };

/* Local time for people, UTC for programs. NULL: no time that anybody could mean. */
static const char *when(int64_t seconds, bool utc, char buf[32])
{
    const time_t t = (time_t)seconds;
    struct tm tm;
    const char *format = utc ? "%Y-%m-%dT%H:%M:%SZ" : "%Y-%m-%d %H:%M";
    if (!(utc ? gmtime_r(&t, &tm) : localtime_r(&t, &tm)) || !strftime(buf, 32, format, &tm))
        return NULL;
    return buf;
}

static const char *or_dash(const char *s) { return s ? s : "-"; }

/* ---- table ---- */

static void first_line(const artifact_entry *e, int width, sbuf *out)
{
    const state_name s = state_name_of(e);
    const bool good = !e->problem;
    char size[32], made[32], used[32];
    sbuf stage = { 0 }, what = { 0 };
    cli_safe(s.file, s.stage_n ? s.stage_n : strlen(s.file), NO_LIMIT, &stage);
    if (s.stage_n)
        cli_safe(s.what, strcspn(s.what, "."), NO_LIMIT, &what);
    sbuf_printf(out, "%-*s   %.*s   %-8s   %8s   %-16s   %s\n", width, sbuf_z(&stage), SHOWN_DIGITS,
                s.stage_n ? s.digits : "-       ", good ? e->head.what : or_dash(what.p),
                human_bytes(size, (double)e->bytes), or_dash(good ? when(e->head.created, false, made) : NULL),
                or_dash(when(e->used, false, used)));
    sbuf_free(&stage);
    sbuf_free(&what);
}

/* What made it, on a few lines, or why it is broken, however long. */
static void more_lines(const artifact_entry *e, sbuf *out)
{
    const unsigned width = cli_width(STDOUT_FILENO) - INDENT;
    sbuf words = { 0 };
    if (e->problem)
        sbuf_printf(&words, "broken: %s", e->problem);
    else
        state_words(e->head.made_by, &words);
    const char *at = sbuf_z(&words), *end = at + words.n;
    for (int i = 0; at < end; i++) {
        sbuf_printf(out, "%*s", INDENT, "");
        if (e->problem || i + 1 == LINES) {
            cli_safe(at, (size_t)(end - at), e->problem ? NO_LIMIT : width, out);
            at = end;
        } else {
            cli_wrap(&at, end, width, out);
        }
        sbuf_putc(out, '\n');
    }
    sbuf_free(&words);
}

bool state_show_table(const state_list *l)
{
    char size[32];
    uint64_t bytes = 0;
    size_t broken = 0;
    int width = (int)strlen("stage");
    sbuf out = { 0 };
    for (size_t i = 0; i < l->n; i++) {
        const state_name s = state_name_of(&l->v[i]);
        width = (int)s.stage_n > width ? (int)s.stage_n : width;
        bytes += l->v[i].bytes;
        broken += l->v[i].problem != NULL;
    }
    if (l->n)
        sbuf_printf(&out, "%-*s   name       what           size   made               used\n", width, "stage");
    for (size_t i = 0; i < l->n; i++) {
        first_line(&l->v[i], width, &out);
        more_lines(&l->v[i], &out);
    }
    if (l->n)
        sbuf_printf(&out, "\n%zu %s, %s in ", STATES(l->n), human_bytes(size, (double)bytes));
    else
        sbuf_puts(&out, "no saved states in ");
    cli_safe(l->dir, strlen(l->dir), NO_LIMIT, &out);
    if (broken)
        sbuf_printf(&out, "; %zu broken", broken);
    sbuf_putc(&out, '\n');
    fputs(sbuf_z(&out), stdout);
    const bool good = !out.failed;
    sbuf_free(&out);
    return good;
}

/* ---- JSON ---- */

/* A text that should be JSON, and is nothing that could spoil ours. */
static void put_json(json_writer *w, const char *key, const char *text)
{
    const size_t n = strlen(text);
    if (n && json_valid(text, n))
        jw_raw(w, key, text);
    else
        jw_str(w, key, n ? text : NULL);
}

static void entry_json(json_writer *w, const artifact_entry *e)
{
    const artifact_head *h = &e->head;
    char text[32];
    jw_object(w, NULL);
    jw_str(w, "path", e->path);
    jw_u64(w, "bytes", e->bytes);
    jw_str(w, "used", when(e->used, true, text));
    if (e->problem) {
        jw_str(w, "problem", e->problem);
    } else {
        jw_str(w, "stage", h->stage);
        jw_str(w, "name", h->name);
        jw_str(w, "what", h->what);
        jw_u64(w, "state_version", h->state_version);
        jw_str(w, "plugin", h->plugin);
        jw_str(w, "created", when(h->created, true, text));
        put_json(w, "made_by", h->made_by);
        put_json(w, "report", h->report);
    }
    jw_close(w);
}

bool state_show_json(const state_list *l)
{
    sbuf out = { 0 };
    json_writer w = { .out = &out };
    jw_object(&w, NULL);
    jw_str(&w, "dir", l->dir);
    jw_list(&w, "states");
    for (size_t i = 0; i < l->n; i++)
        entry_json(&w, &l->v[i]);
    jw_close(&w);
    jw_close(&w);
    sbuf_putc(&out, '\n');
    fputs(sbuf_z(&out), stdout);
    const bool good = !out.failed;
    sbuf_free(&out);
    return good;
}
