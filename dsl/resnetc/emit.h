//===- emit.h - a C++ program that holds a spec and is its own compiler ---===//
#ifndef RESNETC_EMIT_H
#define RESNETC_EMIT_H

#include "resnetc/resnet.h"

namespace resnetc {

/// A string as a template argument, exactly as long as it is.
template <int N> struct message {
  char chars[N + 1] = {};
  constexpr message(const char *s) {
    for (int i = 0; i < N; ++i)
      chars[i] = s[i];
  }
  constexpr size_t size() const { return N; }
  constexpr const char *data() const { return chars; }
};
template <int N> message(const char (&)[N]) -> message<N - 1>;

/// Does not compile: its name is the mistake in a spec, spec_error<"3:9: no
/// layer matches ...">.
template <message what> struct spec_error {
  // In a member's body, so that clang still takes what calls it for a constant
  // and shows no second error.
  static constexpr bool raise() {
#ifdef __clang__ // cuts template arguments at 32 characters, but prints a
                 // computed message
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wc++26-extensions"
    static_assert(what.size() == 0, what);
#pragma clang diagnostic pop
#else
    static_assert(what.size() == 0,
                  "the spec is wrong: spec_error says where and why");
#endif
    return true;
  }
};

namespace detail {

/// "line:column: what", of the first mistake.
template <auto model> constexpr text<330> mistake() {
  failure error = build(model).error;
  text<330> all;
  if (!error)
    return all;
  all += error.where.line;
  all += ':';
  all += error.where.column;
  all += ": ";
  return all += error.what.view();
}

template <auto model> constexpr bool check() {
  constexpr text<330> what = mistake<model>();
  if constexpr (!what.empty())
    (void)spec_error<message<what.size>(what.data)>::raise();
  return true; // the error above is enough: no second one from
               // static_assert(valid<model>)
}

} // namespace detail

/// true; for a wrong spec a compile error that says what is wrong with it.
/// (`model.valid()` just answers.)
template <auto model> inline constexpr bool valid = detail::check<model>();

/// The command line of resnetc for a spec that is already there. Gives the exit
/// code. Lies in the compiler's library.
int compile_main(const spec &model, int argc, const char *const *argv);

/// `int main(int argc, char **argv) { return resnetc::compile_main<model>(argc,
/// argv); }`
template <auto model> int compile_main(int argc, char **argv) {
  static_assert(valid<model>);
  return compile_main(model, argc, argv);
}

/// What `--emit=KIND -o PATH` does: emit<model>("mlir", "food.mlir").
template <auto model> int emit(const char *kind, const char *path) {
  static_assert(valid<model>);
  const char *arguments[] = {"resnetc", "--emit", kind, "-o", path};
  return compile_main(model, 5, arguments);
}

} // namespace resnetc

#endif
