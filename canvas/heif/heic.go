package heif

import (
	"context"
	"image"
)

func decodeHEIC(ctx context.Context, b []byte, info *Info) (image.Image, error) {
	return nil, Unread{"heif: HEIC (HEVC) isn't read", "save it as PNG or JPEG: on a telephone choose \"Most compatible\", elsewhere GIMP or heif-convert do it"}
}
