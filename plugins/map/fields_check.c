#include <string.h>
#include "fields_config.h"
#include "sluice/service_json.h"

/* Columns that the stage writes: the targets of rename, then those of set. */
static const char *written_at(const config *o, size_t i)
{
    return i < o->rename.n ? rename_at(o, i)->to : set_at(o, i - o->rename.n)->column;
}

/* Columns that it takes away: the origins of rename, then drop. */
static const char *removed_at(const config *o, size_t i)
{
    return i < o->rename.n ? rename_at(o, i)->from : drop_at(o, i - o->rename.n);
}

/* A name with dots looks into objects, which works for reading only. */
static int check_dots(sl_ctx *c, const config *o)
{
    for (size_t i = 0; i < o->rename.n + o->set.n; i++)
        if (strchr(written_at(o, i), '.'))
            return c->host->fail(
                c, SL_E_CONFIG,
                "'%s' cannot be written: a name with a dot looks into an object, and only 'from' may do that",
                written_at(o, i));
    for (size_t i = 0; i < o->drop.n; i++)
        if (strchr(drop_at(o, i), '.'))
            return c->host->fail(
                c, SL_E_CONFIG,
                "'%s' cannot be dropped: a name with a dot looks into an object; only whole top-level fields go",
                drop_at(o, i));
    return SL_OK;
}

/* All of the stage happens at once: no column may be meant twice. One origin may have several targets. */
static int check_twice(sl_ctx *c, const config *o)
{
    const size_t n_written = o->rename.n + o->set.n;
    const size_t n_removed = o->rename.n + o->drop.n;
    for (size_t i = 0; i < n_written; i++) {
        const char *name = written_at(o, i);
        for (size_t j = 0; j < i; j++)
            if (strcmp(name, written_at(o, j)) == 0)
                return c->host->fail(c, SL_E_CONFIG, "'%s' is written twice", name);
        for (size_t j = 0; j < n_removed; j++)
            if (strcmp(name, removed_at(o, j)) == 0)
                return c->host->fail(c, SL_E_CONFIG, "'%s' is both taken away and written; use two map.fields stages",
                                     name);
    }
    for (size_t i = o->rename.n; i < n_removed; i++)
        for (size_t j = 0; j < i; j++)
            if (strcmp(removed_at(o, i), removed_at(o, j)) == 0)
                return c->host->fail(c, SL_E_CONFIG, "'%s' is %s", removed_at(o, i),
                                     j < o->rename.n ? "renamed and dropped" : "dropped twice");
    return SL_OK;
}

static int check_set(sl_ctx *c, const config *o)
{
    const sl_json_api *json = c->host->service(c, "json", 1);
    if (!json)
        return c->host->fail(c, SL_E_INTERNAL, "the engine lends no service \"json\" 1");
    for (size_t i = 0; i < o->set.n; i++) {
        const set_row *row = set_at(o, i);
        if (!row->value == !row->json)
            return c->host->fail(c, SL_E_CONFIG, "set[%zu], column '%s': give either value or json", i, row->column);
        if (!row->json)
            continue;
        const int answer = json->valid(c, (sl_str){ .p = row->json, .n = (uint32_t)strlen(row->json) });
        if (answer < 0)
            return answer;
        if (answer != SL_JSON_OK)
            return c->host->fail(c, SL_E_CONFIG, "set[%zu], column '%s': json is no JSON value: %s", i, row->column,
                                 row->json);
    }
    return SL_OK;
}

int fields_check(sl_ctx *c, const void *cfg)
{
    const config *o = cfg;
    if (!o->rename.n && !o->drop.n && !o->set.n)
        return c->host->fail(c, SL_E_CONFIG, "give rename, drop or set");
    int ret = check_dots(c, o);
    if (ret >= 0)
        ret = check_twice(c, o);
    return ret < 0 ? ret : check_set(c, o);
}
