package keeping

import (
	"fmt"
	"image"
	"reflect"
	"strings"

	"pentimento/pipeline"
)

// album gives names to the pictures of what is written as JSON; one picture has one name.
type album struct {
	pictures map[string]*image.NRGBA
	masks    map[string]*image.Alpha
	names    map[image.Image]string
}

func newAlbum() *album {
	return &album{map[string]*image.NRGBA{}, map[string]*image.Alpha{}, map[image.Image]string{}}
}

// name is the picture's name, "" for none.
func (a *album) name(img image.Image) string {
	if reflect.ValueOf(img).IsNil() {
		return ""
	}
	if name, ok := a.names[img]; ok {
		return name
	}
	name := fmt.Sprintf("p%d", len(a.names)+1)
	a.names[img] = name
	switch p := img.(type) {
	case *image.NRGBA:
		a.pictures[name] = p
	case *image.Alpha:
		a.masks[name] = p
	}
	return name
}

// request is a Request with its pictures named.
func (a *album) request(q pipeline.Request) keptRequest {
	k := keptRequest{Run: q, Pictures: map[string]string{}}
	for name, p := range q.Pictures() {
		if img := p.Get(); img != nil {
			k.Pictures[placeOf(name)] = a.name(img)
		}
	}
	return k
}

// restored is the Request with its pictures; stale says that one of them is lost.
func (a *album) restored(k keptRequest) (q pipeline.Request, stale bool) {
	q = k.Run
	for name, p := range q.Pictures() {
		kept := k.Pictures[placeOf(name)]
		if kept == "" {
			kept = k.Pictures[oldPlaceOf(name)]
		}
		if kept == "" {
			continue
		}
		if img := a.pictures[kept]; img != nil && p.Set(img) {
			continue
		}
		if m := a.masks[kept]; m != nil && p.Set(m) {
			continue
		}
		stale = true
	}
	return q, stale
}

// placeOf is the name of a place for a picture in project files, which had names of their
// own for the first two before places had any.
func placeOf(name string) string {
	switch name {
	case "image":
		return ".Image"
	case "mask":
		return ".Mask"
	}
	return name
}

// oldPlaceOf is the name it had until 2026-11.
func oldPlaceOf(name string) string {
	name, ok := strings.CutPrefix(strings.TrimSuffix(name, ".image"), "guides.")
	if !ok {
		return ""
	}
	return fmt.Sprintf(".References[%s].Image", name)
}
