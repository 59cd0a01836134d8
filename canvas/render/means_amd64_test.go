package render

import (
	"image"
	"testing"
)

// What the processor's wide instructions make is, to the bit, what is made without them.
func TestWideMeansAreTheSame(t *testing.T) {
	if !vector {
		t.Skip("this processor has no AVX2")
	}
	rng := seeded(77)
	for range 300 {
		var cells [4]cell
		for i := range cells {
			if rng.IntN(5) > 0 {
				cells[i].pix = new(pixels)
				for j := range cells[i].pix {
					cells[i].pix[j] = uint8(rng.IntN(256) | rng.IntN(2)*255)
				}
			}
		}
		p := patch{&cells[0], &cells[1], &cells[2], &cells[3]}
		var f frame
		step := 1 + 3*rng.Float64()
		f.xs.cover(rng.IntN(50)-25, 1+rng.IntN(40), step)
		f.ys.cover(rng.IntN(50)-25, 20, step)
		pos, share := f.xs.pos, f.xs.share
		for k := range pos {
			if pos[k]>>cellShift != pos[0]>>cellShift {
				pos, share = pos[:k], share[:k]
				break
			}
		}
		for y, j := range f.ys.pos {
			rows := [2][]uint8{make([]uint8, 4*len(pos)), make([]uint8, 4*len(pos))}
			for way, out := range rows {
				vector = way == 0
				var mid [cellSize + spare]uint64
				p.down(&mid, int(j)&(cellSize-1), &f.ys.share[y])
				across(out, &mid, pos, share)
			}
			vector = true
			if a, b := rows[0], rows[1]; string(a) != string(b) {
				t.Fatalf("step %v, row %d: %v with wide instructions, %v without", step, y, a, b)
			}
		}
	}
}

// The same of whole frames, at a size at which several goroutines draw.
func TestWideFramesAreTheSame(t *testing.T) {
	if !vector {
		t.Skip("this processor has no AVX2")
	}
	defer func() { vector = true }()
	d := bigDocument(1024)
	for _, scale := range []float64{0.97, 0.6, 0.41, 0.26, 0.23} {
		v := View{X: -40, Y: -30, Scale: scale, W: 501, H: 300}.Snap()
		var pictures [2]*image.RGBA
		for way := range pictures {
			vector = way == 0
			r := patient(DefaultLook)
			r.SetState(d.State(), image.Rectangle{})
			pictures[way] = draw(t, r, v, Smooth)
		}
		if p, differ := firstDifference(pictures[0], pictures[1]); differ {
			t.Fatalf("scale %v: %v is %v with wide instructions, %v without", scale, p, pictures[0].At(p.X, p.Y), pictures[1].At(p.X, p.Y))
		}
	}
}
