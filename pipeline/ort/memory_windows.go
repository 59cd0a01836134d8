package ort

import (
	"syscall"
	"unsafe"
)

// memory is what the system could give without swapping, and what the machine has, in bytes;
// 0 if unknown.
func memory() (free, all uint64) {
	// MEMORYSTATUSEX of sysinfoapi.h: two 32-bit words, then seven 64-bit ones.
	var m struct {
		length, load    uint32
		total, free     uint64
		page, freePage  uint64
		space, freeLeft uint64
		extended        uint64
	}
	m.length = uint32(unsafe.Sizeof(m))
	f := syscall.NewLazyDLL("kernel32.dll").NewProc("GlobalMemoryStatusEx")
	if ok, _, _ := f.Call(uintptr(unsafe.Pointer(&m))); ok == 0 {
		return 0, 0
	}
	return m.free, m.total
}
