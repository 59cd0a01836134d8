package caption

import (
	"context"
	"image"
	"image/color"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"
)

const list = "tag_id,name,category,count\n1,general,9,5\n2,sensitive,9,5\n3,red_ball,0,9\n4,o_o,0,3\n5,long_hair_(style),0,3\n6,some_one,4,1\n"

func TestTagsAreChosenByTheirThresholds(t *testing.T) {
	tags, err := ReadTags(strings.NewReader("\ufeff" + list))
	if err != nil || len(tags) != 6 {
		t.Fatal(tags, err)
	}
	chosen, rating, err := Choose([]float32{0.2, 0.7, 0.5, 0.36, 0.9, 0.84}, tags, GeneralFrom, CharacterFrom)
	if err != nil || rating.Text != "sensitive" || Prompt(chosen) != `long hair \(style\), red ball, o_o` {
		t.Errorf("%q, %v, %v", Prompt(chosen), rating, err)
	}
	chosen, _, _ = Choose([]float32{0, 0, 0.2, 0, 0, 0.86}, tags, GeneralFrom, CharacterFrom)
	if Prompt(chosen) != "some one" {
		t.Errorf("a character: %q", Prompt(chosen))
	}
	chosen, rating, _ = Choose([]float32{3, -2, -0.7, 2, -5, -5}, tags, GeneralFrom, CharacterFrom) // logits
	if Prompt(chosen) != "o_o" || math.Abs(rating.Score-0.9526) > 1e-4 {
		t.Errorf("logits: %q, %v", Prompt(chosen), rating)
	}
	if _, _, err := Choose(make([]float32, 5), tags, 0, 0); err == nil || !strings.Contains(err.Error(), "5 numbers, want 6") {
		t.Errorf("%v", err)
	}
	for _, bad := range []string{"", "a,b\n1,2\n", "name,category\nx\n", "name,category\nx,y\n", "name,category\n\"x"} {
		if _, err := ReadTags(strings.NewReader(bad)); err == nil {
			t.Errorf("%q is a list of tags", bad)
		}
	}
}

// TestATaggerSeesASquareOnWhite, blue first.
func TestATaggerSeesASquareOnWhite(t *testing.T) {
	img := image.NewNRGBA(image.Rect(5, 5, 9, 7)) // twice as wide as high
	for i := 0; i < len(img.Pix); i += 4 {
		img.Pix[i], img.Pix[i+3] = 200, 255
	}
	img.SetNRGBA(5, 5, color.NRGBA{})
	s := Square(img, 4)
	for at, want := range map[image.Point]color.NRGBA{{X: 0, Y: 0}: {255, 255, 255, 255}, {X: 0, Y: 1}: {255, 255, 255, 255}, {X: 3, Y: 1}: {200, 0, 0, 255}, {X: 2, Y: 3}: {255, 255, 255, 255}} {
		if got := s.NRGBAAt(at.X, at.Y); got != want {
			t.Errorf("%v: %v, want %v", at, got, want)
		}
	}
	last, first := TaggerInput(s, true), TaggerInput(s, false)
	if i := 3 * (4 + 3); last[i] != 0 || last[i+2] != 200 || math.Abs(float64(first[2*16+7])-(200/127.5-1)) > 1e-6 || first[7] != -1 {
		t.Errorf("%v and %v", last[i:i+3], first)
	}
	if s := Square(img, 2); s.Rect.Dx() != 2 || s.Rect.Dy() != 2 {
		t.Errorf("scaled it covers %v", s.Rect)
	}
}

// TestALongStripTakesNoSquareOfItsLength in memory, and lies in the middle as any picture does.
func TestALongStripTakesNoSquareOfItsLength(t *testing.T) {
	img := image.NewNRGBA(image.Rect(0, 0, 9000, 900))
	for i := 0; i < len(img.Pix); i += 4 {
		img.Pix[i+3] = 255
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	s := Square(img, 100)
	runtime.ReadMemStats(&after)
	if took := after.TotalAlloc - before.TotalAlloc; took > 250<<20 {
		t.Errorf("it takes %d MB", took>>20)
	}
	for y, want := range map[int]uint8{10: 255, 42: 255, 47: 0, 52: 0, 57: 255, 90: 255} {
		if got := s.NRGBAAt(50, y).R; got != want {
			t.Errorf("row %d is %d, want %d", y, got, want)
		}
	}
}

func TestSentencesAreJoined(t *testing.T) {
	v, err := ReadVocabulary(strings.NewReader("[PAD]\r\na\r\nlight\r\n##house\r\nby\r\nthe\r\nsea\r\n.\r\n[SEP]\r\n"))
	if err != nil || v.Find("[SEP]") != 8 || v.Find("x") != -1 {
		t.Fatal(v, err)
	}
	if got := v.Text([]int{1, 2, 3, 4, 5, 6, 7, 0, 99, -1}); got != "a lighthouse by the sea." {
		t.Errorf("%q", got)
	}
	ids, err := Greedy(t.Context(), []int{0}, 8, 9, func(ids []int) ([]float32, error) {
		s := make([]float32, 9)
		s[len(ids)+5] = 1
		return s, nil
	})
	if err != nil || !slices.Equal(ids, []int{6, 7}) {
		t.Errorf("%v, %v", ids, err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := Greedy(ctx, nil, 0, 9, func([]int) ([]float32, error) { return nil, nil }); err == nil {
		t.Error("it goes on after the end of its context")
	}
	if _, err := ReadVocabulary(strings.NewReader("")); err == nil {
		t.Error("an empty vocabulary is one")
	}
}

func TestTheLikestComesFirst(t *testing.T) {
	got := Rank([]float32{1, 1}, []string{"away", "near", "none", "cut"}, []float32{-3, -3, 5, 4, 0, 0})
	if len(got) != 3 || got[0].Text != "near" || got[2].Text != "away" || math.Abs(got[2].Score+1) > 1e-9 {
		t.Errorf("%+v", got)
	}
}
