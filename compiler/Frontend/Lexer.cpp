//===- Lexer.cpp - the words of a spec ------------------------------------===//

#include "Frontend/Lexer.h"

#include "llvm/ADT/APFloat.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Error.h"

namespace resnetc {

static bool isWordByte(char c) { return llvm::isAlnum(c) || c == '_'; }

Lexer::Lexer(llvm::StringRef text, Diagnostics &diagnostics)
    : rest(text), diagnostics(diagnostics) {
  rest.consume_front("\xef\xbb\xbf"); // a byte order mark: C++ skips it too
}

Token Lexer::error(place where, const llvm::Twine &message) {
  diagnostics.error(where, message);
  rest = {};
  return {TokenKind::Error, {}, where};
}

void Lexer::advance(size_t length) {
  for (char c : rest.take_front(length)) {
    ++here.column;
    if (c == '\n')
      here = {here.line + 1, 1};
  }
  rest = rest.drop_front(length);
}

Token Lexer::take(TokenKind kind, size_t length) {
  Token token{kind, rest.take_front(length), here};
  advance(length);
  return token;
}

/// C++ joins a line that ends in a backslash with the next one: then the two
/// readers would disagree on where the comment ends.
bool Lexer::skipLineComment() {
  llvm::StringRef comment = rest.take_until([](char c) { return c == '\n'; });
  if (comment.rtrim(" \t\r").ends_with("\\")) {
    error(here, "a // comment must not end in a backslash: C++ would take the "
                "next line for a part of it");
    return false;
  }
  advance(comment.size());
  return true;
}

bool Lexer::skipBlockComment() {
  size_t end = rest.find("*/", 2);
  if (end == llvm::StringRef::npos) {
    error(here, "this comment does not end; expected */");
    return false;
  }
  advance(end + 2);
  return true;
}

/// Blanks and comments. False after a mistake.
bool Lexer::skipBlank() {
  while (!rest.empty()) {
    if (llvm::StringRef(" \t\r\n").contains(peek())) {
      advance(1);
    } else if (rest.starts_with("//")) {
      if (!skipLineComment())
        return false;
    } else if (rest.starts_with("/*")) {
      if (!skipBlockComment())
        return false;
    } else {
      break;
    }
  }
  return true;
}

/// [-] digits [. digits] [e [+-] digits], without leading zeros and suffixes.
Token Lexer::lexNumber() {
  size_t n = peek() == '-' ? 1 : 0, first = n;
  auto digits = [&] {
    size_t begin = n;
    while (llvm::isDigit(peek(n)))
      ++n;
    return n > begin;
  };
  digits();
  bool leadingZero = n - first > 1 && peek(first) == '0', real = false,
       whole = true;
  if (peek(n) == '.') {
    real = true;
    ++n;
    whole &= digits();
  }
  if (peek(n) == 'e' || peek(n) == 'E') {
    real = true;
    n += peek(n + 1) == '+' || peek(n + 1) == '-' ? 2 : 1;
    whole &= digits();
  }
  bool suffix =
      isWordByte(peek(n)) || peek(n) == '\'' || (real && peek(n) == '.');
  Token token = take(real ? TokenKind::Real : TokenKind::Integer, n);
  if (leadingZero)
    return error(token.where, "a number must not begin with a zero: in C++ " +
                                  quoted(token.text) + " is not decimal");
  if (!whole || suffix)
    return error(
        token.where,
        "a number must be decimal, without a suffix, such as 20, 0.01 or 1e-4");
  if (!real && token.text.getAsInteger(10, token.integer))
    return error(token.where,
                 "the number " + quoted(token.text) + " is too large");
  llvm::APFloat value(llvm::APFloat::IEEEdouble());
  auto status =
      value.convertFromString(token.text, llvm::APFloat::rmNearestTiesToEven);
  if (!status || *status & llvm::APFloat::opOverflow)
    return error(token.where,
                 "the number " + quoted(token.text) + " is too large");
  token.real = value.convertToDouble();
  return token;
}

/// No escapes: none is needed, and a string that spans lines is a forgotten
/// quote.
Token Lexer::lexString() {
  size_t end = rest.find_first_of("\"\n\\", 1);
  if (end != llvm::StringRef::npos && rest[end] == '\\')
    return error({here.line, here.column + static_cast<int>(end)},
                 "a string must not hold a backslash");
  if (end == llvm::StringRef::npos || rest[end] == '\n')
    return error(here,
                 "this string does not end; expected \" on the same line");
  Token token = take(TokenKind::String, end + 1);
  token.text = token.text.drop_front().drop_back();
  for (char c : token.text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
      return error(token.where, "a string must not hold control characters");
  return token;
}

Token Lexer::next() {
  if (!skipBlank())
    return {TokenKind::Error, {}, here};
  if (rest.empty())
    return {diagnostics.failed() ? TokenKind::Error : TokenKind::End, {}, here};
  char c = peek();
  if (llvm::isAlpha(c) || c == '_')
    return take(TokenKind::Identifier, rest.take_while(isWordByte).size());
  if (llvm::isDigit(c) || (c == '-' && llvm::isDigit(peek(1))))
    return lexNumber();
  if (c == '"')
    return lexString();
  if (rest.starts_with("::"))
    return take(TokenKind::Punctuation, 2);
  if (llvm::StringRef("(){},.;").contains(c))
    return take(TokenKind::Punctuation, 1);
  if (llvm::isPrint(c))
    return error(
        here, "unexpected " + quoted(rest.take_front(1)) +
                  "; a spec is made of calls, such as resnet18().freeze_all()");
  return error(here, "unexpected byte 0x" + llvm::toHex(rest.take_front(1)) +
                         "; a spec is plain text");
}

} // namespace resnetc
