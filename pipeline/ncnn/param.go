package ncnn

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

const (
	magic    = "7767517"
	maxID    = 64      // of a parameter
	maxArray = 1 << 12 // numbers in one
	arrays   = -23300  // minus the number of a parameter that is an array
)

// layer is a line of a .param: what it reads and makes are names of blobs, the values of a network.
type layer struct {
	kind, name string
	in, out    []string
	params     map[int64][]float64
}

// number is a parameter; other where it isn't given.
func (l *layer) number(id int64, other float64) float64 {
	if v := l.params[id]; len(v) > 0 {
		return v[0]
	}
	return other
}

// whole is a parameter that counts; anything else counts nothing.
func (l *layer) whole(id, other int64) int64 {
	v := l.number(id, float64(other))
	if v != math.Trunc(v) || math.Abs(v) > 1<<31 {
		return math.MinInt32
	}
	return int64(v)
}

// parse reads a .param: the mark, how many layers and blobs there are, and a line for each layer:
// kind, name, how many it reads and makes, their names, and parameters.
func parse(text string) ([]*layer, error) {
	lines := strings.FieldsFunc(text, func(r rune) bool { return r == '\n' || r == '\r' })
	lines = compact(lines)
	if len(lines) < 2 || lines[0] != magic {
		return nil, errors.New("is no .param of ncnn's, or of another version")
	}
	counts := strings.Fields(lines[1])
	if len(counts) != 2 {
		return nil, fmt.Errorf("says %q where numbers of layers and blobs are wanted", lines[1])
	}
	if n, err := strconv.Atoi(counts[0]); err != nil || n != len(lines)-2 {
		return nil, fmt.Errorf("lists %d layers, its head says %q: it is incomplete", len(lines)-2, counts[0])
	}
	var layers []*layer
	made := map[string]bool{}
	for i, line := range lines[2:] {
		l, err := layerOf(strings.Fields(line))
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", i+3, err)
		}
		for _, name := range l.in {
			if !made[name] {
				return nil, fmt.Errorf("layer %q (%s) reads %q before anything makes it", l.name, l.kind, name)
			}
		}
		for _, name := range l.out {
			if made[name] {
				return nil, fmt.Errorf("layer %q (%s) makes %q again", l.name, l.kind, name)
			}
			made[name] = true
		}
		layers = append(layers, l)
	}
	return layers, nil
}

// compact is lines without spaces around, and without empty ones.
func compact(lines []string) (out []string) {
	for _, l := range lines {
		if l = strings.TrimSpace(l); l != "" {
			out = append(out, l)
		}
	}
	return out
}

func layerOf(words []string) (*layer, error) {
	if len(words) < 4 {
		return nil, fmt.Errorf("has %d words, want a kind, a name and two numbers at least", len(words))
	}
	in, err := strconv.Atoi(words[2])
	out, err2 := strconv.Atoi(words[3])
	rest := words[4:]
	if err != nil || err2 != nil || in < 0 || out < 0 || in > len(rest) || out > len(rest)-in {
		return nil, fmt.Errorf("layer %q: reads %q and makes %q blobs, of %d words behind", words[1], words[2], words[3], len(rest))
	}
	l := &layer{kind: words[0], name: words[1], in: rest[:in], out: rest[in : in+out], params: map[int64][]float64{}}
	for _, w := range rest[in+out:] {
		key, value, ok := strings.Cut(w, "=")
		id, err := strconv.ParseInt(key, 10, 64)
		array := id <= arrays
		if array {
			id = arrays - id
		}
		if !ok || err != nil || id < 0 || id >= maxID {
			return nil, fmt.Errorf("layer %q: found %q, want a parameter such as 0=64", l.name, w)
		}
		list := strings.Split(value, ",")
		if len(list) > maxArray || len(list) > 1 && !array {
			return nil, fmt.Errorf("layer %q: parameter %d has %d values", l.name, id, len(list))
		}
		for _, text := range list {
			v, err := strconv.ParseFloat(text, 64)
			if err != nil {
				return nil, fmt.Errorf("layer %q: parameter %d is %q, want a number", l.name, id, text)
			}
			l.params[id] = append(l.params[id], v)
		}
		if v := l.params[id]; array {
			if int(v[0]) != len(v)-1 {
				return nil, fmt.Errorf("layer %q: parameter %d has %d values, says %v", l.name, id, len(v)-1, v[0])
			}
			l.params[id] = v[1:]
		}
	}
	return l, nil
}
