/* The options of map.fields, and the rules between them. */
#ifndef MAP_FIELDS_CONFIG_H
#define MAP_FIELDS_CONFIG_H
#include "sluice/util.h"

typedef struct rename_row {
    const char *from, *to;
} rename_row;
typedef struct set_row {
    const char *column, *value, *json; /* one of the last two */
} set_row;
typedef struct config {
    sl_many rename; /* rename_row */
    sl_many drop;   /* const char * */
    sl_many set;    /* set_row */
} config;

static inline const rename_row *rename_at(const config *o, size_t i) { return (const rename_row *)o->rename.v + i; }
static inline const set_row *set_at(const config *o, size_t i) { return (const set_row *)o->set.v + i; }
static inline const char *drop_at(const config *o, size_t i) { return ((const char *const *)o->drop.v)[i]; }

int fields_check(sl_ctx *c, const void *cfg);

#endif
