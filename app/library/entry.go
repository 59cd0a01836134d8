package library

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"io"
	"regexp"
	"sync"
	"time"

	"pentimento/canvas/disk"
	"pentimento/canvas/file"
	"pentimento/pipeline/metadata"
)

// Result is what an entry keeps. Rectangles are pixels of the canvas on which it was made.
type Result struct {
	Patch *image.NRGBA // the pixels that may be laid down, transparent elsewhere
	Mask  *image.Alpha // the selection that was filled; nil where there was none
	Frame image.Rectangle
	Fill  metadata.Fill // how it was made; Fill.Rect is Patch's
	// Program is who made it, "Pentimento 0.1.0".
	Program string
}

// Entry is one result in the list.
type Entry struct {
	ID        string
	When      time.Time
	Fill      metadata.Fill
	Size      image.Point // of the patch, pixels
	Bytes     int64       // of the file
	Favourite bool
	Trashed   bool
}

// The keywords of our texts in an entry's PNG, besides those of every picture of ours.
const (
	resultKey = "pentimento-result"
	maskKey   = "pentimento-mask"
)

// version of the form of a file; one with a greater number is refused.
const version = 1

// about is the JSON under resultKey.
type about struct {
	Version int           `json:"version"`
	Program string        `json:"program"`
	Patch   metadata.Rect `json:"patch"`
	Mask    metadata.Rect `json:"mask,omitzero"`
	Frame   metadata.Rect `json:"frame"`
	Fill    metadata.Fill `json:"fill"`
}

// idTime begins every id, so that names sort by time.
const idTime = "20060102-150405.000000"

var idForm = regexp.MustCompile(`^[0-9]{8}-[0-9]{6}\.[0-9]{6}-[A-Z0-9]{8}$`)

func valid(id string) bool { return idForm.MatchString(id) }

// newest is the time of the last id, and the one that it was asked for.
var newest struct {
	sync.Mutex
	asked, given time.Time
}

// NewID makes an id that no other program makes. Of results of one time (some systems' clocks stand
// still for 16 ms) the one asked for later sorts later. From any goroutine.
func NewID(now time.Time) string {
	now = now.UTC().Truncate(time.Microsecond)
	newest.Lock()
	defer newest.Unlock()
	if now.Before(newest.asked) || now.After(newest.given) {
		newest.asked, newest.given = now, now
	} else {
		newest.given = newest.given.Add(time.Microsecond)
	}
	return newest.given.Format(idTime) + "-" + rand.Text()[:8]
}

// write writes an entry's file, whole or not at all.
func write(ctx context.Context, path, id string, r *Result) error {
	if r.Patch == nil || r.Patch.Rect.Empty() {
		return fmt.Errorf("result %s has no pixels", id)
	}
	d := metadata.Document{Program: r.Program, Width: r.Patch.Rect.Dx(), Height: r.Patch.Rect.Dy()}
	d.Add(r.Fill)
	d.Move(image.Point{}.Sub(r.Patch.Rect.Min), d.Width, d.Height)
	a := about{Version: version, Program: r.Program, Patch: metadata.RectOf(r.Patch.Rect), Frame: metadata.RectOf(r.Frame), Fill: r.Fill}
	var texts []file.Text
	for _, t := range d.Texts() {
		texts = append(texts, file.Text(t))
	}
	var mask string
	if r.Mask != nil && !r.Mask.Rect.Empty() {
		var err error
		if mask, err = file.PackMask(r.Mask); err != nil {
			return err
		}
		if len(mask) > file.MaxText {
			mask = "" // noise for a mask: the pixels are worth more
		} else {
			a.Mask = metadata.RectOf(r.Mask.Rect)
		}
	}
	b, err := json.Marshal(a)
	if err != nil {
		return err
	}
	texts = append(texts, file.Text{Key: resultKey, Text: string(b)})
	if mask != "" {
		texts = append(texts, file.Text{Key: maskKey, Text: mask})
	}
	return disk.WriteAtomic(path, func(w io.Writer) error {
		return file.EncodePNG(ctx, w, r.Patch, texts, png.BestSpeed)
	})
}

// readAbout reads what a file says of itself.
func readAbout(path string) (*about, []file.Text, error) {
	texts, err := file.ReadTexts(path)
	for _, t := range texts {
		if t.Key != resultKey {
			continue
		}
		var a about
		if err := json.Unmarshal([]byte(t.Text), &a); err != nil {
			return nil, nil, fmt.Errorf("%q: %w", path, err)
		}
		if a.Version < 1 || a.Version > version {
			return nil, nil, fmt.Errorf("%q: a result of version %d, want at most %d", path, a.Version, version)
		}
		return &a, texts, nil
	}
	if err == nil {
		err = fmt.Errorf("%q: not a Pentimento result", path)
	}
	return nil, nil, err
}

// inspect makes an Entry of a file without reading its pixels.
func inspect(path, id string) (*Entry, error) {
	a, _, err := readAbout(path)
	if err != nil {
		return nil, err
	}
	when, err := time.Parse(idTime, id[:len(idTime)])
	if err != nil {
		return nil, err
	}
	return &Entry{ID: id, When: when, Fill: a.Fill, Size: a.Patch.Rectangle().Size()}, nil
}

// Load reads a whole entry, also one in the trash. The error is that entry's alone.
func (s *Store) Load(ctx context.Context, id string) (*Result, error) {
	if !valid(id) {
		return nil, fmt.Errorf("library: %q is not a valid id", id)
	}
	path := s.path(id)
	a, texts, err := readAbout(path)
	if err != nil {
		var other error
		if a, texts, other = readAbout(s.trashed(id)); other != nil {
			return nil, fmt.Errorf("library: %w", err)
		}
		path = s.trashed(id)
	}
	p, err := file.Open(ctx, path, nil)
	if err != nil {
		return nil, fmt.Errorf("library: %w", err)
	}
	r := &Result{Patch: p.NRGBA(), Frame: a.Frame.Rectangle(), Fill: a.Fill, Program: a.Program}
	at := a.Patch.Rectangle()
	if r.Patch.Rect.Size() != at.Size() {
		return nil, fmt.Errorf("library: %q holds %v pixels, want %v", path, r.Patch.Rect.Size(), at.Size())
	}
	r.Patch.Rect = at
	for _, t := range texts {
		if t.Key == maskKey {
			if r.Mask, err = file.UnpackMask(t.Text, a.Mask.Rectangle()); err != nil {
				return nil, fmt.Errorf("library: %q: %w", path, err)
			}
		}
	}
	return r, nil
}
