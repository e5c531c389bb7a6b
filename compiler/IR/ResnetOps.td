//===- ResnetOps.td - operations of the `resnet` dialect ------*- tablegen -*-===//
//
// Each op: semantics, constraints with labels (C1, C2, ...; the label stands again above its check in the verifier
// and in the name of the test that breaks it) and an example that test/IR/examples.mlir parses.
//
//===----------------------------------------------------------------------===//

#ifndef RESNET_OPS_TD
#define RESNET_OPS_TD

include "IR/ResnetDialect.td"
include "mlir/IR/BuiltinAttributes.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

class Resnet_Op<string mnemonic, list<Trait> traits = []> : Op<ResnetDialect, mnemonic, traits>;

def Resnet_Map : RankedTensorOf<[AnyFloat]>;    // activations [N,C,H,W]
def Resnet_Vec : RankedTensorOf<[AnyFloat]>;    // features [N,C]
def Resnet_Param : RankedTensorOf<[AnyFloat, SI8]>; // static shape
def Resnet_Stored : RankedTensorOf<[AnyFloat, UI8, SI8]>; // activations [N,C,H,W], perhaps in int8
def Resnet_Labels : RankedTensorOf<[I64]>;
def Resnet_Index : RankedTensorOf<[I8]>;

//===----------------------------------------------------------------------===//
// Parameters and slots
//===----------------------------------------------------------------------===//

def Resnet_ParameterOp : Resnet_Op<"parameter", [Symbol]> {
  let summary = "one tensor of the state_dict";
  let description = [{
    Declares a parameter or buffer under its torchvision name, in state_dict order. `role` is one of conv_weight, bn_weight,
    bn_bias, bn_mean, bn_var, bn_count, linear_weight, linear_bias. `trained`: gradients are wanted. `moves`: a
    running statistic that training updates (set by Freeze). `replaced`: belongs to a layer that a rule replaced.

    Constraints:
    - (C1) `role` is one of the above.
    - (C2) the type has a static shape; bn_count is `tensor<i64>`, all others are of a float type.
    - (C3) only weights and biases are `trained`; only bn_mean, bn_var and bn_count `move`.

    Example:
    ```mlir
    resnet.parameter @conv1.weight "conv_weight" : tensor<64x3x7x7xf32>
    resnet.parameter @fc.weight "linear_weight" {trained, replaced} : tensor<20x512xf32>
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, StrAttr:$role, TypeAttrOf<AnyRankedTensor>:$type,
                       UnitAttr:$trained, UnitAttr:$moves, UnitAttr:$replaced);
  let assemblyFormat = "$sym_name $role attr-dict `:` $type";
  let hasVerifier = 1;
}

def Resnet_SlotOp : Resnet_Op<"slot", [Symbol]> {
  let summary = "a value derived from parameters once, read often";
  let description = [{
    `when` is "prepare" (derived from frozen parameters, written by @prepare) or "refresh" (depends on what training changes,
    written by @refresh before an evaluation). Where the frozen prefix is there in two precisions, `only` tells of a slot "prepare" that one
    of them alone reads, "features" or "features_f32": the function of the other, @prepare_f32 or @prepare, does not write it, and
    the two kinds may have the same place.

    Constraints:
    - (C1) `when` is "prepare" or "refresh", `only` as above and with "prepare".
    - (C2) the type has a static shape of a float type or si8.

    Example:
    ```mlir
    resnet.slot @bn1.scale "prepare" : tensor<64xf32>
    resnet.slot @layer1.0.conv1.filter "prepare" only "features_f32" : tensor<64x64x6x6xf32>
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, StrAttr:$when, OptionalAttr<StrAttr>:$only, TypeAttrOf<AnyRankedTensor>:$type);
  let assemblyFormat = "$sym_name $when (`only` $only^)? attr-dict `:` $type";
  let hasVerifier = 1;
}

def Resnet_ReadOp : Resnet_Op<"read", [Pure, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "the value of a parameter or slot";
  let description = [{
    Constraints:
    - (C1) the symbol names a `resnet.parameter` or `resnet.slot`.
    - (C2) the result has its type.

    Example:
    ```mlir
    %w = resnet.read @conv1.weight : tensor<64x3x7x7xf32>
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$source);
  let results = (outs Resnet_Param:$value);
  let assemblyFormat = "$source attr-dict `:` type($value)";
}

def Resnet_WriteOp : Resnet_Op<"write", [MemoryEffects<[MemWrite]>, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "stores a slot";
  let description = [{
    Constraints:
    - (C1) the symbol names a `resnet.slot`.
    - (C2) the operand has its type.

    Example:
    ```mlir
    resnet.write @bn1.scale, %scale : tensor<64xf32>
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$slot, Resnet_Param:$value);
  let assemblyFormat = "$slot `,` $value attr-dict `:` type($value)";
}

def Resnet_RoundOp : Resnet_Op<"round", [Pure]> {
  let summary = "the weight of a convolution in bf16";
  let description = [{
    Each value rounded to nearest even.

    Constraints:
    - (C1) weight is [K,C,R,R] of f32, and the result the same in bf16.

    Example:
    ```mlir
    %v = resnet.round %w : tensor<256x64x1x1xf32> -> tensor<256x64x1x1xbf16>
    ```
  }];
  let arguments = (ins Resnet_Param:$weight);
  let results = (outs Resnet_Param:$rounded);
  let assemblyFormat = "$weight attr-dict `:` type($weight) `->` type($rounded)";
  let hasVerifier = 1;
}

def Resnet_ScaleOp : Resnet_Op<"scale", [Symbol]> {
  let summary = "the scale of an activation in int8";
  let description = [{
    Declares a row of `resnetc_variant.scales`, named after the layer that the activation comes from or "images"; the rows are in the order of
    these ops. Its values are scale * q, where q is 0 to 255 or, with `is_signed`, -128 to 127. What the scale is, the call says.

    Example:
    ```mlir
    resnet.scale @images {is_signed}
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, UnitAttr:$is_signed);
  let assemblyFormat = "$sym_name attr-dict";
}

def Resnet_QuantizeWeightOp : Resnet_Op<"quantize_weight", [Pure, AllTypesMatch<["scale", "sums"]>]> {
  let summary = "the weight of a convolution in int8";
  let description = [{
    scale[k] = max over c,r,s of |weight[k,c,r,s]| / 127, or 1 where that is 0; quantized = weight / scale[k], rounded to nearest even, which
    is -127 to 127; sums[k] = sum over c,r,s of quantized[k,c,r,s].

    Constraints:
    - (C1) weight is [K,C,R,R] of f32, quantized the same in si8, scale and sums are [K] of f32.

    Example:
    ```mlir
    %q, %s, %t = resnet.quantize_weight %w : tensor<64x64x3x3xf32> -> tensor<64x64x3x3xsi8>, tensor<64xf32>
    ```
  }];
  let arguments = (ins Resnet_Param:$weight);
  let results = (outs Resnet_Param:$quantized, Resnet_Param:$scale, Resnet_Param:$sums);
  let assemblyFormat = "$weight attr-dict `:` type($weight) `->` type($quantized) `,` type($scale)";
  let hasVerifier = 1;
}

def Resnet_FoldScalesOp : Resnet_Op<"fold_scales", [Pure, AttrSizedOperandSegments, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "the scale and shift of a convolution in int8";
  let description = [{
    factor[k] = weight_scale[k] * x * scale[k] / y, offset[k] = shift[k] / y - factor[k] * (128 * sums[k]), in float32 and this order. x and y
    are the scales of the convolution's input and of its output; without y, where the output is no int8, it is 1. The last term is there where
    `sums` is, of an input that is signed and stored with 128 added; without scale and shift these are 1 and 0.

    Constraints:
    - (C1) all are [K] of f32; scale and shift come together.
    - (C2) x and y name a `resnet.scale`.

    Example:
    ```mlir
    %a, %b = resnet.fold_scales %s sums(%t) scale(%g) shift(%h) {x = @images, y = @conv1}
           : (tensor<64xf32>, tensor<64xf32>, tensor<64xf32>, tensor<64xf32>) -> (tensor<64xf32>, tensor<64xf32>)
    ```
  }];
  let arguments = (ins Resnet_Param:$weight_scale, Optional<Resnet_Param>:$sums, Optional<Resnet_Param>:$scale, Optional<Resnet_Param>:$shift,
                       FlatSymbolRefAttr:$x, OptionalAttr<FlatSymbolRefAttr>:$y);
  let results = (outs Resnet_Param:$factor, Resnet_Param:$offset);
  let assemblyFormat = [{
    $weight_scale (`sums` `(` $sums^ `)`)? (`scale` `(` $scale^ `)`)? (`shift` `(` $shift^ `)`)? attr-dict `:`
    functional-type(operands, results)
  }];
  let hasVerifier = 1;
}

def Resnet_ScaleRatioOp : Resnet_Op<"scale_ratio", [Pure, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "one scale over another, for each channel";
  let description = [{
    ratio[c] = over / under; either is 1 where it is not given.

    Constraints:
    - (C1) over and under name a `resnet.scale`.
    - (C2) ratio is [C].

    Example:
    ```mlir
    %f = resnet.scale_ratio {over = @layer1.0.conv2, under = @layer1.1.conv2} : tensor<64xf32>
    ```
  }];
  let arguments = (ins OptionalAttr<FlatSymbolRefAttr>:$over, OptionalAttr<FlatSymbolRefAttr>:$under);
  let results = (outs Resnet_Param:$ratio);
  let assemblyFormat = "attr-dict `:` type($ratio)";
  let hasVerifier = 1;
}

def Resnet_AccumulateGradientOp : Resnet_Op<"accumulate_gradient", [MemoryEffects<[MemWrite]>, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "adds to the gradient of a trained parameter";
  let description = [{
    Constraints:
    - (C1) the symbol names a trained `resnet.parameter`.
    - (C2) the operand has its type.

    Example:
    ```mlir
    resnet.accumulate_gradient @fc.bias, %db : tensor<20xf32>
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$parameter, Resnet_Param:$gradient);
  let assemblyFormat = "$parameter `,` $gradient attr-dict `:` type($gradient)";
}

//===----------------------------------------------------------------------===//
// Forward
//===----------------------------------------------------------------------===//

def Resnet_Conv2dOp : Resnet_Op<"conv2d", [Pure, AttrSizedOperandSegments]> {
  let summary = "2-d convolution with an optional fused epilogue";
  let description = [{
    y[n,k,h,w] = sum over c,r,s of x[n, c, h*stride + r - padding, w*stride + s - padding] * weight[k,c,r,s]; then, in
    this order and where given: y*scale[k] + shift[k], + residual, max(y, 0). The last three come from FuseEpilogue alone.
    `winograd`, which ChooseConvolution sets here and on the gradients, says how it is computed: to the same result, rounded
    otherwise. [r, c] is Winograd's algorithm by tiles of r rows and c columns of outputs. `filter` is the weight as `transform_filter` gives it, where that has been computed before.

    ChoosePrecision makes weights bf16. x is then rounded to bf16 where it is not, products are summed in float32, and so is the
    epilogue computed. x, residual and y may be bf16 by themselves: a y of bf16 is rounded, to nearest even, as it is stored.

    Quantize makes weights si8. x is then int8, products are summed in 32-bit integers, and the epilogue is computed of these sums in float32, with
    scale and shift as `fold_scales` gives them and the residual multiplied by residual_scale[k] where that is given, each multiplication
    and addition in one rounding. A y of ui8 is that rounded to nearest even, and what lies beyond 0 or 255 is put there.

    Constraints:
    - (C1) x is [N,C,H,W], weight [K,C,R,R], with the same C and element type.
    - (C2) stride >= 1, padding >= 0, and the output has at least one row and column.
    - (C3) the result is [N, K, (H + 2*padding - R)/stride + 1, (W + 2*padding - R)/stride + 1].
    - (C4) scale and shift are [K] and come together; residual has the result's type.
    - (C5) with `winograd`, R = 3 and padding = 1; stride = 1, and r and c are 4 or 6, or stride = 2, and they are 3 or 5. Or r = 1 and c = 4,
      R = 7, stride = 2, padding = 3, C <= 4 and y has four columns at least: such a one reads images.
    - (C6) filter is [K,C,r+2,c+2] and comes with `winograd` of 3x3.
    - (C7) in the above bf16 and int8 count as f32. x is bf16 only where weight is, scale and shift never are, and weight is not with `winograd`.
    - (C8) x is int8 exactly where weight is; then scale and shift are there and `winograd` is not. y and residual are ui8 only there, and
      either only with residual_scale where there is a residual; y is never si8.
    - (C9) residual_scale is [K] and comes with a residual and a weight of si8.

    Example:
    ```mlir
    %y = resnet.conv2d %x, %w {stride = 2, padding = 3} : (tensor<?x3x224x224xf32>, tensor<64x3x7x7xf32>) -> tensor<?x64x112x112xf32>
    %z = resnet.conv2d %x, %w scale(%a) shift(%b) residual(%r) {stride = 1, padding = 1, relu}
       : (tensor<?x64x56x56xf32>, tensor<64x64x3x3xf32>, tensor<64xf32>, tensor<64xf32>, tensor<?x64x56x56xf32>) -> tensor<?x64x56x56xf32>
    %n = resnet.conv2d %x, %v {stride = 1, padding = 0} : (tensor<?x64x56x56xf32>, tensor<256x64x1x1xbf16>) -> tensor<?x256x56x56xbf16>
    %m = resnet.conv2d %i, %u scale(%a) shift(%b) residual(%j) times(%f) {stride = 1, padding = 0, relu}
       : (tensor<?x64x56x56xui8>, tensor<64x64x1x1xsi8>, tensor<64xf32>, tensor<64xf32>, tensor<?x64x56x56xui8>, tensor<64xf32>) -> tensor<?x64x56x56xui8>
    ```
  }];
  let arguments = (ins Resnet_Stored:$x, Resnet_Param:$weight, Optional<Resnet_Param>:$filter, Optional<Resnet_Param>:$scale,
                       Optional<Resnet_Param>:$shift, Optional<Resnet_Stored>:$residual, Optional<Resnet_Param>:$residual_scale, I64Attr:$stride,
                       I64Attr:$padding, UnitAttr:$relu, OptionalAttr<DenseI64ArrayAttr>:$winograd);
  let results = (outs Resnet_Stored:$y);
  let assemblyFormat = [{
    $x `,` $weight (`filter` `(` $filter^ `)`)? (`scale` `(` $scale^ `)`)? (`shift` `(` $shift^ `)`)? (`residual` `(` $residual^ `)`)?
    (`times` `(` $residual_scale^ `)`)?
    attr-dict `:` functional-type(operands, results)
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    ::llvm::LogicalResult verifyInt8();
    ::llvm::LogicalResult verifyWinogradStem();
  }];
}

def Resnet_QuantizeOp : Resnet_Op<"quantize", [Pure]> {
  let summary = "an activation in int8";
  let description = [{
    q = x * factor[c], rounded to nearest even, and what lies beyond 0 or 255 is put there; in si8, x * factor[c] + 128 so rounded, less 128.

    Constraints:
    - (C1) x is [N,C,H,W] of f32, q the same in ui8 or si8, factor [C].

    Example:
    ```mlir
    %q = resnet.quantize %x, %f : (tensor<?x3x224x224xf32>, tensor<3xf32>) -> tensor<?x3x224x224xsi8>
    ```
  }];
  let arguments = (ins Resnet_Map:$x, Resnet_Param:$factor);
  let results = (outs Resnet_Stored:$q);
  let assemblyFormat = "$x `,` $factor attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def Resnet_HistogramOp : Resnet_Op<"histogram", [MemoryEffects<[MemWrite]>, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "counts an activation's values by their magnitude";
  let description = [{
    To the row of `resnetc_call.histograms` that belongs to `scale` it adds how many values of x have a magnitude in each bin: that of bin
    min(max((bits >> RESNETC_BIN_SHIFT) - RESNETC_FIRST_BIN, 0), RESNETC_BINS - 1), where bits are those of |x| as float32.

    Constraints:
    - (C1) scale names a `resnet.scale`.
    - (C2) x is [N,C,H,W] of f32.

    Example:
    ```mlir
    resnet.histogram %x {scale = @layer1.0.conv1} : tensor<?x64x56x56xf32>
    ```
  }];
  let arguments = (ins Resnet_Map:$x, FlatSymbolRefAttr:$scale);
  let assemblyFormat = "$x attr-dict `:` type($x)";
  let hasVerifier = 1;
}

def Resnet_TransformFilterOp : Resnet_Op<"transform_filter", [Pure]> {
  let summary = "a convolution's weight at the points of Winograd's algorithm";
  let description = [{
    filter[k,c] = G weight[k,c] G^T, with the matrices G of `winograd.filter`, of as many points as filter has rows and columns.

    Constraints:
    - (C1) weight is [K,C,3,3], filter [K,C,P,Q] of the same element type, P and Q being 6 or 8, or 5 or 7.

    Example:
    ```mlir
    %u = resnet.transform_filter %w : tensor<64x64x3x3xf32> -> tensor<64x64x6x6xf32>
    ```
  }];
  let arguments = (ins Resnet_Param:$weight);
  let results = (outs Resnet_Param:$filter);
  let assemblyFormat = "$weight attr-dict `:` type($weight) `->` type($filter)";
  let hasVerifier = 1;
}

def Resnet_BatchNormOp : Resnet_Op<"batch_norm", [Pure, AllTypesMatch<["x", "y"]>, AllTypesMatch<["weight", "bias", "mean", "var"]>]> {
  let summary = "batch norm on running statistics";
  let description = [{
    y = (x - mean[c]) / sqrt(var[c] + eps) * weight[c] + bias[c].

    In @forward as the frontend makes it, the op stands for either behaviour in training: `policy` ("running" or "batch") is
    what the spec asks of it when frozen, and Freeze sets `batch_statistics` where a training step normalises by the
    batch (its weight is trained, or the policy says so). Differentiate replaces those by `batch_norm_batch`;
    inference always uses the running statistics. `module` is its torchvision name ("layer1.0.bn1").

    Constraints:
    - (C1) x is [N,C,H,W]; weight, bias, mean, var are [C]; y has x's type.
    - (C2) eps > 0; policy is "running" or "batch".

    Example:
    ```mlir
    %y = resnet.batch_norm %x, %g, %b, %m, %v {eps = 1.0e-5 : f64, policy = "running", module = "bn1"}
       : tensor<?x64x112x112xf32>, tensor<64xf32>
    ```
  }];
  let arguments = (ins Resnet_Map:$x, Resnet_Param:$weight, Resnet_Param:$bias, Resnet_Param:$mean, Resnet_Param:$var,
                       F64Attr:$eps, DefaultValuedAttr<StrAttr, "\"running\"">:$policy, StrAttr:$module, UnitAttr:$batch_statistics);
  let results = (outs Resnet_Map:$y);
  let assemblyFormat = "$x `,` $weight `,` $bias `,` $mean `,` $var attr-dict `:` type($x) `,` type($weight)";
  let hasVerifier = 1;
}

def Resnet_BatchNormBatchOp : Resnet_Op<"batch_norm_batch", [Pure, AllTypesMatch<["x", "y"]>, AllTypesMatch<["weight", "bias", "mean", "var"]>]> {
  let summary = "batch norm on the batch's own statistics";
  let description = [{
    mean[c] and var[c] (biased) over n,h,w; y = (x - mean) / sqrt(var + eps) * weight + bias, then max(y, 0) where `relu` is set (by FuseEpilogue),
    after adding `residual` where given.

    Constraints:
    - (C1) x is [N,C,H,W]; weight, bias, mean, var are [C]; y and residual have x's type.
    - (C2) eps > 0.

    Example:
    ```mlir
    %y, %mean, %var = resnet.batch_norm_batch %x, %g, %b {eps = 1.0e-5 : f64} : tensor<?x64x56x56xf32>, tensor<64xf32>
    ```
  }];
  let arguments = (ins Resnet_Map:$x, Resnet_Param:$weight, Resnet_Param:$bias, Optional<Resnet_Map>:$residual, F64Attr:$eps, UnitAttr:$relu);
  let results = (outs Resnet_Map:$y, Resnet_Param:$mean, Resnet_Param:$var);
  let assemblyFormat = "$x `,` $weight `,` $bias (`residual` `(` $residual^ `:` type($residual) `)`)? attr-dict `:` type($x) `,` type($weight)";
  let hasVerifier = 1;
}

def Resnet_NormalizeOp : Resnet_Op<"normalize", [Pure, AllTypesMatch<["x", "y"]>, AllTypesMatch<["weight", "bias", "mean", "var"]>]> {
  let summary = "batch norm on given statistics";
  let description = [{
    y = (x - mean) / sqrt(var + eps) * weight + bias, then max(y, 0) where `relu` is set, after adding `residual` where given: what
    batch_norm_batch gives, to the bit, of the mean and variance that it gave. Recompute makes it.

    Constraints:
    - (C1) x is [N,C,H,W]; weight, bias, mean, var are [C]; y and residual have x's type.
    - (C2) eps > 0.

    Example:
    ```mlir
    %n = resnet.normalize %x, %g, %b, %mean, %var {eps = 1.0e-5 : f64, relu} : tensor<?x64x56x56xf32>, tensor<64xf32>
    ```
  }];
  let arguments = (ins Resnet_Map:$x, Resnet_Param:$weight, Resnet_Param:$bias, Resnet_Param:$mean, Resnet_Param:$var,
                       Optional<Resnet_Map>:$residual, F64Attr:$eps, UnitAttr:$relu);
  let results = (outs Resnet_Map:$y);
  let assemblyFormat = "$x `,` $weight `,` $bias `,` $mean `,` $var (`residual` `(` $residual^ `:` type($residual) `)`)? attr-dict `:` type($x) `,` type($weight)";
  let hasVerifier = 1;
}

def Resnet_UpdateStatisticsOp : Resnet_Op<"update_statistics", [MemoryEffects<[MemWrite]>, DeclareOpInterfaceMethods<SymbolUserOpInterface>, AllTypesMatch<["mean", "var"]>]> {
  let summary = "moves running statistics towards a batch's";
  let description = [{
    running_mean = (1 - momentum) * running_mean + momentum * mean; running_var likewise with the unbiased variance
    var * m/(m - 1), m = N*H*W of x.

    Constraints:
    - (C1) running_mean and running_var name parameters of roles bn_mean and bn_var that `move`.
    - (C2) mean and var have their type [C]; x is [N,C,H,W].
    - (C3) 0 <= momentum <= 1.

    Example:
    ```mlir
    resnet.update_statistics @bn1.running_mean, @bn1.running_var, %mean, %var of %x {momentum = 0.1 : f64} : tensor<64xf32>, tensor<?x64x56x56xf32>
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$running_mean, FlatSymbolRefAttr:$running_var, Resnet_Param:$mean, Resnet_Param:$var,
                       Resnet_Map:$x, F64Attr:$momentum);
  let assemblyFormat = "$running_mean `,` $running_var `,` $mean `,` $var `of` $x attr-dict `:` type($mean) `,` type($x)";
}

def Resnet_FoldBatchNormOp : Resnet_Op<"fold_batch_norm", [Pure, AllTypesMatch<["weight", "bias", "mean", "var", "scale", "shift"]>]> {
  let summary = "scale and shift that a batch norm on running statistics amounts to";
  let description = [{
    scale = weight / sqrt(var + eps), shift = bias - mean * scale.

    Constraints:
    - (C1) all operands and results are [C] of one type.
    - (C2) eps > 0.

    Example:
    ```mlir
    %scale, %shift = resnet.fold_batch_norm %g, %b, %m, %v {eps = 1.0e-5 : f64} : tensor<64xf32>
    ```
  }];
  let arguments = (ins Resnet_Param:$weight, Resnet_Param:$bias, Resnet_Param:$mean, Resnet_Param:$var, F64Attr:$eps);
  let results = (outs Resnet_Param:$scale, Resnet_Param:$shift);
  let assemblyFormat = "$weight `,` $bias `,` $mean `,` $var attr-dict `:` type($weight)";
  let hasVerifier = 1;
}

def Resnet_ScaleShiftOp : Resnet_Op<"scale_shift", [Pure, AllTypesMatch<["x", "y"]>]> {
  let summary = "y = x * scale[c] + shift[c]; without shift, y = x * scale[c]";
  let description = [{
    Constraints:
    - (C1) x is [N,C,H,W]; scale and shift are [C]; y has x's type.

    Example:
    ```mlir
    %y = resnet.scale_shift %x, %scale shift(%shift : tensor<64xf32>) : tensor<?x64x56x56xf32>, tensor<64xf32>
    %dx = resnet.scale_shift %dy, %scale : tensor<?x64x56x56xf32>, tensor<64xf32>
    ```
  }];
  let arguments = (ins Resnet_Map:$x, Resnet_Param:$scale, Optional<Resnet_Param>:$shift);
  let results = (outs Resnet_Map:$y);
  let assemblyFormat = "$x `,` $scale (`shift` `(` $shift^ `:` type($shift) `)`)? attr-dict `:` type($x) `,` type($scale)";
  let hasVerifier = 1;
}

def Resnet_ReluOp : Resnet_Op<"relu", [Pure, SameOperandsAndResultType]> {
  let summary = "y = max(x, 0)";
  let description = [{
    x is [N,C,H,W] or [N,C].

    Example:
    ```mlir
    %y = resnet.relu %x : tensor<?x64x56x56xf32>
    ```
  }];
  let arguments = (ins Resnet_Map:$x);
  let results = (outs Resnet_Map:$y);
  let assemblyFormat = "$x attr-dict `:` type($x)";
}

def Resnet_AddOp : Resnet_Op<"add", [Pure, Commutative, SameOperandsAndResultType]> {
  let summary = "y = a + b";
  let description = [{
    Example:
    ```mlir
    %y = resnet.add %a, %b : tensor<?x64x56x56xf32>
    ```
  }];
  let arguments = (ins Resnet_Map:$a, Resnet_Map:$b);
  let results = (outs Resnet_Map:$y);
  let assemblyFormat = "$a `,` $b attr-dict `:` type($a)";
}

def Resnet_MaxPoolOp : Resnet_Op<"max_pool", [Pure]> {
  let summary = "max pooling; pads never win";
  let description = [{
    y[n,c,h,w] = max over r,s of x[n, c, h*stride + r - padding, w*stride + s - padding]. With a second result also
    the winner r*kernel + s (the first one at a tie, as in PyTorch), one byte an output: kept for `max_pool_grad`.

    Constraints:
    - (C1) 1 <= kernel <= 11, stride >= 1, 0 <= padding <= kernel/2.
    - (C2) y is [N, C, (H + 2*padding - kernel)/stride + 1, ...], at least one row and column; winner has y's shape, in i8.
    - (C3) of ui8 there is no winner.

    Example:
    ```mlir
    %y = resnet.max_pool %x {kernel = 3, stride = 2, padding = 1} : tensor<?x64x112x112xf32> -> tensor<?x64x56x56xf32>
    %z, %i = resnet.max_pool %x {kernel = 3, stride = 2, padding = 1} : tensor<?x64x112x112xf32> -> tensor<?x64x56x56xf32>, tensor<?x64x56x56xi8>
    ```
  }];
  let arguments = (ins Resnet_Stored:$x, I64Attr:$kernel, I64Attr:$stride, I64Attr:$padding);
  let results = (outs Resnet_Stored:$y, Optional<Resnet_Index>:$winner);
  let assemblyFormat = "$x attr-dict `:` type($x) `->` type($y) (`,` type($winner)^)?";
  let hasVerifier = 1;
}

def Resnet_GlobalAvgPoolOp : Resnet_Op<"global_avg_pool", [Pure]> {
  let summary = "[N,C,H,W] -> [N,C], the mean over h,w";
  let description = [{
    Constraints:
    - (C1) x is [N,C,H,W], y is [N,C].

    Example:
    ```mlir
    %y = resnet.global_avg_pool %x : tensor<?x512x7x7xf32> -> tensor<?x512xf32>
    ```
  }];
  let arguments = (ins Resnet_Map:$x);
  let results = (outs Resnet_Vec:$y);
  let assemblyFormat = "$x attr-dict `:` type($x) `->` type($y)";
  let hasVerifier = 1;
}

def Resnet_LinearOp : Resnet_Op<"linear", [Pure]> {
  let summary = "y = x weight^T + bias";
  let description = [{
    Constraints:
    - (C1) x is [N,C], weight [K,C], bias [K], y [N,K].

    Example:
    ```mlir
    %y = resnet.linear %x, %w, %b : (tensor<?x512xf32>, tensor<20x512xf32>, tensor<20xf32>) -> tensor<?x20xf32>
    ```
  }];
  let arguments = (ins Resnet_Vec:$x, Resnet_Param:$weight, Resnet_Param:$bias);
  let results = (outs Resnet_Vec:$y);
  let assemblyFormat = "$x `,` $weight `,` $bias attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def Resnet_DropoutOp : Resnet_Op<"dropout", [Pure, SameOperandsAndResultType]> {
  let summary = "zeroes with probability `rate`, scales the rest by 1/(1 - rate)";
  let description = [{
    The mask is a function of (seed, step, sample id, `site`, element) alone, so the gradient is the same op applied to dy. The
    call's `dropout` flag switches it to the identity; inference drops the op.

    Constraints:
    - (C1) 0 <= rate < 1; x is [N,C].

    Example:
    ```mlir
    %y = resnet.dropout %x {rate = 0.2 : f64, site = 0} : tensor<?x512xf32>
    ```
  }];
  let arguments = (ins Resnet_Vec:$x, F64Attr:$rate, I64Attr:$site);
  let results = (outs Resnet_Vec:$y);
  let assemblyFormat = "$x attr-dict `:` type($x)";
  let hasVerifier = 1;
}

def Resnet_SoftmaxCrossEntropyOp : Resnet_Op<"softmax_cross_entropy", [MemoryEffects<[MemWrite]>, AllTypesMatch<["logits", "dlogits"]>]> {
  let summary = "loss, hits and the gradient of the logits";
  let description = [{
    loss_n = (1 - e) * -log p[n, label] + e * mean over classes of -log p[n, .], with e the call's label_smoothing. Writes the
    batch's sum of losses and its hits to the call, and gives dlogits = (p - (1 - e)*onehot - e/K) / loss_divisor.

    Constraints:
    - (C1) logits and dlogits are [N,K], labels [N].

    Example:
    ```mlir
    %d = resnet.softmax_cross_entropy %logits, %labels : tensor<?x20xf32>, tensor<?xi64>
    ```
  }];
  let arguments = (ins Resnet_Vec:$logits, Resnet_Labels:$labels);
  let results = (outs Resnet_Vec:$dlogits);
  let assemblyFormat = "$logits `,` $labels attr-dict `:` type($logits) `,` type($labels)";
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// Backward
//===----------------------------------------------------------------------===//

def Resnet_Conv2dDxOp : Resnet_Op<"conv2d_dx", [Pure]> {
  let summary = "gradient of conv2d by its input";
  let description = [{
    dx[n,c,i,j] = sum of dy[n,k,h,w] * weight[k,c,r,s] over all k,h,w,r,s with h*stride + r - padding = i, w*stride + s - padding = j.

    Constraints:
    - (C1) dx as x, dy as y of the conv2d with this weight, stride and padding.
    - (C2) as C5 of conv2d.

    Example:
    ```mlir
    %dx = resnet.conv2d_dx %dy, %w {stride = 2, padding = 1} : (tensor<?x128x28x28xf32>, tensor<128x64x3x3xf32>) -> tensor<?x64x56x56xf32>
    ```
  }];
  let arguments = (ins Resnet_Map:$dy, Resnet_Param:$weight, I64Attr:$stride, I64Attr:$padding, OptionalAttr<DenseI64ArrayAttr>:$winograd);
  let results = (outs Resnet_Map:$dx);
  let assemblyFormat = "$dy `,` $weight attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def Resnet_Conv2dDwOp : Resnet_Op<"conv2d_dw", [Pure]> {
  let summary = "gradient of conv2d by its weight";
  let description = [{
    dw[k,c,r,s] = sum over n,h,w of x[n, c, h*stride + r - padding, w*stride + s - padding] * dy[n,k,h,w].

    Constraints:
    - (C1) x and dy as of the conv2d with weight dw, stride and padding.
    - (C2) as C5 of conv2d, with r = c = 4.

    Example:
    ```mlir
    %dw = resnet.conv2d_dw %x, %dy {stride = 1, padding = 1} : (tensor<?x64x56x56xf32>, tensor<?x64x56x56xf32>) -> tensor<64x64x3x3xf32>
    ```
  }];
  let arguments = (ins Resnet_Map:$x, Resnet_Map:$dy, I64Attr:$stride, I64Attr:$padding, OptionalAttr<DenseI64ArrayAttr>:$winograd);
  let results = (outs Resnet_Param:$dw);
  let assemblyFormat = "$x `,` $dy attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def Resnet_ReluGradOp : Resnet_Op<"relu_grad", [Pure, SameOperandsAndResultType]> {
  let summary = "dx = dy where y > 0, else 0";
  let description = [{
    y is the ReLU's output. Shapes [N,C,H,W] or [N,C].

    Example:
    ```mlir
    %dx = resnet.relu_grad %dy, %y : tensor<?x64x56x56xf32>
    ```
  }];
  let arguments = (ins Resnet_Map:$dy, Resnet_Map:$y);
  let results = (outs Resnet_Map:$dx);
  let assemblyFormat = "$dy `,` $y attr-dict `:` type($dy)";
}

def Resnet_BatchNormSumsOp : Resnet_Op<"batch_norm_sums", [Pure, AllTypesMatch<["x", "dy"]>, AllTypesMatch<["mean", "var", "dweight", "dbias"]>]> {
  let summary = "the two sums of a batch norm's backward: gradients of weight and bias";
  let description = [{
    dweight[c] = sum over n,h,w of dy * (x - mean[c]) / sqrt(var[c] + eps); dbias[c] = sum of dy.

    Constraints:
    - (C1) x and dy are [N,C,H,W] of one type; mean, var, dweight, dbias are [C].
    - (C2) eps > 0.

    Example:
    ```mlir
    %dg, %db = resnet.batch_norm_sums %x, %dy, %mean, %var {eps = 1.0e-5 : f64} : tensor<?x64x56x56xf32>, tensor<64xf32>
    ```
  }];
  let arguments = (ins Resnet_Map:$x, Resnet_Map:$dy, Resnet_Param:$mean, Resnet_Param:$var, F64Attr:$eps);
  let results = (outs Resnet_Param:$dweight, Resnet_Param:$dbias);
  let assemblyFormat = "$x `,` $dy `,` $mean `,` $var attr-dict `:` type($x) `,` type($mean)";
  let hasVerifier = 1;
}

def Resnet_BatchNormDxOp : Resnet_Op<"batch_norm_dx", [Pure, AllTypesMatch<["x", "dy", "dx"]>, AllTypesMatch<["weight", "mean", "var", "dweight", "dbias"]>]> {
  let summary = "gradient of batch_norm_batch by its input";
  let description = [{
    dx = weight / sqrt(var + eps) * (dy - dbias/m - (x - mean) / sqrt(var + eps) * dweight/m), m = N*H*W.

    Constraints:
    - (C1) as for batch_norm_sums; weight is [C].
    - (C2) eps > 0.

    Example:
    ```mlir
    %dx = resnet.batch_norm_dx %x, %dy, %g, %mean, %var, %dg, %db {eps = 1.0e-5 : f64} : tensor<?x64x56x56xf32>, tensor<64xf32>
    ```
  }];
  let arguments = (ins Resnet_Map:$x, Resnet_Map:$dy, Resnet_Param:$weight, Resnet_Param:$mean, Resnet_Param:$var,
                       Resnet_Param:$dweight, Resnet_Param:$dbias, F64Attr:$eps);
  let results = (outs Resnet_Map:$dx);
  let assemblyFormat = "$x `,` $dy `,` $weight `,` $mean `,` $var `,` $dweight `,` $dbias attr-dict `:` type($x) `,` type($weight)";
  let hasVerifier = 1;
}

def Resnet_ChannelSumOp : Resnet_Op<"channel_sum", [Pure]> {
  let summary = "[N,C,H,W] or [N,C] -> [C], the sum over all else";
  let description = [{
    The gradient of a bias: of a linear layer, or of a batch norm on running statistics.

    Constraints:
    - (C1) dy is [N,C,H,W] or [N,C], the result [C].

    Example:
    ```mlir
    %db = resnet.channel_sum %dy : tensor<?x20xf32> -> tensor<20xf32>
    ```
  }];
  let arguments = (ins Resnet_Map:$dy);
  let results = (outs Resnet_Param:$sum);
  let assemblyFormat = "$dy attr-dict `:` type($dy) `->` type($sum)";
  let hasVerifier = 1;
}

def Resnet_MaxPoolGradOp : Resnet_Op<"max_pool_grad", [Pure]> {
  let summary = "routes dy to the winners";
  let description = [{
    dx[n,c,i,j] = sum of dy[n,c,h,w] over the windows whose winner is (i,j).

    Constraints:
    - (C1) dy and winner as the results of the max_pool with these attributes on dx.

    Example:
    ```mlir
    %dx = resnet.max_pool_grad %dy, %i {kernel = 3, stride = 2, padding = 1} : tensor<?x64x56x56xf32>, tensor<?x64x56x56xi8> -> tensor<?x64x112x112xf32>
    ```
  }];
  let arguments = (ins Resnet_Map:$dy, Resnet_Index:$winner, I64Attr:$kernel, I64Attr:$stride, I64Attr:$padding);
  let results = (outs Resnet_Map:$dx);
  let assemblyFormat = "$dy `,` $winner attr-dict `:` type($dy) `,` type($winner) `->` type($dx)";
  let hasVerifier = 1;
}

def Resnet_GlobalAvgPoolGradOp : Resnet_Op<"global_avg_pool_grad", [Pure]> {
  let summary = "dx[n,c,h,w] = dy[n,c] / (H*W)";
  let description = [{
    Constraints:
    - (C1) dy is [N,C], dx [N,C,H,W].

    Example:
    ```mlir
    %dx = resnet.global_avg_pool_grad %dy : tensor<?x512xf32> -> tensor<?x512x7x7xf32>
    ```
  }];
  let arguments = (ins Resnet_Vec:$dy);
  let results = (outs Resnet_Map:$dx);
  let assemblyFormat = "$dy attr-dict `:` type($dy) `->` type($dx)";
  let hasVerifier = 1;
}

def Resnet_LinearDxOp : Resnet_Op<"linear_dx", [Pure]> {
  let summary = "dx = dy weight";
  let description = [{
    Constraints:
    - (C1) dy is [N,K], weight [K,C], dx [N,C].

    Example:
    ```mlir
    %dx = resnet.linear_dx %dy, %w : (tensor<?x20xf32>, tensor<20x512xf32>) -> tensor<?x512xf32>
    ```
  }];
  let arguments = (ins Resnet_Vec:$dy, Resnet_Param:$weight);
  let results = (outs Resnet_Vec:$dx);
  let assemblyFormat = "$dy `,` $weight attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def Resnet_LinearDwOp : Resnet_Op<"linear_dw", [Pure]> {
  let summary = "dw = dy^T x";
  let description = [{
    Constraints:
    - (C1) x is [N,C], dy [N,K], dw [K,C].

    Example:
    ```mlir
    %dw = resnet.linear_dw %x, %dy : (tensor<?x512xf32>, tensor<?x20xf32>) -> tensor<20x512xf32>
    ```
  }];
  let arguments = (ins Resnet_Vec:$x, Resnet_Vec:$dy);
  let results = (outs Resnet_Param:$dw);
  let assemblyFormat = "$x `,` $dy attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

#endif
