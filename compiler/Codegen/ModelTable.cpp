//===- ModelTable.cpp - the table about the model -------------------------===//

#include "Codegen/ModelTable.h"

#include "Codegen/PrefixHash.h"
#include "IR/ResnetDialect.h"
#include "Transforms/Flops.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/Module.h"

#include <cstddef>
#include <cstring>

using namespace mlir;
using namespace resnetc;

ModelTable::ModelTable(const graph &model, ModuleOp split, const CompileOptions &options, const Target &target)
    : model(model), options(options), target(target) {
  resnet::ParameterLayout layout(split);
  fillTraining();
  fillTensors(split, layout);
  fillScales(split);
  fillModel(split, layout);
}

void ModelTable::fillTraining() {
  const resnetc::training &t = model.training;
  training.struct_size = sizeof training;
  training.optimizer = static_cast<int32_t>(t.optimizer.kind);
  training.nesterov = t.optimizer.lookahead;
  training.schedule = static_cast<int32_t>(t.schedule.kind);
  training.step_every = t.schedule.every;
  training.epochs = t.epochs;
  training.lr = t.optimizer.lr;
  training.momentum = t.optimizer.mu;
  training.weight_decay = t.optimizer.decay;
  training.step_factor = t.schedule.factor;
  training.warmup_epochs = t.schedule.warmup_epochs;
  training.label_smoothing = t.label_smoothing;
  weights = std::string(t.weights.view());
}

static int64_t flopsOf(func::FuncOp func) {
  int64_t flops = 0;
  func.walk([&](Operation *op) { flops += resnet::forwardFlops(op); });
  return flops;
}

/// PyTorch refuses to normalise a single value a channel.
static int64_t smallestBatchOf(ModuleOp split) {
  bool single = false;
  split.walk([&](resnet::BatchNormBatchOp op) {
    auto x = cast<RankedTensorType>(op.getX().getType());
    single |= x.getDimSize(2) * x.getDimSize(3) == 1;
  });
  return single ? 2 : 1;
}

void ModelTable::fillModel(ModuleOp split, const resnet::ParameterLayout &layout) {
  using resnet::Space;
  table.struct_size = sizeof table;
  table.channels = model.channels;
  table.height = model.height;
  table.width = model.width;
  table.resize = model.resize;
  table.classes = model.classes;
  table.max_batch = static_cast<int32_t>(options.maxBatch);
  hash = std::string(spec_hash(model).view());
  table.parameters = model.parameters();
  table.trainable_parameters = model.trainable_parameters();
  table.flops = model.flops();
  table.record_size = int64_t(model.channels) * model.height * model.width;
  if (auto features = split.lookupSymbol<func::FuncOp>("features")) {
    table.prefix_flops = flopsOf(features);
    table.record_size = 0;
    for (Type t : features.getResultTypes())
      table.record_size += resnet::elementsPerImage(resnet::blockedShape(t));
  }
  table.frozen_size = layout.size(Space::Frozen);
  table.trained_size = layout.size(Space::Trained);
  table.stats_size = layout.size(Space::Stats);
  table.frozen_derived_size = layout.size(Space::FrozenDerived);
  plainDerivedSize = layout.plainDerivedSize();
  table.trained_derived_size = layout.size(Space::TrainedDerived);
  table.tensor_count = tensors.size();
  table.smallest_batch = smallestBatchOf(split);
}

static int32_t roleOf(resnet::ParameterOp op) {
  constexpr StringLiteral roles[] = {"conv_weight", "bn_weight", "bn_bias",       "bn_mean",
                                     "bn_var",      "bn_count",  "linear_weight", "linear_bias"};
  return llvm::find(roles, op.getRole()) - std::begin(roles);
}

void ModelTable::fillTensors(ModuleOp split, const resnet::ParameterLayout &layout) {
  int64_t fanIn = 0, fanOut = 0; // of the weight before: a bias shares its layer's
  for (auto op : split.getOps<resnet::ParameterOp>()) {
    const resnet::Placement &place = layout.lookUp(op.getSymName());
    ArrayRef<int64_t> shape = cast<RankedTensorType>(op.getType()).getShape();
    resnetc_tensor t{};
    t.struct_size = sizeof t;
    t.role = roleOf(op);
    t.space = static_cast<int32_t>(place.space);
    t.replaced = op.getReplaced();
    t.counts = op.getMoves() && t.role == RESNETC_BN_COUNT;
    t.rank = shape.size();
    llvm::copy(shape, t.shape);
    if (shape.size() > 1) {
      int64_t window = shape.size() == 4 ? shape[2] * shape[3] : 1;
      fanIn = shape[1] * window;
      fanOut = shape[0] * window;
    }
    t.fan_in = fanIn;
    t.fan_out = fanOut;
    t.offset = place.offset;
    t.blocked_rank = place.form.sizes.size();
    t.blocked_count = place.form.sizes.empty() ? 0 : place.form.count();
    llvm::copy(place.form.sizes, t.blocked_size);
    llvm::copy(place.form.steps, t.blocked_step);
    llvm::copy(place.form.dims, t.blocked_dim);
    tensors.push_back(t);
    names.push_back(op.getSymName().str());
  }
}

void ModelTable::fillScales(ModuleOp split) {
  for (auto op : split.getOps<resnet::ScaleOp>())
    scales.emplace_back(op.getSymName().str(), op.getIsSigned());
}

static resnetc_arena largest(const resnetc_arena &a, const resnetc_arena &b) {
  return {std::max(a.fixed, b.fixed), std::max(a.per_image, b.per_image), std::max(a.per_thread, b.per_thread)};
}

resnetc_arena resnetc::arenaOf(ModuleOp planned, StringRef function) {
  auto read = [&](StringRef name) {
    auto func = planned.lookupSymbol<func::FuncOp>(name);
    auto attr = func ? func->getAttrOfType<DenseI64ArrayAttr>("resnet.arena") : DenseI64ArrayAttr();
    return attr ? resnetc_arena{attr[0], attr[1], attr[2]} : resnetc_arena{};
  };
  resnetc_arena arena = largest(read(function), read((function + resnet::kSingleSuffix).str()));
  if (function == "logits") // @prepare and @refresh take what it has
    arena.fixed = std::max({arena.fixed, read("prepare").fixed, read(resnet::kPlainPrepare).fixed, read("refresh").fixed});
  return arena;
}

int32_t resnetc::featureBatch(const resnetc_arena &features, const resnetc_arena &logits) {
  constexpr int64_t kCacheBytes = 40 << 20;
  using resnet::kFeatureBatch;
  return kFeatureBatch * std::max(features.per_image, logits.per_image) <= kCacheBytes ? kFeatureBatch : kFeatureBatch / 2;
}

void ModelTable::readArenas(ModuleOp planned) {
  table.features_arena = arenaOf(planned, "features");
  plainArena = largest(arenaOf(planned, resnet::kPlainFeatures), arenaOf(planned, resnet::kCalibrate));
  table.gradients_arena = arenaOf(planned, "gradients");
  table.logits_arena = arenaOf(planned, "logits");
  table.feature_batch = featureBatch(table.features_arena, table.logits_arena);
}

void ModelTable::readWork(ModuleOp outlined) {
  llvm::DenseMap<Attribute, int32_t> numbers;
  for (auto body : outlined.getOps<func::FuncOp>())
    if (auto parts = body->getAttrOfType<ArrayAttr>(resnet::kWorkAttr))
      for (auto attr : parts.getAsRange<DictionaryAttr>()) {
        auto [number, isNew] = numbers.try_emplace(attr, works.size());
        if (isNew)
          works.push_back(resnet::Work::fromAttr(attr));
        loops.emplace_back(body.getName(), number->second);
      }
}

namespace {

/// Writes C structs into an LLVM module: their bytes as 64-bit words, with addresses in the place of pointers.
class StructWriter {
public:
  explicit StructWriter(llvm::Module &module) : module(module), context(module.getContext()) {}

  llvm::Constant *text(StringRef s) {
    return add(llvm::ConstantDataArray::getString(context, s), llvm::GlobalValue::PrivateLinkage);
  }
  llvm::Constant *numbers(ArrayRef<double> values) {
    return add(llvm::ConstantDataArray::get(context, values), llvm::GlobalValue::PrivateLinkage);
  }
  llvm::Constant *pointers(ArrayRef<llvm::Constant *> values) {
    auto *type = llvm::ArrayType::get(llvm::PointerType::get(context, 0), values.size());
    return add(llvm::ConstantArray::get(type, values), llvm::GlobalValue::PrivateLinkage);
  }

  using Addresses = std::vector<std::pair<size_t, llvm::Constant *>>; // byte offset, value
  template <class T> llvm::Constant *value(const T &object, const Addresses &addresses) {
    static_assert(sizeof(T) % 8 == 0 && std::is_trivially_copyable_v<T>);
    std::vector<llvm::Constant *> words;
    for (size_t at = 0; at < sizeof(T); at += 8) {
      uint64_t word;
      std::memcpy(&word, reinterpret_cast<const char *>(&object) + at, 8);
      words.push_back(llvm::ConstantInt::get(llvm::Type::getInt64Ty(context), word));
    }
    for (auto [offset, address] : addresses)
      words[offset / 8] = address;
    return llvm::ConstantStruct::getAnon(context, words);
  }
  llvm::Constant *add(llvm::Constant *value, llvm::GlobalValue::LinkageTypes linkage, StringRef name = "") {
    auto *global = new llvm::GlobalVariable(module, value->getType(), /*isConstant=*/true, linkage, value, name);
    global->setAlignment(llvm::Align(8));
    return global;
  }
  llvm::Constant *rows(ArrayRef<llvm::Constant *> values) {
    if (values.empty())
      return null();
    auto *type = llvm::ArrayType::get(values.front()->getType(), values.size());
    return add(llvm::ConstantArray::get(type, values), llvm::GlobalValue::PrivateLinkage);
  }
  llvm::Constant *null() { return llvm::ConstantPointerNull::get(llvm::PointerType::get(context, 0)); }

private:
  llvm::Module &module;
  llvm::LLVMContext &context;
};

} // namespace

void ModelTable::emit(llvm::Module &module) const {
  StructWriter w(module);
  // Before anything is added that the hashes do not cover.
  std::string prefix = prefixHash(module, options, target, "prepare", "features", options.precision),
              plainPrefix = prefixHash(module, options, target, resnet::kPlainPrepare, resnet::kPlainFeatures, "f32");
  constexpr auto kPrivate = llvm::GlobalValue::PrivateLinkage;

  std::vector<llvm::Constant *> rows;
  for (auto [tensor, name] : llvm::zip_equal(tensors, names))
    rows.push_back(w.value(tensor, {{offsetof(resnetc_tensor, name), w.text(name)}}));
  llvm::Constant *tensorTable = w.rows(rows);

  llvm::Constant *trainingTable =
      w.add(w.value(training, {{offsetof(resnetc_training, weights), w.text(weights)}}), kPrivate);
  std::vector<llvm::Constant *> workRows, loopRows;
  for (const resnet::Work &work : works) {
    resnetc_work row{sizeof row, static_cast<int32_t>(work.direction), nullptr, work.flops, work.bytesPerImage, work.bytes};
    workRows.push_back(w.value(row, {{offsetof(resnetc_work, name), w.text(work.name)}}));
  }
  for (const auto &[body, work] : loops) {
    resnetc_loop row{sizeof row, work, nullptr};
    loopRows.push_back(w.value(row, {{offsetof(resnetc_loop, body), module.getFunction(body)}}));
  }
  llvm::Constant *workTable = w.rows(workRows), *loopTable = w.rows(loopRows);
  std::vector<llvm::Constant *> scaleRows;
  for (const auto &[name, isSigned] : scales) {
    resnetc_scale row{sizeof row, isSigned, nullptr};
    scaleRows.push_back(w.value(row, {{offsetof(resnetc_scale, name), w.text(name)}}));
  }
  llvm::Constant *scaleTable = w.rows(scaleRows);
  // The model's table and the variant's, of this precision, in float32 beside another one or not.
  auto emitVariant = [&](const resnetc_model &about, StringRef precision, bool plain, StringRef prefixHash) -> llvm::Constant * {
    std::string featuresName = plain ? resnet::kPlainFeatures.str() : "features";
    llvm::Constant *modelTable =
        w.add(w.value(about, {{offsetof(resnetc_model, name), w.text(StringRef(model.name.view()))},
                              {offsetof(resnetc_model, spec), w.text(options.specText)},
                              {offsetof(resnetc_model, spec_name),
                               w.text(options.specName.empty() ? StringRef(model.name.view()) : StringRef(options.specName))},
                              {offsetof(resnetc_model, spec_hash), w.text(hash)},
                              {offsetof(resnetc_model, prefix_hash), w.text(prefixHash)},
                              {offsetof(resnetc_model, mean), w.numbers(ArrayRef(model.mean, model.channels))},
                              {offsetof(resnetc_model, std), w.numbers(ArrayRef(model.std, model.channels))},
                              {offsetof(resnetc_model, training), trainingTable},
                              {offsetof(resnetc_model, tensors), tensorTable}}),
              kPrivate);

    resnetc_variant variant{};
    variant.work_count = works.size();
    variant.loop_count = loops.size();
    variant.struct_size = sizeof variant;
    variant.abi_version = RESNETC_ABI_VERSION;
    variant.dtype = options.f64 ? RESNETC_F64 : RESNETC_F32;
    variant.block = resnet::kBlock;
    variant.scale_count = scales.size();
    std::vector<llvm::Constant *> features;
    for (const std::string &feature : target.features)
      features.push_back(w.text(feature));
    features.push_back(w.null());
    auto function = [&](StringRef name) -> llvm::Constant * {
      llvm::Function *f = module.getFunction(name);
      return f ? static_cast<llvm::Constant *>(f) : w.null();
    };
    return w.add(w.value(variant, {{offsetof(resnetc_variant, mcpu), w.text(target.cpu)},
                                   {offsetof(resnetc_variant, cpu_features), w.pointers(features)},
                                   {offsetof(resnetc_variant, precision), w.text(precision)},
                                   {offsetof(resnetc_variant, model), modelTable},
                                   {offsetof(resnetc_variant, prepare), function(plain ? StringRef(resnet::kPlainPrepare) : StringRef("prepare"))},
                                   {offsetof(resnetc_variant, refresh), function("refresh")},
                                   {offsetof(resnetc_variant, features), function(featuresName)},
                                   {offsetof(resnetc_variant, gradients), function("gradients")},
                                   {offsetof(resnetc_variant, apply), function("apply")},
                                   {offsetof(resnetc_variant, logits), function("logits")},
                                   {offsetof(resnetc_variant, features_single), function((featuresName + resnet::kSingleSuffix).str())},
                                   {offsetof(resnetc_variant, logits_single), function("logits_single")},
                                   {offsetof(resnetc_variant, works), workTable},
                                   {offsetof(resnetc_variant, loops), loopTable},
                                   {offsetof(resnetc_variant, scales), scaleTable},
                                   {offsetof(resnetc_variant, calibrate), plain ? function(resnet::kCalibrate) : w.null()}}),
                 kPrivate);
  };
  std::vector<llvm::Constant *> variants{emitVariant(table, options.precision, /*plain=*/false, prefix)};
  if (module.getFunction(resnet::kPlainFeatures)) {
    resnetc_model plain = table;
    plain.features_arena = plainArena;
    plain.frozen_derived_size = plainDerivedSize;
    plain.feature_batch = featureBatch(plain.features_arena, plain.logits_arena);
    variants.push_back(emitVariant(plain, "f32", /*plain=*/true, plainPrefix));
  }
  variants.push_back(w.null());
  auto *type = llvm::ArrayType::get(w.null()->getType(), variants.size());
  w.add(llvm::ConstantArray::get(type, variants), llvm::GlobalValue::ExternalLinkage, options.table);
}
