#include "run/conservation.h"

typedef unsigned long long ull;

static uint64_t sum_of(const exec_stage *s, uint32_t kind)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < s->n_metrics; i++)
        sum += s->metrics[i].kind == kind ? s->metrics[i].n : 0;
    return sum;
}

static void say(sbuf *err, const plan_stage *s, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
static void say(sbuf *err, const plan_stage *s, const char *fmt, ...)
{
    va_list ap;
    sbuf_printf(err, "%scounts of stage '%s' do not add up: ", err->n ? "\n" : "", s->name);
    va_start(ap, fmt);
    sbuf_vprintf(err, fmt, ap);
    va_end(ap);
}

static void check_one(const plan *p, const exec_stage *v, size_t i, sbuf *err)
{
    const plan_stage *s = &p->stages[i];
    const exec_stage *c = &v[i];
    const uint64_t out = c->kept + c->rejected + c->errors + c->absorbed;
    if (c->in != out)
        say(err, s, "%llu in, but %llu kept + %llu rejected + %llu errors + %llu absorbed = %llu", (ull)c->in,
            (ull)c->kept, (ull)c->rejected, (ull)c->errors, (ull)c->absorbed, (ull)out);
    if (sum_of(c, SL_M_REJECT) != c->rejected || sum_of(c, SL_M_ERROR) != c->errors)
        say(err, s, "%llu rejected and %llu errors, but %llu and %llu by reason", (ull)c->rejected, (ull)c->errors,
            (ull)sum_of(c, SL_M_REJECT), (ull)sum_of(c, SL_M_ERROR));
    if (s->n_from) {
        uint64_t given = 0;
        for (size_t k = 0; k < s->n_from; k++)
            given += v[s->from[k]].out;
        if (given != c->in)
            say(err, s, "%llu in, but the stages above handed on %llu", (ull)c->in, (ull)given);
    }
}

bool conservation_check(const plan *p, const exec_stage *v, sbuf *err)
{
    const size_t before = err->n;
    for (size_t i = 0; i < p->n_stages; i++)
        if (v[i].ran) /* a port's stages rest where its state was found */
            check_one(p, v, i, err);
    return err->n == before;
}
