package render

import "encoding/binary"

// lanes selects every other byte of a word: four numbers with room to multiply by 256.
const lanes = 0x00ff00ff00ff00ff

func load(p []uint8) uint32     { return binary.LittleEndian.Uint32(p) }
func load64(p []uint8) uint64   { return binary.LittleEndian.Uint64(p) }
func store(p []uint8, v uint32) { binary.LittleEndian.PutUint32(p, v) }
