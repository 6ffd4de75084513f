/* The inside of exec: who holds what. An exec holds the instances of stages and the work list; a worker is a thread
 * with its rows, its chunk of input and its view of every stage; a flow is the way of one batch down one branch.
 *
 * Life of a batch: claim a split or chunk -> reset the worker's arena -> `read` adds rows, which get pos and key -> for
 * each stage below: build its view, run it, take out what it rejected -> sinks hand bytes to the outputs -> next batch.
 */
#ifndef SLUICE_ENGINE_H
#define SLUICE_ENGINE_H
#include <pthread.h>
#include "base/str.h"
#include "exec/exec.h"
#include "exec/histogram.h"
#include "io/input.h"
#include "io/json.h"
#include "sluice/service_input.h"
#include "sluice/service_json.h"

typedef struct worker worker;

/* ---- documents ---- */

typedef struct column {
    sl_column c;
    const void
        *origin; /* the array as the source filled it, while c.data is a copy that a stage may write; else NULL */
} column;

typedef struct rows { /* what all branches share of a batch */
    arena mem;
    uint32_t n, cap;
    uint64_t *pos, *key;
    sl_str *raw;    /* the record as it stood in the input; n 0: there was none (text members of archives) */
    uint64_t bytes; /* of records handed out since the batch began */
} rows;

enum { SLOT_NONE, SLOT_READ /* as the source filled it */, SLOT_WRITTEN, SLOT_REMOVED };
typedef struct flow {
    rows *r;
    uint16_t *sel;
    uint32_t n_sel;
    column **slot;  /* by slot of the plan; NULL: not there */
    uint8_t *state; /* SLOT_* */
} flow;

/* ---- instances ---- */

typedef struct stage_thread { /* what sl_ctx.engine points to: one for each stage and worker */
    sl_ctx ctx;
    worker *w;
    uint32_t stage;
    void *local;
    uint64_t in, kept, annotated, batches, ns;
    uint64_t *counts; /* by metric */
    histogram **hist; /* by metric; NULL until used */
    flow *flow;       /* while a callback runs */
    json_parser *json, *ids;
    sbuf line; /* format's answer */
} stage_thread;

typedef struct stage_state { /* one for each stage */
    const plan_stage *p;
    const sl_stage *s;
    void *g;
    bool opened;
    char **metric_names;
    uint32_t *metric_kinds;
    size_t n_metrics;
    /* input service */
    input_list files;
    uint32_t members;
    bool uses_input;
    uint32_t first_file; /* of its files in exec.files */
    size_t cut_file;     /* the file that `split` is at … */
    uint64_t cut_first;  /* … the number of its first piece … */
    input_pieces cut;    /* … and its pieces; n 0: not cut yet */
    /* json service */
    sl_json_read_spec read_spec;
    sl_json_write_spec write_spec;
    uint32_t *fill; /* slots that parse fills: field i of the parser */
    size_t n_fill;
    exec_table *tables;
    size_t n_tables;
} stage_state;

typedef struct work_split {
    sl_split s;
    uint32_t source, file;
    input_piece piece;
    uint64_t first, room;           /* numbers of pos: first + chunk, chunk < room */
    uint64_t chunks, records, kept; /* done so far; guarded by exec.lock */
} work_split;

typedef struct stream {
    uint32_t split;
    input_stream *in;
    uint64_t next_chunk;
    bool busy, opened;
} stream;

typedef struct item { /* what a worker works on */
    uint32_t split;
    uint64_t chunk;
} item;

typedef struct damage { /* a sentence of input_chunk_damage, and where it belongs */
    item at;
    uint32_t nth, file;
    const char *text;
} damage;

typedef struct rejected {
    uint32_t row, metric, stage;
    sl_why why;
} rejected;

struct sl_input {
    worker *w;
};

struct worker {
    exec *x;
    unsigned number;
    rows r;
    input_chunk *chunk;
    struct sl_input input;
    bool has_chunk; /* chunk holds the item's data */
    item at;
    uint64_t ordinal; /* of the last row of this item */
    uint64_t item_records, item_kept;
    stage_thread *st; /* by stage */
    rejected *rej;    /* of the callback that runs */
    size_t n_rej, rej_cap;
    uint64_t dead[1024]; /* rows in rej */
    rejected *quar;      /* of the batch, for the quarantine */
    size_t n_quar, quar_cap;
    uint64_t reached[1024]; /* rows that came to a sink */
    sl_str head;            /* the first bytes of a record that was too large to be read */
    uint64_t first_error;   /* pos of the first broken document that this worker met; UINT64_MAX: none */
    sbuf first_text;
    sbuf error, scratch;
    int error_code;
    bool stop; /* the tap has seen enough */
};

struct exec {
    const plan *p;
    exec_options o;
    arena mem;
    stage_state *st;
    work_split *splits;
    size_t n_splits;
    exec_file *files;
    size_t n_files;
    outputs *outs;
    output **out_list;
    uint32_t *out_stage;
    size_t n_outs;
    output *quarantine;
    input_limits limits;
    worker *workers;
    unsigned threads;

    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t changed;
    stream *active; /* open streams, ascending by split */
    size_t n_active;
    size_t next_split;
    size_t in_flight;
    unsigned working; /* threads that have not ended their loop */
    bool failed;
    item fail_at;
    int fail_code;
    sbuf fail_text;
    damage *damages;
    size_t n_damages;

    atomic_int stopping; /* 1: some failure or cancellation: look closer between batches */
    atomic_uint_fast64_t bytes_done, documents, kept, errors;
    uint64_t bytes_total;
    exec_stage *result;
    exec_split *manifest;
    size_t n_manifest;
    sbuf notes;
    sbuf first_error;
};

/* ---- host.c ---- */
extern const sl_host exec_host;
const void *exec_service(const char *name, uint32_t version);
extern const sl_input_api exec_input_api;
extern const sl_json_api exec_json_api;

/* ---- rows.c ---- */
bool rows_init(rows *r, uint32_t cap);
void rows_free(rows *r);
/* An empty flow over r for the source `source`, its columns made; NULL: out of memory. */
flow *flow_new(const exec *x, rows *r, const plan_stage *source);
flow *flow_branch(const exec *x, const flow *f);
/* A column of n zeroed values for the slot; NULL: out of memory. */
column *column_new(const exec *x, rows *r, uint32_t slot, uint32_t n, bool valid);
/* The view of a stage over a flow, its written columns made ready. false: out of memory. */
bool view_make(const exec *x, const plan_stage *s, flow *f, sl_batch *out);
/* After the stage has run: what it wrote and removed takes effect on the flow. */
void view_commit(const exec *x, const plan_stage *s, flow *f);
size_t type_size(uint32_t type);

/* ---- json_io.c ---- */
int row_format(stage_thread *st, const flow *f, uint32_t row, const sl_json_write_spec *spec, bool hidden, sbuf *out);

/* ---- sched.c ---- */
enum { CLAIM_ITEM, CLAIM_NONE };
int sched_claim(worker *w);            /* CLAIM_*; blocks while there may be work */
void sched_done(worker *w, bool good); /* the item of w is done and handed over, or given up */
void sched_leave(exec *x);             /* waits for the other threads asleep: OpenMP would spin */
void sched_fail(exec *x, item at, int code, const char *text);
bool sched_abandon(const worker *w);  /* is the item of w beyond a failure, or is the run cancelled? */
int sched_load(worker *w);            /* the data of an item that is no chunk of a stream */
void sched_damage(worker *w);         /* looks at what the chunk says of damage */
void sched_note(worker *w, int code); /* a source gave up a split, and on_error says to go on */

/* ---- flow.c ---- */
int flow_source(worker *w); /* reads the item of w to its end through all stages below. < 0: failed, text in w->error */

/* ---- quarantine.c ---- */
int quarantine_write(worker *w, const flow *f);

/* What a source asked of the input service, in the words of io. */
static inline int members_of(const stage_state *s)
{
    return s->members == SL_LINES ? MEMBERS_NONE : s->members == SL_MEMBERS_TEXT ? MEMBERS_TEXT : MEMBERS_LINES;
}
static inline uint64_t item_pos(const exec *x, item at) { return (x->splits[at.split].first + at.chunk) << 32; }
static inline bool item_before(item a, item b) { return a.split != b.split ? a.split < b.split : a.chunk < b.chunk; }
int worker_fail(worker *w, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
uint64_t now_ns(void);

/* ---- result.c ---- */
void exec_collect(exec *x); /* sums over the workers, after the threads */
#endif
