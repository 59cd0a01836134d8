//go:build !linux && !darwin

// Windows refuses to cut a file that is mapped: there is nothing to guard against.
#include "bind.h"

int guard_start(void) { return 0; }
void guard_watch(int change) { (void)change; }
unsigned long guard_faults(void) { return 0; }
void guard_forget(size_t from, size_t to) {
	(void)from;
	(void)to;
}
