/* run_case SLUICE FILE.case … — runs the cases of stages; README.md says what a case file holds. */
#include <stdio.h>
#include <stdlib.h>
#include "base/fs.h"
#include "case.h"

typedef struct tally {
    unsigned passed, failed;
} tally;

static void run_cases(const char *program, const char *path, const case_list *cases, tally *sum)
{
    for (size_t i = 0; i < cases->n; i++) {
        const test_case *t = &cases->v[i];
        sbuf why = { 0 };
        const bool ok = case_run(program, t, &why);
        printf("%s  %s\n", ok ? "ok    " : "FAILED", t->about);
        if (!ok)
            printf("    %s:%u: %s\n", path, t->at.line, sbuf_z(&why));
        fflush(stdout);
        sum->passed += ok;
        sum->failed += !ok;
        sbuf_free(&why);
    }
}

/* false: the file itself is wrong. */
static bool run_file(const char *program, const char *path, tally *sum)
{
    sbuf text = { 0 };
    case_list cases = { 0 };
    arena mem;
    diags d;
    arena_init(&mem, 0);
    diags_init(&d);
    bool ok = fs_read_file(path, YAML_MAX_BYTES, &text) >= 0;
    if (!ok) {
        fprintf(stderr, "cannot read %s\n", path);
    } else {
        const diag_source source = { .name = path, .text = sbuf_z(&text), .n = text.n };
        ok = case_read(&mem, &d, &source, &cases);
        diags_print(&d, stderr, false);
    }
    if (ok)
        run_cases(program, path, &cases, sum);
    diags_free(&d);
    arena_free(&mem);
    sbuf_free(&text);
    return ok;
}

int main(int argc, char **argv)
{
    tally sum = { 0 };
    if (argc < 3) {
        fprintf(stderr, "usage: run_case SLUICE FILE.case …\n");
        return 64;
    }
    char *program = realpath(argv[1], NULL);
    if (!program) {
        fprintf(stderr, "there is no %s\n", argv[1]);
        return 64;
    }
    bool ok = true;
    for (int i = 2; i < argc; i++)
        ok &= run_file(program, argv[i], &sum);
    printf("%u passed, %u failed\n", sum.passed, sum.failed);
    free(program);
    return ok && !sum.failed ? 0 : 1;
}
