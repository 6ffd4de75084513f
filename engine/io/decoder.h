/* Plain bytes of a file, a pipe or a member of an archive, frame by frame, with their places; and going on behind
 * damage. Inner header of io. */
#ifndef SLUICE_DECODER_H
#define SLUICE_DECODER_H
#include "io/codec.h"
#include "io/feed.h"

enum {
    DECODED,        /* *got bytes, at least one, all of one frame */
    DECODER_END,    /* the input ends here, in order */
    DECODER_DAMAGE, /* see fault; then decoder_resume, or nothing more */
    DECODER_IO,     /* a read failed: in.error */
    DECODER_NOMEM
};

typedef struct decoder_fault {
    enum { FAULT_CUT, FAULT_BAD, FAULT_FOREIGN, FAULT_SHRANK, FAULT_BROKEN } kind;
    uint64_t at;   /* where the frame begins, or the foreign bytes; FAULT_SHRANK: the size found */
    uint64_t near; /* where reading stood */
    const char *why;
} decoder_fault;

/* Zero it before the first open; buffers and codec states are kept from open to open. */
typedef struct decoder {
    feed in;
    input_codec id;
    const codec *ops; /* NULL: plain */
    void *states[CODEC_LZ4 + 1];
    bool open;       /* inside a frame */
    bool pending;    /* a fault that waits behind bytes already handed out */
    uint64_t frame;  /* compressed offset of the frame that the last bytes are of; plain: 0 */
    uint64_t offset; /* bytes of it so far */
    decoder_fault fault;
} decoder;

/* 0 or a negative errno. A sequential file's codec is sniffed here, which waits for its first bytes. */
int decoder_open(decoder *d, const input_file *f, uint64_t at);
int decoder_open_pull(decoder *d, feed_pull *pull, void *u); /* sniffs */
int decoder_read(decoder *d, void *out, size_t room, size_t *got);
/* After DECODER_DAMAGE: finds the next frame by its magic number, going back at most DECODER_BACK bytes (a corrupt
 * length may have led past it). DECODED: *at is where it begins. DECODER_END: there is none. */
enum { DECODER_BACK = 128 << 10 };
int decoder_resume(decoder *d, uint64_t *at);
/* "NAME is cut off: zstd frame at byte 48211968 ends early" */
void decoder_describe(const decoder *d, const char *name, sbuf *out);
void decoder_close(decoder *d);
void decoder_free(decoder *d);
#endif
