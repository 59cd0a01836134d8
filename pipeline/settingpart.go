package pipeline

import (
	"fmt"
	"strconv"
	"strings"
)

// Values within a group of a request that is nil while all of it is as usual, so that what
// nobody uses is written nowhere.

// held is a group, or the usual one where it is nil.
func held[G any](g *G, usual G) G {
	if g != nil {
		return *g
	}
	return usual
}

// alter makes a group of its own of what is there, for a Request shares its groups.
func alter[G comparable](at **G, usual G, set func(*G)) {
	g := held(*at, usual)
	if set(&g); g == usual {
		*at = nil
		return
	}
	*at = &g
}

// partNumber is a number within a group.
func partNumber[G comparable, T int | int64 | float64](at func(*Request) **G, usual G, of func(*G) *T, low, high float64, s Slider) Value {
	v := numeric(func(q *Request) T { g := held(*at(q), usual); return *of(&g) },
		func(q *Request, n T) { alter(at(q), usual, func(g *G) { *of(g) = n }) }, low, high)
	v.Slider = s
	return v
}

// partYesNo is a switch within a group.
func partYesNo[G comparable](at func(*Request) **G, usual G, of func(*G) *bool) Value {
	return Value{Kind: YesNo,
		get: func(q *Request) string { g := held(*at(q), usual); return strconv.FormatBool(*of(&g)) },
		set: func(q *Request, text string) error {
			b, err := strconv.ParseBool(text)
			if err != nil {
				return fmt.Errorf("want true or false")
			}
			alter(at(q), usual, func(g *G) { *of(g) = b })
			return nil
		}}
}

// partName is one of some names within a group; people and files read the same ones.
func partName[G comparable](at func(*Request) **G, usual G, of func(*G) *string, names ...string) Value {
	v := answer(func(q *Request) string { g := held(*at(q), usual); return *of(&g) },
		func(q *Request, name string) { alter(at(q), usual, func(g *G) { *of(g) = name }) })
	for _, n := range names {
		v.Options = append(v.Options, Choice{Name: n, Value: n, Foreign: n})
	}
	return v
}

// dashed is an ID as flags have it.
func dashed(id string) string { return strings.ReplaceAll(id, "_", "-") }
