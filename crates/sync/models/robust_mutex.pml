/*
 * The robust mutex of src/robust_word.rs, with deaths between any two of its steps.
 *
 *     spin -a robust_mutex.pml && cc -O2 -DSAFETY -DCOLLAPSE -o pan pan.c && ./pan -m1000000
 *
 * finds no error: no two owners at once, no half-written value taken for whole, and no living
 * process asleep when all others are done or dead. Each process takes the lock as often as it likes.
 * The 1 s back-stop is left out, so that a lost wake-up shows.
 *
 * Four variants show why the lock is as it is; each of them makes pan report an error:
 *
 *     -DFORGET_WAITERS   a release clears the waiters bit, as glibc's robust mutex does
 *     -DFORGET_TAKES     a release that woke nobody clears the bit without a look at the count of
 *                        takes: the lock may have changed hands since, and be free again
 *     -DNO_PENDING       the lock is not announced to the kernel while it is taken or released
 *     -DOLD_KERNEL       a kernel before 6.2, which wakes nobody for a dead releaser whose word
 *                        still has the waiters bit; there the back-stop is what wakes
 */
#define N 3            /* processes */
#ifndef DEATHS
#define DEATHS 2       /* how many of them may die */
#endif
#define NOBODY 0       /* as an owner; process p is p + 1 */

/* The word. */
byte owner = NOBODY;
bit waiters = 0;
bit owner_died = 0;

/* The count of takes beside the word, as what a releaser sees of it: whether it went on since. */
bit went_on[N];
#ifdef FORGET_TAKES
#define SAME_TAKE true
#else
#define SAME_TAKE !went_on[me]
#endif

/* The kernel's side: who sleeps on the word, whose list has it, who announced it. */
bit asleep[N];
bit linked[N];
bit pending[N];

/* What is to be shown. */
bit inside[N];
bit half_written = 0;  /* somebody died inside, and nobody was told yet */

/* Who runs, who is done, who is dead. */
#define RUNS 0
#define DONE 1
#define DEAD 2
byte fate[N];
byte deaths = 0;

/* FUTEX_WAKE of one sleeper, any one. */
inline wake_one() {
    if
    :: asleep[0] -> asleep[0] = 0
    :: asleep[1] -> asleep[1] = 0
    :: asleep[2] -> asleep[2] = 0
    :: else
    fi
}

/* A take with the waiters bit set counts. */
inline count_take() {
    if
    :: waiters -> went_on[0] = 1; went_on[1] = 1; went_on[2] = 1
    :: else
    fi
}

/* SIGKILL of p, then exit_robust_list() and handle_futex_death(). */
inline kill(p) {
    deaths++;
    fate[p] = DEAD;
    asleep[p] = 0;
    went_on[p] = 0;
    if
    :: inside[p] -> inside[p] = 0; half_written = 1
    :: else
    fi;
    if
    :: owner == p + 1 && (linked[p] || pending[p]) ->
        owner = NOBODY;
        owner_died = 1;
        if
        :: waiters -> wake_one()
        :: else
        fi
#ifdef OLD_KERNEL
    :: owner == NOBODY && !waiters && !owner_died && pending[p] -> wake_one()
#else
    :: owner == NOBODY && pending[p] -> wake_one()
#endif
    :: else
    fi;
    linked[p] = 0;
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

proctype process(byte me) {
    bit slept;
    bit woke;
    byte seen;
    {
        do
        :: fate[me] = DONE; break
        :: skip;
#ifndef NO_PENDING
            pending[me] = 1;
#endif
acquire:
            atomic {
                if
                :: owner == NOBODY ->
                    /* word::step: take it, keep the waiters bit, and set it if this one slept. */
                    count_take();
                    owner = me + 1;
                    waiters = waiters || slept;
                    slept = 0;
                    if
                    :: owner_died -> owner_died = 0; half_written = 0
                    :: else -> assert(!half_written)
                    fi;
                    goto taken
                :: else ->
                    waiters = 1;
                    seen = owner
                fi
            }
            atomic {
                /* FUTEX_WAIT sleeps only while the word is the one seen. */
                slept = 1;
                if
                :: owner == seen && waiters -> asleep[me] = 1
                :: else
                fi;
                seen = 0
            }
            !asleep[me];
            goto acquire;
taken:
            linked[me] = 1;
            pending[me] = 0;

            atomic {
                inside[me] = 1;
                assert(inside[0] + inside[1] + inside[2] == 1)
            }
            inside[me] = 0;

#ifndef NO_PENDING
            pending[me] = 1;
#endif
            linked[me] = 0;
            atomic {
                woke = waiters;
                went_on[me] = 0;
                owner = NOBODY;
#ifdef FORGET_WAITERS
                waiters = 0
#endif
            }
            if
            :: woke ->
                atomic {
                    woke = asleep[0] || asleep[1] || asleep[2];
                    wake_one()
                }
#ifndef FORGET_WAITERS
                atomic {
                    if
                    :: !woke && owner == NOBODY && waiters && !owner_died && SAME_TAKE ->
                        waiters = 0
                    :: else
                    fi
                }
#endif
            :: else
            fi;
            woke = 0;
            went_on[me] = 0;
            pending[me] = 0
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
