package pipeline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"image"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"pentimento/fault"
	"pentimento/pipeline/face"
	"pentimento/pipeline/metadata"
	"pentimento/pipeline/model"
	"pentimento/pipeline/people"
	"pentimento/pipeline/pixels"
	"pentimento/pipeline/preprocess"
	"pentimento/pipeline/shelf"
	"pentimento/pipeline/upscaler"
)

// Restoring is how the task Restore makes the faces of a picture better.
type Restoring struct {
	// Model is the path of the network's file: one that restores faces, or an upscaler, which is shown
	// each face as it is and whose picture is reduced to the face's size again.
	Model string `json:"model"`
	// Weight is CodeFormer's: from 0, the network's own idea of a face, to 1, true to the picture.
	Weight float64 `json:"weight"`
	// Visibility is how much of what is made is laid over the face, 0 to 1.
	Visibility float64 `json:"visibility"`
	// Finder is the path of one of FaceFinders; the others lie beside it.
	Finder string `json:"finder,omitempty"`
	// Sum is what a finished run's network file held, Kind what network it is, Faces how many faces it found.
	Sum   string `json:"sum,omitempty"`
	Kind  string `json:"kind,omitempty"`
	Faces int    `json:"faces,omitempty"`
}

// The keys of A1111 for restored faces, and ours.
const (
	keyRestored       = "Face restoration"
	keyRestoreWeight  = "CodeFormer weight"
	keyRestoreVisible = "Face restoration visibility"
	keyRestorer       = "Face restoration model"
	keyRestorerHash   = "Face restoration hash"
)

// FaceFinders are the files of the networks that find faces.
var FaceFinders = []string{people.FaceFull, preprocess.FaceLandmarks}

// Name is what people call the network: the file's name without its ending.
func (s *Restoring) Name() string { return fileName(s.Model) }

func fileName(path string) string {
	base := baseName(path)
	return base[:len(base)-len(filepath.Ext(base))]
}

// params is what a picture remembers of it.
func (s *Restoring) params() []metadata.Param {
	if s == nil {
		return nil
	}
	number := func(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
	out := []metadata.Param{{Key: keyRestored, Value: cmp.Or(s.Kind, s.Name())}, {Key: keyRestorer, Value: s.Name()}, {Key: keyRestoreVisible, Value: number(s.Visibility)}}
	if s.Kind == face.CodeFormer {
		out = append(out, metadata.Param{Key: keyRestoreWeight, Value: number(s.Weight)})
	}
	if s.Sum != "" {
		out = append(out, metadata.Param{Key: keyRestorerHash, Value: s.Sum})
	}
	return out
}

// Usual are the numbers that A1111 begins with.
func (s Restoring) Usual() Restoring {
	s.Weight, s.Visibility = 0.5, 1
	return s
}

// RestoringOf is what a recipe, of this program or of A1111, says of restored faces: Model is a name, never
// a path, since a recipe may be anybody's. ok is false where it says nothing.
func RestoringOf(r *metadata.Recipe) (s Restoring, ok bool) {
	s = s.Usual()
	s.Kind = r.Value(keyRestored)
	s.Model = cmp.Or(baseName(r.Value(keyRestorer)), s.Kind)
	if s.Model == "" { // A1111's Extras
		for _, kind := range []string{face.GFPGAN, face.CodeFormer} {
			if v, ok := r.Float("Postprocess " + kind + " visibility"); ok && v > 0 {
				s.Kind, s.Model, s.Visibility = kind, kind, v
			}
		}
		if v, ok := r.Float("Postprocess CodeFormer weight"); ok {
			s.Weight = v
		}
	}
	if v, ok := r.Float(keyRestoreWeight); ok {
		s.Weight = v
	}
	if v, ok := r.Float(keyRestoreVisible); ok {
		s.Visibility = v
	}
	s.Sum = r.Value(keyRestorerHash)
	return s, s.Model != ""
}

// Restorer is what a file that restores faces is.
type Restorer struct {
	Kind   string // for people
	Weighs bool   // Restoring.Weight means something to it
}

// CheckRestorer says what a file is that faces are to be restored by; a file that can't is an error.
func CheckRestorer(path string) (Restorer, error) {
	if f, ok, err := face.Open(path); ok || err != nil {
		if err != nil {
			return Restorer{}, err
		}
		return Restorer{Kind: f.Kind, Weighs: f.Weighs}, nil
	}
	f, err := upscaler.Open(path)
	if err != nil {
		return Restorer{}, err
	}
	return Restorer{Kind: f.Family}, nil
}

// faceKind is what an ONNX file of a network for faces is called in lists; "" for others.
func faceKind(path string) string {
	if !strings.EqualFold(filepath.Ext(path), ".onnx") {
		return ""
	}
	if f, ok, err := face.Open(path); err == nil && ok && f.Kind != "ONNX" {
		return "face_restorer"
	}
	if CheckSwapper(path) == nil {
		return "face_swapper"
	}
	if CheckEmbedder(path) == nil {
		return "face_embedder"
	}
	return ""
}

// FacesBy is the network that changed faces in a finished run, and how many there were.
func (q Request) FacesBy() (name string, faces int) {
	if q.Restore != nil {
		return q.Restore.Name(), q.Restore.Faces
	}
	if q.Swap != nil {
		return fileName(q.Swap.Swapper), q.Swap.Faces
	}
	return "", 0
}

// isRestoring says whether a parameter tells of restored faces.
func isRestoring(p metadata.Param) bool {
	return strings.HasPrefix(p.Key, keyRestored) || p.Key == keyRestoreWeight || strings.HasPrefix(p.Key, "Postprocess CodeFormer ") || strings.HasPrefix(p.Key, "Postprocess GFPGAN ")
}

// check says what is wrong with the numbers and files.
func (s *Restoring) check() error {
	switch {
	case s == nil:
		return fmt.Errorf("pipeline: restore says not how, want Restore")
	case s.Model == "":
		return fault.New("restore faces: found no network, want a file", "Choose a file of GFPGAN or CodeFormer, or fetch Real-ESRGAN, which works on the faces alone.")
	case !(s.Weight >= 0 && s.Weight <= 1):
		return fmt.Errorf("restore faces: weight %g, want 0 to 1", s.Weight)
	case !(s.Visibility >= 0 && s.Visibility <= 1):
		return fmt.Errorf("restore faces: visibility %g, want 0 to 1", s.Visibility)
	}
	return nil
}

// restore makes the faces of the request's picture better. Where there is none it says so and changes
// nothing.
func (r *run) restore(ctx context.Context) (*Result, error) {
	how, img := r.req.Restore, r.req.Image
	if err := how.check(); err != nil {
		return nil, err
	}
	if img == nil || img.Rect.Empty() {
		return nil, fault.New("restore faces: there is no picture", "Open a picture first.")
	}
	began := time.Now()
	out := &Result{Image: pixels.Crop(img, img.Rect), Mask: image.NewAlpha(img.Rect)}
	r.say("looking for faces", 0)
	faces, err := r.faces(ctx, img, how.Finder)
	if err != nil {
		return nil, err
	}
	r.clock("find faces", began)
	done := *how
	done.Faces = len(faces)
	r.req.Restore = &done
	if len(faces) == 0 {
		r.notice("no face was found: nothing is changed")
		return out, nil
	}
	r.say("opening the network", 0.1)
	by, release, err := r.openRestorer(ctx, how.Model)
	if err != nil {
		return nil, err
	}
	defer release()
	began = time.Now()
	for i, f := range faces {
		part := func(x float64) {
			r.say(fmt.Sprintf("face %d of %d", i+1, len(faces)), 0.15+0.85*(float64(i)+x)/float64(len(faces)))
		}
		part(0)
		if err := by.restore(ctx, f, out, *how, part); err != nil {
			return nil, err
		}
	}
	r.clock("restore faces", began)
	done.Kind = by.kind
	done.Sum, err = r.p.sums.file(ctx, how.Model)
	return out, err
}

// faces finds the faces of a picture from left to right, in its pixels counted from its corner.
func (r *run) faces(ctx context.Context, img *image.NRGBA, finder string) (out []face.Face, err error) {
	if finder == "" {
		return nil, fault.New("faces: the networks that find them are not here", "They are MediaPipe's, from npm: the verb models networks lists them, and --fetch gets them.")
	}
	o := &openParts{runtime: r.p.runtime, folder: filepath.Dir(finder), options: model.Options{Device: r.req.Device, Threads: r.req.Threads, Release: true}, all: map[string]*openPart{}}
	defer func() { err = errors.Join(err, o.close()) }()
	found, err := people.Faces(ctx, preprocess.Of(img), people.FaceFull, 0.5, true, o.eval)
	if err != nil {
		return nil, err
	}
	for _, one := range found {
		place := func(p people.Place) face.Point {
			return face.Point{X: p.X + float64(img.Rect.Min.X), Y: p.Y + float64(img.Rect.Min.Y)}
		}
		var five [5]face.Point
		at, _ := one.Five()
		for i, p := range at {
			five[i] = place(p)
		}
		var mesh []face.Point
		for _, p := range one.Mesh {
			mesh = append(mesh, place(p))
		}
		if f, ok := face.New(five, mesh); ok {
			out = append(out, f)
		}
	}
	face.ByPlace(out)
	return out, nil
}

// restorer is an opened network that makes faces better: one of the two.
type restorer struct {
	kind string // "": an upscaler
	face *face.Network
	zoom *upscaler.Network
	o    upscaler.Options
}

// openRestorer takes a network from the shelf until released.
func (r *run) openRestorer(ctx context.Context, path string) (by *restorer, release func(), err error) {
	f, ok, err := face.Open(path)
	if err != nil {
		return nil, nil, err
	}
	if !ok {
		n, done, err := r.openUpscaler(ctx, path)
		if err != nil {
			return nil, nil, err
		}
		r.device = n.Device()
		return &restorer{zoom: n, o: r.enlarging(0)}, done, nil
	}
	it, err := r.shelved("face restorer", path)
	if err != nil {
		return nil, nil, err
	}
	l := r.p.shelf.Lease(r.req.LowMemory, r.notice, it)
	n, _, err := shelf.Open(ctx, l, it, func(ctx context.Context, notice func(string)) (*face.Network, error) {
		return f.Load(ctx, r.p.runtime, r.openedFor(notice))
	})
	if err != nil {
		l.Release()
		return nil, nil, err
	}
	r.device = n.Device()
	return &restorer{kind: f.Kind, face: n}, l.Release, nil
}

// restore lays a better face over the one in a result.
func (by *restorer) restore(ctx context.Context, f face.Face, out *Result, how Restoring, report func(float64)) error {
	if by.zoom != nil {
		return by.enlarged(ctx, f, out, how, report)
	}
	side := by.face.Side
	s := face.FFHQ.Scaled(side).Onto(f)
	made, err := by.face.Restore(ctx, s.Cut(out.Image, side), how.Weight)
	if err != nil {
		return err
	}
	face.Paste(out.Image, out.Mask, s, made, face.Mask(f, s, side, side), how.Visibility)
	return nil
}

// enlarged shows an upscaler the face, and lays what it made of it, in the face's size, over it. A face that
// was enlarged before is shown reduced.
func (by *restorer) enlarged(ctx context.Context, f face.Face, out *Result, how Restoring, report func(float64)) error {
	place := f.Around(out.Image.Rect)
	if place.Dx() < 8 || place.Dy() < 8 {
		return nil
	}
	seen := pixels.Crop(out.Image, place)
	p, o := upscaler.Of(seen), by.o
	o.Report = report
	p.Alpha = nil
	if k := face.Reducible(face.SquareOf(seen)); k > 1 {
		small, err := upscaler.Enlarge(ctx, nil, p, place.Dx()/k, place.Dy()/k, o)
		if err != nil {
			return err
		}
		p = small
	}
	made, err := upscaler.Enlarge(ctx, by.zoom, p, place.Dx(), place.Dy(), o)
	if err != nil {
		return err
	}
	s := face.Similarity{A: 1, X: -float64(place.Min.X), Y: -float64(place.Min.Y)}
	face.Paste(out.Image, out.Mask, s, face.SquareOf(made.NRGBA(image.Point{})), face.Mask(f, s, place.Dx(), place.Dy()), how.Visibility)
	return nil
}
