package pipeline

import (
	"context"
	"errors"
	"fmt"
	"image"
	"strconv"
	"strings"
	"time"

	"pentimento/fault"
	"pentimento/pipeline/face"
	"pentimento/pipeline/metadata"
	"pentimento/pipeline/model"
	"pentimento/pipeline/pixels"
	"pentimento/pipeline/shelf"
)

// Swapping is how the task Swap gives faces of a picture another one's identity. It is for pictures that the
// person may change so, by files that the person brings; what a picture says of its making names it.
type Swapping struct {
	Swapper  string `json:"swapper"`          // path of an ONNX file of inswapper's shape
	Embedder string `json:"embedder"`         // path of one of ArcFace's
	Finder   string `json:"finder,omitempty"` // path of one of FaceFinders; the others lie beside it

	Face *image.NRGBA `json:"-"`              // a picture with the face to put in
	Name string       `json:"name,omitempty"` // of that picture's file, for people
	From int          `json:"from,omitempty"` // which of its faces, counted from the left; 0: the largest
	Into int          `json:"into,omitempty"` // which of the picture's faces, counted likewise; 0: all

	Match      float64 `json:"match"`      // how far the colours become those of the face that was there, 0 to 1
	Visibility float64 `json:"visibility"` // 0 to 1

	// Sums are what a finished run's network files held, Faces how many faces it changed.
	Sums  [2]string `json:"sums,omitzero"`
	Faces int       `json:"faces,omitempty"`
}

// Usual are the numbers to begin with.
func (s Swapping) Usual() Swapping {
	s.Match, s.Visibility = 1, 1
	return s
}

// The keys of a recipe.
const (
	keySwap           = "Face swap"
	keySwapEmbedder   = keySwap + " embedder"
	keySwapSource     = keySwap + " source"
	keySwapFrom       = keySwap + " from"
	keySwapInto       = keySwap + " into"
	keySwapFaces      = keySwap + " faces"
	keySwapMatch      = keySwap + " match"
	keySwapVisibility = keySwap + " visibility"
	keySwapSums       = keySwap + " hashes"
)

// params is what a picture remembers of it, so that nobody is misled.
func (s *Swapping) params() []metadata.Param {
	if s == nil {
		return nil
	}
	out := []metadata.Param{{Key: keySwap, Value: fileName(s.Swapper)}, {Key: keySwapEmbedder, Value: fileName(s.Embedder)}, {Key: keySwapSource, Value: baseName(s.Name)},
		{Key: keySwapFaces, Value: strconv.Itoa(s.Faces)}, {Key: keySwapMatch, Value: short(s.Match)}, {Key: keySwapVisibility, Value: short(s.Visibility)}}
	if s.From > 0 {
		out = append(out, metadata.Param{Key: keySwapFrom, Value: strconv.Itoa(s.From)})
	}
	if s.Into > 0 {
		out = append(out, metadata.Param{Key: keySwapInto, Value: strconv.Itoa(s.Into)})
	}
	if s.Sums[0] != "" {
		out = append(out, metadata.Param{Key: keySwapSums, Value: s.Sums[0] + " " + s.Sums[1]})
	}
	return out
}

// SwappingOf is what a recipe says of swapped faces: the networks and the face's picture are names, never paths,
// since a recipe may be anybody's. The picture itself is in no recipe.
func SwappingOf(r *metadata.Recipe) (s Swapping, err error) {
	s = s.Usual()
	s.Swapper, s.Embedder, s.Name = baseName(r.Value(keySwap)), baseName(r.Value(keySwapEmbedder)), baseName(r.Value(keySwapSource))
	if s.Swapper == "" || s.Embedder == "" {
		return s, errors.New("it does not say that a face was swapped, and by what")
	}
	s.Sums[0], s.Sums[1], _ = strings.Cut(r.Value(keySwapSums), " ")
	for key, to := range map[string]*int{keySwapFrom: &s.From, keySwapInto: &s.Into} {
		text, ok := r.Get(key)
		if n, bad := strconv.Atoi(text); ok && (bad != nil || n < 1) {
			err = fmt.Errorf("%s %q, want a number from 1", key, shortened(text))
		} else if ok {
			*to = n
		}
	}
	for key, to := range map[string]*float64{keySwapMatch: &s.Match, keySwapVisibility: &s.Visibility} {
		text, ok := r.Get(key)
		if v, bad := strconv.ParseFloat(text, 64); ok && (bad != nil || !(v >= 0 && v <= 1)) {
			err = fmt.Errorf("%s %q, want 0 to 1", key, shortened(text))
		} else if ok {
			*to = v
		}
	}
	return s, err
}

// isSwapping says whether a parameter tells of swapped faces.
func isSwapping(p metadata.Param) bool { return strings.HasPrefix(p.Key, keySwap) }

func (s *Swapping) check() error {
	switch {
	case s == nil:
		return fmt.Errorf("pipeline: swap says not how, want Swap")
	case s.Face == nil || s.Face.Rect.Empty():
		return fault.New("swap a face: there is no picture of the face to put in", "Choose a picture with that face.")
	case s.From < 0 || s.Into < 0:
		return fmt.Errorf("swap a face: face %d into %d, want numbers from 1, or 0", s.From, s.Into)
	case !(s.Match >= 0 && s.Match <= 1 && s.Visibility >= 0 && s.Visibility <= 1):
		return fmt.Errorf("swap a face: match %g and visibility %g, want 0 to 1", s.Match, s.Visibility)
	}
	return nil
}

// CheckSwapper and CheckEmbedder say what is wrong with a file that is to be one of Swapping's.
func CheckSwapper(path string) error {
	_, err := face.OpenSwapper(path)
	return err
}

// CheckEmbedder is CheckSwapper for the network that knows faces.
func CheckEmbedder(path string) error {
	_, err := face.OpenKnower(path)
	return err
}

// swap gives the faces of the request's picture another identity.
func (r *run) swap(ctx context.Context) (*Result, error) {
	how, img := r.req.Swap, r.req.Image
	if err := how.check(); err != nil {
		return nil, err
	}
	if img == nil || img.Rect.Empty() {
		return nil, fault.New("swap a face: there is no picture", "Open a picture first.")
	}
	swapper, err := face.OpenSwapper(how.Swapper)
	if err != nil {
		return nil, err
	}
	began := time.Now()
	r.say("looking for faces", 0)
	faces, err := r.swapped(ctx, img, how)
	if err != nil {
		return nil, err
	}
	who, err := r.identity(ctx, how)
	if err != nil {
		return nil, err
	}
	latent, err := swapper.Latent(who)
	if err != nil {
		return nil, err
	}
	r.clock("find faces", began)
	began = time.Now()
	r.say("opening the network", 0.3)
	session, release, err := leased(ctx, r, "face swapper", how.Swapper, swapper.Load)
	if err != nil {
		return nil, err
	}
	defer release()
	out := &Result{Image: pixels.Crop(img, img.Rect), Mask: image.NewAlpha(img.Rect)}
	for i, f := range faces {
		r.say(fmt.Sprintf("face %d of %d", i+1, len(faces)), 0.4+0.6*float64(i)/float64(len(faces)))
		s := swapper.Onto(f)
		was := s.Cut(out.Image, swapper.Side)
		made, err := swapper.Swap(ctx, session, was, latent)
		if err != nil {
			return nil, err
		}
		mask := face.Mask(f, s, swapper.Side, swapper.Side)
		face.Match(made, was, mask, how.Match)
		face.Paste(out.Image, out.Mask, s, made, mask, how.Visibility)
	}
	r.clock("swap faces", began)
	r.device = session.Device()
	done := *how
	done.Faces = len(faces)
	for i, path := range []string{how.Swapper, how.Embedder} {
		if done.Sums[i], err = r.p.sums.file(ctx, path); err != nil {
			return nil, err
		}
	}
	r.req.Swap = &done
	return out, nil
}

// swapped are the faces that change.
func (r *run) swapped(ctx context.Context, img *image.NRGBA, how *Swapping) ([]face.Face, error) {
	faces, err := r.faces(ctx, img, how.Finder)
	switch {
	case err != nil:
		return nil, err
	case len(faces) == 0:
		return nil, fault.New("swap a face: found none in the picture", "A face must look out of the picture and be some 40 pixels tall.")
	case how.Into > len(faces):
		return nil, fault.New(fmt.Sprintf("swap a face: found %d in the picture, want number %d", len(faces), how.Into), "Faces are counted from the left.")
	case how.Into > 0:
		return faces[how.Into-1 : how.Into], nil
	}
	return faces, nil
}

// identity is whose face it is in the picture of the face to put in.
func (r *run) identity(ctx context.Context, how *Swapping) ([]float32, error) {
	faces, err := r.faces(ctx, how.Face, how.Finder)
	switch {
	case err != nil:
		return nil, err
	case len(faces) == 0:
		return nil, fault.New("swap a face: found none in the picture of the face to put in", "Choose a picture in which it looks out.")
	case how.From > len(faces):
		return nil, fault.New(fmt.Sprintf("swap a face: found %d in the picture of the face to put in, want number %d", len(faces), how.From), "Faces are counted from the left.")
	}
	f := faces[max(how.From-1, 0)]
	for _, other := range faces {
		if how.From == 0 && other.Size() > f.Size() {
			f = other
		}
	}
	knower, err := face.OpenKnower(how.Embedder)
	if err != nil {
		return nil, err
	}
	r.say("opening the network", 0.2)
	session, release, err := leased(ctx, r, "face embedder", how.Embedder, knower.Load)
	if err != nil {
		return nil, err
	}
	defer release()
	return knower.Who(ctx, session, face.ArcFace.Onto(f).Cut(how.Face, int(face.ArcFace.Side)))
}

// leased takes a network of a file from the shelf until released.
func leased(ctx context.Context, r *run, role, path string, load func(context.Context, model.Runtime, model.Options) (model.Session, error)) (*model.Handle, func(), error) {
	it, err := r.shelved(role, path)
	if err != nil {
		return nil, nil, err
	}
	l := r.p.shelf.Lease(r.req.LowMemory, r.notice, it)
	s, _, err := shelf.Open(ctx, l, it, func(ctx context.Context, notice func(string)) (*model.Handle, error) {
		s, err := load(ctx, r.p.runtime, r.openedFor(notice))
		if err != nil {
			return nil, err
		}
		return &model.Handle{Session: s}, nil
	})
	if err != nil {
		l.Release()
		return nil, nil, err
	}
	return s, l.Release, nil
}
