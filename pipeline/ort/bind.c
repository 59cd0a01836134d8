#include "bind.h"
#ifdef __GLIBC__
#include <malloc.h>
#endif

#define MEMBER(slot, result, name, arguments) result(API_CALL *name) arguments;
static struct {
	API_FUNCTIONS(MEMBER)
} api;
static OrtEnv *env;
static const OrtMemoryInfo *cpu;

static char *text(OrtStatus *s) {
	if (!s) return NULL;
	char *t = strdup(api.GetErrorMessage(s));
	api.ReleaseStatus(s);
	return t ? t : strdup("out of memory");
}

// One arena for all sessions: what the denoiser worked in, the autoencoder works in next,
// instead of each keeping its own. It grows by what is asked for, not by doubling.
static char *shared_arena(void) {
	OrtArenaCfg *c = NULL;
	char *e = text(api.CreateArenaCfg(0, api_as_requested, -1, -1, &c));
	if (!e) e = text(api.CreateAndRegisterAllocator(env, cpu, c));
	if (c) api.ReleaseArenaCfg(c);
	return e;
}

char *bind_start(void *get_api_base, const void *memory) {
	const void *const *table = ((api_base(API_CALL *)(void))get_api_base)()->table(api_version);
	if (!table) return strdup("the library is older than interface version 24 (ONNX Runtime 1.24)");
#define LOOK_UP(slot, result, name, arguments) api.name = (result(API_CALL *) arguments)table[slot];
	API_FUNCTIONS(LOOK_UP)
	cpu = memory;
	// The environment is one a process: this is another reference to the one in use.
	char *e = text(api.CreateEnv(api_log_fatal, "pentimento", &env));
	return e ? e : shared_arena();
}

char *bind_providers(char **names) {
	char **list = NULL;
	int n = 0;
	char *e = text(api.GetAvailableProviders(&list, &n));
	if (e) return e;
	size_t size = 1;
	for (int i = 0; i < n; i++) size += strlen(list[i]) + 1;
	char *out = calloc(size, 1);
	for (int i = 0; out && i < n; i++) {
		strcat(out, list[i]);
		strcat(out, "\n");
	}
	*names = out;
	e = text(api.ReleaseAvailableProviders(list, n));
	if (!out && !e) e = strdup("out of memory");
	return e;
}

char *bind_options_new(OrtSessionOptions **out, int level, int threads, int arena, int pattern) {
	OrtSessionOptions *o = NULL;
	char *e = text(api.CreateSessionOptions(&o));
	if (!e) e = text(api.SetSessionGraphOptimizationLevel(o, level));
	if (!e) e = text(api.SetIntraOpNumThreads(o, threads));
	if (!e) e = text(api.SetInterOpNumThreads(o, 1));
	if (!e)
		e = text(arena ? api.AddSessionConfigEntry(o, "session.use_env_allocators", "1")
		               : api.DisableCpuMemArena(o));
	if (!e && !pattern) e = text(api.DisableMemPattern(o));
	if (e) {
		if (o) api.ReleaseSessionOptions(o);
		return e;
	}
	*out = o;
	return NULL;
}

char *bind_options_entry(OrtSessionOptions *o, const char *key, const char *value) {
	return text(api.AddSessionConfigEntry(o, key, value));
}

char *bind_options_cancel(OrtSessionOptions *o) {
	return text(api.SessionOptionsSetLoadCancellationFlag(o, true));
}

// The runtime copies the value while the session is built: data must live until then.
char *bind_options_weight(OrtSessionOptions *o, const char *name, void *data, size_t bytes,
                          const int64_t *dims, size_t rank, int type) {
	OrtValue *v = NULL;
	char *e = text(api.CreateTensorWithDataAsOrtValue(cpu, data, bytes, dims, rank, type, &v));
	if (e) return e;
	const char *names[1] = {name};
	const OrtValue *values[1] = {v};
	e = text(api.AddExternalInitializers(o, names, values, 1));
	api.ReleaseValue(v);
	return e;
}

static char *cuda(OrtSessionOptions *o, int capture) {
	OrtCUDAProviderOptionsV2 *p = NULL;
	const char *key = "enable_cuda_graph", *value = "1";
	char *e = text(api.CreateCUDAProviderOptions(&p));
	if (!e && capture) e = text(api.UpdateCUDAProviderOptions(p, &key, &value, 1));
	if (!e) e = text(api.SessionOptionsAppendExecutionProvider_CUDA_V2(o, p));
	if (p) api.ReleaseCUDAProviderOptions(p);
	return e;
}

static char *tensorrt(OrtSessionOptions *o) {
	OrtTensorRTProviderOptionsV2 *p = NULL;
	char *e = text(api.CreateTensorRTProviderOptions(&p));
	if (!e) e = text(api.SessionOptionsAppendExecutionProvider_TensorRT_V2(o, p));
	if (p) api.ReleaseTensorRTProviderOptions(p);
	return e;
}

// DirectML's own table (dml_provider_factory.h) begins with this function. It wants runs
// one after another, which is what sessions do unless told otherwise, and no memory
// pattern (see choose in open.go).
static char *directml(OrtSessionOptions *o) {
	const struct {
		OrtStatus *(API_CALL *append)(OrtSessionOptions *, int);
	} *dml = NULL;
	char *e = text(api.GetExecutionProviderApi("DML", api_version, (const void **)&dml));
	if (!e) e = text(dml->append(o, 0));
	return e;
}

char *bind_options_provider(OrtSessionOptions *o, const char *name, int capture) {
	const char *key = "enableGraphCapture", *value = "1"; // of WebGPU
	if (strcmp(name, "CUDA") == 0) return cuda(o, capture);
	if (strcmp(name, "TensorRT") == 0) return tensorrt(o);
	if (strcmp(name, "DML") == 0) return directml(o);
	return text(api.SessionOptionsAppendExecutionProvider(o, name, &key, &value, capture ? 1 : 0));
}

void bind_options_free(OrtSessionOptions *o) { api.ReleaseSessionOptions(o); }

char *bind_session_new(OrtSession **out, OrtSessionOptions *o, const void *model, size_t bytes) {
	return text(api.CreateSessionFromArray(env, model, bytes, o, out));
}

void bind_session_free(OrtSession *s) { api.ReleaseSession(s); }

// What networks leave behind are hundreds of megabytes of free blocks, which glibc keeps
// for the next caller; the next network wants other sizes, and the system wants them back.
void bind_trim(void) {
#ifdef __GLIBC__
	malloc_trim(0);
	// It cuts the end of the first heap only. That of the calling thread's is cut when a block
	// of 64 KB or more is freed while more than the threshold is free there. Setting that ends
	// the library's own choice of both thresholds; what is set in the end is the most it chooses.
	mallopt(M_MMAP_THRESHOLD, 32 << 20);
	mallopt(M_TRIM_THRESHOLD, 1 << 20);
	void *volatile block = malloc(128 << 10);
	free(block);
	mallopt(M_TRIM_THRESHOLD, 64 << 20);
#endif
}

char *bind_value_new(OrtValue **out, void *data, size_t bytes, const int64_t *dims, size_t rank) {
	return text(api.CreateTensorWithDataAsOrtValue(cpu, data, bytes, dims, rank, api_float32, out));
}

// dims has room for *rank dimensions; *rank becomes the value's own.
char *bind_value_read(OrtValue *v, float **data, int64_t *dims, size_t *rank) {
	OrtTensorTypeAndShapeInfo *info = NULL;
	unsigned type = 0;
	size_t have = 0;
	char *e = text(api.GetTensorTypeAndShape(v, &info));
	if (!e) e = text(api.GetTensorElementType(info, &type));
	if (!e && type != api_float32) e = strdup("an output is not float32");
	if (!e) e = text(api.GetDimensionsCount(info, &have));
	if (!e && have > *rank) e = strdup("an output has too many dimensions");
	if (!e) e = text(api.GetDimensions(info, dims, have));
	if (!e) e = text(api.GetTensorMutableData(v, (void **)data));
	*rank = have;
	if (info) api.ReleaseTensorTypeAndShapeInfo(info);
	return e;
}

void bind_value_free(OrtValue *v) { api.ReleaseValue(v); }

// shrink gives the arena's memory back to the system after the run.
char *bind_run_new(OrtRunOptions **out, int shrink) {
	char *e = text(api.CreateRunOptions(out));
	if (!e && shrink)
		e = text(api.AddRunConfigEntry(*out, "memory.enable_memory_arena_shrinkage", "cpu:0"));
	return e;
}

char *bind_run_stop(OrtRunOptions *r) { return text(api.RunOptionsSetTerminate(r)); }

void bind_run_free(OrtRunOptions *r) { api.ReleaseRunOptions(r); }

char *bind_run(OrtSession *s, OrtRunOptions *r, const char **in_names, OrtValue **in, size_t n_in,
               const char **out_names, OrtValue **out, size_t n_out) {
	return text(api.Run(s, r, in_names, (const OrtValue *const *)in, n_in, out_names, n_out, out));
}

char *bind_inputs_new(OrtIoBinding **out, OrtSession *s) { return text(api.CreateIoBinding(s, out)); }

char *bind_inputs_set(OrtIoBinding *b, const char *name, void *data, size_t bytes, const int64_t *dims, size_t rank) {
	OrtValue *v = NULL;
	char *e = bind_value_new(&v, data, bytes, dims, rank);
	if (!e) e = text(api.BindInput(b, name, v));
	if (v) api.ReleaseValue(v);
	return e;
}

// What a run made before stands in the binding as a result to be written over, in its shape: so
// the results are bound anew each time.
char *bind_inputs_run(OrtSession *s, OrtRunOptions *r, OrtIoBinding *b, const char **out_names, OrtValue **out, size_t n_out) {
	api.ClearBoundOutputs(b);
	char *e = NULL;
	for (size_t i = 0; !e && i < n_out; i++) e = text(api.BindOutputToDevice(b, out_names[i], cpu));
	if (!e) e = text(api.RunWithBinding(s, r, b));
	OrtAllocator *a = NULL;
	OrtValue **values = NULL;
	size_t n = 0;
	if (!e) e = text(api.GetAllocatorWithDefaultOptions(&a));
	if (!e) e = text(api.GetBoundOutputValues(b, a, &values, &n));
	for (size_t i = 0; i < n; i++) {
		if (i < n_out)
			out[i] = values[i];
		else
			api.ReleaseValue(values[i]);
	}
	if (values) {
		char *f = text(api.AllocatorFree(a, values));
		if (!e)
			e = f;
		else
			free(f);
	}
	api.ClearBoundOutputs(b);
	if (!e && n != n_out) e = strdup("the run made another number of outputs");
	return e;
}

void bind_inputs_free(OrtIoBinding *b) { api.ReleaseIoBinding(b); }

// The memory is the one in which the session reads or writes that value itself: nothing is copied
// at a run. A value does not keep its allocator alive.
char *bind_place_new(place *p, OrtSession *s, int output, size_t i, size_t count, const int64_t *dims, size_t rank) {
	const OrtMemoryInfo **all = calloc(count, sizeof *all);
	if (!all) return strdup("out of memory");
	char *e = text(output ? api.SessionGetMemoryInfoForOutputs(s, all, count) : api.SessionGetMemoryInfoForInputs(s, all, count));
	if (!e) e = text(api.CreateAllocator(s, all[i], &p->allocator));
	if (!e) e = text(api.CreateTensorAsOrtValue(p->allocator, dims, rank, api_float32, &p->value));
	free(all);
	if (e) bind_place_free(p);
	return e;
}

char *bind_place_bind(OrtIoBinding *b, const char *name, place *p, int output) {
	return text(output ? api.BindOutput(b, name, p->value) : api.BindInput(b, name, p->value));
}

char *bind_place_copy(place *p, void *data, size_t bytes, const int64_t *dims, size_t rank, int back) {
	OrtValue *v = NULL;
	char *e = bind_value_new(&v, data, bytes, dims, rank);
	const OrtValue *from = back ? p->value : v;
	OrtValue *to = back ? v : p->value;
	if (!e) e = text(api.CopyTensors(env, &from, &to, NULL, 1));
	if (v) api.ReleaseValue(v);
	return e;
}

void bind_place_free(place *p) {
	if (p->value) api.ReleaseValue(p->value);
	if (p->allocator) api.ReleaseAllocator(p->allocator);
	p->value = NULL;
	p->allocator = NULL;
}

char *bind_places_run(OrtSession *s, OrtRunOptions *r, OrtIoBinding *b) { return text(api.RunWithBinding(s, r, b)); }

char *bind_transfers(const char *name, const char *path) {
#ifdef _WIN32
	return strdup("copies to this device were never tried on Windows");
#else
	return text(api.RegisterExecutionProviderLibrary(env, name, path));
#endif
}
