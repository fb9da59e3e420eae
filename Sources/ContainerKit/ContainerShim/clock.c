// Moments, and how logs write them.
#include "shim.h"

#include <stdio.h>
#include <time.h>

static uint64_t read_clock(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * NANOSECONDS + (uint64_t)now.tv_nsec;
}

uint64_t clock_now(void) { return read_clock(CLOCK_REALTIME); }
uint64_t clock_steady(void) { return read_clock(CLOCK_MONOTONIC); }

int clock_milliseconds(uint64_t deadline) {
    if (deadline == 0) return -1;
    uint64_t now = clock_steady();
    if (deadline <= now) return 0;
    uint64_t rest = (deadline - now + 999999) / 1000000;
    return rest > 1000000000 ? 1000000000 : (int)rest;
}

uint64_t clock_sooner(uint64_t one, uint64_t other) { return one == 0 || (other > 0 && other < one) ? other : one; }

// RFC 3339 with as many digits as it takes, as Go writes it. gmtime_r(3) would read the time zone files; the calendar is
// short enough.
size_t clock_text(uint64_t moment, char text[TIME_ROOM]) {
    long seconds_of_all = (long)(moment / NANOSECONDS);
    long days = seconds_of_all / 86400, seconds = seconds_of_all % 86400;
    long shifted = days + 719468, era = shifted / 146097, of_era = shifted % 146097;
    long year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    long of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    long month_index = (5 * of_year + 2) / 153, day = of_year - (153 * month_index + 2) / 5 + 1;
    long month = month_index < 10 ? month_index + 3 : month_index - 9, year = year_of_era + era * 400 + (month <= 2);
    int length = snprintf(text, TIME_ROOM, "%04ld-%02ld-%02ldT%02ld:%02ld:%02ld.%09ld", year, month, day, seconds / 3600,
                          seconds / 60 % 60, seconds % 60, (long)(moment % NANOSECONDS));
    while (text[length - 1] == '0') length--;
    if (text[length - 1] == '.') length--;
    text[length++] = 'Z';
    return (size_t)length;
}
