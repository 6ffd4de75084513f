/* A host for one stage, for tests: plain arrays for spills, bytes in memory for states, real threads for parallel_for.
 * What a stage must not do fails the test at once. */
#ifndef TESTS_MOCK_HOST_H
#define TESTS_MOCK_HOST_H
#include <stdbool.h>
#include "sluice/service_spill.h"
#include "sluice/util.h"

enum { MOCK_THREADS = 4 };

typedef struct mock_reject {
    uint64_t pos, partner;
    uint32_t metric, port;
    char detail[64]; /* cut */
} mock_reject;

typedef struct mock {
    sl_host host;
    sl_ctx ctx[MOCK_THREADS]; /* engine points to the mock */
    uint64_t budget;          /* reserve grants no more than this */
    uint64_t reserved;        /* by the last call */
    unsigned calls;           /* of the spill that are left until they fail; UINT32_MAX: they do not */
    mock_reject *rejects;
    size_t n_rejects;
    char message[512], tables[4096], log[512];
} mock;

/* What plugins under test call for malloc, calloc and realloc. */
extern unsigned mock_allocations; /* left until they fail; UINT32_MAX: they do not */
void *mock_malloc(size_t size);
void *mock_calloc(size_t n, size_t size);
void *mock_realloc(void *p, size_t size);

void mock_init(mock *m);
void mock_free(mock *m);
/* In order of pos. */
void mock_sort_rejects(mock *m);

/* ---- states ---- */
struct sl_io {
    unsigned char *p;
    size_t n, cap, at;
};
void mock_io_free(sl_io *io);
/* Of services "spill", "artifact", "report", "json". */
const void *mock_service(sl_ctx *c, const char *name, uint32_t version);
int mock_put(sl_ctx *c, sl_io *io, const void *p, size_t n);
int mock_get(sl_ctx *c, sl_io *io, void *p, size_t n);

/* ---- documents ---- */
enum { MOCK_COLUMNS = 8, MOCK_ROWS = 1024 };

/* A batch to fill by hand: columns have types, rows have cells. What a stage allocates lives until mock_batch_free. */
typedef struct mock_batch {
    sl_batch b;
    sl_column column[MOCK_COLUMNS];
    sl_column *columns[MOCK_COLUMNS];
    uint64_t pos[MOCK_ROWS], key[MOCK_ROWS], valid[MOCK_COLUMNS][MOCK_ROWS / 64];
    uint16_t sel[MOCK_ROWS];
    void *memory[4096];
    size_t n_memory;
} mock_batch;

/* types: of each column; 0: it is not there. */
void mock_batch_init(mock_batch *b, const uint32_t *types, uint32_t n_columns);
void mock_batch_free(mock_batch *b);
/* No rows. */
void mock_batch_clear(mock_batch *b);
/* A live row; its cells are null. */
uint32_t mock_row(mock_batch *b, uint64_t pos);
void mock_set_text(mock_batch *b, uint32_t column, uint32_t row, const char *text);
void mock_set_number(mock_batch *b, uint32_t column, uint32_t row, double number);
void *mock_alloc(sl_ctx *c, const sl_batch *b, size_t size, size_t align);

#endif
