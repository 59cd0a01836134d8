package editor

import (
	"fmt"
	"image"
	"reflect"

	"pentimento/pipeline"
)

// album gives names to the pictures of what is written as JSON; one picture has one name.
type album struct {
	pictures map[string]*image.NRGBA
	masks    map[string]*image.Alpha
	names    map[any]string
}

func newAlbum() *album {
	return &album{map[string]*image.NRGBA{}, map[string]*image.Alpha{}, map[any]string{}}
}

// name is the picture's name, "" for none.
func (a *album) name(img any) string {
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
	eachPicture(reflect.ValueOf(&q).Elem(), "", func(place string, v reflect.Value) {
		if !v.IsNil() {
			k.Pictures[place] = a.name(v.Interface())
		}
	})
	return k
}

// restored is the Request with its pictures; stale says that one of them is lost.
func (a *album) restored(k keptRequest) (q pipeline.Request, stale bool) {
	q = k.Run
	eachPicture(reflect.ValueOf(&q).Elem(), "", func(place string, v reflect.Value) {
		name := k.Pictures[place]
		if name == "" {
			return
		}
		if p := a.pictures[name]; p != nil && v.Type() == reflect.TypeFor[*image.NRGBA]() {
			v.Set(reflect.ValueOf(p))
		} else if m := a.masks[name]; m != nil && v.Type() == reflect.TypeFor[*image.Alpha]() {
			v.Set(reflect.ValueOf(m))
		} else {
			stale = true
		}
	})
	return q, stale
}

// eachPicture visits every picture of a value by its place ("References[0].Image"), so
// that a Request that gets a new one needs no line here.
func eachPicture(v reflect.Value, place string, visit func(string, reflect.Value)) {
	switch v.Kind() {
	case reflect.Pointer:
		switch v.Type() {
		case reflect.TypeFor[*image.NRGBA](), reflect.TypeFor[*image.Alpha]():
			visit(place, v)
		default:
			if !v.IsNil() {
				eachPicture(v.Elem(), place, visit)
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() {
				eachPicture(v.Field(i), place+"."+f.Name, visit)
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			eachPicture(v.Index(i), fmt.Sprintf("%s[%d]", place, i), visit)
		}
	}
}
