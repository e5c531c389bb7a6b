//===- Calls.h - the functions that a spec can call --------------*- C++
//-*-===//

#ifndef RESNETC_FRONTEND_CALLS_H
#define RESNETC_FRONTEND_CALLS_H

#include "resnetc/resnet.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

#include <string>
#include <variant>
#include <vector>

namespace resnetc {

/// 20 or 0.2: where a whole number is asked for, the second is a mistake.
struct Literal {
  bool whole = false;
  integer i;
  number n;
};

using Literals = std::vector<Literal>;

/// What an expression in a spec evaluates to.
struct Value {
  std::variant<std::monostate, Literal, Literals, std::string, bn_policy, stem,
               block_kind, layer, head, optimizer, schedule, spec>
      is;
  place where = {};          // its first character
  llvm::StringRef text = {}; // of a literal, as written

  /// "a whole number", "a model", ...
  llvm::StringRef kind() const;
  /// The mistake that the value itself records, or null.
  const failure *error() const;
};

/// One call: a function, or a method of the values that are a `receiver`.
struct Call {
  llvm::StringRef
      receiver; // kind() of the value before the dot; empty for a function
  llvm::StringRef name;
  llvm::StringRef parameters; // as a message shows them: "height, width"
  /// One letter an argument, see `accepts`. Those behind a ? may be left out;
  /// "l*" is any number of l.
  llvm::StringRef signature;
  Value (*evaluate)(const Value &self, llvm::ArrayRef<Value> arguments,
                    place where);
};

llvm::ArrayRef<Call> allCalls();

/// Whether `argument` may stand where the signature has `letter`.
bool accepts(char letter, const Value &argument);
/// What the letter asks for: "a whole number".
llvm::StringRef expected(char letter);

/// bn::running and the like, basic and bottleneck; monostate where there is
/// none of that name.
Value namedConstant(llvm::StringRef name);
llvm::ArrayRef<llvm::StringLiteral> constantNames();

} // namespace resnetc

#endif // RESNETC_FRONTEND_CALLS_H
