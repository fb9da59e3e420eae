// What Swift cannot call of SQLite, and how its log is kept short.
#ifndef CKSQLITE_H
#define CKSQLITE_H

#include <sqlite3.h>

// Leaves the write-ahead log as it is when the last connection closes (SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE). A command
// that lives for some milliseconds would otherwise wait for the disk at each end, and start a new log each time.
static inline int ck_sqlite_keep_log(sqlite3 *connection) {
    return sqlite3_db_config(connection, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, (int *)0);
}

#define CK_SQLITE_LOG_PAGES 250

// SQLite's own automatic checkpoint copies the pages back but begins the log anew only for a later writer with the same
// shared memory. That of short processes is gone by then: the next one reads the whole log again, and it grows for ever.
static inline int ck_sqlite_shorten(void *patience, sqlite3 *connection, const char *name, int pages) {
    if (pages < CK_SQLITE_LOG_PAGES) return SQLITE_OK;
    // Who reads meanwhile is not waited for: a later commit does it.
    sqlite3_busy_timeout(connection, 0);
    sqlite3_wal_checkpoint_v2(connection, name, SQLITE_CHECKPOINT_TRUNCATE, (int *)0, (int *)0);
    sqlite3_busy_timeout(connection, (int)(long)patience);
    return SQLITE_OK;
}

// Ends the log after each commit that finds it longer than that (sqlite3_wal_hook).
// - patience: milliseconds that the connection waits for others.
static inline void ck_sqlite_shorten_log(sqlite3 *connection, int patience) {
    sqlite3_wal_hook(connection, ck_sqlite_shorten, (void *)(long)patience);
}

// Nobody is asked any more whether a statement may read each of its columns (sqlite3_set_authorizer). GRDB learns from that
// what observers would like to know.
static inline void ck_sqlite_end_authorizer(sqlite3 *connection) {
    sqlite3_set_authorizer(connection, (void *)0, (void *)0);
}

#endif
