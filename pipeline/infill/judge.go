package infill

import "math"

// leastSeen is how many cells of a window must have a colour to be judged.
const leastSeen = 12

// judge looks at the luma around cell i: residual of the best plane, and how much of it
// neighbouring pixels share. White noise shares nothing, texture and edges do. A known cell
// is judged by known ones alone.
func (c *calmer) judge(i int) (smooth, keep float32) {
	s := c.sheet
	x0, y0 := i%s.w, i/s.w
	var n, sum, sq, sx, sy, sxx, sxy, syy, vx, vy, diff, dn float32
	for y := max(0, y0-windowHalf); y <= min(s.h-1, y0+windowHalf); y++ {
		var last float32
		gap := true
		for x := max(0, x0-windowHalf); x <= min(s.w-1, x0+windowHalf); x++ {
			j := y*s.w + x
			if e := s.c[j]; e.w == 0 || c.beside[i] > 0 && c.beside[j] == 0 {
				gap = true
				continue
			}
			v, dx, dy := s.luma(j), float32(x-x0), float32(y-y0)
			n, sum, sq = n+1, sum+v, sq+v*v
			sx, sy, vx, vy = sx+dx, sy+dy, vx+v*dx, vy+v*dy
			sxx, sxy, syy = sxx+dx*dx, sxy+dx*dy, syy+dy*dy
			if !gap {
				diff, dn = diff+(v-last)*(v-last), dn+1
			}
			last, gap = v, false
		}
	}
	if n < leastSeen {
		return 0, 1
	}
	// the plane about the centre of gravity
	a, b, d := sxx-sx*sx/n, sxy-sx*sy/n, syy-sy*sy/n
	ex, ey := vx-sx*sum/n, vy-sy*sum/n
	det := max(a*d-b*b, 1e-3)
	gx, gy := (d*ex-b*ey)/det, (a*ey-b*ex)/det
	total := max(sq-sum*sum/n-gx*ex-gy*ey, 0)/(n-3) + 0.05
	white := (diff/max(dn, 1) - gx*gx) / 2 // where no two are neighbours nothing is shared
	shared := total - white
	smooth = 1 - min(max((shared-0.3*total-4)/(0.3*total+8), 0), 1)
	sigma := float32(math.Sqrt(float64(total)))
	return smooth, min(max(0.35+(sigma-3)*0.08, 0.35), 1)
}

func (s *sheet) luma(i int) float32 {
	c := &s.c[i]
	return (c.r + 2*c.g + c.b) / 4
}
