/* dedup.exact — of documents with the same text (or the same values of other columns) one stays. The fit gathers a hash
 * and a place for each document; what is frozen is the list of those that go. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "clusters.h"
#include "identity.h"
#include "scatter.h"
#include "sluice/service_report.h"
#define XXH_INLINE_ALL
#include <xxhash.h>

enum { BY, CLUSTER, SIZE, OF };
enum { DUPLICATE };
enum { FIRST, HIGHEST, LOWEST };
enum { MAIN, INDEX, PORTS };
enum { LEAST_SLICE = 1 << 16, MOST_SLICE = 1 << 20 };

typedef struct config {
    sl_many of; /* const char * */
    uint32_t normalize, keep;
    const char *by, *cluster_as, *size_as;
} config;
typedef struct state {
    const config *cfg;
    const sl_spill_api *spill;
    const sl_artifact_api *artifact;
    identity identity;
    uint64_t options;          /* a hash of those that a saved state depends on */
    sl_spill *gathered[PORTS]; /* NULL once finalized */
    uint64_t unknown[PORTS];   /* documents without a value: gathered nowhere */
    victims victims;
} state;
typedef struct local {
    scatter out;
    uint64_t unknown[PORTS];
    uint64_t at, at_survivor; /* apply: where the last batch ended in the victims, and in their survivors */
} local;

/* ---- configuration ---- */

static int check(sl_ctx *c, const void *cfg)
{
    const config *o = cfg;
    if (!o->of.n)
        return c->host->fail(c, SL_E_CONFIG, "of names no column");
    if (o->keep != FIRST && !o->by)
        return c->host->fail(c, SL_E_CONFIG, "keep: %s needs a column of numbers; name it with by",
                             o->keep == HIGHEST ? "highest" : "lowest");
    if (o->keep == FIRST && o->by)
        return c->host->fail(c, SL_E_CONFIG, "by is for keep: highest and keep: lowest");
    if (o->cluster_as && o->size_as && !strcmp(o->cluster_as, o->size_as))
        return c->host->fail(c, SL_E_CONFIG, "cluster_as and size_as are both '%s'", o->size_as);
    return SL_OK;
}

static uint64_t hash_of_options(const config *o)
{
    const unsigned char head[] = { (unsigned char)o->normalize, (unsigned char)o->keep };
    uint64_t hash = XXH3_64bits(head, sizeof(head));
    for (size_t i = 0; i <= o->of.n; i++) {
        const char *name = i < o->of.n ? ((const char *const *)o->of.v)[i] : o->by ? o->by : "";
        hash = XXH3_64bits_withSeed(name, strlen(name), hash);
    }
    return hash;
}

static uint32_t record_words(const config *o) { return o->keep == FIRST ? 3 : 4; }

static int open_(sl_ctx *c, const void *cfg, void *g)
{
    const config *o = cfg;
    state *s = g;
    s->cfg = o;
    s->options = hash_of_options(o);
    s->spill = c->host->service(c, "spill", 1);
    s->artifact = c->host->service(c, "artifact", 1);
    const sl_json_api *json = c->host->service(c, "json", 1);
    if (!s->spill || !s->artifact || !json)
        return c->host->fail(c, SL_E_INTERNAL, "the engine lends no service \"spill\", \"artifact\" or \"json\" 1");
    identity_init(&s->identity, json, OF, (uint32_t)o->of.n, o->normalize);
    for (unsigned port = 0; port < PORTS; port++) {
        const int ret = s->spill->open(c, SCATTER_PARTITIONS, record_words(o) * 8, 8, &s->gathered[port]);
        if (ret < 0)
            return ret;
    }
    return SL_OK;
}

static int open_local(sl_ctx *c, const void *g, void *l)
{
    (void)c;
    ((local *)l)->out.words = record_words(((const state *)g)->cfg);
    return SL_OK;
}

/* ---- fit ---- */

/* A number that sorts as keep says: the document with the least stays. Without a number: the greatest. */
static int rank_of(sl_ctx *c, const state *s, const sl_batch *b, uint32_t row, uint64_t *rank)
{
    const sl_column *by = b->columns[BY];
    double value = sl_number(by, row);
    if (by->type == SL_T_JSON && sl_is_valid(by, row)) {
        const sl_str text = ((const sl_str *)by->data)[row];
        uint64_t valid = 1;
        sl_column one = { .name = "", .data = &value, .valid = &valid, .type = SL_T_F64, .width = 1 };
        const int ret = s->identity.json->convert(c, b, text, &one, 0);
        if (ret < 0)
            return ret;
        if (ret != SL_JSON_OK || !valid)
            value = text.n && text.p[0] == 't' ? 1 : text.n && text.p[0] == 'f' ? 0 : NAN;
    }
    *rank = isnan(value) ? UINT64_MAX : s->cfg->keep == LOWEST ? sl_rank(value) : ~sl_rank(value);
    return SL_OK;
}

static int fit(sl_ctx *c, const void *g, void *l, uint32_t port, const sl_batch *b)
{
    const state *s = g;
    local *w = l;
    const uint32_t words = w->out.words;
    int ret = SL_OK;
    SL_EACH(b, row) {
        uint64_t *record = scatter_room(&w->out);
        unsigned char *hash = (unsigned char *)record;
        bool known;
        ret = identity_of(c, &s->identity, b, row, hash, &known);
        if (ret >= 0 && known && words == 4)
            ret = rank_of(c, s, b, row, &record[2]);
        if (ret < 0)
            return ret;
        if (!known) {
            w->unknown[port]++;
            continue;
        }
        if (port == MAIN && b->pos[row] & IN_INDEX)
            return c->host->fail(c, SL_E_INTERNAL, "a split has more than 2^31 documents");
        if (words == 4)
            record[2] = sl_big(record[2]);
        record[words - 1] = sl_big(b->pos[row]);
        scatter_take(&w->out, hash[0]);
        if (scatter_full(&w->out) && (ret = scatter_flush(c, &w->out, s->spill, s->gathered[port])) < 0)
            return ret;
    }
    return scatter_flush(c, &w->out, s->spill, s->gathered[port]);
}

static int combine(sl_ctx *c, void *g, void *l)
{
    (void)c;
    for (unsigned port = 0; port < PORTS; port++)
        ((state *)g)->unknown[port] += ((local *)l)->unknown[port];
    return SL_OK;
}

/* ---- finalize ---- */

static int report_clusters(sl_ctx *c, const sl_report_api *report, const tally *t)
{
    char rows[160 * CLUSTER_SIZES];
    size_t n = 0;
    for (unsigned i = 0; i < CLUSTER_SIZES; i++)
        n += (size_t)snprintf(rows + n, sizeof(rows) - n,
                              "%c{\"documents_in_cluster\":\"%s\",\"clusters\":%" PRIu64 ",\"documents\":%" PRIu64 "}",
                              i ? ',' : '[', cluster_size_name(i), t->clusters[i], t->documents[i]);
    rows[n++] = ']';
    rows[n] = '\0';
    return report->table(c, "clusters", rows);
}

static int report_documents(sl_ctx *c, const state *s, const sl_report_api *report, const tally *t)
{
    uint64_t clusters = 0, documents = s->unknown[MAIN];
    for (unsigned i = 0; i < CLUSTER_SIZES; i++) {
        clusters += t->clusters[i];
        documents += t->documents[i];
    }
    char row[512];
    snprintf(row, sizeof(row),
             "[{\"documents\":%" PRIu64 ",\"without_value\":%" PRIu64 ",\"clusters\":%" PRIu64 ",\"largest\":%" PRIu64
             ",\"in_index\":%" PRIu64 ",\"duplicates\":%" PRIu64 ",\"share\":%.6f}]",
             documents, s->unknown[MAIN], clusters, t->largest, t->index_documents, s->victims.n,
             documents ? (double)s->victims.n / (double)documents : 0.0);
    return report->table(c, "documents", row);
}

/* What the apply pass asks for beside the victims: 8 bytes for each, and as much again while they are sorted. */
static int prepare(sl_ctx *c, state *s)
{
    const victims *v = &s->victims;
    const uint64_t held = v->own ? v->n * sizeof(*v->own) : 0, more = v->n * sizeof(*v->survivors);
    if (!s->cfg->size_as || !v->n)
        return SL_OK;
    int ret = c->host->reserve(c, held + 2 * more); /* needed in whole, granted or not */
    if (ret >= 0 && !victims_count_clusters(&s->victims))
        return c->host->fail(c, SL_E_NOMEM, "out of memory for the sizes of clusters");
    if (ret >= 0)
        ret = c->host->reserve(c, held + more);
    return ret < 0 ? ret : SL_OK;
}

static int finalize(sl_ctx *c, void *g)
{
    state *s = g;
    tally t = { 0 };
    gathered in = { .api = s->spill,
                    .record_size = record_words(s->cfg) * 8,
                    .documents = s->gathered[MAIN],
                    .index = s->gathered[INDEX],
                    .least_slice = LEAST_SLICE,
                    .most_slice = MOST_SLICE };
    int ret = clusters_find(c, &in, &s->victims, &t);
    s->gathered[MAIN] = s->gathered[INDEX] = NULL;
    const sl_report_api *report = c->host->service(c, "report", 1);
    if (ret >= 0 && report)
        ret = report_documents(c, s, report, &t);
    if (ret >= 0 && report)
        ret = report_clusters(c, report, &t);
    return ret < 0 ? ret : prepare(c, s);
}

/* ---- apply ---- */

/* The identity in 32 digits: the same for all copies, in any run. */
static int write_clusters(sl_ctx *c, const state *s, const sl_batch *b)
{
    enum { DIGITS = 2 * IDENTITY_SIZE };
    sl_column *column = b->columns[CLUSTER];
    char *text = c->host->alloc(c, b, (size_t)b->n_sel * DIGITS, 1);
    if (!text)
        return SL_E_NOMEM;
    SL_EACH(b, row) {
        unsigned char hash[IDENTITY_SIZE];
        bool known;
        const int ret = identity_of(c, &s->identity, b, row, hash, &known);
        if (ret < 0)
            return ret;
        if (!known) {
            sl_set_null(column, row);
            continue;
        }
        for (unsigned i = 0; i < DIGITS; i++)
            text[i] = "0123456789abcdef"[hash[i / 2] >> (i % 2 ? 0 : 4) & 15];
        SL_COL(sl_str, b, CLUSTER)[row] = (sl_str){ .p = text, .n = DIGITS };
        text += DIGITS;
    }
    return SL_OK;
}

static void write_size(const state *s, local *w, const sl_batch *b, uint32_t row, const victim *v)
{
    uint64_t anywhere = 0;
    const uint64_t repeats = v ? victims_of(&s->victims, sl_big(v->survivor), &anywhere)
                               : victims_of(&s->victims, b->pos[row], &w->at_survivor);
    SL_COL(int64_t, b, SIZE)[row] = (int64_t)repeats + 1;
}

static int process(sl_ctx *c, const void *g, void *l, sl_batch *b)
{
    const state *s = g;
    local *w = l;
    const victim *v = s->victims.v;
    const uint64_t n = s->victims.n;
    if (b->n_sel && b->columns[CLUSTER]) {
        const int ret = write_clusters(c, s, b);
        if (ret < 0)
            return ret;
    }
    if (b->n_sel)
        w->at = victims_from(&s->victims, w->at, b->pos[b->sel[0]]);
    uint64_t at = w->at;
    SL_EACH(b, row) {
        const uint64_t pos = b->pos[row];
        while (at < n && sl_big(v[at].pos) < pos)
            at++;
        const victim *hit = at < n && sl_big(v[at].pos) == pos ? &v[at] : NULL;
        if (b->columns[SIZE])
            write_size(s, w, b, row, hit);
        if (!hit)
            continue;
        const uint64_t survivor = sl_big(hit->survivor);
        c->host->reject(c, b, row, DUPLICATE,
                        SL_WHY(.partner = survivor & ~IN_INDEX, .port = survivor & IN_INDEX ? INDEX : MAIN));
    }
    w->at = at;
    return SL_OK;
}

/* ---- states ---- */

/* Of every saved state; numbers big-endian. Behind it a part has its spill, the whole its victims. */
typedef struct head {
    char magic[8];
    uint64_t options, n; /* n: documents without a value; victims */
} head;
static const char part_magic[8] = "dedupE1p", whole_magic[8] = "dedupE1w";

static int save(sl_ctx *c, const void *g, uint32_t what, sl_io *io)
{
    const state *s = g;
    const bool whole = what == SL_WHOLE;
    if (!whole && (what >= PORTS || !s->gathered[what]))
        return c->host->fail(c, SL_E_INTERNAL, "there is no such part to save");
    head h = { .options = sl_big(s->options), .n = sl_big(whole ? s->victims.n : s->unknown[what]) };
    memcpy(h.magic, whole ? whole_magic : part_magic, sizeof(h.magic));
    const int ret = c->host->put(c, io, &h, sizeof(h));
    if (ret < 0)
        return ret;
    return whole ? victims_save(c, &s->victims, io) : s->spill->save(c, s->gathered[what], io);
}

static int load_head(sl_ctx *c, const state *s, sl_io *io, const char *magic, uint64_t *n)
{
    head h;
    const int ret = c->host->get(c, io, &h, sizeof(h));
    if (ret < 0)
        return ret;
    if (ret == SL_END || memcmp(h.magic, magic, sizeof(h.magic)) != 0)
        return c->host->fail(c, SL_E_STATE, "this is no %s of dedup.exact",
                             magic == part_magic ? "part" : "whole state");
    if (sl_big(h.options) != s->options)
        return c->host->fail(c, SL_E_STATE, "it was made with another of, normalize, keep or by");
    *n = sl_big(h.n);
    return SL_OK;
}

static int load_whole(sl_ctx *c, state *s, sl_io *io)
{
    uint64_t n;
    if (s->victims.v)
        return c->host->fail(c, SL_E_STATE, "two whole states cannot be merged");
    int ret = load_head(c, s, io, whole_magic, &n);
    if (ret >= 0)
        ret = victims_load(c, &s->victims, s->artifact, io);
    if (ret < 0)
        return ret;
    const char *wrong =
        n != s->victims.n ? "it has another number of documents than it says" : victims_check(&s->victims);
    return wrong ? c->host->fail(c, SL_E_STATE, "the saved state is damaged: %s", wrong) : prepare(c, s);
}

static int load(sl_ctx *c, void *g, uint32_t what, sl_io *io)
{
    state *s = g;
    uint64_t unknown;
    if (what == SL_WHOLE)
        return load_whole(c, s, io);
    if (what >= PORTS || !s->gathered[what])
        return c->host->fail(c, SL_E_INTERNAL, "there is no such part to load");
    const int ret = load_head(c, s, io, part_magic, &unknown);
    if (ret < 0)
        return ret;
    s->unknown[what] += unknown;
    return s->spill->load(c, s->gathered[what], io);
}

static void close_(sl_ctx *c, void *g)
{
    state *s = g;
    for (unsigned port = 0; port < PORTS; port++)
        if (s->gathered[port])
            s->spill->close(c, s->gathered[port]);
    victims_free(&s->victims);
}

/* ---- tables ---- */

static const char *const normalizes[] = { "none", "whitespace", "lower", "words", NULL };
static const char *const keeps[] = { "first", "highest", "lowest", NULL };
static const sl_option options[] = {
    SL_OPT_LIST(config, of, COLUMN, "text", "documents are the same if they agree in all of these"),
    SL_OPT(config, normalize, ENUM, "none",
           "what does not count: nothing; white space; also case (ASCII); also punctuation (ASCII)",
           .choices = normalizes),
    SL_OPT(config, keep, ENUM, "first", "which copy stays: the first, or that with the highest or lowest number in by",
           .choices = keeps),
    SL_OPT(config, by, COLUMN, NULL, "a column of numbers; a copy without one loses, and the first wins a tie"),
    SL_OPT(config, cluster_as, COLUMN, NULL, "write the hash that copies share here (xxh3-128, 32 digits)",
           .flags = SL_OPT_APPLY),
    SL_OPT(config, size_as, COLUMN, NULL, "write here how many copies there are; 1: the only one",
           .flags = SL_OPT_APPLY),
    { 0 },
};
static const sl_field fields[] = {
    [BY] = { "$by", SL_T_ANY, SL_READ | SL_FIT_ONLY, "decides which copy stays" },
    [CLUSTER] = { "$cluster_as", SL_T_STR, SL_WRITE | SL_APPLY_ONLY,
                  "hash of what copies share; null: nothing to compare" },
    [SIZE] = { "$size_as", SL_T_I64, SL_WRITE | SL_APPLY_ONLY, "number of copies" },
    [OF] = { "$of", SL_T_ANY, SL_READ, "compared" },
    { 0 },
};
static const sl_metric metrics[] = {
    [DUPLICATE] = { "duplicate", SL_M_REJECT, 0, NULL,
                    "another document is the same; the partner is the one that stays" },
    { 0 },
};
static const sl_port ports[] = {
    { "index", SL_PORT_STATE, 0, "documents that count as already there: an earlier corpus, or a part saved from it" },
    { 0 },
};

const sl_stage dedup_exact = {
    SL_STAGE(SL_TRANSFORM),
    .state_version = 2,
    .name = "dedup.exact",
    .summary = "keep one of several documents that are the same",
    .options = options,
    .fields = fields,
    .metrics = metrics,
    .ports = ports,
    .config_size = sizeof(config),
    .state_size = sizeof(state),
    .local_size = sizeof(local),
    .check = check,
    .open = open_,
    .open_local = open_local,
    .process = process,
    .fit = fit,
    .combine = combine,
    .finalize = finalize,
    .save = save,
    .load = load,
    .close = close_,
};
