#include "plan/plan.h"
#include <stdio.h>
#include <string.h>
#include "base/hash.h"
#include "base/str.h"
#include "plan/bind.h"

bool plan_make(plan *p, diags *d, const pipeline *file, registry *reg)
{
    memset(p, 0, sizeof *p);
    arena_init(&p->mem, 0);
    p->file = file;
    const size_t before = d->errors;
    bind_stages(p, d, reg);
    if (!d->nomem)
        bind_graph(p, d);
    if (!d->nomem)
        bind_columns(p, d);
    if (!d->nomem)
        check_stages(p, d);
    bool good = d->errors == before && !d->nomem;
    for (size_t i = 0; i < p->n_stages; i++)
        good &= !p->stages[i].flaws; /* also of mistakes that were told before */
    if (!good)
        return false;
    bind_keep(p);
    sbuf json = { 0 };
    plan_json(p, &json);
    good = !json.failed;
    if (good)
        snprintf(p->hash, sizeof p->hash, "%016llx", (unsigned long long)hash_bytes(sbuf_z(&json), json.n));
    else
        diag_nomem(d);
    sbuf_free(&json);
    return good;
}

void plan_free(plan *p) { arena_free(&p->mem); }

uint64_t plan_stage_seed(const plan *p, uint32_t s)
{
    const char *name = p->stages[s].name;
    return hash_seeded(name, strlen(name), (uint64_t)p->file->head.seed);
}

bool plan_may_mean(const plan *p, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++) {
        const plan_stage *s = &p->stages[i];
        const bool nameless = !s->common.name && (!s->common.use || yaml_get(s->in_file->node, "name"));
        if (s->flaws && s->owner == PLAN_NONE &&
            (nameless || ((s->flaws & FLAW_USE) && str_suggest(name, &s->name, 1))))
            return true;
    }
    return false;
}

size_t plan_columns_after(const plan *p, uint32_t s, const char **out, size_t max)
{
    size_t n = 0;
    for (size_t i = 0; s != PLAN_NONE && i < p->n_columns; i++) {
        bool there = i == p->text || i == p->id || i == p->source, gone = false;
        for (size_t k = 0; k <= s; k++) { /* a stage above, on whatever way: enough for a message */
            const plan_stage *a = &p->stages[k];
            for (size_t j = 0; j < a->n_view; j++)
                there |= a->view[j].slot == i && (a->view[j].flags & SL_WRITE);
            for (size_t j = 0; j < a->n_wanted; j++)
                there |= a->wanted[j] == i;
            there |= a->as_slot == i || a->as_value_slot == i;
        }
        for (size_t k = 0; k < p->stages[s].n_removed; k++)
            gone |= !strcmp(p->stages[s].removed[k], p->columns[i].name);
        if (there && !gone && !p->columns[i].shared && n < max)
            out[n++] = p->columns[i].name;
    }
    return n;
}

static const char *const mode_name[] = { "drop", "annotate" };
static const char *const error_name[] = { "fail", "skip_record", "skip_file" };

static bool more_ports(const plan_stage *s, size_t k)
{
    for (; k < s->n_ports; k++)
        if (s->ports[k].last != PLAN_NONE || s->ports[k].state)
            return true;
    return false;
}

static void stage_json(const plan *p, const plan_stage *s, sbuf *out)
{
    sbuf_puts(out, "{\"name\":");
    sbuf_json_z(out, s->name);
    sbuf_puts(out, ",\"use\":");
    sbuf_json_z(out, s->common.use);
    sbuf_printf(out, ",\"kind\":\"%s\",\"plugin\":", stage_kind_name(s->def));
    sbuf_json_z(out, s->def->plugin->name);
    sbuf_puts(out, ",\"version\":");
    sbuf_json_z(out, s->def->plugin->version);
    sbuf_puts(out, ",\"from\":[");
    for (size_t k = 0; k < s->n_from; k++) {
        sbuf_puts(out, k ? "," : "");
        sbuf_json_z(out, p->stages[s->from[k]].name);
    }
    sbuf_puts(out, "]");
    for (size_t k = 0, n = 0; k < s->n_ports; k++) {
        const plan_port *port = &s->ports[k];
        if (port->last == PLAN_NONE && !port->state)
            continue;
        sbuf_puts(out, n++ ? "," : ",\"ports\":{");
        sbuf_json_z(out, port->name);
        sbuf_puts(out, port->state ? ":{\"state\":" : ":{\"stage\":");
        sbuf_json_z(out, port->state ? port->state : p->stages[port->last].name);
        sbuf_puts(out, "}");
        if (k + 1 == s->n_ports || !more_ports(s, k + 1))
            sbuf_puts(out, "}");
    }
    if (s->sorts)
        sbuf_puts(out, ",\"sorts\":true");
    sbuf_puts(out, ",\"options\":");
    option_dump(s->def->options, s->cfg, 0, out);
    if (s->mode == MODE_ANNOTATE) {
        sbuf_printf(out, ",\"mode\":\"%s\",\"as\":", mode_name[s->mode]);
        sbuf_json_z(out, p->columns[s->as_slot].name);
    }
    if (s->on_reject == ON_REJECT_QUARANTINE)
        sbuf_puts(out, ",\"on_reject\":\"quarantine\"");
    sbuf_puts(out, ",\"reads\":[");
    for (size_t k = 0, n = 0; k < s->n_view; k++)
        if (s->view[k].slot != PLAN_NONE && (s->view[k].flags & SL_READ)) {
            sbuf_puts(out, n++ ? "," : "");
            sbuf_json_z(out, p->columns[s->view[k].slot].name);
        }
    sbuf_puts(out, "],\"writes\":[");
    size_t n = 0;
    for (size_t k = 0; k < s->n_view; k++)
        if (s->view[k].slot != PLAN_NONE && (s->view[k].flags & SL_WRITE)) {
            sbuf_puts(out, n++ ? "," : "");
            sbuf_json_z(out, p->columns[s->view[k].slot].name);
        }
    for (size_t k = 0; k < s->n_wanted; k++) {
        sbuf_puts(out, n++ ? "," : "");
        sbuf_json_z(out, p->columns[s->wanted[k]].name);
    }
    sbuf_puts(out, "]}");
}

void plan_json(const plan *p, sbuf *out)
{
    const pipeline_head *h = &p->file->head;
    sbuf_puts(out, "{\"format\":1,\"name\":");
    sbuf_json_z(out, h->name);
    sbuf_printf(out,
                ",\"seed\":%lld,\"on_error\":\"%s\",\"max_record_bytes\":%llu,\"split_bytes\":%llu,\"max_errors\":",
                (long long)h->seed, error_name[h->on_error], (unsigned long long)h->max_record_bytes,
                (unsigned long long)h->split_bytes);
    if (h->max_errors.unit == SL_UNSET)
        sbuf_puts(out, "null");
    else
        sbuf_json_double(out, h->max_errors.value);
    sbuf_printf(out, ",\"max_errors_unit\":\"%s\"", h->max_errors.unit == SL_SHARE ? "share" : "documents");
    sbuf_puts(out, ",\"sources\":[");
    for (size_t i = 0; i < p->n_sources; i++) {
        sbuf_puts(out, i ? "," : "");
        sbuf_json_z(out, p->stages[p->sources[i]].name);
    }
    sbuf_puts(out, "],\"stages\":[");
    for (size_t i = 0; i < p->n_stages; i++) {
        sbuf_puts(out, i ? ",\n" : "\n");
        stage_json(p, &p->stages[i], out);
    }
    sbuf_puts(out, "\n]}");
}
