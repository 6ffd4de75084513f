/* Hashes against published vectors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/fs.h"
#include "base/hash.h"

/* The buffer of xxHash's own sanity check. */
static void fill(unsigned char *p, size_t n)
{
    uint64_t at = 2654435761u;
    for (size_t i = 0; i < n; i++) {
        p[i] = (unsigned char)(at >> 56);
        at *= 11400714785074694797u;
    }
}

static void test_xxh3(void **u)
{
    (void)u;
    unsigned char p[2400];
    fill(p, sizeof p);
    static const struct {
        size_t n;
        uint64_t seed, want;
    } all[] = {
        { 0, 0, 0x2D06800538D394C2u },    { 0, 0x9E3779B185EBCA8Du, 0xA8A6B918B2F0364Au },
        { 1, 0, 0xC44BDFF4074EECDBu },    { 1, 0x9E3779B185EBCA8Du, 0x032BE332DD766EF8u },
        { 6, 0, 0x27B56A84CD2D7325u },    { 12, 0, 0xA713DAF0DFBB77E7u },
        { 24, 0, 0xA3FE70BF9D3510EBu },   { 48, 0, 0x397DA259ECBA1F11u },
        { 80, 0, 0xBCDEFBBB2C47C90Au },   { 195, 0, 0xCD94217EE362EC3Au },
        { 403, 0, 0xCDEB804D65C6DEA4u },  { 2048, 0, 0xDD59E2C3A5F038E0u },
        { 2240, 0, 0x6E73A90539CF2948u }, { 2367, 0, 0xCB37AEB9E5D361EDu },
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        assert_true(hash_seeded(p, all[i].n, all[i].seed) == all[i].want);
        if (!all[i].seed)
            assert_true(hash_bytes(p, all[i].n) == all[i].want);
    }
}

static void test_two(void **u)
{
    (void)u;
    static const unsigned char both[16] = { 1, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0 };
    assert_true(hash_two(1, 512) == hash_bytes(both, 16));
    assert_true(hash_two(1, 512) != hash_two(512, 1));
}

static void sha(const char *text, size_t n, size_t piece, const char *want)
{
    char hex[65];
    sha256 *h = sha256_new();
    assert_non_null(h);
    for (size_t i = 0; i < n; i += piece)
        sha256_add(h, text + i, n - i < piece ? n - i : piece);
    sha256_hex(h, hex);
    assert_string_equal(hex, want);
    sha256_free(h);
}

static void test_sha256(void **u)
{
    (void)u;
    static const char empty[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    static const char abc[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    static const char two[] = "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1";
    static const char million[] = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";
    static const char text[] = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
    sha("", 0, 1, empty);
    sha("abc", 3, 3, abc);
    sha("abc", 3, 1, abc);
    sha(text, 56, 56, two);
    sha(text, 56, 7, two);
    char *as = malloc(1000000);
    assert_non_null(as);
    memset(as, 'a', 1000000);
    sha(as, 1000000, 999, million);

    char path[] = "/tmp/sluice-hash-XXXXXX", hex[65] = "";
    const int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(sha256_file(path, hex), 0);
    assert_string_equal(hex, empty);
    assert_int_equal(fs_write_all(fd, as, 1000000), 0);
    assert_int_equal(sha256_file(path, hex), 0);
    assert_string_equal(hex, million);
    close(fd);
    unlink(path);
    free(as);
    assert_int_equal(sha256_file(path, hex), -ENOENT);
    assert_int_equal(sha256_file("/tmp", hex), -EISDIR);
    sha256_free(NULL);

    sha256 *h = sha256_new(); /* looked at on the way, and once more */
    assert_non_null(h);
    assert_true(sha256_so_far(h, hex));
    assert_string_equal(hex, empty);
    sha256_add(h, "ab", 2);
    assert_true(sha256_so_far(h, hex));
    sha256_add(h, "c", 1);
    assert_true(sha256_so_far(h, hex));
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    sha256_hex(h, hex);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    sha256_free(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_xxh3),
        cmocka_unit_test(test_two),
        cmocka_unit_test(test_sha256),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
