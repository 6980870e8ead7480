/*
 * The barrier of src/barrier_protocol.rs, with deaths between any two of its steps.
 *
 *     spin -a barrier.pml && cc -O2 -DSAFETY -DCOLLAPSE -o pan pan.c && ./pan -m1000000
 *
 * finds no error. Three parties meet; the third joins late, the second may leave instead, and any may be
 * killed. Nobody is told that they met unless all had arrived, and no two are told different things of the
 * same round. When nothing can happen any more, a living party sleeps only if some party has never joined and
 * nobody has died or left. The 1 s back-stop is left out, so that a lost wake-up shows.
 *
 * Variants show why it is as it is; each of them makes pan report an error:
 *
 *     -DWATCH_STATE     those who wait watch the state alone, not the seats
 *     -DLOOK_FIRST      they look for the dead before they read the words that they watch
 *     -DNO_RELAY        who is woken by a death does not wake the others
 *     -DNO_LEAF         arrivals are counted without the leaf lock
 *     -DLEAVE_SILENTLY  who leaves does not break the barrier
 *
 * With -DROUNDS=2 -DDEATHS=1 they meet twice and one may be killed. The leaf lock is one that is free when its owner
 * dies: robust_mutex.pml shows that it is.
 */
#define N 3
#ifndef DEATHS
#define DEATHS 2
#endif
#ifndef ROUNDS
#define ROUNDS 1
#endif
#define NOBODY 255

/* The state, of which `broken` is a bit. */
byte round = 0;
bit broken = 0;

byte leaf = NOBODY;

/* A seat's word: vacant, owned, or left by the dead; whose it is, and after how many rounds it arrived, plus 1. */
#define VACANT 0
#define OWNED 1
#define LEFT 2
byte word[N];
bit who[N];
byte arrived[N];

#define IS_DEAD(p) (who[p] && word[p] != OWNED)
#define ANY_DEAD (IS_DEAD(0) || IS_DEAD(1) || IS_DEAD(2))
#define LIVING ((who[0] && word[0] == OWNED) + (who[1] && word[1] == OWNED) + (who[2] && word[2] == OWNED))
#define ARRIVED(p, at) (arrived[p] == at + 1)
#define N_ARRIVED(at) (ARRIVED(0, at) + ARRIVED(1, at) + ARRIVED(2, at))

/* The kernel's side: who sleeps on the state and the words of the others' seats at once; whether a seat woke it. */
bit asleep[N];
bit by_seat[N];

/* What is to be shown. */
bit gone = 0;          /* somebody left */
bit met[ROUNDS];
bit failed[ROUNDS];

#define RUNS 0
#define DONE 1
#define DEAD 2
byte fate[N];
byte deaths = 0;

/* FUTEX_WAKE of all who sleep on the state. */
inline wake_all() {
    atomic { asleep[0] = 0; asleep[1] = 0; asleep[2] = 0 }
}

/* SIGKILL of p, then exit_robust_list(): one of those who watch the seat is woken. */
inline kill(p) {
    deaths++;
    fate[p] = DEAD;
    asleep[p] = 0;
    by_seat[p] = 0;
    if :: leaf == p -> leaf = NOBODY :: else fi;
    if
    :: word[p] == OWNED ->
        word[p] = LEFT;
#ifndef WATCH_STATE
        if
        :: asleep[0] -> asleep[0] = 0; by_seat[0] = 1
        :: asleep[1] -> asleep[1] = 0; by_seat[1] = 1
        :: asleep[2] -> asleep[2] = 0; by_seat[2] = 1
        :: else
        fi
#endif
    :: else
    fi
}

proctype killer() {
    do
    :: atomic { deaths < DEATHS && fate[0] == RUNS -> kill(0) }
    :: atomic { deaths < DEATHS && fate[1] == RUNS -> kill(1) }
    :: atomic { deaths < DEATHS && fate[2] == RUNS -> kill(2) }
    :: break
    od;
    /* Nothing can happen any more. */
    timeout;
    assert(!(met[0] && failed[0]) && !(met[ROUNDS - 1] && failed[ROUNDS - 1]));
    if
    :: fate[0] == RUNS || fate[1] == RUNS || fate[2] == RUNS ->
        assert(!broken && !ANY_DEAD && !gone && !who[2])
    :: else
    fi
}

inline enter() {
    atomic { leaf == NOBODY -> leaf = me }
}

inline leave_leaf() {
    leaf = NOBODY
}

/* Only under the leaf lock. The last party may complete the round between the look and the swap. */
inline break_from(at) {
    if
    :: broken || round != at
    :: else ->
        atomic {
            if
            :: !broken && round == at -> broken = 1
            :: else
            fi
        }
        wake_all()
    fi
}

inline notice_deaths() {
    enter();
    if
    :: ANY_DEAD -> break_from(mine)
    :: else
    fi;
    leave_leaf();
#ifndef NO_RELAY
    wake_all()
#else
    skip
#endif
}

inline read_words() {
    atomic { seen[0] = word[0]; seen[1] = word[1]; seen[2] = word[2] }
}

proctype party(byte me) {
    byte mine;
    byte seen[N];
    bit is_last;
    {
        if
        :: me == 2 ->
            word[me] = OWNED;
            wake_all();
            enter();
            who[me] = 1;
            leave_leaf()
        :: else
        fi;
        do
        :: mine == ROUNDS -> break
        :: mine < ROUNDS && me == 1 ->
            /* Leaves. */
            enter();
#ifndef LEAVE_SILENTLY
            if
            :: LIVING > 1 -> break_from(round)
            :: else
            fi;
#endif
            atomic { who[me] = 0; gone = (round < ROUNDS) }
            leave_leaf();
            word[me] = VACANT;
            wake_all();
            break
        :: mine < ROUNDS ->
            /* Arrives. */
#ifndef NO_LEAF
            enter();
#endif
            mine = round;
            if
            :: broken -> leave_leaf(); break
            :: !broken && ANY_DEAD -> break_from(mine); leave_leaf(); break
            :: !broken && !ANY_DEAD -> is_last = (N_ARRIVED(mine) == N - 1)
            fi;
            arrived[me] = mine + 1;
#ifndef NO_LEAF
            leave_leaf();
#endif
            if
            :: is_last ->
                /* The action would be here. */
                atomic {
                    is_last = 0;
                    if
                    :: !broken && round == mine ->
                        assert(N_ARRIVED(mine) == N);
                        round++
                    :: else -> failed[mine] = 1; goto over
                    fi
                }
                wake_all()
            :: else ->
                do
                :: round != mine -> break
                :: atomic { round == mine && broken -> failed[mine] = 1; goto over }
                :: atomic {
                    round == mine && !broken ->
#ifndef LOOK_FIRST
                    read_words()
#endif
                    };
                    if
                    :: ANY_DEAD -> notice_deaths(); goto again
                    :: else
                    fi;
#ifdef LOOK_FIRST
                    read_words();
#endif
                    atomic {
                        /* The kernel refuses the sleep if a word is not as it was seen. */
                        if
#ifndef WATCH_STATE
                        :: seen[0] != word[0] || seen[1] != word[1] || seen[2] != word[2]
                        :: else ->
                            if
                            :: round != mine || broken
                            :: else -> asleep[me] = 1
                            fi
#else
                        :: round != mine || broken
                        :: else -> asleep[me] = 1
#endif
                        fi;
                        seen[0] = 0; seen[1] = 0; seen[2] = 0
                    }
end_asleep:
                    !asleep[me];
                    if
                    :: by_seat[me] -> by_seat[me] = 0; notice_deaths()
                    :: else
                    fi;
again:
                    skip
                od
            fi;
            met[mine] = 1;
            mine++
        od;
over:
        fate[me] = DONE
    } unless { fate[me] == DEAD }
}

init {
    atomic {
        word[0] = OWNED; who[0] = 1;
        word[1] = OWNED; who[1] = 1;
        run party(0); run party(1); run party(2);
        run killer()
    }
}
