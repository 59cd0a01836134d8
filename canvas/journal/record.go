package journal

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
)

// The file: a head, then records one after another, nothing between them.
//
//	head     magic 8 | major u16 | minor u16 | zero u32 | id 8 | crc u32 of these 24 | zero u32
//	record   length u32 | kind u8 | zero 3 | synced u64 | crc u32 of the payload |
//	         crc u32 of id, the record's offset and these 20 | payload
//
// Numbers are little-endian, the sums are CRC-32C. The record's own sum takes in where it
// is and in which file, so that what an older file left on the disk is never taken for a
// record. synced is the length up to which the file was known to be on the disk when the
// record was made: damage below it is the disk's, damage above it is a torn tail.
const (
	magic      = "PNTMJRNL"
	major      = 1
	minor      = 0
	headSize   = 32
	recordSize = 24
	maxPayload = 1 << 26
)

type kind uint8

// The kinds of records. A reader passes over kinds that it does not know.
const (
	kindContent   kind = 1 + iota // pixels: a tile, a mask tile, a part of a raster
	kindRaster                    // a picture of its own, made of contents
	kindReference                 // a picture of the strip
	kindOrigin                    // an accepted fill
	kindStep                      // one step of history
	kindMove                      // undo, redo, a jump
	kindActivate                  // another active layer
	kindNote                      // something that the caller keeps here
	kindDrop                      // a note's end
	kindMeta                      // what the caller says about the whole
	kindSaved                     // the step that a project file holds
	kindClean                     // a clean end
	kindPad                       // room, see budget
	kindSource                    // what the opened picture's file said and had
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func crc(b []byte) uint32 { return crc32.Checksum(b, castagnoli) }

// head is a file's first bytes.
func head(id [8]byte) []byte {
	h := make([]byte, 0, headSize)
	h = append(h, magic...)
	h = binary.LittleEndian.AppendUint16(h, major)
	h = binary.LittleEndian.AppendUint16(h, minor)
	h = append(h, 0, 0, 0, 0)
	h = append(h, id[:]...)
	h = binary.LittleEndian.AppendUint32(h, crc(h))
	return append(h, 0, 0, 0, 0)
}

// parseHead returns the file's id.
func parseHead(h []byte) (id [8]byte, err error) {
	if len(h) < headSize || string(h[:8]) != magic {
		return id, &Error{Text: "found no journal's head, want one of " + magic}
	}
	if m := binary.LittleEndian.Uint16(h[8:]); m > major {
		return id, &Error{
			Text:   fmt.Sprintf("found version %d.%d, want %d", m, binary.LittleEndian.Uint16(h[10:]), major),
			Advice: "a newer Pentimento wrote it: open it with that one", Newer: true,
		}
	}
	if crc(h[:24]) != binary.LittleEndian.Uint32(h[24:]) {
		return id, &Error{Text: "found a damaged head, want its checksum to fit"}
	}
	copy(id[:], h[16:24])
	return id, nil
}

// frame appends a record to out as it will lie at the offset at.
func frame(out []byte, id [8]byte, at, synced int64, k kind, payload []byte) []byte {
	start := len(out)
	out = binary.LittleEndian.AppendUint32(out, uint32(len(payload)))
	out = append(out, byte(k), 0, 0, 0)
	out = binary.LittleEndian.AppendUint64(out, uint64(synced))
	out = binary.LittleEndian.AppendUint32(out, crc(payload))
	out = binary.LittleEndian.AppendUint32(out, sum(id, at, out[start:]))
	return append(out, payload...)
}

// sum is the checksum of a record's first 20 bytes.
func sum(id [8]byte, at int64, first []byte) uint32 {
	var b [36]byte
	copy(b[:8], id[:])
	binary.LittleEndian.PutUint64(b[8:], uint64(at))
	copy(b[16:], first[:20])
	return crc(b[:])
}

// header is a record without its payload.
type header struct {
	length int
	kind   kind
	synced int64
	crc    uint32
}

// parseHeader says whether the bytes at the offset at are a record's beginning.
func parseHeader(b []byte, id [8]byte, at int64) (header, bool) {
	h := header{
		length: int(binary.LittleEndian.Uint32(b)), kind: kind(b[4]),
		synced: int64(binary.LittleEndian.Uint64(b[8:])), crc: binary.LittleEndian.Uint32(b[16:]),
	}
	ok := binary.LittleEndian.Uint32(b[20:]) == sum(id, at, b) && h.length <= maxPayload && h.synced <= at
	return h, ok
}
