/*
 * The event of src/event_word.rs, with deaths between any two of its steps.
 *
 *     spin -a event.pml && cc -O2 -DSAFETY -DCOLLAPSE -o pan pan.c && ./pan -m1000000
 *
 * finds no error. Two processes wait, a third sets the event; any two may be killed. When nothing can
 * happen any more and the event is set, no living waiter is asleep. The 1 s back-stop is left out.
 *
 * Variants show why it is as it is; each of them makes pan report an error:
 *
 *     -DNO_BELL     waiters and setters announce nothing
 *     -DNO_RELAY    who finds the event set with the sleepers' bit does not wake the others
 *     -DNO_CHECK    the kernel lets a waiter sleep though the word has changed
 */
#define N 3            /* two waiters, and the setter */
#ifndef DEATHS
#define DEATHS 2
#endif

/* The word; its count of sets does not matter, as nobody clears. */
bit set = 0;
bit sleepers = 0;

/* The kernel's side. */
bit asleep[N];
bit announced[N];

#define RUNS 0
#define DONE 1
#define DEAD 2
byte fate[N];
byte deaths = 0;

inline wake_one() {
    if
    :: asleep[0] -> asleep[0] = 0
    :: asleep[1] -> asleep[1] = 0
    :: else
    fi
}

/* wake_all() of the code: the wake, and then the bit, if the word is still as it was. */
inline wake_all() {
    atomic { asleep[0] = 0; asleep[1] = 0 }
    atomic {
        if
        :: set && sleepers -> sleepers = 0
        :: else
        fi
    }
}

/* SIGKILL of p, then exit_robust_list(). */
inline kill(p) {
    deaths++;
    fate[p] = DEAD;
    asleep[p] = 0;
    if
    :: announced[p] -> wake_one()
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
    assert(!set || (fate[0] != RUNS && fate[1] != RUNS))
}

proctype waiter(byte me) {
    bit seen;
    {
#ifndef NO_BELL
        announced[me] = 1;
#endif
        do
        :: atomic { set -> seen = sleepers }; break
        :: atomic { !set -> sleepers = 1 };
            atomic {
                /* FUTEX_WAIT sleeps only while the word is the one seen. */
                if
#ifndef NO_CHECK
                :: set
#endif
                :: !set -> asleep[me] = 1
#ifdef NO_CHECK
                :: set -> asleep[me] = 1
#endif
                fi
            }
end_asleep:
            !asleep[me]
        od;
#ifndef NO_RELAY
        if
        :: seen -> wake_all()
        :: else
        fi;
#endif
        seen = 0;
        announced[me] = 0;
        fate[me] = DONE
    } unless { fate[me] == DEAD }
}

proctype setter(byte me) {
    bit seen;
    {
#ifndef NO_BELL
        announced[me] = 1;
#endif
        atomic { set = 1; seen = sleepers }
        if
        :: seen -> wake_all()
        :: else
        fi;
        seen = 0;
        announced[me] = 0;
        fate[me] = DONE
    } unless { fate[me] == DEAD }
}

init {
    atomic { run waiter(0); run waiter(1); run setter(2) }
}
