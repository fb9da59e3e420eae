// The package manager links every executable as if it were Swift: its start-up object registers the program with
// the Swift runtime. There is no Swift here, so there is nothing to register, and with these two definitions a static
// link takes in nothing of that runtime.
#include <stdbool.h>

void swift_addNewDSOImage(const void *sections);
bool _swift_backtrace_isThunkFunction(const char *name);

void swift_addNewDSOImage(const void *sections) { (void)sections; }
bool _swift_backtrace_isThunkFunction(const char *name) { return (void)name, false; }
