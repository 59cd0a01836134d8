package preprocess

import (
	"fmt"
	"image"
	"math"
)

// Point is a place in parts of a picture's width and height, 0..1; it may lie outside.
type Point struct{ X, Y float64 }

// Pose is one person as OpenPose names the places. Body are 18 places: nose, neck; shoulder,
// elbow, wrist, right and then left; hip, knee, ankle, right and then left; right eye, left
// eye, right ear, left ear. A hand has 21: the wrist, then four a finger from the thumb on. Face
// may have any number. nil is a place that isn't seen; an empty list draws nothing.
type Pose struct {
	Body  []*Point
	Hands [][]*Point
	Face  []*Point
}

// The limbs of a body and the bones of a hand by their ends.
var (
	limbs = [17][2]int{{1, 2}, {1, 5}, {2, 3}, {3, 4}, {5, 6}, {6, 7}, {1, 8}, {8, 9}, {9, 10}, {1, 11}, {11, 12}, {12, 13}, {1, 0}, {0, 14}, {14, 16}, {0, 15}, {15, 17}}
	bones = [20][2]int{{0, 1}, {1, 2}, {2, 3}, {3, 4}, {0, 5}, {5, 6}, {6, 7}, {7, 8}, {0, 9}, {9, 10}, {10, 11}, {11, 12}, {0, 13}, {13, 14}, {14, 15}, {15, 16}, {0, 17}, {17, 18}, {18, 19}, {19, 20}}
	// bodyColours are those of the places; a limb has the one of its number.
	bodyColours = [18][3]uint8{{255, 0, 0}, {255, 85, 0}, {255, 170, 0}, {255, 255, 0}, {170, 255, 0}, {85, 255, 0}, {0, 255, 0}, {0, 255, 85}, {0, 255, 170},
		{0, 255, 255}, {0, 170, 255}, {0, 85, 255}, {0, 0, 255}, {85, 0, 255}, {170, 0, 255}, {255, 0, 255}, {255, 0, 170}, {255, 0, 85}}
)

// DrawPose draws people on black, w × h pixels, one after the other, as the extension does.
func DrawPose(w, h int, people ...Pose) (Picture, error) {
	if w < 1 || h < 1 || w > maxSide || h > maxSide {
		return Picture{}, fmt.Errorf("pose: a map of %d × %d pixels, want sides of 1 to %d", w, h, maxSide)
	}
	if err := fits(float64(w), float64(h)); err != nil {
		return Picture{}, fmt.Errorf("pose: %w", err)
	}
	out := newPicture(w, h, 3)
	for _, one := range people {
		if err := one.check(); err != nil {
			return Picture{}, fmt.Errorf("pose: %w", err)
		}
		out.body(one.Body)
		for _, hand := range one.Hands {
			out.hand(hand)
		}
		for _, place := range one.Face {
			if c, ok := out.pixel(place); ok && c.X > 0 && c.Y > 0 {
				out.disc(c, 3, [3]uint8{255, 255, 255})
			}
		}
	}
	return out, nil
}

func (o Pose) check() error {
	if n := len(o.Body); n != 0 && n != len(bodyColours) {
		return fmt.Errorf("body: found %d points, want %d or none", n, len(bodyColours))
	}
	all := append(append([]*Point(nil), o.Body...), o.Face...)
	for _, hand := range o.Hands {
		if n := len(hand); n != 0 && n != len(bones)+1 {
			return fmt.Errorf("hand: found %d points, want %d or none", n, len(bones)+1)
		}
		all = append(all, hand...)
	}
	for _, p := range all {
		if p != nil && !(math.Abs(p.X) <= 100 && math.Abs(p.Y) <= 100) {
			return fmt.Errorf("found a point at %g, %g, want parts of the picture from 0 to 1", p.X, p.Y)
		}
	}
	return nil
}

// pixel is where a place lies; ok is false where it isn't seen.
func (p Picture) pixel(place *Point) (image.Point, bool) {
	if place == nil {
		return image.Point{}, false
	}
	return image.Pt(int(place.X*float64(p.W)), int(place.Y*float64(p.H))), true
}

// body draws limbs as narrow ellipses, darkens all that is there to 0.6, and sets the places.
func (p Picture) body(places []*Point) {
	if len(places) == 0 {
		return
	}
	for i, l := range limbs {
		a, b := places[l[0]], places[l[1]]
		if a == nil || b == nil {
			continue
		}
		x0, x1, y0, y1 := a.X*float64(p.W), b.X*float64(p.W), a.Y*float64(p.H), b.Y*float64(p.H)
		long := math.Sqrt((y0-y1)*(y0-y1) + (x0-x1)*(x0-x1))
		angle := math.Atan2(y0-y1, x0-x1) * (180 / math.Pi)
		outline := ellipse(image.Pt(int((x0+x1)/2), int((y0+y1)/2)), image.Pt(int(long/2), 4), int(angle))
		p.convex(outline, false, bodyColours[i])
	}
	for i, v := range p.Pix {
		p.Pix[i] = uint8(float64(v) * 0.6)
	}
	for i, place := range places {
		if c, ok := p.pixel(place); ok {
			p.disc(c, 4, bodyColours[i])
		}
	}
}

// hand draws bones in the colours of the rainbow and the places in blue; those on the upper
// and left edge are left out, as in the extension.
func (p Picture) hand(places []*Point) {
	if len(places) == 0 {
		return
	}
	inside := func(c image.Point) bool { return c.X > 0 && c.Y > 0 }
	for i, bone := range bones {
		a, seen := p.pixel(places[bone[0]])
		b, too := p.pixel(places[bone[1]])
		if seen && too && inside(a) && inside(b) {
			p.stroke(a, b, hue(float64(i)/float64(len(bones))))
		}
	}
	for _, place := range places {
		if c, ok := p.pixel(place); ok && inside(c) {
			p.disc(c, 4, [3]uint8{0, 0, 255})
		}
	}
}

// hue is a full colour of the circle, 0..1.
func hue(part float64) [3]uint8 {
	sector := math.Floor(part * 6)
	f := part*6 - sector
	up, down := byteOf(f), byteOf(1-f)
	return [6][3]uint8{{255, up, 0}, {down, 255, 0}, {0, 255, up}, {0, down, 255}, {up, 0, 255}, {255, 0, down}}[int(sector)%6]
}

func byteOf(part float64) uint8 { return uint8(math.RoundToEven(part * 255)) }

// PoseParts says which of people's places are looked for in a picture.
type PoseParts struct{ Body, Hands, Face bool }

// The files of the networks that find people, as MediaPipe calls them; pipeline/people runs them.
const (
	PoseDetector  = "pose_detection.tflite"
	PoseLandmarks = "pose_landmark_full.tflite"
	PalmDetector  = "palm_detection_full.tflite"
	HandLandmarks = "hand_landmark_full.tflite"
	FaceLandmarks = "face_landmark.tflite"
)

func (w PoseParts) files() []string {
	parts := []string{PoseDetector, PoseLandmarks}
	if w.Hands {
		parts = append(parts, PalmDetector, HandLandmarks)
	}
	if w.Face {
		parts = append(parts, FaceLandmarks)
	}
	return parts
}

// DrawFound draws people who were found in a picture, on a map whose shorter side is by.Res.
func DrawFound(p Picture, by Params, people ...Pose) (Picture, error) {
	k := float64(by.Res) / float64(min(p.W, p.H))
	return DrawPose(max(int(math.RoundToEven(float64(p.W)*k)), 1), max(int(math.RoundToEven(float64(p.H)*k)), 1), people...)
}
