//go:build !amd64

package checkpoint

func widenHalves([]float32, []byte) (done int) { return 0 }
