package pickle

import (
	"fmt"
	"strings"

	"pentimento/fault"
)

// global is a name of Python that a file refers to.
type global struct {
	name string
	call func(m *machine, args []any) any // nil for a type that is only named
	dt   string                           // of a storage class or a dtype
	obj  bool                             // a class without meaning
}

// dtypes are torch's element types: the word for each and its bytes.
var dtypes = map[string]int64{"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U8": 1, "BOOL": 1,
	"U16": 2, "U32": 4, "U64": 8, "F8_E4M3": 1, "F8_E5M2": 1}

// storages are the classes of storages, without "Storage".
var storages = map[string]string{"Double": "F64", "Float": "F32", "Half": "F16", "BFloat16": "BF16", "Long": "I64", "Int": "I32",
	"Short": "I16", "Char": "I8", "Byte": "U8", "Bool": "BOOL", "Untyped": "U8"}

// typeNames are torch's dtypes by name.
var typeNames = map[string]string{"float64": "F64", "double": "F64", "float32": "F32", "float": "F32", "float16": "F16", "half": "F16", "bfloat16": "BF16",
	"int64": "I64", "long": "I64", "int32": "I32", "int": "I32", "int16": "I16", "short": "I16", "int8": "I8", "uint8": "U8", "bool": "BOOL",
	"uint16": "U16", "uint32": "U32", "uint64": "U64", "float8_e4m3fn": "F8_E4M3", "float8_e5m2": "F8_E5M2"}

// known are the names that mean something, and those of plain values.
var known = map[string]func(m *machine, args []any) any{
	"torch._utils._rebuild_tensor":               rebuildTensor,
	"torch._utils._rebuild_tensor_v2":            rebuildTensor,
	"torch._utils._rebuild_tensor_v3":            rebuildTensor,
	"torch._utils._rebuild_parameter":            rebuildParameter,
	"torch._utils._rebuild_parameter_with_state": rebuildParameter,
	"torch._tensor._rebuild_from_type_v2":        rebuildTyped,
	"torch.Size":                                 makeSeq('t'),
	"torch.nn.modules.container.ParameterDict":   func(m *machine, _ []any) any { return &object{fields: m.newDict()} },
	"collections.OrderedDict":                    makeDict,
	"collections.defaultdict":                    func(m *machine, _ []any) any { return m.newDict() },
	"builtins.dict":                              makeDict,
	"builtins.set":                               makeSeq('s'),
	"builtins.frozenset":                         makeSeq('t'),
	"builtins.list":                              makeSeq('l'),
	"builtins.tuple":                             makeSeq('t'),
	"builtins.bytearray":                         encode,
	"builtins.bytes":                             encode,
	"_codecs.encode":                             encode,
}

// inert are names that training leaves in files beside the weights. Nothing is made of them.
var inert = map[string]bool{
	"numpy.core.multiarray.scalar": true, "numpy.core.multiarray._reconstruct": true, "numpy.dtype": true, "numpy.ndarray": true,
	"numpy._core.multiarray.scalar": true, "numpy._core.multiarray._reconstruct": true, "numpy.core.numeric._frombuffer": true, "numpy._core.numeric._frombuffer": true,
	"torch.device": true, "torch.Tensor": true, "torch.nn.parameter.Parameter": true, "torch.strided": true, "torch.contiguous_format": true,
	"builtins.int": true, "builtins.float": true, "builtins.str": true, "builtins.bool": true, "builtins.complex": true, "builtins.object": true,
	"argparse.Namespace": true, "typing.Any": true, "typing.Dict": true, "typing.List": true, "typing.Union": true, "typing.Optional": true, "types.SimpleNamespace": true,
	"pathlib.PosixPath": true, "pathlib.WindowsPath": true, "pathlib.PurePosixPath": true, "datetime.datetime": true, "datetime.timedelta": true,
	"collections.Counter": true, "collections.deque": true,
}

// trainers are packages whose classes are inert; a function of theirs is not.
var trainers = []string{"pytorch_lightning", "lightning", "lightning_fabric", "lightning_utilities", "omegaconf", "torchmetrics"}

// find looks a name up; one that isn't known ends the machine.
func (m *machine) find(module, name string) *global {
	m.spend(costMap)
	if module == "__builtin__" { // Python 2
		module = "builtins"
	}
	full := module + "." + name
	g := &global{name: full}
	if call, ok := known[full]; ok {
		g.call = call
		return g
	}
	if class, ok := strings.CutSuffix(name, "Storage"); ok && (module == "torch" || module == "torch.cuda" || module == "torch.storage") {
		if g.dt = storages[class]; g.dt == "" {
			m.fail("storage type %s is not known", full)
		}
		return g
	}
	if dt := typeNames[name]; module == "torch" && dt != "" {
		g.dt = dt
		return g
	}
	if g.obj = inert[full] || ofTrainer(module, name); !g.obj && m.err == nil {
		m.err = fmt.Errorf("pickle, byte %d: %w", m.at, Refused(full))
	}
	return g
}

// Refused is the error about a name that a file must not use.
func Refused(name string) error {
	if len(name) > 200 {
		name = name[:200]
	}
	return fault.New(fmt.Sprintf("the file names %q, which is no part of a tensor: it is not read", name),
		"Nothing of the file was run. If you trust where it comes from, convert it to .safetensors; files that call other things can harm your computer.")
}

func ofTrainer(module, name string) bool {
	top, _, _ := strings.Cut(module, ".")
	for _, t := range trainers {
		if top == t {
			return name != "" && name[0] >= 'A' && name[0] <= 'Z' && !strings.Contains(name, ".")
		}
	}
	return false
}

// name carries out the opcodes that look names up, call them or fill what they made.
func (m *machine) name(op byte) {
	switch op {
	case 'c': // GLOBAL
		module := m.line()
		if name := m.line(); m.err == nil {
			m.push(m.find(module, name))
		}
	case 0x93: // STACK_GLOBAL
		name, _ := m.pop().(string)
		module, _ := m.pop().(string)
		if m.err == nil {
			m.push(m.find(module, name))
		}
	case 'i': // INST
		module := m.line()
		if name := m.line(); m.err == nil {
			g := m.find(module, name)
			m.push(m.call(g, &seq{m.popMark(), 't'}))
		}
	case 'o': // OBJ
		items := m.popMark()
		if len(items) == 0 {
			m.fail("makes an object of no class")
			return
		}
		m.push(m.call(items[0], &seq{items[1:], 't'}))
	case 'R', 0x81: // REDUCE, NEWOBJ
		args := m.pop()
		f := m.pop()
		m.push(m.call(f, args))
	case 0x92: // NEWOBJ_EX
		m.pop()
		args := m.pop()
		f := m.pop()
		m.push(m.call(f, args))
	case 'b': // BUILD
		fields := m.pop()
		m.build(m.top(), fields)
	case 'Q': // BINPERSID
		id, ok := m.pop().(*seq)
		if !ok || m.persistent == nil {
			m.fail("refers to a thing outside that is no storage")
			return
		}
		v, err := m.persistent(id)
		if err != nil {
			m.fail("%w", err)
			return
		}
		m.spend(costMap)
		m.push(v)
	}
}

// call makes what a name makes of arguments.
func (m *machine) call(f, args any) any {
	if m.err != nil {
		return nil
	}
	g, ok := f.(*global)
	a, isTuple := args.(*seq)
	switch {
	case !ok || !isTuple:
		m.fail("calls what is no name, or without arguments")
		return nil
	case g.obj:
		m.spend(costValue)
		return &object{}
	case g.call == nil:
		m.fail("calls %s, which is only a type", g.name)
		return nil
	}
	return g.call(m, a.items)
}

// build gives an object its fields: only those of a ParameterDict count.
func (m *machine) build(v, fields any) {
	switch o := v.(type) {
	case *object:
		if s, ok := fields.(*seq); ok && len(s.items) == 2 { // fields, and those in slots
			fields = s.items[0]
		}
		if d, ok := fields.(*dict); ok && o.fields != nil {
			o.fields = d
		}
	case *dict, *array: // attributes, such as state_dict's own _metadata
	default:
		m.fail("gives fields to what has none")
	}
}

func makeDict(m *machine, args []any) any {
	d := m.newDict()
	if len(args) == 0 {
		return d
	}
	list, ok := args[0].(*seq) // as Python 2 wrote it: a list of pairs
	if !ok || len(args) > 1 {
		m.fail("a map is made of what is no list of pairs")
		return d
	}
	for _, item := range list.items {
		p, ok := item.(*seq)
		if !ok || len(p.items) != 2 {
			m.fail("a map is made of what is no list of pairs")
			return d
		}
		m.set(d, p.items)
	}
	return d
}

func makeSeq(kind byte) func(m *machine, args []any) any {
	return func(m *machine, args []any) any {
		s := &seq{kind: kind}
		if len(args) > 0 {
			from, ok := args[0].(*seq)
			if !ok {
				m.fail("a list is made of what is none")
				return s
			}
			m.spend(16 * int64(len(from.items)))
			if m.err == nil {
				s.items = append(s.items, from.items...)
			}
		}
		return s
	}
}

// encode makes bytes of a text, of bytes or of nothing; what they hold never matters.
func encode(m *machine, args []any) any {
	if len(args) == 0 {
		return blob("")
	}
	switch v := args[0].(type) {
	case string:
		return blob(v)
	case blob:
		return v
	case int64: // bytes(n): n zeros
		return blob("")
	}
	m.fail("bytes are made of what is no text")
	return nil
}
