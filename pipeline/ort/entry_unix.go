//go:build !windows

package ort

// #cgo linux LDFLAGS: -ldl
// #include <dlfcn.h>
// #include <stdlib.h>
import "C"

import (
	"errors"
	"unsafe"
)

// entryPoint is the address of OrtGetApiBase in the library, which is loaded already:
// asking again gives the same handle, which is kept for the life of the program.
func entryPoint(path string) (unsafe.Pointer, error) {
	p, name := C.CString(path), C.CString("OrtGetApiBase")
	defer C.free(unsafe.Pointer(p))
	defer C.free(unsafe.Pointer(name))
	h := C.dlopen(p, C.RTLD_LAZY)
	if h == nil {
		return nil, errors.New(C.GoString(C.dlerror()))
	}
	f := C.dlsym(h, name)
	if f == nil {
		return nil, errors.New("it has no OrtGetApiBase")
	}
	return f, nil
}

// loadable says whether the system's loader finds a library of this name.
func loadable(name string) bool {
	n := C.CString(name)
	defer C.free(unsafe.Pointer(n))
	h := C.dlopen(n, C.RTLD_LAZY|C.RTLD_LOCAL)
	if h == nil {
		return false
	}
	C.dlclose(h)
	return true
}
