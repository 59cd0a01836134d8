//go:build linux || darwin

// A checkpoint is mapped, not read: when another program cuts the file while the
// runtime's kernels read it, the processor raises SIGBUS in a thread that knows no Go
// and the program would die. This handler puts a page of zeros where the file ended,
// counts it, and lets the thread go on; the evaluation is then stopped and its result
// thrown away (see guard.go). Every other SIGBUS goes to the handler that was there
// before, Go's own, exactly as if this one did not exist.
#define _GNU_SOURCE
#include "bind.h"
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

static struct sigaction before;
static atomic_ulong faults;
static atomic_int watched;
static uintptr_t page;

static void forward(int sig, siginfo_t *info, void *context) {
	if (before.sa_flags & SA_SIGINFO) {
		before.sa_sigaction(sig, info, context);
	} else if (before.sa_handler == SIG_DFL || before.sa_handler == SIG_IGN) {
		signal(sig, SIG_DFL); // the faulting instruction runs again and ends the program
	} else {
		before.sa_handler(sig);
	}
}

static void on_bus(int sig, siginfo_t *info, void *context) {
	if (info->si_code == BUS_ADRERR && info->si_addr && atomic_load(&watched) > 0) {
		void *at = (void *)((uintptr_t)info->si_addr & ~(page - 1));
		// mmap is one system call, safe in a handler; MAP_FIXED replaces just this page.
		void *got = mmap(at, page, PROT_READ, MAP_PRIVATE | MAP_ANON | MAP_FIXED, -1, 0);
		if (got == at) {
			atomic_fetch_add(&faults, 1);
			return;
		}
	}
	forward(sig, info, context);
}

int guard_start(void) {
	struct sigaction a;
	page = (uintptr_t)sysconf(_SC_PAGESIZE);
	memset(&a, 0, sizeof a);
	a.sa_sigaction = on_bus;
	// Go runs its threads' handlers on their own small stacks and asks others to do so.
	a.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
	sigfillset(&a.sa_mask);
	return sigaction(SIGBUS, &a, &before);
}

void guard_watch(int change) { atomic_fetch_add(&watched, change); }

unsigned long guard_faults(void) { return atomic_load(&faults); }

void guard_forget(size_t from, size_t to) { madvise((void *)from, to - from, MADV_DONTNEED); }
