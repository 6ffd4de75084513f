/* The inside of exec: who holds what. An exec holds the instances of stages, the inputs, and what is kept between
 * passes; a pass is one sweep, with its list of items; a worker is a thread with its rows, its chunk of input and its
 * view of every stage; a flow is the way of one batch down one branch.
 *
 * Life of a batch: claim an item -> take rows from the pool -> `read` adds rows, which get pos and key (or: they come
 * back from a store with those they had) -> for each stage below: build its view, run it, take out what it rejected ->
 * sinks hand bytes to the outputs -> next batch. A stage that needs more than a batch has batches parked before it: an
 * ordered one until the item is read, one that wants families until some are whole. Rows go back to the pool when
 * nobody uses them and nothing that is used points into them. */
#ifndef SLUICE_ENGINE_H
#define SLUICE_ENGINE_H
#include <pthread.h>
#include "base/budget.h"
#include "base/str.h"
#include "exec/exec.h"
#include "exec/histogram.h"
#include "io/artifact.h"
#include "io/input.h"
#include "io/json.h"
#include "io/pieces.h"
#include "io/scratch.h"
#include "io/sorter.h"
#include "plan/passes.h"
#include "sluice/service_input.h"
#include "sluice/service_json.h"

typedef struct worker worker;
typedef struct flow flow;
typedef struct ledger ledger;
typedef struct keeping keeping;
struct guard_block;
struct guard_names;
struct guard_twin;

/* ---- documents ---- */

typedef struct column {
    sl_column c;
    const void
        *origin; /* the array as the source filled it, while c.data is a copy that a stage may write; else NULL */
    const uint64_t *same; /* rows that stand as in their record, where others of the column do not; NULL: see origin */
    bool by_place; /* the text: unchanged if it is where the source left it. Other texts are compared by their bytes */
    const void *made; /* the array that column_new made, for so many rows; a vector's may be a stage's own */
    uint32_t n_made;
} column;

typedef struct rows { /* what all branches share of a batch */
    arena mem;
    uint32_t n, limit /* rows that this batch may have */, cap;
    uint64_t *pos, *key;
    uint64_t *root; /* pos of the document, as the source or a sort gave it, that this is, or is a part of */
    uint64_t *parent, *parent_key; /* of rows that were cut from a document; else 0 */
    sl_str *raw;       /* the record as it stood in the input; n 0: there was none (text members of archives) */
    sl_str *parsed;    /* the text as the record has it; p NULL: unknown */
    uint32_t *input;   /* of exec.splits: where the row, or what it was made of, came from; PLAN_NONE: out of nothing */
    uint64_t *reached; /* bits: rows that came to a sink */
    bool cut;          /* some row has a parent */
    uint64_t bytes;    /* of records handed out since the batch began */
    flow *as_read;     /* for the quarantine; else NULL */
    sl_str *record;    /* what the quarantine shows where as_read does not have it; n 0: it has. NULL: it always has */
    struct rows **under;    /* rows whose memory the texts of these point into */
    uint32_t n_under, uses; /* who needs these: 0 in the pool */
    struct rows *next;      /* in the pool */
    struct rows *next_all;
} rows;

enum { SLOT_NONE, SLOT_READ /* as the source filled it */, SLOT_WRITTEN, SLOT_REMOVED };
struct flow {
    rows *r;
    uint16_t *sel;
    uint32_t n_sel;
    column **slot;             /* by slot of the plan; NULL: not there */
    uint8_t *state;            /* SLOT_* */
    uint64_t *used, *gone;     /* a reshape's input: rows that `add` was called with, rows rejected so far */
    struct guard_names *names; /* debug builds: of children that were made of it */
    struct flow *next;         /* parked */
};

/* ---- instances ---- */

typedef struct stage_thread { /* what sl_ctx.engine points to: one for each stage and worker */
    sl_ctx ctx;
    worker *w;
    uint32_t stage;
    void *local;
    uint64_t in, kept, out, absorbed, annotated, batches, ns;
    uint64_t *counts; /* by metric */
    histogram **hist; /* by metric; NULL until used */
    flow *flow;       /* while a callback runs */
    flow *filling;    /* by `add`, then */
    uint64_t ordinal; /* of the last row that the stage added in this item */
    flow *parked, *last_parked;
    uint32_t n_parked; /* batches */
    uint64_t reserved;
    json_parser *json, *ids, *texts;
    sbuf line; /* format's answer */
} stage_thread;

typedef struct store { /* what leaves a stage, to be read again */
    sorter *sort;
    pieces *kept;
    scratch *files; /* of kept, where another process can go on with it; else NULL */
    bool sealed;    /* it can */
    uint64_t first; /* pos of a sorted one: (first + piece) << 32 | ordinal */
} store;

typedef struct stage_state { /* one for each stage */
    const plan_stage *p;
    const sl_stage *s;
    void *g;
    bool opened;
    bool refused; /* its open or its inputs failed */
    char **metric_names;
    uint32_t *metric_kinds;
    size_t n_metrics;
    store store;
    /* fits */
    uint32_t round;
    uint64_t *fit_counts; /* by metric: what `fit` and `finalize` counted */
    uint64_t fit_ns;
    bool loaded;                   /* its fitted state was found */
    struct guard_twin *twin;       /* debug builds: the same fit once more */
    atomic_uint changing, changed; /* debug builds: callbacks that may write g, begun and done */
    artifact_reader **readers;     /* of states that were loaded: what they mapped lives as long as the stage */
    size_t n_readers;
    /* ordered stages */
    void *stream_local;
    bool closed; /* it wants no more */
    pthread_mutex_t turn_lock;
    pthread_cond_t turn_changed;
    uint64_t turn_split, turn_chunk;
    uint64_t *turn_ends; /* of streams: 1 + number of chunks, once known */
    /* input service */
    input_list files;
    uint32_t members;
    bool uses_input;
    uint32_t first_file;            /* of its files in exec.files */
    size_t cut_file;                /* the file that `split` is at … */
    uint64_t cut_first;             /* … the number of its first piece … */
    input_pieces cut;               /* … and its pieces; n 0: not cut yet */
    uint32_t first_split, n_splits; /* of its pieces in exec.splits */
    /* json service */
    sl_json_read_spec read_spec;
    sl_json_write_spec write_spec;
    uint32_t *fill; /* slots that parse fills: field i of the parser */
    size_t n_fill;
    exec_table *tables;
    size_t n_tables;
} stage_state;

typedef struct work_split { /* a piece of input, fixed for the run */
    sl_split s;
    uint32_t source, file;
    input_piece piece;
    uint64_t first, room;           /* numbers of pos: first + chunk, chunk < room */
    uint64_t chunks, records, kept; /* of the pass that counts; guarded by exec.lock */
} work_split;

/* ---- passes ---- */

typedef struct pass_item { /* what a worker claims: a piece of input, or a piece of a store */
    uint64_t first;        /* number of pos */
    uint32_t input;        /* of exec.splits; PLAN_NONE: a piece of a store … */
    uint32_t feed;         /* … of this stage; else the source */
    uint32_t piece;
} pass_item;

typedef struct stream {
    uint32_t split;
    input_stream *in;
    uint64_t next_chunk;
    bool busy, opened;
} stream;

typedef struct item { /* what a worker works on */
    uint32_t split;   /* of pass.v; pass.n: the end of the stream, where stages give out what they hold */
    uint64_t chunk;
} item;

typedef struct pass {
    pass_plan plan;
    unsigned number; /* from 1 */
    unsigned threads;
    uint32_t batch_rows;
    bool picks; /* only documents that exec_options.pick wants go on */
    pass_item *v;
    size_t n;
    uint64_t base;       /* number of v[0] for the outputs, which count on over all passes */
    uint32_t keeper;     /* the first stage behind which documents are kept: quarantine lines go along with them; else
                            n_stages */
    bool writes;         /* some stage may put something into an output */
    bool resumed_stream; /* the first stream of a continued pass has been wound forward */
    bool flushes;        /* an ordered reshape gives out what it holds at the end */
    stream *active;      /* open streams, ascending by split */
    size_t n_active;
    size_t next_split;
    size_t in_flight;
    unsigned working; /* threads that have not ended their loop */
} pass;

typedef struct damage { /* a sentence of input_chunk_damage, and where it belongs */
    item at;
    uint32_t nth, file;
    unsigned pass; /* 0: an earlier process met it in the pass that writes; UINT32_MAX: in one before */
    const char *text;
} damage;

typedef struct rejected {
    uint32_t row, metric;
    sl_why why;
} rejected;
/* Evidence whose value and limit are both 0 has no number. */
static inline bool why_has_number(const sl_why *w) { return w->size && (w->value != 0 || w->limit != 0); }

typedef struct measured { /* a value that a callback observed, while somebody looks on */
    const flow *f;
    uint32_t row, metric;
    double value;
} measured;

typedef struct quarantined { /* a line that waits for the end of its item */
    uint64_t root, pos;
    uint32_t stage, nth;
    size_t at, n;
} quarantined;

struct sl_input {
    worker *w;
};
struct sl_io { /* a file, or memory */
    artifact_writer *out;
    artifact_reader *in;
    sbuf *to;
    const char *from; /* n bytes, of which `at` were read */
    size_t n, at;
};

struct worker {
    exec *x;
    unsigned number;
    rows *pool, *all;
    rows *r; /* that a source fills */
    input_chunk *chunk;
    struct sl_input input;
    bool has_chunk; /* chunk holds the item's data */
    bool idle;      /* under the lock: waits for something to do, and takes a chunk that another has read */
    item at;
    uint64_t ordinal; /* of the last row of this item */
    uint64_t item_records, item_kept;
    /* Of a piece of a store, whose rows may have come from anywhere: those that reached a sink, by input, and which
     * inputs have any. NULL until there is such a piece; 8 bytes a split. */
    bool item_stored;
    uint32_t *kept_of, *kept_from;
    size_t n_kept_from;
    stage_thread *st; /* by stage */
    rejected *rej;    /* of the callback that runs */
    size_t n_rej, rej_cap;
    measured *seen; /* by the callback that ran last; only with a tap */
    size_t n_seen, seen_cap;
    uint64_t dead[1024];      /* rows in rej */
    struct guard_block *lent; /* debug builds: by `alloc`, to the callback that runs */
    quarantined *quar;        /* of the item */
    size_t n_quar, quar_cap;
    sbuf quar_text;
    sorter_piece piece; /* of a store */
    sbuf kept, packed;
    sl_str head;          /* the first bytes of a record that was too large to be read */
    uint64_t first_error; /* pos of the first broken document that this worker met; UINT64_MAX: none */
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
    budget memory;
    scratch *scratch;

    pass_state todo;
    pass now;
    uint64_t next_base;
    unsigned n_passes;

    pthread_mutex_t lock; /* guards what follows, and what changes in `now` */
    pthread_cond_t changed;
    bool failed;
    item fail_at;
    int fail_code;
    sbuf fail_text;
    damage *damages;
    size_t n_damages;

    atomic_int stopping; /* 1: some failure or cancellation: look closer between batches */
    atomic_uint_fast64_t bytes_done, bytes_total, documents, kept, errors;
    atomic_uint pass_number;
    _Atomic(const char *) pass_what;
    exec_stage *result;
    exec_stage *seen; /* of stages that ran in an earlier pass: they must decide the same again */
    exec_split *manifest;
    size_t n_manifest;
    ledger *ledger;      /* of the pass that writes; NULL until then */
    keeping *keeps;      /* what another process can go on with; NULL: nothing */
    uint64_t kept_bytes; /* written to stores that are closed */
    exec_state *states;  /* found or saved */
    size_t n_states;
    exec_pass *passes; /* that were run */
    size_t n_run;
    sbuf notes;
    sbuf first_error;
};

/* ---- host.c ---- */
extern const sl_host exec_host;
const void *exec_service(const char *name, uint32_t version);
extern const sl_input_api exec_input_api;
extern const sl_json_api exec_json_api;
extern const struct sl_spill_api exec_spill_api;
extern const struct sl_artifact_api exec_artifact_api;

/* ---- rows.c ---- */
/* Empty rows with room for at least `cap`, for one user; NULL: out of memory. */
rows *rows_take(worker *w, uint32_t cap);
rows *rows_hold(rows *r);             /* one user more; returns r */
void rows_give(worker *w, rows *r);   /* one user less; none: into the pool, and those under them are given too */
bool rows_point(rows *r, rows *into); /* r uses `into`, for its texts point there. false: out of memory */
void rows_release(worker *w);         /* the item is over: what its failure left in use */
void rows_free(rows *r);
bool rows_record(rows *r, uint32_t row, sl_str record); /* for the quarantine; the text is kept by whoever gives it */
/* A row at the end, with nothing but its numbers. */
uint32_t rows_add(rows *r, uint64_t pos, uint64_t key, uint32_t input);
/* An empty flow over r for the source `source`, its columns made; NULL: out of memory. */
flow *flow_new(const exec *x, rows *r, const plan_stage *source);
/* An empty flow over r with the columns of `like` (NULL: none), as those of rows that are copied from there. */
flow *flow_like(const exec *x, rows *r, const flow *like);
/* The columns of row `from` of `in` become those of row `to` of `out`, views and all. */
void flow_copy_row(const exec *x, flow *out, uint32_t to, const flow *in, uint32_t from);
flow *flow_branch(const exec *x, const flow *f);
/* A column of n zeroed values for the slot; NULL: out of memory. */
column *column_new(const exec *x, rows *r, uint32_t slot, uint32_t n, bool valid);
enum { VIEW_RUN, VIEW_FILL /* rows are still to be added */, VIEW_FIT, VIEW_LOOK /* a reshape's input */ };
/* The view of a stage over a flow, its written columns made ready. false: out of memory. */
bool view_make(const exec *x, const plan_stage *s, flow *f, int how, sl_batch *out);
/* After the stage has run: what it wrote and removed takes effect on the flow. */
void view_commit(const exec *x, const plan_stage *s, flow *f);
size_t type_size(uint32_t type);

/* ---- json_io.c ---- */
int row_format(stage_thread *st, const flow *f, uint32_t row, const sl_json_write_spec *spec, bool hidden, sbuf *out);
bool column_unchanged(const column *k, uint32_t row); /* does the value stand as the record has it? */
/* The text of a record once more, by the source that read it. false: out of memory, or it cannot be read. */
bool row_parse_text(worker *w, uint32_t source, sl_str record, arena *mem, sl_str *text);

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

/* ---- turn.c: ordered stages ---- */
int turn_wait(worker *w, uint32_t stage);                       /* < 0: the item is given up */
void turn_pass(worker *w, uint32_t stage);                      /* the item has been through it */
void turn_end_stream(exec *x, uint32_t split, uint64_t chunks); /* for all ordered stages of the pass */
bool turn_begin(exec *x);                                       /* [one thread] before a pass; false: out of memory */

/* ---- item.c ---- */
int item_run(worker *w);      /* all batches of the item of w through all stages. < 0: failed, text in w->error */
int item_end_stream(exec *x); /* [one thread] after the last item: what ordered stages still hold */

/* ---- flow.c ---- */
int stage_failed(worker *w, uint32_t stage, int code); /* `code`, with a message if the stage left none */
/* The same, and an answer that the callback may not give is a failure too. SL_OK always may. */
int stage_answered(worker *w, uint32_t stage, int code, bool more, bool end);
int flow_below(worker *w, uint32_t stage, flow *f);     /* f has left the stage */
int flow_stage(worker *w, uint32_t stage, flow *f);     /* f runs through the stage now, and on */
int flow_stage_all(worker *w, uint32_t stage, flow *f); /* a list, whose rows are given back */
/* The stage's own part of that. The rows that go on are in f (or, of a reshape, in the flows of *out). */
int flow_call(worker *w, uint32_t stage, flow *f);

/* ---- rejects.c ---- */
int rejects_settle(worker *w, stage_thread *st, flow *f, bool narrow);
/* What a tap is shown: the rows that a callback saw (rows NULL: the first n), in order. */
void rejects_show(worker *w, stage_thread *st, const flow *f, const uint16_t *rows, uint32_t n, bool first);
void rejects_forget(worker *w);
/* Only what exec_options.pick wants is left. */
void rejects_pick(worker *w, stage_thread *st, flow *f);
/* Is there a place that exec_options.places names among the numbers from `first` to before `end`, or are all wanted? */
bool rejects_wanted(const exec *x, uint64_t first, uint64_t end);

/* ---- reshape.c ---- */
/* in NULL: give out what you hold. out: NULL: what comes out goes on at once; else it is put there, in order. */
int reshape_call(worker *w, uint32_t stage, flow *in, flow **out);
/* What is parked before the stage as a list with families whole; all: the item is read, else the last parent stays. */
int reshape_families(worker *w, stage_thread *st, bool all, flow **out);
/* f waits before the stage. Enough of it, and families that are whole go on: when, shows in nothing but memory. */
int reshape_park(worker *w, uint32_t stage, flow *f);

/* ---- store.c, pack.c ---- */
enum {
    SORT_PIECE = 8 << 20 /* bytes of documents, about */,
    EXEC_SORT_ROOM = 1 << 18, /* numbers of pos that a sorted stream gets: its pieces at most */
    SCRATCH_LEVEL = -1        /* of zstd: what is kept between passes is read again soon */
};
/* Where what leaves the stage is kept so that another process can go on with it. NULL: out of memory. */
scratch *store_files(exec *x, uint32_t stage, unsigned threads);
bool store_open(exec *x, uint32_t stage, int capture);
int store_put(worker *w, uint32_t stage, const flow *f); /* the live rows */
int store_end_item(worker *w);
int store_finish(exec *x);                     /* [one thread] after the pass, for all of its captures */
int store_read(worker *w, const pass_item *i); /* a piece, batch by batch, into what is below */
void store_close(exec *x, uint32_t stage);
/* same_record: as that of the row packed before, which is not written again; not where rows will be sorted. */
int pack_row(worker *w, const flow *f, uint32_t row, bool same_record, sbuf *out);
/* Rows packed one behind the other, as many as make a batch, from *at on; *f NULL: none is left. */
typedef struct pack_source {
    const sorter_doc *docs; /* sorted: pos is numbered anew */
    size_t n_docs;
    const char *p; /* else: n bytes of packed rows */
    size_t n, at;  /* at: of docs, or of bytes */
    uint64_t number;
    sl_str raw; /* of the last row */
} pack_source;
int pack_read(worker *w, pack_source *from, flow **f);

/* ---- probe.c ---- */
void probe_sources(exec *x, diags *d); /* see exec_options.probe */

/* ---- outline.c ---- */
/* Which stages do what in a pass, and from where. Fits that are found make other passes. */
uint64_t outline_pass_hash(const plan *p, const pass_plan *of);
/* That of the pass that would write now; 0: it would read documents that an earlier process kept and that are not there
 * any more, or memory ran out. */
uint64_t outline_last_pass(exec *x);

/* ---- pass.c ---- */
uint64_t item_bytes(const worker *w); /* of input, for progress */
bool pass_begin(exec *x);             /* its items, workers made ready */
void pass_work(exec *x);
void pass_end(exec *x);
bool exec_cancelled(const exec *x);
bool exec_too_many_errors(exec *x);

/* ---- run.c ---- */
const char *pass_describe(exec *x); /* "fit dedup.exact, sort shuffle"; NULL: out of memory */

/* ---- fit.c ---- */
bool fit_after_pass(exec *x); /* finalizes stages that have seen all */

/* ---- quarantine.c ---- */
int quarantine_add(worker *w, stage_thread *st, const flow *f, const rejected *r);
/* Adds what it would show as the row's record, if the row's columns do not have it any more: to be carried along. */
int quarantine_carry(worker *w, const flow *f, uint32_t row, sbuf *out);
int quarantine_end_item(worker *w);
/* The item's lines as bytes, to be kept with its documents; and back. */
int quarantine_pack(worker *w, sbuf *out);
int quarantine_unpack(worker *w, const char *p, size_t n);

/* What a source asked of the input service, in the words of io. */
static inline int members_of(const stage_state *s)
{
    return s->members == SL_LINES ? MEMBERS_NONE : s->members == SL_MEMBERS_TEXT ? MEMBERS_TEXT : MEMBERS_LINES;
}
static inline const pass_item *pass_item_of(const worker *w) { return &w->x->now.v[w->at.split]; }
static inline work_split *input_of(const worker *w) { return &w->x->splits[pass_item_of(w)->input]; }
/* Number of the item among the documents' places. */
static inline uint64_t item_number(const worker *w) { return pass_item_of(w)->first + w->at.chunk; }
static inline bool item_before(item a, item b) { return a.split != b.split ? a.split < b.split : a.chunk < b.chunk; }
static inline const pass_stage *pass_of(const exec *x, uint32_t stage) { return &x->now.plan.st[stage]; }
int worker_fail(worker *w, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
uint64_t now_ns(void);

/* ---- result.c ---- */
bool result_make(exec *x);
void result_free(exec *x);
void result_add_pass(exec *x, bool partial); /* sums over the workers, after the threads of a pass */
void exec_collect(exec *x);                  /* the whole, at the end */
/* Damage that the pass met below `end`, in this process or an earlier one, as members of a JSON object; all that passes
 * before the one that writes have met; and back: which_pass as in struct damage. */
void damage_save(exec *x, item end, sbuf *out);
void damage_save_all(exec *x, sbuf *out);
bool damage_load(exec *x, unsigned which_pass, const uint64_t *numbers, size_t n_numbers, const sl_str *texts,
                 size_t n_texts);
#endif
