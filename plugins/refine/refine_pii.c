/* refine.pii — e-mail and IP addresses as datatrove's PIIFormatter finds them, and telephone numbers: each becomes one
 * that is nobody's. */
#include "addresses.h"
#include "edit.h"
#include "sluice/util.h"

enum { TEXT };
enum { C_CHANGED, C_EMAILS, C_IPS, C_PHONES, C_IPS_LEFT };
enum { EMAILS, IPS, PHONES, KINDS };

typedef struct config {
    uint32_t variant;
    uint8_t emails, ips, public_ips_only, phones;
    sl_many email_replacements, ip_replacements, phone_replacements;
} config;
typedef struct state {
    const config *o;
} state;
typedef struct local {
    text_buf out[KINDS];
    uint64_t ips_left;
} local;

static int check(sl_ctx *c, const void *cfg)
{
    const config *o = cfg;
    const struct {
        const char *name;
        uint8_t on;
        size_t n;
    } lists[] = {
        { "email_replacements", o->emails, o->email_replacements.n },
        { "ip_replacements", o->ips, o->ip_replacements.n },
        { "phone_replacements", o->phones, o->phone_replacements.n },
    };
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        if (lists[i].on && !lists[i].n)
            return c->host->fail(c, SL_E_CONFIG, "%s: give at least one", lists[i].name);
    return SL_OK;
}

static int open_(sl_ctx *c, const void *cfg, void *g)
{
    (void)c;
    ((state *)g)->o = cfg;
    return SL_OK;
}

/* Which replacement an address gets: the document's key says where in the list it begins, and from there on one after
 * the other, as in the reference; so what becomes of a document depends on nothing else. */
typedef struct replacing {
    const sl_many *with;
    uint64_t next;
    uint64_t n;
} replacing;

static bool replace(edit *e, replacing *r, sl_span s)
{
    const char *const with = ((const char *const *)r->with->v)[r->next];
    r->next = (r->next + 1) % r->with->n;
    r->n++;
    return edit_put(e, s.begin, s.end, with, strlen(with));
}

static bool wanted(const config *o, local *l, uint32_t kind, sl_str address)
{
    if (kind != IPS)
        return true;
    const int is = ipv4_kind(address);
    if (is == IPV4_GLOBAL || (is == IPV4_PRIVATE && !o->public_ips_only))
        return true;
    l->ips_left++; /* it stays, and nothing that it overlaps is looked at */
    return false;
}

/* All addresses of a kind. p NULL: out of memory. */
static sl_str refine(const config *o, local *l, uint32_t kind, replacing *r, sl_str t)
{
    static bool (*const find[KINDS])(sl_str, uint32_t, sl_span *) = { find_email, find_ipv4, find_phone };
    sl_span s = { 0 };
    edit e;
    edit_begin(&e, t, &l->out[kind]);
    while (find[kind](t, s.end, &s))
        if (wanted(o, l, kind, text_part(t, s)) && !replace(&e, r, s))
            return (sl_str){ 0 };
    return edit_end(&e);
}

static int one(sl_ctx *c, const void *g, void *local_, sl_batch *b, uint32_t row, sl_str *text)
{
    const config *o = ((const state *)g)->o;
    local *l = local_;
    const uint8_t on[KINDS] = { o->emails, o->ips, o->phones };
    const sl_many *const with[KINDS] = { &o->email_replacements, &o->ip_replacements, &o->phone_replacements };
    sl_str now = *text;
    l->ips_left = 0;
    if (!now.n)
        return 0;
    for (uint32_t kind = 0; kind < KINDS; kind++) {
        if (!on[kind])
            continue;
        replacing r = { .with = with[kind], .next = sl_random(c->seed, b->key[row], kind) % with[kind]->n };
        now = refine(o, l, kind, &r, now);
        if (!now.p)
            return SL_E_NOMEM;
        if (r.n)
            c->host->count(c, C_EMAILS + kind, r.n);
    }
    if (l->ips_left)
        c->host->count(c, C_IPS_LEFT, l->ips_left);
    return sl_replace_text(c, b, text, now);
}

static int process(sl_ctx *c, const void *g, void *l, sl_batch *b)
{
    return edit_rows(c, g, l, b, one, TEXT, C_CHANGED);
}

static void close_local(sl_ctx *c, const void *g, void *l)
{
    (void)c, (void)g;
    for (uint32_t kind = 0; kind < KINDS; kind++)
        text_buf_free(&((local *)l)->out[kind]);
}

static const char *const variants[] = { "datatrove", NULL };
static const sl_option options[] = {
    SL_OPT(config, variant, ENUM, "datatrove",
           "what an address is: datatrove's PIIFormatter under Python 3.11.7, span by span", .choices = variants),
    SL_OPT(config, emails, BOOL, "true", "replace e-mail addresses"),
    SL_OPT(config, ips, BOOL, "true", "replace IPv4 addresses"),
    SL_OPT(config, public_ips_only, BOOL, "true", "but not private and reserved ones"),
    SL_OPT(config, phones, BOOL, "false", "replace telephone numbers; the reference does not"),
    SL_OPT_LIST(config, email_replacements, STR, "[email@example.com, firstname.lastname@example.org]",
                "what becomes of them, in turn; the document's key says which is first"),
    SL_OPT_LIST(config, ip_replacements, STR,
                "[22.214.171.124, 126.96.36.199, 188.8.131.52, 184.108.40.206, 220.127.116.11, 18.104.22.168]",
                "the same; these did not answer when the reference chose them"),
    SL_OPT_LIST(config, phone_replacements, STR, "[555-0100, 555-0123, 555-0147, 555-0199]",
                "the same; numbers that nobody gets"),
    { 0 },
};
static const sl_field fields[] = {
    [TEXT] = { "text", SL_T_STR, SL_READ | SL_WRITE, "document text; with other addresses" },
    { 0 },
};
static const sl_metric metrics[] = {
    [C_CHANGED] = { "changed", SL_M_COUNT, 0, "documents", "documents whose text changed" },
    [C_EMAILS] = { "emails", SL_M_COUNT, 0, "addresses", "e-mail addresses that were replaced" },
    [C_IPS] = { "ips", SL_M_COUNT, 0, "addresses", "IPv4 addresses that were replaced" },
    [C_PHONES] = { "phones", SL_M_COUNT, 0, "numbers", "telephone numbers that were replaced" },
    [C_IPS_LEFT] = { "ips_left", SL_M_COUNT, 0, "addresses", "what looks like one and is private or has a 0 in front" },
    { 0 },
};

const sl_stage refine_pii = {
    SL_STAGE(SL_TRANSFORM),
    .name = "refine.pii",
    .summary = "replace e-mail and IP addresses, and telephone numbers, by ones that are nobody's",
    .options = options,
    .fields = fields,
    .metrics = metrics,
    .config_size = sizeof(config),
    .state_size = sizeof(state),
    .local_size = sizeof(local),
    .check = check,
    .open = open_,
    .process = process,
    .close_local = close_local,
};
