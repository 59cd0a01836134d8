package editor

import (
	"image/color"
	"testing"
	"time"

	"pentimento/tools"
)

func TestXSwapsColoursOnlyWhereItDoesNotErase(t *testing.T) {
	e := newBench(t)
	b := e.Brush()
	e.SetTool("mask")
	e.Key("X")
	if got := e.Brush(); !got.Erase || got.Colour != b.Colour {
		t.Errorf("with the mask brush X gave %+v", got)
	}
	e.Key("X")
	for _, tool := range []string{"brush", "eraser", "picker"} {
		e.SetTool(tool)
		e.Key("X")
		if got := e.Brush(); got.Erase || got.Colour != b.Back || got.Back != b.Colour {
			t.Errorf("with %s X gave %+v", tool, got)
		}
		e.Key("X")
	}
	e.SetColour(color.NRGBA{1, 2, 3, 255})
	e.Key("D")
	if got := e.Brush(); got.Colour != (color.NRGBA{A: 255}) || got.Back != (color.NRGBA{255, 255, 255, 255}) {
		t.Errorf("D gave %v and %v", got.Colour, got.Back)
	}
}

func TestDigitsAreTheOpacity(t *testing.T) {
	e := newBench(t)
	clock := time.Unix(1000, 0)
	now = func() time.Time { return clock }
	t.Cleanup(func() { now = time.Now })
	e.SetTool("brush")
	for _, v := range []struct {
		keys string
		want float64
	}{{"3", 0.3}, {"0", 1}, {"45", 0.45}, {"05", 0.05}, {"00", 0.01}} {
		clock = clock.Add(10 * time.Second)
		for _, k := range v.keys {
			e.Key(string(k))
			clock = clock.Add(200 * time.Millisecond)
		}
		if got := e.Brush().Opacity; got != v.want {
			t.Errorf("%s gave %v, want %v", v.keys, got, v.want)
		}
	}
	e.SetTool("pan")
	if e.Key("5") {
		t.Error("a digit did something with a tool that has no opacity")
	}
	e.SetTool("brush")
	hard := e.Brush().Hardness
	if e.Key("{"); e.Brush().Hardness >= hard {
		t.Error("Shift+[ did not make the brush softer")
	}
}

func TestColoursPaintedWithAreRemembered(t *testing.T) {
	e := newBench(t)
	e.SetTool("brush")
	paint := func(c color.NRGBA) {
		e.SetColour(c)
		e.Press(tools.Pointer{X: 300, Y: 300, Pressure: 1})
		e.Release(tools.Pointer{X: 320, Y: 300, Pressure: 1})
	}
	red, blue := color.NRGBA{200, 0, 0, 255}, color.NRGBA{0, 0, 200, 255}
	for _, c := range []color.NRGBA{red, blue, red} {
		paint(c)
	}
	if got := e.Settings.Colours; len(got) != 2 || got[0] != "#c80000" || got[1] != "#0000c8" {
		t.Errorf("remembered %v", got)
	}
	for i := range 40 {
		paint(color.NRGBA{uint8(i), 9, 9, 255})
	}
	if len(e.Settings.Colours) != maxColours {
		t.Errorf("%d colours are remembered", len(e.Settings.Colours))
	}
	for _, name := range append(e.Settings.Colours, "#ABC", "123456") {
		if c, ok := ParseColour(name); !ok || len(name) == 7 && HexColour(c) != name {
			t.Errorf("%s reads as %v", name, c)
		}
	}
	for _, bad := range []string{"", "#12", "#12345g", "red", "#1234567"} {
		if c, ok := ParseColour(bad); ok {
			t.Errorf("%q reads as %v", bad, c)
		}
	}
}

// TestTheMaskHasAStrengthOfItsOwn: digits set it with the mask's tools, the opacity with others.
func TestTheMaskHasAStrengthOfItsOwn(t *testing.T) {
	b := newBench(t)
	b.SetTool("mask")
	b.Key("5")
	if s := b.Brush(); s.Area.Strength != 0.5 || s.Opacity != 1 {
		t.Errorf("strength %g, opacity %g", s.Area.Strength, s.Opacity)
	}
	b.SetTool("rectangle")
	if s := b.Brush(); s.Area.Strength != 0.5 {
		t.Errorf("the rectangle's strength is %g", s.Area.Strength)
	}
	b.SetTool("brush")
	if b.Key("3"); b.Brush().Opacity == 1 || b.Brush().Area.Strength != 0.5 {
		t.Errorf("strength %g, opacity %g", b.Brush().Area.Strength, b.Brush().Opacity)
	}
}
