#include "records.h"

int records_find(sl_ctx *c, records *r, sl_many paths, uint32_t what)
{
    r->input = c->host->service(c, "input", 1);
    r->json = c->host->service(c, "json", 1);
    if (!r->input || !r->json)
        return c->host->fail(c, SL_E_INTERNAL, "the engine lends no service \"%s\" 1", r->input ? "json" : "input");
    return r->input->find(c, paths, what);
}

/* The input of a split stays open past its end, until the next one begins: the last batch still points into it. */
static int begin(sl_ctx *c, const records *r, records_at *at, const sl_split *split)
{
    if (at->in && !at->ended && at->split == split->index)
        return SL_OK;
    records_close(c, r, at);
    const int ret = r->input->open(c, split, &at->in);
    if (ret < 0)
        return ret;
    at->split = split->index;
    at->ended = 0;
    return SL_OK;
}

int records_read(sl_ctx *c, const records *r, records_at *at, const sl_split *split, sl_batch *out, records_fill *fill)
{
    int added = begin(c, r, at, split);
    while (added == SL_OK) {
        sl_record record;
        const int got = r->input->record(c, at->in, &record);
        if (got == SL_END)
            at->ended = 1;
        if (got < 0 || got == SL_END)
            return got;
        if (got == SL_OK && record.bytes.n == 0 && fill == records_fill_json) {
            c->host->count(c, BLANK_LINES, 1);
            continue;
        }
        uint32_t row;
        added = c->host->add(c, out, NULL, 0, record.nth, &row);
        if (added < 0)
            return added;
        if (got == SL_MORE) {
            c->host->reject(c, out, row, TOO_LARGE, SL_WHY(.value = (double)record.offset, .detail = record.member));
            continue;
        }
        const int filled = fill(c, r, split, out, row, &record);
        if (filled < 0)
            return filled;
    }
    return added;
}

int records_fill_json(sl_ctx *c, const records *r, const sl_split *split, sl_batch *out, uint32_t row,
                      const sl_record *record)
{
    (void)split;
    sl_str why = { 0 };
    uint32_t reason;
    const int answer = r->json->parse(c, out, row, record->bytes, &why);
    switch (answer) {
    case SL_JSON_OK: return SL_OK;
    case SL_JSON_NO_TEXT: reason = NO_TEXT; break;
    case SL_JSON_WRONG_TYPE: reason = BAD_FIELD; break;
    default:
        if (answer < 0)
            return answer;
        reason = BAD_JSON;
    }
    c->host->reject(c, out, row, reason, SL_WHY(.value = (double)record->offset, .detail = why));
    return SL_OK;
}

void records_close(sl_ctx *c, const records *r, records_at *at)
{
    if (at->in)
        r->input->close(c, at->in);
    at->in = NULL;
}
