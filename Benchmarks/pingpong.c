// A byte that goes to and fro over TCP, for Benchmarks/network.
//
//   pingpong serve PORT                   sends every byte back, one connection after the other
//   pingpong trips ADDRESS PORT COUNT     prints microseconds of one round trip, the median of COUNT
//   pingpong connect ADDRESS PORT COUNT   prints microseconds of one new connection with one round trip, the median
//
// With PROCESSOR as a further word it stays on that processor (0 is the first).
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static void die(const char *what) {
    perror(what);
    exit(1);
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1e6 + time.tv_nsec / 1e3;
}

static int compare(const void *first, const void *second) {
    double difference = *(const double *)first - *(const double *)second;
    return (difference > 0) - (difference < 0);
}

static void at_once(int end) {
    int one = 1;
    if (setsockopt(end, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one)) die("TCP_NODELAY");
}

static void serve(struct sockaddr_in place) {
    int listener = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    place.sin_addr.s_addr = INADDR_ANY;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(listener, (struct sockaddr *)&place, sizeof place) || listen(listener, 128)) die("listen");
    for (;;) {
        int end = accept(listener, NULL, NULL);
        char byte;
        if (end < 0) die("accept");
        at_once(end);
        while (read(end, &byte, 1) == 1 && write(end, &byte, 1) == 1) {}
        close(end);
    }
}

static int reach(const struct sockaddr_in *place) {
    int end = socket(AF_INET, SOCK_STREAM, 0);
    if (end < 0 || connect(end, (const struct sockaddr *)place, sizeof *place)) die("connect");
    at_once(end);
    return end;
}

static void trip(int end) {
    char byte = 'x';
    if (write(end, &byte, 1) != 1 || read(end, &byte, 1) != 1) die("round trip");
}

static void stay_on(int processor) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(processor, &set);
    if (sched_setaffinity(0, sizeof set, &set)) die("sched_setaffinity");
}

int main(int count, char **arguments) {
    struct sockaddr_in place = {.sin_family = AF_INET};
    int serves = count > 1 && !strcmp(arguments[1], "serve"), words = serves ? 3 : 5;
    if (count == words + 1) stay_on(atoi(arguments[--count]));
    if (count == 3 && serves) {
        place.sin_port = htons((in_port_t)atoi(arguments[2]));
        serve(place);
    }
    if (count != 5 || inet_pton(AF_INET, arguments[2], &place.sin_addr) != 1) return 2;
    place.sin_port = htons((in_port_t)atoi(arguments[3]));
    int rounds = atoi(arguments[4]), anew = !strcmp(arguments[1], "connect"), end = -1;
    if (rounds < 1) return 2;
    double *times = calloc((size_t)rounds, sizeof *times);
    if (!times) die("calloc");
    // Ends with a reset, so that no port of ours waits to be used again.
    struct linger abrupt = {1, 0};
    if (!anew) end = reach(&place);
    for (int round = 0; round < rounds; round++) {
        double start = now();
        if (anew) end = reach(&place);
        trip(end);
        times[round] = now() - start;
        if (anew) {
            setsockopt(end, SOL_SOCKET, SO_LINGER, &abrupt, sizeof abrupt);
            close(end);
        }
    }
    qsort(times, (size_t)rounds, sizeof *times, compare);
    printf("%.2f\n", times[rounds / 2]);
    return 0;
}
