// The runtime's thread pool for programs that load emitted code with dlopen.
#include "threads/pool.h"

extern "C" void *make_pool(int threads) { return new resnetc::thread_pool(threads); }
extern "C" void free_pool(void *pool) { delete static_cast<resnetc::thread_pool *>(pool); }
