/*
 * The waitlist of src/waitlist.rs, with deaths between any two of its steps.
 *
 *     spin -a waitlist.pml && cc -O2 -DSAFETY -DCOLLAPSE -o pan pan.c && ./pan -m1000000
 *
 * finds no error. Two waiters wait for a stock, and a notifier notifies one, in vain, then makes the stock
 * and notifies one again; any of them may be killed. When nothing can happen any more and the last
 * notification was begun, a waiter has got the stock, or none lives; with -DALL, which notifies both at
 * last, every living waiter has. A wake-up may go to any sleeper, as if priorities differed. The 1 s
 * back-stop is left out, so that a lost notification shows.
 *
 * Variants show why it is as it is; each of them makes pan report an error:
 *
 *     -DNO_BELL               waiters and notifiers announce nothing
 *     -DNO_BATON              a waiter that was let go carries nothing on its way to the mutex
 *     -DALL -DNO_RELAY        who is woken by a death, or in place of another, does not wake the others
 *     -DFORGET_REGISTRATIONS  a notifier that woke too few clears the sleepers' bit whoever registered since
 *
 * The mutex is a lock that is free when its owner dies: robust_mutex.pml shows that it is.
 */
#define N 3            /* two waiters, and the notifier */
#ifndef DEATHS
#define DEATHS 1
#endif
#define NOBODY 255
#ifndef LIMIT
#define LIMIT 3        /* registrations */
#endif

/* The word. */
byte sequence = 0;
bit sleepers = 0;
byte registered = 0;

byte mutex = NOBODY;
byte baton = NOBODY;
bit baton_dead = 0;
bit stock = 0;
bit limited = 0;
bit owed = 0;          /* the last notification was begun */

/* The kernel's side: who sleeps on the sequence, the bell and the baton at once; whether a death woke it; who
   announced the bell. */
bit asleep[N];
bit by_death[N];
bit announced[N];

#define RUNS 0
#define DONE 1
#define DEAD 2
byte fate[N];
byte deaths = 0;

/* FUTEX_WAKE of one sleeper, any one. */
inline wake_one(death) {
    if
    :: asleep[0] -> asleep[0] = 0; by_death[0] = death
    :: asleep[1] -> asleep[1] = 0; by_death[1] = death
    :: else
    fi
}

inline wake_all() {
    if :: asleep[0] -> asleep[0] = 0; by_death[0] = 0 :: else fi;
    if :: asleep[1] -> asleep[1] = 0; by_death[1] = 0 :: else fi
}

/* SIGKILL of p, then exit_robust_list(). */
inline kill(p) {
    deaths++;
    fate[p] = DEAD;
    asleep[p] = 0;
    if :: mutex == p -> mutex = NOBODY :: else fi;
    if
    :: baton == p -> baton = NOBODY; baton_dead = 1; wake_one(1)
    :: else
    fi;
    if
    :: announced[p] -> wake_one(1)
    :: else
    fi;
    announced[p] = 0
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
#ifdef ALL
    assert(!owed || limited || (fate[0] != RUNS && fate[1] != RUNS))
#else
    assert(!owed || limited || fate[0] == DONE || fate[1] == DONE || (fate[0] == DEAD && fate[1] == DEAD))
#endif
}

proctype waiter(byte me) {
    byte ticket;
    {
        atomic { mutex == NOBODY -> mutex = me }
        do
        :: stock -> break
        :: else ->
            /* Each look for itself may cause another: all of them are told apart up to a limit. */
            if
            :: registered == LIMIT -> limited = 1; break
            :: else
            fi;
            atomic { registered++; sleepers = 1; ticket = sequence }
            mutex = NOBODY;
            atomic {
                by_death[me] = 0;
#ifndef NO_BELL
                announced[me] = 1
#endif
            }
            atomic {
                /* The kernel refuses the sleep if a word is not as it was seen. */
                if
                :: sequence != ticket || baton_dead
                :: else -> asleep[me] = 1
                fi
            }
end_asleep:
            !asleep[me];
#ifndef NO_RELAY
            atomic {
                if
                :: by_death[me] || sequence == ticket -> sequence++
                :: else -> goto moved
                fi
            }
            atomic { wake_all() }
moved:
#endif
            skip;
#ifndef NO_BATON
            baton_dead = 0;
            atomic {
                if
                :: baton == NOBODY && !baton_dead -> baton = me
                :: else
                fi;
                announced[me] = 0
            }
#else
            announced[me] = 0;
#endif
            atomic { mutex == NOBODY -> mutex = me }
            atomic {
                if
                :: baton == me -> baton = NOBODY
                :: else
                fi
#ifndef ALL
                /* What it does with the lock is its own: the stock is taken as it is seen. */
                ;
                if
                :: stock -> fate[me] = DONE
                :: else
                fi
#endif
            }
        od;
        mutex = NOBODY;
        fate[me] = DONE
    } unless { fate[me] == DEAD }
}

proctype notifier(byte me) {
    byte now;
    byte then;
    bit had;
    bit second;
    {
        do
        :: true ->
            if
            :: second ->
                atomic { mutex == NOBODY -> mutex = me }
                stock = 1;
                mutex = NOBODY
            :: else
            fi;
#ifndef NO_BELL
            announced[me] = 1;
#endif
            atomic {
                sequence++;
                now = sequence;
                then = registered;
                had = sleepers;
                owed = second
            }
            if
            :: had ->
                atomic {
#ifdef ALL
                    had = asleep[0] && asleep[1];
                    wake_all()
#else
                    had = asleep[0] || asleep[1];
                    wake_one(0)
#endif
                }
                atomic {
                    if
#ifdef FORGET_REGISTRATIONS
                    :: !had && sequence == now -> sleepers = 0
#else
                    :: !had && sequence == now && registered == then -> sleepers = 0
#endif
                    :: else
                    fi
                }
            :: else
            fi;
            announced[me] = 0;
            if
            :: second -> break
            :: else -> second = 1
            fi
        od;
        fate[me] = DONE
    } unless { fate[me] == DEAD }
}

init {
    atomic { run waiter(0); run waiter(1); run notifier(2) }
}
