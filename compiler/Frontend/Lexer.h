//===- Lexer.h - the words of a spec -----------------------------*- C++
//-*-===//
//
// A strict subset of C++'s: whatever this accepts, a C++ compiler reads the
// same way, so that the file can be #included.
//
//===----------------------------------------------------------------------===//

#ifndef RESNETC_FRONTEND_LEXER_H
#define RESNETC_FRONTEND_LEXER_H

#include "Frontend/Diagnostics.h"

namespace resnetc {

enum class TokenKind {
  Identifier,
  Integer,
  Real,
  String,
  Punctuation, // one of ( ) { } , . ; and ::
  End,
  Error // the mistake has been shown
};

struct Token {
  TokenKind kind = TokenKind::End;
  llvm::StringRef text; // as written; of a string, what is between the quotes
  place where;
  int64_t integer = 0;
  double real = 0;

  bool is(llvm::StringRef punctuation) const {
    return kind == TokenKind::Punctuation && text == punctuation;
  }
};

class Lexer {
public:
  Lexer(llvm::StringRef text, Diagnostics &diagnostics);

  /// The next word. After the end, End; after a mistake, Error.
  Token next();

private:
  Token error(place where, const llvm::Twine &message);
  bool skipBlank();
  bool skipLineComment();
  bool skipBlockComment();
  Token lexNumber();
  Token lexString();
  Token take(TokenKind kind, size_t length);
  void advance(size_t length);
  char peek(size_t i = 0) const { return i < rest.size() ? rest[i] : '\0'; }

  llvm::StringRef rest;
  place here{1, 1};
  Diagnostics &diagnostics;
};

} // namespace resnetc

#endif // RESNETC_FRONTEND_LEXER_H
