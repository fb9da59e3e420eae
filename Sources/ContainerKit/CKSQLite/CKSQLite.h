// What Swift cannot call of SQLite: functions with a variable number of arguments.
#ifndef CKSQLITE_H
#define CKSQLITE_H

#include <sqlite3.h>

// Leaves the write-ahead log as it is when the last connection closes (SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE). A command
// that lives for some milliseconds would otherwise wait for the disk at each end, and start a new log each time.
static inline int ck_sqlite_keep_log(sqlite3 *connection) {
    return sqlite3_db_config(connection, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, (int *)0);
}

#endif
