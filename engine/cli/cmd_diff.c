#include <string.h>
#include <unistd.h>
#include "cli/diff_show.h"

enum { EXIT_DIFFERENT = 1 /* as of diff(1) */, WIDE = 200 /* columns where nobody counts them */ };

static const arg own[] = {
    { "tolerance", 't', ARG_TEXT, "AMOUNT", offsetof(args, tolerance),
      "differ only if a count moved by more than this: 5% of the first run's, or 100 documents", NULL, 0, 0 },
    { "json", 0, ARG_FLAG, NULL, offsetof(args, json), "print one JSON value", NULL, 0, 0 },
    { 0 },
};
static const arg *const groups[] = { own, args_common, NULL };

static bool read_tolerance(cli *c, sl_amount *out)
{
    static const sl_option row = { .name = "--tolerance", .type = SL_OPT_AMOUNT };
    *out = (sl_amount){ .unit = SL_UNSET };
    if (!c->a.tolerance)
        return true;
    if (!option_value(&c->d, &c->mem, &row, (diag_at){ 0 }, c->a.tolerance, out))
        return false;
    if (out->unit == SL_ROWS || out->unit == SL_SHARE)
        return true;
    diag_error(&c->d, (diag_at){ 0 }, "--tolerance = %s counts no documents", c->a.tolerance);
    return false;
}

static int compare(cli *c, const run_report *a, const run_report *b, sl_amount tolerance)
{
    const bool same_label = !strcmp(a->label, b->label);
    run_diff d;
    sbuf text = { 0 };
    json_writer w = { .out = &text };
    run_diff_make(&d, a, b, tolerance);
    const diff_view v = { .width = isatty(STDOUT_FILENO) ? cli_width(STDOUT_FILENO) : WIDE,
                          .color = c->color_out,
                          .name_a = same_label ? c->a.operands[0] : a->label,
                          .name_b = same_label ? c->a.operands[1] : b->label,
                          .tolerance = c->a.tolerance,
                          .same = run_diff_same(&d, tolerance) };
    if (c->a.json) {
        diff_json(&v, &d, &w);
        sbuf_putc(&text, '\n');
    } else if (!c->a.quiet) {
        diff_show(&v, &d, &text);
    }
    const bool failed = d.failed || text.failed;
    if (failed)
        diag_nomem(&c->d);
    else
        fputs(sbuf_z(&text), stdout);
    sbuf_free(&text);
    run_diff_free(&d);
    return failed ? EXIT_INTERNAL : v.same ? 0 : EXIT_DIFFERENT;
}

static int diff(cli *c)
{
    run_report r[2] = { { .path = NULL }, { .path = NULL } };
    sl_amount tolerance;
    int code = read_tolerance(c, &tolerance) ? 0 : EXIT_USAGE;
    for (int i = 0; i < 2 && code != EXIT_USAGE; i++) {
        sbuf err = { 0 };
        const int read = run_report_read(&r[i], c->a.operands[i], &err);
        if (read)
            diag_error(&c->d, (diag_at){ 0 }, "%s", sbuf_z(&err));
        code = read ? read : code;
        sbuf_free(&err);
    }
    if (!code)
        code = compare(c, &r[0], &r[1], tolerance);
    run_report_free(&r[0]);
    run_report_free(&r[1]);
    return code;
}

const command cmd_diff = {
    .name = "diff",
    .operands = "RUN RUN",
    .min_operands = 2,
    .max_operands = 2,
    .summary = "Compare two runs: what decides the output, counts stage by stage, outputs",
    .text = "RUN is a run's folder, its run.json, or its name under runs/, such as clean-3. Exit code 0: the same in "
            "all that\n"
            "decides the output, and the outputs are equal to the byte; 1: they differ. With --tolerance, 1 only if a "
            "count of some\n"
            "stage moved by more, or one of the two runs is not done: for jobs that watch over nightly runs. 64, 74: "
            "trouble.\n",
    .groups = groups,
    .run = diff,
};
