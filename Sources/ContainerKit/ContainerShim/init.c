// The container's first process when it asks for an init (`--init`): starts the program as its child, passes signals on to
// it, takes in what others leave behind, and ends as the program does. It has nothing of the host: no descriptor, and as
// its executable the read-only mount that the shim runs from.
#include "shim.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// A group of its own, and the terminal's foreground one: ctrl-C is the program's.
static void lead_group(void) {
    setpgid(0, 0);
    signal(SIGTTOU, SIG_IGN);
    tcsetpgrp(STDIN_FILENO, getpgrp());
    signal(SIGTTOU, SIG_DFL);
}

// Takes in everything that has ended; ends us when the program has.
static void reap(pid_t program) {
    for (;;) {
        int status;
        pid_t pid = waitpid(-1, &status, WNOHANG);
        if (pid <= 0) return;
        if (pid == program) _exit(WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
    }
}

static void pass_signals(const sigset_t *signals, pid_t program) {
    for (;;) {
        siginfo_t signal;
        if (sigwaitinfo(signals, &signal) < 0) continue;
        if (signal.si_signo == SIGCHLD) reap(program);
        else kill(program, signal.si_signo);
    }
}

// Not those of a fault of our own, and not those that would stop us for the terminal's sake.
static void block_signals(sigset_t *signals, sigset_t *before) {
    const int own[] = {SIGFPE, SIGILL, SIGSEGV, SIGBUS, SIGABRT, SIGTRAP, SIGSYS, SIGTTIN, SIGTTOU};
    sigfillset(signals);
    for (size_t index = 0; index < sizeof own / sizeof *own; index++) sigdelset(signals, own[index]);
    sigprocmask(SIG_SETMASK, signals, before);
}

// Returns in the child, which goes on to the program.
int init_begin(void) {
    sigset_t signals, before;
    block_signals(&signals, &before);
    pid_t program = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
    if (program < 0) return -1;
    if (program == 0) {
        lead_group();
        return sigprocmask(SIG_SETMASK, &before, NULL);
    }
    prctl(PR_SET_NAME, "ck-init", 0, 0, 0);
    signal(SIGTTIN, SIG_IGN);
    signal(SIGTTOU, SIG_IGN);
    // The end of the program's start is its alone to tell, and the streams are its alone to close.
    if (syscall(SYS_close_range, 0, ~0u, 0) < 0)
        for (int fd = 0; fd < 1024; fd++) close(fd);
    pass_signals(&signals, program);
    _exit(1);
}
