package merge

import (
	"context"
	"fmt"
	"io"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"gonum.org/v1/gonum/mat"

	"pentimento/fault"
	"pentimento/pipeline/checkpoint"
)

// Resizing makes a LoRA of a smaller (or larger) rank.
type Resizing struct {
	File string
	Rank int     // the most that a module may have
	Keep float64 // a module has the least rank that keeps this share of its length (Frobenius norm); 0 or 1: Rank everywhere
	Type string  // "F16", "F32", or "" for each tensor's own
}

// Resized says what became of a LoRA.
type Resized struct {
	Modules int     // resized
	Kept    int     // tensors that belong to no plain LoRA module and were copied
	Rank    float64 // on average
	Length  float64 // share of the change's length that is kept, on average
}

// pairs are the ends of the keys of a LoRA's two matrices, and of its scale, in each naming.
var pairs = []ends{
	{".lora_up.weight", ".lora_down.weight", ".alpha"},
	{".lora_B.weight", ".lora_A.weight", ".alpha"},
	{".lora.up.weight", ".lora.down.weight", ".alpha"},
}

// Resize writes the LoRA with other ranks, which are the best of their size: the singular value
// decomposition of up·down, by way of two QR decompositions. What is no plain pair (LoHa, norms,
// a middle matrix) is copied. It ends early with ctx.Err(); report is told how many modules are done.
func Resize(ctx context.Context, o Resizing, w io.Writer, report func(done, total int64)) (r Resized, err error) {
	p, found, err := o.open()
	if err != nil {
		return r, err
	}
	copied := maps.Clone(p.Tensors)
	var parts []part
	for i, m := range found {
		if err := ctx.Err(); err != nil {
			return r, err
		}
		made, kept, err := o.module(m)
		if err != nil {
			return r, fmt.Errorf("adapter %q, module %q: %w", filepath.Base(o.File), m.name, err)
		}
		parts = append(parts, made...)
		delete(copied, m.name+m.ends.up)
		delete(copied, m.name+m.ends.down)
		delete(copied, m.name+m.ends.alpha)
		r.Modules, r.Rank, r.Length = r.Modules+1, r.Rank+float64(made[1].Shape[0]), r.Length+kept
		if report != nil {
			report(int64(i+1), int64(len(found)))
		}
	}
	for _, t := range copied {
		if t.Scaled() {
			return r, fmt.Errorf("adapter %q, tensor %q: scaled 8-bit floats, want a file without them", filepath.Base(o.File), t.Key)
		}
		data := &strings.Builder{}
		if err := t.CopyTo(data); err != nil {
			return r, err
		}
		parts = append(parts, part{checkpoint.Planned{Name: t.Key, Stored: t.Stored, Shape: t.Shape}, []byte(data.String())})
	}
	r.Kept, r.Rank, r.Length = len(copied), r.Rank/float64(r.Modules), r.Length/float64(r.Modules)
	return r, writeParts(w, parts, o.metadata(p.Metadata))
}

// Look reads the header only: how many modules Resize resizes, and the most bytes that they take
// then. Its errors are those with which Resize ends before it computes.
func (o Resizing) Look() (modules int, bytes int64, err error) {
	_, found, err := o.open()
	for _, m := range found {
		up, down := max(m.up.Shape[0], 1), m.down.Count()/max(m.down.Shape[0], 1)
		stored := o.Type
		if stored == "" {
			stored = typeOf(m.up)
		}
		bytes += min(int64(o.Rank), up, down) * (up + down) * width(stored)
	}
	return len(found), bytes, err
}

type ends struct{ up, down, alpha string }

// pair is the two matrices of a module, and its scale where it has one (a Key).
type pair struct {
	name            string
	ends            ends
	up, down, alpha checkpoint.Tensor
}

// open finds the pairs of the file, in the order of their names.
func (o Resizing) open() (p *checkpoint.Part, found []pair, err error) {
	if o.Rank < 1 || !(o.Keep >= 0 && o.Keep <= 1) || !slices.Contains([]string{"", "F16", "F32"}, o.Type) {
		return nil, nil, fmt.Errorf("rank %d, share %g, type %q: want a positive rank, a share of 0 to 1, and F16 or F32", o.Rank, o.Keep, o.Type)
	}
	if p, err = checkpoint.OpenPart(o.File, "adapter"); err != nil {
		return nil, nil, err
	}
	for _, key := range p.Names() {
		for _, ends := range pairs {
			name, ok := strings.CutSuffix(key, ends.up)
			down, has := p.Tensors[name+ends.down]
			if _, mid := p.Tensors[name+".lora_mid.weight"]; !ok || !has || mid {
				continue
			}
			m := pair{name, ends, p.Tensors[key], down, p.Tensors[name+ends.alpha]}
			if up := m.up; len(up.Shape) < 2 || len(down.Shape) < 2 || up.Shape[1] != down.Shape[0] || up.Shape[0]*up.Shape[1] != up.Count() || down.Count() == 0 || up.Count() == 0 {
				return nil, nil, fmt.Errorf("adapter %q, module %q: up %v times down %v, want [out, rank] and [rank, in, …]", filepath.Base(o.File), name, up.Shape, down.Shape)
			}
			found = append(found, m)
		}
	}
	if len(found) == 0 {
		return nil, nil, fault.New(fmt.Sprintf("adapter %q holds no pair of lora_up and lora_down", filepath.Base(o.File)), "Only a LoRA can be resized.")
	}
	return p, found, nil
}

// metadata are the file's, with the ranks that hold now.
func (o Resizing) metadata(of map[string]string) map[string]string {
	out := maps.Clone(of)
	if out == nil {
		out = map[string]string{}
	}
	for _, stale := range []string{"sshs_model_hash", "sshs_legacy_hash"} {
		delete(out, stale)
	}
	out["ss_network_dim"], out["ss_network_alpha"] = fmt.Sprint(o.Rank), fmt.Sprint(o.Rank)
	if o.Keep > 0 && o.Keep < 1 {
		out["ss_network_dim"], out["ss_network_alpha"] = "Dynamic", "Dynamic"
	}
	return out
}

// module is a pair with another rank. Its alpha is the rank, so that the pair holds the change
// as it is; a naming without alpha stays without.
func (o Resizing) module(m pair) (parts []part, kept float64, err error) {
	up, down, alpha, scaled := m.up, m.down, m.alpha, m.alpha.Key != ""
	u, err := up.Floats()
	if err != nil {
		return nil, 0, err
	}
	d, err := down.Floats()
	if err != nil {
		return nil, 0, err
	}
	scale := 1.0
	if scaled {
		a, err := alpha.Numbers()
		if err != nil || len(a) != 1 {
			return nil, 0, fmt.Errorf("alpha of shape %v, want one number", alpha.Shape)
		}
		scale = float64(a[0]) / float64(down.Shape[0])
	}
	f, kept, err := o.shrink(dense(u, int(up.Shape[0])), dense(d, int(down.Shape[0])), scale)
	if err != nil {
		return nil, 0, err
	}
	_, rank := f.up.Dims()
	out := func(t checkpoint.Tensor, m *mat.Dense, shape []int64) error {
		stored := o.Type
		if stored == "" {
			stored = typeOf(t)
		}
		data, err := narrow(floats(m), stored)
		parts = append(parts, part{checkpoint.Planned{Name: t.Key, Stored: stored, Shape: shape}, data})
		return err
	}
	upShape, downShape := slices.Clone(up.Shape), slices.Clone(down.Shape)
	upShape[1], downShape[0] = int64(rank), int64(rank)
	if err = out(up, f.up, upShape); err == nil {
		err = out(down, f.down, downShape)
	}
	if err == nil && scaled {
		err = out(alpha, mat.NewDense(1, 1, []float64{float64(rank)}), alpha.Shape)
	}
	return parts, kept, err
}

// typeOf is what a tensor's like is stored as.
func typeOf(t checkpoint.Tensor) string {
	if t.Stored == "F16" || t.Stored == "BF16" {
		return t.Stored
	}
	return "F32"
}

// shrink decomposes up·down·scale and keeps its largest parts.
func (o Resizing) shrink(up, down *mat.Dense, scale float64) (f factors, kept float64, err error) {
	left, right := up, mat.DenseCopyOf(down.T())
	l, r := square(left), square(right)
	var middle mat.Dense
	middle.Mul(l.r, r.r.T())
	middle.Scale(scale, &middle)
	a, b := middle.Dims()
	if f, err = exact(&middle, min(a, b)); err != nil {
		return f, 0, err
	}
	rank, kept := o.rank(f.singular)
	var x, y mat.Dense
	x.Mul(l.q, f.up.Slice(0, a, 0, rank))
	y.Mul(f.down.Slice(0, rank, 0, b), r.q.T())
	f.up, f.down = &x, &y
	return f, kept, nil
}

type qr struct{ q, r *mat.Dense }

// square is a = q·r with as few columns of q as a has, or a itself where it is wide.
func square(a *mat.Dense) qr {
	m, n := a.Dims()
	if m <= n {
		one := mat.NewDense(m, m, nil)
		for i := range m {
			one.Set(i, i, 1)
		}
		return qr{one, a}
	}
	q, r := thinQR(a)
	return qr{q, r}
}

// rank is how many of the singular values are kept, and which share of the length that is.
func (o Resizing) rank(singular []float64) (int, float64) {
	total, sum := 0.0, 0.0
	for _, s := range singular {
		total += s * s
	}
	if total == 0 {
		return 1, 1
	}
	for i, s := range singular {
		sum += s * s
		kept := math.Sqrt(sum / total)
		if i+1 == o.Rank || i+1 == len(singular) || o.Keep > 0 && o.Keep < 1 && kept >= o.Keep {
			return i + 1, kept
		}
	}
	return len(singular), 1
}
