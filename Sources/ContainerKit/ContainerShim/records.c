// The files that say how the container is: who runs, how it ended, and that it is about to start again.
#include "shim.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define ull unsigned long long

// Who runs. The time of the start stays zero until the program does: it has a fixed width, to be written in place.
int record_processes(const struct supervisor *self, uint64_t started) {
    char text[160];
    if (!self->run_folder) return 0;
    int length = snprintf(text, sizeof text, "%d %llu %d %llu ", getpid(), (ull)process_start_time(getpid()), self->pid,
                          (ull)self->start_time);
    snprintf(text + length, sizeof text - (size_t)length, "%020llu\n", (ull)started);
    if (started == 0) return write_file_atomically(self->run_folder, "pids", text);
    return write_in_place(self->run_folder, "pids", text + length, (off_t)length);
}

void record_exit(const struct supervisor *self, const struct ending *ending) {
    char text[128];
    if (!self->exit_folder) return;
    snprintf(text, sizeof text, "%d %llu %llu %d %u\n", ending->status, (ull)ending->started, (ull)ending->finished,
             ending->out_of_memory, life.restarts);
    write_file_atomically(self->exit_folder, "exit", text);
}

void record_restarting(const struct supervisor *self, uint64_t until) {
    char text[64];
    if (!self->run_folder) return;
    snprintf(text, sizeof text, "%u %llu\n", life.restarts, (ull)until);
    write_file_atomically(self->run_folder, "restarting", text);
}

void record_restarted(const struct supervisor *self) {
    char path[4096];
    if (!self->run_folder) return;
    snprintf(path, sizeof path, "%s/restarting", self->run_folder);
    unlink(path);
}
