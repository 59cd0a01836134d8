// The functions of ONNX Runtime that are called here: the place of each in the library's
// table of functions (interface version 24) and its prototype. api_test.go compares every
// line with the header in onnxruntime_go's module. Enumerations are numbers here.
#ifndef PENTIMENTO_API_H
#define PENTIMENTO_API_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef _WIN32
#define API_CALL __stdcall
#define API_CHAR wchar_t
#else
#define API_CALL
#define API_CHAR char
#endif

typedef struct OrtStatus OrtStatus; // NULL is success
typedef struct OrtEnv OrtEnv;
typedef struct OrtMemoryInfo OrtMemoryInfo;
typedef struct OrtArenaCfg OrtArenaCfg;
typedef struct OrtSessionOptions OrtSessionOptions;
typedef struct OrtSession OrtSession;
typedef struct OrtRunOptions OrtRunOptions;
typedef struct OrtValue OrtValue;
typedef struct OrtIoBinding OrtIoBinding;
typedef struct OrtAllocator OrtAllocator;
typedef struct OrtSyncStream OrtSyncStream;
typedef struct OrtTensorTypeAndShapeInfo OrtTensorTypeAndShapeInfo;
typedef struct OrtCUDAProviderOptionsV2 OrtCUDAProviderOptionsV2;
typedef struct OrtTensorRTProviderOptionsV2 OrtTensorRTProviderOptionsV2;

enum { api_version = 24, api_log_fatal = 4, api_float32 = 1 };
enum { api_as_requested = 1 }; // how an arena grows: by what is asked for
enum { api_extended = 2, api_all = 99 }; // levels of optimisation

#define API_FUNCTIONS(F) \
	F(2, const char *, GetErrorMessage, (const OrtStatus *)) \
	F(93, void, ReleaseStatus, (OrtStatus *)) \
	F(3, OrtStatus *, CreateEnv, (unsigned level, const char *name, OrtEnv **)) \
	F(125, OrtStatus *, GetAvailableProviders, (char ***names, int *count)) \
	F(126, OrtStatus *, ReleaseAvailableProviders, (char **names, int count)) \
	F(195, OrtStatus *, GetExecutionProviderApi, (const char *provider, uint32_t version, const void **)) \
	F(144, OrtStatus *, CreateAndRegisterAllocator, (OrtEnv *, const OrtMemoryInfo *, const OrtArenaCfg *)) \
	F(156, OrtStatus *, CreateArenaCfg, \
	  (size_t max_mem, int extend, int initial_chunk, int max_dead, OrtArenaCfg **)) \
	F(157, void, ReleaseArenaCfg, (OrtArenaCfg *)) \
	F(10, OrtStatus *, CreateSessionOptions, (OrtSessionOptions **)) \
	F(100, void, ReleaseSessionOptions, (OrtSessionOptions *)) \
	F(23, OrtStatus *, SetSessionGraphOptimizationLevel, (OrtSessionOptions *, unsigned level)) \
	F(24, OrtStatus *, SetIntraOpNumThreads, (OrtSessionOptions *, int)) \
	F(25, OrtStatus *, SetInterOpNumThreads, (OrtSessionOptions *, int)) \
	F(19, OrtStatus *, DisableCpuMemArena, (OrtSessionOptions *)) \
	F(17, OrtStatus *, DisableMemPattern, (OrtSessionOptions *)) \
	F(130, OrtStatus *, AddSessionConfigEntry, (OrtSessionOptions *, const char *key, const char *value)) \
	F(293, OrtStatus *, SessionOptionsSetLoadCancellationFlag, (OrtSessionOptions *, bool)) \
	F(210, OrtStatus *, AddExternalInitializers, \
	  (OrtSessionOptions *, const char *const *names, const OrtValue *const *, size_t count)) \
	F(216, OrtStatus *, SessionOptionsAppendExecutionProvider, \
	  (OrtSessionOptions *, const char *provider, const char *const *keys, const char *const *values, size_t count)) \
	F(205, OrtStatus *, CreateCUDAProviderOptions, (OrtCUDAProviderOptionsV2 **)) \
	F(208, void, ReleaseCUDAProviderOptions, (OrtCUDAProviderOptionsV2 *)) \
	F(206, OrtStatus *, UpdateCUDAProviderOptions, \
	  (OrtCUDAProviderOptionsV2 *, const char *const *keys, const char *const *values, size_t count)) \
	F(204, OrtStatus *, SessionOptionsAppendExecutionProvider_CUDA_V2, \
	  (OrtSessionOptions *, const OrtCUDAProviderOptionsV2 *)) \
	F(171, OrtStatus *, CreateTensorRTProviderOptions, (OrtTensorRTProviderOptionsV2 **)) \
	F(174, void, ReleaseTensorRTProviderOptions, (OrtTensorRTProviderOptionsV2 *)) \
	F(170, OrtStatus *, SessionOptionsAppendExecutionProvider_TensorRT_V2, \
	  (OrtSessionOptions *, const OrtTensorRTProviderOptionsV2 *)) \
	F(8, OrtStatus *, CreateSessionFromArray, \
	  (const OrtEnv *, const void *model, size_t bytes, const OrtSessionOptions *, OrtSession **)) \
	F(95, void, ReleaseSession, (OrtSession *)) \
	F(49, OrtStatus *, CreateTensorWithDataAsOrtValue, \
	  (const OrtMemoryInfo *, void *data, size_t bytes, const int64_t *dims, size_t rank, unsigned type, OrtValue **)) \
	F(96, void, ReleaseValue, (OrtValue *)) \
	F(51, OrtStatus *, GetTensorMutableData, (OrtValue *, void **)) \
	F(65, OrtStatus *, GetTensorTypeAndShape, (const OrtValue *, OrtTensorTypeAndShapeInfo **)) \
	F(99, void, ReleaseTensorTypeAndShapeInfo, (OrtTensorTypeAndShapeInfo *)) \
	F(60, OrtStatus *, GetTensorElementType, (const OrtTensorTypeAndShapeInfo *, unsigned *type)) \
	F(61, OrtStatus *, GetDimensionsCount, (const OrtTensorTypeAndShapeInfo *, size_t *rank)) \
	F(62, OrtStatus *, GetDimensions, (const OrtTensorTypeAndShapeInfo *, int64_t *dims, size_t rank)) \
	F(39, OrtStatus *, CreateRunOptions, (OrtRunOptions **)) \
	F(97, void, ReleaseRunOptions, (OrtRunOptions *)) \
	F(165, OrtStatus *, AddRunConfigEntry, (OrtRunOptions *, const char *key, const char *value)) \
	F(46, OrtStatus *, RunOptionsSetTerminate, (OrtRunOptions *)) \
	F(78, OrtStatus *, GetAllocatorWithDefaultOptions, (OrtAllocator **)) \
	F(76, OrtStatus *, AllocatorFree, (OrtAllocator *, void *)) \
	F(134, OrtStatus *, CreateIoBinding, (OrtSession *, OrtIoBinding **)) \
	F(135, void, ReleaseIoBinding, (OrtIoBinding *)) \
	F(131, OrtStatus *, CreateAllocator, (const OrtSession *, const OrtMemoryInfo *, OrtAllocator **)) \
	F(132, void, ReleaseAllocator, (OrtAllocator *)) \
	F(48, OrtStatus *, CreateTensorAsOrtValue, \
	  (OrtAllocator *, const int64_t *dims, size_t rank, unsigned type, OrtValue **)) \
	F(380, OrtStatus *, SessionGetMemoryInfoForInputs, (const OrtSession *, const OrtMemoryInfo **, size_t count)) \
	F(381, OrtStatus *, SessionGetMemoryInfoForOutputs, (const OrtSession *, const OrtMemoryInfo **, size_t count)) \
	F(386, OrtStatus *, CopyTensors, \
	  (const OrtEnv *, const OrtValue *const *from, OrtValue *const *to, OrtSyncStream *, size_t count)) \
	F(301, OrtStatus *, RegisterExecutionProviderLibrary, (OrtEnv *, const char *name, const API_CHAR *path)) \
	F(137, OrtStatus *, BindOutput, (OrtIoBinding *, const char *name, const OrtValue *)) \
	F(136, OrtStatus *, BindInput, (OrtIoBinding *, const char *name, const OrtValue *)) \
	F(138, OrtStatus *, BindOutputToDevice, (OrtIoBinding *, const char *name, const OrtMemoryInfo *)) \
	F(142, void, ClearBoundOutputs, (OrtIoBinding *)) \
	F(140, OrtStatus *, GetBoundOutputValues, (const OrtIoBinding *, OrtAllocator *, OrtValue ***, size_t *count)) \
	F(133, OrtStatus *, RunWithBinding, (OrtSession *, const OrtRunOptions *, const OrtIoBinding *)) \
	F(9, OrtStatus *, Run, \
	  (OrtSession *, const OrtRunOptions *, const char *const *in_names, const OrtValue *const *in, size_t n_in, \
	   const char *const *out_names, size_t n_out, OrtValue **out))

// api_base is what OrtGetApiBase returns: the first entry gives the table of a version,
// NULL where the library is older.
typedef const struct {
	const void *const *(API_CALL *table)(uint32_t version);
} *api_base;

#endif
