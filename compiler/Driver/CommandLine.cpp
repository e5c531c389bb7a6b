//===- CommandLine.cpp - what resnetc is asked to do ----------------------===//

#include "Driver/CommandLine.h"

#include "resnetc/suggest.h"

#include "llvm/ADT/StringRef.h"
#include "llvm/ADT/StringSwitch.h"

#include <boost/program_options.hpp>

#include <sstream>
#include <stdexcept>

namespace po = boost::program_options;

namespace resnetc {

/// The one table: names, defaults and help come from it.
static po::options_description optionTable() {
  po::options_description options("options", 80, 45);
  auto value = [](const char *name) {
    return po::value<std::string>()->value_name(name);
  };
  // clang-format off
  options.add_options()
      ("output,o", value("OUT"), "the file to write; needed for exe and obj, else standard output")
      ("emit", value("KIND")->default_value("exe"), "how far to go: exe, obj, asm, llvm, linalg, mlir, graph or dot")
      ("mcpu", value("NAME")->default_value("native"), "the CPU to compile for, by LLVM's name")
      ("max-batch", value("N")->default_value("256"), "the largest batch the trainer will take")
      ("element-type", value("TYPE")->default_value("f32"), "f32 or f64; f64 is for tests")
      ("conv", value("HOW")->default_value("auto"), "auto, direct or winograd")
      ("precision", value("TYPE")->default_value("f32"), "of the frozen prefix: f32, bf16 or int8")
      ("explain", "print what is frozen, why, and what it costs; without -o, compile nothing")
      ("help,h", "print this")
      ("version", "print the version");
  // clang-format on
  return options;
}

static std::string helpText(const po::options_description &options,
                            bool takesSpec) {
  std::ostringstream out;
  out << "usage: " << (takesSpec ? "resnetc SPEC.rdsl" : "PROGRAM")
      << " -o OUT [options]\n\n"
      << "Compiles a spec, such as resnet18().freeze_all().replace_fc(20), to "
         "a native trainer.\n\n"
      << options;
  return out.str();
}

/// "--emitt" is close to "--emit"; "" where nothing is.
static std::string closestOption(const po::options_description &options,
                                 llvm::StringRef name) {
  vocabulary<32> known;
  for (const auto &option : options.options())
    known.add(option->long_name());
  std::string_view meant = known.closest(name.ltrim('-').split('=').first);
  return meant.empty() ? ""
                       : "; did you mean \"--" + std::string(meant) + "\"?";
}

namespace {
/// A mistake on the command line; `what` is the whole message.
struct Mistake : std::runtime_error {
  using std::runtime_error::runtime_error;
};
} // namespace

static Emit parseEmit(const std::string &text) {
  auto kind = llvm::StringSwitch<std::optional<Emit>>(text)
                  .Case("exe", Emit::Exe)
                  .Case("obj", Emit::Object)
                  .Case("asm", Emit::Assembly)
                  .Case("llvm", Emit::LLVM)
                  .Case("linalg", Emit::Linalg)
                  .Case("mlir", Emit::MLIR)
                  .Case("graph", Emit::Graph)
                  .Case("dot", Emit::Dot)
                  .Default(std::nullopt);
  if (!kind)
    throw Mistake("--emit must be exe, obj, asm, llvm, linalg, mlir, graph or "
                  "dot, got \"" +
                  text + "\"");
  return *kind;
}

static int64_t parseMaxBatch(const std::string &text) {
  constexpr int64_t most = 65536;
  int64_t value = 0;
  if (llvm::StringRef(text).getAsInteger(10, value) || value < 1 ||
      value > most)
    throw Mistake("--max-batch must be a whole number from 1 to " +
                  std::to_string(most) + ", got \"" + text + "\"");
  return value;
}

static CompileOptions parseCompileOptions(const po::variables_map &given) {
  auto text = [&](const char *name) { return given[name].as<std::string>(); };
  CompileOptions options;
  options.mcpu = text("mcpu");
  options.maxBatch = parseMaxBatch(text("max-batch"));
  options.f64 = text("element-type") == "f64";
  if (!options.f64 && text("element-type") != "f32")
    throw Mistake("--element-type must be f32 or f64, got \"" +
                  text("element-type") + "\"");
  options.conv = text("conv");
  if (options.conv != "auto" && options.conv != "direct" &&
      options.conv != "winograd")
    throw Mistake("--conv must be auto, direct or winograd, got \"" +
                  options.conv + "\"");
  options.precision = text("precision");
  if (options.precision != "f32" && options.precision != "bf16" &&
      options.precision != "int8")
    throw Mistake("--precision must be f32, bf16 or int8, got \"" +
                  options.precision + "\"");
  if (options.precision != "f32" && options.f64)
    throw Mistake("--precision=" + options.precision +
                  " excludes --element-type=f64");
  return options;
}

static CommandLine interpret(const po::variables_map &given, bool takesSpec) {
  CommandLine line;
  std::vector<std::string> specs;
  if (given.count("spec"))
    specs = given["spec"].as<std::vector<std::string>>();
  if (!takesSpec && !specs.empty())
    throw Mistake("unexpected argument \"" + specs[0] +
                  "\": this program brings its own spec");
  if (takesSpec && specs.empty())
    throw Mistake(
        "no spec given; usage: resnetc SPEC.rdsl -o OUT (see resnetc --help)");
  if (specs.size() > 1)
    throw Mistake("one spec at a time, got \"" + specs[0] + "\" and \"" +
                  specs[1] + "\"");
  if (takesSpec)
    line.spec = specs[0];
  if (given.count("output"))
    line.output = given["output"].as<std::string>();
  line.emit = parseEmit(given["emit"].as<std::string>());
  line.explain = given.count("explain");
  line.compile = parseCompileOptions(given);
  if (given.count("output") && line.output.empty())
    throw Mistake("-o needs the name of a file");
  bool binary = line.emit == Emit::Exe || line.emit == Emit::Object;
  if (binary && line.output.empty() && !line.explain)
    throw Mistake("--emit=" + given["emit"].as<std::string>() +
                  " needs an output file; add -o OUT");
  return line;
}

static CommandLine parse(int argc, const char *const *argv, bool takesSpec) {
  po::options_description options = optionTable(), all;
  all.add(options).add_options()("spec", po::value<std::vector<std::string>>());
  po::positional_options_description positional;
  positional.add("spec", -1);
  po::command_line_parser parser(argc, argv);
  int style = po::command_line_style::default_style &
              ~po::command_line_style::allow_guessing;
  po::variables_map given;
  try {
    po::store(parser.options(all).positional(positional).style(style).run(),
              given);
  } catch (const po::unknown_option &e) {
    throw Mistake("unknown option \"" + e.get_option_name() + "\"" +
                  closestOption(options, e.get_option_name()));
  } catch (const po::multiple_occurrences &e) {
    throw Mistake("option \"" + e.get_option_name() + "\" is given twice");
  } catch (const po::invalid_command_line_syntax &e) {
    if (e.kind() != po::invalid_syntax::missing_parameter &&
        e.kind() != po::invalid_syntax::empty_adjacent_parameter)
      throw Mistake(e.what());
    throw Mistake("option \"" + e.get_option_name() + "\" needs a value");
  } catch (const po::error_with_option_name &e) {
    throw Mistake(e.what());
  }
  CommandLine line;
  if (given.count("help"))
    line.answer = helpText(options, takesSpec);
  else if (given.count("version"))
    line.answer = "resnetc " RESNETC_VERSION "\n";
  return line.answer.empty() ? interpret(given, takesSpec) : line;
}

std::optional<CommandLine> parseCommandLine(int argc, const char *const *argv,
                                            bool takesSpec,
                                            llvm::raw_ostream &errors) {
  try {
    return parse(argc, argv, takesSpec);
  } catch (const std::exception &e) {
    errors << "error: " << e.what() << '\n';
    return std::nullopt;
  }
}

} // namespace resnetc
