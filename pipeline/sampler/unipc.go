package sampler

import "math"

// UniPC (Zhao et al. 2023, arXiv:2302.04867): a multistep predictor whose result is
// corrected with the very evaluation the next step needs anyway. In variance-exploding
// space alpha is 1 and the state is x itself.

// unipcBH1 uses B(h) = h, unipcBH2 B(h) = e^h − 1.
func unipcBH1(r *run) { r.unipc(func(h float64) float64 { return h }) }
func unipcBH2(r *run) { r.unipc(math.Expm1) }

// floorSigma stands for a last sigma of zero, where lambda would be infinite.
const floorSigma = 0.001

func (r *run) unipc(scale func(float64) float64) {
	steps := len(r.sigmas) - 1
	order := r.o.Order
	if r.sigmas[steps] == 0 {
		r.sigmas[steps] = min(floorSigma, r.sigmas[steps-1]/2)
		order = max(min(order, steps-1), 1)
	}
	var old []vec // newest first
	var base, rho vec
	var diffs []w
	for i := range r.steps() {
		s, next := r.sigmas[i], r.sigmas[i+1]
		d := r.eval(r.x, s)
		if i > 0 { // correct the point that was predicted, now that it is known here
			r.x = base
			for j, t := range diffs {
				r.x = sum(w{1, r.x}, w{rho[j] * t.by, t.of}, w{-rho[j] * t.by, old[0]})
			}
			last := rho[len(rho)-1]
			r.x = sum(w{1, r.x}, w{last, d}, w{-last, old[0]})
		}
		old = push(old, d, max(order, 1))
		n := min(order, i+1, steps-i)
		h := math.Log(s / next)
		base = exponential(h, r.x, d)
		nodes, diffs2 := make([]float64, 0, n), []w(nil)
		for j := 1; j < n; j++ {
			node := -math.Log(r.sigmas[i-j]/s) / h
			nodes, diffs2 = append(nodes, node), append(diffs2, w{1 / node, old[j]})
		}
		diffs = diffs2
		predict, correct := unipcWeights(nodes, h, scale)
		rho = correct
		r.x = base
		for j, t := range diffs {
			r.x = sum(w{1, r.x}, w{predict[j] * t.by, t.of}, w{-predict[j] * t.by, d})
		}
	}
}

// unipcWeights solves for the weights of the differences at the nodes (in units of the
// step, all negative) for the predictor, and with node 1 added for the corrector. They
// carry the factor −B(−h), so that they add to the state as they are.
func unipcWeights(nodes []float64, h float64, scale func(float64) float64) (predict, correct vec) {
	n := len(nodes) + 1
	all := append(append([]float64(nil), nodes...), 1)
	hh := -h
	b, phi, factorial := make(vec, n), math.Expm1(hh)/hh-1, 1.0
	for k := range b {
		b[k] = phi * factorial / scale(hh)
		factorial *= float64(k + 2)
		phi = phi/hh - 1/factorial
	}
	rows := func(n int) [][]float64 {
		m := make([][]float64, n)
		for k := range m {
			for _, node := range all[:n] {
				m[k] = append(m[k], math.Pow(node, float64(k)))
			}
		}
		return m
	}
	switch n { // the paper's shortcuts for low orders
	case 1:
		correct = vec{0.5}
	case 2:
		predict, correct = vec{0.5}, solve(rows(2), b)
	default:
		predict, correct = solve(rows(n-1), b[:n-1]), solve(rows(n), b)
	}
	return sum(w{-scale(hh), append(vec{}, predict...)}), sum(w{-scale(hh), correct})
}

// solve is Gaussian elimination with pivoting for the small systems of multistep methods.
func solve(m [][]float64, b []float64) vec {
	n := len(m)
	x := append(vec(nil), b[:n]...)
	for c := range n {
		p := c
		for i := c + 1; i < n; i++ {
			if math.Abs(m[i][c]) > math.Abs(m[p][c]) {
				p = i
			}
		}
		m[c], m[p], x[c], x[p] = m[p], m[c], x[p], x[c]
		for i := c + 1; i < n; i++ {
			f := m[i][c] / m[c][c]
			for j := c; j < n; j++ {
				m[i][j] -= f * m[c][j]
			}
			x[i] -= f * x[c]
		}
	}
	for i := n - 1; i >= 0; i-- {
		for j := i + 1; j < n; j++ {
			x[i] -= m[i][j] * x[j]
		}
		x[i] /= m[i][i]
	}
	return x
}
