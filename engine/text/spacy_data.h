/* The rules of spaCy's blank English tokenizer as data. Written by tools/gen-spacy: special cases, classes, units. */
#ifndef TEXT_SPACY_DATA_H
#define TEXT_SPACY_DATA_H
#include <stdbool.h>
#include <stdint.h>

enum {
    SPACY_BLOCKS = 3049,
    SPACY_LONGEST = 29, /* bytes of a special case */
    SPACY_PARTS = 11,   /* tokens of a special case, or that it is split into without itself */
    SPACY_UNITS = 103,
    SPACY_UNIT_BYTES = 10,
    SPACY_SLOTS = 8192,
};

enum {                              /* spacy_class */
       SPACY_PREFIX = 1 << 0,       /* alone a prefix */
       SPACY_SUFFIX = 1 << 1,       /* alone a suffix */
       SPACY_INFIX = 1 << 2,        /* alone an infix */
       SPACY_CURRENCY = 1 << 3,     /* a suffix behind a digit */
       SPACY_BEFORE_DOT = 1 << 4,   /* makes one . behind it a suffix */
       SPACY_CAPITAL = 1 << 5,      /* two of them do */
       SPACY_DOT_LEFT = 1 << 6,     /* between this */
       SPACY_DOT_RIGHT = 1 << 7,    /* and this, a . is an infix */
       SPACY_ALPHA = 1 << 8,        /* a letter */
       SPACY_TLD = 1 << 9,          /* ends a host name */
       SPACY_UNIT_END = 1 << 10,    /* the last character of a unit */
       SPACY_SENTENCE_END = 1 << 11 /* an end mark of the sentencizer */
};

extern const uint8_t spacy_block[SPACY_BLOCKS];
extern const uint16_t spacy_class_of[][64];
static inline uint32_t spacy_class(uint32_t c)
{
    return c >> 6 < SPACY_BLOCKS ? spacy_class_of[spacy_block[c >> 6]][c & 63] : 0;
}

/* A text with tokens of its own. Bit i of a set of cuts: a token begins at byte i. */
typedef struct spacy_special {
    uint16_t at; /* in spacy_special_text */
    uint16_t n;
    uint32_t cuts;
    uint32_t plain; /* what it would be split into without itself; 0: into nothing */
} spacy_special;

extern const uint32_t spacy_slot[SPACY_SLOTS]; /* open addressing: 16 bits of the hash, 16 of index + 1; 0: free */
extern const spacy_special spacy_specials[];
extern const char spacy_special_text[];
/* Of 1024 bits: may a special case that would be split into more begin with these two bytes? */
extern const uint32_t spacy_pairs[32];
static inline bool spacy_may_be_split(const char *p)
{
    const uint32_t pair = ((unsigned char)p[0] * 37u ^ (unsigned char)p[1]) % 1024;
    return spacy_pairs[pair / 32] >> pair % 32 & 1;
}

extern const char spacy_unit[SPACY_UNITS][SPACY_UNIT_BYTES + 1]; /* sorted; none holds an ASCII digit */
#endif
