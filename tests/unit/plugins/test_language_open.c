/* A model is opened within what the run may hold, and where memory ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "model_file.h"
#include "stage_mock.h"

static const char *model_path(void)
{
    static char path[4096];
    snprintf(path, sizeof(path), "%s/tests/fuzz/corpus/fasttext/plain", getenv("SLUICE_SOURCE_DIR"));
    return path;
}

static void expect(mock *m, int want, const char *message)
{
    model_facts facts = { 0 };
    ft_model *model = NULL;
    mock_quiet(m);
    assert_int_equal(model_open(mock_ctx(m), model_path(), &facts, &model), want);
    assert_null(model);
    if (!strstr(m->error, message))
        fail_msg("'%s' instead of '%s'", m->error, message);
}

static void opened(void **state)
{
    mock *m = mock_new();
    model_facts facts = { 0 };
    ft_model *model = NULL;
    (void)state;
    m->budget = 1 << 20;
    assert_int_equal(model_open(mock_ctx(m), model_path(), &facts, &model), SL_OK);
    assert_int_equal(facts.bytes, 225);
    assert_true(facts.hash == 0xf5b0365d012f5e1cu);
    assert_int_equal(m->reserved, facts.memory);
    assert_int_equal(model_report(mock_ctx(m), &facts), SL_OK);
    assert_non_null(strstr(m->tables, "\"labels\":2,\"words\":2,\"bytes\":225,\"xxh3\":\"f5b0365d012f5e1c\""));
    ft_free(model);
    mock_free(m);
}

static void more_than_the_run_may_hold(void **state)
{
    mock *m = mock_new();
    (void)state;
    m->budget = 224; /* not even the file */
    expect(m, SL_E_CONFIG, "takes about 1 MiB, more than this run may hold");
    m->budget = 300; /* not what the library makes of it */
    expect(m, SL_E_CONFIG, "takes about 1 MiB, more than this run may hold");
    mock_free(m);
}

static void memory_ends(void **state)
{
    mock *m = mock_new();
    (void)state;
    m->budget = UINT64_MAX;
    mock_allocations = 0;
    expect(m, SL_E_NOMEM, "needs 225 bytes to be read: out of memory");
    mock_allocations = UINT32_MAX;
    mock_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opened),
        cmocka_unit_test(more_than_the_run_may_hold),
        cmocka_unit_test(memory_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
