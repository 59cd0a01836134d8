package people

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"pentimento/pipeline/preprocess"
)

// The networks that find faces (Bazarevsky et al., BlazeFace, 2019), by the names of their files. The short
// range is for faces that fill a good part of a picture, the full range for smaller ones, too.
const (
	FaceShort = "face_detection_short_range.tflite"
	FaceFull  = "face_detection_full_range.tflite"
)

// Place is a place in a picture, in its pixels.
type Place struct{ X, Y float64 }

// Face is a face that was found.
type Face struct {
	Score                    float64 // 0 to 1
	Left, Top, Right, Bottom float64 // pixels of the picture
	// Points are the right eye, the left eye (the person's), the tip of the nose, the mouth, the right ear and the left.
	Points [6]Place
	// Mesh are the 468 places of MediaPipe's face mesh; nil where none was asked for, or none is sure.
	Mesh []Place
}

// Five are the places by which faces are aligned: the eye to the left in the picture of a face that looks out of it, the other
// eye, the tip of the nose, the corners of the mouth in the same order. Without a mesh the corners are
// guessed from the mouth's middle; ok is false then.
func (f Face) Five() (at [5]Place, ok bool) {
	if len(f.Mesh) == meshPlaces {
		mid := func(all ...int) (p Place) {
			for _, i := range all {
				p.X += f.Mesh[i].X / float64(len(all))
				p.Y += f.Mesh[i].Y / float64(len(all))
			}
			return p
		}
		return [5]Place{mid(33, 133, 159, 145), mid(362, 263, 386, 374), f.Mesh[1], f.Mesh[61], f.Mesh[291]}, true
	}
	right, left, mouth := f.Points[0], f.Points[1], f.Points[3]
	dx, dy := (left.X-right.X)*0.37, (left.Y-right.Y)*0.37
	return [5]Place{right, left, f.Points[2], {mouth.X - dx, mouth.Y - dy}, {mouth.X + dx, mouth.Y + dy}}, false
}

const meshPlaces = 468

// faceDetector is what is known of one of the two networks.
type faceDetector struct {
	network string
	side    int
	anchors []point
}

var faceDetectors = []faceDetector{
	{FaceShort, 128, anchorsOf(128, 8, 16, 16, 16)},
	{FaceFull, 192, singly(anchorsOf(192, 4))},
}

// singly are anchors of a detector that has one at each place.
func singly(all []point) (out []point) {
	for i := 0; i < len(all); i += 2 {
		out = append(out, all[i])
	}
	return out
}

// Faces finds the faces in a picture by one of the two detectors, the surest first; none is no error. Those
// below a score of least, 0 to 1, are left out. With mesh each is looked at by the network of the face mesh.
func Faces(ctx context.Context, p preprocess.Picture, detector string, least float64, mesh bool, eval Eval) ([]Face, error) {
	if p.Channels != 3 || len(p.Pix) != 3*p.W*p.H || p.W < 1 || p.H < 1 {
		return nil, fmt.Errorf("faces: found a picture of %d × %d pixels and %d channels, want three channels", p.W, p.H, p.Channels)
	}
	i := slices.IndexFunc(faceDetectors, func(d faceDetector) bool { return d.network == detector })
	if i < 0 {
		return nil, fmt.Errorf("faces: found no detector %q", detector)
	}
	f := finder{p, eval}
	found, err := f.faces(ctx, faceDetectors[i], least)
	for k := 0; mesh && err == nil && k < len(found); k++ {
		found[k].Mesh, err = f.meshOf(ctx, found[k])
	}
	if err != nil {
		return nil, fmt.Errorf("faces: %w", err)
	}
	return found, nil
}

// closer are squares of half the picture's shorter side, each half over its neighbours: faces that are small
// in the whole are large enough there. At most 64, so that a strip takes no minutes.
func (f finder) closer() (all []region) {
	side := float64(min(f.p.W, f.p.H)) / 2
	if side < 96 {
		return nil
	}
	steps := func(long int) int { return min(max(int(math.Ceil(2*float64(long)/side))-1, 1), 8) }
	nx, ny := steps(f.p.W), steps(f.p.H)
	at := func(i, n, long int) float64 {
		if n == 1 {
			return float64(long) / 2
		}
		return side/2 + float64(i)*(float64(long)-side)/float64(n-1)
	}
	for y := range ny {
		for x := range nx {
			all = append(all, region{x: at(x, nx, f.p.W), y: at(y, ny, f.p.H), side: side})
		}
	}
	return all
}

// faces finds where faces are, in the whole picture and closer.
func (f finder) faces(ctx context.Context, d faceDetector, least float64) ([]Face, error) {
	var found []Face
	for _, view := range append(f.views(), f.closer()...) {
		outs, err := f.look(ctx, d.network, d.side, view, -1, 16*len(d.anchors), len(d.anchors))
		if err != nil {
			return nil, err
		}
		for _, one := range suppress(decode(outs[0], outs[1], d.anchors, d.side, min(least, sure))) {
			// What a view cuts off is found whole in a neighbouring one, or in the whole picture.
			if face := faceAt(one, view); one.score >= least && f.whole(one, view) {
				found = append(found, face)
			}
		}
	}
	slices.SortStableFunc(found, func(a, b Face) int { return cmp.Compare(b.Score, a.Score) })
	var out []Face
	for _, one := range found {
		if !slices.ContainsFunc(out, one.same) {
			out = append(out, one)
		}
	}
	return out, nil
}

// whole says that a detection does not reach over an edge of its view within the picture.
func (f finder) whole(d detection, view region) bool {
	const edge = 0.01
	inside := func(low, high, from, to, most float64) bool {
		return (low > edge || from <= 0) && (high < 1-edge || to >= most)
	}
	half := view.side / 2
	return inside(d.left, d.right, view.x-half, view.x+half, float64(f.p.W)) && inside(d.top, d.bottom, view.y-half, view.y+half, float64(f.p.H))
}

// faceAt is a detection of a view in the picture.
func faceAt(d detection, view region) Face {
	low, high := view.out(point{d.left, d.top}), view.out(point{d.right, d.bottom})
	f := Face{Score: d.score, Left: low.x, Top: low.y, Right: high.x, Bottom: high.y}
	for i := range min(len(f.Points), len(d.points)) {
		at := view.out(d.points[i])
		f.Points[i] = Place{at.x, at.y}
	}
	return f
}

// same says whether two finds are one face: they share a third of the area of both, or most of the smaller one.
func (f Face) same(o Face) bool {
	w, h := math.Min(f.Right, o.Right)-math.Max(f.Left, o.Left), math.Min(f.Bottom, o.Bottom)-math.Max(f.Top, o.Top)
	if w <= 0 || h <= 0 {
		return false
	}
	a, b := (f.Right-f.Left)*(f.Bottom-f.Top), (o.Right-o.Left)*(o.Bottom-o.Top)
	return w*h > 0.3*(a+b-w*h) || w*h > 0.7*math.Min(a, b)
}

// meshOf looks at a face, and then at where that finds it; nil where it isn't sure.
func (f finder) meshOf(ctx context.Context, face Face) ([]Place, error) {
	right, left := face.Points[0], face.Points[1]
	r := region{
		x: (face.Left + face.Right) / 2, y: (face.Top + face.Bottom) / 2,
		side: 1.5 * math.Max(face.Right-face.Left, face.Bottom-face.Top), angle: math.Atan2(left.Y-right.Y, left.X-right.X),
	}
	mesh, err := f.mesh(ctx, r)
	if err != nil || mesh == nil {
		return nil, err
	}
	out := make([]Place, len(mesh))
	for i, l := range mesh {
		out[i] = Place{l.x, l.y}
	}
	return out, nil
}

// mesh is the face mesh of a region, looked at twice; nil where it isn't sure.
func (f finder) mesh(ctx context.Context, r region) (mesh []landmark, err error) {
	for range 2 {
		outs, err := f.look(ctx, preprocess.FaceLandmarks, faceSide, r, 0, 3*meshPlaces, 1)
		if err != nil || sigmoid(outs[1][0]) < sure {
			return nil, err
		}
		mesh = r.all(outs[0], meshPlaces, faceSide)
		r = around(mesh, mesh[33], mesh[263]).grown(1.5)
	}
	return mesh, nil
}
