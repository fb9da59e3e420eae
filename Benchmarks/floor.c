// The floor: what a container costs at the least. A bare program that clones with every namespace, mounts an overlay,
// pivots, mounts /proc, executes a program and waits for it. No limits, no filter, no names, no supervisor.
//
//   floor LOWER UPPER WORK MERGED PROGRAM
#define _GNU_SOURCE
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void die(const char *what) {
    perror(what);
    _exit(1);
}

int main(int count, char **arguments) {
    if (count != 6) return 2;
    struct clone_args clone = {
        .flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWCGROUP,
        .exit_signal = SIGCHLD,
    };
    long pid = syscall(SYS_clone3, &clone, sizeof clone);
    if (pid < 0) die("clone3");
    if (pid == 0) {
        char options[4096];
        snprintf(options, sizeof options, "lowerdir=%s,upperdir=%s,workdir=%s", arguments[1], arguments[2], arguments[3]);
        if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL)) die("private");
        if (mount("overlay", arguments[4], "overlay", 0, options)) die("overlay");
        if (chdir(arguments[4]) || syscall(SYS_pivot_root, ".", ".")) die("pivot_root");
        if (umount2(".", MNT_DETACH) || chdir("/")) die("detach");
        if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL)) die("proc");
        execl(arguments[5], arguments[5], (char *)NULL);
        die("execl");
    }
    int status;
    waitpid((pid_t)pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
