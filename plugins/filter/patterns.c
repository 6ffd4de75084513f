#include "patterns.h"
#include <stdlib.h>

int patterns_make(sl_ctx *c, const list_table *list, patterns *out)
{
    sl_str text;
    out->code = calloc(list->entries + 1, sizeof(*out->code));
    out->text = calloc(list->entries + 1, sizeof(*out->text));
    out->limits = pcre2_match_context_create(NULL);
    if (!out->code || !out->text || !out->limits)
        return c->host->fail(c, SL_E_NOMEM, "out of memory");
    pcre2_set_heap_limit(out->limits, PATTERN_MEMORY);
    for (uint64_t at = 0; list_next(list, &at, &text);) {
        int error;
        PCRE2_SIZE where;
        pcre2_code *code =
            pcre2_compile((PCRE2_SPTR)text.p, text.n, PCRE2_UTF | PCRE2_MATCH_INVALID_UTF, &error, &where, NULL);
        if (!code) {
            PCRE2_UCHAR why[200] = { 0 };
            if (error == PCRE2_ERROR_HEAP_FAILED)
                return c->host->fail(c, SL_E_NOMEM, "out of memory");
            pcre2_get_error_message(error, why, sizeof(why));
            return c->host->fail(c, SL_E_CONFIG, "the pattern '%.*s' is wrong at byte %zu: %s",
                                 (int)(text.n < 200 ? text.n : 200), text.p, (size_t)where, (const char *)why);
        }
        pcre2_jit_compile(code, PCRE2_JIT_COMPLETE); /* where it cannot, patterns are interpreted */
        out->text[out->n] = text;
        out->code[out->n++] = code;
    }
    return SL_OK;
}

bool patterns_find(const patterns *all, pcre2_match_data *work, sl_str text, sl_str *hit, uint32_t *given_up)
{
    *hit = (sl_str){ 0 };
    *given_up = 0;
    for (uint32_t i = 0; i < all->n && !hit->p; i++) {
        int found = pcre2_match(all->code[i], (PCRE2_SPTR)text.p, text.n, 0, 0, work, all->limits);
        if (found == PCRE2_ERROR_JIT_STACKLIMIT)
            found = pcre2_match(all->code[i], (PCRE2_SPTR)text.p, text.n, 0, PCRE2_NO_JIT, work, all->limits);
        if (found == PCRE2_ERROR_NOMEMORY)
            return false;
        if (found >= 0)
            *hit = all->text[i];
        else
            *given_up += found != PCRE2_ERROR_NOMATCH;
    }
    return true;
}

void patterns_free(patterns *all)
{
    for (uint32_t i = 0; i < all->n; i++)
        pcre2_code_free(all->code[i]);
    pcre2_match_context_free(all->limits);
    free(all->code);
    free(all->text);
    *all = (patterns){ 0 };
}
