package lettering

import (
	"image"
	"strings"
	"testing"
)

func draw(t *testing.T, x Text) *image.NRGBA {
	t.Helper()
	img, err := x.Draw()
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// ink is the sum of coverage, in pixels.
func ink(img *image.NRGBA) float64 {
	sum := 0.0
	for i := 3; i < len(img.Pix); i += 4 {
		sum += float64(img.Pix[i]) / 255
	}
	return sum
}

var black = Text{Words: "Hamburg", Family: Own, Size: 100, Colour: [4]uint8{10, 20, 30, 255}, X: 50, Y: 80}

func TestTextStandsOnItsBaselineAtItsAnchor(t *testing.T) {
	x := black
	x.Words = "HEH" // letters without overshoot
	img := draw(t, x)
	if r := img.Rect; r.Max.Y < 80 || r.Max.Y > 82 || r.Min.X < 50 || r.Min.X > 65 || r.Min.Y > 20 || r.Min.Y < 0 {
		t.Errorf("it covers %v", r)
	}
	if c := img.NRGBAAt(0, 0); c.A != 0 {
		t.Errorf("outside there is %v", c)
	}
	if n := ink(img); n < 1500 || n > 9000 {
		t.Errorf("%v pixels of ink", n)
	}
	for i := 0; i < len(img.Pix); i += 4 {
		if p := img.Pix[i:]; p[3] != 0 && (p[0] != 10 || p[1] != 20 || p[2] != 30) {
			t.Fatalf("a pixel of another colour: %v", p[:4])
		}
	}
}

func TestTextScalesMovesAndAligns(t *testing.T) {
	a := draw(t, black)
	x := black
	x.X, x.Y = 1050, -320
	if b := draw(t, x); b.Rect != a.Rect.Add(image.Pt(1000, -400)) || string(a.Pix) != string(b.Pix) {
		t.Error("a text that is moved by whole pixels has other ones")
	}
	x = black
	x.Size = 200
	if b := draw(t, x); ink(b) < 3.9*ink(a) || ink(b) > 4.1*ink(a) {
		t.Errorf("twice the size has %v times the ink", ink(b)/ink(a))
	}
	x = black
	for _, align := range []Align{Centre, Right} {
		x.Align = align
		b := draw(t, x)
		if by := float64(a.Rect.Min.X-b.Rect.Min.X) / float64(a.Rect.Dx()); by < 0.45*float64(align) || by > 0.55*float64(align) {
			t.Errorf("alignment %d moves it by %v of its width", align, by)
		}
	}
	x = black
	x.Bold = true
	if b := draw(t, x); ink(b) < 1.1*ink(a) {
		t.Errorf("bold has %v times the ink", ink(b)/ink(a))
	}
}

func TestLinesStandBelowEachOther(t *testing.T) {
	one := draw(t, black)
	x := black
	x.Words = "Hamburg\n\nHamburg"
	b := draw(t, x)
	if high := b.Rect.Dy() - one.Rect.Dy(); high < 180 || high > 320 {
		t.Errorf("two lines of 100 pixels further down is %d pixels", high)
	}
	if n := ink(b) / ink(one); n < 1.98 || n > 2.02 {
		t.Errorf("two lines have %v times the ink of one", n)
	}
	x.Lines = 2
	if more := draw(t, x).Rect.Dy() - one.Rect.Dy(); more < 2*(b.Rect.Dy()-one.Rect.Dy())-2 {
		t.Errorf("lines twice as far lie %d pixels further down", more)
	}
}

func TestNoTextMakesItPanic(t *testing.T) {
	for _, words := range []string{"", " ", "\n\n", "\x00\xff", "مرحبا بالعالم", "שלום world", "नमस्ते", "日本語", "👩‍👩‍👧", strings.Repeat("a\u0301", 99), "\u202e\u2066x"} {
		x := black
		x.Words, x.Size = words, 20
		draw(t, x)
	}
	x := black
	x.Words, x.Size = strings.Repeat("W", 400), 500
	if _, err := x.Draw(); err == nil || !strings.Contains(err.Error(), "pixels") {
		t.Errorf("a text of 200,000 pixels gives %v", err)
	}
}

func TestTextsComeBackAsTheyWere(t *testing.T) {
	x := black
	x.Words, x.Align, x.Italic, x.Lines = "a\n\"b\" <ü>", Right, true, 1.25
	if got, err := Decode(x.Encode()); err != nil || got != x {
		t.Errorf("%+v, %v", got, err)
	}
	for _, bad := range []string{"", "{", `{"size":0}`, `{"size":1e9}`, `{"size":20,"align":9}`, `{"size":20,"X":1e300}`} {
		if got, err := Decode([]byte(bad)); err == nil {
			t.Errorf("%s reads as %+v", bad, got)
		}
	}
}

func TestTheFamilyOfOurOwnIsListed(t *testing.T) {
	list := Families()
	found := false
	for i, name := range list {
		found = found || name == Own
		if i > 0 && strings.EqualFold(list[i-1], name) {
			t.Errorf("%q is listed twice", name)
		}
		if !Has(name) {
			t.Errorf("%q is listed and isn't there", name)
		}
	}
	if !found || !Has(Own) {
		t.Errorf("%q is not among %v", Own, list)
	}
	if Has("No Such Font At All") {
		t.Error("a font that isn't there is")
	}
}
