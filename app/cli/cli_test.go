package cli

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"flag"
	"image"
	"image/color"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"pentimento/canvas/file"
)

func TestHelpForAllAndEach(t *testing.T) {
	for _, args := range [][]string{{"--help"}, {"-h"}, {"help"}} {
		r := do(t, nil, args...)
		if r.code != 0 || r.errors != "" {
			t.Errorf("%v: exit %d, %q", args, r.code, r.errors)
		}
		for _, v := range Verbs {
			if !strings.Contains(r.out, v.Name) || !strings.Contains(r.out, v.Short) {
				t.Errorf("%v does not name %q", args, v.Name)
			}
		}
	}
	for _, v := range Verbs {
		for _, args := range [][]string{{v.Name, "--help"}, {v.Name, "-h"}, {"help", v.Name}} {
			r := do(t, nil, args...)
			if r.code != 0 || r.errors != "" || !strings.Contains(r.out, "pentimento "+v.Name) || strings.ContainsRune(r.out, 0) {
				t.Errorf("%v: exit %d, %q, %q", args, r.code, r.errors, r.out)
			}
			fs := flag.NewFlagSet("", flag.ContinueOnError)
			v.Setup(fs)
			fs.VisitAll(func(f *flag.Flag) {
				if !strings.Contains(r.out, "--"+f.Name) {
					t.Errorf("%v does not name --%s", args, f.Name)
				}
			})
		}
	}
}

func TestVersion(t *testing.T) {
	for _, args := range [][]string{{"version"}, {"--version"}} {
		if r := do(t, nil, args...); r.code != 0 || !strings.HasPrefix(r.out, "Pentimento 9.9.9 ") {
			t.Errorf("%v: exit %d, %q", args, r.code, r.out)
		}
	}
	var v map[string]string
	if r := do(t, nil, "version", "--json"); json.Unmarshal([]byte(r.out), &v) != nil || v["version"] != "9.9.9" {
		t.Errorf("--json: %q", r.out)
	}
}

// TestWhatWasMeantIsNamed: verbs, flags, values, files and endings that are mistyped by a
// letter or two get the right one as advice.
func TestWhatWasMeantIsNamed(t *testing.T) {
	dir := t.TempDir()
	img := save(t, filepath.Join(dir, "photo.png"), scene(40, 30, 1))
	out := filepath.Join(dir, "out.png")
	generate := func(args ...string) []string {
		return append([]string{"generate", "--prompt", "x", "--out", out}, args...)
	}
	for want, args := range map[string][]string{
		`"generate"`:                  {"geneate"},
		`"fill"`:                      {"flil", "--image", img},
		`"info"`:                      {"help", "inof"},
		img:                           {filepath.Join(dir, "phoot.png")},
		`photo.png"`:                  {"info", filepath.Join(dir, "phto.png")},
		"--negative":                  generate("--negatve", "fog"),
		`"Euler a"`:                   generate("--sampler", "Eulera"),
		`"Karras"`:                    generate("--schedule", "karas"),
		`"cuda"`:                      generate("--device", "cdua"),
		`"cpu"`:                       generate("--rng", "cpuu"),
		`"soft"`:                      generate("--blend", "sft"),
		`"content"`:                   {"fill", "--image", img, "--mask", img, "--out", out, "--engine", "contnet"},
		filepath.Base(dir) + "/o.png": generate("--out", filepath.Join(dir, "o.pgn")),
		`"sigmas"`:                    {"trace", "sigmaz"},
		"known: content, ":            {"fill", "--image", img, "--mask", img, "--out", out, "--engine", "magic"},
	} {
		r := do(t, nil, args...)
		_, hint, _ := strings.Cut(r.errors, "\nhint: ")
		if slashed := strings.ReplaceAll(hint, `\\`, "/"); !strings.Contains(slashed, filepath.ToSlash(want)) {
			t.Errorf("%q: %q, want advice that names %s", args, r.errors, want)
		}
	}
}

// TestAWindowIsForFilesThatAreThere: a mistyped verb opens none.
func TestAWindowIsForFilesThatAreThere(t *testing.T) {
	dir := t.TempDir()
	img, verb := save(t, filepath.Join(dir, "a.png"), scene(4, 4, 1)), filepath.Join(dir, "fill")
	for args, want := range map[string]bool{"": true, img: true, img + "|" + dir: true, "geneate": false, "fill": false, img + "|" + verb: false, "--nonsense": false, "--version": false} {
		if got := ForWindow(strings.FieldsFunc(args, func(r rune) bool { return r == '|' })); got != want {
			t.Errorf("%q: a window %v, want %v", args, got, want)
		}
	}
}

func TestIsVerb(t *testing.T) {
	for arg, want := range map[string]bool{"fill": true, "--help": true, "photo.jpg": false, "": false, "info": true, "./fill": false} {
		if IsVerb(arg) != want {
			t.Errorf("%q: %v", arg, !want)
		}
	}
}

func TestFlagsAndArgumentsMix(t *testing.T) {
	fs := flag.NewFlagSet("", flag.ContinueOnError)
	j, n := fs.Bool("json", false, ""), fs.Int("n", 0, "")
	rest, err := parse(fs, []string{"a", "--n", "3", "-", "-json", "b", "--", "--n", "c"})
	if err != nil || !*j || *n != 3 || strings.Join(rest, "|") != "a|-|b|--n|c" {
		t.Errorf("rest %q, json %v, n %d, %v", rest, *j, *n, err)
	}
}

// TestBadInputGetsPlainWords: wrong use is 2, a failure 1; one line says what, one what to
// do; nothing is written.
func TestBadInputGetsPlainWords(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	img := save(t, at("img.png"), scene(40, 30, 1))
	mask := save(t, at("mask.png"), hole(40, 30, image.Rect(5, 5, 15, 15)))
	small := save(t, at("small.png"), hole(39, 30, image.Rect(5, 5, 15, 15)))
	empty := save(t, at("empty.png"), image.NewGray(image.Rect(0, 0, 40, 30)))
	full := save(t, at("full.png"), hole(40, 30, image.Rect(-1, 0, 40, 30)))
	coloured := image.NewNRGBA(image.Rect(0, 0, 40, 30))
	for i := range coloured.Pix {
		coloured.Pix[i] = 255
	}
	coloured.SetNRGBA(3, 4, color.NRGBA{255, 0, 0, 255})
	colours := save(t, at("colours.png"), coloured)
	text, cut := at("text.png"), at("cut.png")
	whole, _ := os.ReadFile(img)
	if err := os.WriteFile(text, []byte("no picture"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(cut, whole[:len(whole)/2], 0o666); err != nil {
		t.Fatal(err)
	}
	out := at("out.png")
	fill := func(args ...string) []string {
		return append([]string{"fill", "--image", img, "--mask", mask, "--out", out}, args...)
	}
	before, _ := os.ReadDir(dir)
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{nil, 2, "no verb"},
		{[]string{"paint"}, 2, `unknown verb "paint"`},
		{[]string{at("none.png")}, 2, "no such file"},
		{[]string{img, at("none.png")}, 2, `none.png": no such file`},
		{[]string{"--image", img}, 2, `unknown flag "--image"`},
		{[]string{"generate", "--sampler", "magic", "--out", out}, 2, "--sampler is magic"},
		{[]string{"generate", "--schedule", "magic", "--out", out}, 2, "--schedule is magic"},
		{[]string{"generate", "--device", "magic", "--out", out}, 2, "the device is magic"},
		{[]string{"generate", "--steps", "-3", "--out", out}, 2, "--steps is -3"},
		{[]string{"generate", "--size", "512", "--out", out}, 2, "--size is 512"},
		{[]string{"trace", "sigmas", "--schedule", "magic"}, 2, "--schedule is magic"},
		{[]string{"trace", "sigmas", "--schedule", "karras", "--steps", "-1"}, 2, "--steps is -1"},
		{[]string{"models", "inspekt", img}, 2, `unknown action "inspekt"`},
		{fill("--out", at("out.txt")), 2, "ends in .txt, want .png, .jpg, .webp, .tif or .psd"},
		{[]string{"help", "paint"}, 2, `unknown verb "paint"`},
		{[]string{"fill"}, 2, "--image is missing"},
		{[]string{"fill", "--image", img}, 2, "--out is missing"},
		{[]string{"fill", "--image", img, "--out", out}, 2, "--mask is missing"},
		{fill("stray"), 2, `argument "stray" is one too many`},
		{fill("--nonsense"), 2, "no such flag: --nonsense"},
		{fill("--seed", "x"), 2, `invalid value "x" for --seed`},
		{fill("--seed"), 2, "a value is missing after --seed"},
		{fill("--seed", "-2"), 2, "invalid value \"-2\" for --seed"},
		{fill("--feather", "-1"), 2, "--feather is -1"},
		{fill("--engine", "magic"), 2, `unknown engine "magic"`},
		{fill("--prompt", "a cat"), 2, `--prompt belongs to engine "diffusion"`},
		{fill("--image", "-", "--mask", "-"), 2, "both standard input"},
		{fill("--out", at("out.gif")), 2, "ends in .gif, want .png, .jpg, .webp, .tif or .psd"},
		{fill("--quality", "90"), 2, "--quality with a PNG"},
		{fill("--out", at("out.jpg"), "--quality", "101"), 2, `invalid value "101" for --quality: want 1 to 100`},
		{fill("--out", at("out.jpg"), "--quality", "0"), 2, `invalid value "0" for --quality: want 1 to 100`},
		{fill("--out", dir), 1, "found a folder"},
		{fill("--out", filepath.Join(dir, "none", "out.png")), 1, "folder does not exist"},
		{fill("--image", at("none.png")), 1, "no such file"},
		{fill("--mask", at("none.png")), 1, "no such file"},
		{fill("--image", dir), 1, "found a folder"},
		{fill("--image", text), 1, "want PNG, JPEG"},
		{fill("--image", cut), 1, "PNG"},
		{fill("--image", "-"), 1, "an empty file"},
		{fill("--mask", small), 1, "mask is 39×30 pixels, want 40×30"},
		{fill("--mask", empty), 1, "mask is empty"},
		{fill("--mask", full), 1, "mask covers everything"},
		{fill("--mask", colours), 1, "pixel 3,4 has the colour #ff0000"},
		{fill("--engine", "diffusion"), 2, "no --model"},
		{[]string{"outpaint", "--image", img, "--out", out}, 2, "no side given"},
		{[]string{"outpaint", "--image", img, "--out", out, "--left", "-5"}, 2, "--left is -5"},
		{[]string{"outpaint", "--image", img, "--out", out, "--left", "16384"}, 1, "want at most 16384"},
		{[]string{"outpaint", "--image", img, "--out", out, "--top", "99999"}, 2, "--top is 99999"},
		{[]string{"info"}, 2, "found 0 files"},
		{[]string{"info", img, mask}, 2, "found 2 files"},
		{[]string{"info", at("none.png")}, 1, "no such file"},
		{[]string{"info", text}, 1, "want PNG, JPEG"},
		{[]string{"version", "now"}, 2, "one too many"},
	} {
		r := do(t, nil, c.args...)
		lines := strings.Split(strings.TrimSuffix(r.errors, "\n"), "\n")
		if r.code != c.code || !strings.HasPrefix(lines[0], "pentimento: ") || !strings.Contains(lines[0], c.want) {
			t.Errorf("%q: exit %d, %q, want %d and %q", c.args, r.code, r.errors, c.code, c.want)
		}
		if len(lines) > 2 || len(lines) == 2 && !strings.HasPrefix(lines[1], "hint: ") || r.out != "" {
			t.Errorf("%q: %q and %q, want one line and at most one hint", c.args, r.errors, r.out)
		}
	}
	if after, _ := os.ReadDir(dir); len(after) != len(before) {
		t.Errorf("files were left behind: %v", after)
	}
}

// TestErrorsSpeakNoGo: files that are missing, cut off or something else are told in English.
func TestErrorsSpeakNoGo(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	model, err := os.ReadFile(tinyModel(t))
	if err != nil {
		t.Fatal(err)
	}
	pic, err := os.ReadFile(save(t, at("whole.png"), scene(40, 30, 1)))
	if err != nil {
		t.Fatal(err)
	}
	n := 8 + int(binary.LittleEndian.Uint64(model))
	for name, data := range map[string][]byte{"cut.png": pic[:60], "start.png": pic[:10], "empty.png": nil, "cut.safetensors": model[:n/2], "short.safetensors": model[:5], "data.safetensors": model[:n+100],
		"json.safetensors": append(append([]byte{}, model[:8]...), bytes.Repeat([]byte("{x"), n/2)...)} {
		if err := os.WriteFile(at(name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	goes := regexp.MustCompile(`\bEOF\b|\b(open|stat|read|write|mkdir|rename) /|no such file or directory|is a directory|not a directory|strconv|json:|invalid character|errno|%!|runtime error|0x`)
	for _, args := range [][]string{
		{"info", at("cut.png")}, {"info", at("start.png")}, {"info", at("empty.png")}, {"info", dir}, {"info", at("whole.png") + "/x"},
		{"fill", "--image", at("cut.png"), "--mask", at("whole.png"), "--out", at("o.png")},
		{"fill", "--image", at("whole.png"), "--mask", at("start.png"), "--out", at("o.png")},
		{"fill", "--image", at("whole.png") + "/x", "--mask", at("start.png"), "--out", at("o.png")},
		{"models", "inspect", at("none")}, {"models", "inspect", at("cut.safetensors")}, {"models", "inspect", at("short.safetensors")},
		{"models", "inspect", at("json.safetensors")}, {"models", "inspect", at("empty.png")}, {"models", "inspect", dir},
		{"generate", "--model", at("none.safetensors"), "--out", at("o.png")}, {"generate", "--model", at("data.safetensors"), "--out", at("o.png")},
		{"generate", "--model", at("json.safetensors"), "--out", at("o.png")}, {"generate", "--model", dir, "--out", at("o.png")},
		{"trace", "decode", "--model", at("none"), "--in", at("none"), "--out", at("o")}, {"trace", "encode", "--model", at("none"), "--in", at("short.safetensors"), "--out", at("o")},
		{"demo", "--dir", at("whole.png") + "/x"}, {"generate", "--model", at("whole.png"), "--steps", "many", "--out", at("o.png")},
	} {
		r := paint(t, args...)
		if said := strings.ReplaceAll(r.errors+r.out, dir, "DIR"); goes.MatchString(said) {
			t.Errorf("%q: %s", args, said)
		}
	}
}

func TestADiskThatIsFullOrReadOnlyIsNamed(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("this system has no /dev/full to stand for a full disk")
	}
	dir := t.TempDir()
	img, mask := save(t, filepath.Join(dir, "i.png"), scene(30, 30, 1)), save(t, filepath.Join(dir, "m.png"), hole(30, 30, image.Rect(5, 5, 9, 9)))
	r := do(t, nil, "fill", "--image", img, "--mask", mask, "--engine", "edge", "--out", "/dev/full")
	if r.code != 1 || !strings.Contains(r.errors, "disk is full") || !strings.Contains(r.errors, "\nhint: ") {
		t.Errorf("exit %d, %q", r.code, r.errors)
	}
}

func TestSixteenBitGreyAndPalettePicturesAreFilled(t *testing.T) {
	dir := t.TempDir()
	r := image.Rect(0, 0, 30, 30)
	deep, grey, pal := image.NewNRGBA64(r), image.NewGray(r), image.NewPaletted(r, color.Palette{color.NRGBA{1, 2, 3, 255}, color.NRGBA{200, 100, 50, 128}})
	for i := range 900 {
		deep.SetNRGBA64(i%30, i/30, color.NRGBA64{uint16(i * 257), uint16(i * 71), 0x1234, 0xffff})
		grey.Pix[i], pal.Pix[i] = byte(i), byte(i%2)
	}
	mask := save(t, filepath.Join(dir, "m.png"), hole(30, 30, image.Rect(5, 5, 12, 12)))
	for name, img := range map[string]image.Image{"deep": deep, "grey": grey, "palette": pal} {
		in, out := save(t, filepath.Join(dir, name+".png"), img), filepath.Join(dir, "out.png")
		if r := do(t, nil, "fill", "--image", in, "--mask", mask, "--engine", "edge", "--out", out); r.code != 0 {
			t.Errorf("%s: %s", name, r.errors)
			continue
		}
		want, _ := load(t, in)
		got, _ := load(t, out)
		sameOutside(t, got, want, image.Point{}, func(x, y int) bool { return image.Pt(x, y).In(image.Rect(5, 5, 12, 12)) })
	}
}

func TestDemoWritesThreePictures(t *testing.T) {
	if testing.Short() {
		t.Skip("fills a large picture; the window's end-to-end test does the same")
	}
	sample, err := os.ReadFile("../../assets/sample.jpg")
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "made", "for it")
	var out, errs strings.Builder
	code := Main(context.Background(), []string{"demo", "--dir", dir}, Env{Stdout: &out, Stderr: &errs, Version: "1", Sample: sample})
	if code != 0 {
		t.Fatal(errs.String())
	}
	before, _ := load(t, filepath.Join(dir, "sample.png"))
	fill, _ := load(t, filepath.Join(dir, "fill.png"))
	wide, texts := load(t, filepath.Join(dir, "outpaint.png"))
	n := sameOutside(t, fill, before, image.Point{}, func(x, y int) bool { return image.Pt(x, y).In(ball.Union(shadow)) })
	if n < 10000 {
		t.Errorf("%d pixels changed, want the ball gone", n)
	}
	sameOutside(t, wide, fill, image.Point{}, func(x, y int) bool { return false })
	if !strings.Contains(texts["pentimento"], `"inpaint"`) || !strings.Contains(texts["pentimento"], `"outpaint"`) || wide.Rect.Dx() != 1280 {
		t.Errorf("size %v, texts %q", wide.Rect, texts)
	}
	red := func(img *image.NRGBA) (n int) {
		for y := ball.Min.Y; y < ball.Max.Y; y++ {
			for x := ball.Min.X; x < ball.Max.X; x++ {
				if c := img.NRGBAAt(x, y); int(c.R) > int(c.G)+60 {
					n++
				}
			}
		}
		return n
	}
	if a, b := red(before), red(fill); a < 8000 || b > a/100 {
		t.Errorf("%d red pixels before, %d after, want the ball gone", a, b)
	}
}

func TestInfoTellsTheRecipe(t *testing.T) {
	const recipe = "oak \x1b[31m漢\nNegative prompt: cow\nSteps: 5, Sampler: DPM++ 2M Karras, CFG scale: 6.5, Seed: 18446744073709551615, Size: 64x48, Odd: \"a, b\""
	dir := t.TempDir()
	path := filepath.Join(dir, "in.png")
	var b strings.Builder
	if err := file.EncodePNG(context.Background(), &b, scene(8, 8, 1), []file.Text{{Key: "other", Text: "kept"}, {Key: "parameters", Text: recipe}}, 0); err != nil {
		t.Fatal(err)
	}
	bare := save(t, filepath.Join(dir, "bare.png"), scene(8, 8, 1))
	for name, content := range map[string]string{path: b.String(), filepath.Join(dir, "bare.txt"): recipe} {
		if err := os.WriteFile(name, []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for _, p := range []string{path, bare, filepath.Join(dir, "bare.txt")} { // embedded, beside it, alone
		r := do(t, nil, "info", p, "--json")
		var a details
		if err := json.Unmarshal([]byte(r.out), &a); err != nil || r.code != 0 {
			t.Fatalf("%s: exit %d, %v, %s", p, r.code, err, r.errors)
		}
		if a.Dialect != "A1111" || a.Prompt != "oak \x1b[31m漢" || a.Negative != "cow" || *a.Steps != 5 || *a.CFG != 6.5 || a.Seed == nil || *a.Seed != "18446744073709551615" || *a.Width != 64 ||
			a.Sampler != "DPM++ 2M" || a.Schedule != "Karras" || len(a.Params) != 6 || a.Params[5].Value != "a, b" || a.Source.Text != recipe {
			t.Errorf("%s: %+v", p, a)
		}
		r = do(t, nil, "info", p)
		for _, want := range []string{"A1111", "漢", "cow", "18446744073709551615", "a, b"} {
			if !strings.Contains(r.out, want) {
				t.Errorf("%s: %q is not in %q", p, want, r.out)
			}
		}
		if strings.ContainsRune(r.out, '\x1b') {
			t.Errorf("%s: a control character reached the terminal: %q", p, r.out)
		}
	}
	os.Remove(filepath.Join(dir, "bare.txt"))
	if r := do(t, nil, "info", bare); r.code != 0 || !strings.Contains(r.out, "it doesn't say") || !strings.Contains(r.out, "PNG, 8×8, 8 bits, with alpha") {
		t.Errorf("a picture without a recipe: exit %d, %q", r.code, r.out)
	}
}
