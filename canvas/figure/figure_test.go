package figure

import (
	"image"
	"reflect"
	"strings"
	"testing"
)

// What a layer says comes back as it was; what no figure can be is none.
func TestAFigureComesBack(t *testing.T) {
	r := image.Rect(100, 50, 612, 562)
	f := Figure{Unit: UnitFor(r), People: []Person{Standing(r), Standing(r.Add(image.Pt(30, 0)))}}
	f.People[1].Left = make([]Place, Hand)
	f = f.Hide(Joint{0, 4})
	got, ok := Decode(f.Encode())
	if !ok || !reflect.DeepEqual(got, f) {
		t.Fatalf("%+v came back as %+v", f, got)
	}
	for _, bad := range []string{"", "{}", `{"words":"a text"}`, `{"unit":1,"people":[{"body":[]}]}`, strings.Replace(string(f.Encode()), `"unit":1`, `"unit":0`, 1),
		strings.Replace(string(f.Encode()), `"x":`, `"x":1e9,"z":`, 1), strings.Replace(string(f.Encode()), `"left":[{"x":0,"y":0},`, `"left":[`, 1)} {
		if _, ok := Decode([]byte(bad)); ok {
			t.Errorf("taken for a figure: %.60s", bad)
		}
	}
}

// A joint is moved alone, a person as a whole, and the figure that was there stays as it was.
func TestMovingChangesACopy(t *testing.T) {
	r := image.Rect(0, 0, 400, 400)
	f := Figure{Unit: 1, People: []Person{Standing(r)}}
	if b := f.Bounds(); !b.In(r) || b.Dy() < 300 {
		t.Errorf("who stands in %v fills %v", r, b)
	}
	was := string(f.Encode())
	at := f.People[0].Body[4]
	j, ok := f.Nearest(at.X+3, at.Y-2, 9)
	if !ok || j != (Joint{0, 4}) {
		t.Fatalf("found %v, %v", j, ok)
	}
	if _, ok := f.Nearest(at.X-40, at.Y, 9); ok {
		t.Error("a joint far away is found")
	}
	one := f.Hide(j).Move(j, 10, -5, false)
	if now := one.People[0].Body[4]; now.X != at.X+10 || now.Y != at.Y-5 || now.Hidden || one.People[0].Body[3] != f.People[0].Body[3] {
		t.Errorf("the wrist is at %v, the elbow at %v", now, one.People[0].Body[3])
	}
	all := f.Move(j, 10, -5, true)
	for i, p := range all.People[0].Body {
		if q := f.People[0].Body[i]; p.X != q.X+10 || p.Y != q.Y-5 {
			t.Errorf("place %d went from %v to %v", i, q, p)
		}
	}
	if far := f.Move(j, 1e12, 0, false); string(far.Encode()) != was {
		t.Error("a joint left the plane")
	}
	if string(f.Encode()) != was {
		t.Error("the figure itself was changed")
	}
}
