package ui

import (
	"testing"

	"fyne.io/fyne/v2"
)

func TestTheLayersStayInViewBesideALongFillPanel(t *testing.T) {
	for _, c := range []struct{ upper, lower, height, wantUpper float32 }{
		{300, 200, 900, 300}, // both fit
		{1200, 200, 900, 700},
		{1200, 800, 1000, 640},
		{100, 2000, 900, 100},
	} {
		s := newSideColumn(tall(c.upper), tall(c.lower))
		s.box.Resize(fyne.NewSize(292, c.height))
		if h := s.upper.Size().Height; h != c.wantUpper {
			t.Errorf("%+v: the upper part has %v", c, h)
		}
		if sum := s.upper.Size().Height + s.lower.Size().Height; sum != c.height || s.lower.Position().Y != s.upper.Size().Height {
			t.Errorf("%+v: parts of %v in all, the lower at %v", c, sum, s.lower.Position().Y)
		}
	}
}
