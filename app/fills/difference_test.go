package fills

import (
	"image"
	"reflect"
	"testing"

	"pentimento/pipeline"
)

// TestDifferencesNameEveryField changes one field of a Request at a time, whatever fields
// there are: each must be found, and no other.
func TestDifferencesNameEveryField(t *testing.T) {
	base := pipeline.Request{Text: pipeline.Text{Prompt: "a"}, Ask: pipeline.Ask{Image: image.NewNRGBA(image.Rect(0, 0, 2, 2)), Mask: image.NewAlpha(image.Rect(0, 0, 2, 2))}}
	if d := Differences(base, base); len(d) != 0 {
		t.Errorf("a request differs from itself by %v", d)
	}
	seen := map[string]bool{}
	for _, field := range reflect.VisibleFields(reflect.TypeOf(base)) {
		if field.Anonymous || notSettings[field.Name] {
			continue
		}
		other := base
		switch f := reflect.ValueOf(&other).Elem().FieldByIndex(field.Index); f.Kind() {
		case reflect.String:
			f.SetString(f.String() + "/x")
		case reflect.Bool:
			f.SetBool(!f.Bool())
		case reflect.Float64:
			f.SetFloat(f.Float() + 0.5)
		case reflect.Int, reflect.Int64:
			f.SetInt(f.Int() + 1)
		default:
			switch p := f.Addr().Interface().(type) {
			case **image.NRGBA:
				*p = image.NewNRGBA(image.Rect(0, 0, 2, 2))
				(*p).Pix[3] = 1
			case **image.Alpha:
				*p = image.NewAlpha(image.Rect(0, 0, 2, 3))
			case *image.Rectangle:
				p.Max.X++
			case *[2]float64:
				p[1]++
			default:
				if f.Kind() == reflect.Slice {
					f.Set(reflect.MakeSlice(f.Type(), 1, 1))
					break
				}
				if f.Kind() != reflect.Pointer {
					t.Fatalf("field %s has a kind this test does not know", field.Name)
				}
				f.Set(reflect.New(f.Type().Elem()))
			}
		}
		d := Differences(base, other)
		if len(d) != 1 || d[0].Name == "" || d[0].Before == d[0].Now || seen[d[0].Name] {
			t.Errorf("%s alone differs; found %+v", field.Name, d)
			continue
		}
		seen[d[0].Name] = true
	}
	ran := base
	ran.Packed, ran.Exact, ran.Plan, ran.Parts = []int{3}, true, &pipeline.Plan{}, []pipeline.Part{{Picture: 1}}
	if d := Differences(base, ran); len(d) != 0 {
		t.Errorf("how a run went is listed among its settings: %v", d)
	}
}

func TestDifferenceShowsNoFolder(t *testing.T) {
	d := Differences(pipeline.Request{Models: pipeline.Models{Model: "/a/b/one.safetensors"}}, pipeline.Request{Models: pipeline.Models{Model: "/a/b/two.safetensors"}})
	if len(d) != 1 || d[0].Before != "one.safetensors" || d[0].Now != "two.safetensors" {
		t.Errorf("%+v", d)
	}
}

func TestComparedIsTheOneBefore(t *testing.T) {
	b := newBench(t)
	cand := func() *Candidate { return &Candidate{Result: &pipeline.Result{}} }
	s1 := &Stack{ID: 1, Candidates: []*Candidate{cand(), cand()}}
	s2 := &Stack{ID: 2, Candidates: []*Candidate{cand()}}
	b.stacks = []*Stack{s1}
	for _, c := range []struct {
		what        string
		stacks      []*Stack
		shown       int64
		at          int
		before, now *Candidate
	}{
		{"the second of a place", []*Stack{s1}, 1, 1, s1.Candidates[0], s1.Candidates[1]},
		{"the first of all, with the next", []*Stack{s1}, 1, 0, s1.Candidates[1], s1.Candidates[0]},
		{"the first of a later place", []*Stack{s1, s2}, 2, 0, s1.Candidates[1], s2.Candidates[0]},
		{"a lone one", []*Stack{s2}, 2, 0, nil, nil},
		{"none", nil, 0, 0, nil, nil},
	} {
		b.stacks, b.shown = c.stacks, c.shown
		if s := b.Stack(c.shown); s != nil {
			s.At = c.at
		}
		if before, now := b.Compared(); before != c.before || now != c.now {
			t.Errorf("%s: wrong pair", c.what)
		}
	}
}
