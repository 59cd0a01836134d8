package pipelinetest

import (
	"fmt"
	"image"
	"math/rand/v2"
	"reflect"
)

// Fill gives every field of what v points to, at any depth, a random value that is not its
// zero value: texts begin with text, lists have two entries, pictures 7 × 4 pixels. It
// returns the pictures, *image.NRGBA and *image.Alpha. It panics at a kind of field that it
// does not know.
func Fill(rng *rand.Rand, v any, text string) []image.Image {
	f := filler{Rand: rng, text: text}
	f.fill(reflect.ValueOf(v).Elem())
	return f.pictures
}

type filler struct {
	*rand.Rand
	text     string
	pictures []image.Image
}

func (f *filler) fill(v reflect.Value) {
	if img := f.picture(v.Type()); img != nil {
		f.pictures = append(f.pictures, img)
		v.Set(reflect.ValueOf(img))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(fmt.Sprintf("%s %d", f.text, f.Uint32()))
	case reflect.Int, reflect.Int64:
		v.SetInt(f.Int64() - f.Int64())
	case reflect.Float64:
		v.SetFloat(f.NormFloat64())
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Uint8:
		v.SetUint(uint64(1 + f.IntN(255)))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		f.fill(v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fallthrough
	case reflect.Array:
		for i := range v.Len() {
			f.fill(v.Index(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				f.fill(v.Field(i))
			}
		}
	default:
		panic("pipelinetest: fill of a " + v.Type().String())
	}
}

// picture is a new one where t is a picture's type.
func (f *filler) picture(t reflect.Type) image.Image {
	r := image.Rect(-3, 5, 4, 9)
	switch t {
	case reflect.TypeFor[*image.NRGBA]():
		img := image.NewNRGBA(r)
		f.noise(img.Pix)
		return img
	case reflect.TypeFor[*image.Alpha]():
		img := image.NewAlpha(r)
		f.noise(img.Pix)
		return img
	}
	return nil
}

func (f *filler) noise(pix []byte) {
	for i := range pix {
		pix[i] = uint8(f.Uint32())
	}
}
