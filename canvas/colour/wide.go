package colour

import "math"

// Wide takes colours of 16 bits from one space to another. Any goroutine may use it.
type Wide struct {
	// Of two spaces of a matrix and curves: the light of a channel's values, what light gives what value, at the
	// beginnings of steps, and the matrix between the two.
	light  [3][]float64
	value  *[3][steps + 1]float32
	matrix [3][3]float32
	// Of all others.
	grid *lattice
}

// WideBetween is Between for 16 bits.
func WideBetween(from, to *Space) (*Wide, error) {
	narrow, err := Between(from, to)
	if err != nil || narrow == nil {
		return nil, err
	}
	if narrow.grid != nil {
		return &Wide{grid: narrow.grid}, nil
	}
	if from == nil {
		from = srgb()
	}
	if to == nil {
		to = srgb()
	}
	inv, _ := to.shaper.primary.inverse() // there is one: narrow is made with it
	m := inv.mul(from.shaper.primary)
	w := &Wide{light: from.shaper.light, value: new([3][steps + 1]float32)}
	for c := range 3 {
		for k := range 3 {
			w.matrix[c][k] = float32(m[c][k])
		}
		for i := range w.value[c][1:] { // the first is black
			w.value[c][i+1] = float32(value(to.shaper.light[c], begins(i+1)))
		}
	}
	return w, nil
}

// begins is where a step of light begins.
func begins(step int) float64 {
	return float64(math.Float32frombits(uint32(step+(127-dark)<<fraction) << (23 - fraction)))
}

// Row converts pixels of three values in place; what the other space does not hold comes as near as its channels can. A
// nil Wide changes nothing.
func (w *Wide) Row(row []uint16) {
	if w == nil {
		return
	}
	for ; len(row) >= 3; row = row[3:] {
		in := [3]float32{float32(row[0]) / 0xffff, float32(row[1]) / 0xffff, float32(row[2]) / 0xffff}
		for k, v := range w.colour(in) {
			row[k] = uint16(min(max(v, 0), 1)*0xffff + 0.5)
		}
	}
}

// colour is one of values from 0 to 1 in the other space.
func (w *Wide) colour(in [3]float32) (out [3]float32) {
	if w.grid != nil {
		var place [3]int
		for k, v := range in {
			at := v * (points - 1)
			place[k] = min(int(at), points-2)
			in[k] = at - float32(place[k])
		}
		for k, v := range w.grid.within(place, in) {
			out[k] = v / 255
		}
		return out
	}
	for k, v := range in {
		at := v * (curvePoints - 1)
		i := min(int(at), curvePoints-2)
		a, b := float32(w.light[k][i]), float32(w.light[k][i+1])
		in[k] = a + (at-float32(i))*(b-a)
	}
	for k := range out {
		m := &w.matrix[k]
		out[k] = w.valueOf(k, m[0]*in[0]+m[1]*in[1]+m[2]*in[2])
	}
	return out
}

// valueOf is the value of a channel that gives so much light, between those at both ends of its step.
func (w *Wide) valueOf(channel int, light float32) float32 {
	i := step(light)
	a, b := w.value[channel][i], w.value[channel][i+1]
	if i == 0 || i == steps-1 {
		return a
	}
	const rest = 1<<(23-fraction) - 1
	return a + (b-a)*float32(math.Float32bits(light)&rest)/(rest+1)
}
