package adapter

import "golang.org/x/sys/cpu" // which instructions the processor has; Go keeps its own list to itself

// fused says whether tile6x16 runs here: nearly all processors since 2013.
var fused = cpu.X86.HasAVX2 && cpu.X86.HasFMA

// tile6x16 adds a [6, inner] times b [inner, 16] to a part [6, 16] of a matrix. inner is at
// least 1; strides are the bytes from one row to the next.
//
//go:noescape
func tile6x16(out *float32, outStride int, a *float32, aStride int, b *float32, inner int)
