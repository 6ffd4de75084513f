/* Which states a person means. A word is the name of a file, its path, or the first digits of a name, with or without
 * the stage before them; of one fitted state all files are meant. */
#include <string.h>
#include <sys/stat.h>
#include "base/fs.h"
#include "cli/state.h"

enum { DIGITS = 16, FEWEST_DIGITS = 4, SHOWN_DIGITS = 8, SHOWN_CANDIDATES = 5 };
#define HEX "0123456789abcdef"

state_name state_name_of(const artifact_entry *e)
{
    state_name s = { .file = fs_basename(e->path) };
    const char *dash = NULL;
    for (const char *at = s.file; (at = strchr(at, '-')); at++)
        if (at > s.file && strspn(at + 1, HEX) == DIGITS && at[1 + DIGITS] == '.')
            dash = at;
    if (dash) {
        s.stage_n = (size_t)(dash - s.file);
        s.digits = dash + 1;
        s.what = s.digits + DIGITS + 1;
    }
    return s;
}

static bool is_file(const char *word, const artifact_entry *e, const state_name *s)
{
    struct stat a, b;
    const size_t n = strlen(word);
    if (strchr(word, '/'))
        return lstat(word, &a) == 0 && lstat(e->path, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
    return !strncmp(s->file, word, n) && (!s->file[n] || !strcmp(s->file + n, ".state"));
}

static bool is_name(const char *word, const state_name *s)
{
    const size_t n = strlen(word), with_stage = s->stage_n + 1;
    if (!s->stage_n)
        return false;
    if (n > with_stage && n <= with_stage + DIGITS && !strncmp(s->file, word, n))
        return true;
    return n >= FEWEST_DIGITS && n <= DIGITS && !strncmp(s->digits, word, n);
}

static bool same_fit(const state_name *a, const state_name *b)
{
    const size_t n = a->stage_n + 1 + DIGITS;
    return a->stage_n == b->stage_n && !strncmp(a->file, b->file, n);
}

/* ---- what to say where nothing or too much is named ---- */

static void unknown(cli *c, const state_list *l, const char *word)
{
    const char **names = arena_alloc(&c->mem, (l->n * 3 + 1) * sizeof *names, _Alignof(const char *));
    size_t n = 0;
    for (size_t i = 0; names && i < l->n; i++) {
        const state_name s = state_name_of(&l->v[i]);
        if (s.stage_n) {
            names[n] = arena_strndup(&c->mem, s.digits, SHOWN_DIGITS);
            n += names[n] != NULL;
            names[n] = arena_strndup(&c->mem, s.file, s.stage_n + 1 + SHOWN_DIGITS);
            n += names[n] != NULL;
        }
        names[n++] = s.file;
    }
    const char *near = n ? str_suggest(word, names, n) : NULL;
    if (!l->n)
        diag_error(&c->d, (diag_at){ 0 }, "there is no state '%s': none is in %s", word, l->dir);
    else if (near)
        diag_error(&c->d, (diag_at){ 0 }, "there is no state '%s' in %s; did you mean '%s'?", word, l->dir, near);
    else
        diag_error(&c->d, (diag_at){ 0 }, "there is no state '%s' in %s; 'sluice state list' shows what there is", word,
                   l->dir);
}

static void ambiguous(cli *c, const state_list *l, const char *word)
{
    sbuf names = { 0 };
    size_t n = 0;
    state_name last = { 0 };
    for (size_t i = 0; i < l->n; i++) {
        const state_name s = state_name_of(&l->v[i]);
        if (!is_name(word, &s) || (n && same_fit(&s, &last)))
            continue;
        if (n < SHOWN_CANDIDATES)
            sbuf_printf(&names, "%s%.*s", n ? ", " : "", (int)(s.stage_n + 1 + DIGITS), s.file);
        last = s;
        n++;
    }
    if (n > SHOWN_CANDIDATES)
        sbuf_printf(&names, " and %zu more", n - SHOWN_CANDIDATES);
    diag_error(&c->d, (diag_at){ 0 }, "'%s' names %zu states", word, n);
    diag_hint(&c->d, "%s", sbuf_z(&names));
    sbuf_free(&names);
}

/* ---- choosing ---- */

static bool choose_one(cli *c, const state_list *l, const char *word, bool *chosen)
{
    const state_name *first = NULL;
    state_name s, kept;
    bool file = false;
    for (size_t i = 0; i < l->n; i++) {
        s = state_name_of(&l->v[i]);
        if (is_file(word, &l->v[i], &s))
            chosen[i] = file = true;
    }
    for (size_t i = 0; !file && i < l->n; i++) {
        s = state_name_of(&l->v[i]);
        if (!is_name(word, &s))
            continue;
        if (first && !same_fit(&s, first)) {
            ambiguous(c, l, word);
            return false;
        }
        kept = s;
        first = &kept;
        chosen[i] = true;
    }
    if (!file && !first)
        unknown(c, l, word);
    return file || first;
}

bool state_choose(cli *c, state_list *l, const char *const *words, size_t n)
{
    bool *chosen = arena_zalloc(&c->mem, l->n + 1, 1), good = true;
    size_t kept = 0;
    if (!chosen) {
        diag_nomem(&c->d);
        return false;
    }
    for (size_t i = 0; i < n; i++)
        good &= choose_one(c, l, words[i], chosen);
    for (size_t i = 0; good && i < l->n; i++)
        if (chosen[i])
            l->v[kept++] = l->v[i];
    if (good)
        l->n = kept;
    return good;
}
