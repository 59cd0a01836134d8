package pipeline

import (
	"encoding/json"
	"image"
	"math"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"pentimento/pipeline/pipelinetest"
	"pentimento/pipeline/region"
)

// full is a request with something in every field, and its pictures.
func full() (q Request, pictures []image.Image) {
	pictures = pipelinetest.Fill(rand.New(rand.NewPCG(1, 2)), &q, "ü")
	return q, pictures
}

// TestEveryPictureHasAPlace: of whatever pictures a Request holds, at any depth, Pictures
// knows each, once, under a name of its own, in the same order with and without pictures.
func TestEveryPictureHasAPlace(t *testing.T) {
	q, pictures := full()
	there := map[image.Image]string{}
	names := map[string]bool{}
	for name, p := range q.Pictures() {
		if img := p.Get(); img == nil || there[img] != "" || names[name] {
			t.Errorf("%q is %v, which is at %q too", name, img, there[img])
		}
		there[p.Get()], names[name] = name, true
		if p.Set(image.NewGray(image.Rect(0, 0, 1, 1))) || !p.Set(nil) || p.Get() != nil {
			t.Errorf("%q takes a picture of another type, or does not let go of its own", name)
		}
	}
	for i, img := range pictures {
		if there[img] == "" {
			t.Errorf("picture %d of %d, a %T, has no place in Pictures", i, len(pictures), img)
		}
	}
	n := 0
	for name := range q.Pictures() {
		if n++; !names[name] {
			t.Errorf("%q is new once the pictures are gone", name)
		}
	}
	if n != len(pictures) {
		t.Errorf("%d places, want %d", n, len(pictures))
	}
	for range q.Pictures() { // it may be left early
		break
	}
}

// TestARecordCannotAskForMemory: a record may be anybody's, and what it reads is held before
// anything else is looked at.
func TestARecordCannotAskForMemory(t *testing.T) {
	pass := []region.Pass{{Size: image.Pt(64, 64), Strength: 1}}
	for r, want := range map[image.Rectangle]bool{
		image.Rect(0, 0, 64, 64):                        true,
		image.Rect(1e6, -1e6, 1e6+1e4, -1e6+1e4):        true,
		image.Rect(0, 0, 32768, 32768):                  false,
		image.Rect(0, 0, 70000, 1):                      false,
		image.Rect(-math.MaxInt64, 0, math.MaxInt64, 1): false,
	} {
		data, err := json.Marshal(Replay{Read: r})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ReadReplay(data); (err == nil) != want {
			t.Errorf("a record that reads %v: %v", r, err)
		}
		for _, p := range []*Plan{{Layout: region.Layout{Context: r, Passes: pass}}, {Strips: []Strip{{Context: r, Passes: pass}}}} {
			if err := p.check(); (err == nil) != want {
				t.Errorf("a plan that reads %v: %v", r, err)
			}
		}
	}
	for _, size := range []image.Point{{}, {-8, 8}, {1 << 16, 8}, {1 << 15, 1 << 15}} {
		if (&Plan{Layout: region.Layout{Passes: []region.Pass{pass[0], {Size: size}}}}).check() == nil {
			t.Errorf("a plan works at %v", size)
		}
	}
	if (&Plan{}).check() == nil {
		t.Error("a plan of no pass is carried out")
	}
}

// TestAReplayTakesItsPicturesBack: a request that was written into a picture and gets its
// pictures back is the same again but for where it runs.
func TestAReplayTakesItsPicturesBack(t *testing.T) {
	q, _ := full()
	res := &Result{Image: q.Image, Request: q}
	data, err := json.Marshal(res.Replay())
	if err != nil {
		t.Fatal(err)
	}
	r, err := ReadReplay(data)
	if err == nil {
		err = r.Request.TakePictures(q)
	}
	want := q.Identity()
	want.Exact = true
	if err != nil || !reflect.DeepEqual(r.Request, want) {
		t.Errorf("%v: a replay is\n%+v, want\n%+v", err, r.Request, want)
	}
	short := q.Clone()
	short.Guides = short.Guides[:1]
	if short.TakePictures(q) == nil || r.Request.TakePictures(short) == nil {
		t.Error("pictures of a request with other lists were taken")
	}
}

// TestAReplayNamesNoFolder: of all names and paths only the base leaves the program.
func TestAReplayNamesNoFolder(t *testing.T) {
	var q Request
	folder := string(filepath.Separator) + filepath.Join("home", "someone")
	pipelinetest.Fill(rand.New(rand.NewPCG(3, 4)), &q, filepath.Join(folder, "x"))
	res := &Result{Image: q.Image, Request: q}
	free := map[string]bool{"Prompt": true, "Negative": true, "Template": true, "NegativeTemplate": true, "Engine": true, "Task": true, "Kind": true, "Preprocessor": true, "Emphasis": true,
		"Sampler": true, "Schedule": true, "RNG": true, "Blend": true, "Infill": true, "Method": true, "Note": true, "Reason": true, "Adapted": true, "Embedded": true, "Prediction": true, "Separate": true, "Blocks": true, "Elements": true, "RescaleIn": true, "Mode": true, "Resize": true, "Curve": true, "PerturbedAt": true, "Classes": true, "TopBy": true, "Sort": true, "Merge": true, "Place": true, "Fade": true, "At": true, "Layers": true, "Up": true, "Down": true, "Mix": true, "Class": true, "Type": true}
	var look func(v reflect.Value, at string)
	look = func(v reflect.Value, at string) {
		switch v.Kind() {
		case reflect.String:
			if last := at[strings.LastIndexByte(at, '.')+1:]; strings.Contains(v.String(), "someone") && !free[last] {
				t.Errorf("%s leaves the program as %q", at, v)
			}
		case reflect.Slice, reflect.Array:
			for i := range v.Len() {
				look(v.Index(i), at)
			}
		case reflect.Struct:
			for i := range v.NumField() {
				look(v.Field(i), at+"."+v.Type().Field(i).Name)
			}
		}
	}
	look(reflect.ValueOf(res.Replay().Request), "Request")
	if !strings.Contains(q.Guides[0].Name, folder) {
		t.Error("the request itself was changed")
	}
}

// TestWhereIsNoIdentity: whichever field of a request is another, its identity is another,
// but for where it runs, how many pictures were asked for and whether it repeats a run.
func TestWhereIsNoIdentity(t *testing.T) {
	for _, f := range reflect.VisibleFields(reflect.TypeFor[Request]()) {
		if f.Anonymous {
			continue
		}
		var q Request
		pipelinetest.Fill(rand.New(rand.NewPCG(1, 2)), reflect.ValueOf(&q).Elem().FieldByIndex(f.Index).Addr().Interface(), "x")
		_, where := reflect.TypeFor[Where]().FieldByName(f.Name)
		without := where || f.Name == "Batch" || f.Name == "Exact"
		if same := reflect.DeepEqual(q.Identity(), Request{}.Identity()); same != without {
			t.Errorf("two requests with another %s have the same identity: %t, want %t", f.Name, same, without)
		}
	}
}

// TestACloneHasListsOfItsOwn: whatever is written into any list of a clone, the request that
// it was made of stays.
func TestACloneHasListsOfItsOwn(t *testing.T) {
	q, _ := full()
	want, _ := full()
	c := q.Clone()
	if !reflect.DeepEqual(c, want) {
		t.Fatal("a clone differs")
	}
	var wipe func(v reflect.Value)
	wipe = func(v reflect.Value) {
		switch v.Kind() {
		case reflect.Slice:
			for i := range v.Len() {
				wipe(v.Index(i))
				v.Index(i).SetZero()
			}
		case reflect.Struct:
			for i := range v.NumField() {
				wipe(v.Field(i))
			}
		}
	}
	wipe(reflect.ValueOf(&c).Elem())
	if !reflect.DeepEqual(q, want) {
		t.Error("a list of the clone is the request's")
	}
}

// TestReferencesOfOldFilesAreGuides: until 2026-11 the only list was called references.
func TestReferencesOfOldFilesAreGuides(t *testing.T) {
	var q Request
	old := `{"engine":"diffusion","prompt":"a barn","seed":3,"steps":4,"references":[{"name":"bird","weight":0.75,"start":0.1,"end":1}]}`
	if err := json.Unmarshal([]byte(old), &q); err != nil {
		t.Fatal(err)
	}
	want := Request{Ask: Ask{Engine: Diffusion}, Text: Text{Prompt: "a barn"}, Sampling: Sampling{Seed: 3, Steps: 4},
		Guides: []Guide{{Kind: GuideReference, Name: "bird", Weight: 0.75, Start: 0.1, End: 1}}}
	if !reflect.DeepEqual(q, want) {
		t.Errorf("read as %+v, want %+v", q, want)
	}
	if err := json.Unmarshal([]byte(`{"references": 3}`), &q); err == nil {
		t.Error("a list that is none was read")
	}
}

// TestEmptyListsCostNothing: a request without lists is written as it was before there were
// any, flat.
func TestEmptyListsCostNothing(t *testing.T) {
	data, err := json.Marshal(Request{})
	want := `{"engine":"","task":"","frame":{"Min":{"X":0,"Y":0},"Max":{"X":0,"Y":0}},"prompt":"","seed":0}`
	if err != nil || string(data) != want {
		t.Errorf("an empty request is %s (%v), want %s", data, err, want)
	}
}
