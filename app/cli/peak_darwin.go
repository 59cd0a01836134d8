package cli

import "syscall"

// peakMemory is the most memory this process held at once, in bytes, mapped files
// included; 0 where the system does not say.
func peakMemory() int64 {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return u.Maxrss // bytes on this system
}
