package merge

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"slices"

	"pentimento/fault"
	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/graph"
)

// piece is how many values are worked on at a time.
const piece = 1 << 21

// Write writes the merged checkpoint as a safetensors file with these metadata. report is told
// how many bytes of it are done; nil is allowed. It ends early with ctx.Err().
func (j *Job) Write(ctx context.Context, w io.Writer, metadata map[string]string, report func(done, total int64)) error {
	if err := j.measure(ctx); err != nil {
		return err
	}
	plan, done, total := j.plan(), int64(0), int64(0)
	for _, p := range plan {
		total += j.source(p.Name).Length
	}
	return checkpoint.Write(w, metadata, plan, func(p checkpoint.Planned, w io.Writer) error {
		err := j.write(ctx, p, w)
		if done += j.source(p.Name).Length; report != nil {
			report(done, total)
		}
		return err
	})
}

// plan are the tensors of the result.
func (j *Job) plan() (plan []checkpoint.Planned) {
	for key, t := range j.files[0] {
		stored := t.Word()
		if j.counts(key) || j.source(key).Scaled() {
			stored = j.typeFor(t)
		}
		plan = append(plan, checkpoint.Planned{Name: key, Stored: stored, Shape: t.Shape})
	}
	return plan
}

// Size is about how many bytes Write writes: all but the header.
func (j *Job) Size() (bytes int64) {
	for _, p := range j.plan() {
		if t := j.source(p.Name); p.Stored == t.Word() {
			bytes += t.Length
		} else {
			bytes += t.Count() * width(p.Stored)
		}
	}
	return bytes
}

// width is the bytes of a value of a type that is written.
func width(stored string) int64 {
	if stored == "F32" {
		return 4
	}
	return 2
}

// typeFor is what a weight is stored as. Types that round more than halves do, and
// those that networks do not read, become the next larger.
func (j *Job) typeFor(t checkpoint.Tensor) string {
	switch {
	case j.Type != "":
		return j.Type
	case t.Stored == "F16" || t.Stored == "BF16":
		return t.Stored
	case t.Type.Size() == 1 || t.Stored != t.Word():
		return "F16"
	}
	return "F32"
}

// source is the tensor that a key's values come from before they are merged.
func (j *Job) source(key string) checkpoint.Tensor {
	if t, ok := j.vae[key]; ok {
		return t
	}
	return j.files[0][key]
}

func (j *Job) write(ctx context.Context, p checkpoint.Planned, w io.Writer) error {
	t := j.source(p.Name)
	if !j.merges(p.Name) && j.baked[p.Name] == nil && p.Stored == t.Word() {
		return t.CopyTo(w)
	}
	return j.values(ctx, p.Name, func(v []float32) error {
		b, err := narrow(v, p.Stored)
		if err == nil {
			_, err = w.Write(b)
		}
		if err != nil {
			return fmt.Errorf("tensor %q: %w", p.Name, err)
		}
		return nil
	})
}

// merges is Merged, where no other autoencoder takes the place of the merged one.
func (j *Job) merges(key string) bool { return j.vae[key].File == "" && j.Merged(key) }

// narrow are values as a file stores them, rounded to nearest, ties to even.
func narrow(v []float32, stored string) ([]byte, error) {
	b := make([]byte, 0, 4*len(v))
	for _, x := range v {
		switch stored {
		case "F16":
			if b = graph.AppendHalf(b, x); abs(x) >= 65520 && x-x == 0 {
				return nil, fault.New(fmt.Sprintf("value %g is beyond what fp16 holds", x), "Write fp32 or bf16.")
			}
		case "BF16":
			bits := math.Float32bits(x)
			if x == x {
				bits += 0x7fff + bits>>16&1
			}
			b = binary.LittleEndian.AppendUint16(b, uint16(bits>>16))
		default:
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
		}
	}
	return b, nil
}

// Values are one tensor of the result, rounded as the file would have it.
func (j *Job) Values(ctx context.Context, key string) (values []float32, shape []int64, err error) {
	if !j.has(key) {
		return nil, nil, fmt.Errorf("model A has no tensor %q", key)
	}
	if err := j.measure(ctx); err != nil {
		return nil, nil, err
	}
	plan := j.plan()
	stored := plan[slices.IndexFunc(plan, func(p checkpoint.Planned) bool { return p.Name == key })].Stored
	if t := j.source(key); !j.merges(key) && j.baked[key] == nil && stored == t.Word() {
		values, err = t.Numbers()
		return values, j.files[0][key].Shape, err
	}
	err = j.values(ctx, key, func(v []float32) error {
		b, err := narrow(v, stored)
		if err == nil {
			v, err = checkpoint.Widen(b, map[string]graph.DType{"F16": graph.Float16, "BF16": graph.BFloat16, "F32": graph.Float32}[stored])
		}
		values = append(values, v...)
		return err
	})
	return values, j.files[0][key].Shape, err
}

// values gives a float tensor of the result in float32, in order, some at a time.
func (j *Job) values(ctx context.Context, key string, each func([]float32) error) error {
	if j.baked[key] == nil {
		return j.plain(ctx, key, each)
	}
	var all []float32
	err := j.plain(ctx, key, func(v []float32) error {
		all = append(all, v...)
		return nil
	})
	if err == nil {
		err = j.bake(key, all)
	}
	if err != nil {
		return err
	}
	return each(all)
}

// plain are the values before adapters.
func (j *Job) plain(ctx context.Context, key string, each func([]float32) error) error {
	t := j.source(key)
	merges := j.merges(key)
	if merges && j.method.weights == nil {
		v, err := j.alike(key)
		if err != nil {
			return err
		}
		return each(v)
	}
	if merges && !slices.Equal(t.Shape, j.files[1][key].Shape) {
		v, err := j.first(key)
		if err != nil {
			return err
		}
		return each(v)
	}
	for at, n := int64(0), t.Count(); at < n; at += piece {
		if err := ctx.Err(); err != nil {
			return err
		}
		count := min(piece, n-at)
		v, err := t.FloatsFrom(at, count)
		if err != nil {
			return err
		}
		if merges {
			if v, err = j.mergePiece(key, v, at, count); err != nil {
				return err
			}
		}
		if err := each(v); err != nil {
			return err
		}
	}
	return nil
}

// mergePiece merges some values of a key into a.
func (j *Job) mergePiece(key string, a []float32, at, n int64) ([]float32, error) {
	b, err := j.files[1][key].FloatsFrom(at, n)
	if err != nil {
		return nil, err
	}
	c := b // what C lacks is no change
	if t, ok := j.files[2][key]; ok && slices.Equal(t.Shape, j.files[1][key].Shape) {
		if c, err = t.FloatsFrom(at, n); err != nil {
			return nil, err
		}
	}
	alpha, beta := j.shares(key)
	j.method.weights(a, b, c, alpha, beta)
	return a, nil
}

func (j *Job) shares(key string) (alpha, beta float64) {
	if j.method.Beta {
		beta = j.Beta.at(key, j.last)
	}
	return j.Alpha.at(key, j.last), beta
}

// first merges a convolution of more input channels with a plain one's: into those that the
// two share.
func (j *Job) first(key string) ([]float32, error) {
	wide, narrow := j.files[0][key], j.files[1][key]
	a, err := wide.Floats()
	if err != nil {
		return nil, err
	}
	step := int(wide.Count() / wide.Shape[0])
	shared := int(narrow.Count() / narrow.Shape[0])
	for row := range int(wide.Shape[0]) {
		if _, err := j.mergePiece(key, a[row*step:row*step+shared], int64(row*shared), int64(shared)); err != nil {
			return nil, err
		}
	}
	return a, nil
}
