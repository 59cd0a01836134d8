//go:build !linux && !windows

package ort

import (
	"encoding/binary"
	"syscall"
)

// memory is what could be freed, taken to be half of what the machine has (macOS gives no
// plain figure), and what it has, in bytes; 0 if unknown.
func memory() (free, all uint64) {
	s, err := syscall.Sysctl("hw.memsize")
	if err != nil {
		return 0, 0
	}
	b := append([]byte(s), make([]byte, 8)...) // Sysctl drops trailing zeros
	all = binary.LittleEndian.Uint64(b)
	return all / 2, all
}
