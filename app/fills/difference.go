package fills

import (
	"fmt"
	"image"
	"path/filepath"
	"reflect"
	"strings"

	"pentimento/app/words"
	"pentimento/pipeline"
)

// Difference is one setting in which two fills differ.
type Difference struct {
	Name        string // for people
	Before, Now string
}

// notSettings are what a person did not choose: the plan follows from the others, and how
// the arithmetic went is only for making the same pixels again.
var notSettings = map[string]bool{"Plan": true, "Packed": true, "Parts": true, "Exact": true, "Adapted": true, "Embedded": true, "Separate": true}

// Differences lists the settings in which two requests differ, in the order of Request.
func Differences(before, now pipeline.Request) []Difference {
	var out []Difference
	a, b := reflect.ValueOf(before), reflect.ValueOf(now)
	for _, field := range reflect.VisibleFields(a.Type()) {
		x, y := a.FieldByIndex(field.Index), b.FieldByIndex(field.Index)
		if field.Anonymous || notSettings[field.Name] || sameValue(x, y) {
			continue
		}
		was, is := written(x), written(y)
		if field.Name == "Model" || field.Name == "VAE" || strings.HasPrefix(field.Name, "TextEncoder") {
			if p, q := filepath.Base(was), filepath.Base(is); p != q { // else the folders differ
				was, is = p, q
			}
		}
		if was == is {
			was, is = "", words.T("another")
		}
		name := pipeline.TitleOf(field.Name)
		if field.Name == "Image" {
			name = words.T("Picture below")
		}
		out = append(out, Difference{name, was, is})
	}
	return out
}

// sameValue compares pictures and masks by what they hold.
func sameValue(a, b reflect.Value) bool { return reflect.DeepEqual(a.Interface(), b.Interface()) }

// written is a setting as text; "–" stands for nothing.
func written(v reflect.Value) string {
	var text string
	switch x := v.Interface().(type) {
	case *image.NRGBA:
		if x != nil {
			text = sizeOf(x.Rect)
		}
	case *image.Alpha:
		if x != nil {
			text = sizeOf(x.Rect)
		}
	case image.Rectangle:
		text = sizeOf(x)
	case bool:
		text = map[bool]string{true: "on", false: "off"}[x]
	case [2]float64:
		if x != [2]float64{} {
			text = words.T("%.4g to %.4g", x[0], x[1])
		}
	default:
		switch v.Kind() {
		case reflect.Pointer:
			text = parts(v.Elem())
		case reflect.Slice:
			var all []string
			for i := range v.Len() {
				all = append(all, fmt.Sprint(v.Index(i)))
			}
			text = strings.Join(all, "; ")
		default:
			text = strings.TrimSpace(fmt.Sprint(x))
		}
	}
	if text == "" {
		return "–"
	}
	return text
}

// parts writes a group of settings; an invalid value, the nil pointer's, is empty.
func parts(v reflect.Value) string {
	if v.Kind() != reflect.Struct {
		return ""
	}
	var out []string
	for i := range v.NumField() {
		if f := v.Type().Field(i); f.IsExported() {
			out = append(out, strings.ToLower(f.Name)+" "+written(v.Field(i)))
		}
	}
	return strings.Join(out, ", ")
}

func sizeOf(r image.Rectangle) string {
	return words.T("%d × %d at %d, %d", r.Dx(), r.Dy(), r.Min.X, r.Min.Y)
}

// Compared is the candidate on show, and the one that it is compared with: the one
// before it, in its stack or in the one before that; for the very first, the one after.
// It returns nil, nil where there are not two.
func (f *Fills) Compared() (before, now *Candidate) {
	s := f.Shown()
	if s == nil || s.Current() == nil {
		return nil, nil
	}
	var last *Candidate
	for _, o := range f.stacks {
		for _, c := range o.Candidates {
			switch {
			case now != nil: // the first one that follows
				return c, now
			case c == s.Current() && last != nil:
				return last, c
			case c == s.Current():
				now = c
			}
			last = c
		}
	}
	return nil, nil
}
