/*
 * The protocol of src/tenancy.rs and src/entry.rs: one name, files that it can lead to, and processes
 * that create, open, leave and prune, with deaths between any two of their steps.
 *
 *     spin -a flock.pml && cc -O2 -DSAFETY -DCOLLAPSE -o pan pan.c && ./pan -m1000000
 *
 * finds no error: while a process is a user of a file, the name leads to it; only the name of a file
 * without users is unlinked, and only while it is that file's; and when all have left without a death,
 * there is no name. docs/segment-lifetimes.md says it in words.
 *
 * Four variants show what each rule is for; each of them makes pan report an error:
 *
 *     -DNO_SECOND_LOOK    an opener does not look at the name again after it has got its lock
 *     -DLOCK_AFTER_LINK   a creator takes its lock when the name is made already
 *     -DNO_LOOK_BEFORE    the name is unlinked without a look whether it is still this file's
 *     -DNO_EXCLUSIVE      the name is unlinked without the exclusive lock
 */
#define N 3            /* processes */
#define F 3            /* files; one is there again when nothing leads to it and nobody has it open */
#ifndef ROUNDS
#define ROUNDS 1       /* how many things each process does, one after the other */
#endif
#ifndef DEATHS
#define DEATHS 2       /* how many of them may die */
#endif
#define NOTHING 0      /* as what the name leads to; file f is f + 1 */

byte name = NOTHING;
byte open_by[F];       /* descriptors */
byte shared[F];        /* holders of the shared lock */
bit exclusive[F];      /* whether the exclusive lock is held */
byte users[F];         /* what the protocol promises something to */
byte deaths = 0;
byte ended = 0;

/* The kernel lets go what the process holds. */
#define GONE \
    if :: is_user -> users[f]--; is_user = 0 :: else fi; \
    if :: has_shared -> shared[f]--; has_shared = 0 :: else fi; \
    if :: has_exclusive -> exclusive[f] = 0; has_exclusive = 0 :: else fi; \
    if :: has_open -> open_by[f]--; has_open = 0 :: else fi

/* What is forgotten with it keeps the states few. */
#define CLOSE d_step { GONE; f = 0; got = 0; seen = 0 }
#define MAY_DIE if :: deaths < DEATHS -> deaths++; goto dead :: skip fi

#ifdef NO_EXCLUSIVE
#define TRY_EXCLUSIVE has_exclusive = 0; got = 1
#else
#define TRY_EXCLUSIVE \
    if \
    :: shared[f] == 0 && !exclusive[f] -> exclusive[f] = 1; has_exclusive = 1; got = 1 \
    :: else -> got = 0 \
    fi
#endif

#ifdef NO_LOOK_BEFORE
#define LOOK seen = (name != NOTHING)
#else
#define LOOK seen = (name == f + 1)
#endif

/* Exclusive lock, look, unlink: a step each. */
#define UNLINK_UNUSED \
    d_step { TRY_EXCLUSIVE }; \
    if \
    :: got -> \
        MAY_DIE; \
        d_step { LOOK }; \
        MAY_DIE; \
        if \
        :: seen -> d_step { assert(name == f + 1); assert(users[f] == 0); name = NOTHING } \
        :: else \
        fi \
    :: else \
    fi

#define CHECK_USE d_step { assert(name == f + 1); assert(users[f] > 0) }

proctype process() {
    byte f = 0;
    byte round = 0;
    bit is_user = 0, has_shared = 0, has_exclusive = 0, has_open = 0, got = 0, seen = 0;

    do
    :: round == ROUNDS -> goto ends
    :: round < ROUNDS ->
        round++;
        if
        :: skip -> /* prune */
            d_step {
                if
                :: name != NOTHING -> f = name - 1; open_by[f]++; has_open = 1
                :: else
                fi
            };
            if
            :: has_open -> MAY_DIE; UNLINK_UNUSED; MAY_DIE; CLOSE
            :: else
            fi
        :: skip -> /* open, or else create */
            d_step {
                if
                :: name != NOTHING -> f = name - 1; open_by[f]++; has_open = 1
                :: else
                fi
            };
            if
            :: has_open ->
                MAY_DIE;
                UNLINK_UNUSED; /* dead, if that succeeds */
                MAY_DIE;
                if
                :: got -> CLOSE
                :: else ->
                    d_step {
                        if
                        :: !exclusive[f] -> shared[f]++; has_shared = 1
                        :: else
                        fi
                    };
                    MAY_DIE;
                    d_step {
#ifdef NO_SECOND_LOOK
                        seen = 1;
#else
                        seen = (name == f + 1);
#endif
                        if
                        :: has_shared && seen -> users[f]++; is_user = 1
                        :: else
                        fi
                    }
                fi
            :: else -> /* an unnamed file, locked and filled before the name is made */
                d_step {
                    if
                    :: open_by[0] == 0 && name != 1 -> f = 0; has_open = 1
                    :: open_by[1] == 0 && name != 2 -> f = 1; has_open = 1
                    :: open_by[2] == 0 && name != 3 -> f = 2; has_open = 1
                    :: else
                    fi;
                    if
                    :: has_open -> open_by[f]++
                    :: else
                    fi
                };
                if
                :: has_open ->
#ifndef LOCK_AFTER_LINK
                    d_step { shared[f]++; has_shared = 1 };
#endif
                    MAY_DIE;
                    d_step {
                        if
                        :: name == NOTHING -> name = f + 1; users[f]++; is_user = 1
                        :: else
                        fi
                    };
#ifdef LOCK_AFTER_LINK
                    d_step {
                        if
                        :: is_user && !exclusive[f] -> shared[f]++; has_shared = 1
                        :: else
                        fi
                    };
#endif
                :: else
                fi
            fi;
            if
            :: is_user ->
                CHECK_USE;
                MAY_DIE;
                CHECK_USE;
                /* leave: the kernel drops the shared lock, and then tries the exclusive one */
                d_step { users[f]--; is_user = 0; shared[f]--; has_shared = 0 };
                MAY_DIE;
                UNLINK_UNUSED;
                MAY_DIE
            :: else
            fi;
            CLOSE
        fi
    od;
dead:
    skip;
    CLOSE;
ends:
    skip;
    d_step {
        ended++;
        if
        :: ended == N && deaths == 0 -> assert(name == NOTHING)
        :: else
        fi
    }
}

init {
    atomic { run process(); run process(); run process() }
}
