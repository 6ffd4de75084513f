/* Stages that do next to nothing. */
#ifndef NOOP_H
#define NOOP_H
#include "sluice/util.h"

int test_pass(sl_ctx *c, const void *g, void *l, sl_batch *b); /* lets all rows go on */
extern const sl_stage test_look;
#endif
