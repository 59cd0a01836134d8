package find

import (
	"context"
	"fmt"
	"image"
	"math"
	"strings"

	"pentimento/fault"
	"pentimento/pipeline/people"
	"pentimento/pipeline/pixels"
	"pentimento/pipeline/preprocess"
)

// Finder is a thing that is found without a file of the person's.
type Finder struct {
	Name    string
	Label   string   // for people, of several
	Short   string   // what its mask covers
	Parts   []string // the files of its networks, which lie in one folder; app/fetch has them
	Aliases []string // ADetailer's names of the same
	Usual   float64  // the least score that counts where a Spec names none

	look func(ctx context.Context, p preprocess.Picture, least float64, n Networks) ([]Find, error)
}

// meshed are the networks of faces with their meshes.
var meshed = []string{people.FaceFull, preprocess.FaceLandmarks}

// Finders is the table of them.
var Finders = []Finder{
	{"face", "Faces", "faces from chin to brow, by the mesh", meshed, []string{"mediapipe_face_mesh"}, UsualConfidence, meshes(wholeFace)},
	{"face_box", "Faces, as boxes", "boxes around faces", []string{people.FaceFull}, []string{"mediapipe_face_full"}, UsualConfidence, boxes(people.FaceFull)},
	{"face_near", "Large faces, as boxes", "boxes around faces that are large in the picture", []string{people.FaceShort}, []string{"mediapipe_face_short"}, UsualConfidence, boxes(people.FaceShort)},
	{"eyes", "Eyes", "both eyes of each face", meshed, []string{"mediapipe_face_mesh_eyes_only"}, UsualConfidence, meshes(rightEye, leftEye)},
	{"mouth", "Mouths", "the lips and what is between them", meshed, nil, UsualConfidence, meshes(lips)},
	{"hand", "Hands", "hands with their fingers", []string{preprocess.PalmDetector, preprocess.HandLandmarks}, nil, UsualConfidence, hands},
	{"person", "People", "all that the network takes for people", []string{Selfie}, nil, UsualConfidence, persons},
	{"text", "Text", "lines of text: captions, watermarks, signs", []string{TextDetector}, nil, surelyText, texts},
}

// Selfie is the file of the network that tells people from the ground.
const Selfie = "selfie_segmentation.tflite"

// Names are the names of Finders, for people.
func Names() string {
	var all []string
	for _, f := range Finders {
		all = append(all, f.Name)
	}
	return strings.Join(all, ", ")
}

// Named is the row of a name, of this program or of ADetailer's own finders.
func Named(name string) (Finder, error) {
	var all []string
	for _, f := range Finders {
		for _, n := range append([]string{f.Name}, f.Aliases...) {
			if strings.EqualFold(n, strings.TrimSpace(name)) {
				return f, nil
			}
		}
		all = append(all, f.Name)
	}
	hint := "There are " + Names() + ", or a YOLO network's ONNX file."
	if near := fault.Nearest(name, all); near != "" {
		hint = "Did you mean " + near + "? " + hint
	}
	return Finder{}, fault.New(fmt.Sprintf("find: nothing is known that is called %q", name), hint)
}

// InsteadOf is the row that finds what a YOLO network of ADetailer's finds, by its file's name, such as
// face_yolov8n.pt; ok is false for others.
func InsteadOf(file string) (row Finder, ok bool) {
	lower := strings.ToLower(file)
	if !strings.Contains(lower, "yolo") {
		return row, false
	}
	for of, name := range map[string]string{"face": "face_box", "hand": "hand", "person": "person"} {
		if strings.HasPrefix(lower, of) {
			row, err := Named(name)
			return row, err == nil
		}
	}
	return row, false
}

// class is what its finds are called: a box about a face is a face.
func (f Finder) class() string {
	name, _, _ := strings.Cut(f.Name, "_")
	return name
}

// boxes finds faces as boxes.
func boxes(detector string) func(context.Context, preprocess.Picture, float64, Networks) ([]Find, error) {
	return func(ctx context.Context, p preprocess.Picture, least float64, n Networks) (out []Find, err error) {
		faces, err := people.Faces(ctx, p, detector, least, false, n.Eval)
		for _, f := range faces {
			out = appended(out, Find{Box: boxOf(f.Left, f.Top, f.Right, f.Bottom, image.Pt(p.W, p.H)), Score: f.Score}, nil)
		}
		return out, err
	}
}

// meshes finds what lines through a face's mesh enclose. A face without a mesh is its box where all of it is
// wanted, and is left out otherwise.
func meshes(lines ...[]int) func(context.Context, preprocess.Picture, float64, Networks) ([]Find, error) {
	return func(ctx context.Context, p preprocess.Picture, least float64, n Networks) (out []Find, err error) {
		faces, err := people.Faces(ctx, p, people.FaceFull, least, true, n.Eval)
		for _, f := range faces {
			one := Find{Box: boxOf(f.Left, f.Top, f.Right, f.Bottom, image.Pt(p.W, p.H)), Score: f.Score}
			if f.Mesh == nil {
				if &lines[0][0] == &wholeFace[0] {
					out = appended(out, one, nil)
				}
				continue
			}
			var shapes [][]people.Place
			for _, line := range lines {
				var shape []people.Place
				for _, i := range line {
					shape = append(shape, f.Mesh[i])
				}
				shapes = append(shapes, shape)
			}
			mask := polygon(image.Pt(p.W, p.H), shapes...)
			one.Box = mask.Rect
			out = appended(out, one, mask)
		}
		return out, err
	}
}

// appended adds a find that has pixels; no mask stands for all of its box.
func appended(all []Find, f Find, mask *image.Alpha) []Find {
	if f.Box.Empty() {
		return all
	}
	if f.Mask = mask; mask == nil {
		f.Mask = pixels.Full(f.Box)
	}
	return append(all, f)
}

// hands finds hands: the line about their places, wider by what fingers are thicker than their bones.
func hands(ctx context.Context, p preprocess.Picture, least float64, n Networks) (out []Find, err error) {
	found, err := people.Hands(ctx, p, least, n.Eval)
	for _, h := range found {
		palm := math.Hypot(h.Points[0].X-h.Points[9].X, h.Points[0].Y-h.Points[9].Y)
		mask := polygon(image.Pt(p.W, p.H), spread(hull(h.Points), 1, 0.22*palm))
		out = appended(out, Find{Box: mask.Rect, Score: h.Score}, mask)
	}
	return out, err
}

// The square that the network of people sees, and how large a patch of them must be to count, in parts of all.
const (
	selfieSide  = 256
	leastPerson = 0.002
)

// persons finds the patches of pixels that are people, the largest first. People who touch are one.
func persons(ctx context.Context, p preprocess.Picture, least float64, n Networks) (out []Find, err error) {
	outs, err := n.Eval(ctx, Selfie, selfieSide, squeezed(p, selfieSide))
	if err != nil {
		return nil, err
	}
	if len(outs) == 0 || len(outs[0]) != selfieSide*selfieSide {
		return nil, fmt.Errorf("find: %s gives %d values, want a map of %d × %d", Selfie, len(outs), selfieSide, selfieSide)
	}
	shares := outs[0]
	for _, patch := range patches(shares, selfieSide, 0.5) {
		sum := 0.0
		for _, i := range patch {
			sum += float64(shares[i])
		}
		score := sum / float64(len(patch))
		if float64(len(patch)) < leastPerson*selfieSide*selfieSide || !(score >= least) {
			continue
		}
		mask := enlarged(shares, patch, selfieSide, image.Pt(p.W, p.H))
		out = appended(out, Find{Box: mask.Rect, Score: score}, mask)
	}
	return out, nil
}

// Lines through the face mesh, as MediaPipe's drawings connect its places: about the face, the eyes, the lips.
var (
	wholeFace = []int{10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109}
	rightEye  = []int{33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246}
	leftEye   = []int{263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466}
	lips      = []int{61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185}
)
