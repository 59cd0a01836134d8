package file

import (
	"encoding/json"
	"image"
	"os"
	"weak"

	"pentimento/canvas"
)

// Format is the version of our own members of a project file. A file with a greater major
// number is refused; one with a greater minor number has more than is understood, and what
// is not understood is kept.
const (
	FormatMajor = 1
	FormatMinor = 5 // 0 knew no source, 1 no selection, 2 no groups, masks and locks of layers, 3 no text, 4 no guide lines
)

// ProjectExtension is the ending of a project file's name.
const ProjectExtension = ".ora"

// mimetype is what the first member of an OpenRaster file holds.
const mimetype = "image/openraster"

// The members that OpenRaster names, and the folder of ours, which others pass over.
const (
	mimeMember   = "mimetype"
	stackMember  = "stack.xml"
	mergedMember = "mergedimage.png"
	thumbMember  = "Thumbnails/thumbnail.png"
	ownFolder    = "pentimento/"
	docMember    = ownFolder + "project.json"
	originMember = ownFolder + "origins.jsonl"
	maskMember   = ownFolder + "mask.png"
	selectMember = ownFolder + "selection.png"
	channelName  = ownFolder + "channels/%d.png"
	exactMember  = ownFolder + "exact.png"
	dataFolder   = ownFolder + "data/"
	pictureName  = ownFolder + "pictures/%d.png"
	layerName    = "data/layer-%d%s.png"
	maskFolder   = ownFolder + "masks/"
)

// Project is everything that a project file holds. Data and the named pictures are the
// program's own: this package keeps them and does not look into them.
type Project struct {
	State *canvas.State
	// Data are lists of JSON documents by name (letters only), each on one line of its member.
	Data map[string][]json.RawMessage
	// Pictures and Masks are what Data speaks of, by names of the program's choice. One that
	// stands there twice, or in the State as well, is written once.
	Pictures map[string]*image.NRGBA
	Masks    map[string]*image.Alpha

	Program string // that wrote the file
	// Only when saving: what the flattened picture of a rectangle carries (may be nil), and who
	// flattens. Flatten gives the visible picture in a rectangle of document pixels, Small
	// fitted into a square; they are called from other goroutines.
	Texts   func(image.Rectangle) []Text
	Flatten func(image.Rectangle) *image.NRGBA
	Small   func(size int) *image.NRGBA

	// Only when opened: plain sentences on what was damaged or cannot be kept. Lossy says
	// that saving over the file would lose something that is in it.
	Notices []string
	Lossy   bool
}

// Stored is what a project file is known to hold: what SaveProject need not encode again,
// and what other programs put there. It is not changed once made; any goroutine may use it.
type Stored struct {
	path   string
	state  *canvas.State
	layers map[canvas.LayerID]*storedLayer
	covers map[string]part // by coverName: mask, selection and saved selections
	// by weak.Pointer of the picture, so that nothing is kept alive
	pictures map[any]member
	merged   member
	texts    []Text
	page     image.Rectangle // the canvas of a program that has edges, document pixels
	unknown  map[string]json.RawMessage
	others   []foreign
	attrs    []attr // of <image>
	root     []attr // of the outermost <stack>
	isolated string // and its isolation
}

// As is the same file for a State that is the one it holds, bit for bit (canvas.Same), but
// made of other tiles: what a journal read back.
func (s *Stored) As(state *canvas.State) *Stored {
	c := *s
	c.state = state
	return &c
}

// Path is where the file is.
func (s *Stored) Path() string { return s.path }

type storedLayer struct {
	mask  part
	parts []part
	attrs []attr
	op    string // the composite-op it came with, where that is none of ours
	as    string // and the name of the mode it was opened with
}

// part is a PNG of a layer or of the mask and where it is in the layer's own pixels.
type part struct {
	member member
	at     image.Rectangle
}

// foreign is a member of another program, as packed.
type foreign struct {
	member member
	packed []byte
}

// IsProject says whether the file at path begins as one that OpenProject reads. It reads four
// bytes.
func IsProject(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	var b [4]byte
	n, _ := f.Read(b[:])
	return string(b[:n]) == zipMagic || string(b[:n]) == psdMagic
}

const zipMagic = "PK\x03\x04"

// projectDoc is pentimento/project.json: what OpenRaster has no words for. Places are
// document pixels unless said otherwise.
type projectDoc struct {
	Format     [2]int           `json:"format"`
	Program    string           `json:"program"`
	Origin     image.Point      `json:"origin"` // of the OpenRaster image's upper left corner
	Page       *image.Rectangle `json:"page,omitempty"`
	Frame      image.Rectangle  `json:"frame"`
	Active     canvas.LayerID   `json:"active"`
	Layers     []layerDoc       `json:"layers"` // bottom first
	Mask       *partDoc         `json:"mask,omitempty"`
	Selection  *partDoc         `json:"selection,omitempty"`
	Channels   []channelDoc     `json:"channels,omitempty"`
	Pictures   []pictureDoc     `json:"pictures,omitempty"`
	References []referenceDoc   `json:"references,omitempty"`
	Named      map[string]int   `json:"named,omitempty"` // names of Project.Pictures and Masks
	Data       []string         `json:"data,omitempty"`  // names of Project.Data
	Fills      int              `json:"fills,omitempty"` // how many records of them there are
	Source     *sourceDoc       `json:"source,omitempty"`

	GuideLines []canvas.GuideLine `json:"guideLines,omitempty"`
}

// sourceDoc is a canvas.Source.
type sourceDoc struct {
	Meaning json.RawMessage `json:"meaning,omitempty"`
	Exact   string          `json:"exact,omitempty"` // the member
	Layer   canvas.LayerID  `json:"layer,omitempty"`
}

// layerDoc says what stack.xml cannot of the layer whose pictures are parts.
type layerDoc struct {
	ID     canvas.LayerID `json:"id"`
	Parts  []partDoc      `json:"parts"` // of a group none
	Offset image.Point    `json:"offset"`
	Name   string         `json:"name,omitempty"` // where XML cannot hold it
	Placed *placedDoc     `json:"placed,omitempty"`

	Text string `json:"text,omitempty"` // of a text layer, which other programs see as pixels

	PassThrough bool          `json:"passThrough,omitempty"`
	Mode        string        `json:"mode,omitempty"` // of a group that is passed through, where it is not normal
	Collapsed   bool          `json:"collapsed,omitempty"`
	Clip        bool          `json:"clip,omitempty"`
	Lock        canvas.Lock   `json:"lock,omitempty"`
	Guide       bool          `json:"guide,omitempty"`  // hidden for other programs: it is no part of the picture
	Hidden      bool          `json:"hidden,omitempty"` // of a Guide
	Mask        *layerMaskDoc `json:"mask,omitempty"`
}

// layerMaskDoc is a canvas.LayerMask; its picture says what shows, in grey.
type layerMaskDoc struct {
	Src     string      `json:"src,omitempty"` // "": it is Outside everywhere
	At      image.Point `json:"at,omitzero"`
	Outside uint8       `json:"outside"`
	Off     bool        `json:"off,omitempty"`
}

// partDoc is a picture and the place of its upper left corner in the layer's own pixels.
type partDoc struct {
	Src string      `json:"src"`
	At  image.Point `json:"at"`
}

// channelDoc is a saved selection; its place is in document pixels.
type channelDoc struct {
	Name string `json:"name"`
	partDoc
}

type placedDoc struct {
	Picture int             `json:"picture"`
	Rect    image.Rectangle `json:"rect"`
}

type pictureDoc struct {
	Src  string          `json:"src"`
	Rect image.Rectangle `json:"rect"`
	Mask bool            `json:"mask,omitempty"` // coverage, not colour
}

type referenceDoc struct {
	Name    string         `json:"name"`
	Picture int            `json:"picture"`         // -1: it is taken of the canvas
	Layer   canvas.LayerID `json:"layer,omitempty"` // of this guide layer
}

// originDoc is one line of pentimento/origins.jsonl.
type originDoc struct {
	Rect   image.Rectangle `json:"rect"`
	Layer  canvas.LayerID  `json:"layer"`
	Recipe json.RawMessage `json:"recipe,omitempty"`
	Bytes  []byte          `json:"bytes,omitempty"` // a recipe that JSON would not keep byte for byte
	// Which of its pixels the layer still held as they were laid (canvas.State.Still): all of
	// Rect where Laid is set and Mask is not.
	Laid   bool        `json:"laid,omitempty"`
	Offset image.Point `json:"offset,omitzero"`
	Mask   string      `json:"mask,omitempty"` // see PackMask
}

// pictureKey names a picture by identity without keeping it in memory.
func pictureKey(img any) any {
	switch p := img.(type) {
	case *image.NRGBA:
		return weak.Make(p)
	case *image.Alpha:
		return weak.Make(p)
	case *image.NRGBA64:
		return weak.Make(p)
	case *image.Gray16:
		return weak.Make(p)
	}
	return nil
}
