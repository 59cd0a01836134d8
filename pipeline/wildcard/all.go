package wildcard

import (
	"maps"
	"slices"
	"strings"
)

// All lists the forms of a text, each once, up to a number of them, in the order in which they
// are written; more says that there are further ones. It keeps going while keep says so; nil is
// always.
func All(text string, from *Library, limit int, keep func() bool) (out []string, more bool, err error) {
	l := &listing{limit: max(limit, 1), keep: keep, seen: map[string]bool{}}
	f := form{from: from, vars: map[string]variable{}}
	l.each(parse(text).is, f, "", func(_ form, text string) bool {
		text = strings.TrimSpace(text)
		switch {
		case l.seen[text]:
		case len(l.out) == l.limit:
			l.more = true
			return false
		default:
			l.seen[text] = true
			l.out = append(l.out, text)
		}
		return true
	})
	return l.out, l.more, l.err
}

// listing goes through all forms: what follows a piece is done once for each form of it, by a
// function that is handed on.
type listing struct {
	limit int
	keep  func() bool
	seen  map[string]bool
	out   []string
	more  bool
	work  int
	deep  int // pieces of the form that is being written
	err   error
}

// next does what follows; false ends the listing.
type next func(f form, head string) bool

func (l *listing) fail(err error) bool {
	l.err = err
	return false
}

// each goes through the forms of nodes behind a head.
func (l *listing) each(nodes []node, f form, head string, then next) bool {
	if l.work++; l.work%1024 == 0 && l.keep != nil && !l.keep() || l.work > 16*maxWork {
		l.more = true
		return false
	}
	l.deep++
	defer func() { l.deep-- }()
	if len(head) > maxForm || l.deep > maxPieces {
		return l.fail(tooLong())
	}
	if len(nodes) == 0 {
		return then(f, head)
	}
	rest := func(f form, head string) bool { return l.each(nodes[1:], f, head, then) }
	switch n := nodes[0].(type) {
	case literal:
		return rest(f, head+string(n))
	case named:
		return l.choices(choice{options: []option{{1, []node{n}}}, low: 1, high: 1}, f, head, rest)
	case *value:
		return l.each(f.from.template(n).is, f, head, rest)
	case choice:
		return l.choices(n, f, head, rest)
	case set:
		return l.set(n, f, head, rest)
	case use:
		return l.use(n, f, head, rest)
	}
	return rest(f, head)
}

// choices goes through all ways to choose, in every order.
func (l *listing) choices(c choice, f form, head string, then next) bool {
	options, list, with, err := f.options(c)
	if err != nil {
		return l.fail(err)
	}
	outer := f
	if list != "" {
		if err := f.enter(list); err != nil {
			return l.fail(err)
		}
		if len(with) > 0 {
			f.vars = maps.Clone(f.vars)
			for _, s := range with {
				f.vars[s.name] = variable{is: s.is}
			}
		}
	}
	back := func(f form, head string) bool { // out of the list
		if f.path = outer.path; len(with) > 0 {
			f.vars = outer.vars
		}
		return then(f, head)
	}
	options = slices.DeleteFunc(slices.Clone(options), func(o option) bool { return o.weight == 0 })
	low, high := c.count(len(options))
	for n := low; n <= high; n++ {
		if !l.take(options, make([]bool, len(options)), n, c.between, f, head, true, back) {
			return false
		}
	}
	return true
}

// take goes through the ways to write n more of the options that are not yet taken.
func (l *listing) take(options []option, taken []bool, n int, between string, f form, head string, first bool, then next) bool {
	if n == 0 {
		return then(f, head)
	}
	if !first {
		head += between
	}
	for i, o := range options {
		if taken[i] {
			continue
		}
		now := slices.Clone(taken)
		now[i] = true
		if !l.each(o.is, f, head, func(f form, head string) bool { return l.take(options, now, n-1, between, f, head, false, then) }) {
			return false
		}
	}
	return true
}

func (l *listing) set(s set, f form, head string, then next) bool {
	known := func(f form, v variable) bool {
		f.vars = maps.Clone(f.vars)
		f.vars[s.name] = v
		return then(f, head)
	}
	if !s.once {
		return known(f, variable{is: s.is})
	}
	return l.each(s.is, f, "", func(f form, text string) bool { return known(f, variable{done: true, text: text}) })
}

func (l *listing) use(u use, f form, head string, then next) bool {
	v, ok := f.vars[u.name]
	switch {
	case !ok && !u.optional:
		return l.fail(unknown(u.name))
	case !ok:
		return l.each(u.otherwise, f, head, then)
	case v.done:
		return then(f, head+v.text)
	}
	outer := f.path
	if err := f.enter("${" + u.name + "}"); err != nil {
		return l.fail(err)
	}
	return l.each(v.is, f, head, func(f form, head string) bool {
		f.path = outer
		return then(f, head)
	})
}
