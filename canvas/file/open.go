package file

import (
	"archive/zip"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"io"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"pentimento/canvas"
	"pentimento/canvas/disk"
	"pentimento/fault"
)

// OpenProject reads the OpenRaster file at path, ours or another program's, or the layers of
// a PSD or .kra file. report may be nil; it receives the fraction done, from several
// goroutines. Damage costs what is damaged and is reported in Notices; an error means that nothing of the picture could be read, or that the file
// is of a newer format than this program knows.
func OpenProject(ctx context.Context, path string, report func(float64)) (*Project, *Stored, error) {
	f, err := disk.Open(path)
	if err != nil {
		return nil, nil, named(path, disk.Plain(err))
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return nil, nil, named(path, disk.Plain(err))
	}
	if !st.Mode().IsRegular() {
		return nil, nil, named(path, fault.New("found no regular file, want a project file", ""))
	}
	read := func() (*Project, *Stored, error) { return readProject(ctx, f, st.Size(), report) }
	var head [len(psdMagic)]byte
	if _, err := f.ReadAt(head[:], 0); err == nil && string(head[:]) == psdMagic {
		read = func() (*Project, *Stored, error) { return openPSD(ctx, f, report) }
	}
	p, s, err := read()
	if err != nil {
		return nil, nil, named(path, err)
	}
	s.path = path
	return p, s, nil
}

// opening is one run of readProject.
type opening struct {
	ctx    context.Context
	a      *archive
	p      *Project
	out    *Stored
	state  *canvas.State
	doc    *projectDoc // nil: a file of another program
	leaves []*leaf
	images []image.Image                  // by number in doc.Pictures; nil: could not be read
	exact  image.Image                    // of the source
	saved  []canvas.Grid[canvas.MaskTile] // by number in doc.Channels

	inch [2]float64 // pixels an inch, as the list of layers says

	mu      sync.Mutex
	notices []string
}

func readProject(ctx context.Context, r io.ReaderAt, size int64, report func(float64)) (p *Project, s *Stored, err error) {
	defer func() { // readers of others' formats are complex: a bug must not end the program
		if v := recover(); v != nil {
			p, s, err = nil, nil, fault.New(fmt.Sprintf("reading it failed (%v)", v), damaged)
		}
	}()
	a, err := openProjectArchive(r, size)
	if err != nil {
		return nil, nil, err
	}
	if a.krita {
		return readKrita(ctx, a, false, report)
	}
	o := &opening{ctx: ctx, a: a, p: &Project{Data: map[string][]json.RawMessage{}, Pictures: map[string]*image.NRGBA{}, Masks: map[string]*image.Alpha{}},
		out: &Stored{layers: map[canvas.LayerID]*storedLayer{}, covers: map[string]part{}, pictures: map[any]member{}}, state: &canvas.State{}}
	if n := len(a.refused); n > 0 {
		o.note(true, "%d parts of the file are implausible and were left out, such as %q", n, a.refused[0])
	}
	if err := o.readDoc(); err != nil {
		return nil, nil, err
	}
	if err := o.readStack(); err != nil {
		return nil, nil, err
	}
	if err := o.decode(report); err != nil {
		return nil, nil, err
	}
	o.assemble()
	o.readData()
	o.keepForeign()
	o.p.State, o.p.Notices = o.state, o.notices
	o.out.state = o.state
	return o.p, o.out, nil
}

// openProjectArchive opens an archive and sees that it is OpenRaster, or Krita's.
func openProjectArchive(r io.ReaderAt, size int64) (*archive, error) {
	a, err := openArchive(r, size)
	if err != nil {
		return nil, err
	}
	mime, err := a.document(mimeMember, 256)
	switch found := strings.TrimSpace(string(mime)); {
	case err == nil && found == mimetype, a.members[stackMember] != nil:
		return a, nil
	case err == nil && found == kritaMime, a.members[kritaMember] != nil:
		a.krita = true
		return a, nil
	}
	return nil, fault.New("found a zip archive, want an OpenRaster picture", "open it in the program it comes from and save it as .ora or PNG")
}

// note keeps a sentence for the person. lost: saving over the file would lose something.
func (o *opening) note(lost bool, format string, args ...any) {
	o.mu.Lock()
	defer o.mu.Unlock()
	const most = 50
	o.p.Lossy = o.p.Lossy || lost
	if len(o.notices) < most {
		o.notices = append(o.notices, fmt.Sprintf(format, args...))
	}
}

const ownLost = "What only Pentimento knows (mask, frame, references, candidates) is damaged: the layers were opened as another program's"

// readDoc reads our own description, where there is one.
func (o *opening) readDoc() error {
	if o.a.members[docMember] == nil {
		if slices.ContainsFunc(o.a.order, func(f *zip.File) bool { return strings.HasPrefix(f.Name, ownFolder) }) {
			o.note(true, ownLost)
		}
		return nil
	}
	b, err := o.a.document(docMember, maxDocument)
	if err == nil {
		var version struct {
			Format  [2]int
			Program string
		}
		if err = json.Unmarshal(b, &version); err == nil && version.Format[0] > FormatMajor {
			return fault.Told(fmt.Sprintf("is a project of format %d.%d written by %q, this program reads up to %d", version.Format[0], version.Format[1], version.Program, FormatMajor),
				"open it with a newer Pentimento", nil)
		}
	}
	var d projectDoc
	if err == nil {
		err = json.Unmarshal(b, &d)
	}
	if err == nil && d.Format[0] < 1 {
		err = fault.New("says no format", damaged)
	}
	if err == nil {
		err = json.Unmarshal(b, &o.out.unknown)
	}
	if err != nil {
		o.note(true, ownLost)
		return nil
	}
	known, _ := json.Marshal(d)
	var keys map[string]json.RawMessage
	_ = json.Unmarshal(known, &keys) // of our own making
	for _, k := range append([]string{"page", "mask", "fills", "selection", "channels", "pictures", "references", "named", "data"}, sortedKeys(keys)...) {
		delete(o.out.unknown, k)
	}
	o.doc, o.p.Program = &d, d.Program
	return nil
}

// readStack reads the list of layers; without one, the flattened picture is the only layer.
func (o *opening) readStack() error {
	b, err := o.a.document(stackMember, maxDocument)
	var pg *page
	if err == nil {
		var notes []string
		pg, notes, err = parseStack(b)
		for _, n := range notes {
			o.note(true, "In the list of layers, %s", n)
		}
	}
	if err != nil {
		if o.a.members[mergedMember] == nil {
			return err
		}
		o.note(true, "The list of layers is damaged: the flattened picture was opened as one layer")
		pg = &page{root: &node{stack: true, children: []*node{{name: "Picture", src: mergedMember, opacity: 1, visible: true, selected: true}}}}
		if o.doc != nil {
			o.doc.Layers = nil
		}
	}
	o.out.attrs, o.out.root, o.out.isolated, o.inch = pg.others, pg.root.others, pg.root.isolated, pg.inch
	if o.doc == nil {
		o.out.page = image.Rect(0, 0, max(pg.w, 0), max(pg.h, 0))
	} else if o.doc.Page != nil && reasonable(*o.doc.Page) {
		o.out.page = *o.doc.Page
	}
	o.leaves = o.flatten(pg.root)
	if len(o.leaves) == 0 {
		o.note(false, "It holds no layer: an empty one was made")
	}
	return nil
}

// reasonable says whether a rectangle is where a person may have painted.
func reasonable(r image.Rectangle) bool {
	return r.Min.X > -maxPlace && r.Min.Y > -maxPlace && r.Max.X < maxPlace && r.Max.Y < maxPlace && r.Min.X <= r.Max.X && r.Min.Y <= r.Max.Y
}

// task decodes one member.
type task struct {
	size uint64
	run  func()
}

// decode reads all pixels, the largest members first.
func (o *opening) decode(report func(float64)) error {
	var tasks []task
	total := uint64(1)
	plan := func(src string, run func(f *sheet)) {
		f := o.a.members[src]
		if f == nil {
			run(nil)
			return
		}
		total += f.CompressedSize64
		tasks = append(tasks, task{f.CompressedSize64, func() { run(&sheet{file: f, budget: o.a.budget}) }})
	}
	sheets := o.layerSheets()
	for _, s := range sheets {
		plan(s.src, func(f *sheet) { s.read(o, f) })
	}
	if o.doc != nil {
		o.planCovers(plan)
		for _, l := range o.leaves {
			if l.own == nil || l.own.Mask == nil {
				continue
			}
			if d := l.own.Mask; d.Src != "" {
				plan(d.Src, func(f *sheet) { o.readLayerMask(l, f) })
			} else {
				l.mask = &canvas.LayerMask{Outside: outside(d), Off: d.Off}
			}
		}
		if len(o.doc.Pictures) > maxMembers {
			o.doc.Pictures = o.doc.Pictures[:maxMembers]
		}
		o.images = make([]image.Image, len(o.doc.Pictures))
		for i, d := range o.doc.Pictures {
			plan(d.Src, func(f *sheet) { o.readPicture(i, d, f) })
		}
		if s := o.doc.Source; s != nil && s.Exact != "" {
			plan(s.Exact, o.readExact)
		}
	}
	slices.SortStableFunc(tasks, func(a, b task) int { return int(int64(b.size) - int64(a.size)) })
	return o.perform(tasks, total, report)
}

// perform does tasks, several at a time, in their order; total is of what sizes are reported of.
func (o *opening) perform(tasks []task, total uint64, report func(float64)) error {
	var done atomic.Uint64
	queue := make(chan task, len(tasks))
	for _, t := range tasks {
		queue <- t
	}
	close(queue)
	var wg fault.Group
	for range min(runtime.GOMAXPROCS(0), len(tasks)) {
		wg.Go(func() {
			for t := range queue {
				if o.ctx.Err() != nil {
					return
				}
				o.safely(t.run)
				if report != nil {
					report(float64(done.Add(t.size)) / float64(total))
				}
			}
		})
	}
	wg.Wait()
	return o.ctx.Err()
}

// safely runs a task: a bug in a decoder, ours or another's, costs a member and not the
// program.
func (o *opening) safely(run func()) {
	defer func() {
		if v := recover(); v != nil {
			o.note(true, "A part of the project could not be read (%v)", v)
		}
	}()
	run()
}

// assemble builds the State of what was read.
func (o *opening) assemble() {
	s := o.state
	o.number()
	for _, l := range o.leaves {
		o.addLayer(l)
	}
	s.Layers = canvas.Arranged(s.Layers)
	if len(s.Layers) == 0 {
		s.Layers = []*canvas.Layer{{ID: 1, Name: "Layer 1", Visible: true, Opacity: 255}}
	}
	top := s.Layers[len(s.Layers)-1].ID
	if s.Layer(s.Active) == nil {
		s.Active = top
	}
	o.readSource()
	o.addChannels()
	if o.doc == nil {
		s.Frame = o.out.page
		return
	}
	if s.Layer(o.doc.Active) != nil {
		s.Active = o.doc.Active
	}
	if s.Frame = o.doc.Frame; !reasonable(s.Frame) || max(s.Frame.Dx(), s.Frame.Dy()) > maxFrameSide || s.Frame.Dx()*s.Frame.Dy() > maxFrame {
		s.Frame = s.Used()
	}
	for _, l := range o.doc.GuideLines[:min(len(o.doc.GuideLines), maxMembers)] {
		if reasonable(image.Rect(l.At, l.At, l.At, l.At)) {
			s.GuideLines = append(s.GuideLines, l)
		}
	}
	for _, r := range o.doc.References {
		if l := s.Layer(r.Layer); r.Picture == -1 {
			if r.Layer == 0 || l != nil && l.Guide {
				s.References = append(s.References, &canvas.Reference{Name: r.Name, Layer: r.Layer})
			}
		} else if img, ok := o.image(r.Picture).(*image.NRGBA); ok {
			s.References = append(s.References, &canvas.Reference{Name: r.Name, Image: img})
		} else {
			o.note(true, "The reference %q is damaged and was left out", r.Name)
		}
	}
	for _, name := range sortedKeys(o.doc.Named) {
		switch img := o.image(o.doc.Named[name]).(type) {
		case *image.NRGBA:
			o.p.Pictures[name] = img
		case *image.Alpha:
			o.p.Masks[name] = img
		}
	}
	o.readOrigins()
}

func (o *opening) image(n int) image.Image {
	if n < 0 || n >= len(o.images) {
		return nil
	}
	return o.images[n]
}
