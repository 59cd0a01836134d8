//go:build !linux && !darwin && !freebsd

package jxl

import (
	"context"
	"image"

	"pentimento/fault"
)

func read([]byte) (*Info, error) {
	return nil, fault.New("it is a JPEG XL picture, which isn't read on this system", "save it as PNG in another program")
}

func decode(context.Context, []byte, *Info, func(float64)) (image.Image, error) {
	return nil, errMissing
}
