//go:build !linux && !darwin && !freebsd

package heif

import (
	"context"
	"image"
)

func decodeHEIC(context.Context, []byte, *Info) (image.Image, error) {
	return nil, Unread{"the pictures in it are HEVC, which isn't read on this system", "save it as PNG or JPEG in another program"}
}
