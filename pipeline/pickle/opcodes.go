package pickle

// step carries out one opcode; STOP is run's.
func (m *machine) step(op byte) {
	switch op {
	case 0x80: // PROTO
		if v := m.byte(); v > 5 {
			m.fail("protocol %d, want at most 5", v)
		}
	case 0x95: // FRAME
		if n := m.number(8); n > uint64(m.left) {
			m.ended()
		}
	case '(': // MARK
		m.spend(costValue)
		m.marks = append(m.marks, len(m.stack))
	case '0': // POP, which takes a mark as well
		if len(m.marks) > 0 && len(m.stack) == m.floor() {
			m.marks = m.marks[:len(m.marks)-1]
		} else {
			m.pop()
		}
	case '1': // POP_MARK
		m.popMark()
	case '2': // DUP
		m.push(m.top())
	case 'q', 'r', 0x94, 'h', 'j': // BINPUT, LONG_BINPUT, MEMOIZE, BINGET, LONG_BINGET
		m.remember(op)
	case 'R', 0x81, 0x92, 'b', 'c', 0x93, 'i', 'o', 'Q': // REDUCE, NEWOBJ, NEWOBJ_EX, BUILD, GLOBAL, STACK_GLOBAL, INST, OBJ, BINPERSID
		m.name(op)
	case '}', ']', ')', 0x8f, 'd', 'l', 't', 0x91, 0x85, 0x86, 0x87, 'a', 'e', 's', 'u', 0x90:
		m.container(op)
	default:
		m.constant(op)
	}
}

func (m *machine) remember(op byte) {
	switch op {
	case 'q':
		m.put(int64(m.byte()))
	case 'r':
		m.put(int64(m.number(4)))
	case 0x94:
		m.put(int64(len(m.memo)))
	case 'h':
		m.get(int64(m.byte()))
	case 'j':
		m.get(int64(m.number(4)))
	}
}

func (m *machine) container(op byte) {
	switch op {
	case '}': // EMPTY_DICT
		m.push(m.newDict())
	case 'd': // DICT
		items, d := m.popMark(), m.newDict()
		m.set(d, items)
		m.push(d)
	case ')': // EMPTY_TUPLE
		m.push(&seq{nil, 't'})
	case ']': // EMPTY_LIST
		m.push(&seq{nil, 'l'})
	case 0x8f: // EMPTY_SET
		m.push(&seq{nil, 's'})
	case 't': // TUPLE
		m.push(&seq{m.popMark(), 't'})
	case 'l': // LIST
		m.push(&seq{m.popMark(), 'l'})
	case 0x91: // FROZENSET
		m.push(&seq{m.popMark(), 't'})
	case 0x85, 0x86, 0x87: // TUPLE1, TUPLE2, TUPLE3
		m.tuple(int(op) - 0x84)
	case 'a': // APPEND
		v := m.pop()
		m.store([]any{v}, 'l')
	case 'e': // APPENDS
		m.store(m.popMark(), 'l')
	case 0x90: // ADDITEMS
		m.store(m.popMark(), 's')
	case 's': // SETITEM
		v := m.pop()
		k := m.pop()
		m.store([]any{k, v}, 'd')
	case 'u': // SETITEMS
		m.store(m.popMark(), 'd')
	}
}

func (m *machine) constant(op byte) {
	switch op {
	case 'N': // NONE
		m.push(nil)
	case 0x88, 0x89: // NEWTRUE, NEWFALSE
		m.push(op == 0x88)
	case 'J': // BININT
		m.push(int64(int32(m.number(4))))
	case 'K': // BININT1
		m.push(int64(m.byte()))
	case 'M': // BININT2
		m.push(int64(m.number(2)))
	case 'G': // BINFLOAT
		m.push(m.float())
	case 0x8a: // LONG1
		m.long(uint64(m.byte()))
	case 0x8b: // LONG4
		m.long(m.number(4))
	case 'X': // BINUNICODE
		m.push(m.text(m.number(4)))
	case 0x8c: // SHORT_BINUNICODE
		m.push(m.text(uint64(m.byte())))
	case 0x8d: // BINUNICODE8
		m.push(m.text(m.number(8)))
	case 'T': // BINSTRING, a str of Python 2
		m.push(m.text(m.number(4)))
	case 'U': // SHORT_BINSTRING
		m.push(m.text(uint64(m.byte())))
	case 'B': // BINBYTES
		m.push(blob(m.bytes(m.number(4))))
	case 'C': // SHORT_BINBYTES
		m.push(blob(m.bytes(uint64(m.byte()))))
	case 0x8e, 0x96: // BINBYTES8, BYTEARRAY8
		m.push(blob(m.bytes(m.number(8))))
	default:
		m.fail("opcode 0x%02x is not known", op)
	}
}
