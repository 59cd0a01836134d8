package ort

import (
	"syscall"
	"unsafe"
)

// entryPoint is the address of OrtGetApiBase in the library, which is loaded already:
// asking again gives the same handle, which is kept for the life of the program.
func entryPoint(path string) (unsafe.Pointer, error) {
	dll, err := syscall.LoadDLL(path)
	if err != nil {
		return nil, err
	}
	f, err := dll.FindProc("OrtGetApiBase")
	if err != nil {
		return nil, err
	}
	addr := f.Addr()
	return *(*unsafe.Pointer)(unsafe.Pointer(&addr)), nil
}

// loadable says whether the system's loader finds a library of this name.
func loadable(name string) bool {
	dll, err := syscall.LoadDLL(name)
	if err != nil {
		return false
	}
	_ = dll.Release()
	return true
}
