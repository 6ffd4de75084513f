/* Expected and come as a diff: the longest common subsequence of what is left between equal heads and tails. */
#include <stdint.h>
#include "run/cases.h"

enum { MOST_CELLS = 4 << 20 }; /* of the table; beyond it all between head and tail counts as different */

typedef struct lists {
    const json_tree *a, *b; /* expected, come */
    size_t n, m;
} lists;

typedef struct lines {
    case_line *v;
    size_t n;
} lines;

static void put(lines *out, line_kind kind, const json_tree *doc, size_t index)
{
    out->v[out->n++] = (case_line){ kind, doc, index + 1 };
}

/* [a, a_end) and [b, b_end): what differs. length[i][j]: of the longest common subsequence from i and j on. */
static void middle(arena *mem, const lists *l, size_t a, size_t a_end, size_t b, size_t b_end, lines *out)
{
    const size_t n = a_end - a, m = b_end - b, width = m + 1;
    uint32_t *length =
        n && m && n <= MOST_CELLS / width ? arena_zalloc(mem, (n + 1) * width * sizeof *length, 8) : NULL;
    for (size_t i = n; length && i-- > 0;)
        for (size_t j = m; j-- > 0;) {
            uint32_t *at = &length[i * width + j];
            const uint32_t down = at[width], right = at[1];
            *at = json_tree_equal(&l->a[a + i], &l->b[b + j]) ? at[width + 1] + 1 : down > right ? down : right;
        }
    size_t i = 0, j = 0;
    while (i < n || j < m) {
        if (length && i < n && j < m && json_tree_equal(&l->a[a + i], &l->b[b + j])) {
            put(out, LINE_SAME, &l->a[a + i], a + i);
            i++;
            j++;
        } else if (i < n && (!length || j == m || length[(i + 1) * width + j] >= length[i * width + j + 1])) {
            put(out, LINE_MISSING, &l->a[a + i], a + i);
            i++;
        } else {
            put(out, LINE_EXTRA, &l->b[b + j], b + j);
            j++;
        }
    }
}

static void ordered(arena *mem, const lists *l, lines *out)
{
    size_t head = 0, tail = 0;
    while (head < l->n && head < l->m && json_tree_equal(&l->a[head], &l->b[head]))
        head++;
    while (tail < l->n - head && tail < l->m - head && json_tree_equal(&l->a[l->n - 1 - tail], &l->b[l->m - 1 - tail]))
        tail++;
    for (size_t i = 0; i < head; i++)
        put(out, LINE_SAME, &l->a[i], i);
    middle(mem, l, head, l->n - tail, head, l->m - tail, out);
    for (size_t i = l->n - tail; i < l->n; i++)
        put(out, LINE_SAME, &l->a[i], i);
}

/* Each expected document takes the first equal one that is left. false: no memory. */
static bool unordered_diff(arena *mem, const lists *l, lines *out)
{
    uint8_t *taken = arena_zalloc(mem, l->m + 1, 1);
    for (size_t i = 0; taken && i < l->n; i++) {
        size_t k = 0;
        while (k < l->m && (taken[k] || !json_tree_equal(&l->a[i], &l->b[k])))
            k++;
        if (k < l->m)
            taken[k] = 1;
        put(out, k < l->m ? LINE_SAME : LINE_MISSING, &l->a[i], i);
    }
    for (size_t k = 0; taken && k < l->m; k++)
        if (!taken[k])
            put(out, LINE_EXTRA, &l->b[k], k);
    return taken;
}

static bool all_same(const lines *v)
{
    for (size_t i = 0; i < v->n; i++)
        if (v->v[i].kind != LINE_SAME)
            return false;
    return true;
}

bool case_compare(arena *mem, const json_tree *expected, size_t n_expected, const json_tree *came, size_t n_came,
                  bool any_order, case_line **out, size_t *n_out, bool *reordered)
{
    const lists l = { expected, came, n_expected, n_came };
    lines v = { arena_alloc(mem, (n_expected + n_came + 1) * sizeof *v.v, _Alignof(case_line)), 0 }, other = v;
    *reordered = false;
    *out = NULL;
    *n_out = 0;
    if (!v.v)
        return false;
    if (any_order) {
        if (!unordered_diff(mem, &l, &v))
            return false;
    } else {
        ordered(mem, &l, &v);
    }
    const bool same = all_same(&v);
    if (!same && !any_order && n_expected == n_came) {
        other.v = arena_alloc(mem, (n_expected + n_came + 1) * sizeof *v.v, _Alignof(case_line));
        *reordered = other.v && unordered_diff(mem, &l, &other) && all_same(&other);
    }
    *out = v.v;
    *n_out = v.n;
    return same;
}
