/* Calls each stage's `check` with a host that can do what check may ask for: fail, a look at an output's path, and at
 * JSON. */
#include <stdarg.h>
#include <string.h>
#include "io/json.h"
#include "io/output.h"
#include "plan/bind.h"
#include "sluice/service_json.h"
#include "sluice/service_output.h"

typedef struct checker {
    diags *d;
    const plan_stage *stage;
    int failed;
    const char *fallback; /* option to point at when the message names none */
} checker;

static int host_fail(sl_ctx *c, int code, const char *fmt, ...)
{
    checker *k = c->engine;
    sbuf text = { 0 };
    va_list ap;
    va_start(ap, fmt);
    sbuf_vprintf(&text, fmt, ap);
    va_end(ap);
    diag_error(k->d, plan_message_at(k->stage, sbuf_z(&text), k->fallback), "%s: %s", k->stage->common.use,
               sbuf_z(&text));
    sbuf_free(&text);
    k->failed = 1;
    return code;
}

static void host_log(sl_ctx *c, int level, const char *fmt, ...) { (void)c, (void)level, (void)fmt; }

static int check_output(sl_ctx *c, const sl_output_spec *spec)
{
    const output_spec o = { .path = spec->path,
                            .format = (output_format)spec->format,
                            .level = spec->level,
                            .shard_bytes = spec->shard_bytes,
                            .shard_records = spec->shard_records };
    sbuf why = { 0 };
    checker *k = c->engine;
    k->fallback = "path";
    const int r = output_check(&o, &why) ? SL_OK : c->host->fail(c, SL_E_CONFIG, "%s", sbuf_z(&why));
    k->fallback = NULL;
    sbuf_free(&why);
    return r;
}

static int valid_json(sl_ctx *c, sl_str json)
{
    (void)c;
    return json_valid(json.p, json.n) ? SL_JSON_OK : SL_JSON_BAD;
}

static const void *host_service(sl_ctx *c, const char *name, uint32_t version)
{
    static const sl_output_api only_check = { .struct_size = sizeof only_check, .version = 1, .check = check_output };
    static const sl_json_api only_valid = { .struct_size = sizeof only_valid, .version = 1, .valid = valid_json };
    (void)c;
    if (version != 1)
        return NULL;
    return !strcmp(name, "output") ? (const void *)&only_check : !strcmp(name, "json") ? &only_valid : NULL;
}

static const sl_host check_host = { .struct_size = sizeof(sl_host),
                                    .abi_minor = SL_ABI_MINOR,
                                    .fail = host_fail,
                                    .log = host_log,
                                    .service = host_service };

void check_stages(plan *p, diags *d)
{
    for (size_t i = 0; i < p->n_stages; i++) {
        plan_stage *s = &p->stages[i];
        checker k = { .d = d, .stage = s };
        sl_ctx c = { .host = &check_host, .engine = &k, .n_threads = 1, .phase = SL_APPLY };
        if (s->flaws & (FLAW_USE | FLAW_OPTIONS) || !s->cfg)
            continue;
        if (s->fits && s->def->s.fits)
            s->fits = s->def->s.fits(&c, s->cfg) > 0;
        const bool good = !s->def->s.check || s->def->s.check(&c, s->cfg) >= 0;
        if (!good && !k.failed)
            diag_error(d, s->in_file->at, "%s: its options do not fit together (the plugin gave no reason)",
                       s->common.use);
        if (!good || k.failed)
            s->flaws |= FLAW_OPTIONS;
    }
}
