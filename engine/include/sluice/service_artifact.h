/* sluice/service_artifact.h — service "artifact" 1: large states stay on disk, shared between processes. */
#ifndef SL_SERVICE_ARTIFACT_H
#define SL_SERVICE_ARTIFACT_H
#include "sluice/plugin.h"

typedef struct sl_artifact_api {
    uint32_t struct_size, version;
    /* [1] In load: the next n bytes, read-only and checked, until close. What put wrote at a multiple of 8 is aligned to 8. */
    int (*map)(sl_ctx *, sl_io *, uint64_t n, const void **p);
    /* [1] In load: bytes not read yet. */
    uint64_t (*left)(sl_ctx *, sl_io *);
} sl_artifact_api;
#endif
