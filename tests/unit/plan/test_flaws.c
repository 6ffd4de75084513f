/* Many mistakes in one file: each is told, and none that only follows from another. */
#include "plan_test.h"

#define WHERE               "  - { use: filter.where, all: [{ column: gone, is: x }] }\n"
#define DROP                "  - { use: map.fields, drop: [gone] }\n"
#define UNKNOWN_STAGE(line) line ":12+7 unknown stage 'no.such' | 'sluice inspect' lists the stages there are\n"
#define REMOVED(line)                                                                                                  \
    line ":42+4 filter.where reads the column 'gone', which a stage above removes | columns here: text, id, source\n"

/* The first lines of two mistakes of their own, and the columns behind the first. */
static void test_columns(void **u)
{
    (void)u;
    refuse("stages:\n" SRC DROP WHERE NUL, REMOVED("4"));
    refuse("stages:\n" SRC DROP "  - { use: no.such }\n" WHERE NUL, UNKNOWN_STAGE("4"));
    refuse("stages:\n" SRC DROP "  - filter.length\n" WHERE NUL,
           "4:5+13 a stage is a map with 'use', and this is one value | - use: filter.length\n");
    /* What a stage with a wrong option writes is known, unless an option names it. */
    refuse("stages:\n" SRC DROP "  - { use: filter.length, min: -1 }\n" WHERE NUL,
           "4:32+2 min = -1 is outside 0..inf\n" REMOVED("5"));
    refuse(
        "stages:\n" SRC DROP "  - { use: language.identify, moddel: x }\n" WHERE NUL,
        "4:31+6 language.identify has no option 'moddel'; did you mean 'model'? | options: model, as, score_as, use, "
        "from, name, mode, on_reject\n");
    refuse("stages:\n" SRC DROP "  - { use: filter.length, min: 1, mode: note }\n" WHERE NUL,
           "4:41+4 mode = note is no choice | one of: drop, annotate\n");
    /* A merge: a column must come on both ways, and only one of them is known. */
    refuse("stages:\n" SRC "  - { use: map.fields, drop: [gone], name: a }\n" SRC "  - { use: no.such, name: b }\n"
           "  - { use: filter.where, all: [{ column: gone, is: x }], from: [a, b] }\n" NUL,
           "5:12+7 unknown stage 'no.such' | 'sluice inspect' lists the stages there are\n"
           "6:42+4 filter.where reads the column 'gone', which a stage above removes | columns here: text, id, "
           "source\n");
}

static void test_graph(void **u)
{
    (void)u;
    /* The unknown one may be a source, a sink, or cut documents. */
    refuse("stages:\n  - { use: no.such }\n  - { use: filter.length, min: 1 }\n" NUL, UNKNOWN_STAGE("2"));
    refuse("stages:\n" SRC "  - { use: no.such }\n", UNKNOWN_STAGE("3"));
    refuse("stages:\n" SRC "  - { use: no.such }\n  - { use: join.parts }\n" NUL, UNKNOWN_STAGE("3"));
    refuse("stages:\n" SRC "  - { use: join.parts }\n  - { use: no.such }\n",
           "4:12+7 unknown stage 'no.such' | 'sluice inspect' lists the stages there are\n"
           "3:12+10 join.parts wants the parts that documents were cut into, and no stage above cuts those of "
           "'source.jsonl' | such as expand.split\n");
    /* A name that is not there: it may be that of a stage that is misspelt, and any stage above may be meant. */
    refuse("stages:\n" SRC "  - { use: filter.lenght, min: 1 }\n  - { use: sink.null, from: filter.length }\n",
           "3:12+13 unknown stage 'filter.lenght'; did you mean 'filter.length'?\n");
    refuse("stages:\n" SRC "  - { name: a }\n  - { use: sink.null, from: a }\n",
           "3:5+11 a stage needs 'use' | - use: filter.length\n");
    refuse("stages:\n" SRC "  - { use: filter.length, min: 1 }\n" WHERE "  - { use: sink.null, from: where }\n",
           "5:29+5 no stage above is called 'where'\n");
    /* Two ways to one stage: the columns behind it are not known. */
    refuse("stages:\n" SRC
           "  - { use: map.fields, drop: [gone], name: a }\n  - { use: filter.length, min: 1, name: b }\n"
           "  - { use: filter.where, all: [{ column: gone, is: x }], from: [a, b] }\n" NUL,
           "5:68+1 documents of 'source.jsonl' reach 'filter.where' on two ways and would stand in it twice\n");
}

static void test_ports(void **u)
{
    (void)u;
#define PORTS(target) "stages:\n" SRC "  - { use: test.ports, target: " target " }\n" NUL
    refuse(PORTS("[ x, { use: no.such }, { use: filter.length, min: -1 } ]"),
           "3:34+1 an input is a stage { use: … }, a list of stages, or a saved state { state: PATH }\n"
           "3:44+7 unknown stage 'no.such' | 'sluice inspect' lists the stages there are\n"
           "3:82+2 min = -1 is outside 0..inf\n");
}

/* A value that is refused is not checked against others; one that a variable lacks neither. */
static void test_checks(void **u)
{
    (void)u;
    refuse("stages:\n" SRC "  - { use: filter.length, min: 5, max: 3 }\n  - { use: filter.length, min: 5, max: -3 }\n"
           "  - { use: filter.length, min: '${nowhere}' }\n" NUL,
           "5:33+10 no variable 'nowhere' | set it under vars:, with --set nowhere=…, or in the environment\n"
           "4:40+2 max = -3 is outside 0..inf\n"
           "3:32+1 filter.length: min (5) is above max (3)\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_columns),
        cmocka_unit_test(test_graph),
        cmocka_unit_test(test_ports),
        cmocka_unit_test(test_checks),
    };
    return cmocka_run_group_tests(tests, open_plugins, close_plugins);
}
