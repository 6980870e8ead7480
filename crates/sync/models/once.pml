/*
 * The once of src/once_word.rs, with deaths between any two of its steps.
 *
 *     spin -a once.pml && cc -O2 -DSAFETY -DCOLLAPSE -o pan pan.c && ./pan -m1000000
 *
 * finds no error. Three processes come, two of them may be killed, and whatever is to be done takes two
 * steps and may fail. Nobody goes on unless it was done whole; nobody does it again when that was said; who does it is
 * told if somebody began before and did not finish; and when nothing can happen any more, no living process
 * waits.
 *
 * Variants show why it is as it is; each of them makes pan report an error:
 *
 *     -DLOOK_ONCE      who got the lock does not look again
 *     -DREADY_FIRST    it is said to be done before it is
 *     -DCOUNT_LAST     an attempt is counted when it has ended
 *     -DPLAIN_LOCK     the lock stays with its owner when that dies
 *
 * The lock is one that is free when its owner dies: robust_mutex.pml shows that it is.
 */
#define N 3            /* processes */
#ifndef DEATHS
#define DEATHS 2
#endif
#define NOBODY 255

/* The words. */
bit ready = 0;
byte begun = 0;
byte lock = NOBODY;

/* What is done: two halves. */
byte halves = 0;

/* What is to be shown. */
bit touched = 0;       /* somebody wrote a half */

#define RUNS 0
#define DONE 1
#define DEAD 2
byte fate[N];
byte deaths = 0;

/* SIGKILL of p, then exit_robust_list(). */
inline kill(p) {
    deaths++;
    fate[p] = DEAD;
#ifndef PLAIN_LOCK
    if :: lock == p -> lock = NOBODY :: else fi
#endif
}

active proctype killer() {
    do
    :: atomic { deaths < DEATHS && fate[0] == RUNS -> kill(0) }
    :: atomic { deaths < DEATHS && fate[1] == RUNS -> kill(1) }
    :: atomic { deaths < DEATHS && fate[2] == RUNS -> kill(2) }
    :: break
    od;
    /* Nothing can happen any more. */
    timeout;
    assert(fate[0] != RUNS && fate[1] != RUNS && fate[2] != RUNS)
}

proctype comer(byte me) {
    byte unfinished;
    {
        if
        :: ready -> goto go_on
        :: else
        fi;
end_waiting:
        atomic { lock == NOBODY -> lock = me }
#ifndef LOOK_ONCE
        if
        :: ready -> goto release
        :: else
        fi;
#endif
        unfinished = begun;
#ifndef COUNT_LAST
        begun = unfinished + 1;
#endif
        atomic {
            assert(!ready);
            assert(unfinished > 0 || !touched)
        }
#ifdef READY_FIRST
        ready = 1;
#endif
        atomic { halves = 1; touched = 1 }
        if
        :: halves = 2; ready = 1
        :: skip                /* It fails. */
        fi;
#ifdef COUNT_LAST
        begun = unfinished + 1;
#endif
        if
        :: ready -> goto release
        :: else ->
            /* Who failed is told so, and does not go on. */
            atomic { lock = NOBODY; unfinished = 0; fate[me] = DONE; goto over }
        fi;
release:
        atomic { lock = NOBODY; unfinished = 0 }
go_on:
        atomic { assert(halves == 2); fate[me] = DONE }
over:
        skip
    } unless { fate[me] == DEAD }
}

init {
    atomic { run comer(0); run comer(1); run comer(2) }
}
