// Package settings is what is remembered between runs: one JSON file in the user's
// configuration folder. Unknown keys of a newer version survive a save. A Keeper writes the
// file soon after a change.
package settings

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"

	"pentimento/canvas/disk"
)

// Settings are the values themselves. Zero values of a missing key take Default's.
type Settings struct {
	Theme         string   `json:"theme"`          // "dark" or "light"
	OverlayColour string   `json:"overlay_colour"` // mask overlay, "#rrggbb"
	Overlay       float64  `json:"overlay"`        // its strength, 0..1
	MaskView      string   `json:"mask_view"`      // "" is tint and ants, "ants" or "mask": black and white
	AcceptInto    string   `json:"accept_into"`    // "new", "active" or "replace"
	KeepMask      bool     `json:"mask_stays"`     // after accept
	Metadata      bool     `json:"metadata"`       // prompt information in exports
	Outline       bool     `json:"outline"`        // show what will be read and changed
	FingerPaints  bool     `json:"finger_paints"`  // on a touch screen one finger paints; else it moves the view
	Loose         bool     `json:"loose"`          // what is moved does not snap
	Recent        []string `json:"recent"`         // latest first
	// Qualities are those of exports chosen last, by the name of the form; 0 is exact.
	Qualities map[string]int `json:"qualities"`
	Folder    string         `json:"folder"` // where file dialogs begin: of the file opened, saved or chosen last
	Within    string         `json:"within"` // what was chosen where a folder was asked for last
	Hidden    []string       `json:"hidden"` // parts of the window: "column", "strip"
	Open      []string       `json:"open"`   // unfolded sections of the right column
	Aids      []string       `json:"aids"`   // what is drawn over the picture: "rulers", "grid"
	Tool      string         `json:"tool"`
	Areas     Areas          `json:"areas"`
	SelectPx  int            `json:"select_px"` // by how much a selection was last grown, feathered, …
	Window    Window         `json:"window"`
	Brush     Brush          `json:"brush"`
	Text      Text           `json:"text"`
	Colours   []string       `json:"colours"` // painted with, latest first, "#rrggbb"
	Fill      Fill           `json:"fill"`
	Live      Live           `json:"live"`
	Styles    []Style        `json:"styles"`  // in the order they are applied
	Presets   []Preset       `json:"presets"` // by name
	Prompts   []Prompt       `json:"prompts"` // used before, latest first
	// OfModel are the settings that are words about a model's file (pipeline.Setting.OfModel), by
	// its path ("" the starter) and their ID, as they were when another model was chosen.
	OfModel map[string]map[string]string `json:"of_model"`
	Advised *Advised                     `json:"advised"` // the numbers that the fill panel last took from a model; nil: from none
	Device  string                       `json:"device"`  // "" = automatic
	Runtime string                       `json:"runtime"` // path of the ONNX Runtime library; "" = search
	// Describer is the path of the network that puts pictures into words; "": none is chosen.
	Describer string `json:"describer"`
	// Keys are those that a person gave to actions, by their ID; an empty list is no key.
	Keys      map[string][]string `json:"keys"`
	HistoryMB int                 `json:"history_mb"`
	JournalMB int                 `json:"journal_mb"` // of disk: the journal, and the trash of discarded ones
	ResultsMB int                 `json:"results_mb"` // of the library of results; 0 keeps none
	Models    []Model             `json:"models"`     // checkpoints opened before, latest first
	// ModelFolders are the folders of the library of models, also those of other programs.
	ModelFolders []string `json:"model_folders"`
	// Online is whether downloads and look-ups may go out; Hosts are those that were spoken to.
	Online      bool     `json:"online"`
	Hosts       []string `json:"hosts"`
	DownloadsTo string   `json:"downloads_to"` // the folder that downloads go to; "" is the program's own
}

// Model is a checkpoint that was opened before. The sums belong to the file that had this
// size and time; they are "" until they have been computed.
type Model struct {
	Path    string `json:"path"`
	Size    int64  `json:"size,omitempty"`
	Time    int64  `json:"time,omitempty"` // of its last change, nanoseconds since 1970
	SHA256  string `json:"sha256,omitempty"`
	OldHash string `json:"old_hash,omitempty"` // eight digits, as A1111 had before 2023
	BuiltIn bool   `json:"built_in,omitempty"` // the starter, as it is laid out in a cache: nobody opened it
}

// Advised are the numbers that go with a model, and which model that is ("" the starter):
// what still stands as advised follows the next model, also after the program was closed.
type Advised struct {
	Model    string  `json:"model"`
	Steps    int     `json:"steps"`
	CFG      float64 `json:"cfg"`
	Sampler  string  `json:"sampler"`
	Schedule string  `json:"schedule"`
}

// Window is its size in Fyne units.
type Window struct {
	Width  float32 `json:"width"`
	Height float32 `json:"height"`
}

// Brush is what the brushes share.
type Brush struct {
	Size      float64  `json:"size"`
	Hardness  float64  `json:"hardness"`
	Opacity   float64  `json:"opacity"`
	Smoothing float64  `json:"smoothing"`
	Colour    [4]uint8 `json:"colour"`
	Back      [4]uint8 `json:"background"`
	Mean      int      `json:"mean"`       // side of the square that the picker takes the mean of
	ThisLayer bool     `json:"this_layer"` // colours are read from the active layer alone
	Tolerance int      `json:"tolerance"`  // of the bucket, 0..255
	Apart     bool     `json:"apart"`      // it fills what does not touch, too
	HardEdge  bool     `json:"hard_edge"`  // and its edge has no half-filled pixels
	Radial    bool     `json:"radial"`     // gradient
	Fades     bool     `json:"fades"`      // it ends in nothing
	Loose     bool     `json:"loose"`      // the stamp begins at its source with every stroke
	Pressure  int      `json:"pressure"`   // a pen's: 1 sets the size, 2 the opacity, 3 both
	Gamma     float64  `json:"gamma"`      // of it
	Tilt      bool     `json:"tilt"`       // a pen laid flat paints wider
}

// Text is how the text tool begins.
type Text struct {
	Family string  `json:"family"`
	Bold   bool    `json:"bold"`
	Italic bool    `json:"italic"`
	Size   float64 `json:"size"`  // of the em, in pixels
	Align  int     `json:"align"` // left, centred, right
	Lines  float64 `json:"lines"` // their distance, of the font's own
}

// Areas is how the area tools (rectangle, lasso, polygon, wand, object) work.
type Areas struct {
	Selects   []string `json:"selects"`   // tools that make a selection; the others mask
	Tolerance int      `json:"tolerance"` // of the wand, 0..255
	Scattered bool     `json:"scattered"` // the wand takes the colour wherever it is
	OneLayer  bool     `json:"one_layer"` // the wand looks at the active layer alone
	HardEdge  bool     `json:"hard_edge"` // the wand's edge is not smoothed
	Feather   int      `json:"feather"`   // of a thing's edge, 0..50 pixels
	Grow      int      `json:"grow"`      // by how many pixels a thing that is masked is widened, 0..50; -1: by as much as its edge is soft
	Networks  []string `json:"networks"`  // files of a network that finds things; none: colours and edges do
	GrowSel   int      `json:"grow_sel"`  // and one that is selected
	Edges     int      `json:"edges"`     // how much a thing ends at edges and how little at colours, 0..100
}

// Live is how live mode samples; the rest is the fill panel's.
type Live struct {
	Sampler  string  `json:"sampler"`
	Schedule string  `json:"schedule"`
	Steps    int     `json:"steps"`
	CFG      float64 `json:"cfg"`
	Strength float64 `json:"strength"`
}

// Style is a saved piece of prompt. Where a text holds {prompt}, the person's own prompt
// takes that place, else the text follows it.
type Style struct {
	Name     string `json:"name"`
	Prompt   string `json:"prompt"`
	Negative string `json:"negative"`
}

// Preset is the numbers of the fill panel under a name; of Fill its seeds do not count, and its
// texts, adapters and model only where it is Whole.
type Preset struct {
	Name  string `json:"name"`
	Fill  Fill   `json:"fill"`
	Whole bool   `json:"whole,omitempty"`
}

// Prompt is a pair of texts that a fill was started with.
type Prompt struct {
	Prompt   string `json:"prompt"`
	Negative string `json:"negative"`
}

// Default is what a new user starts with.
func Default() Settings {
	return Settings{
		Theme: "dark", OverlayColour: "#e53935", Overlay: 0.5, AcceptInto: "new", Open: []string{"layers"},
		Metadata: true, Outline: true, Tool: "mask", Areas: Areas{Selects: []string{"wand"}, Tolerance: 32, Edges: 50, Grow: -1}, SelectPx: 8, Window: Window{1440, 900}, HistoryMB: 1000, ResultsMB: 2000, JournalMB: 4000,
		Brush: Brush{Size: 64, Hardness: 0.8, Opacity: 1, Smoothing: 0.3, Colour: [4]uint8{40, 40, 40, 255}, Back: [4]uint8{255, 255, 255, 255}, Mean: 1, Tolerance: 32, Pressure: 3, Gamma: 1},
		Text:  Text{Family: "DejaVu Sans", Size: 64, Lines: 1},
		Fill: Fill{Engine: "content", Steps: 20, CFG: 7, Sampler: "DPM++ 2M", Schedule: "Karras",
			Strength: 1, Refine: 0.7, Feather: 8, Count: 3, Batch: 1, ClipSkip: 1, RNG: "cpu"},
		Styles: slices.Clone(shipped),
		Live:   Live{Sampler: "Euler", Schedule: "SGM Uniform", Steps: 12, CFG: 3.5, Strength: 0.3},
	}
}

// shipped are the styles that a new person finds, none of them applied.
var shipped = []Style{
	{"Photograph", "a photograph of {prompt}, natural light, sharp focus, 35 mm", "drawing, painting, render, blurry"},
	{"Portrait photograph", "portrait photograph of {prompt}, soft window light, shallow depth of field, 85 mm", "drawing, painting, deformed hands, blurry"},
	{"Oil painting", "oil painting of {prompt}, visible brush strokes, canvas texture", "photograph, render, text, signature"},
	{"Watercolour", "watercolour of {prompt} on rough paper, wet edges, light washes", "photograph, render, text, signature"},
	{"Ink drawing", "ink drawing of {prompt}, fine lines, cross-hatching, white paper", "colour, photograph, blurry"},
	{"Pencil sketch", "pencil sketch of {prompt}, graphite, loose lines, shading", "colour, photograph, text"},
	{"Flat illustration", "flat illustration of {prompt}, simple shapes, few colours, clean edges", "photograph, noise, gradient, text"},
	{"Pixel art", "pixel art of {prompt}, 16 colours, crisp pixels", "photograph, blurry, gradient"},
}

// Store is the file. It belongs to one goroutine.
type Store struct {
	Settings
	path    string
	unknown map[string]json.RawMessage
}

// Path is where the settings lie for this user.
func Path() (string, error) {
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", fmt.Errorf("settings: no configuration folder: %w", err)
	}
	return filepath.Join(dir, "pentimento", "settings.json"), nil
}

// StateFolder is where canvases that are not saved lie for this user: not the cache, which
// may be emptied, nor the settings, which may be copied elsewhere. "" where there is none.
func StateFolder() string {
	base := os.Getenv("XDG_STATE_HOME")
	if base == "" && (runtime.GOOS == "windows" || runtime.GOOS == "darwin") {
		base, _ = os.UserConfigDir()
		if local := os.Getenv("LocalAppData"); runtime.GOOS == "windows" && local != "" {
			base = local // not the part that follows the user over the network
		}
	} else if base == "" {
		if home, err := os.UserHomeDir(); err == nil {
			base = filepath.Join(home, ".local", "state")
		}
	}
	if base == "" {
		return ""
	}
	return filepath.Join(base, "pentimento", "journals")
}

// Open reads the file; a missing one gives the defaults. A file that cannot be read is
// set aside as .bad and reported, and the defaults are used, so that a damaged file
// never keeps the program from starting. An empty path keeps everything in memory.
func Open(path string) (*Store, error) {
	s := &Store{Settings: Default(), path: path}
	if path == "" {
		return s, nil
	}
	data, err := disk.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err == nil {
		err = json.Unmarshal(data, &s.unknown)
	}
	if err == nil {
		err = json.Unmarshal(data, &s.Settings)
	}
	if err != nil {
		s.Settings, s.unknown = Default(), nil
		if moved := disk.Rename(path, path+".bad"); moved == nil {
			return s, fmt.Errorf("settings %q: %w; it was set aside as %q", path, err, path+".bad")
		}
		return s, fmt.Errorf("settings %q: %w", path, err)
	}
	if s.Styles == nil { // written before there were any; whoever deleted all has a list of none
		s.Styles = slices.Clone(shipped)
	}
	return s, nil
}

// Save writes the file whole or not at all.
func (s *Store) Save() error {
	if s.path == "" {
		return nil
	}
	known, err := json.Marshal(s.Settings)
	if err != nil {
		return fmt.Errorf("settings: %w", err)
	}
	return s.write(known)
}

// write writes settings as JSON, and with them the keys of a newer version. Any goroutine may
// call it, one at a time.
func (s *Store) write(known []byte) error {
	all := map[string]json.RawMessage{}
	for k, v := range s.unknown {
		all[k] = v
	}
	if err := json.Unmarshal(known, &all); err != nil {
		return fmt.Errorf("settings: %w", err)
	}
	data, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return fmt.Errorf("settings: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(s.path), 0o755); err != nil {
		return fmt.Errorf("settings: %w", err)
	}
	err = disk.WritePrivate(s.path, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
	if err != nil {
		return fmt.Errorf("settings: %w", err)
	}
	return nil
}

// OpenedFrom are the folders that checkpoints were opened from, without those chosen as
// ModelFolders and below them.
func (s *Settings) OpenedFrom() (out []string) {
	for _, m := range s.Models {
		if m.BuiltIn {
			continue
		}
		dir := filepath.Dir(m.Path)
		chosen := slices.ContainsFunc(s.ModelFolders, func(o string) bool {
			rel, err := filepath.Rel(o, dir)
			return err == nil && filepath.IsLocal(rel)
		})
		if !chosen && !slices.Contains(out, dir) {
			out = append(out, dir)
		}
	}
	return out
}

// maxRecent is how many files the start screen offers.
const maxRecent = 12

// maxModels is how many checkpoints are remembered.
const maxModels = 50

// AddModel puts a checkpoint first among those opened before.
func (s *Settings) AddModel(m Model) {
	s.Models = slices.DeleteFunc(slices.Clone(s.Models), func(o Model) bool { return o.Path == m.Path })
	s.Models = append([]Model{m}, s.Models...)
	for _, forgotten := range s.Models[min(len(s.Models), maxModels):] {
		delete(s.OfModel, forgotten.Path)
	}
	s.Models = s.Models[:min(len(s.Models), maxModels)]
}

// AddRecent puts a file first among the recent ones; file dialogs begin beside it.
func (s *Settings) AddRecent(path string) {
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	s.Folder = filepath.Dir(path)
	s.Recent = slices.DeleteFunc(s.Recent, func(p string) bool { return p == path })
	s.Recent = append([]string{path}, s.Recent...)
	s.Recent = s.Recent[:min(len(s.Recent), maxRecent)]
}
