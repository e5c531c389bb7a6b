//===- Calls.cpp - the functions that a spec can call ---------------------===//

#include "Frontend/Calls.h"

namespace resnetc {

using Arguments = llvm::ArrayRef<Value>;

llvm::StringRef Value::kind() const {
  static constexpr llvm::StringLiteral names[] = {
      "nothing",     "a number",     "a list of numbers", "a string",
      "a bn policy", "a stem",       "a kind of block",   "a layer",
      "a seq",       "an optimizer", "a schedule",        "a model"};
  if (auto *literal = std::get_if<Literal>(&is))
    return literal->whole ? "a whole number" : "a number";
  return names[is.index()];
}

const failure *Value::error() const {
  auto find = [](const auto &v) -> const failure * {
    if constexpr (requires { v.error; })
      return v.error ? &v.error : nullptr;
    return nullptr;
  };
  return std::visit(find, is);
}

//===----------------------------------------------------------------------===//
// Arguments
//===----------------------------------------------------------------------===//

static integer whole(const Value &v) { return std::get<Literal>(v.is).i; }
static number real(const Value &v) { return std::get<Literal>(v.is).n; }
static string str(const Value &v) {
  return string(std::get<std::string>(v.is).c_str(), v.where);
}

static numbers reals(const Value &v) {
  numbers result({}, v.where);
  for (const Literal &l : std::get<Literals>(v.is))
    result.push_back(l.n);
  return result;
}

static list<integer, 4> wholes(const Value &v) {
  list<integer, 4> result({}, v.where);
  for (const Literal &l : std::get<Literals>(v.is))
    result.push_back(l.i);
  return result;
}

/// Argument i of freeze and its kin; absent ones are empty selectors.
static selector select(Arguments arguments, size_t i) {
  if (i >= arguments.size())
    return {};
  const Value &v = arguments[i];
  if (auto *policy = std::get_if<bn_policy>(&v.is))
    return selector(*policy, v.where);
  return selector(std::get<std::string>(v.is).c_str(), v.where);
}

bool accepts(char letter, const Value &v) {
  auto allWhole = [&] {
    auto *items = std::get_if<Literals>(&v.is);
    return items && std::all_of(items->begin(), items->end(),
                                [](const Literal &l) { return l.whole; });
  };
  switch (letter) {
  case 'i':
    return std::holds_alternative<Literal>(v.is) &&
           std::get<Literal>(v.is).whole;
  case 'n':
    return std::holds_alternative<Literal>(v.is);
  case 'I':
    return allWhole();
  case 'N':
    return std::holds_alternative<Literals>(v.is);
  case 's':
    return std::holds_alternative<std::string>(v.is);
  case 'p':
    return std::holds_alternative<bn_policy>(v.is);
  case 'f':
    return accepts('s', v) || accepts('p', v);
  case 't':
    return std::holds_alternative<stem>(v.is);
  case 'b':
    return std::holds_alternative<block_kind>(v.is);
  case 'l':
    return std::holds_alternative<layer>(v.is);
  case 'h':
    return std::holds_alternative<head>(v.is);
  case 'o':
    return std::holds_alternative<optimizer>(v.is);
  case 'c':
    return std::holds_alternative<schedule>(v.is);
  }
  return false;
}

llvm::StringRef expected(char letter) {
  switch (letter) {
  case 'i':
    return "a whole number";
  case 'n':
    return "a number";
  case 'I':
    return "a list of whole numbers, such as {2, 2, 2, 2}";
  case 'N':
    return "a list of numbers, such as {0.5, 0.5, 0.5}";
  case 's':
    return "a string";
  case 'p':
    return "bn::running or bn::batch";
  case 'f':
    return "a pattern, such as \"layer1.*\"";
  case 't':
    return "stem::imagenet or stem::small";
  case 'b':
    return "basic or bottleneck";
  case 'l':
    return "a layer: linear(n), relu() or dropout(rate)";
  case 'h':
    return "seq(...), such as seq(dropout(0.2), linear(20))";
  case 'o':
    return "sgd(lr), adam(lr) or adamw(lr)";
  case 'c':
    return "constant(), cosine() or step(every, factor)";
  }
  return "nothing";
}

//===----------------------------------------------------------------------===//
// The table
//===----------------------------------------------------------------------===//

static const spec &model(const Value &self) { return std::get<spec>(self.is); }
static const optimizer &opt(const Value &self) {
  return std::get<optimizer>(self.is);
}

static Value makeSeq(const Value &, Arguments a, place where) {
  head h;
  for (const Value &v : a)
    h.push_back(std::get<layer>(v.is));
  h.finish(a.empty() ? where : a.front().where);
  return {h};
}

static Value freeze(const Value &self, Arguments a, place) {
  auto s = [&](size_t i) { return select(a, i); };
  return {
      model(self).freeze(s(0), s(1), s(2), s(3), s(4), s(5), s(6), s(7), s(8))};
}

static Value unfreeze(const Value &self, Arguments a, place) {
  auto s = [&](size_t i) { return select(a, i); };
  return {model(self).unfreeze(s(0), s(1), s(2), s(3), s(4), s(5), s(6), s(7))};
}

static Value freezeAll(const Value &self, Arguments a, place where) {
  bn_policy policy = a.empty() ? bn::running : std::get<bn_policy>(a[0].is);
  return {model(self).freeze_all(policy, where)};
}

#define CALL(expression)                                                       \
  [](const Value &self, Arguments a, place where) -> Value {                   \
    return {expression};                                                       \
  }

static const Call calls[] = {
    {"", "resnet18", "", "", CALL(resnet18())},
    {"", "resnet34", "", "", CALL(resnet34())},
    {"", "resnet50", "", "", CALL(resnet50())},
    {"", "resnet101", "", "", CALL(resnet101())},
    {"", "resnet152", "", "", CALL(resnet152())},
    {"", "resnet", "block, {blocks of 4 stages}", "bI",
     CALL(resnet(std::get<block_kind>(a[0].is), wholes(a[1])))},
    {"", "seq", "layer, ...", "l*", makeSeq},
    {"", "linear", "outputs", "i", CALL(linear(whole(a[0])))},
    {"", "relu", "", "", CALL(relu(where))},
    {"", "dropout", "rate", "n", CALL(dropout(real(a[0])))},
    {"", "sgd", "lr", "n", CALL(sgd(real(a[0])))},
    {"", "adam", "lr", "n", CALL(adam(real(a[0])))},
    {"", "adamw", "lr", "n", CALL(adamw(real(a[0])))},
    {"", "constant", "", "", CALL(constant())},
    {"", "cosine", "", "", CALL(cosine())},
    {"", "step", "every, factor", "in", CALL(step(whole(a[0]), real(a[1])))},

    {"a model", "input", "height, width", "ii",
     CALL(model(self).input(whole(a[0]), whole(a[1])))},
    {"a model", "channels", "n", "i", CALL(model(self).channels(whole(a[0])))},
    {"a model", "stem", "kind", "t",
     CALL(model(self).stem(std::get<stem>(a[0].is)))},
    {"a model", "width", "planes", "i", CALL(model(self).width(whole(a[0])))},
    {"a model", "resize", "side", "i", CALL(model(self).resize(whole(a[0])))},
    {"a model", "normalize", "{means}, {deviations}", "NN",
     CALL(model(self).normalize(reals(a[0]), reals(a[1])))},
    {"a model", "freeze_all", "bn policy", "?p", freezeAll},
    {"a model", "freeze", "pattern, ...", "f?ffffffff", freeze},
    {"a model", "unfreeze", "pattern, ...", "f?fffffff", unfreeze},
    {"a model", "freeze_until", "pattern", "f?f",
     CALL(model(self).freeze_until(select(a, 0), select(a, 1)))},
    {"a model", "replace_fc", "classes", "i",
     CALL(model(self).replace_fc(whole(a[0])))},
    {"a model", "replace", "\"fc\", seq(...)", "sh",
     CALL(model(self).replace(str(a[0]), std::get<head>(a[1].is)))},
    {"a model", "weights", "path", "s", CALL(model(self).weights(str(a[0])))},
    {"a model", "optimizer", "sgd(lr)", "o",
     CALL(model(self).optimizer(opt(a[0])))},
    {"a model", "schedule", "cosine()", "c",
     CALL(model(self).schedule(std::get<schedule>(a[0].is)))},
    {"a model", "epochs", "n", "i", CALL(model(self).epochs(whole(a[0])))},
    {"a model", "label_smoothing", "share", "n",
     CALL(model(self).label_smoothing(real(a[0])))},

    {"an optimizer", "momentum", "factor", "n",
     CALL(opt(self).momentum(real(a[0])))},
    {"an optimizer", "weight_decay", "factor", "n",
     CALL(opt(self).weight_decay(real(a[0])))},
    {"an optimizer", "nesterov", "", "", CALL(opt(self).nesterov(where))},
    {"a schedule", "warmup", "epochs", "n",
     CALL(std::get<schedule>(self.is).warmup(real(a[0])))},
};

#undef CALL

llvm::ArrayRef<Call> allCalls() { return calls; }

llvm::ArrayRef<llvm::StringLiteral> constantNames() {
  static constexpr llvm::StringLiteral names[] = {
      "bn::running", "bn::batch", "stem::imagenet",
      "stem::small", "basic",     "bottleneck"};
  return names;
}

Value namedConstant(llvm::StringRef name) {
  if (name == "bn::running")
    return {bn::running};
  if (name == "bn::batch")
    return {bn::batch};
  if (name == "stem::imagenet")
    return {stem::imagenet};
  if (name == "stem::small")
    return {stem::small};
  if (name == "basic")
    return {basic};
  if (name == "bottleneck")
    return {bottleneck};
  return {};
}

} // namespace resnetc
