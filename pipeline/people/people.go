// Package people finds people in a picture by MediaPipe's networks and gives their joints, hands and
// faces as OpenPose names the places, which is what preprocess.DrawPose draws. It runs no network
// itself: whoever calls Find evaluates them.
//
// Start at Find; ssd.go reads what detectors say, region.go cuts a turned square out of a picture and
// brings places back from it, openpose.go turns MediaPipe's points into OpenPose's. The numbers are
// those of MediaPipe's graphs (modules pose_detection, pose_landmark, hand_landmark, face_landmark,
// Apache-2.0; the networks: Bazarevsky et al., BlazePose, 2020; Zhang et al., MediaPipe Hands, 2020;
// Kartynnik et al., face geometry, 2019). What differs: there is no recrop network for hands, a second look
// at the place where the first found one takes its turn; several people are looked at, one after
// the other. Everything here may be called by any goroutine and keeps nothing that it was given.
package people

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"pentimento/pipeline/preprocess"
)

// The sides in pixels of the squares that the networks see.
const detectorSide, bodySide, palmSide, handSide, faceSide = 224, 256, 192, 224, 192

// Eval evaluates a network on a square of side × side pixels, three interleaved channels in the range that
// the network wants, and gives its outputs in the file's order.
type Eval func(ctx context.Context, network string, side int, in []float32) ([][]float32, error)

// most is how many people are looked at.
const most = 12

// sure is the least probability at which something counts as found.
const sure = 0.5

// Find finds people, the surest first; none is no error. Places are in parts of the picture, and
// those that are hidden or beyond its border are nil.
func Find(ctx context.Context, p preprocess.Picture, what preprocess.PoseParts, eval Eval) ([]preprocess.Pose, error) {
	if p.Channels != 3 || len(p.Pix) != 3*p.W*p.H || p.W < 1 || p.H < 1 {
		return nil, fmt.Errorf("people: found a picture of %d × %d pixels and %d channels, want three channels", p.W, p.H, p.Channels)
	}
	f := finder{p, eval}
	found, err := f.detect(ctx)
	if err != nil {
		return nil, fmt.Errorf("people: %w", err)
	}
	var out []preprocess.Pose
	var bodies [][]landmark
	for _, d := range found {
		if len(out) == most {
			break
		}
		one, body, err := f.person(ctx, d, bodies, what)
		if err != nil {
			return nil, fmt.Errorf("people: %w", err)
		}
		if body != nil {
			out, bodies = append(out, one), append(bodies, body)
		}
	}
	return out, nil
}

type finder struct {
	p    preprocess.Picture
	eval Eval
}

// landmark is a place in pixels of the picture, and how likely it is to be seen.
type landmark struct{ x, y, seen float64 }

// look evaluates a network on a region, pixels from low to 1.
func (f finder) look(ctx context.Context, network string, side int, r region, low float32, sizes ...int) ([][]float32, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	outs, err := f.eval(ctx, network, side, r.cut(f.p, side, low))
	if err != nil {
		return nil, err
	}
	if len(outs) < len(sizes) {
		return nil, fmt.Errorf("%s gives %d values, want %d", network, len(outs), len(sizes))
	}
	for i, n := range sizes {
		if len(outs[i]) != n {
			return nil, fmt.Errorf("%s gives %d numbers as its value %d, want %d", network, len(outs[i]), i+1, n)
		}
		for _, v := range outs[i] {
			if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
				return nil, fmt.Errorf("%s gives values that are no numbers", network)
			}
		}
	}
	return outs, nil
}

// views are the squares that are searched: the whole picture and, where it is much longer than
// wide, squares of its shorter side, each half over the one before, since people are small in the whole.
func (f finder) views() []region {
	w, h := float64(f.p.W), float64(f.p.H)
	all := []region{{x: w / 2, y: h / 2, side: max(w, h)}}
	short := min(w, h)
	if max(w, h) < 1.25*short {
		return all
	}
	n := min(int(math.Ceil(2*max(w, h)/short))-1, 8)
	for i := range n {
		at := short/2 + float64(i)*(max(w, h)-short)/float64(n-1)
		if w > h {
			all = append(all, region{x: at, y: h / 2, side: short})
		} else {
			all = append(all, region{x: w / 2, y: at, side: short})
		}
	}
	return all
}

// detect finds where people are: the region of each, upright, the surest first.
func (f finder) detect(ctx context.Context) ([]region, error) {
	type candidate struct {
		region
		score float64
	}
	var found []candidate
	for _, view := range f.views() {
		outs, err := f.look(ctx, preprocess.PoseDetector, detectorSide, view, -1, 12*len(bodyAnchors), len(bodyAnchors))
		if err != nil {
			return nil, err
		}
		for _, d := range suppress(decode(outs[0], outs[1], bodyAnchors, detectorSide, sure)) {
			found = append(found, candidate{between(view.out(d.points[0]), view.out(d.points[1])).grown(1.25), d.score})
		}
	}
	slices.SortStableFunc(found, func(a, b candidate) int { return cmp.Compare(b.score, a.score) })
	var out []region
	for _, c := range found {
		if !slices.ContainsFunc(out, c.like) {
			out = append(out, c.region)
		}
	}
	return out, nil
}

// person looks at one region; no body where there is nobody, or one of those before.
func (f finder) person(ctx context.Context, r region, before [][]landmark, what preprocess.PoseParts) (one preprocess.Pose, body []landmark, err error) {
	outs, err := f.look(ctx, preprocess.PoseLandmarks, bodySide, r, 0, 195, 1)
	if err != nil || outs[1][0] < sure {
		return one, nil, err
	}
	body = make([]landmark, 39)
	for i := range body {
		v := outs[0][5*i:]
		at := r.out(point{float64(v[0]) / bodySide, float64(v[1]) / bodySide})
		body[i] = landmark{at.x, at.y, math.Min(sigmoid(v[3]), sigmoid(v[4]))}
	}
	for _, other := range before {
		if same(body, other, r.side) {
			return one, nil, nil
		}
	}
	if what.Body {
		one.Body = f.bodyPoints(body)
	}
	if what.Hands {
		for _, side := range [2]int{0, 1} { // left, right
			hand, err := f.hand(ctx, body[15+side], body[17+side], body[19+side])
			if err != nil {
				return one, nil, err
			}
			one.Hands = append(one.Hands, hand)
		}
	}
	if what.Face {
		one.Face, err = f.face(ctx, body)
	}
	return one, body, err
}

// same says whether two bodies are one: their heads lie on each other, or shoulders and hips do.
func same(a, b []landmark, side float64) bool {
	head := math.Max(a[7].from(a[8]), b[7].from(b[8]))
	return apart(a, b, 0, 2, 5, 7, 8) < head/2 || apart(a, b, 11, 12, 23, 24) < side/12
}

// apart is how far places of two bodies lie from each other on the mean.
func apart(a, b []landmark, places ...int) (sum float64) {
	for _, i := range places {
		sum += a[i].from(b[i]) / float64(len(places))
	}
	return sum
}

func (l landmark) from(o landmark) float64 { return math.Hypot(l.x-o.x, l.y-o.y) }

// hand looks at where a wrist, the knuckle of the little finger and that of the index finger are, or the palm
// that is near, and then at where that finds a hand.
func (f finder) hand(ctx context.Context, wrist, little, index landmark) ([]*preprocess.Point, error) {
	if wrist.seen < sure {
		return nil, nil
	}
	middle := point{(2*index.x + little.x) / 3, (2*index.y + little.y) / 3}
	r := between(middle, point{wrist.x, wrist.y}).facing(point{wrist.x, wrist.y}, middle).shifted(-0.1).grown(2.7)
	r, err := f.palm(ctx, r)
	if err != nil {
		return nil, err
	}
	var hand []landmark
	for range 2 {
		outs, err := f.look(ctx, preprocess.HandLandmarks, handSide, r, 0, 63, 1)
		if err != nil || outs[1][0] < sure {
			return nil, err
		}
		hand = r.all(outs[0], 21, handSide)
		r = aroundHand(hand)
	}
	return f.points(hand), nil
}

// palm is where the surest palm lies in a place about a region, or else the region itself.
func (f finder) palm(ctx context.Context, r region) (region, error) {
	view := region{x: r.x, y: r.y, side: 2 * r.side}
	outs, err := f.look(ctx, preprocess.PalmDetector, palmSide, view, 0, 18*len(palmAnchors), len(palmAnchors))
	if err != nil {
		return r, err
	}
	found := suppress(decode(outs[0], outs[1], palmAnchors, palmSide, sure))
	if len(found) == 0 {
		return r, nil
	}
	d := found[0]
	return d.box(view).facing(view.out(d.points[0]), view.out(d.points[2])).shifted(-0.5).grown(2.6), nil
}

// face looks at the eyes and the mouth of a body, and then at where that finds a face.
func (f finder) face(ctx context.Context, body []landmark) ([]*preprocess.Point, error) {
	if body[0].seen < sure {
		return nil, nil
	}
	right, left := point{body[5].x, body[5].y}, point{body[2].x, body[2].y}
	mouth := point{(body[9].x + body[10].x) / 2, (body[9].y + body[10].y) / 2}
	eyes := point{(right.x + left.x) / 2, (right.y + left.y) / 2}
	long := math.Max(math.Hypot(left.x-right.x, left.y-right.y), math.Hypot(mouth.x-eyes.x, mouth.y-eyes.y))
	r := region{x: (eyes.x + mouth.x) / 2, y: (eyes.y + mouth.y) / 2, side: 4 * long, angle: math.Atan2(left.y-right.y, left.x-right.x)}
	mesh, err := f.mesh(ctx, r)
	if err != nil || mesh == nil {
		return nil, err
	}
	return f.facePoints(mesh), nil
}
