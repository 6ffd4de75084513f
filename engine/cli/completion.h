/* Completion scripts, made from the tables of commands and flags: what is in the one is in the other. */
#ifndef SLUICE_COMPLETION_H
#define SLUICE_COMPLETION_H
#include "cli/args.h"

/* What a word on the command line may be. */
typedef enum {
    WORD_ANY, /* nothing to offer */
    WORD_CHOICES,
    WORD_FILE,
    WORD_DIR,
    WORD_PIPELINE,
    WORD_STAGE, /* of a plugin */
    WORD_NAMED, /* a stage in the pipeline file on the line */
    WORD_RUN,
    WORD_STATE,
    WORD_COMMAND
} word_kind;

typedef struct word_shape {
    word_kind kind;
    char choices[120]; /* WORD_CHOICES: with blanks between */
} word_shape;

/* The value of a flag. */
word_shape flag_shape(const arg *a);
/* Of the line of operands that help shows: how many words it has, and what number `nth` (from 0) is. Where a command
 * takes more operands than there are words, they are as the last one. */
unsigned operand_shapes(const command *c);
word_shape operand_shape(const command *c, unsigned nth);

void completion_bash(const command *const *commands, sbuf *out);
void completion_zsh(const command *const *commands, sbuf *out);
#endif
