package ort

import (
	"os"
	"strconv"
	"strings"
)

// memory is what the system could give without swapping, and what the machine has, in bytes;
// 0 if unknown.
func memory() (free, all uint64) {
	data, _ := os.ReadFile("/proc/meminfo")
	for line := range strings.Lines(string(data)) {
		f := strings.Fields(line)
		if len(f) < 2 {
			continue
		}
		n, _ := strconv.ParseUint(f[1], 10, 64)
		switch f[0] {
		case "MemAvailable:":
			free = n << 10
		case "MemTotal:":
			all = n << 10
		}
	}
	return free, all
}
