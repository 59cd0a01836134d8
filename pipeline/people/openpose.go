package people

import "pentimento/pipeline/preprocess"

// coco are MediaPipe's numbers of OpenPose's 18 places; the neck, -1, is between the shoulders.
var coco = [18]int{0, -1, 12, 14, 16, 11, 13, 15, 24, 26, 28, 23, 25, 27, 5, 2, 8, 7}

// bodyPoints are OpenPose's places of a body.
func (f finder) bodyPoints(body []landmark) []*preprocess.Point {
	out := make([]*preprocess.Point, len(coco))
	for i, from := range coco {
		l := landmark{(body[11].x + body[12].x) / 2, (body[11].y + body[12].y) / 2, min(body[11].seen, body[12].seen)}
		if from >= 0 {
			l = body[from]
		}
		out[i] = f.point(l)
	}
	return out
}

// dlib are the numbers of the mesh's places that lie where the 68 of iBUG (and dlib) do: the jaw, brows,
// nose, eyes and lips.
var dlib = [68]int{162, 234, 93, 58, 172, 136, 149, 148, 152, 377, 378, 365, 397, 288, 323, 454, 389,
	71, 63, 105, 66, 107, 336, 296, 334, 293, 301, 168, 197, 5, 4, 75, 97, 2, 326, 305,
	33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380,
	61, 39, 37, 0, 267, 269, 291, 405, 314, 17, 84, 181, 78, 82, 13, 312, 308, 317, 14, 87}

// facePoints are OpenPose's 70 places of a face: the 68, and the middles of the right and the left eye.
func (f finder) facePoints(mesh []landmark) []*preprocess.Point {
	var all []landmark
	for _, i := range dlib {
		all = append(all, mesh[i])
	}
	for _, eye := range [2]int{36, 42} {
		m := landmark{seen: 1}
		for _, l := range all[eye : eye+6] {
			m.x += l.x / 6
			m.y += l.y / 6
		}
		all = append(all, m)
	}
	return f.points(all)
}

func (f finder) points(all []landmark) []*preprocess.Point {
	out := make([]*preprocess.Point, len(all))
	for i, l := range all {
		out[i] = f.point(l)
	}
	return out
}

// point is a place in parts of the picture; nil where it isn't seen.
func (f finder) point(l landmark) *preprocess.Point {
	p := preprocess.Point{X: l.x / float64(f.p.W), Y: l.y / float64(f.p.H)}
	if l.seen < sure || p.X < 0 || p.Y < 0 || p.X > 1 || p.Y > 1 {
		return nil
	}
	return &p
}
