package cli

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"image"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"pentimento/app/commission"
	"pentimento/canvas/disk"
	"pentimento/canvas/file"
	"pentimento/fault"
	"pentimento/pipeline"
)

// input is a picture file with the texts it carries.
type input struct {
	img   *image.NRGBA
	texts []file.Text
	from  *file.Picture // as it was in the file
}

// open reads a picture from a path, or from standard input when it is "-".
func (e *Env) open(ctx context.Context, path string) (input, error) {
	r, name, done, err := e.source(ctx, path)
	if err != nil {
		return input{}, err
	}
	defer done()
	p, err := file.Decode(ctx, r, nil)
	if err != nil {
		return input{}, fmt.Errorf("%q: %w", name, err)
	}
	texts, _ := file.Texts(r) // what cannot be read is not carried on; info tells of it
	if p.Note != "" {
		fmt.Fprintf(e.Stderr, "note: %s: %s\n", name, p.Note)
	}
	img := p.NRGBA()
	p.Trim() // of a large JPEG a third of what is held
	return input{img, texts, p}, nil
}

// source opens a file, or buffers standard input, for reading and winding back.
func (e *Env) source(ctx context.Context, path string) (r io.ReadSeeker, name string, done func(), err error) {
	if path == "-" {
		b, err := file.Buffer(ctx, e.Stdin)
		if err != nil {
			return nil, "", nil, fmt.Errorf("standard input: %w", err)
		}
		return b, "standard input", func() {}, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, "", nil, noSuchFile(path, err)
	}
	st, err := f.Stat()
	if err == nil && st.IsDir() {
		f.Close()
		return nil, "", nil, WithHint(fmt.Errorf("%q: found a folder, want a picture", path), "name a file in it")
	}
	if err == nil && !st.Mode().IsRegular() { // a pipe cannot be wound back
		defer f.Close()
		b, err := file.Buffer(ctx, f)
		if err != nil {
			return nil, "", nil, fmt.Errorf("%q: %w", path, err)
		}
		return b, path, func() {}, nil
	}
	return f, path, func() { f.Close() }, nil
}

// warnPhoto says what to expect of the Starter in a picture that doesn't say it was painted
// by a model.
func (c *common) warnPhoto(env *Env, in input) {
	if pipeline.Engine(c.engine) == pipeline.Diffusion && c.fs.Lookup("model").Value.String() == "" && len(commission.History(in.texts, image.Point{}).Fills) == 0 {
		fmt.Fprintln(env.Stderr, "note: the Starter is a toy: what it paints doesn't match a photograph; --engine content continues one")
	}
}

func noSuchFile(path string, err error) error {
	var p *os.PathError
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nearFile(fmt.Errorf("%q: no such file", path), path)
	case errors.Is(err, os.ErrPermission):
		return WithHint(fmt.Errorf("%q: no permission to read it", path), "change the permissions of the file, or copy it")
	case errors.As(err, &p):
		return fmt.Errorf("%q: %w", path, p.Err)
	}
	return err
}

// outUsage and qualityUsage are the help of --out and --quality.
const (
	outUsage     = "where to write the picture: `P` ends in .png, .jpg, .webp, .tif or .psd; - is standard output, a PNG"
	qualityUsage = "of a JPEG (92 without it) or a WebP (exact without it), `N` from 1 to 100: every pixel changes a little"
)

// qualityFlag is a quality from 1 to 100; 0 is none given, and cannot be given.
type qualityFlag int

func (q *qualityFlag) String() string { return strconv.Itoa(int(*q)) }

// Set reads the flag.
func (q *qualityFlag) Set(text string) error {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > 100 {
		return errors.New("want 1 to 100")
	}
	*q = qualityFlag(n)
	return nil
}

// checkOut refuses, before any work is done, names of formats that are not written, qualities
// that a format hasn't, and places that cannot be written. A name without an ending is taken
// as it is, a PNG.
func checkOut(path string, quality qualityFlag) error {
	if path == "" {
		return WithHint(Misuse("--out is missing, want the file to write"), "--out - writes to standard output")
	}
	form, known := file.FormOf(path)
	if ext := strings.ToLower(filepath.Ext(path)); !known && ext != "" && path != "-" {
		var all []string
		for _, f := range file.Forms {
			all = append(all, f.Extensions...)
		}
		err := Misuse("--out ends in %s, want .png, .jpg, .webp, .tif or .psd", ext)
		if near := fault.Nearest(ext, all); near != "" {
			return WithHint(err, "did you mean %q?", path[:len(path)-len(ext)]+near)
		}
		return WithHint(err, "PNG keeps every pixel exactly")
	}
	if quality != 0 && !form.Lossy {
		return WithHint(Misuse("--quality with a %s, which has none", form.Name), "--out picture.jpg or picture.webp")
	}
	if path == "-" {
		return nil
	}
	if st, err := os.Stat(path); err == nil && st.IsDir() {
		return WithHint(fmt.Errorf("%q: found a folder, want a file name", path), "add a file name to the folder")
	}
	return disk.CanWrite(path)
}

// overwriteFlag declares the flag that lets a verb write over what it reads.
func overwriteFlag(fs *flag.FlagSet) *bool {
	return fs.Bool("overwrite", false, "write over a picture that is read, too")
}

// spares refuses an output that is one of the files that are read, under whatever name, unless it may be
// written over. Inputs that are empty, - or not there are passed by.
func spares(out string, over bool, inputs ...string) error {
	to, err := os.Stat(out)
	if err != nil || over {
		return nil
	}
	for _, in := range inputs {
		if from, err := os.Stat(in); err == nil && os.SameFile(from, to) && from.Mode().IsRegular() {
			return WithHint(fmt.Errorf("%q is what is read, want another file to write", out), "name another file, or say --overwrite; the picture as it was is then gone")
		}
	}
	return nil
}

// write encodes a picture to a path, whole or not at all, or to standard output.
// What the format of its name doesn't keep is said first.
func (e *Env) write(ctx context.Context, path string, quality qualityFlag, img image.Image, texts []file.Text, says file.Meaning) error {
	form, _ := file.FormOf(path)
	for _, loss := range form.Losses(img, says) {
		fmt.Fprintf(e.Stderr, "note: %s: %s\n", path, loss)
	}
	encode := func(w io.Writer) error {
		return says.Encode(ctx, w, form, img, texts, file.Options{Quality: int(quality)})
	}
	if path == "-" {
		return printed(encode(e.Stdout))
	}
	return disk.WriteAtomic(path, encode)
}

// factsTo is where --json's facts go: to stdout, or to stderr where the picture out is on stdout.
func (e *Env) factsTo(out string) io.Writer {
	if out == "-" {
		return e.Stderr
	}
	return e.Stdout
}

// tell prints --json's facts of the picture out in a line.
func (e *Env) tell(out string, facts any) error {
	return printed(json.NewEncoder(e.factsTo(out)).Encode(facts))
}

// shownName is a file's name for people.
func shownName(out string) string {
	if out == "-" {
		return "standard output"
	}
	return out
}

func makeFolder(dir string) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return WithHint(fmt.Errorf("%q: the folder cannot be made: %w", dir, errors.Unwrap(err)), "choose another folder")
	}
	return nil
}
