// Compiled by api_test.go, never run: holds api.h against the header of ONNX Runtime.
#include "api.h"
#include <onnxruntime_c_api.h>

#define SAME(slot, result, name, arguments) \
	_Static_assert(offsetof(OrtApi, name) == (slot) * sizeof(void *), #name " has another slot"); \
	_Static_assert(__builtin_types_compatible_p(__typeof__(((OrtApi *)0)->name), result(API_CALL *) arguments), \
	               #name " has another prototype");
API_FUNCTIONS(SAME)

_Static_assert((int)api_version == ORT_API_VERSION, "version");
_Static_assert((int)api_log_fatal == ORT_LOGGING_LEVEL_FATAL, "log level");
_Static_assert((int)api_float32 == ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT, "float32");
_Static_assert((int)api_extended == ORT_ENABLE_EXTENDED, "extended optimisations");
_Static_assert((int)api_all == ORT_ENABLE_ALL, "all optimisations");
_Static_assert(offsetof(OrtApiBase, GetApi) == 0, "base");
