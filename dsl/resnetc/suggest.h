//===- suggest.h - patterns over names, and what a mistyped one may mean --===//
#ifndef RESNETC_SUGGEST_H
#define RESNETC_SUGGEST_H

#include "resnetc/graph.h"

namespace resnetc {

/// The place of the first `c` in [from, end), else `end`; `from` where that is
/// not before it.
constexpr size_t find(const char *text, size_t from, size_t end, char c) {
  if (from >= end)
    return from;
#ifdef __clang__ // counts one step, where a loop takes one a character
  const char *at = __builtin_char_memchr(text + from, c, end - from);
  return at ? static_cast<size_t>(at - text) : end;
#else
  while (from < end && text[from] != c)
    ++from;
  return from;
#endif
}

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
    if (g[p] != '*' && g[p] != '?') {
      resume = find(m, resume, me, g[p]);
      while (resume >= me && resume < ne &&
             g[p] != (resume == me ? '.' : s[resume - me - 1]))
        ++resume;
    }
    n = resume;
  }
}

/// The characters of a glob before its first `*` or `?`.
constexpr size_t literal_size(std::string_view glob) {
  size_t n = 0;
  while (n < glob.size() && glob[n] != '*' && glob[n] != '?')
    ++n;
  return n;
}

/// Whether a glob, whose first `literal` characters are literal, may match a
/// parameter of the module.
constexpr bool may_match(std::string_view glob, size_t literal,
                         std::string_view module) {
  size_t common = literal < module.size() ? literal : module.size();
#ifdef __clang__ // one step
  return __builtin_memcmp(glob.data(), module.data(), common) == 0;
#else // g++ 12 takes memcmp for no constant here, and has steps enough
  const char *g = glob.data(), *m = module.data();
  for (size_t i = 0; i < common; ++i)
    if (g[i] != m[i])
      return false;
  return true;
#endif
}

/// How far two characters are apart: 16 to 31, less the closer they are in the
/// alphabet (so that "layer5" is nearest to "layer4"); 4 where only the case
/// differs.
constexpr int distance(char a, char b) {
  auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; };
  if (a == b)
    return 0;
  int apart = lower(a) > lower(b) ? lower(a) - lower(b) : lower(b) - lower(a);
  return apart == 0 ? 4 : 16 + (apart < 16 ? apart : 15);
}

/// How far two words are apart: 24 an insertion, a deletion, or a swap of
/// neighbours, a substitution as far as the characters are. Words of more than
/// 32 characters are far from everything.
constexpr int distance(std::string_view a, std::string_view b) {
  constexpr int gap = 24, longest = 32;
  if (a.size() > longest || b.size() > longest)
    return 16000;
  int rows[3][longest + 1] = {}; // of a's first i, i - 1 and i - 2 characters
  for (size_t j = 0; j <= b.size(); ++j)
    rows[0][j] = gap * static_cast<int>(j);
  for (size_t i = 1; i <= a.size(); ++i) {
    int *row = rows[i % 3], *before = rows[(i + 2) % 3],
        *two_before = rows[(i + 1) % 3];
    row[0] = gap * static_cast<int>(i);
    for (size_t j = 1; j <= b.size(); ++j) {
      int best = before[j - 1] + distance(a[i - 1], b[j - 1]);
      best = before[j] + gap < best ? before[j] + gap : best;
      best = row[j - 1] + gap < best ? row[j - 1] + gap : best;
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
          two_before[j - 2] + gap < best)
        best = two_before[j - 2] + gap;
      row[j] = best;
    }
  }
  return rows[a.size() % 3][b.size()];
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

namespace detail {

/// A path's first component that leads nowhere: [from, end).
struct dead_end {
  size_t from, end;
};

constexpr dead_end find_dead_end(const graph &g, std::string_view pattern) {
  size_t from = 0, end = component_end(pattern, 0);
  while (end < pattern.size() && matches_any(g, pattern.substr(0, end))) {
    from = end + 1;
    end = component_end(pattern, from);
  }
  return {from, end};
}

} // namespace detail

/// `no layer matches "layer5.*"; did you mean "layer4.*"?`. Replaces each
/// component of the path that leads nowhere by a close one that stands at the
/// same place, until the path leads somewhere; where none is close, says what
/// stands there.
constexpr text<300> no_match_message(const graph &g, std::string_view pattern) {
  text<300> message = "no layer matches \"";
  message += pattern;
  message += "\"; ";
  text<200> meant;
  meant += pattern;
  constexpr int most = 8; // components
  for (int i = 0; !detail::matches_any(g, meant.view()); ++i) {
    std::string_view path = meant.view();
    auto [from, end] = detail::find_dead_end(g, path);
    std::string_view parent = path.substr(0, from ? from - 1 : 0);
    if (i == most || parent.find_first_of("*?") != std::string_view::npos)
      return message +=
             "see the names of torchvision, such as \"layer1.0.conv1.weight\"";
    auto words = detail::words_behind(g, parent);
    std::string_view close = words.closest(path.substr(from, end - from));
    if (close.empty()) {
      message += from ? "\"" : "the layers are";
      message += parent;
      message += from ? "\" has" : "";
      for (int w = 0; w < words.count && w < 8; ++w) {
        message += w ? ", " : " ";
        message += words.words[w];
      }
      if (words.count == 0)
        message += " nothing below it";
      return words.count > 8 ? message += ", ..." : message;
    }
    text<200> next;
    next += path.substr(0, from);
    next += close;
    next += path.substr(end);
    meant = next;
  }
  message += "did you mean \"";
  message += meant.view();
  return message += "\"?";
}

} // namespace resnetc

#endif
