//===- loaded_kernel.cpp - a module, compiled and loaded ------------------===//

#include "loaded_kernel.h"

#include "Pipelines.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Support/Program.h"

#include <chrono>
#include <dlfcn.h>
#include <set>

using namespace resnetc;

static bool compileTo(const std::string &path, const kernel &source, const std::string &mcpu) {
  mlir::DialectRegistry registry;
  registerDialects(registry);
  registry.insert<mlir::func::FuncDialect>();
  mlir::MLIRContext context(registry, mlir::MLIRContext::Threading::DISABLED);
  auto module = mlir::parseSourceString<mlir::ModuleOp>(source.text, mlir::ParserConfig(&context));
  std::error_code code;
  llvm::raw_fd_ostream out(path, code);
  CompileOptions options;
  options.mcpu = mcpu;
  options.conv = source.conv;
  return module && !code && compileModule(*module, Stage::Split, graph(), options, Emit::Object, out, llvm::errs());
}

static bool linkTo(const std::string &path, const std::string &object) {
  auto compiler = llvm::sys::findProgramByName("c++");
  if (!compiler) {
    llvm::errs() << "error: no c++ found to link with\n";
    return false;
  }
  return llvm::sys::ExecuteAndWait(*compiler, {*compiler, "-shared", "-o", path, object, "-lm"}) == 0;
}

/// Numbers of both signs around nothing, by a generator that needs no library (Knuth's MMIX).
static aligned_buffer filled(int64_t elements) {
  aligned_buffer buffer(elements * sizeof(float));
  uint64_t state = 1;
  for (int64_t i = 0; i < elements; ++i) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    buffer.as<float>()[i] = static_cast<float>(static_cast<int32_t>(state >> 32)) * 0x1p-31f;
  }
  return buffer;
}

std::unique_ptr<LoadedKernel> LoadedKernel::load(const kernel &source, const std::string &mcpu, const std::string &folder, int64_t batch,
                                                 int threads) {
  std::string object = folder + "/kernel.o", library = folder + "/" + std::to_string(reinterpret_cast<uintptr_t>(&source)) + ".so";
  std::unique_ptr<LoadedKernel> kernel(new LoadedKernel(source, batch, threads));
  if (!compileTo(object, source, mcpu) || !linkTo(library, object) || !kernel->open(library)) {
    llvm::errs() << "error: " << source.name << " could not be compiled and loaded\n";
    return nullptr;
  }
  return kernel;
}

LoadedKernel::~LoadedKernel() {
  if (library)
    dlclose(library);
}

static std::string partOf(const resnetc_work &work) {
  constexpr const char *directions[] = {"forward", "dx", "dw"};
  return work.direction == RESNETC_OTHER ? work.name : directions[work.direction];
}

bool LoadedKernel::open(const std::string &path) {
  library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  auto *table = library ? static_cast<const resnetc_variant *const *>(dlsym(library, "resnetc_variants")) : nullptr;
  if (!table)
    return false;
  variant = *table;
  std::set<int32_t> works;
  for (int64_t i = 0; i < variant->loop_count; ++i) {
    const resnetc_loop &loop = variant->loops[i];
    if (llvm::is_contained(source.parts, partOf(variant->works[loop.work]))) {
      timed.push_back(loop.body);
      works.insert(loop.work);
    }
  }
  for (int32_t work : works)
    flopsOfRun += static_cast<double>(variant->works[work].flops * batch);
  if (source.flops)
    flopsOfRun = static_cast<double>(source.flops * batch);
  const resnetc_model &model = *variant->model;
  arena = aligned_buffer(model.gradients_arena.fixed + batch * model.gradients_arena.per_image + pool.threads() * model.gradients_arena.per_thread);
  records = filled(batch * source.record);
  frozen = filled(model.frozen_size);
  trained = filled(model.trained_size);
  stats = filled(model.stats_size);
  gradients = filled(model.trained_size);
  return !timed.empty();
}

double LoadedKernel::run() {
  resnetc_call call{};
  call.struct_size = sizeof call;
  call.threads = pool.threads();
  call.pool = &pool;
  call.batch = batch;
  call.records = records.data();
  call.frozen = frozen.data();
  call.trained = trained.data();
  call.stats = stats.data();
  call.gradients = gradients.data();
  call.arena = arena.data();
  call.loss_divisor = static_cast<double>(batch);
  loop_times times;
  pool.time_loops(&times);
  variant->gradients(&call);
  pool.time_loops(nullptr);
  loop_times::mapped_type sum{};
  for (resnetc_body body : timed)
    sum += times[body];
  return std::chrono::duration<double>(sum).count();
}
