//go:build !amd64

package adapter

const fused = false

func tile6x16(out *float32, outStride int, a *float32, aStride int, b *float32, inner int) {
	panic("adapter: tile6x16 where it does not run")
}
