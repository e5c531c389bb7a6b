//===- suggest.h - patterns over names, and what a mistyped one may mean --===//
#ifndef RESNETC_SUGGEST_H
#define RESNETC_SUGGEST_H

#include "resnetc/graph.h"

namespace resnetc {

/// Whether a glob (`*`: any characters, dots too; `?`: one) covers the name
/// MODULE.PART or a module that it lies in. Written for few statements: clang
/// counts them, and a ResNet152 with eight rules must stay within its limit.
constexpr bool matches(std::string_view glob, std::string_view module,
                       std::string_view part) {
  const char *g = glob.data(), *m = module.data(), *s = part.data();
  size_t ge = glob.size(), me = module.size(), ne = me + 1 + part.size();
  size_t p = 0, n = 0, star = ge,
         resume = 0; // behind the last star, the name is tried from `resume` on
  while (true) {
    while (p < ge && n < ne && g[p] != '*' &&
           (g[p] == '?' || g[p] == (n < me    ? m[n]
                                    : n == me ? '.'
                                              : s[n - me - 1])))
      ++p, ++n;
    if (p == ge && (n >= me ? n == me || n == ne : m[n] == '.'))
      return true;
    if (p < ge && g[p] == '*') {
      if (p + 1 == ge)
        return true;
      star = p++;
      resume = n;
    } else if (star == ge || resume == ne) {
      return false;
    } else {
      p = star + 1;
      ++resume;
    }
    while (resume < ne && g[p] != '*' && g[p] != '?' &&
           g[p] != (resume < me    ? m[resume]
                    : resume == me ? '.'
                                   : s[resume - me - 1]))
      ++resume;
    n = resume;
  }
}

/// How far two words are apart: 24 an insertion or deletion, 16 to 31 a
/// substitution (characters close in the alphabet are closer, so that "layer5"
/// is nearest to "layer4"). Words of more than 32 characters are far from
/// everything.
constexpr int distance(std::string_view a, std::string_view b) {
  constexpr int gap = 24, step = 16, longest = 32;
  if (a.size() > longest || b.size() > longest)
    return step * 1000;
  int row[longest + 1] = {};
  for (size_t j = 0; j <= b.size(); ++j)
    row[j] = gap * static_cast<int>(j);
  for (size_t i = 1; i <= a.size(); ++i) {
    int diagonal = row[0];
    row[0] = gap * static_cast<int>(i);
    for (size_t j = 1; j <= b.size(); ++j) {
      int apart =
          a[i - 1] > b[j - 1] ? a[i - 1] - b[j - 1] : b[j - 1] - a[i - 1];
      int best = diagonal +
                 (apart == 0 ? 0 : step + (apart < step ? apart : step - 1));
      best = row[j] + gap < best ? row[j] + gap : best;
      best = row[j - 1] + gap < best ? row[j - 1] + gap : best;
      diagonal = row[j];
      row[j] = best;
    }
  }
  return row[b.size()];
}

/// A set of words, in the order of their first appearance, and the search for
/// the one that was meant.
template <int N> struct vocabulary {
  std::string_view words[N] = {};
  int count = 0;

  constexpr void add(std::string_view word) {
    for (int i = count; i-- > 0;)
      if (words[i] == word)
        return;
    if (count < N)
      words[count++] = word;
  }
  /// The closest word (the last of equals: "36" is nearer to "35" than to
  /// "26"), or "" where none is close: about one character in three may differ.
  constexpr std::string_view closest(std::string_view word) const {
    int limit = 31 * (1 + static_cast<int>(word.size()) / 4), best = limit + 1;
    std::string_view found;
    for (int i = 0; i < count; ++i) {
      int d = distance(word, words[i]);
      if (d <= best &&
          d < 16 * static_cast<int>(word.size() + words[i].size()) / 2) {
        best = d;
        found = words[i];
      }
    }
    return found;
  }
};

namespace detail {

constexpr bool matches_any(const graph &g, std::string_view glob) {
  for (const node &n : g)
    if (!n.name.empty() &&
        (matches(glob, n.name, "weight") ||
         (n.kind != op_kind::conv2d && matches(glob, n.name, "bias"))))
      return true;
  return false;
}

/// The end of the component of `s` that begins at `from`.
constexpr size_t component_end(std::string_view s, size_t from) {
  size_t dot = s.find('.', from);
  return dot == std::string_view::npos ? s.size() : dot;
}

/// The words that can follow `prefix` ("" or "layer4"; without globs) in the
/// graph's names.
constexpr vocabulary<128> words_behind(const graph &g,
                                       std::string_view prefix) {
  vocabulary<128> found;
  size_t from = prefix.empty() ? 0 : prefix.size() + 1;
  for (const node &n : g) {
    std::string_view name = n.name;
    if (name.empty() || name.substr(0, prefix.size()) != prefix)
      continue;
    if (name == prefix) {
      found.add("weight");
      if (n.kind != op_kind::conv2d)
        found.add("bias");
    } else if (prefix.empty() || name[prefix.size()] == '.') {
      found.add(name.substr(from, component_end(name, from) - from));
    }
  }
  return found;
}

} // namespace detail

/// `no layer matches "layer5.*"; did you mean "layer4.*"?`. Finds the first
/// component of the path that leads nowhere and looks for a close one at the
/// same place; where there is none, says what stands there.
constexpr text<300> no_match_message(const graph &g, std::string_view pattern) {
  text<300> message = "no layer matches \"";
  message += pattern;
  message += "\"; ";
  size_t from = 0, end = detail::component_end(pattern, 0);
  while (end < pattern.size() &&
         detail::matches_any(g, pattern.substr(0, end))) {
    from = end + 1;
    end = detail::component_end(pattern, from);
  }
  std::string_view parent = pattern.substr(0, from ? from - 1 : 0);
  if (parent.find_first_of("*?") != std::string_view::npos)
    return message +=
           "see the names of torchvision, such as \"layer1.0.conv1.weight\"";
  auto words = detail::words_behind(g, parent);
  std::string_view wrong = pattern.substr(from, end - from),
                   meant = words.closest(wrong);
  if (!meant.empty()) {
    message += "did you mean \"";
    message += pattern.substr(0, from);
    message += meant;
    message += pattern.substr(end);
    return message += "\"?";
  }
  message += from ? "\"" : "the layers are";
  message += parent;
  message += from ? "\" has" : "";
  for (int i = 0; i < words.count && i < 8; ++i) {
    message += i ? ", " : " ";
    message += words.words[i];
  }
  return words.count > 8 ? message += ", ..." : message;
}

} // namespace resnetc

#endif
