package infill

import (
	"image"
	"testing"
)

// Known pixels of which no two are neighbours are judged, too: as noise, and not as no number,
// which would spread over the whole hole.
func TestApartPixelsAreJudged(t *testing.T) {
	s := &sheet{w: 9, h: 9, c: make([]cell, 81)}
	for i := range s.c {
		if i%9%2 == 0 {
			v := float32(100 + i%3)
			s.c[i] = cell{r: v, g: v, b: v, w: 1}
		}
	}
	c := &calmer{finisher: &finisher{at: image.Rect(0, 0, 9, 9), sheet: s}, beside: make([]uint8, 81)}
	if smooth, keep := c.judge(40); !(smooth >= 0 && smooth <= 1) || !(keep >= 0 && keep <= 1) {
		t.Errorf("smooth %v, keep %v, want 0 to 1", smooth, keep)
	}
}
