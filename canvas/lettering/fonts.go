package lettering

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/go-text/typesetting/font"
	ot "github.com/go-text/typesetting/font/opentype"
	"github.com/go-text/typesetting/fontscan"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/gobolditalic"
	"golang.org/x/image/font/gofont/goitalic"
	"golang.org/x/image/font/gofont/goregular"
)

// Own is the family that is always there.
const Own = "Go"

type silent struct{}

func (silent) Printf(string, ...any) {}

// index is the folder where what was found of the system's fonts is kept.
func index() string {
	dir, err := os.UserCacheDir()
	if err != nil {
		dir = os.TempDir()
	}
	return filepath.Join(dir, "pentimento")
}

// maps keeps font maps, which belong to one goroutine each: a map remembers the fonts that it
// has read.
var maps = struct {
	sync.Mutex
	free []*fontscan.FontMap
}{}

// fontMap is a map of the caller's own; give takes it back.
func fontMap() *fontscan.FontMap {
	maps.Lock()
	defer maps.Unlock()
	if n := len(maps.free); n > 0 {
		m := maps.free[n-1]
		maps.free = maps.free[:n-1]
		return m
	}
	m := fontscan.NewFontMap(silent{})
	_ = m.UseSystemFonts(index()) // without them there are our own
	for i, data := range [][]byte{goregular.TTF, gobold.TTF, goitalic.TTF, gobolditalic.TTF} {
		_ = m.AddFont(bytes.NewReader(data), "go"+string(rune('0'+i)), Own)
	}
	return m
}

func give(m *fontscan.FontMap) {
	maps.Lock()
	defer maps.Unlock()
	if len(maps.free) < 2 {
		maps.free = append(maps.free, m)
	}
}

// query asks for a family, and where a letter is not in it for any font that has it.
func query(family string, bold, italic bool) fontscan.Query {
	a := font.Aspect{Style: font.StyleNormal, Weight: font.WeightNormal, Stretch: font.StretchNormal}
	if bold {
		a.Weight = font.WeightBold
	}
	if italic {
		a.Style = font.StyleItalic
	}
	return fontscan.Query{Families: []string{family, Own}, Aspect: a}
}

// families are the names of the system's fonts as they call themselves, found once.
var families = sync.OnceValue(func() []string {
	found, _ := fontscan.SystemFonts(silent{}, index())
	first := map[string]fontscan.Footprint{}
	for _, f := range found {
		if ext := strings.ToLower(filepath.Ext(f.Location.File)); ext != ".ttf" && ext != ".otf" && ext != ".ttc" && ext != ".otc" {
			continue // what has no outlines that are drawn here
		}
		if _, is := first[f.Family]; !is {
			first[f.Family] = f
		}
	}
	names := []string{Own}
	for family, f := range first {
		if name := calls(f.Location, family); family != font.NormalizeFamily(Own) {
			names = append(names, name)
		}
	}
	slices.SortFunc(names, func(a, b string) int { return strings.Compare(strings.ToLower(a), strings.ToLower(b)) })
	return slices.Compact(names)
})

// Families are the names of the families that there are, sorted. The first call looks into
// the fonts and may take a second: call it beside the window's goroutine.
func Families() []string { return families() }

// calls is how a font calls its family; the index knows it in lower case without spaces.
func calls(at fontscan.Location, family string) string {
	f, err := os.Open(at.File)
	if err != nil {
		return family
	}
	defer f.Close()
	loaders, err := ot.NewLoaders(f)
	if err != nil || int(at.Index) >= len(loaders) {
		return family
	}
	d, _ := font.Describe(loaders[at.Index], nil)
	if font.NormalizeFamily(d.Family) != family {
		return family
	}
	return d.Family
}

// Has says whether a family is there.
func Has(family string) bool {
	if family == Own {
		return true
	}
	m := fontMap()
	defer give(m)
	_, ok := m.FindSystemFont(family)
	return ok
}
