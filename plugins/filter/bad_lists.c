#include "bad_lists.h"
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include "list_file.h"

const sl_option bad_list_options[] = {
    SL_OPT(bad_list_row, language, STR, NULL, "its name as the column `language` has it; ja, th and zh: words anywhere",
           .flags = SL_OPT_REQUIRED),
    SL_OPT(bad_list_row, path, PATH, NULL, "one word or phrase a line, in lower case", .flags = SL_OPT_REQUIRED),
    { 0 },
};

int bad_lists_check(sl_ctx *c, const bad_lists_config *o)
{
    const bad_list_row *rows = o->rows.v;
    if (!o->rows.n == !o->folder)
        return c->host->fail(c, SL_E_CONFIG, "give lists or folder");
    for (size_t i = 0; i < o->rows.n; i++)
        for (size_t k = 0; k < i; k++)
            if (!strcmp(rows[i].language, rows[k].language))
                return c->host->fail(c, SL_E_CONFIG, "two lists for language '%s'", rows[i].language);
    return SL_OK;
}

static bool is_allowed(const bad_lists_config *o, sl_str word)
{
    for (size_t i = 0; i < o->allow.n; i++) {
        const char *text = ((const char *const *)o->allow.v)[i];
        if (strlen(text) == word.n && !memcmp(text, word.p, word.n))
            return true;
    }
    return false;
}

static bool without_allowed(const bad_lists_config *o, const list_table *all, list_table *out)
{
    sl_str word;
    for (uint64_t at = 0; list_next(all, &at, &word);)
        if (!is_allowed(o, word) && !list_add(out, word.p, word.n))
            return false;
    return list_seal(out);
}

static int read_one(sl_ctx *c, const bad_lists_config *o, const char *language, const char *path, bad_lists *out)
{
    bad_list *list = &out->v[out->n];
    list_table all = { 0 };
    bool too_large = false;
    const sl_many one = { .v = &path, .n = 1 };
    const int ret = list_read_all(c, (list_spec){ .match = LIST_STRIPPED }, one, &all);
    out->n++;
    if (ret < 0) {
        list_free(&all);
        return ret;
    }
    list->language = strdup(language);
    list->anywhere = !strcmp(language, "ja") || !strcmp(language, "th") || !strcmp(language, "zh");
    const bool done = list->language && without_allowed(o, &all, &list->words) &&
                      automaton_make(&list->find, &list->words, &too_large);
    list_free(&all);
    if (done)
        return SL_OK;
    return too_large
               ? c->host->fail(c, SL_E_CONFIG, "%s: to look for so many words takes a table of more than 1 GiB", path)
               : c->host->fail(c, SL_E_NOMEM, "out of memory");
}

/* A language's name: two or three small letters, and what follows a hyphen. Other files of the folder are none, nor are
 * folders. */
static int is_language(const struct dirent *file)
{
    const size_t n = strspn(file->d_name, "abcdefghijklmnopqrstuvwxyz");
    return file->d_type != DT_DIR && (n == 2 || n == 3) &&
           (file->d_name[n] == 0 || (file->d_name[n] == '-' && !strchr(file->d_name, '.')));
}

static int read_folder(sl_ctx *c, const bad_lists_config *o, bad_lists *out)
{
    struct dirent **files = NULL;
    const int n = scandir(o->folder, &files, is_language, alphasort);
    int ret = SL_OK;
    if (n < 0)
        return c->host->fail(c,
                             errno == ENOMEM   ? SL_E_NOMEM
                             : errno == ENOENT ? SL_E_CONFIG
                                               : SL_E_IO,
                             "cannot read the folder %s: %s", o->folder, strerror(errno));
    out->v = calloc((size_t)n + 1, sizeof(*out->v));
    if (!out->v)
        ret = c->host->fail(c, SL_E_NOMEM, "out of memory");
    else if (n == 0)
        ret = c->host->fail(c, SL_E_CONFIG, "%s has no file with the name of a language, such as en", o->folder);
    for (int i = 0; i < n; i++) {
        char *path = NULL;
        if (ret >= 0 && asprintf(&path, "%s/%s", o->folder, files[i]->d_name) < 0) {
            path = NULL;
            ret = c->host->fail(c, SL_E_NOMEM, "out of memory");
        }
        if (ret >= 0)
            ret = read_one(c, o, files[i]->d_name, path, out);
        free(path);
        free(files[i]);
    }
    free(files);
    return ret;
}

int bad_lists_read(sl_ctx *c, const bad_lists_config *o, bad_lists *out)
{
    const bad_list_row *rows = o->rows.v;
    if (o->folder)
        return read_folder(c, o, out);
    out->v = calloc(o->rows.n, sizeof(*out->v));
    if (!out->v)
        return c->host->fail(c, SL_E_NOMEM, "out of memory");
    for (size_t i = 0; i < o->rows.n; i++) {
        const int ret = read_one(c, o, rows[i].language, rows[i].path, out);
        if (ret < 0)
            return ret;
    }
    return SL_OK;
}

const bad_list *bad_lists_find(const bad_lists *all, sl_str language)
{
    for (uint32_t i = 0; i < all->n; i++)
        if (strlen(all->v[i].language) == language.n && !memcmp(all->v[i].language, language.p, language.n))
            return &all->v[i];
    return NULL;
}

uint64_t bad_lists_memory(const bad_lists *all)
{
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < all->n; i++)
        bytes += list_memory(&all->v[i].words) + automaton_memory(&all->v[i].find);
    return bytes;
}

void bad_lists_free(bad_lists *all)
{
    for (uint32_t i = 0; i < all->n; i++) {
        free(all->v[i].language);
        list_free(&all->v[i].words);
        automaton_free(&all->v[i].find);
    }
    free(all->v);
    *all = (bad_lists){ 0 };
}
