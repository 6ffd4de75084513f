/* Models made here, byte by byte: what is whole works, what is not is refused, and nothing that passes harms the
 * library. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "ft.h"
#include "model_file.h"

enum { SUPERVISED = 3, HS = 1, NS = 2, SOFTMAX = 3, OVA = 4, KSUB = 256 };

typedef struct plan {
    int32_t version, kind, loss, bucket, maxn, pruned; /* pruned -1: no */
    bool quantized, output_too, norms;
} plan;
static const plan plain = { 12, SUPERVISED, SOFTMAX, 0, 0, -1, false, false, false };

static void i32(sbuf *b, int32_t v) { sbuf_add(b, &v, sizeof(v)); }
static void i64(sbuf *b, int64_t v) { sbuf_add(b, &v, sizeof(v)); }
static void f32(sbuf *b, float v) { sbuf_add(b, &v, sizeof(v)); }
static void u8(sbuf *b, uint8_t v) { sbuf_add(b, &v, sizeof(v)); }

static void entry(sbuf *b, const char *name, int64_t count, uint8_t kind)
{
    sbuf_add(b, name, strlen(name) + 1);
    i64(b, count);
    u8(b, kind);
}

static void quantizer(sbuf *b, int32_t dim, int32_t piece)
{
    i32(b, dim);
    i32(b, (dim + piece - 1) / piece);
    i32(b, piece);
    i32(b, dim % piece ? dim % piece : piece);
    for (int32_t i = 0; i < dim * KSUB; i++)
        f32(b, (float)(i % 7) / 4);
}

static void matrix(sbuf *b, int32_t rows, const float v[][2], bool quantized, bool norms)
{
    if (quantized)
        u8(b, norms);
    i64(b, rows);
    i64(b, 2);
    if (quantized) {
        i32(b, rows * 2);
        for (int32_t i = 0; i < rows * 2; i++)
            u8(b, (uint8_t)(i * 37));
        quantizer(b, 2, 1);
    }
    for (int32_t i = 0; i < rows && norms; i++)
        u8(b, (uint8_t)i);
    if (norms)
        quantizer(b, 1, 1);
    for (int32_t i = 0; i < rows && !quantized; i++) {
        f32(b, v[i % 4][0]);
        f32(b, v[i % 4][1]);
    }
}

/* Two words, two labels, two dimensions, one for each language. */
static sbuf build(const plan *p)
{
    static const float input[4][2] = { { 3, 0 }, { 0, 3 }, { 1, 0 }, { 0, 1 } };
    static const float output[4][2] = { { 1, 0 }, { 0, 1 } };
    sbuf b = { 0 };
    i32(&b, 793712314);
    i32(&b, p->version);
    const int32_t training[] = { 2, 5, 5, 1, 5, p->bucket ? 2 : 1, p->loss, p->kind, p->bucket, p->maxn, p->maxn, 100 };
    sbuf_add(&b, training, sizeof(training));
    i64(&b, 0); /* t */
    i32(&b, 4);
    i32(&b, 2);
    i32(&b, 2);
    i64(&b, 20);
    i64(&b, p->pruned);
    entry(&b, "the", 6, 0);
    entry(&b, "le", 4, 0);
    entry(&b, "__label__en", 6, 1);
    entry(&b, "__label__fr", 4, 1);
    for (int32_t i = 0; i < p->pruned; i++) {
        i32(&b, i * 3);
        i32(&b, i);
    }
    u8(&b, p->quantized);
    matrix(&b, 2 + (p->pruned >= 0 ? p->pruned : p->bucket), input, p->quantized, p->norms);
    u8(&b, p->output_too);
    matrix(&b, 2, output, p->quantized && p->output_too, false);
    assert_false(b.failed);
    return b;
}

static const plan plans[] = {
    { 12, SUPERVISED, SOFTMAX, 0, 0, -1, false, false, false },
    { 11, SUPERVISED, SOFTMAX, 8, 3, -1, false, false, false },
    { 12, SUPERVISED, HS, 8, 3, -1, false, false, false },
    { 12, SUPERVISED, OVA, 8, 3, 3, true, false, true },
    { 12, SUPERVISED, SOFTMAX, 8, 3, 0, true, true, false },
    { 12, SUPERVISED, HS, 8, 3, -1, true, true, true },
};
enum { PLANS = sizeof(plans) / sizeof(*plans) };

/* An exact copy, so that a sanitizer sees each byte too far. */
static bool passes(const sbuf *b, size_t n, char why[MODEL_WHY])
{
    model_facts facts = { 0 };
    char *copy = malloc(n + !n);
    assert_non_null(copy);
    memcpy(copy, b->p, n);
    const bool ok = model_check(copy, n, &facts, why);
    free(copy);
    return ok;
}

static sl_str str(const char *t) { return (sl_str){ .p = t, .n = (uint32_t)strlen(t) }; }

static void use(const sbuf *b)
{
    static const char *const texts[] = {
        "", "the", "le le", "the le\nunknown mots", "</s> the", "\xC3\xA4 __label__en"
    };
    ft_model *m;
    ft_scratch *s = ft_scratch_new();
    char why[FT_WHY];
    assert_non_null(s);
    assert_int_equal(ft_load(b->p, b->n, &m, why), SL_OK);
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
        for (int32_t k = -1; k < 3; k += 2) {
            const ft_guess *g;
            size_t n;
            const int ret = ft_predict(m, s, str(texts[i]), FT_SPACE, k, &g, &n, why);
            assert_int_equal(ret, SL_OK);
            for (size_t j = 0; j < n; j++) {
                assert_in_range(g[j].label, 0, ft_labels(m) - 1);
                assert_true(g[j].p >= 0 && g[j].p < 1.0001);
            }
        }
    ft_scratch_free(s);
    ft_free(m);
}

static void whole_models_work(void **state)
{
    (void)state;
    for (size_t i = 0; i < PLANS; i++) {
        sbuf b = build(&plans[i]);
        char why[MODEL_WHY] = "";
        model_facts facts = { 0 };
        assert_true(model_check(b.p, b.n, &facts, why));
        assert_int_equal(facts.words, 2);
        assert_int_equal(facts.labels, 2);
        assert_int_equal(facts.dim, 2);
        assert_int_equal(facts.quantized, plans[i].quantized);
        assert_true(facts.memory > b.n);
        use(&b);
        sbuf_free(&b);
    }
}

static void cut_models_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < PLANS; i++) {
        sbuf b = build(&plans[i]);
        char why[MODEL_WHY];
        for (size_t n = 0; n < b.n; n += n < 400 || n + 60 > b.n ? 1 : 41)
            assert_false(passes(&b, n, why));
        u8(&b, 0);
        assert_false(passes(&b, b.n, why));
        assert_non_null(strstr(why, "1 bytes follow its end"));
        sbuf_free(&b);
    }
}

/* What is changed somewhere is refused, or works. */
static void changed_models_do_no_harm(void **state)
{
    static const uint8_t changes[] = { 0x01, 0x80, 0xFF, 0x7F };
    (void)state;
    for (size_t i = 0; i < PLANS; i++) {
        sbuf b = build(&plans[i]);
        char why[MODEL_WHY];
        unsigned refused = 0;
        for (size_t at = 0; at < b.n; at += at < 400 || at + 60 > b.n ? 1 : 41)
            for (size_t j = 0; j < sizeof(changes); j++) {
                b.p[at] = (char)(b.p[at] ^ changes[j]);
                if (passes(&b, b.n, why))
                    use(&b);
                else
                    refused++;
                b.p[at] = (char)(b.p[at] ^ changes[j]);
            }
        assert_true(refused > 200);
        sbuf_free(&b);
    }
}

static void messages_name_the_place(void **state)
{
    static const struct {
        size_t at;
        int32_t value;
        const char *why;
    } rows[] = {
        { 0, 1, "it does not begin like one" },
        { 4, 13, "format 13; 11 and 12 are known" },
        { 4, 10, "format 10; 11 and 12 are known" },
        { 8, 0, "0 dimensions" },
        { 8, 3, "a matrix of 2 x 2 where 2 x 3 is wanted" },
        { 28, 1000, "n-grams of 1000 words" },
        { 32, 5, "unknown loss 5" },
        { 36, 1, "it holds word vectors (kind 1) and no labels" },
        { 40, -1, "n-grams, and -1 buckets for them" },
        { 40, 5, "a matrix of 2 x 2 where 7 x 2 is wanted" },
        { 48, 33, "n-grams of 0 to 33 characters" },
        { 48, 3, "n-grams, and 0 buckets for them" },
        { 64, 5, "2 words and 2 labels in 5 entries" },
        { 72, 0, "2 words and 0 labels in 4 entries" },
        { 84, -2, "-2 pruned n-grams" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        sbuf b = build(&plain);
        char why[MODEL_WHY] = "";
        memcpy(b.p + rows[i].at, &rows[i].value, sizeof(rows[i].value));
        assert_false(passes(&b, b.n, why));
        if (!strstr(why, rows[i].why))
            fail_msg("'%s' instead of '%s'", why, rows[i].why);
        sbuf_free(&b);
    }
}

static void entries_pruned_and_weights(void **state)
{
    char why[MODEL_WHY];
    (void)state;
    sbuf b = build(&plain);
    char *const kind = b.p + 116; /* of "le" */
    assert_int_equal(*kind, 0);
    *kind = 1;
    assert_false(passes(&b, b.n, why));
    assert_non_null(strstr(why, "entry 1 of the dictionary is of the wrong kind"));
    *kind = 0;
    const float nan_ = NAN;
    memcpy(b.p + b.n - 4, &nan_, 4);
    assert_false(passes(&b, b.n, why));
    assert_non_null(strstr(why, "a weight is nan"));
    sbuf_free(&b);

    plan p = plain;
    p.pruned = 0;
    b = build(&p);
    assert_false(passes(&b, b.n, why));
    assert_non_null(strstr(why, "its dictionary is pruned, its matrix is not"));
    sbuf_free(&b);
}

static void predictions(void **state)
{
    sbuf b = build(&plain);
    ft_model *m;
    ft_scratch *s = ft_scratch_new();
    char why[FT_WHY];
    const ft_guess *g;
    size_t n;
    (void)state;
    assert_int_equal(ft_load(b.p, b.n, &m, why), SL_OK);
    assert_int_equal(ft_labels(m), 2);
    assert_string_equal(ft_label(m, 0, &n), "en");
    assert_int_equal(n, 2);
    assert_string_equal(ft_label(m, 1, &n), "fr");

    assert_int_equal(ft_predict(m, s, str("the"), FT_SPACE, 1, &g, &n, why), SL_OK);
    assert_int_equal(n, 1);
    assert_int_equal(g[0].label, 0);
    assert_true(fabs(g[0].p - 1 / (1 + exp(-3))) < 2e-5);
    assert_int_equal(ft_predict(m, s, str("le\nle\nthe"), FT_SPACE, -1, &g, &n, why), SL_OK);
    assert_int_equal(n, 2);
    assert_int_equal(g[0].label, 1);
    assert_true(fabs(g[0].p - 1 / (1 + exp(-1))) < 2e-5 && fabs(g[0].p + g[1].p - 1) < 4e-5);
    assert_int_equal(ft_predict(m, s, str("t\nhe\n"), FT_GLUE, 1, &g, &n, why), SL_OK);
    assert_int_equal(n, 1);
    assert_int_equal(g[0].label, 0);
    assert_int_equal(ft_predict(m, s, str("t\nhe\n"), FT_SPACE, 1, &g, &n, why), SL_OK);
    assert_int_equal(n, 0);
    assert_int_equal(ft_predict(m, s, str("the"), FT_SPACE, 0, &g, &n, why), SL_E_INTERNAL); /* an exception, caught */
    assert_non_null(strstr(why, "k needs to be 1 or higher"));
    ft_scratch_free(s);
    ft_free(m);
    ft_free(NULL);
    ft_scratch_free(NULL);

    b.p[0] = 0;
    assert_int_equal(ft_load(b.p, b.n, &m, why), SL_E_CONFIG);
    assert_null(m);
    sbuf_free(&b);
}

/* The case files carry the plain model in hex. */
static void cases_have_this_model(void **state)
{
    static const char *const files[] = { "language.identify", "classify.fasttext" };
    sbuf b = build(&plain), hex = { 0 };
    (void)state;
    for (size_t i = 0; i < b.n; i++)
        sbuf_printf(&hex, "%02x", (uint8_t)b.p[i]);
    for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
        static char text[1 << 17];
        sbuf path = { 0 };
        sbuf_printf(&path, "%s/tests/cases/%s.case", getenv("SLUICE_SOURCE_DIR"), files[i]);
        FILE *f = fopen(sbuf_z(&path), "r");
        assert_non_null(f);
        text[fread(text, 1, sizeof(text) - 1, f)] = 0;
        fclose(f);
        if (!strstr(text, sbuf_z(&hex)))
            fail_msg("%s.case lacks the model: %s", files[i], sbuf_z(&hex));
        sbuf_free(&path);
    }
    sbuf_free(&hex);
    sbuf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_models_work),          cmocka_unit_test(cut_models_are_refused),
        cmocka_unit_test(changed_models_do_no_harm),  cmocka_unit_test(messages_name_the_place),
        cmocka_unit_test(entries_pruned_and_weights), cmocka_unit_test(predictions),
        cmocka_unit_test(cases_have_this_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
