package render

import "golang.org/x/sys/cpu" // which instructions the processor has; Go keeps its own list to itself

// vector says whether sums and means are taken by sum3, sum6 and means2: on nearly all
// processors since 2013. Tests turn it off. Their sums are those of addRows and across to the
// bit, but a pixel's channels lie in the order of the picture.
var vector = cpu.X86.HasAVX2

// downVector is what down does with the first n rows of two cells.
func downVector(mid *[cellSize + spare]uint64, left, right *[taps]*[cellRow]uint8, weight *[taps]uint16, n int) {
	for k := n; k < taps; k++ {
		left[k], right[k] = &none, &none
	}
	if n <= 3 {
		sum3(mid, left, right, weight)
	} else {
		sum6(mid, left, right, weight)
	}
}

// acrossVector is across.
func acrossVector(out []uint8, row *[cellSize + spare]uint64, pos []int32, share [][taps]uint16) {
	if n := len(pos) / 2; n > 0 {
		_, _ = out[8*n-1], share[2*n-1]
		means2(&out[0], &row[0], &pos[0], &share[0], n)
	}
	if i := len(pos) - 1; i&1 == 0 {
		var two [8]uint8
		at, weight := [2]int32{pos[i], pos[i]}, [2][taps]uint16{share[i]}
		means2(&two[0], &row[0], &at[0], &weight[0], 1)
		copy(out[4*i:], two[:4])
	}
}

// sum3 puts the sum of three rows, weighted by 256ths, into out: of the whole of left and of
// the first spare pixels of right. The rest of right it has brought nearer, since that cell
// comes next: most of the time of a view far out is spent waiting for it. sum6 is the same of
// six rows.
//
//go:noescape
func sum3(out *[cellSize + spare]uint64, left, right *[taps]*[cellRow]uint8, weight *[taps]uint16)

//go:noescape
func sum6(out *[cellSize + spare]uint64, left, right *[taps]*[cellRow]uint8, weight *[taps]uint16)

// means2 makes two device pixels from the row of sums, pairs times, pairs at least 1.
//
//go:noescape
func means2(out *uint8, row *uint64, pos *int32, share *[taps]uint16, pairs int)
