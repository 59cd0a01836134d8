package model

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"pentimento/pipeline/tensor"
)

// Sent remembers what a device was given, input by input, so that only what has changed since
// crosses to it again: during a run the text, its label and the mask stay there, and a latent and
// its timestep cross at each evaluation. Values are compared, a copy of them being kept: half a
// megabyte of text costs 0.1 ms. The zero value has sent nothing. It is for one goroutine.
type Sent struct{ last map[string]*tensor.Tensor }

// Changed says whether an input differs in any bit from what was sent last under its name, and
// takes it as sent.
func (s *Sent) Changed(name string, t *tensor.Tensor) bool {
	if was := s.last[name]; was != nil && slices.Equal(was.Shape, t.Shape) && slices.EqualFunc(was.Data, t.Data, same) {
		return false
	}
	if s.last == nil {
		s.last = map[string]*tensor.Tensor{}
	}
	s.last[name] = t.Clone()
	return true
}

func same(a, b float32) bool { return math.Float32bits(a) == math.Float32bits(b) }

// Forget has an input sent again that did not arrive.
func (s *Sent) Forget(name string) { delete(s.last, name) }

// Shapes tells inputs of other names or shapes apart: a device keeps one set of each kind.
func Shapes(in map[string]*tensor.Tensor) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(in)) {
		if t := in[name]; t != nil {
			fmt.Fprint(&b, name, t.Shape)
		}
	}
	return b.String()
}
