// Package fault gives an error its advice: the error says what happened, where, what was
// found and what is wanted; what the person can do about it is apart from it, so that it
// can be shown apart.
//
// An error type of its own is for callers that must tell errors apart (infill.Error has a
// Reason, engine.Lost the devices left to try); such a type has a method Hint() string and
// is read by Hint like any other.
//
// 2026-11-27: at the top of the tree, because canvas and pipeline share nothing but this:
// the advice itself crosses packages as a method, not as a type.
package fault

import "errors"

// fault is an error with advice. cause may be nil.
type fault struct {
	text, advice string
	cause        error
}

func (f *fault) Error() string { return f.text }
func (f *fault) Hint() string  { return f.advice }
func (f *fault) Unwrap() error { return f.cause }

// New is an error that says text, with advice; advice may be empty.
func New(text, advice string) error { return &fault{text, advice, nil} }

// With gives err advice; it says what err says. It is nil where err is nil.
func With(err error, advice string) error {
	if err == nil {
		return nil
	}
	return &fault{err.Error(), advice, err}
}

// Told is an error in words for people, in place of those of its cause, which stays
// reachable by errors.Is and errors.As.
func Told(text, advice string, cause error) error { return &fault{text, advice, cause} }

// Hint is the advice of the first error in err's chain that has some, "" for none.
func Hint(err error) string {
	var h interface{ Hint() string }
	for errors.As(err, &h) {
		if advice := h.Hint(); advice != "" {
			return advice
		}
		inner, ok := h.(error)
		if !ok {
			return ""
		}
		err = errors.Unwrap(inner)
	}
	return ""
}
