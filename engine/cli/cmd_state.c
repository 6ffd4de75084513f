#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "base/fs.h"
#include "cli/state.h"
#include "run/state_dir.h"

static const arg own[] = {
    { "json", 0, ARG_FLAG, NULL, offsetof(args, json), "list: print JSON", NULL, 0, 0 },
    { "all", 0, ARG_FLAG, NULL, offsetof(args, all), "remove: all of them", NULL, 0, 0 },
    { "older", 0, ARG_DURATION, "TIME", offsetof(args, older),
      "remove: those that no run has used for so long, such as 30d", NULL, 0, 0 },
    { 0 },
};
static const arg *const groups[] = { own, args_states, args_common, NULL };

/* ---- remove ---- */

static void keep_older(state_list *l, double seconds)
{
    const double now = (double)time(NULL);
    size_t n = 0;
    for (size_t i = 0; i < l->n; i++)
        if (now - (double)l->v[i].used > seconds)
            l->v[n++] = l->v[i];
    l->n = n;
}

static int remove_states(cli *c, const state_list *l)
{
    char size[32];
    uint64_t freed = 0;
    size_t removed = 0;
    sbuf line = { 0 };
    for (size_t i = 0; i < l->n; i++) {
        const artifact_entry *e = &l->v[i];
        if (unlink(e->path)) {
            if (errno != ENOENT) /* somebody else did */
                diag_error(&c->d, (diag_at){ 0 }, "cannot remove %s: %s", e->path, strerror(errno));
            continue;
        }
        removed++;
        freed += e->bytes;
        sbuf_clear(&line);
        cli_safe(fs_basename(e->path), strlen(fs_basename(e->path)), 1 << 16, &line);
        if (!c->a.quiet)
            printf("removed   %s   %s\n", sbuf_z(&line), human_bytes(size, (double)e->bytes));
    }
    if (!c->a.quiet)
        printf("%zu %s removed, %s freed\n", STATES(removed), human_bytes(size, (double)freed));
    sbuf_free(&line);
    return c->d.errors ? EXIT_IO : 0;
}

/* ---- what goes with what ---- */

enum { LIST, VERIFY, REMOVE, ACTIONS };
static const char *const actions[ACTIONS] = { "list", "verify", "remove" };

static int find_action(cli *c)
{
    const char *word = c->a.operands[0];
    for (int i = 0; i < ACTIONS; i++)
        if (!strcmp(word, actions[i]))
            return i;
    const char *near = str_suggest(word, actions, ACTIONS);
    if (near)
        diag_error(&c->d, (diag_at){ 0 }, "sluice state has no action '%s'; did you mean '%s'?", word, near);
    else
        diag_error(&c->d, (diag_at){ 0 }, "sluice state has no action '%s'; there are list, verify and remove", word);
    return -1;
}

static bool flags_fit(cli *c, int action)
{
    const int ways = (c->a.n_operands > 1) + c->a.all + (c->a.older >= 0);
    if (c->a.json && action != LIST)
        diag_error(&c->d, (diag_at){ 0 }, "--json goes with 'sluice state list' only");
    if (c->a.all && action != REMOVE)
        diag_error(&c->d, (diag_at){ 0 }, "--all goes with 'sluice state remove' only");
    if (c->a.older >= 0 && action != REMOVE)
        diag_error(&c->d, (diag_at){ 0 }, "--older goes with 'sluice state remove' only");
    if (action == REMOVE && ways != 1)
        diag_error(&c->d, (diag_at){ 0 }, "sluice state remove wants one of: NAME…, --all, --older TIME");
    return !c->d.errors;
}

static int state(cli *c)
{
    state_list l = { .dir = state_dir(c->a.state_dir) };
    sbuf why = { 0 };
    const int action = find_action(c);
    if (action < 0 || !flags_fit(c, action))
        return EXIT_USAGE;
    const int code = artifact_list(&c->mem, l.dir, &l.v, &l.n, &why);
    if (code)
        diag_error(&c->d, (diag_at){ 0 }, "%s", why.failed ? "out of memory" : sbuf_z(&why));
    sbuf_free(&why);
    if (code)
        return run_exit_code(code);
    if (c->a.n_operands > 1 && !state_choose(c, &l, c->a.operands + 1, c->a.n_operands - 1))
        return EXIT_CONFIG;
    if (c->a.older >= 0)
        keep_older(&l, c->a.older);
    if (action == VERIFY)
        return state_verify(c, &l);
    if (action == REMOVE)
        return remove_states(c, &l);
    return (c->a.json ? state_show_json(&l) : state_show_table(&l)) ? 0 : EXIT_INTERNAL;
}

const command cmd_state = {
    .name = "state",
    .operands = "ACTION [NAME…]",
    .min_operands = 1,
    .max_operands = UINT32_MAX,
    .summary = "List, verify and remove saved states: what a fit left for later runs",
    .text = "  list [NAME…]      what there is, what made it, when it was made and last used\n"
            "  verify [NAME…]    reads every byte; exit code 74 if one of them is damaged\n"
            "  remove NAME…      removes these; or with --all or --older\n"
            "\n"
            "NAME is the name of a file, or the first digits of a name, with or without the stage: 3f9c1a2b, "
            "dedup.exact-3f9c1a2b. A state\n"
            "that a later run misses is made again.\n",
    .groups = groups,
    .run = state,
};
