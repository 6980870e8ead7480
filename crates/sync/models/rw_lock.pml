/*
 * The read-write lock of src/rw_protocol.rs, with deaths between any two of its steps.
 *
 *     spin -a rw_lock.pml && cc -O2 -DSAFETY -DCOLLAPSE -o pan pan.c && ./pan -m1000000
 *
 * finds no error: no reader beside a writer, no two writers, no half-written value taken for whole, and
 * no living process asleep when all others are done or dead. Each process reads or writes as often as
 * it likes: one only reads, one only writes, one does both. The turnstile is a robust mutex, which robust_mutex.pml is about, and here one step; the
 * slots are modelled down to their waiters bit, as a writer sleeps on them in a way of its own. The
 * 1 s back-stop is left out, so that a lost wake-up shows.
 *
 * Four variants show why the lock is as it is; each of them makes pan report an error:
 *
 *     -DLOOK_FIRST       a reader looks at the turnstile before it takes its slot, not after
 *     -DLEAVE_SILENTLY   a reader that gives its slot back for a writer wakes nobody
 *     -DNO_PENDING       a slot is not announced to the kernel while it is released
 *     -DNO_MARK          a writer does not mark that it is in, so that its death shows nowhere
 */
#define N 3            /* processes, each with a slot of its own */
#ifndef DEATHS
#define DEATHS 2       /* how many of them may die */
#endif
#define NOBODY 0       /* as an owner; process p is p + 1 */

byte turnstile = NOBODY;
byte slot[N];
bit waiters[N];

/* Beside the lock: the mark of a writer that is in. */
bit writing = 0;

/* The kernel's side: on which slot a process sleeps, plus 1, and which it announced. */
byte asleep[N];
bit pending[N];

/* What is to be shown. */
bit reads[N];
bit writes[N];
bit half_written = 0;

#define RUNS 0
#define DONE 1
#define DEAD 2
byte fate[N];
byte deaths = 0;

/* FUTEX_WAKE on slot s: only who holds the turnstile sleeps on slots, so there is one at most. */
inline wake(s) {
    if
    :: asleep[0] == s + 1 -> asleep[0] = 0
    :: asleep[1] == s + 1 -> asleep[1] = 0
    :: asleep[2] == s + 1 -> asleep[2] = 0
    :: else
    fi
}

/* SIGKILL of p, then exit_robust_list() and handle_futex_death(). */
inline kill(p) {
    deaths++;
    fate[p] = DEAD;
    asleep[p] = 0;
    reads[p] = 0;
    if
    :: writes[p] -> writes[p] = 0; half_written = 1
    :: else
    fi;
    if
    :: turnstile == p + 1 -> turnstile = NOBODY
    :: else
    fi;
    if
    :: slot[p] == p + 1 ->
        slot[p] = NOBODY;
        if
        :: waiters[p] -> wake(p)
        :: else
        fi
    :: slot[p] == NOBODY && pending[p] -> wake(p)
    :: else
    fi;
    pending[p] = 0
}

active proctype killer() {
end:
    do
    :: atomic { deaths < DEATHS && fate[0] == RUNS -> kill(0) }
    :: atomic { deaths < DEATHS && fate[1] == RUNS -> kill(1) }
    :: atomic { deaths < DEATHS && fate[2] == RUNS -> kill(2) }
    od
}

inline take_slot() {
    slot[me] = me + 1
}

/* RobustWord::unlock_after: free it, wake who slept, clear the bit if nobody did. */
inline give_slot_back() {
#ifndef NO_PENDING
    pending[me] = 1;
#endif
    atomic {
        slot[me] = NOBODY;
        woke = waiters[me]
    }
    if
    :: woke ->
        atomic {
            woke = (asleep[0] == me + 1 || asleep[1] == me + 1 || asleep[2] == me + 1);
            wake(me)
        }
        if
        :: !woke -> waiters[me] = 0
        :: else
        fi
    :: else
    fi;
    woke = 0;
    pending[me] = 0
}

inline take_turnstile() {
    atomic { turnstile == NOBODY -> turnstile = me + 1 }
}

proctype process(byte me) {
    bit woke;
    bit barred;
    byte s;
    {
        do
        :: fate[me] = DONE; break

        :: me != 0 -> /* read */
#ifdef LOOK_FIRST
            barred = (turnstile != NOBODY);
            take_slot();
#else
            take_slot();
            barred = (turnstile != NOBODY);
#endif
            if
            :: barred ->
#ifdef LEAVE_SILENTLY
                slot[me] = NOBODY;
#else
                give_slot_back();
#endif
                take_turnstile();
                take_slot();
                turnstile = NOBODY
            :: else
            fi;
            barred = 0;
            atomic {
                reads[me] = 1;
                assert(!(writes[0] || writes[1] || writes[2]));
                /* A reader is told of a half-written value. */
                assert(!half_written || writing)
            }
            reads[me] = 0;
            give_slot_back()

        :: me != 1 -> /* write */
            take_turnstile();
            s = 0;
            do
            :: s == N -> break
            :: s < N ->
                if
                :: atomic { slot[s] == NOBODY -> s++ }
                :: atomic { slot[s] != NOBODY -> waiters[s] = 1 };
                    atomic {
                        /* FUTEX_WAIT sleeps only while the word is the one seen. */
                        if
                        :: slot[s] != NOBODY && waiters[s] -> asleep[me] = s + 1
                        :: else
                        fi
                    }
                    asleep[me] == 0
                fi
            od;
            s = 0;
            atomic {
                assert(!half_written || writing);
                /* It is told, and repairs. */
                half_written = 0;
#ifndef NO_MARK
                writing = 1;
#endif
                writes[me] = 1;
                assert(!(reads[0] || reads[1] || reads[2]));
                assert(writes[0] + writes[1] + writes[2] == 1)
            }
            writes[me] = 0;
            writing = 0;
            turnstile = NOBODY
        od
    } unless { fate[me] == DEAD }
}

init {
    atomic {
        run process(0);
        run process(1);
        run process(2)
    }
}
