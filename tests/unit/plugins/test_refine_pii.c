/* Which spans of a text are addresses: the cases of the regular expressions, one by one, and what only looks so. */
#include "unit/text/text_test.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "addresses.h"

typedef bool find_fn(sl_str, uint32_t, sl_span *);

/* The spans, each in brackets. What stands behind the text would make all of them longer. */
static void finds(find_fn *find, const char *in, const char *want)
{
    char got[500];
    const sl_str t = sample_before(in, strlen(in), '1');
    sl_span s = { 0 };
    size_t at = 0;
    while (find(t, s.end, &s)) {
        assert_true(s.end > s.begin && s.end <= t.n);
        at += (size_t)snprintf(got + at, sizeof got - at, "<%.*s>", (int)(s.end - s.begin), t.p + s.begin);
        assert_true(at < sizeof got);
    }
    got[at] = 0;
    if (strcmp(got, want) != 0)
        fail_msg("in '%s' found '%s', wanted is '%s'", in, got, want);
}

static void test_emails(void **u)
{
    (void)u;
    static const char *const cases[][2] = {
        { "", "" },
        { "@", "" },
        { "a@b", "" },
        { "a@b.c", "<a@b.c>" },
        { "mail to john.q+x@mail.example.org, please", "<john.q+x@mail.example.org>" },
        { "(a@b.co)", "<a@b.co>" },
        /* the local part */
        { ".a@b.c", "<a@b.c>" },
        { "x..a@b.c", "<a@b.c>" },
        { "x.a.@b.c", "" },
        { "x a b@b.c", "<b@b.c>" },
        { "!!a@b.c", "<a@b.c>" },
        { "!! !@b.c", "" },
        { "a!@b.c", "<a!@b.c>" },
        { "x\u00E9a@b.c", "" }, /* no \b in front of the a */
        { "x\u00E9!a@b.c", "<!a@b.c>" },
        { "x\u2014a@b.c", "<a@b.c>" },
        { "\u0663!@b.c", "<!@b.c>" }, /* a digit of Arabic is \w */
        { "#!$%&'*+/=?^_`{|}~-@b.c", "<_`{|}~-@b.c>" },
        { "a:b(c)d\"e@b.c", "<e@b.c>" },
        /* the name behind it */
        { "a@b.c.", "<a@b.c>" },
        { "a@b.c.-d", "<a@b.c>" },
        { "a@b.-c", "" },
        { "a@b.c-", "<a@b.c>" },
        { "a@b.c--d-.e", "<a@b.c--d>" },
        { "a@b-.c", "" },
        { "a@-b.c", "" },
        { "a@.b.c", "" },
        { "a@b..c", "" },
        { "a@b.c..d", "<a@b.c>" },
        { "a@b_c.d", "" },
        { "a@b.c_d", "<a@b.c>" },
        { "a@b.\u00E9", "" },
        { "a@bc.d\u00E9", "<a@bc.d>" },
        { "a@1.2", "<a@1.2>" },
        /* one behind the other */
        { "a@b.c@d.e", "<a@b.c>" },
        { "a@b@c.d", "<b@c.d>" },
        { "a@b.c d@e.f", "<a@b.c><d@e.f>" },
        { "a@b.c!d@e.f", "<a@b.c><!d@e.f>" },
        { "a@@b.c", "" },
        /* address literals */
        { "a@[1.2.3.4]", "<a@[1.2.3.4]>" },
        { "a@[1.2.3.256]", "" },
        { "a@[1.2.300.4]", "" },
        { "a@[01.002.3.255]", "<a@[01.002.3.255]>" },
        { "a@[1.2.3.x-y:]", "<a@[1.2.3.x-y:]>" },
        { "a@[1.2.3.4:]", "<a@[1.2.3.4:]>" },
        { "a@[1.2.3.x-:]", "" },
        { "a@[1.2.3.:]", "" },
        { "a@[1.2.3.x:", "" },
        { "a@[1.2.3.4", "" },
        { "a@[1.2.3", "" },
        { "a@[", "" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        finds(find_email, cases[i][0], cases[i][1]);
}

static void test_ips(void **u)
{
    (void)u;
    static const char *const cases[][2] = {
        { "", "" },
        { "1.2.3", "" },
        { "1.2.3.", "" },
        { "1.2.3.4", "<1.2.3.4>" },
        { "at 1.2.3.4:80", "<1.2.3.4>" },
        { "v1.2.3.4.5", "<1.2.3.4>" }, /* whatever stands around */
        { "1.2.3.4.5.6.7.8", "<1.2.3.4><5.6.7.8>" },
        { "1.2.3.4.5.6.7", "<1.2.3.4>" },
        { "1.2.3.45.6.7.8", "<1.2.3.45>" },
        { "255.255.255.255", "<255.255.255.255>" },
        { "256.1.1.1", "<56.1.1.1>" },
        { "1999.1.1.1", "<99.1.1.1>" },
        { "1199.1.1.1", "<199.1.1.1>" },
        { "1.256.1.1.1", "<56.1.1.1>" },
        { "1.1.1000.1.1.1", "<000.1.1.1>" },
        { "1.2.3.256", "<1.2.3.25>" },
        { "1.2.3.300", "<1.2.3.30>" },
        { "1.2.3.1999", "<1.2.3.199>" },
        { "1.2.3.2555", "<1.2.3.255>" },
        { "001.02.3.004", "<001.02.3.004>" },
        { "1..2.3.4.5", "<2.3.4.5>" },
        { "1.2.x.1.2.3.4", "<1.2.3.4>" },
        { "\u0661.2.3.4", "" }, /* [0-9] are ten */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        finds(find_ipv4, cases[i][0], cases[i][1]);
}

static void test_phones(void **u)
{
    (void)u;
    static const char *const cases[][2] = {
        { "", "" },
        { "+", "" },
        { "+44 20 7946 0958.", "<+44 20 7946 0958>" },
        { "+4420 794", "" },
        { "+12345678", "<+12345678>" },
        { "+1234567", "" },
        { "+123456789012345", "<+123456789012345>" },
        { "+1234567890123456", "" },
        { "+123456789012345-6", "<+123456789012345>" },
        { "+01234567890", "" },
        { "+49 (0)30 123-456/78", "<+49 (0)30 123-456/78>" },
        { "+49 - 30 1234567", "" }, /* three between */
        { "x+4420794609", "" },
        { "++4420794609", "" },
        { "212-555-0143", "<212-555-0143>" },
        { "(212) 555-0143 or (212)555.0143", "<(212) 555-0143><(212)555.0143>" },
        { "1-212-555-0143", "<1-212-555-0143>" },
        { "1 (212) 555 0143", "<1 (212) 555 0143>" },
        { "2 212-555-0143", "<212-555-0143>" },
        { "11-212-555-0143", "" },
        { "112-555-0143", "" },
        { "212-155-0143", "" },
        { "212-555-01435", "" },
        { "212-555-0143-5", "" },
        { "212-555-0143.", "<212-555-0143>" },
        { "212-555-0143\u00E9", "" },
        { "\u00E9"
          "212-555-0143",
          "" },
        { "-212-555-0143", "" },
        { "2125550143", "" },
        { "(212 555-0143", "<212 555-0143>" },
        { "212-555-014", "" },
        { "1-", "" },
        { "1-(212", "" },
        { "1-(212)", "" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        finds(find_phone, cases[i][0], cases[i][1]);
}

/* Both sides of each end of what is no public address. */
static void test_kinds(void **u)
{
    (void)u;
    static const struct {
        const char *text;
        int kind;
    } cases[] = {
        { "0.255.255.255", IPV4_PRIVATE },   { "1.0.0.0", IPV4_GLOBAL },         { "9.255.255.255", IPV4_GLOBAL },
        { "10.0.0.0", IPV4_PRIVATE },        { "10.255.255.255", IPV4_PRIVATE }, { "11.0.0.0", IPV4_GLOBAL },
        { "100.63.255.255", IPV4_GLOBAL },   { "100.64.0.0", IPV4_PRIVATE },     { "100.127.255.255", IPV4_PRIVATE },
        { "100.128.0.0", IPV4_GLOBAL },      { "126.255.255.255", IPV4_GLOBAL }, { "127.0.0.1", IPV4_PRIVATE },
        { "128.0.0.0", IPV4_GLOBAL },        { "169.253.255.255", IPV4_GLOBAL }, { "169.254.0.0", IPV4_PRIVATE },
        { "169.255.0.0", IPV4_GLOBAL },      { "172.15.255.255", IPV4_GLOBAL },  { "172.16.0.0", IPV4_PRIVATE },
        { "172.31.255.255", IPV4_PRIVATE },  { "172.32.0.0", IPV4_GLOBAL },      { "192.0.0.7", IPV4_PRIVATE },
        { "192.0.0.8", IPV4_GLOBAL },        { "192.0.0.169", IPV4_GLOBAL },     { "192.0.0.170", IPV4_PRIVATE },
        { "192.0.0.171", IPV4_PRIVATE },     { "192.0.0.172", IPV4_GLOBAL },     { "192.0.1.255", IPV4_GLOBAL },
        { "192.0.2.0", IPV4_PRIVATE },       { "192.0.3.0", IPV4_GLOBAL },       { "192.167.255.255", IPV4_GLOBAL },
        { "192.168.0.0", IPV4_PRIVATE },     { "192.169.0.0", IPV4_GLOBAL },     { "198.17.255.255", IPV4_GLOBAL },
        { "198.18.0.0", IPV4_PRIVATE },      { "198.19.255.255", IPV4_PRIVATE }, { "198.20.0.0", IPV4_GLOBAL },
        { "198.51.99.255", IPV4_GLOBAL },    { "198.51.100.0", IPV4_PRIVATE },   { "198.51.101.0", IPV4_GLOBAL },
        { "203.0.112.255", IPV4_GLOBAL },    { "203.0.113.0", IPV4_PRIVATE },    { "203.0.114.0", IPV4_GLOBAL },
        { "224.0.0.1", IPV4_GLOBAL },        { "239.255.255.255", IPV4_GLOBAL }, { "240.0.0.0", IPV4_PRIVATE },
        { "255.255.255.255", IPV4_PRIVATE }, { "8.8.8.8", IPV4_GLOBAL },         { "0.0.0.0", IPV4_PRIVATE },
        { "08.8.8.8", IPV4_NONE },           { "8.8.8.08", IPV4_NONE },          { "8.00.8.8", IPV4_NONE },
        { "8.0.8.8", IPV4_GLOBAL },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const sl_str t = { cases[i].text, (uint32_t)strlen(cases[i].text), 0 };
        if (ipv4_kind(t) != cases[i].kind)
            fail_msg("%s is %d", cases[i].text, ipv4_kind(t));
    }
}

/* Ten megabytes of what begins an address again and again: were it not linear, nobody would wait for it. */
static void test_long(void **u)
{
    (void)u;
    enum { N = 10000000 };
    static const struct {
        const char *of;
        uint32_t found[3]; /* e-mail, IPv4, telephone */
    } cases[] = {
        { "@", { 0 } }, { "a.a.a.a@", { N / 16 } }, { "a@a.", { N / 8 } },  { "!", { 0 } },   { "a", { 0 } },
        { "1", { 0 } }, { "1.", { 0, N / 8 } },     { "a@[1.1.1.", { 0 } }, { "+1-", { 0 } }, { "212-", { 0 } },
    };
    char *block = malloc(N + TEXT_SLACK);
    assert_non_null(block);
    const sl_str t = { block, N, 0 };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        find_fn *const find[] = { find_email, find_ipv4, find_phone };
        const size_t n = strlen(cases[i].of);
        for (size_t at = 0; at < N + TEXT_SLACK; at++)
            block[at] = cases[i].of[at % n];
        for (int k = 0; k < 3; k++) {
            uint32_t found = 0;
            for (sl_span s = { 0 }; find[k](t, s.end, &s);)
                found++;
            assert_int_equal(found, cases[i].found[k]);
        }
    }
    free(block);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_emails), cmocka_unit_test(test_ips),  cmocka_unit_test(test_phones),
        cmocka_unit_test(test_kinds),  cmocka_unit_test(test_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
