package wildcard

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	"pentimento/fault"
)

// Expand is one form of a text: the same for the same seed, stream and lists. Texts of one picture
// have streams of their own (0 its prompt, 1 its negative prompt). The result is no template.
func Expand(text string, from *Library, seed int64, stream uint64) (string, error) {
	t := parse(text)
	if !t.special {
		return text, nil
	}
	d := &drawing{form: form{from: from, vars: map[string]variable{}}, rng: rand.New(rand.NewPCG(uint64(seed), stream))}
	if err := d.write(t.is); err != nil {
		return "", err
	}
	return strings.TrimSpace(string(d.out)), nil
}

// variable is what a name stands for; done with what was drawn once.
type variable struct {
	is   []node
	done bool
	text string
}

// form is what drawing and listing share.
type form struct {
	from *Library
	vars map[string]variable
	path []string // the lists and variables that are being written, outermost first
	work int      // done so far: pieces and lines looked at
}

// enter begins to write a list or a variable.
func (f *form) enter(name string) error {
	if slices.Contains(f.path, name) {
		return fault.New(fmt.Sprintf("wildcard: found a circle, %s: want lists that do not lead back to themselves", strings.Join(append(f.path, name), " → ")), "Take one of these names out of its list.")
	}
	if len(f.path) >= maxDepth {
		return fmt.Errorf("wildcard: %s: found lists that name lists deeper than %d, want fewer", strings.Join(f.path, " → "), maxDepth)
	}
	f.path = append(slices.Clip(f.path), name)
	return nil
}

func (f *form) leave() { f.path = f.path[:len(f.path)-1] }

// unknown is the error of a variable that nothing was said of.
func unknown(name string) error {
	return fault.New(fmt.Sprintf("${%s}: found no value for it", name), fmt.Sprintf("Write ${%s=…} before it, or ${%s:…} with what it is otherwise.", name, name))
}

func tooLong() error {
	return fmt.Errorf("wildcard: found a text that grows beyond %d kB, or takes very many draws; want a prompt", maxForm>>10)
}

// options are those of a choice: of one that is nothing but a list, the values of that list.
func (f *form) options(c choice) ([]option, string, []set, error) {
	if len(c.options) != 1 || len(c.options[0].is) != 1 {
		return c.options, "", nil, nil
	}
	n, ok := c.options[0].is[0].(named)
	if !ok {
		return c.options, "", nil, nil
	}
	all, err := f.from.values(n.pattern)
	if err != nil {
		return nil, "", nil, err
	}
	f.work += len(all) / 64
	out := make([]option, len(all))
	for i, v := range all {
		out[i] = option{v.weight, []node{v}}
	}
	return out, n.pattern, n.with, nil
}

// drawing writes one form.
type drawing struct {
	form
	rng *rand.Rand
	out []byte
}

func (d *drawing) write(nodes []node) (err error) {
	for _, n := range nodes {
		switch n := n.(type) {
		case literal:
			d.out = append(d.out, n...)
		case named:
			err = d.list(n)
		case *value:
			err = d.write(d.from.template(n).is)
		case choice:
			err = d.choose(n)
		case set:
			err = d.set(n)
		case use:
			err = d.use(n)
		}
		if d.work++; err == nil && (len(d.out) > maxForm || d.work > maxWork) {
			err = tooLong()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// list writes one value of the lists of a name.
func (d *drawing) list(n named) error {
	return d.choose(choice{options: []option{{1, []node{n}}}, low: 1, high: 1})
}

// choose draws as many options as it should, none of them twice.
func (d *drawing) choose(c choice) error {
	options, list, with, err := d.options(c)
	if err != nil {
		return err
	}
	if list != "" {
		if err := d.enter(list); err != nil {
			return err
		}
		defer d.leave()
		if len(with) > 0 {
			was := d.vars
			d.vars = maps.Clone(was)
			defer func() { d.vars = was }()
			for _, s := range with {
				d.vars[s.name] = variable{is: s.is}
			}
		}
	}
	low, high := c.count(len(options))
	n := low
	if high > low {
		n += d.rng.IntN(high - low + 1)
	}
	weights := make([]float64, len(options))
	for i, o := range options {
		weights[i] = o.weight
	}
	for i := range n {
		at := d.draw(weights)
		if at < 0 {
			break
		}
		weights[at] = 0
		if i > 0 {
			d.out = append(d.out, c.between...)
		}
		if err := d.write(options[at].is); err != nil {
			return err
		}
	}
	return nil
}

// count is how many of n options are taken, at least and at most.
func (c choice) count(n int) (low, high int) {
	if high = c.high; high < 0 || high > n {
		high = n
	}
	return min(c.low, high), high
}

// draw is the place of one by weight; −1 where all weights are 0.
func (d *drawing) draw(weights []float64) int {
	sum, last := 0.0, -1
	for i, w := range weights {
		if sum += w; w > 0 {
			last = i
		}
	}
	if last < 0 {
		return -1
	}
	at := d.rng.Float64() * sum
	for i, w := range weights {
		if at -= w; w > 0 && at < 0 {
			return i
		}
	}
	return last // rounding
}

// apart writes nodes into a text of its own.
func (d *drawing) apart(nodes []node) (string, error) {
	outer := d.out
	d.out = nil
	err := d.write(nodes)
	text := string(d.out)
	d.out = outer
	return text, err
}

func (d *drawing) set(s set) error {
	v := variable{is: s.is, done: s.once}
	if s.once {
		text, err := d.apart(s.is)
		if err != nil {
			return err
		}
		v.text = text
	}
	d.vars[s.name] = v
	return nil
}

func (d *drawing) use(u use) error {
	v, ok := d.vars[u.name]
	switch {
	case !ok && !u.optional:
		return unknown(u.name)
	case !ok:
		return d.write(u.otherwise)
	case v.done:
		d.out = append(d.out, v.text...)
		return nil
	}
	if err := d.enter("${" + u.name + "}"); err != nil {
		return err
	}
	defer d.leave()
	return d.write(v.is)
}
