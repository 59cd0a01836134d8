//go:build !linux

package ort

// Trim does nothing where the system does not tell which addresses a file is mapped at:
// there it drops pages by itself when memory is short.
func (r *Runtime) Trim() {}
