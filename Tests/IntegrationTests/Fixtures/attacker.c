// What a program in a container tries, one attack a word. Built without a C library's help where that would hide a call.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

// swap A B SECONDS: exchanges two names as fast as it can.
static int swap(const char *first, const char *second, double seconds) {
    double end = now() + seconds;
    while (now() < end)
        for (int turn = 0; turn < 100; turn++)
            if (syscall(SYS_renameat2, AT_FDCWD, first, AT_FDCWD, second, RENAME_EXCHANGE) < 0 && errno != ENOENT) return 1;
    return 0;
}

static void answer(const char *name, long result) { printf("%s %ld\n", name, result < 0 ? -result : 0); }

// calls NAME...: raw system calls and the errno of each.
static int calls(char **names) {
    for (; *names; names++) {
        unsigned long number, first = 0;
        char *rest = strchr(*names, ':');
        number = strtoul(*names, NULL, 0);
        if (rest) first = strtoul(rest + 1, NULL, 0);
        long result = syscall((long)number, first, 1, 0, 0, 0, 0);
        answer(*names, result < 0 ? -errno : 0);
    }
    return 0;
}

#ifdef __x86_64__
// The way in for programs of 32 bits, with their numbers.
static int old_calls(char **names) {
    for (; *names; names++) {
        long number = strtol(*names, NULL, 0), result;
        asm volatile("int $0x80" : "=a"(result) : "a"(number), "b"(0L), "c"(0L), "d"(0L), "S"(0L), "D"(0L) : "memory", "r8", "r9", "r10", "r11");
        answer(*names, (int)result);
    }
    return 0;
}
#endif

// A line of the report, once.
__attribute__((format(printf, 1, 2))) static void say(const char *format, ...) {
    static char said[256][400];
    static int count;
    char line[400];
    va_list values;
    va_start(values, format);
    vsnprintf(line, sizeof line, format, values);
    va_end(values);
    for (int index = 0; index < count; index++)
        if (!strcmp(said[index], line)) return;
    if (count < 256) strcpy(said[count++], line);
    fputs(line, stdout);
    fflush(stdout);
}

// Whether the top of all that is above a folder is another than our own root.
static int leads_out(int folder) {
    struct stat own, top;
    char climb[512] = ".";
    for (int level = 0; level < 100; level++) strcat(climb, "/..");
    if (stat("/", &own) < 0 || fstatat(folder, climb, &top, 0) < 0) return 0;
    return own.st_dev != top.st_dev || own.st_ino != top.st_ino;
}

static void look_at_descriptors(const char *pid, const char *name) {
    char path[300], link[300];
    snprintf(path, sizeof path, "/proc/%s/fd", pid);
    DIR *folder = opendir(path);
    if (!folder) return;
    for (struct dirent *entry; (entry = readdir(folder));) {
        if (entry->d_name[0] == '.') continue;
        snprintf(path, sizeof path, "/proc/%s/fd/%s", pid, entry->d_name);
        ssize_t length = readlink(path, link, sizeof link - 1);
        if (length < 0) continue;
        link[length] = '\0';
        int fd = open(path, O_PATH | O_CLOEXEC);
        struct stat status;
        if (fd < 0) continue;
        if (fstat(fd, &status) == 0 && S_ISDIR(status.st_mode) && leads_out(fd)) say("OUT %s %s %s\n", name, entry->d_name, link);
        // The first three are what the caller gave it to read and write.
        if (S_ISREG(status.st_mode) && atoi(entry->d_name) > 2) say("FILE %s %s %s\n", name, entry->d_name, link);
        else say("SEEN %s %s\n", name, entry->d_name);
        close(fd);
    }
    closedir(folder);
}

static void look_at(const char *pid, int traces) {
    char path[300], name[64] = "";
    snprintf(path, sizeof path, "/proc/%s/comm", pid);
    int fd = open(path, O_RDONLY);
    if (fd >= 0 && read(fd, name, sizeof name - 1) > 0) name[strcspn(name, "\n")] = '\0';
    if (fd >= 0) close(fd);
    if (strcmp(name, "ck-shim")) return;
    say("MET %s\n", name);
    look_at_descriptors(pid, name);
    snprintf(path, sizeof path, "/proc/%s/root", pid);
    fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0 && leads_out(fd)) say("OUT %s root\n", name);
    if (fd >= 0) close(fd);
    snprintf(path, sizeof path, "/proc/%s/exe", pid);
    fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd >= 0) say("WRITABLE %s exe\n", name), close(fd);
    if (traces && ptrace(PTRACE_SEIZE, atoi(pid), 0, 0) == 0) {
        char link[300];
        ssize_t length = readlink(path, link, sizeof link - 1);
        link[length > 0 ? length : 0] = '\0';
        if (strstr(link, "ck-shim")) say("TRACED %s\n", link);
        ptrace(PTRACE_DETACH, atoi(pid), 0, 0);
    }
}

// watch SECONDS TRACES: looks into every ck-shim that it meets.
static int watch(double seconds, int traces) {
    double end = now() + seconds;
    printf("WATCHING\n");
    fflush(stdout);
    while (now() < end) {
        DIR *folder = opendir("/proc");
        for (struct dirent *entry; folder && (entry = readdir(folder));)
            if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9' && atoi(entry->d_name) != getpid()) look_at(entry->d_name, traces);
        if (folder) closedir(folder);
    }
    printf("DONE\n");
    return 0;
}

// inject TEXT: types at the terminal of standard input, as if its user did.
static int inject(const char *text) {
    for (; *text; text++)
        if (ioctl(0, TIOCSTI, text) < 0) return printf("inject %d\n", errno), 0;
    return printf("inject 0\n"), 0;
}

// open PATH...: what can be read and what can be written.
static int open_all(char **paths) {
    for (; *paths; paths++) {
        char byte;
        int in = open(*paths, O_RDONLY | O_NONBLOCK), out = open(*paths, O_WRONLY | O_NONBLOCK);
        long count = in < 0 ? -1 : read(in, &byte, 1);
        printf("%s %s%s\n", *paths, count > 0 ? "r" : "", out >= 0 ? "w" : "");
    }
    return 0;
}

// eat: takes more memory than it may, but no more than a host without a limit can spare.
static int eat(void) {
    for (int mebibytes = 0; mebibytes < 256; mebibytes++) {
        volatile char *bytes = malloc(1 << 20); // or the compiler leaves it all out
        if (!bytes) return 1;
        for (int page = 0; page < 256; page++) bytes[page * 4096] = 1;
    }
    return 0;
}

// bomb: processes that make processes, for a minute at most.
static int bomb(void) {
    double end = now() + 60;
    while (now() < end)
        if (fork() < 0) usleep(1000);
    return 0;
}

int main(int count, char **words) {
    const char *word = count > 1 ? words[1] : "";
    if (!strcmp(word, "swap") && count == 5) return swap(words[2], words[3], atof(words[4]));
    if (!strcmp(word, "calls")) return calls(words + 2);
#ifdef __x86_64__
    if (!strcmp(word, "old-calls")) return old_calls(words + 2);
#endif
    if (!strcmp(word, "watch") && count == 4) return watch(atof(words[2]), atoi(words[3]));
    if (!strcmp(word, "inject") && count == 3) return inject(words[2]);
    if (!strcmp(word, "open")) return open_all(words + 2);
    if (!strcmp(word, "eat")) return eat();
    if (!strcmp(word, "bomb")) return bomb();
    return 2;
}
