//go:build !amd64

package render

const vector = false

func downVector(*[cellSize + spare]uint64, *[taps]*[cellRow]uint8, *[taps]*[cellRow]uint8, *[taps]uint16, int) {
}

func acrossVector([]uint8, *[cellSize + spare]uint64, []int32, [][taps]uint16) {}
