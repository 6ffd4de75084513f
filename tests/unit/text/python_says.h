/* clang-format off */
/* Written by gen-python, which stands beside it. */
#ifndef PYTHON_SAYS_H
#define PYTHON_SAYS_H
#include <stdint.h>

static const struct { const char *what, *every, *random; } python_digests[] = {
    { "nfc",
      "fc58cb915fdd591a79bb7d74f2e3a8d07769a7cc0ba91328575db3573b88e5f6",
      "b8432f4f7e4470c932f804b80931d58715ce7bec586a4b92433777e30c9b658d" },
    { "nfd",
      "f908f0dd9bf2a443f164b00d09ed7c596b9f43817651205dd68100624219c0de",
      "102805157acd920506ff083f8f399fa14d442858899a6fc0f1a64cca16b8fa3d" },
    { "nfkc",
      "ba6d46ed05beffd8a78c26cd8cff9560aff8b46c6117dc08fa48024976cfa54d",
      "dc3eab05719d0bf59f35fdc6f0425fbffbd4c9de313042acc43dba9539dbd109" },
    { "nfkd",
      "0ccbbfdf222140cb54b92c64c06a4836b58473b5599659f2dd93faf0d0285519",
      "b7415fcd4115e2a59bec13b89b71fd9fcab39a7659f25188ae23810a8430e4ff" },
    { "no marks",
      "587a5682e0d8c99979f5f5621ab7a3f5abb166bd84ad86ca82005930c3f12030",
      "c59b52ff3ef8bd07db854ce6b6206309e9248774b5955595deafcc8e35b9441e" },
    { "lower",
      "09ca9989d86429114ecd170fc4ae7143db0ac2404d8d3c38eb17ecd1f4606d93",
      "419d35644e655f7b2833848c00a257f08293a8aeeb4a8e8e01d1a66e2defd634" },
    { "strip",
      "aee56d0bf178e8b87808813c1eb827a739869ea7cc8f8ce6e24fd7f62cedd04b",
      "a88f037c4f11852bed048be09aa680fa2ecb42d8a21c15fd952fd629c5b31c37" },
    { "lstrip",
      "689853cb2bbcbdb8c091920e30b238898ca14c3c03f0e6349f1e5a040864985f",
      "ec3acd87f5980e945916602f0e074e59cd4e0c8d8a78d0418a1fae18e1806a00" },
    { "rstrip",
      "aee56d0bf178e8b87808813c1eb827a739869ea7cc8f8ce6e24fd7f62cedd04b",
      "f15876f59919e04c0b2d2be180f81b35ab4ada6b71e9ee3551c5976bab717dae" },
    { "splitlines",
      "e1c920bdd25677a3640e56e93a473e764403e18466a99b5af39d270e1ed9d9e6",
      "647e98b2e2aad7c1a73860e2d324d958a2682741528b40bf958ed8b4abd5c0ff" },
    { "split newline",
      "2665a2e9404b13451365f7690e2df7dd0e0020554b2ef0544690f44880e4a30e",
      "005f09a9782ddb268e48824d1ae946bbaa4e053977c1dc98fc25b710e3bbc01f" },
    { "simplify",
      "f2e7320191b5e787ac21ae9fc14752dd2d59be5183a7002070289998d028e983",
      "c8d875ca31cf6f12fd05b6a348976eec27fe03cfd53e2c74f43fe8d10513474d" },
};
enum { RANDOM_TEXTS = 200000 };
static const uint32_t random_ranges[][2] = {
    { 0x20, 0x7F },
    { 0x20, 0x7F },
    { 0x9, 0x2F },
    { 0x30, 0x3A },
    { 0x7F, 0x250 },
    { 0x300, 0x370 },
    { 0x300, 0x370 },
    { 0x370, 0x400 },
    { 0x400, 0x460 },
    { 0x590, 0x5F5 },
    { 0x600, 0x700 },
    { 0x900, 0xA00 },
    { 0xB80, 0xD80 },
    { 0xE00, 0x1000 },
    { 0x1100, 0x1113 },
    { 0x1161, 0x1176 },
    { 0x11A8, 0x11C3 },
    { 0xAC00, 0xD7A4 },
    { 0xAC00, 0xAC40 },
    { 0x1AB0, 0x1B00 },
    { 0x1DC0, 0x1F00 },
    { 0x1E00, 0x2000 },
    { 0x2000, 0x2070 },
    { 0x20D0, 0x2100 },
    { 0x2100, 0x2150 },
    { 0x2390, 0x23A0 },
    { 0x3000, 0x3130 },
    { 0xF900, 0xFB50 },
    { 0xFB50, 0xFE00 },
    { 0xFE20, 0xFE30 },
    { 0xFF00, 0xFFF0 },
    { 0x10D30, 0x10D50 },
    { 0x11080, 0x11140 },
    { 0x11300, 0x11380 },
    { 0x1D150, 0x1D200 },
    { 0x1D7C0, 0x1D800 },
    { 0x1E000, 0x1E030 },
    { 0x1F100, 0x1F200 },
    { 0x2F800, 0x2FA20 },
    { 0x0, 0xD800 },
    { 0xE000, 0x110000 },
};
static const uint32_t random_often[] = {
    0x3A3,
    0x3A3,
    0x27,
    0x2E,
    0x2C,
    0x30,
    0x31,
    0x32,
    0x33,
    0x20,
    0xA,
    0xD,
    0x9,
    0x661,
    0x60C,
    0x66B,
    0x2396,
    0x130,
    0x41,
    0x61,
    0x45,
    0x65,
    0x6F,
    0xAD,
    0x301,
    0x302,
    0x327,
    0x345,
    0x5B0,
    0x1160,
    0x302E,
    0x302F,
    0x1D165,
    0x1D16D,
};
/* Code points of a class: how many, and their sum. */
#define PYTHON_CLASSES(X) \
    X(ALPHA, 131756, 13903637152) \
    X(SPACE, 29, 141704) \
    X(DECIMAL, 660, 30806570) \
    X(DIGIT, 788, 34551904) \
    X(NUMERIC, 1872, 103269490) \
    X(LOWER, 2471, 107772342) \
    X(UPPER, 1951, 95541008) \
    X(PUNCT, 819, 26304217) \
    X(SYMBOL, 7741, 529053739) \
    X(MARK, 1950, 291285791) \
    X(BREAK, 10, 16731) \
    X(DT_PUNCT, 129, 934545) \
    X(DT_TERMINAL, 159, 7117962) \
    X(REGEX_DECIMAL, 770, 40623335)
#endif
