package merge

import (
	"errors"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/lapack/lapack64"
	"gonum.org/v1/gonum/mat" // BSD licence, kept up, the library of its field in Go; dense products and SVD in float64
)

// oversampling is how many directions beyond the rank are followed, and passes how often the
// matrix is applied to them: as Halko, Martinsson and Tropp 2011 (arXiv:0909.4061, section 4.5)
// advise for matrices whose singular values fall slowly, as those of weights do.
const (
	oversampling = 16
	passes       = 4
)

// factors are a product up·down; each holds the square roots of the singular values.
type factors struct {
	up, down *mat.Dense // [m,r], [r,n]
	singular []float64
}

// lowRank is the product of the given rank that is nearest to w [m,n]: the exact one where w is
// small, else by a randomised range (Halko et al., algorithms 4.4 and 5.1), which is the same from
// run to run.
func lowRank(w *mat.Dense, rank int) (factors, error) {
	m, n := w.Dims()
	rank = min(rank, m, n)
	if min(m, n) <= rank+4*oversampling {
		return exact(w, rank)
	}
	random := rand.New(rand.NewPCG(1, 2))
	draws := make([]float64, n*(rank+oversampling))
	for i := range draws {
		draws[i] = random.NormFloat64()
	}
	var q mat.Dense
	q.Mul(w, mat.NewDense(n, rank+oversampling, draws))
	for range passes {
		var z mat.Dense
		z.Mul(w.T(), orthonormal(&q))
		q.Reset()
		q.Mul(w, orthonormal(&z))
	}
	base := orthonormal(&q)
	var small mat.Dense
	small.Mul(base.T(), w)
	f, err := exact(&small, rank)
	if err != nil {
		return f, err
	}
	var up mat.Dense
	up.Mul(base, f.up)
	f.up = &up
	return f, nil
}

// orthonormal has columns that span those of a tall a.
func orthonormal(a *mat.Dense) *mat.Dense {
	q, _ := thinQR(a)
	return q
}

// thinQR is a = q·r for a tall a [m,n]: q is [m,n], where mat.QR would make it [m,m].
func thinQR(a *mat.Dense) (q, r *mat.Dense) {
	m, n := a.Dims()
	q = mat.DenseCopyOf(a)
	raw, tau := q.RawMatrix(), make([]float64, n)
	size := []float64{0}
	lapack64.Geqrf(raw, tau, size, -1)
	work := make([]float64, max(int(size[0]), 64*n))
	lapack64.Geqrf(raw, tau, work, len(work))
	r = mat.NewDense(n, n, nil)
	for i := range min(m, n) {
		for j := i; j < n; j++ {
			r.Set(i, j, q.At(i, j))
		}
	}
	lapack64.Orgqr(raw, tau, work, len(work))
	return q, r
}

func exact(w *mat.Dense, rank int) (factors, error) {
	var svd mat.SVD
	if !svd.Factorize(w, mat.SVDThin) {
		return factors{}, errors.New("its singular values were not found: it holds values that are not finite")
	}
	var u, v mat.Dense
	svd.UTo(&u)
	svd.VTo(&v)
	f := factors{singular: svd.Values(nil)}
	m, n := w.Dims()
	f.up, f.down = mat.NewDense(m, rank, nil), mat.NewDense(rank, n, nil)
	for r := range rank {
		root := math.Sqrt(f.singular[r])
		for i := range m {
			f.up.Set(i, r, u.At(i, r)*root)
		}
		for i := range n {
			f.down.Set(r, i, v.At(i, r)*root)
		}
	}
	return f, nil
}

// dense is a matrix of float32 values.
func dense(values []float32, rows int) *mat.Dense {
	wide := make([]float64, len(values))
	for i, v := range values {
		wide[i] = float64(v)
	}
	return mat.NewDense(rows, len(values)/rows, wide)
}

// floats are a matrix's values.
func floats(m *mat.Dense) []float32 {
	raw := m.RawMatrix()
	out := make([]float32, 0, raw.Rows*raw.Cols)
	for i := range raw.Rows {
		for _, v := range raw.Data[i*raw.Stride : i*raw.Stride+raw.Cols] {
			out = append(out, float32(v))
		}
	}
	return out
}
