//===- Parser.cpp - from the text of a .rdsl file to a graph --------------===//
//
//   spec     = chain
//   chain    = call { "." call }
//   call     = NAME "(" [ argument { "," argument } ] ")"
//   argument = NUMBER | STRING | list | NAME | NAME "::" NAME | chain
//   list     = "{" [ NUMBER { "," NUMBER } ] "}"
//
// Recursive descent that evaluates as it goes: each call is looked up in the
// table (Calls.h) and carried out.
//
//===----------------------------------------------------------------------===//

#include "Frontend/Parser.h"

#include "Frontend/Calls.h"
#include "Frontend/Lexer.h"

#include "llvm/ADT/StringExtras.h"

namespace resnetc {

namespace {

/// Every parse function gives nothing after a mistake, which is then already
/// shown.
class Parser {
public:
  Parser(llvm::StringRef text, Diagnostics &diagnostics)
      : diagnostics(diagnostics), lexer(text, diagnostics) {
    advance();
  }
  std::optional<spec> parse();

private:
  using MaybeValue = std::optional<Value>;

  std::nullopt_t error(place where, const llvm::Twine &message) {
    diagnostics.error(where, message);
    return std::nullopt;
  }
  std::nullopt_t unexpected(llvm::StringRef wanted);
  void advance() { token = lexer.next(); }
  bool expect(llvm::StringRef punctuation);

  MaybeValue parseChain(Token name, int depth);
  MaybeValue parseCall(const Value &self, Token name, int depth);
  bool parseArguments(std::vector<Value> &arguments, int depth);
  MaybeValue parseArgument(int depth);
  MaybeValue parseNamed(int depth);
  MaybeValue parseList();
  const Call *findCall(const Value &self, const Token &name);
  bool checkArguments(const Call &call, llvm::ArrayRef<Value> arguments,
                      place where);

  /// resnet18().replace("fc", seq(linear(2))) is 3 deep; nothing that means
  /// anything is deeper.
  static constexpr int maxDepth = 8;
  /// More arguments than any call takes; a bound on memory.
  static constexpr size_t maxArguments = 1000;

  Diagnostics &diagnostics;
  Lexer lexer;
  Token token;
};

} // namespace

static std::string describe(const Token &token) {
  if (token.kind == TokenKind::End)
    return "the end of the file";
  return token.kind == TokenKind::String ? "a string" : quoted(token.text);
}

static std::string describe(const Value &value) {
  return value.text.empty() ? value.kind().str()
                            : value.text.take_front(40).str();
}

std::nullopt_t Parser::unexpected(llvm::StringRef wanted) {
  return error(token.where, "expected " + wanted + ", got " + describe(token));
}

bool Parser::expect(llvm::StringRef punctuation) {
  if (!token.is(punctuation)) {
    unexpected(quoted(punctuation));
    return false;
  }
  advance();
  return true;
}

static Literal literalOf(const Token &token) {
  return {token.kind == TokenKind::Integer, integer(token.integer, token.where),
          number(token.real, token.where)};
}

std::optional<Value> Parser::parseList() {
  place where = token.where;
  Literals items;
  advance();
  while (!token.is("}") || !items.empty()) {
    if (token.kind != TokenKind::Integer && token.kind != TokenKind::Real)
      return unexpected(items.empty() ? "a number or \"}\"" : "a number");
    if (items.size() == maxArguments)
      return error(token.where, "this list is too long");
    items.push_back(literalOf(token));
    advance();
    if (token.is("}"))
      break;
    if (!expect(","))
      return std::nullopt;
  }
  advance();
  return Value{items, where};
}

/// A constant, or the first name of a chain of calls.
std::optional<Value> Parser::parseNamed(int depth) {
  Token name = token;
  advance();
  if (token.is("("))
    return parseChain(name, depth);
  std::string full = name.text.str();
  if (token.is("::")) {
    advance();
    if (token.kind != TokenKind::Identifier)
      return unexpected("a name after \"::\"");
    full += ("::" + token.text).str();
    advance();
  }
  Value constant = namedConstant(full);
  constant.where = name.where;
  if (!std::holds_alternative<std::monostate>(constant.is))
    return constant;
  bool isCall =
      llvm::any_of(allCalls(), [&](const Call &c) { return c.name == full; });
  if (isCall)
    return error(name.where,
                 quoted(full) + " is a call; write " + full + "(...)");
  vocabulary<16> known;
  for (llvm::StringRef constantName : constantNames())
    known.add(constantName);
  llvm::StringRef meant = known.closest(full);
  std::string remedy =
      meant.empty()
          ? "; there are " + llvm::join(constantNames(), ", ") + " and calls"
          : "; did you mean " + quoted(meant) + "?";
  return error(name.where, "unknown name " + quoted(full) + remedy);
}

std::optional<Value> Parser::parseArgument(int depth) {
  Value value;
  value.where = token.where;
  value.text = token.text;
  switch (token.kind) {
  case TokenKind::Integer:
  case TokenKind::Real:
    value.is = literalOf(token);
    break;
  case TokenKind::String:
    value.is = token.text.str();
    value.text = {};
    break;
  case TokenKind::Identifier:
    return parseNamed(depth);
  default:
    return token.is("{") ? parseList() : unexpected("an argument");
  }
  advance();
  return value;
}

bool Parser::parseArguments(std::vector<Value> &arguments, int depth) {
  if (!expect("("))
    return false;
  while (!token.is(")") || !arguments.empty()) {
    if (arguments.size() == maxArguments) {
      error(token.where, "too many arguments");
      return false;
    }
    MaybeValue argument = parseArgument(depth);
    if (!argument)
      return false;
    arguments.push_back(*argument);
    if (token.is(")"))
      break;
    if (!token.is(",")) {
      unexpected("\",\" or \")\"");
      return false;
    }
    advance();
  }
  advance();
  return true;
}

const Call *Parser::findCall(const Value &self, const Token &name) {
  bool isFunction = std::holds_alternative<std::monostate>(self.is);
  llvm::StringRef receiver = isFunction ? "" : self.kind();
  vocabulary<64> known;
  std::string list;
  for (const Call &call : allCalls()) {
    if (call.receiver != receiver)
      continue;
    if (call.name == name.text)
      return &call;
    known.add(call.name);
    list += (list.empty() ? "" : ", ") + call.name.str();
  }
  std::string what = isFunction
                         ? "unknown name " + quoted(name.text)
                         : receiver.str() + " has no " + quoted(name.text);
  llvm::StringRef meant = known.closest(name.text);
  if (!meant.empty())
    what += "; did you mean " + quoted(meant) + "?";
  else
    what += (isFunction ? "; there are " : "; it has ") +
            (list.empty() ? "no calls" : list);
  error(name.where, what);
  return nullptr;
}

bool Parser::checkArguments(const Call &call, llvm::ArrayRef<Value> arguments,
                            place where) {
  bool any = call.signature.ends_with("*");
  auto [required, optional] = call.signature.split('?');
  std::string letters = (required + optional).str();
  size_t least = any ? 0 : required.size(),
         most = any ? maxArguments : letters.size();
  if (arguments.size() < least || arguments.size() > most) {
    std::string takes = call.parameters.empty()
                            ? "no argument"
                            : "(" + call.parameters.str() + ")";
    place at = arguments.size() > most ? arguments[most].where : where;
    error(at, call.name + " takes " + takes + ", got " +
                  llvm::Twine(arguments.size()) +
                  (arguments.size() == 1 ? " argument" : " arguments"));
    return false;
  }
  for (size_t i = 0; i < arguments.size(); ++i) {
    char letter = letters[any ? 0 : i];
    if (accepts(letter, arguments[i]))
      continue;
    error(arguments[i].where, call.name + " takes " + expected(letter) +
                                  ", got " + describe(arguments[i]));
    return false;
  }
  return true;
}

/// The call of `name`, whose parenthesis is the current token, on `self` or on
/// nothing.
std::optional<Value> Parser::parseCall(const Value &self, Token name,
                                       int depth) {
  if (depth > maxDepth)
    return error(name.where, "calls are nested too deeply");
  const Call *call = findCall(self, name);
  std::vector<Value> arguments;
  if (!call || !parseArguments(arguments, depth + 1) ||
      !checkArguments(*call, arguments, name.where))
    return std::nullopt;
  Value result = call->evaluate(self, arguments, name.where);
  if (const failure *f = result.error())
    return error(f->where, f->what.c_str());
  return result;
}

std::optional<Value> Parser::parseChain(Token name, int depth) {
  MaybeValue value = parseCall({}, name, depth);
  while (value && token.is(".")) {
    advance();
    Token method = token;
    if (method.kind != TokenKind::Identifier)
      return unexpected("a call after \".\"");
    advance();
    value = parseCall(*value, method, depth);
  }
  if (value)
    value->where = name.where;
  return value;
}

std::optional<spec> Parser::parse() {
  if (token.kind == TokenKind::End)
    return error(token.where, "the file holds no spec; write a model, such as "
                              "resnet18().freeze_all().replace_fc(20)");
  if (token.kind != TokenKind::Identifier)
    return unexpected("a model, such as resnet18()");
  place begin = token.where;
  MaybeValue value = parseNamed(0);
  if (!value)
    return std::nullopt;
  if (token.is(";"))
    return error(token.where, "a spec ends without \";\"; remove it");
  if (token.kind != TokenKind::End)
    return token.kind == TokenKind::Error
               ? std::nullopt
               : unexpected("\".\" and another call, or the end");
  auto *model = std::get_if<spec>(&value->is);
  if (!model)
    return error(begin, "a spec must be a model, such as resnet18(), got " +
                            value->kind());
  return *model;
}

std::optional<graph> parseSpec(llvm::StringRef text, llvm::StringRef fileName,
                               llvm::raw_ostream &errors) {
  Diagnostics diagnostics(text, fileName, errors);
  std::optional<spec> model = Parser(text, diagnostics).parse();
  if (!model)
    return std::nullopt;
  graph g = build(*model);
  if (!g.error)
    return g;
  diagnostics.error(g.error.where, g.error.what.c_str());
  return std::nullopt;
}

} // namespace resnetc
