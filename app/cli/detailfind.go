package cli

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"pentimento/fault"
	"pentimento/pipeline"
	finders "pentimento/pipeline/find"
)

// passFlags are the flags of passes: --find begins one, and those behind it are its own; those before the
// first are of all.
type passFlags struct {
	all   []pipeline.Detailing
	usual pipeline.Detailing
	fetch bool
}

// last is the pass that a flag is of.
func (f *passFlags) last() *pipeline.Detailing {
	if len(f.all) == 0 {
		return &f.usual
	}
	return &f.all[len(f.all)-1]
}

func (f *passFlags) declare(fs *flag.FlagSet) {
	f.usual = pipeline.UsualDetailing("")
	fs.Func("find", "what is looked for: `WHAT` is "+finders.Names()+", or a YOLO network's ONNX file; repeatable, each on what the one before made", func(s string) error {
		d := f.usual
		d.Find.What = s
		f.all = append(f.all, d)
		return nil
	})
	text := func(name, usage string, to func(d *pipeline.Detailing) *string) {
		fs.Func(name, usage, func(s string) error { *to(f.last()) = s; return nil })
	}
	whole := func(name, usage string, to func(d *pipeline.Detailing) *int) {
		fs.Func(name, usage, func(s string) error { return scan(s, "a whole number", to(f.last()), "%d") })
	}
	number := func(name, usage string, to func(d *pipeline.Detailing) *float64) {
		fs.Func(name, usage, func(s string) error { return scan(s, "a number", to(f.last()), "%g") })
	}
	type pass = pipeline.Detailing
	text("find-prompt", "`TEXT` for the finds instead of --prompt; [SEP] between that of one and the next, [PROMPT] for that of --prompt, [SKIP] leaves one as it is", func(d *pass) *string { return &d.Prompt })
	text("find-negative", "likewise, `TEXT` instead of --negative", func(d *pass) *string { return &d.Negative })
	number("find-strength", "how much of a find may change, `F` from 0 to 1 (0.4)", func(d *pass) *float64 { return &d.Strength })
	number("confidence", "how sure a find must be, `F` from 0 to 1 (0.3)", func(d *pass) *float64 { return &d.Find.Confidence })
	number("min-area", "the least part of the picture's area that a find takes, `F` from 0 to 1", func(d *pass) *float64 { return &d.Find.MinArea })
	number("max-area", "the greatest, `F` from 0 to 1", func(d *pass) *float64 { return &d.Find.MaxArea })
	whole("top", "at most `N` finds; 0 = all", func(d *pass) *int { return &d.Find.Top })
	text("top-by", "which those are: `area|confidence`", func(d *pass) *string { return &d.Find.TopBy })
	text("sort", "the order: `left|centre|area`; without it as they were found", func(d *pass) *string { return &d.Find.Sort })
	text("classes", "of a YOLO network: `NAMES` or numbers of classes, with commas", func(d *pass) *string { return &d.Find.Classes })
	whole("dilate", "grow masks by a square of `N` pixels, below 0 shrink them (4)", func(d *pass) *int { return &d.Find.Grow })
	fs.Func("offset", "move masks by `X,Y` pixels, right and up", func(s string) error {
		d := f.last()
		if n, err := fmt.Sscanf(s+" .", "%d,%d .", &d.Find.X, &d.Find.Y); n != 2 || err != nil {
			return errors.New("want X,Y such as 0,-10")
		}
		return nil
	})
	text("merge", "masks: `merge` makes one of all, invert paints all but that", func(d *pass) *string { return &d.Find.Merge })
	whole("mask-blur", "masks end softly over four times `N` pixels (4)", func(d *pass) *int { return &d.Blur })
	whole("padding", "read `N` pixels around a find (32)", func(d *pass) *int { return &d.Padding })
	fs.BoolFunc("whole-picture", "read the whole picture for each find", func(s string) error { f.last().Whole = s != "false"; return nil })
	fs.Func("find-size", "the network works at `WxH`; without it as suits it", func(s string) error {
		d := f.last()
		if n, err := fmt.Sscanf(s+" .", "%dx%d .", &d.Width, &d.Height); n != 2 || err != nil || min(d.Width, d.Height) < 8 {
			return errors.New("want WIDTHxHEIGHT such as 512x512")
		}
		return nil
	})
	whole("find-steps", "`N` steps instead of --steps", func(d *pass) *int { return &d.Steps })
	number("find-cfg", "`F` instead of --cfg", func(d *pass) *float64 { return &d.CFG })
	text("find-sampler", "`NAME` instead of --sampler", func(d *pass) *string { return &d.Sampler })
	text("find-schedule", "`NAME` instead of --schedule", func(d *pass) *string { return &d.Schedule })
	text("find-model", "another checkpoint for the finds, `FILE`", func(d *pass) *string { return &d.Model })
	fs.BoolVar(&f.fetch, "fetch", false, "fetch the networks that find things where they are not here; without it a terminal is asked")
}

// scan reads a number that is all of a text.
func scan(s, want string, to any, verb string) error {
	if n, err := fmt.Sscanf(s+" .", verb+" .", to); n != 1 || err != nil {
		return errors.New("want " + want)
	}
	return nil
}

// ready gives the passes the paths of their networks and checkpoints. Networks that can be fetched are, where that is
// agreed. say notes what is used in the place of something else.
func (e *Env) ready(ctx context.Context, passes []pipeline.Detailing, model string, fetch bool, say func(string)) ([]pipeline.Detailing, error) {
	passes = slices.Clone(passes)
	for i := range passes {
		d := &passes[i]
		if d.Model != "" {
			path, err := e.checkpointOf(ctx, d.Model)
			if err != nil {
				return nil, err
			}
			d.Model = path
		}
		if d.Looked {
			continue
		}
		if err := d.Find.Check(); err != nil {
			return nil, misuse{err}
		}
		if err := e.finder(ctx, d, model, fetch, say); err != nil {
			return nil, err
		}
	}
	return passes, nil
}

// checkpointOf is the path of a checkpoint that a pass names.
func (e *Env) checkpointOf(ctx context.Context, name string) (path string, err error) {
	if _, err := os.Stat(name); err == nil {
		return filepath.Abs(name)
	}
	if e.Known != nil {
		path = e.Known(ctx, "", name)
	}
	if path == "" {
		return "", WithHint(fmt.Errorf("checkpoint %q: no such file, and none of this name is known", name), "name its file with --find-model, or leave the pass to --model")
	}
	return path, nil
}

// redone adds what a recipe redid of the picture after it was made: faces that were restored, and ADetailer's passes. One whose
// networks are not here is told of and left out.
func (e *Env) redone(ctx context.Context, q *pipeline.Request, from *taken) error {
	if from == nil {
		return nil
	}
	if q.Exact { // what was found is known
		return e.redoneExactly(ctx, q)
	}
	passes, left := pipeline.DetailsOf(from.recipe)
	for _, line := range left {
		from.say(e, "not taken over: %s", line)
	}
	var able []pipeline.Detailing
	for _, d := range passes {
		one, err := e.ready(ctx, []pipeline.Detailing{d}, q.Model, false, func(text string) { from.say(e, "%s", text) })
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			from.say(e, "not taken over: ADetailer's %s: %s", d.Find.What, strings.TrimSpace(fault.Plain(err)+"; "+fault.Hint(err)))
			continue
		}
		able = append(able, one...)
	}
	q.After = nil
	if how, ok := pipeline.RestoringOf(from.recipe); ok {
		how, err := e.restorer(ctx, how, q.Model)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			from.say(e, "not taken over: face restoration by %s: %s", how.Model, strings.TrimSpace(fault.Plain(err)+"; "+fault.Hint(err)))
		} else {
			q.After = append(q.After, pipeline.AfterRestoring(how))
		}
	}
	if len(able) > 0 {
		q.After = append(q.After, pipeline.AfterDetails(able))
	}
	return nil
}

// redoneExactly finds the files of the steps that a run records, for its repetition.
func (e *Env) redoneExactly(ctx context.Context, q *pipeline.Request) (err error) {
	q.After = slices.Clone(q.After)
	for i := range q.After {
		s := &q.After[i]
		if s.Restore != nil {
			how, err := e.restorer(ctx, *s.Restore, q.Model)
			if err != nil {
				return err
			}
			s.Restore = &how
		}
		s.Details = slices.Clone(s.Details)
		for k := range s.Details {
			if d := &s.Details[k]; d.Model != "" {
				if d.Model, err = e.checkpointOf(ctx, d.Model); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// restorer finds the files of how faces are to be restored: near the model, or in the library.
func (e *Env) restorer(ctx context.Context, how pipeline.Restoring, model string) (pipeline.Restoring, error) {
	path, err := pipeline.FindRestorer(model, how.Model)
	if err != nil {
		other, missing := e.restorerFile(ctx, filepath.Base(how.Model), how.Sum, true, false)
		if missing != nil {
			return how, err
		}
		path = other
	}
	if _, err := pipeline.CheckRestorer(path); err != nil {
		return how, err
	}
	files, err := e.partsOf(ctx, pipeline.FaceFinders, false)
	if err != nil {
		return how, fault.With(fmt.Errorf("finding faces: %w", err), fault.Hint(err))
	}
	how.Model, how.Finder = path, files[0]
	return how, nil
}

// finder finds the networks of what a pass looks for.
func (e *Env) finder(ctx context.Context, d *pipeline.Detailing, model string, agreed bool, say func(string)) error {
	row, unknown := finders.Named(d.Find.What)
	if unknown != nil {
		path, err := pipeline.FindDetector(model, d.Find.What)
		if err == nil {
			d.Find.What, err = filepath.Abs(path)
			return err
		}
		instead, ok := finders.InsteadOf(filepath.Base(d.Find.What))
		if !ok || exists(d.Find.What) {
			if strings.ContainsAny(d.Find.What, `./\`) {
				return err
			}
			return misuse{unknown}
		}
		say(fmt.Sprintf("there is no %q as an ONNX file here: %s are found by MediaPipe's networks instead", d.Find.What, instead.Short))
		row = instead
	}
	files, err := e.partsOf(ctx, row.Parts, agreed)
	if err != nil {
		return fault.With(fmt.Errorf("%s: %w", row.Name, err), fault.Hint(err))
	}
	d.Find.What, d.Network = row.Name, files[0]
	return nil
}

// looked is a find as --json prints it.
type looked struct {
	What  string  `json:"what"`
	Class string  `json:"class"`
	Score float64 `json:"score"`
	Box   [4]int  `json:"box"` // of the mask: x, y, width, height
}

// lookedAt are the finds of passes, in pixels of a picture whose corner is at a place.
func lookedAt(passes []pipeline.Detailing, at image.Point) []looked {
	out := []looked{}
	for _, d := range passes {
		for _, f := range d.Found {
			r := f.Box.Sub(at)
			out = append(out, looked{filepath.Base(d.Find.What), cmp.Or(f.Class, d.Find.What), f.Score, [4]int{r.Min.X, r.Min.Y, r.Dx(), r.Dy()}})
		}
	}
	return out
}

// counted says how many there are of each: "2 face, 1 hand".
func counted(all []looked) string {
	n, order := map[string]int{}, []string{}
	for _, l := range all {
		if n[l.Class] == 0 {
			order = append(order, l.Class)
		}
		n[l.Class]++
	}
	var out []string
	for _, class := range order {
		out = append(out, fmt.Sprintf("%d %s", n[class], class))
	}
	return cmp.Or(strings.Join(out, ", "), "nothing found")
}
