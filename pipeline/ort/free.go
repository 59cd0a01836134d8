package ort

// FreeMemory is what the system could give without swapping, in bytes; 0 if unknown.
func (r *Runtime) FreeMemory() uint64 {
	free, _ := memory()
	return free
}
