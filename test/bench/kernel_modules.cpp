//===- kernel_modules.cpp - one module a kernel ---------------------------===//

#include "kernel_modules.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/FormatVariadic.h"

using namespace resnetc;
using llvm::formatv;

namespace {

/// An activation without its batch.
struct Shape {
  int64_t channels, size;
  std::string type(llvm::StringRef element = "f32") const { return formatv("tensor<?x{0}x{1}x{1}x{2}>", channels, size, element); }
  std::string vector() const { return formatv("tensor<{0}xf32>", channels); }
  int64_t elements() const { return channels * size * size; }
};

std::string parameter(llvm::StringRef name, llvm::StringRef role, llvm::StringRef type) {
  return formatv("resnet.parameter @{0} \"{1}\" {{trained} : {2}\n", name, role, type);
}

/// @gradients over `arguments`. An image of the first function @features would be a stem's, so that one without a stem has an empty one.
std::string function(llvm::StringRef arguments, llvm::StringRef body, bool stem = false) {
  return (stem ? "" : "func.func @features() { return }\n") + formatv("func.func @gradients({0}) {{\n{1}return\n}\n", arguments, body).str();
}

/// Reads %NAME, so that it is computed.
std::string use(llvm::StringRef name, llvm::StringRef type, llvm::StringRef vector, llvm::StringRef into) {
  return formatv("%read = resnet.channel_sum %{0} : {1} -> {2}\nresnet.accumulate_gradient @{3}, %read : {2}\n", name, type, vector, into);
}

std::string named(llvm::StringRef shape, int64_t kernel, int64_t stride) { return formatv("{0}x{0}s{1}/{2}", kernel, stride, shape); }

/// The three kernels of a convolution. What is read comes from a ReLU, which leaves the halo that the convolution wants.
void addConvolution(std::vector<kernel> &to, llvm::StringRef conv, Shape x, int64_t outputs, int64_t kernel, int64_t stride,
                    llvm::ArrayRef<llvm::StringRef> parts) {
  Shape y{outputs, (x.size - 1) / stride + 1};
  std::string w = formatv("tensor<{0}x{1}x{2}x{2}xf32>", outputs, x.channels, kernel), X = x.type(), Y = y.type();
  std::string window = formatv("{{stride = {0}, padding = {1}}", stride, kernel / 2);
  std::string shape = x.channels == outputs ? formatv("{0}@{1}", outputs, x.size).str() : formatv("{0}to{1}@{2}", x.channels, outputs, x.size).str();
  std::string weight = parameter("w", "conv_weight", w), read = "%w = resnet.read @w : " + w + "\n";
  for (llvm::StringRef part : parts) {
    std::string name = (conv + "/" + part + "/" + named(shape, kernel, stride)).str(), arguments, body;
    std::string reluX = "%x = resnet.relu %x0 : " + X + "\n", reluDy = "%dy = resnet.relu %dy0 : " + Y + "\n";
    int64_t record = (part == "dx" ? 0 : x.elements()) + (part == "forward" ? 0 : y.elements());
    std::string text = weight;
    if (part == "forward") {
      arguments = "%x0: " + X;
      body = read + reluX + formatv("%y = resnet.conv2d %x, %w {0} : ({1}, {2}) -> {3} loc(\"kernel\")\n", window, X, w, Y).str() +
             use("y", Y, y.vector(), "sum");
      text += parameter("sum", "bn_bias", y.vector());
    } else if (part == "dx") {
      arguments = "%dy0: " + Y;
      body = read + reluDy + formatv("%dx = resnet.conv2d_dx %dy, %w {0} : ({1}, {2}) -> {3} loc(\"kernel\")\n", window, Y, w, X).str() +
             use("dx", X, x.vector(), "sum");
      text += parameter("sum", "bn_bias", x.vector());
    } else {
      arguments = "%x0: " + X + ", %dy0: " + Y;
      body = reluX + reluDy + formatv("%dw = resnet.conv2d_dw %x, %dy {0} : ({1}, {2}) -> {3} loc(\"kernel\")\n", window, X, Y, w).str() +
             "resnet.accumulate_gradient @w, %dw : " + w + "\n";
    }
    to.push_back({name, text + function(arguments, body), conv.str(), {part.str()}, record});
  }
}

/// 7x7 of stride 2 over images; what dw reads is what forward gives.
void addStem(std::vector<kernel> &to) {
  Shape x{3, 224}, y{64, 112};
  std::string w = "tensor<64x3x7x7xf32>", window = "{stride = 2, padding = 3}";
  std::string forward =
      formatv("%w = resnet.read @w : {0}\n%y = resnet.conv2d %x, %w {1} : ({2}, {0}) -> {3} loc(\"kernel\")\n", w, window, x.type(), y.type());
  std::string dw = formatv("%dw = resnet.conv2d_dw %x, %y {0} : ({1}, {2}) -> {3} loc(\"kernel\")\nresnet.accumulate_gradient @w, %dw : {3}\n",
                           window, x.type(), y.type(), w);
  std::string sum = parameter("w", "conv_weight", w) + parameter("sum", "bn_bias", y.vector()), arguments = "%x: " + x.type();
  for (llvm::StringRef conv : {"direct", "winograd"})
    to.push_back({(conv + "/forward/7x7s2/stem").str(), sum + function(arguments, forward + use("y", y.type(), y.vector(), "sum"), true), conv.str(),
                  {"forward"}, x.elements()});
  to.push_back({"direct/dw/7x7s2/stem", parameter("w", "conv_weight", w) + function(arguments, forward + dw, true), "direct", {"dw"}, x.elements()});
}

void addLinear(std::vector<kernel> &to, int64_t inputs, int64_t outputs) {
  std::string x = formatv("tensor<?x{0}xf32>", inputs), y = formatv("tensor<?x{0}xf32>", outputs), w = formatv("tensor<{0}x{1}xf32>", outputs, inputs);
  std::string in = formatv("tensor<{0}xf32>", inputs), out = formatv("tensor<{0}xf32>", outputs);
  std::string text = parameter("w", "linear_weight", w) + parameter("b", "linear_bias", out) + parameter("sum", "bn_bias", in);
  std::string read = formatv("%w = resnet.read @w : {0}\n%b = resnet.read @b : {1}\n", w, out), shape = formatv("{0}to{1}", inputs, outputs);
  int64_t padded = (outputs + 31) / 32 * 32;
  auto add = [&](const char *part, int64_t record, const std::string &arguments, const std::string &body) {
    to.push_back({formatv("linear/{0}/{1}", part, shape), text + function(arguments, body), "direct", {part}, record});
  };
  add("forward", inputs, "%x: " + x,
      read + formatv("%y = resnet.linear %x, %w, %b : ({0}, {1}, {2}) -> {3} loc(\"kernel\")\n", x, w, out, y).str() + use("y", y, out, "b"));
  add("dx", padded, "%dy: " + y, read + formatv("%dx = resnet.linear_dx %dy, %w : ({0}, {1}) -> {2} loc(\"kernel\")\n", y, w, x).str() + use("dx", x, in, "sum"));
  add("dw", inputs + padded, "%x: " + x + ", %dy: " + y,
      formatv("%dw = resnet.linear_dw %x, %dy : ({0}, {1}) -> {2} loc(\"kernel\")\nresnet.accumulate_gradient @w, %dw : {2}\n", x, y, w));
}

/// Batch norm with a ReLU behind it, on the batch's statistics, and back through both.
void addBatchNorm(std::vector<kernel> &to, Shape x) {
  std::string X = x.type(), v = x.vector(), shape = formatv("{0}@{1}", x.channels, x.size);
  std::string text = parameter("w", "bn_weight", v) + parameter("b", "bn_bias", v);
  std::string norm = formatv("%w = resnet.read @w : {1}\n%b = resnet.read @b : {1}\n"
                             "%y, %mean, %var = resnet.batch_norm_batch %x, %w, %b {{eps = 1.0e-05 : f64, relu} : {0}, {1}\n",
                             X, v);
  std::string gradient = formatv("%g = resnet.relu_grad %dy, %y : {0}\n"
                                 "%dweight, %dbias = resnet.batch_norm_sums %x, %g, %mean, %var {{eps = 1.0e-05 : f64} : {0}, {1}\n"
                                 "%dx = resnet.batch_norm_dx %x, %g, %w, %mean, %var, %dweight, %dbias {{eps = 1.0e-05 : f64} : {0}, {1}\n",
                                 X, v);
  // Operations a value: sums, deviations and normalising; the mask, both sums and dx.
  int64_t n = x.elements();
  to.push_back({"batch_norm_relu/forward/" + shape, text + function("%x: " + X, norm + use("y", X, v, "b")), "direct", {"batch norm"}, n, 8 * n, 2 * 4 * n});
  to.push_back({"batch_norm_relu/backward/" + shape, text + function("%x: " + X + ", %dy: " + X, norm + gradient + use("dx", X, v, "b")), "direct",
                {"batch norm gradient", "ReLU gradient"}, 2 * n, 10 * n, 4 * 4 * n});
}

void addMaxPool(std::vector<kernel> &to, Shape x) {
  Shape y{x.channels, x.size / 2};
  std::string X = x.type(), Y = y.type(), winner = y.type("i8"), window = "{kernel = 3, stride = 2, padding = 1}";
  std::string shape = formatv("{0}@{1}", x.channels, x.size), text = parameter("sum", "bn_bias", x.vector());
  std::string forward = formatv("%x = resnet.relu %x0 : {0}\n%y, %winner = resnet.max_pool %x {1} : {0} -> {2}, {3}\n", X, window, Y, winner);
  std::string gradient = formatv("%dx = resnet.max_pool_grad %y, %winner {0} : {1}, {2} -> {3}\n", window, Y, winner, X);
  int64_t bytes = 4 * x.elements() + 5 * y.elements(), flops = 9 * y.elements();
  to.push_back({"max_pool/forward/" + shape, text + function("%x0: " + X, forward + gradient + use("dx", X, x.vector(), "sum")), "direct",
                {"max pool"}, x.elements(), flops, bytes});
  to.push_back({"max_pool/backward/" + shape, text + function("%x0: " + X, forward + gradient + use("dx", X, x.vector(), "sum")), "direct",
                {"max pool gradient"}, x.elements(), flops, bytes});
}

} // namespace

std::vector<kernel> resnetc::kernelsToMeasure() {
  std::vector<kernel> all;
  const llvm::StringRef every[] = {"forward", "dx", "dw"};
  addConvolution(all, "direct", {64, 56}, 64, 3, 1, {"forward"});
  addConvolution(all, "direct", {512, 7}, 512, 3, 1, {"forward"});
  addConvolution(all, "direct", {64, 56}, 128, 3, 2, every);
  addConvolution(all, "direct", {256, 14}, 512, 3, 2, every);
  addConvolution(all, "direct", {256, 56}, 64, 1, 1, every);
  addConvolution(all, "direct", {512, 7}, 2048, 1, 1, every);
  addConvolution(all, "direct", {256, 56}, 512, 1, 2, every);
  addStem(all);
  for (auto [channels, size] : {std::pair(64, 56), {128, 28}, {256, 14}, {512, 7}})
    addConvolution(all, "winograd", {channels, size}, channels, 3, 1, every);
  addLinear(all, 512, 1000);
  addLinear(all, 2048, 1000);
  addBatchNorm(all, {64, 56});
  addBatchNorm(all, {256, 56});
  addMaxPool(all, {64, 112});
  return all;
}
