package vae

import "pentimento/pipeline/checkpoint"

// Needs is about what decoding or encoding a picture of w × h pixels takes in addition to the
// weights, in bytes, where memory is allowed (Tiling.Memory).
func Needs(p *checkpoint.Part, w, h int, memory int64) int64 {
	f := Factor(p)
	decoder, _ := decoderSteps(p, tooWide(w, h, memory))
	encoder, _ := encoderSteps(p)
	return max(wanted(decoder, w/f, h/f, memory), wanted(encoder, w, h, memory))
}

func wanted(steps []step, w, h int, memory int64) int64 {
	if n := whole(steps, w, h); n <= memory {
		return n
	}
	return held(steps, w, h) + memory/tileShare
}

// whole is about what the steps would take together for a picture that begins with w × h
// places, in bytes.
func whole(steps []step, w, h int) (most int64) {
	for _, s := range steps {
		made := [2]int{w * s.up / s.down, h * s.up / s.down}
		most = max(most, 4*copies*s.channels*int64(made[0])*int64(made[1]))
		if !s.measures {
			w, h = made[0], made[1]
		}
	}
	return most
}

// held is the most that the steps read and make, one after another.
func held(steps []step, w, h int) (most int64) {
	read := int64(0)
	for _, s := range steps {
		if s.measures {
			continue
		}
		w, h = w*s.up/s.down, h*s.up/s.down
		made := 4 * s.makes * int64(w) * int64(h)
		if s.up == s.down && made <= read {
			continue // laid over what is read
		}
		most, read = max(most, read+made), made
	}
	return most
}

// tooWide says which enlarged pictures are too large to keep.
func tooWide(w, h int, memory int64) func(channels int64, grows int) bool {
	return func(channels int64, grows int) bool {
		return 4*channels*int64(w/grows)*int64(h/grows) > memory/3
	}
}

// Needs is what Decode takes in addition to the weights for a picture of w × h pixels, in bytes.
func (d *Decoder) Needs(w, h int) int64 {
	steps, _ := decoderSteps(d.parts.part, func(int64, int) bool { return false })
	return whole(steps, w/d.parts.factor, h/d.parts.factor)
}

// Needs is what Encode takes in addition to the weights for a picture of w × h pixels, in bytes.
func (e *Encoder) Needs(w, h int) int64 {
	steps, _ := encoderSteps(e.parts.part)
	return whole(steps, w, h)
}
