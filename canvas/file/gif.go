package file

import (
	"bufio"
	"io"
)

// walkGIF visits the comment extensions before the first frame and after it.
func walkGIF(rs io.Reader, visit func(string, []byte)) error {
	r := bufio.NewReader(rs)
	head := make([]byte, 13)
	if _, err := io.ReadFull(r, head); err != nil {
		return nil
	}
	if err := skipColours(r, head[10]); err != nil {
		return nil
	}
	for range maxHeaderChunks {
		kind, err := r.ReadByte()
		if err != nil {
			return nil
		}
		switch kind {
		case 0x21: // an extension
			label, err := r.ReadByte()
			if err != nil {
				return nil
			}
			b, err := subBlocks(r, label == 0xfe)
			if err != nil {
				return nil
			}
			if label == 0xfe {
				visit("comment", b)
			}
		case 0x2c: // a frame
			visit("frame", nil)
			if _, err := io.ReadFull(r, head[:9]); err != nil {
				return nil
			}
			if err := skipColours(r, head[8]); err != nil {
				return nil
			}
			if _, err := r.ReadByte(); err != nil {
				return nil
			}
			if _, err := subBlocks(r, false); err != nil {
				return nil
			}
		default:
			return nil
		}
	}
	return nil
}

func skipColours(r *bufio.Reader, flags byte) error {
	if flags&0x80 == 0 {
		return nil
	}
	_, err := r.Discard(3 << (flags&7 + 1))
	return err
}

// subBlocks reads length-prefixed blocks up to the empty one; they are kept up to
// MaxText when keep is set.
func subBlocks(r *bufio.Reader, keep bool) ([]byte, error) {
	var b []byte
	buf := make([]byte, 255)
	for {
		n, err := r.ReadByte()
		if err != nil || n == 0 {
			return b, err
		}
		if _, err := io.ReadFull(r, buf[:n]); err != nil {
			return b, err
		}
		if keep && len(b)+int(n) <= MaxText {
			b = append(b, buf[:n]...)
		}
	}
}
