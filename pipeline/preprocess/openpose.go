package preprocess

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"pentimento/fault"
)

// ReadPoses reads people from JSON as OpenPose, the extension and editors of poses write it:
// {"people": [{"pose_keypoints_2d": [x, y, confidence, …], "hand_left_keypoints_2d": …}],
// "canvas_width": …, "canvas_height": …}, or a list of one such object. Places are in pixels of
// the canvas, or in parts of it where none is above 1 or the canvas isn't named; confidence 0
// is a place not seen. width and height are 0 where the file doesn't name them.
func ReadPoses(r io.Reader) (people []Pose, width, height int, err error) {
	const most = 16 << 20
	data, err := io.ReadAll(io.LimitReader(r, most+1))
	if err == nil && len(data) > most {
		err = fmt.Errorf("found more than %d million bytes", most>>20)
	}
	var frame poseFrame
	if err == nil {
		err = json.Unmarshal(data, &frame)
	}
	if err != nil {
		var frames []poseFrame
		if json.Unmarshal(data, &frames) != nil || len(frames) == 0 {
			return nil, 0, 0, fmt.Errorf("poses: want JSON as OpenPose writes it: %w", err)
		}
		frame = frames[0]
	}
	for i, p := range frame.People {
		one, err := p.pose(frame.Width, frame.Height)
		if err != nil {
			return nil, 0, 0, fmt.Errorf("poses: person %d: %w", i+1, err)
		}
		people = append(people, one)
	}
	if len(people) == 0 {
		return nil, max(frame.Width, 0), max(frame.Height, 0), ErrNobody
	}
	return people, max(frame.Width, 0), max(frame.Height, 0), nil
}

// ErrNobody is a file of poses without a person.
var ErrNobody = errors.New("poses: found no people")

type poseFrame struct {
	People []posePerson `json:"people"`
	Width  int          `json:"canvas_width"`
	Height int          `json:"canvas_height"`
}

type posePerson struct {
	Body  []*float64 `json:"pose_keypoints_2d"`
	Left  []*float64 `json:"hand_left_keypoints_2d"`
	Right []*float64 `json:"hand_right_keypoints_2d"`
	Face  []*float64 `json:"face_keypoints_2d"`
}

func (p posePerson) pose(w, h int) (Pose, error) {
	byX, byY := 1.0, 1.0
	if w > 0 && h > 0 && p.inPixels() {
		byX, byY = float64(w), float64(h)
	}
	var lists [4][]*Point
	for i, from := range [4][]*float64{p.Body, p.Left, p.Right, p.Face} {
		if len(from)%3 != 0 {
			return Pose{}, fmt.Errorf("found %d numbers, want three a place", len(from))
		}
		for k := 0; k < len(from); k += 3 {
			var place *Point
			if x, y, sure := from[k], from[k+1], from[k+2]; x != nil && y != nil && sure != nil && *sure > 0 {
				place = &Point{*x / byX, *y / byY}
			}
			lists[i] = append(lists[i], place)
		}
	}
	if n := len(lists[0]); n == 25 {
		return Pose{}, fault.New("found a body of 25 places, want OpenPose's model of 18", "Write the pose with the COCO model of 18 places.")
	}
	one := Pose{Body: lists[0], Hands: [][]*Point{lists[1], lists[2]}, Face: lists[3]}
	return one, one.check()
}

// inPixels says whether any place seen is beyond 1.
func (p posePerson) inPixels() bool {
	for _, from := range [4][]*float64{p.Body, p.Left, p.Right, p.Face} {
		for k := 0; k+2 < len(from); k += 3 {
			if from[k] != nil && from[k+1] != nil && (*from[k] > 1 || *from[k+1] > 1) {
				return true
			}
		}
	}
	return false
}

// WritePoses writes people as ReadPoses reads them: places in pixels of a picture of width × height,
// three zeros for one that isn't seen.
func WritePoses(w io.Writer, people []Pose, width, height int) error {
	frame := map[string]any{"canvas_width": width, "canvas_height": height}
	all := []map[string][]float64{}
	for _, one := range people {
		lists := map[string][]*Point{"pose_keypoints_2d": one.Body, "face_keypoints_2d": one.Face}
		for i, name := range [2]string{"hand_left_keypoints_2d", "hand_right_keypoints_2d"} {
			if i < len(one.Hands) {
				lists[name] = one.Hands[i]
			}
		}
		person := map[string][]float64{}
		for name, places := range lists {
			numbers := []float64{}
			for _, p := range places {
				if p == nil {
					numbers = append(numbers, 0, 0, 0)
					continue
				}
				numbers = append(numbers, p.X*float64(width), p.Y*float64(height), 1)
			}
			if len(numbers) > 0 {
				person[name] = numbers
			}
		}
		all = append(all, person)
	}
	frame["people"] = all
	return json.NewEncoder(w).Encode(frame)
}
