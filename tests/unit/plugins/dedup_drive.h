/* dedup.exact from open to close in the small engine: documents in, rejects and written columns out. */
#ifndef TESTS_DEDUP_DRIVE_H
#define TESTS_DEDUP_DRIVE_H
#include "stage_mock.h"

typedef struct doc { /* pos ascending; texts NULL: null; score NaN: null */
    uint64_t pos;
    const char *text, *other;
    double score;
} doc;

typedef struct written { /* what the stage wrote for a document */
    char cluster[33];    /* "": null */
    int64_t size;
} written;

typedef struct drive {
    mock *m;
    mock_run run;
    bool begun;
    sbuf options;
    uint32_t type;      /* of the columns compared: SL_T_STR or SL_T_JSON */
    uint32_t n_columns; /* compared: text, or text and other */
    bool columns;       /* cluster_as and size_as */
} drive;

/* Options at their defaults; four threads, batches of 1,024 rows, all the memory they want. */
void drive_init(drive *d);
void drive_option(drive *d, const char *name, uint32_t value); /* by the number of its choice */
void drive_by(drive *d, const char *by);
void drive_free(drive *d);

/* Each as the callback answers. */
int drive_open(drive *d);
int drive_fit(drive *d, uint32_t port, const doc *docs, size_t n);
int drive_finalize(drive *d);
/* out: for each document, or NULL. The rejects are in d->m, by pos. */
int drive_apply(drive *d, const doc *docs, size_t n, written *out);
int drive_save(drive *d, uint32_t what, sbuf *out);
int drive_load(drive *d, uint32_t what, const void *p, size_t n);
void drive_close(drive *d);

#endif
