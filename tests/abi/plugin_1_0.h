/* The header of the first contract, 1.0, word for word: never changed. The plugins here are built with it, and today's engine runs them. */
/* sluice/plugin.h — the whole contract between the engine and a stage plugin. C11, no dependencies.
 *
 * A plugin is a .so with one exported symbol, which returns constant data: stages, each with the options it takes, the
 * columns it touches, what it counts, its ports and its callbacks. A plugin links nothing of the engine.
 *
 * How this header grows: fields are added at the end and never change their meaning. What a plugin hands over carries its
 * size or stride, so that an engine can read an older, shorter one. What the engine hands over is complete for the minor
 * version that the plugin was built with. What is not settled is a service, asked for by name and version (service_*.h).
 */
#ifndef SL_PLUGIN_H
#define SL_PLUGIN_H
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SL_ABI_MAJOR 1u /* differs: refuse to load */
#define SL_ABI_MINOR 0u /* plugin newer than engine: refuse; older: load */
#define SL_EXPORT __attribute__((visibility("default")))

/* ---- results ------------------------------------------------------------------------------------------------------
 * >= 0 is flow. < 0 is failure, with a message left by host->fail. SL_E_DATA and SL_E_IO from `read` end that split only,
 * if the user's on_error says so; every other failure ends the run. A bad document is never a failure: it is a reject. */
enum { SL_OK = 0, SL_MORE = 1, SL_END = 2 };
enum { SL_E_NOMEM = -1, SL_E_CONFIG = -2, SL_E_IO = -3, SL_E_DATA = -4, SL_E_STATE = -5, SL_E_CANCEL = -6, SL_E_INTERNAL = -7 };

/* ---- columns ------------------------------------------------------------------------------------------------------
 * A scalar column is an array with one value a row. Text and lists are arrays of 16-byte views; what a view points to
 * lies in the batch (its arena, or input blocks that it pins) and lives as long as the batch. */
typedef struct sl_str  { const char *p; uint32_t n, reserved; } sl_str;  /* n bytes, not NUL-terminated, 64 readable after them */
typedef struct sl_list { const void *p; uint32_t n, reserved; } sl_list; /* n elements */
typedef struct sl_span { uint32_t begin, end; } sl_span;                 /* bytes of the row's text */

enum { SL_T_BOOL = 1 /* uint8_t */, SL_T_I32, SL_T_I64, SL_T_U64, SL_T_F32, SL_T_F64, SL_T_SPAN,
       SL_T_STR, SL_T_JSON /* an sl_str holding any JSON value, byte for byte */ };
#define SL_T_ANY 0u
#define SL_LIST_OF(t) (0x100u | (t)) /* a row holds an sl_list of that type. SL_LIST_OF(SL_T_I32): token ids */

typedef struct sl_column {
    const char *name;
    void       *data;  /* row r of a fixed vector starts at element r * width */
    uint64_t   *valid; /* one bit a row, never NULL; clear: null, or not computed yet in an SL_SHARED column */
    uint32_t    type, width, flags, reserved; /* width 1, or the length of a fixed vector: known only at run time */
} sl_column;
enum { SL_COL_WRITTEN = 1 }; /* some stage wrote it since the source: a sink cannot copy it from the raw record */

/* ---- a batch: the unit that moves ---------------------------------------------------------------------------------
 * A stage sees a view made for it: columns[i] is row i of its field table. Fields that name several columns stand last
 * and take one place for each. A column that an SL_OPTIONAL field did not find is NULL. Columns that the stage writes
 * are there before the call: zeroed, all valid (SL_READ | SL_WRITE and SL_SHARED: as an earlier stage left them); vectors are
 * allocated by the stage. SL_T_ANY in a written field: column->type is what the stages below ask for, else SL_T_JSON. All rows come from one split; a thread sees the batches of a split in order, none of another in between.
 *
 * Two numbers stand for a document. `pos` is its place in the stream of this run: split << 32 | ordinal, from 1, never 0,
 * ascending, unique, the same in each pass and process of a run, for any number of threads and any batch size. Ties,
 * survivors and what a fit remembers go by pos. `key` names the document across runs; randomness goes by key. */
typedef struct sl_batch {
    uint32_t n_rows, n_sel;       /* usually n_rows <= 1024 and text <= ~2 MiB; never more than 65535 rows */
    const uint16_t *sel;          /* live rows, ascending; only the engine rewrites it, between callbacks */
    sl_column *const *columns;
    uint32_t n_columns, reserved;
    const uint64_t *pos, *key;
    const uint64_t *parent;       /* pos of the document that the row was cut from; NULL where nothing was cut */
    void *engine;
} sl_batch;

/* A column that a stage reads or writes. The planner knows all of them before any data is read.
 * name "text": that column. "$as": the column that option `as` names; unset: none. "words.$split": built from an option.
 * "$rules.column": for each element of the list `rules`, the column it names. "*": for a source, whatever is read later
 * and nobody else writes; for a sink, every visible column. */
typedef struct sl_field { const char *name; uint32_t type, flags; const char *help; } sl_field;
enum {
    SL_READ = 1, SL_WRITE = 2,
    SL_OPTIONAL = 4,  /* may be absent */
    SL_HIDDEN = 8,    /* no part of the document: sinks leave it out unless asked */
    SL_SHARED = 16,   /* a cache, such as word spans: filled by the first stage that needs it, for live rows not yet valid;
                         dropped when a stage writes `text`. The name says the exact definition. Implies SL_HIDDEN */
    SL_ORDER = 32,    /* written, SL_T_U64: after this stage the engine sorts the stream by (this, pos) and numbers it anew */
    SL_FIT_ONLY = 64, SL_APPLY_ONLY = 128, /* wanted in one of the two passes only; NULL in the other */
    SL_REMOVE = 256,  /* after this stage the column is gone: nothing below sees it, sinks leave the field out */
};

/* ---- options: parsing, defaults, checks, help, documentation and JSON Schema all come from this table ------------- */
typedef struct sl_amount { double value; uint32_t unit, reserved; } sl_amount; /* "20%", "1000", "10B tokens", "4 GiB" */
enum { SL_UNSET = 0, SL_ROWS, SL_SHARE /* 0..1 */, SL_BYTES, SL_TOKENS };
typedef struct sl_many { const void *v; size_t n; } sl_many; /* a list: n values of the C type below, or n table structs */
enum {
    SL_OPT_BOOL = 1,  /* uint8_t */
    SL_OPT_I64,       /* int64_t */
    SL_OPT_F64,       /* double */
    SL_OPT_SIZE,      /* uint64_t, bytes */
    SL_OPT_DURATION,  /* double, seconds */
    SL_OPT_AMOUNT,    /* sl_amount */
    SL_OPT_ENUM,      /* uint32_t, index into choices */
    SL_OPT_STR, SL_OPT_PATH, SL_OPT_COLUMN,
    SL_OPT_MODEL,     /* a checkpoint folder or tokenizer.json; `check` verifies that it is there. All four: const char * */
    SL_OPT_TABLE,     /* a struct with an option table of its own */
    SL_OPT_MANY = 0x100, /* flag: the field is an sl_many of that type */
};
enum { SL_OPT_REQUIRED = 1, SL_OPT_SECRET = 2, SL_OPT_HIDDEN = 4,
       SL_OPT_APPLY = 8 /* does not change what `fit` makes. All others are part of the name of the fitted state */ };
typedef struct sl_option {            /* ends with name == NULL */
    const char *name;
    uint32_t    type, flags, offset, reserved;
    const char *def;                  /* as a user would write it, parsed by the same code. NULL: unset is NULL, NaN, INT64_MIN, n 0 */
    double      min, max;
    const char *const *choices;       /* ENUM: ends with NULL */
    const char *unit, *help, *since, *deprecated;
    const struct sl_option *table;    /* TABLE: its rows (same stride) and the size of its struct */
    size_t      table_size;
} sl_option;

/* ---- metrics: everything a stage counts. The report, the quarantine and the conservation check read these ---------
 * A stage that runs again in a later pass is counted once, and must have counted the same. */
typedef struct sl_metric { const char *name; uint32_t kind, flags; const char *unit, *help; } sl_metric;
enum { SL_M_REJECT = 1, /* a reason to drop a document */
       SL_M_ERROR,      /* the same for a document that is broken: counts against max_errors */
       SL_M_COUNT,
       SL_M_VALUE };    /* a distribution: the engine keeps a histogram in integer bins */
typedef struct sl_why {               /* evidence; size is set by SL_WHY in util.h, the rest may stay 0 */
    uint32_t size, port;              /* where the partner stands: 0 this stream, else that port */
    double   value, limit;
    uint64_t partner;                 /* pos of the document that this one repeats, or that it hit */
    sl_str   detail;                  /* the n-gram, the word, the line */
} sl_why;

/* A second input, set in the pipeline file like an option: a stage, a list of stages, or a saved state. */
typedef struct sl_port { const char *name; uint32_t flags, reserved; const char *help; } sl_port;
enum { SL_PORT_REQUIRED = 1, SL_PORT_STATE = 2 /* a part saved by this stage may stand in for the stream */ };

/* ---- what the engine lends: append only. Any thread, any callback, unless said otherwise -------------------------- */
typedef struct sl_ctx sl_ctx;
typedef struct sl_io sl_io; /* an open artifact; engine-owned, checksummed, appears by rename */
typedef struct sl_host {
    uint32_t struct_size, abi_minor;

    /* Leave a message and return `code`: return c->host->fail(c, SL_E_IO, "cannot read %s", path); */
    int (*fail)(sl_ctx *, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
    void (*log)(sl_ctx *, int level, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

    /* Memory in the batch, zeroed, gone with it; align: a power of two, at most 64; 64 readable bytes follow. NULL: out of memory,
     * message left. A stage's own memory is malloc's. */
    void *(*alloc)(sl_ctx *, const sl_batch *, size_t size, size_t align);
    /* Says what the caller holds from now on, in all: its local state, or the shared one in callbacks without l. SL_MORE: not
     * granted; spill, then call again with less. Calling with less always succeeds. */
    int (*reserve)(sl_ctx *, uint64_t bytes);

    /* Drop a row for a declared reason; `why` may be NULL. In read (on out), process, reshape (on in). The first call counts.
     * Takes effect when the callback returns. `mode: annotate` turns it into columns, without the stage knowing. */
    void (*reject)(sl_ctx *, sl_batch *, uint32_t row, uint32_t metric, const sl_why *why);
    void (*count)(sl_ctx *, uint32_t metric, uint64_t n);
    /* One value of a distribution, of that row; batch NULL: of no row. */
    void (*observe)(sl_ctx *, const sl_batch *, uint32_t row, uint32_t metric, double value);

    /* A new row in `out`, in read and reshape only. SL_MORE: the row is there, and out is full now: fill it and return SL_MORE.
     *   in NULL      a new document, named by nth within the split (in an ordered stage: within the stream). A source gives
     *                a number that does not depend on how the file was cut into splits: a byte offset, frame and record.
     *   in           a child: shares all columns of that row until you write them, named by its parent and nth
     *   SL_WHOLE_DOC for nth: the document that `row` was cut from, under its own pos and key */
    int (*add)(sl_ctx *, sl_batch *out, const sl_batch *in, uint32_t row, uint64_t nth, uint32_t *new_row);

    /* fn over [0, n) in pieces of `grain`, on all threads; c is then the thread's own. In finalize, finish and load only. */
    int (*parallel_for)(sl_ctx *, size_t n, size_t grain, int (*fn)(sl_ctx *c, void *u, size_t lo, size_t hi), void *u);
    /* Call now and then in work that takes seconds. SL_E_CANCEL: give up and return it. total 0: unknown. */
    int (*progress)(sl_ctx *, uint64_t done, uint64_t total);

    int (*put)(sl_ctx *, sl_io *, const void *p, size_t n); /* in save, one thread */
    int (*get)(sl_ctx *, sl_io *, void *p, size_t n);       /* in load; SL_END: nothing left; part of n left: SL_E_STATE */

    /* "input", "output", "json", "spill", "artifact", "report", "model" …; NULL if absent. Lives as long as the process. */
    const void *(*service)(sl_ctx *, const char *name, uint32_t version);
} sl_host;
#define SL_WHOLE_DOC UINT64_MAX

struct sl_ctx { /* one for each stage and thread; valid during the callback */
    const sl_host *host;
    void    *engine;
    uint64_t seed;      /* of this stage: from the run's seed and the stage's name in the pipeline; see sl_random */
    uint32_t thread, n_threads; /* for sizing only: no result may depend on them */
    uint32_t phase;     /* SL_FIT or SL_APPLY */
    uint32_t round;     /* of the fit pass: 0, then 1, 2 … while finalize says SL_MORE */
    uint32_t explain;   /* somebody looks (why, peek, annotate, stats): measure every rule, also after the first that fails */
    uint32_t reserved;
};
enum { SL_FIT = 1, SL_APPLY = 2 };

/* One piece of input that one worker reads from start to end. Frozen in the plan; another process may read it. */
typedef struct sl_split {
    const char *path, *label;       /* copied by the engine when `split` returns; label: the document's `source` */
    uint64_t begin, end, bytes;     /* meaning of begin and end is the source's own; bytes: for progress */
    uint64_t fingerprint;           /* of the file: part of each key, and how a later run sees that the file changed */
    uint64_t index;                 /* set by the engine: the split's number in the stream */
    uint32_t stream, reserved;      /* set by service "input": the engine cuts it into chunks, each a split of its own */
} sl_split;

/* ---- a stage ------------------------------------------------------------------------------------------------------ */
enum { SL_SOURCE = 1,   /* split, read */
       SL_TRANSFORM,    /* process: looks at rows, writes columns, rejects */
       SL_RESHAPE,      /* reshape: N rows in, M rows out. Expand, join, pack, repeat */
       SL_SINK };       /* write */
enum {
    SL_F_ORDERED = 1,   /* fit, process, reshape, write: one batch at a time, in stream order, one l for the whole stream. Keep it cheap */
    SL_F_ONCE = 2,      /* costly, or with effects beyond the batch: never run twice over a document; what it writes is kept for later passes */
    SL_F_FAMILIES = 4,  /* all live rows of one parent arrive in one batch, next to each other */
    SL_F_PORTS_ONLY = 8 /* `fit` sees the ports only; the main stream needs no pass of its own */
};
#define SL_WHOLE   0xffffffffu
#define SL_APPLIED 0xfffffffeu

/* Life of a stage in one process. l is made and dropped once for each thread and pass.
 *
 *   open
 *   fit passes, where `fit` is set: each port in table order, then the main stream
 *       open_local … fit … combine, close_local
 *   finalize          SL_MORE: one more pass over the main stream, then finalize again (k-means, exact quantiles, bands)
 *   apply pass
 *       open_local … read | process | reshape | write … combine, close_local
 *   finish
 *   close
 *
 * Over many processes, the same steps with saved states between them:
 *   part i: open, fit over some splits, save(port)    merge: open, load(port) for each part, finalize, save(SL_WHOLE)
 *   apply i: open, load(SL_WHOLE), apply over some splits, save(SL_APPLIED)    end: load(SL_APPLIED) for each, finish
 * A further round begins with load(SL_WHOLE) of the one before. Parts are loaded in split order.
 *
 * Whatever a fit or combine does must not depend on the order of calls: integers, sets, least and greatest; or keep a partial
 * for each split (pos >> 32) and add them in that order in finalize. Never add floats across batches otherwise.
 *
 * [1] one thread, nothing else of this stage runs.  [n] every worker for itself, at the same time.  [t] workers, in turn. */
typedef struct sl_stage {
    uint32_t struct_size;
    uint16_t option_stride, field_stride, metric_stride, port_stride; /* SL_STAGE in util.h fills the sizes and kind */
    uint32_t kind, flags;
    uint32_t state_version;      /* raise when the meaning or layout of the saved state changes: old ones are then not found */
    const char *name, *summary;  /* "family.verb", one line */
    const sl_option *options;    /* the tables end with name == NULL, and may be NULL */
    const sl_field  *fields;
    const sl_metric *metrics;
    const sl_port   *ports;      /* port number = row + 1; the main stream is port 0 */
    size_t config_size, state_size, local_size; /* the engine allocates these structs zeroed, and frees them */

    /* [1] Rules between options. No I/O: an editor may call it. Also for configurations that are never run. */
    int (*check)(sl_ctx *, const void *cfg);
    /* [1] cfg and its strings live until close. g is zeroed. On failure just return: close is called. */
    int (*open)(sl_ctx *, const void *cfg, void *g);
    /* [n] l is zeroed. */
    int (*open_local)(sl_ctx *, const void *g, void *l);

    /* [1] Source: describe piece i of the work, in a fixed order; SL_END past the last. Skipped where a frozen plan has the list. */
    int (*split)(sl_ctx *, void *g, uint64_t i, sl_split *out);
    /* [n] Source: add rows to `out`. SL_OK, SL_MORE: call again; SL_END: this split is done (out may hold its last rows). A split
     * may be left unfinished: drop what l holds of it when another begins, or in close_local. A bad record: add it, reject it. */
    int (*read)(sl_ctx *, const void *g, void *l, const sl_split *, sl_batch *out);
    /* [n] g is frozen. Write declared columns, reject rows; keep no pointer into the batch. SL_END, if ordered: want no more. */
    int (*process)(sl_ctx *, const void *g, void *l, sl_batch *);
    /* [n] Take rows of `in`, add rows to `out`. SL_OK: done with `in`. SL_MORE: call again with the same `in` and a fresh
     * `out`; keep your place in l. in NULL: the split (if ordered: the stream) ended; give out what you hold, SL_OK when done.
     * Copy what must outlive `in`. A live row neither rejected nor passed to `add` counts as absorbed, and the report says so. */
    int (*reshape)(sl_ctx *, const void *g, void *l, sl_batch *in, sl_batch *out);
    /* [n] Look, remember in l. Columns of a port stand in the same places. Nothing can be rejected here. */
    int (*fit)(sl_ctx *, const void *g, void *l, uint32_t port, const sl_batch *);
    /* [n] Sink: turn rows into bytes and hand them to the "output" service, which restores the order and cuts the shards. */
    int (*write)(sl_ctx *, const void *g, void *l, const sl_batch *);

    /* [t] End of a pass for this thread: move what l holds into g. Any order of threads. Not after a failure. */
    int (*combine)(sl_ctx *, void *g, void *l);
    /* [1] After the fit passes, also when all parts were loaded. May be long: parallel_for, progress. */
    int (*finalize)(sl_ctx *, void *g);
    /* [1] After the apply pass: side files, report. */
    int (*finish)(sl_ctx *, void *g);
    /* [1] what: a port number (what fit gathered from it, before finalize), SL_WHOLE (the fitted state), SL_APPLIED (what
     * combine gathered in an apply pass; only where `finish` is set). Equal content must give equal bytes. */
    int (*save)(sl_ctx *, const void *g, uint32_t what, sl_io *);
    /* [1] Adds to what g holds: loading two parts merges them. A part saved from port 0 may come back as another port. Untrusted:
     * check all sizes. */
    int (*load)(sl_ctx *, void *g, uint32_t what, sl_io *);

    /* [n], [1] Free what l and g point to. Always called, also after a failure; see zeroed fields where nothing happened. */
    void (*close_local)(sl_ctx *, const void *g, void *l);
    void (*close)(sl_ctx *, void *g);
} sl_stage;

typedef struct sl_plugin {
    uint32_t abi_major, abi_minor, struct_size, reserved;
    const char *name, *version, *license, *url;
    const sl_stage *const *stages; /* ends with NULL */
} sl_plugin;

/* The one exported symbol. No side effects: `sluice inspect` calls it too. */
SL_EXPORT const sl_plugin *sl_plugin_main(void);

#ifdef __cplusplus
}
#endif
#endif
