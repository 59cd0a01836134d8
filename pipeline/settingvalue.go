package pipeline

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Kind is what a setting's text may be, and which control shows it.
type Kind int

// The kinds.
const (
	Number Kind = iota // "7.5", between Low and High
	Option             // one of Options
	YesNo              // "true" or "false"
	Words              // any text
)

// Value is the value of a setting in a Request, as a text.
type Value struct {
	Kind      Kind
	Low, High float64  // of a Number: what can be meant, both included
	Above     bool     // Low itself is not included
	Whole     bool     // a Number without a fraction
	Slider    Slider   // of a Number; zero: it is typed
	Options   []Choice // of an Option
	Loose     bool     // an Option that is known by other names, too

	known func(name string) bool // of a Loose one: a name that it resolves
	ref   func(*Request) any     // the field, where the setting is one
	get   func(*Request) string
	set   func(*Request, string) error
}

// Slider is the part of a number's range that a slider covers.
type Slider struct {
	Low, High, Step float64
	Unit            string
}

// Choice is one answer of an Option.
type Choice struct {
	Name    string   // for people
	Value   string   // as files and flags have it; "" is the program's own choice
	Foreign string   // in A1111's parameters; "" where it has no word there
	Also    []string // what other programs say for it
}

// Get is the value in a request; "" of an Option also stands for what no choice expresses.
func (v *Value) Get(q Request) string { return v.get(&q) }

// Set puts a value into a request. The error says what is wanted; a text that only the range
// or the list of options refuses is set nevertheless, so that Check can name it.
func (v *Value) Set(q *Request, text string) error {
	if err := v.set(q, text); err != nil {
		return err
	}
	return v.refuse(text)
}

// refuse is an error where the text is outside the range or is not among the options.
func (v *Value) refuse(text string) error {
	switch v.Kind {
	case Number:
		if n, err := strconv.ParseFloat(text, 64); err != nil || !(n >= v.Low && n <= v.High) || v.Above && n == v.Low {
			return fmt.Errorf("want %s", v.Wanted())
		}
	case Option:
		known := v.known
		if known == nil {
			known = func(name string) bool {
				return slices.ContainsFunc(v.Options, func(c Choice) bool { return c.Value == name })
			}
		}
		if !known(text) {
			return fmt.Errorf("want %s", v.Wanted())
		}
	}
	return nil
}

// Wanted says what a value may be.
func (v *Value) Wanted() string {
	switch {
	case v.Kind == Number && v.Above:
		return fmt.Sprintf("above %s and at most %s", short(v.Low), short(v.High))
	case v.Kind == Number && v.High >= math.MaxUint64:
		return fmt.Sprintf("0 to %d", uint64(math.MaxUint64))
	case v.Kind == Number:
		return fmt.Sprintf("%s to %s", short(v.Low), short(v.High))
	case v.Loose:
		return "a name that is known"
	case v.Kind == Option:
		var all []string
		for _, c := range v.Options {
			if c.Value != "" {
				all = append(all, c.Value)
			}
		}
		if n := len(all) - 1; n > 0 {
			return strings.Join(all[:n], ", ") + " or " + all[n]
		}
		return strings.Join(all, "")
	case v.Kind == YesNo:
		return "true or false"
	}
	return "a text"
}

// short writes a number without needless digits.
func short(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }

// read is the value that a recipe of any program means by a text; "" where it means none of
// ours.
func (v *Value) read(text string) string {
	switch v.Kind {
	case Number:
		if v.refuse(text) == nil && !(v.Whole && strings.ContainsAny(text, ".eE")) {
			return text
		}
	case Option:
		for _, c := range v.Options {
			if text != "" && (strings.EqualFold(text, c.Foreign) || slices.ContainsFunc(c.Also, func(a string) bool { return strings.EqualFold(text, a) })) {
				return c.Value
			}
		}
	case YesNo:
		if b, err := strconv.ParseBool(text); err == nil {
			return strconv.FormatBool(b)
		}
	default:
		return text
	}
	return ""
}

// written is a value as A1111's parameters have it; "" where they have no word for it.
func (v *Value) written(text string) string {
	switch v.Kind {
	case Option:
		for _, c := range v.Options {
			if c.Value == text {
				return c.Foreign
			}
		}
	case YesNo:
		return map[string]string{"true": "True", "false": "False"}[text]
	}
	return text
}

// number is the Value of a field, or of a part of one, that holds a number.
func number[T int | int64 | float64](ref func(*Request) *T, low, high float64, s Slider) Value {
	v := numeric(func(q *Request) T { return *ref(q) }, func(q *Request, n T) { *ref(q) = n }, low, high)
	v.Slider, v.ref = s, func(q *Request) any { return ref(q) }
	return v
}

// bits is a seed: any 64 bits, which people write as a number from 0. A negative one is what
// panels of before 2026-11-27 may hold; it is set and refused.
func bits(ref func(*Request) *int64) Value {
	return Value{Kind: Number, High: math.MaxUint64, Whole: true, ref: func(q *Request) any { return ref(q) },
		get: func(q *Request) string { return strconv.FormatUint(uint64(*ref(q)), 10) },
		set: func(q *Request, text string) error {
			n, err := strconv.ParseUint(text, 10, 64)
			if old, olderr := strconv.ParseInt(text, 10, 64); olderr == nil {
				n, err = uint64(old), nil
			}
			if err != nil {
				return fmt.Errorf("want 0 to %d", uint64(math.MaxUint64))
			}
			*ref(q) = int64(n)
			return nil
		}}
}

// numeric is a number that takes more than a pointer to reach.
func numeric[T int | int64 | float64](get func(*Request) T, set func(*Request, T), low, high float64) Value {
	var zero T
	_, fraction := any(zero).(float64)
	return Value{Kind: Number, Low: low, High: high, Whole: !fraction,
		get: func(q *Request) string { return fmt.Sprint(get(q)) },
		set: func(q *Request, text string) error {
			if fraction {
				f, err := strconv.ParseFloat(text, 64)
				if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
					return fmt.Errorf("want a number")
				}
				set(q, T(f))
				return nil
			}
			n, err := strconv.ParseInt(text, 10, 64)
			if err != nil || int64(T(n)) != n {
				return fmt.Errorf("want a whole number")
			}
			set(q, T(n))
			return nil
		}}
}

// sliding is the value with a slider.
func (v Value) sliding(s Slider) Value {
	v.Slider = s
	return v
}

// option is the Value of a field that holds one of some names.
func option[T ~string](ref func(*Request) *T, choices ...Choice) Value {
	return Value{Kind: Option, Options: choices, ref: func(q *Request) any { return ref(q) },
		get: func(q *Request) string { return string(*ref(q)) },
		set: func(q *Request, text string) error { *ref(q) = T(text); return nil }}
}

// answer is an option that stands for several fields together.
func answer(get func(*Request) string, set func(q *Request, value string), choices ...Choice) Value {
	return Value{Kind: Option, Options: choices, get: get, set: func(q *Request, text string) error { set(q, text); return nil }}
}

// yesNo is the Value of a field that is on or off.
func yesNo(ref func(*Request) *bool) Value {
	return Value{Kind: YesNo, ref: func(q *Request) any { return ref(q) },
		get: func(q *Request) string { return strconv.FormatBool(*ref(q)) },
		set: func(q *Request, text string) error {
			b, err := strconv.ParseBool(text)
			if err != nil {
				return fmt.Errorf("want true or false")
			}
			*ref(q) = b
			return nil
		}}
}

// phrase is the Value of a field that holds a text.
func phrase(ref func(*Request) *string) Value {
	return Value{Kind: Words, ref: func(q *Request) any { return ref(q) },
		get: func(q *Request) string { return *ref(q) },
		set: func(q *Request, text string) error { *ref(q) = text; return nil }}
}

// listed is an option over the names of a list; known says which others it resolves as well.
func listed(ref func(*Request) *string, names []string, known func(name string) bool) Value {
	v := option(ref)
	v.Loose, v.known = true, known
	for _, n := range names {
		v.Options = append(v.Options, Choice{Name: n, Value: n, Foreign: n})
	}
	return v
}
