/* Ordered stages: items go through one after the other, in the order of the stream, each on the thread that has it. A
 * thread waits only for items below its own, and the lowest one never waits, so somebody always gets on. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "exec/engine.h"

static bool active(const exec *x, uint32_t stage)
{
    return (x->st[stage].s->flags & SL_F_ORDERED) && pass_of(x, stage)->role != ROLE_OFF;
}

bool turn_begin(exec *x)
{
    for (uint32_t i = 0; i < x->p->n_stages; i++) {
        stage_state *s = &x->st[i];
        if (!active(x, i))
            continue;
        s->turn_split = s->turn_chunk = 0;
        s->closed = false;
        free(s->turn_ends);
        if (!(s->turn_ends = calloc(x->now.n + 1, sizeof *s->turn_ends)))
            return false;
    }
    return true;
}

/* [turn_lock held] Past the ends of streams that are known. */
static void skip_ends(const exec *x, stage_state *s)
{
    while (s->turn_split < x->now.n && s->turn_ends[s->turn_split] == s->turn_chunk + 1) {
        s->turn_split++;
        s->turn_chunk = 0;
    }
}

int turn_wait(worker *w, uint32_t stage)
{
    exec *x = w->x;
    stage_state *s = &x->st[stage];
    bool given_up = false;
    pthread_mutex_lock(&s->turn_lock);
    while ((s->turn_split != w->at.split || s->turn_chunk != w->at.chunk) && !given_up) {
        struct timespec t;
        clock_gettime(CLOCK_REALTIME, &t);
        t.tv_nsec += 20000000; /* a failure elsewhere is not signalled here */
        t.tv_sec += t.tv_nsec / 1000000000;
        t.tv_nsec %= 1000000000;
        pthread_cond_timedwait(&s->turn_changed, &s->turn_lock, &t);
        given_up = sched_abandon(w);
    }
    pthread_mutex_unlock(&s->turn_lock);
    return given_up ? worker_fail(w, SL_E_CANCEL, "stopped") : SL_OK;
}

void turn_pass(worker *w, uint32_t stage)
{
    exec *x = w->x;
    stage_state *s = &x->st[stage];
    const uint32_t input = pass_item_of(w)->input;
    pthread_mutex_lock(&s->turn_lock);
    if (input != PLAN_NONE && x->splits[input].s.stream) {
        s->turn_chunk++;
    } else {
        s->turn_split++;
        s->turn_chunk = 0;
    }
    skip_ends(x, s);
    pthread_cond_broadcast(&s->turn_changed);
    pthread_mutex_unlock(&s->turn_lock);
}

void turn_end_stream(exec *x, uint32_t split, uint64_t chunks)
{
    for (uint32_t i = 0; i < x->p->n_stages; i++) {
        stage_state *s = &x->st[i];
        if (!active(x, i))
            continue;
        pthread_mutex_lock(&s->turn_lock);
        s->turn_ends[split] = chunks + 1;
        skip_ends(x, s);
        pthread_cond_broadcast(&s->turn_changed);
        pthread_mutex_unlock(&s->turn_lock);
    }
}
