//===- Passes.td - passes within the `resnet` dialect ---------*- tablegen -*-===//
//
// In the order in which they run. Each one works alone on a module that the passes before it have made.
//
//===----------------------------------------------------------------------===//

#ifndef RESNET_TRANSFORMS_PASSES_TD
#define RESNET_TRANSFORMS_PASSES_TD

include "mlir/Pass/PassBase.td"

def Freeze : Pass<"resnet-freeze", "ModuleOp"> {
  let summary = "decide what each batch norm does in training, and where the frozen prefix ends";
  let description = [{
    A batch norm is frozen when its weight is. A frozen one uses and keeps its running statistics, unless the spec asks for
    the batch's (`policy = "batch"`); a trained one always normalises by the batch. The pass sets `batch_statistics` on
    each `resnet.batch_norm` of @forward accordingly, and `moves` on the statistics that training then changes
    (running_mean, running_var, num_batches_tracked).

    It also marks the frozen prefix with the unit attribute `frozen_prefix`: the ops whose result is a function of
    the image and of frozen parameters alone, the same in every step, and so worth computing once. Batch statistics depend on
    the other images and dropout on the step; both end the prefix.

    Of the last ops of the prefix the mark is taken again where less has to be recorded in front of them (Cut.h says when), as where
    one branch of a residual block begins with a frozen convolution and the other with a trained one: the block's input is
    less than that and the convolution's output. They are then frozen ops behind the prefix.

    Assumes the program as the frontend makes it: @forward in one block, `trained` on parameters, each operand of a batch
    norm read from a parameter.
  }];
}

def Differentiate : Pass<"resnet-differentiate", "ModuleOp"> {
  let summary = "add @gradients, with the gradients that are needed and no others";
  let description = [{
    Adds `@gradients(images, labels)`: the forward program in training form, `softmax_cross_entropy` and the reverse walk, with an
    `accumulate_gradient` for each trained parameter.

    Training form: a batch norm with `batch_statistics` becomes `batch_norm_batch` and `update_statistics` (momentum 0.1);
    a max pool keeps its winners where its gradient is needed; dropout stays, while it is erased from @forward, which is left as
    the inference program.

    The analysis `Needs` says which values need a gradient, and the rules (Gradients.cpp, one an op) are asked for those alone:
    what freezing makes unnecessary never exists, instead of being deleted later. Gradients of a value with several
    readers are summed by `resnet.add`. An op without a rule, or a trained parameter that no gradient reaches, is an error.

    Assumes --resnet-freeze, and that no epilogue has been fused.
  }];
  let dependentDialects = ["::mlir::func::FuncDialect"];
}

def FoldBatchNorm : Pass<"resnet-fold-batch-norm", "ModuleOp"> {
  let summary = "batch norms on running statistics become a scale and a shift";
  let description = [{
    Each `resnet.batch_norm` becomes `fold_batch_norm`, which depends on parameters alone, and `scale_shift`. In @forward that is all of
    them: inference uses running statistics whatever training does. Equal folds are made one (the gradient by
    a frozen batch norm's input is a scale too), by CSE.

    The scale is not multiplied into the convolution's weights: training and inference share one packed copy of those, and a
    frozen batch norm behind a trained convolution has nowhere to put it.

    Assumes --resnet-differentiate: afterwards nothing says which batch norms normalise by the batch in training.
  }];
}

def FuseEpilogue : Pass<"resnet-fuse-epilogue", "ModuleOp"> {
  let summary = "scale, shift, residual and ReLU move into the op that produces their operand";
  let description = [{
    `conv2d` takes a following `scale_shift`, `add` and `relu`, `batch_norm_batch` a following `add` and `relu`, in this order, each of them
    optional: the lowering then applies them to a tile that is still in registers.

    Only where no one else reads the value between (`relu_grad` reads the ReLU's output, which remains), and never
    across the end of the frozen prefix, where the value between is recorded. The fused op stands where the last op of its epilogue
    stood; an `update_statistics` of its results moves behind it.

    Assumes --resnet-fold-batch-norm; gradients can't be derived afterwards.
  }];
}

def MaskBeforePool : Pass<"resnet-mask-before-pool", "ModuleOp"> {
  let summary = "take a ReLU's gradient behind the max pool that reads it";
  let description = [{
    relu_grad(max_pool_grad(dy, winner), y) becomes max_pool_grad(relu_grad(dy, max_pool(y)), winner), the same to the bit: the value
    of a window's winner is what the pool gave. The mask reads and writes a quarter as much behind a pool of stride 2, and y is not read
    by the backward half.
  }];
}

def Recompute : Pass<"resnet-recompute", "ModuleOp"> {
  let summary = "compute activations again instead of keeping them";
  let description = [{
    The backward half of @gradients reads what a batch norm gave, with the residual and ReLU that it took in (for the ReLU's gradient, and
    the weight's of the convolution behind it), and the batch norm's own input. The first is a few operations a value of the second: it
    becomes a `normalize` in front of its first reader behind the loss, and lives no longer than these read it.

    What has taken a residual in needs that too. It is kept, or is itself computed again, and so on up to the chain's begin, whose
    residual is a shortcut's batch norm. All of a chain then lives where its end is read, so that such results are computed again only where that
    lowers what a step holds at its peak (StepMemory), by at least half of their size. The gradients stay the same to the bit.

    Assumes --resnet-fuse-epilogue.
  }];
}

def Split : Pass<"resnet-split", "ModuleOp"> {
  let summary = "from @forward and @gradients to the functions of the seam";
  let description = [{
    Makes, each of them a `func.func` of one block:
    - `@prepare()`: folds of frozen parameters, written to slots "prepare";
    - `@refresh()`: folds of what training changes, written to slots "refresh", for evaluation;
    - `@features(images) -> records`: the frozen prefix. A record is a value that is computed in the prefix and read behind
      its end, in @gradients or @logits;
    - `@logits(records) -> logits` and `@gradients(records, labels)`: what lies behind.
    Where the prefix holds no op, the image is the record and there is no @features.

    A training step never reads a slot "refresh", which the step before made stale: a batch norm that is frozen but for its bias
    is folded in @gradients itself.

    Assumes --resnet-fold-batch-norm, and `frozen_prefix` as --resnet-freeze set it; the attribute is gone afterwards. The
    invariant that results is checked by --resnet-verify-split.
  }];
  let dependentDialects = ["::mlir::func::FuncDialect"];
}

def VerifySplit : Pass<"resnet-verify-split", "ModuleOp"> {
  let summary = "check what the lowering relies on";
  let description = [{
    After Transforms the module holds only parameters, slots, scales and the functions @prepare, @refresh, @gradients, @logits and, where there
    is a frozen prefix, @features, such that:
    - @prepare and @refresh hold reads of parameters, folds and writes of slots; each slot is written once, by the function
      that its `when` names, and @prepare, which transforms filters and narrows weights too, reads frozen parameters alone; of two precisions, @prepare
      and @prepare_f32 write each the slots that are not the other's `only`;
    - @features and @logits, and their copies for a single image, hold `conv2d`, `scale_shift`, `relu`, `add`, `max_pool` without winner, `global_avg_pool`, `linear`;
      @features, which may `quantize`, reads nothing that training changes; @calibrate holds `histogram`, too;
    - @gradients holds these, backward ops, `batch_norm_batch`, `normalize`, `update_statistics`, `dropout`, folds and one `softmax_cross_entropy`; it
      reads neither slots "refresh" nor running statistics that move, and accumulates one gradient for each trained parameter;
    - the records that @features gives are those that @logits and (before the labels) @gradients take;
    - a copy, such as @logits_single, is of @features or @logits and of its type;
    - no `resnet.batch_norm`, no value that no one reads and no `frozen_prefix` is left.
  }];
}

def ChooseConvolution : Pass<"resnet-choose-convolution", "ModuleOp"> {
  let summary = "decide which convolutions are computed by Winograd's algorithm";
  let description = [{
    Sets `winograd` on `conv2d`, `conv2d_dx` and `conv2d_dw` where Winograd's algorithm is the faster way: window 3, padding 1, stride 1,
    channels enough on both sides that the products outweigh the transforms, and planes that tiles of four by four cover without
    too much beyond their edges (Transforms/Algorithm.h has the estimate); forward convolutions of stride 2, too, and not their gradients. One that
    reads images takes it along rows alone, where it is 7x7 of stride 2. The size of its tiles is chosen likewise. The choice
    is a layer's alone: it knows neither batch nor machine, so that an image's features never depend on them.
  }];
  let options = [Option<"conv", "conv", "std::string", "\"auto\"", "auto, direct, or winograd wherever it can be; for tests also winograd-6x4, with that size of tiles where the stride is theirs">];
}

def ChoosePrecision : Pass<"resnet-choose-precision", "ModuleOp"> {
  let summary = "decide which convolutions of the frozen prefix compute in bf16, and which activations are stored so";
  let description = [{
    A convolution of @features takes bf16 where its two products an instruction save more than Winograd's algorithm does (Transforms/Precision.h has the
    estimate): windows of one, strides above one, the stem, and small planes. Its weight becomes a read of a slot that @prepare
    writes, the weight rounded (`resnet.round`); `winograd` is taken from it. One that reads images can only where a step of its window is an even
    number of values, since two of them are one lane.

    An activation becomes bf16 where a reader rounds it anyway and none needs more: it is read by convolutions in bf16, as a residual, or by a max pool
    whose result is bf16. Records stay float32.

    What @features was stays beside it as @features_f32, so that a trainer can tell what the precision changed.

    With `conv` other than "auto" Winograd's algorithm keeps what it has. The choice is a layer's alone, as that of
    --resnet-choose-convolution, on which it builds.
  }];
  let options = [Option<"precision", "precision", "std::string", "\"f32\"", "f32, which changes nothing, or bf16">,
                 Option<"conv", "conv", "std::string", "\"auto\"", "as --resnet-choose-convolution's">];
}

def Quantize : Pass<"resnet-quantize", "ModuleOp"> {
  let summary = "make the frozen prefix int8";
  let description = [{
    Each convolution of @features computes in int8, but for those whose input may be negative (images apart), images of more than four channels, and
    sums that 32 bits might not hold (Transforms/Precision.h). Its weight becomes a read of a slot that @prepare writes (`quantize_weight`), its
    scale and shift take in the scales of weights, input and output (`fold_scales`), and that of its residual (`scale_ratio`);
    `winograd` is taken from it.

    An activation is stored in ui8 where it comes from such a convolution with ReLU, or from a max pool of one, and all readers are convolutions in
    int8, as input or residual, or such pools. What residuals alone read is bf16 otherwise. Records, and what anything else reads, stay float32:
    a convolution reads them by `quantize`.

    Each scale that is needed is a `resnet.scale`, named after the layer that the activation comes from. What @features was stays beside it as
    @features_f32, and once more as @calibrate, which counts the values of the activations with a scale (`histogram`; behind the max pool, where one
    alone reads them).

    Assumes --resnet-choose-convolution.
  }];
  let dependentDialects = ["::mlir::func::FuncDialect"];
}

def SingleImage : Pass<"resnet-single-image", "ModuleOp"> {
  let summary = "copies of @features and @logits for calls of one image";
  let description = [{
    A batch shares the transform of a large filter; one image of few tiles does not earn it. Where @features or @logits holds
    such a convolution, a copy of it, @features_single or @logits_single, computes those directly. Other convolutions are the same
    in both, and so are their kernels. Only `predict` and `bench` call the copies: their results are rounded otherwise than a batch's,
    and what is trained, judged or cached must not depend on the number of images in a call.

    Assumes --resnet-choose-convolution.
  }];
  let dependentDialects = ["::mlir::func::FuncDialect"];
}

def PrepareFilters : Pass<"resnet-prepare-filters", "ModuleOp"> {
  let summary = "transform the filters of frozen convolutions in @prepare";
  let description = [{
    A `conv2d` by Winograd's algorithm whose weight is frozen reads its transformed filter from a slot, which @prepare writes by
    `transform_filter`, unless the filter is so large that it is transformed on the way (Transforms/Algorithm.h).

    Assumes --resnet-choose-convolution. Does nothing without @prepare.
  }];
  let dependentDialects = ["::mlir::func::FuncDialect"];
}

def SplitPrepare : Pass<"resnet-split-prepare", "ModuleOp"> {
  let summary = "prepare for either precision what it alone needs";
  let description = [{
    Where @features is there in two precisions, @prepare_f32 prepares for @features_f32 as @prepare does for @features. A slot that one of
    them alone reads is marked with `only`, and the other's function does not write it: a trainer holds what it runs alone.

    Assumes --resnet-prepare-filters. Does nothing without @features_f32.
  }];
  let dependentDialects = ["::mlir::func::FuncDialect"];
}

#endif
