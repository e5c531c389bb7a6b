//===- Driver.cpp - resnetc as a program ----------------------------------===//

#include "Driver/Driver.h"

#include "Driver/CommandLine.h"
#include "Driver/Explain.h"
#include "Driver/GraphPrinter.h"
#include "Driver/OutputFile.h"
#include "Driver/SpecText.h"
#include "Frontend/Parser.h"
#include "resnetc/emit.h"

#include "llvm/ADT/ScopeExit.h"
#include "llvm/Support/Errc.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

namespace resnetc {

namespace fs = llvm::sys::fs;

/// A spec is a few lines; more than this is some other file.
static constexpr size_t maxSpecBytes = 1 << 20;

static std::optional<std::string> readSpec(llvm::StringRef path,
                                           llvm::raw_ostream &errors) {
  auto fail = [&](llvm::StringRef why) {
    errors << "error: cannot read " << path << ": " << why << '\n';
    return std::nullopt;
  };
  if (fs::is_directory(path))
    return fail("it is a directory");
  auto file = fs::openNativeFileForRead(path);
  if (!file)
    return fail(llvm::errorToErrorCode(file.takeError()).message());
  auto close = llvm::scope_exit([&] { fs::closeFile(*file); });
  std::string text(maxSpecBytes + 1, '\0');
  size_t size = 0;
  while (size < text.size()) {
    auto count = fs::readNativeFile(
        *file, llvm::MutableArrayRef<char>(text).drop_front(size));
    if (!count)
      return fail(llvm::errorToErrorCode(count.takeError()).message());
    if (*count == 0)
      break;
    size += *count;
  }
  if (size > maxSpecBytes)
    return fail("it is larger than 1 MiB, which no spec is");
  text.resize(size);
  return text;
}

/// Everything but Exe, as bytes.
static bool produceText(const graph &model, const CommandLine &line,
                        llvm::raw_ostream &out, llvm::raw_ostream &errors) {
  if (line.emit == Emit::Graph)
    printGraph(model, out);
  else if (line.emit == Emit::Dot)
    printDot(model, out);
  else
    return compile(model, line.compile, line.emit, out, errors);
  return true;
}

/// Temporary files, gone at the end.
class TemporaryFiles {
public:
  ~TemporaryFiles() {
    for (const std::string &path : paths)
      fs::remove(path);
  }

  bool write(const std::string &bytes, llvm::raw_ostream &errors) {
    llvm::SmallString<128> path;
    if (std::error_code code = fs::createTemporaryFile("resnetc", "o", path)) {
      errors << "error: cannot write a temporary file: " << code.message()
             << '\n';
      return false;
    }
    paths.push_back(std::string(path));
    return writeFile(path, bytes, errors);
  }

  std::vector<std::string> paths;
};

static bool produceExecutable(const graph &model, const CommandLine &line,
                              llvm::StringRef path, llvm::raw_ostream &errors) {
  std::vector<std::string> objects;
  if (!compileObjects(model, line.compile, objects, errors))
    return false;
  TemporaryFiles files;
  for (const std::string &object : objects)
    if (!files.write(object, errors))
      return false;
  return link(files.paths, path, errors);
}

static bool writeOutput(const graph &model, const CommandLine &line,
                        llvm::raw_ostream &out, llvm::raw_ostream &errors) {
  if (line.output.empty())
    return produceText(model, line, out, errors);
  if (!line.spec.empty() && fs::equivalent(line.spec, line.output)) {
    errors << "error: -o " << line.output
           << " would overwrite the spec; name another file\n";
    return false;
  }
  return replaceFile(
      line.output,
      [&](llvm::StringRef path) {
        if (line.emit == Emit::Exe)
          return produceExecutable(model, line, path, errors);
        std::string text;
        llvm::raw_string_ostream bytes(text);
        return produceText(model, line, bytes, errors) &&
               writeFile(path, text, errors);
      },
      errors);
}

static bool run(const graph &model, const CommandLine &line,
                llvm::raw_ostream &out, llvm::raw_ostream &errors) {
  // Also where the graph alone is asked for: the command is to be right.
  if (!checkTarget(line.compile, errors))
    return false;
  if (line.explain) {
    std::optional<MemoryUse> memory = measureMemory(model, line.compile, errors);
    if (!memory)
      return false;
    explain(model, *memory, line.compile.maxBatch, out);
    if (line.output.empty())
      return true;
  }
  return writeOutput(model, line, out, errors);
}

/// The exit code; standard output that could not be written (a full disk, a
/// closed pipe) is an error too.
static int finish(bool ok) {
  llvm::raw_fd_ostream &out = llvm::outs();
  out.flush();
  std::error_code code = out.error();
  out.clear_error();
  if (code && ok)
    llvm::errs() << "error: cannot write standard output: " << code.message()
                 << '\n';
  return ok && !code ? 0 : 1;
}

static bool runSpecFile(CommandLine line, llvm::raw_ostream &out,
                        llvm::raw_ostream &errors) {
  std::optional<std::string> text = readSpec(line.spec, errors);
  if (!text)
    return false;
  std::optional<graph> model = parseSpec(*text, line.spec, errors);
  if (!model)
    return false;
  line.compile.specText = *text;
  line.compile.specName = llvm::sys::path::stem(line.spec).str();
  return run(*model, line, out, errors);
}

int resnetcMain(int argc, char **argv) {
  std::optional<CommandLine> line =
      parseCommandLine(argc, argv, /*takesSpec=*/true, llvm::errs());
  if (!line)
    return 1;
  llvm::outs() << line->answer;
  return finish(!line->answer.empty() ||
                runSpecFile(*line, llvm::outs(), llvm::errs()));
}

int compileMain(const graph &model, llvm::StringRef specText, int argc,
                const char *const *argv) {
  std::optional<CommandLine> line =
      parseCommandLine(argc, argv, /*takesSpec=*/false, llvm::errs());
  if (!line)
    return 1;
  llvm::outs() << line->answer;
  line->compile.specText = specText.str();
  return finish(!line->answer.empty() ||
                run(model, *line, llvm::outs(), llvm::errs()));
}

int compile_main(const spec &model, int argc, const char *const *argv) {
  graph g = build(model);
  if (!g.error)
    return compileMain(g, specText(model), argc, argv);
  llvm::errs() << "error: " << g.error.what.view() << '\n';
  return 1;
}

} // namespace resnetc
