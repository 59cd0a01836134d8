//go:build !linux && !darwin

package cli

// peakMemory is the most memory this process held at once; this system does not say.
func peakMemory() int64 { return 0 }
