package pipeline

import (
	"strings"
	"testing"

	"pentimento/pipeline/metadata"
)

// Restored faces are read from A1111's recipes, of pictures and of its Extras, and from ours; whoever takes the rest of such a
// recipe is told of them.
func TestRestoringIsReadFromRecipes(t *testing.T) {
	ours := Restoring{Model: "/home/someone/my file.pth", Weight: 0.7, Visibility: 0.8, Kind: "CodeFormer", Sum: "0123456789"}
	for name, c := range map[string]struct {
		params []metadata.Param
		want   Restoring
	}{
		"A1111":  {[]metadata.Param{{Key: "Face restoration", Value: "CodeFormer"}, {Key: "CodeFormer weight", Value: "0.3"}}, Restoring{Model: "CodeFormer", Kind: "CodeFormer", Weight: 0.3, Visibility: 1}},
		"Extras": {[]metadata.Param{{Key: "Postprocess GFPGAN visibility", Value: "0.6"}}, Restoring{Model: "GFPGAN", Kind: "GFPGAN", Weight: 0.5, Visibility: 0.6}},
		"ours":   {ours.params(), Restoring{Model: "my file", Kind: "CodeFormer", Weight: 0.7, Visibility: 0.8, Sum: "0123456789"}},
	} {
		r := &metadata.Recipe{Params: c.params}
		got, ok := RestoringOf(r)
		if !ok || got != c.want {
			t.Errorf("%s: found %+v, %v, want %+v", name, got, ok, c.want)
		}
		var q Request
		told := strings.Join(q.Recall(r, func(id string) bool { return id != "details" }), "\n")
		if !strings.Contains(told, "face restoration by "+c.want.Model) || strings.Contains(told, "no such settings") {
			t.Errorf("%s: told %q", name, told)
		}
	}
	if s, ok := RestoringOf(&metadata.Recipe{}); ok {
		t.Errorf("a recipe that says nothing restores by %+v", s)
	}
}

// What cannot be carried out is refused before a network is opened.
func TestFaceTasksRefuseWhatCannotBe(t *testing.T) {
	usual := Restoring{Model: "x.pth"}.Usual()
	for name, change := range map[string]func(s *Restoring){
		"no network": func(s *Restoring) { s.Model = "" }, "a weight of 2": func(s *Restoring) { s.Weight = 2 }, "a negative visibility": func(s *Restoring) { s.Visibility = -1 },
	} {
		one := usual
		change(&one)
		if one.check() == nil {
			t.Errorf("%s was taken", name)
		}
	}
	if err := usual.check(); err != nil {
		t.Error(err)
	}
	swap := Swapping{}.Usual()
	if swap.check() == nil || (*Swapping)(nil).check() == nil || (*Restoring)(nil).check() == nil {
		t.Error("a swap without a face, or a request that says nothing, was taken")
	}
	if p := (&Swapping{Swapper: "/x/a.onnx", Embedder: "/x/b.onnx", Name: "/x/me.jpg"}).params(); p[0].Key != "Face swap" || strings.Contains(p[0].Value+p[1].Value+p[2].Value, "/") {
		t.Errorf("a swapped face is told as %v", p)
	}
}

// What a picture says of a swapped face is read again, without paths; what can't be meant is told and not dropped, and whoever
// takes the rest of such a recipe is told of the face.
func TestSwappingIsReadFromRecipes(t *testing.T) {
	s := Swapping{Swapper: "/x/a.onnx", Embedder: "/x/b.onnx", Name: "/x/me.jpg", From: 2, Into: 3, Match: 0.25, Visibility: 0, Sums: [2]string{"12", "34"}}
	r := &metadata.Recipe{Params: s.params()}
	want := Swapping{Swapper: "a", Embedder: "b", Name: "me.jpg", From: 2, Into: 3, Match: 0.25, Visibility: 0, Sums: [2]string{"12", "34"}}
	if got, err := SwappingOf(r); err != nil || got != want {
		t.Errorf("found %+v, %v, want %+v", got, err, want)
	}
	var q Request
	if told := strings.Join(q.Recall(r, func(string) bool { return false }), "\n"); !strings.Contains(told, "swapped by a") || strings.Contains(told, "no such settings") {
		t.Errorf("told %q", told)
	}
	for _, key := range []string{keySwapFrom, keySwapInto, keySwapMatch, keySwapVisibility} {
		for _, value := range []string{"-1", "x", "NaN", ""} {
			r := &metadata.Recipe{Params: []metadata.Param{{Key: keySwap, Value: "a"}, {Key: keySwapEmbedder, Value: "b"}, {Key: key, Value: value}}}
			if got, err := SwappingOf(r); err == nil {
				t.Errorf("%s %q was taken as %+v", key, value, got)
			}
		}
	}
}
