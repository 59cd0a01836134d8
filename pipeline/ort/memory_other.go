//go:build !linux && !windows

package ort

import (
	"encoding/binary"
	"syscall"
)

// freeMemory is taken to be half of what the machine has (macOS gives no plain figure of
// what could be freed), in bytes; 0 if unknown.
func freeMemory() uint64 {
	s, err := syscall.Sysctl("hw.memsize")
	if err != nil {
		return 0
	}
	b := append([]byte(s), make([]byte, 8)...) // Sysctl drops trailing zeros
	return binary.LittleEndian.Uint64(b) / 2
}
