package sampler

// Timestep lists as diffusers and A1111 build them, falling; total is the number of
// levels (1000). They are what fine-tuned few-step models were trained on.

// Leading counts from 1 upwards in steps of total/n (diffusers "leading", offset 1).
func Leading(total, n int) []float64 {
	return falling(n, func(i int) float64 { return float64((n-1-i)*(total/n) + 1) })
}

// Trailing counts from the top downwards in fractional steps, rounded.
func Trailing(total, n int) []float64 {
	step := float64(total) / float64(n)
	return falling(n, func(i int) float64 { return roundEven(float64(total)-float64(i)*step) - 1 })
}

// Linspace spreads from the last level to 0, fractions kept.
func Linspace(total, n int) []float64 { return linspace(float64(total-1), 0, n) }

// WebUI is A1111's list for DDIM and PLMS: 1, 1+k, … below total+1 with k = total/n; it
// has more than n entries where n does not divide total.
func WebUI(total, n int) []float64 {
	k := max(total/n, 1)
	count := (total + k - 1) / k
	return falling(count, func(i int) float64 { return float64(min((count-1-i)*k+1, total-1)) })
}

// lcmTimesteps picks n of the 50 steps that latent consistency models are distilled on.
func lcmTimesteps(total, n int) []float64 {
	const base = 50
	k := max(total/base, 1)
	n = min(n, base)
	return falling(n, func(i int) float64 {
		return float64((base-int(float64(i)*base/float64(n)))*k - 1)
	})
}

// turboTimesteps are the first n of ten even steps (SD Turbo); with more, of n.
func turboTimesteps(total, n int) []float64 {
	k := max(total/max(n, 10), 1)
	return falling(n, func(i int) float64 { return float64(max(total-i*k, 1) - 1) })
}

func falling(n int, at func(i int) float64) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = at(i)
	}
	return out
}

// fromTimesteps is the schedule of a timestep list. end says what follows the last one:
// 0 the sigma zero, 1 the sigma of level 0, −1 nothing.
func fromTimesteps(list func(total, n int) []float64, end int) func(*Levels, int) []float64 {
	return func(l *Levels, n int) []float64 {
		out := atTimes(l, list(l.Len(), min(n, l.Len())))
		switch {
		case end == 0:
			return append(out, 0)
		case end > 0 && out[len(out)-1] > l.Min():
			return append(out, l.Min())
		case end > 0:
			return append(out, 0)
		}
		return out
	}
}

// Form names how a strength below 1 shortens a schedule.
type Form string

// The forms of img2img.
const (
	FormA Form = "a1111"     // keeps the end of an n-step schedule: less work for less strength
	FormB Form = "comfyui"   // builds n/strength steps and keeps the last n
	FormC Form = "diffusers" // keeps the last int(n·strength) steps
)

// Shortened is the schedule of a run that begins on an existing picture: strength 0 keeps
// it, 1 starts from pure noise. A strength of 0 gives no steps in forms B and C, one in A.
func (r Row) Shortened(form Form, s Schedule, l *Levels, steps int, strength float64) []float64 {
	steps, strength = max(steps, 1), min(max(strength, 0), 1)
	if form == FormB {
		switch {
		case strength == 0:
			return nil
		case strength > 0.9999:
			return r.Sigmas(s, l, steps)
		}
		// a thousand levels have no more than so many steps worth telling apart
		all := r.Sigmas(s, l, min(int(float64(steps)/strength), 100*l.Len()))
		return all[max(len(all)-steps-1, 0):]
	}
	all := r.Sigmas(s, l, steps)
	if form == FormC {
		return all[min(steps-min(int(float64(steps)*strength), steps), len(all)):]
	}
	encode := int(min(strength, 0.999) * float64(steps))
	if s.Name == ddimTimesteps { // A1111 cuts its timestep list from the other end
		return all[max(len(all)-max(encode, 2), 0):]
	}
	return all[min(steps-encode-1, len(all)-1):]
}
