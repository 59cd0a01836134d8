package cli

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"pentimento/canvas/file"
	"pentimento/fault"
	"pentimento/pipeline"
)

// folderFlags are those of a verb that makes a picture, or a folder of them, of another.
func folderFlags(fs *flag.FlagSet, in, out *string, json, bare *bool) {
	fs.StringVar(in, "in", "", "the picture or folder to read, `P`, instead of IN")
	fs.StringVar(out, "out", "", "the picture or folder to write, `P`, instead of OUT")
	fs.BoolVar(json, "json", false, "print what was done as JSON, one object a line (to stderr with OUT -)")
	fs.BoolVar(bare, "no-metadata", false, "write nothing of how the picture was made, and drop its EXIF and texts")
}

// whereFlags say where a verb's networks run.
func whereFlags(fs *flag.FlagSet, w *pipeline.Where) {
	fs.StringVar(&w.Device, "device", "", "`NAME` of the device it runs on; see the verb devices")
	fs.IntVar(&w.Threads, "threads", 0, "CPU threads; 0 = one per core")
	fs.BoolVar(&w.LowMemory, "low-memory", false, "use less memory, at some cost in speed")
}

// folderWork makes a picture of every picture in a folder, one after another.
type folderWork struct {
	in, out string
	made    string // what the pictures are then, for people: "enlarged"
	// name is what is made of a picture of that name; nil: the same where that can be written, else a PNG.
	name func(name string) string
	// size is what becomes of a picture's size: what is there in another one is told of, not passed by. nil: not looked at.
	size func(was image.Point) (image.Point, error)
	json bool // what is passed by is told as JSON
	// one makes one picture and says so in a line.
	one func(ctx context.Context, in, out string, bar *bar) error
}

// run goes through the folder. A picture that cannot be made is told of and left out.
func (w folderWork) run(ctx context.Context, env *Env) error {
	names, err := picturesIn(w.in)
	if err != nil {
		return err
	}
	if err := makeFolder(w.out); err != nil {
		return err
	}
	if same, err := sameFolder(w.in, w.out); err != nil || same {
		return cmp.Or(err, WithHint(fmt.Errorf("%q: found the folder of the pictures, want another for what is made of them", w.out), "name a folder of its own; it is made"))
	}
	if w.name == nil {
		w.name = writable
	}
	bar, failed, from, outs := env.bar(), 0, map[string]string{}, w.outputs(names)
	for i, name := range names {
		out, err := outs[name], error(nil)
		if other := from[out]; other != "" {
			err = fmt.Errorf("%s is made of %s, want another name", out, other)
		} else {
			from[out] = name
			err = w.unlessThere(ctx, env, filepath.Join(w.in, name), filepath.Join(w.out, out), bar)
		}
		if ctx.Err() != nil {
			bar.clear()
			return stopped{i, len(names), ctx.Err()}
		}
		if err != nil {
			bar.clear()
			fmt.Fprintf(env.Stderr, "note: %s: %s\n", name, oneLine(fault.Plain(err)))
			failed++
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d pictures could not be %s", failed, len(names), w.made)
	}
	return nil
}

// passedBy is what --json prints of a picture that was there already.
type passedBy struct {
	In      string `json:"in"`
	Out     string `json:"out"`
	Skipped bool   `json:"skipped"` // true
}

// unlessThere makes one picture, but leaves it where it is there already in the size that it would get.
func (w folderWork) unlessThere(ctx context.Context, env *Env, in, out string, bar *bar) error {
	if !exists(out) {
		return w.one(ctx, in, out, bar)
	}
	if w.size != nil {
		there, err := shownSize(ctx, out)
		var was, want image.Point
		if err == nil {
			was, err = shownSize(ctx, in)
		}
		if err == nil {
			want, err = w.size(was)
		}
		if err != nil || want != there {
			return cmp.Or(err, fmt.Errorf("%s is there and has %d×%d pixels, want %d×%d: remove it first", filepath.Base(out), there.X, there.Y, want.X, want.Y))
		}
	}
	if w.json {
		return env.tell(out, passedBy{in, out, true})
	}
	fmt.Fprintf(env.Stderr, "%s: there already\n", out)
	return nil
}

// sameSize is folderWork's size of what keeps it.
func sameSize(was image.Point) (image.Point, error) { return was, nil }

// outputs are the names of what is made of pictures, by theirs. Where several would have one name, it is that of the picture
// whose own it is, and the others keep their ending before it: x.bmp.png beside x.png.
func (w folderWork) outputs(names []string) map[string]string {
	out, count := map[string]string{}, map[string]int{}
	for _, n := range names {
		count[w.name(n)]++
	}
	for _, n := range names {
		if out[n] = w.name(n); count[out[n]] > 1 && out[n] != n {
			out[n] = n + filepath.Ext(out[n])
		}
	}
	return out
}

// isFolder says whether what is read is a folder.
func isFolder(in string) bool {
	st, err := os.Stat(in)
	return in != "-" && err == nil && st.IsDir()
}

// writable is a picture's name, as a PNG where its form is not written.
func writable(name string) string {
	if _, known := file.FormOf(name); known {
		return name
	}
	return asPNG(name)
}

// asPNG is a picture's name with the ending of a PNG.
func asPNG(name string) string { return strings.TrimSuffix(name, filepath.Ext(name)) + ".png" }

// picturesIn are the names of the pictures in a folder, in order.
func picturesIn(dir string) (names []string, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, noSuchFile(dir, err)
	}
	for _, e := range entries {
		if mayBePicture(dir, e.Name()) && slices.Contains(file.Extensions, strings.ToLower(filepath.Ext(e.Name()))) {
			names = append(names, e.Name())
		}
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("%q: found no picture in this folder", dir)
	}
	return names, nil
}

// mayBePicture is false for a folder, and for a pipe, which would be waited for. What cannot be
// looked at may be one, so that it is told of.
func mayBePicture(dir, name string) bool {
	st, err := os.Stat(filepath.Join(dir, name))
	return err != nil || st.Mode().IsRegular()
}

// inAndOut takes what --in and --out leave open from the arguments.
func inAndOut(args []string, in, out *string, example string) error {
	for _, to := range []*string{in, out} {
		if *to == "" && len(args) > 0 {
			*to, args = args[0], args[1:]
		}
	}
	if *in == "" || *out == "" || len(args) > 0 {
		return WithHint(Misuse("want one picture or folder to read and one to write"), "%s", example)
	}
	return nil
}
