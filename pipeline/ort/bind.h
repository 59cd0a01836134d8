// What our Go code needs of ONNX Runtime's C interface, in calls that return an error
// text (to be freed with free) or NULL, and that keep no Go pointer.
#ifndef PENTIMENTO_BIND_H
#define PENTIMENTO_BIND_H

#include "api.h"
#include <stdlib.h>
#include <string.h>

// bind_start takes the address of OrtGetApiBase, whose library must offer interface 24, and
// the OrtMemoryInfo of the processor's memory, which must live as long as the program.
char *bind_start(void *get_api_base, const void *memory);
// bind_providers copies the names of the built-in providers, one a line.
char *bind_providers(char **names);

char *bind_options_new(OrtSessionOptions **out, int level, int threads, int arena,
                       int pattern);
char *bind_options_entry(OrtSessionOptions *o, const char *key, const char *value);
char *bind_options_cancel(OrtSessionOptions *o);
char *bind_options_weight(OrtSessionOptions *o, const char *name, void *data, size_t bytes,
                          const int64_t *dims, size_t rank, int type);
// capture asks the provider to record a run and to repeat it (CUDA and WebGPU).
char *bind_options_provider(OrtSessionOptions *o, const char *name, int capture);
void bind_options_free(OrtSessionOptions *o);

char *bind_session_new(OrtSession **out, OrtSessionOptions *o, const void *model, size_t bytes);
void bind_session_free(OrtSession *s);
// bind_trim gives the C library's free blocks back to the system, those at the end of other
// threads' heaps than the caller's excepted.
void bind_trim(void);

char *bind_value_new(OrtValue **out, void *data, size_t bytes, const int64_t *dims, size_t rank);
char *bind_value_read(OrtValue *v, float **data, int64_t *dims, size_t *rank);
void bind_value_free(OrtValue *v);

char *bind_run_new(OrtRunOptions **out, int shrink);
char *bind_run_stop(OrtRunOptions *r);
void bind_run_free(OrtRunOptions *r);
char *bind_run(OrtSession *s, OrtRunOptions *r, const char **in_names, OrtValue **in, size_t n_in,
               const char **out_names, OrtValue **out, size_t n_out);

// Inputs that stay on a session's device (binding.go). bind_inputs_set copies them there; data must
// live until the next of that name, or until the end. bind_inputs_run writes n_out results.
char *bind_inputs_new(OrtIoBinding **out, OrtSession *s);
char *bind_inputs_set(OrtIoBinding *b, const char *name, void *data, size_t bytes,
                      const int64_t *dims, size_t rank);
char *bind_inputs_run(OrtSession *s, OrtRunOptions *r, OrtIoBinding *b, const char **out_names,
                      OrtValue **out, size_t n_out);
void bind_inputs_free(OrtIoBinding *b);

// A place is memory on a session's device for one of its values: input or output i of count. It
// stays where it is until it is freed, before its session is.
typedef struct {
	OrtAllocator *allocator;
	OrtValue *value;
} place;
char *bind_place_new(place *p, OrtSession *s, int output, size_t i, size_t count,
                     const int64_t *dims, size_t rank);
char *bind_place_bind(OrtIoBinding *b, const char *name, place *p, int output);
// bind_place_copy fills a place, or with back reads it.
char *bind_place_copy(place *p, void *data, size_t bytes, const int64_t *dims, size_t rank, int back);
void bind_place_free(place *p);
char *bind_places_run(OrtSession *s, OrtRunOptions *r, OrtIoBinding *b);
// bind_transfers has the environment copy to a device whose provider is a library of its own.
char *bind_transfers(const char *name, const char *path);

// guard_start installs the handler that lets reads behind the end of a cut file yield
// zeros while guard_watch's sum is above 0; guard_faults counts the pages so replaced
// since the program began.
int guard_start(void);
void guard_watch(int change);
unsigned long guard_faults(void);
// guard_forget drops the pages of a read-only mapping from memory; they come back when read.
void guard_forget(size_t from, size_t to);

#endif
