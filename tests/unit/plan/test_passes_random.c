/* Passes of pipelines that nobody would write: branches, merges, sorts, fits, ports and costly stages by chance. */
#include "passes_test.h"

enum { GRAPHS = 3000, MAX_OPEN = 8 };

static uint64_t dice;
static uint32_t roll(uint32_t n)
{
    dice = dice * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(dice >> 33) % n;
}

typedef struct graph {
    sbuf text;
    unsigned n, n_open, merges;
    char open[MAX_OPEN][16];  /* names of stages that nobody reads yet */
    uint64_t under[MAX_OPEN]; /* where their documents got their places */
} graph;

static void chain(graph *g, unsigned depth);

static void add_port(graph *g, unsigned depth)
{
    sbuf_puts(&g->text, ", target: [");
    chain(g, depth);
    sbuf_puts(&g->text, "]");
}

/* A stage that is no source, without its braces; says whether it sorts. */
static bool add_stage(graph *g, const char *name, unsigned depth)
{
    static const char *const use[] = { "filter.length, min: 1",
                                       "test.fit",
                                       "test.fit, fits: false",
                                       "test.order",
                                       "test.once",
                                       "test.upper",
                                       "test.ports",
                                       "test.ports_only" };
    const uint32_t k = roll(depth < 2 ? 8 : 6);
    sbuf_printf(&g->text, "use: %s, name: %s", use[k], name);
    if (k >= 6)
        add_port(g, depth + 1);
    return k == 3;
}

static void chain(graph *g, unsigned depth)
{
    char name[16];
    const uint32_t n = roll(3);
    sbuf_printf(&g->text, "{ use: source.jsonl, name: s%u, path: x }", g->n++);
    for (uint32_t i = 0; i < n; i++) {
        snprintf(name, sizeof name, "s%u", g->n++);
        sbuf_puts(&g->text, ", { ");
        add_stage(g, name, depth);
        sbuf_puts(&g->text, " }");
    }
}

static void add_source(graph *g)
{
    char *name = g->open[g->n_open];
    snprintf(name, sizeof g->open[0], "s%u", g->n);
    g->under[g->n_open++] = 1ull << g->n++;
    sbuf_printf(&g->text, "  - { use: source.jsonl, name: %s, path: x }\n", name);
}

/* Below one open stage, or two whose documents are not the same; sometimes the stage stays open: a branch. */
static void add_below(graph *g)
{
    char name[16];
    const unsigned a = roll(g->n_open), b = roll(g->n_open);
    const bool merge = a != b && !(g->under[a] & g->under[b]), branch = g->n_open < MAX_OPEN && roll(4) == 0;
    const unsigned number = g->n++;
    snprintf(name, sizeof name, "s%u", number);
    sbuf_puts(&g->text, "  - { from: [");
    sbuf_printf(&g->text, merge ? "%s, %s], " : "%s], ", g->open[a], g->open[b]);
    uint64_t under = g->under[a] | (merge ? g->under[b] : 0);
    if (add_stage(g, name, 0))
        under = 1ull << number;
    sbuf_puts(&g->text, " }\n");
    const unsigned to = branch ? g->n_open++ : a;
    memcpy(g->open[to], name, sizeof name);
    g->under[to] = under;
    if (merge && !branch) {
        g->n_open--;
        memcpy(g->open[b], g->open[g->n_open], sizeof name);
        g->under[b] = g->under[g->n_open];
    }
}

static void make_graph(graph *g)
{
    static const char *const how[] = { "auto", "always", "never" };
    memset(g, 0, sizeof *g);
    sbuf_printf(&g->text, "materialize: %s\nstages:\n", how[roll(3)]);
    for (uint32_t n = 1 + roll(3); n; n--)
        add_source(g);
    for (uint32_t n = 1 + roll(9); n && g->n < 40; n--)
        add_below(g);
    for (unsigned i = 0; i < g->n_open; i++)
        sbuf_printf(&g->text, "  - { use: sink.null, from: [%s] }\n", g->open[i]);
}

/* A stage that stands open and is read by a branch too has two readers; any other mistake is one of this test. */
static bool is_planned(const graph *g)
{
    planned t;
    make_plan(&t, g->text.p);
    const bool good = t.good && t.p.n_stages <= MAX_STAGES;
    if (!t.good && !strstr(t.d.v[0].text, "contradict"))
        fail_msg("%s\n%s", t.d.v[0].text, g->text.p);
    free_plan(&t);
    return good;
}

static void test_random(void **u)
{
    (void)u;
    unsigned tried = 0, most = 0;
    dice = 17;
    for (unsigned i = 0; i < GRAPHS; i++) {
        graph g;
        passes v;
        make_graph(&g);
        if (is_planned(&g)) {
            passes_open(&v, g.text.p, NULL);
            for (size_t k = 0; k < v.t.p.n_stages; k++)
                v.rounds[k] = roll(3) ? 0 : roll(3);
            passes_run(&v);
            passes_sound(&v);
            most = v.n > most ? v.n : most;
            passes_close(&v);
            tried++;
        }
        sbuf_free(&g.text);
    }
    assert_true(tried > GRAPHS * 9 / 10);
    assert_true(most > 10);
}

/* With some states there, which is how a run continues: everything still ends, and whoever runs for good does it once.
 */
static void test_random_found(void **u)
{
    (void)u;
    dice = 18;
    for (unsigned i = 0; i < GRAPHS; i++) {
        graph g;
        passes v;
        make_graph(&g);
        if (is_planned(&g)) {
            passes_open(&v, g.text.p, NULL);
            for (size_t k = 0; k < v.t.p.n_stages; k++) {
                v.st.fitted[k] |= roll(3) == 0;
                for (size_t port = 0; port <= v.t.p.stages[k].n_ports; port++)
                    v.st.done[k][port] |= roll(4) == 0;
            }
            passes_run(&v);
            for (size_t k = 0; k < v.t.p.n_stages; k++)
                assert_true(v.official[k] == 1 ||
                            (v.official[k] == 0 && v.runs[k] == 0 && v.t.p.stages[k].owner != PLAN_NONE));
            passes_close(&v);
        }
        sbuf_free(&g.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_random), cmocka_unit_test(test_random_found) };
    return cmocka_run_group_tests(tests, open_plugins, close_plugins);
}
