package infill

import (
	"context"
	"testing"
)

// TestAPlateMeetsWhatIsPinned, also where that has another colour than all that counts: a blurred bit of grass in a picture whose
// one smooth surface is its sky.
func TestAPlateMeetsWhatIsPinned(t *testing.T) {
	s := &sheet{w: 40, h: 40, c: make([]cell, 1600)}
	for i := range s.c {
		s.c[i] = cell{r: 150, g: 170, b: 140 + float32(i/s.w)/4, a: 255, w: 1}
		if i%s.w >= 30 {
			s.c[i].b = 65
		}
	}
	out, err := s.smoothOver(context.Background(), func(i int) bool { return i%s.w < 10 }, func(i int) bool { return i%s.w < 10 || i%s.w >= 30 })
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range []int{20*s.w + 5, 20*s.w + 35} {
		if got, want := out.c[i], s.c[i]; abs(got.b-want.b) > 3 || abs(got.g-want.g) > 3 {
			t.Errorf("at column %d it is %v, want %v", i%s.w, got, want)
		}
	}
}
