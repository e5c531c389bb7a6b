// The command line: one table for parsing, help and suggestions.
#include "cli/options.h"

#include <gtest/gtest.h>
#include <limits>
#include <stdexcept>

using namespace resnetc;

namespace {

arguments parse(const char *command, std::vector<const char *> words) { return parse_arguments(find_command(command), words); }

template <typename F> std::string message_of(F &&f) {
  try {
    f();
  } catch (const std::runtime_error &e) {
    return e.what();
  }
  return "no error";
}

std::string parse_error(const char *command, std::vector<const char *> words) {
  return message_of([&] { parse(command, words); });
}

TEST(Options, TakesBothForms) {
  arguments options = parse("train", {"--data", "x", "--lr=0.5", "--force"});
  EXPECT_EQ(options.required("data"), "x");
  EXPECT_DOUBLE_EQ(options.real("lr", 0, 0, 1), 0.5);
  EXPECT_TRUE(options.given("force"));
  EXPECT_FALSE(options.given("json"));
  EXPECT_EQ(options.whole("epochs", 10, 1, 100), 10);
}

TEST(Options, PositionalsAndTerminator) {
  arguments options = parse("predict", {"a.jpg", "--top", "3", "b.jpg", "--", "--c.jpg"});
  EXPECT_EQ(options.positional(), (std::vector<std::string>{"a.jpg", "b.jpg", "--c.jpg"}));
}

TEST(Options, Sizes) {
  EXPECT_EQ(parse("train", {"--cache-size", "10G"}).bytes("cache-size", 7), 10'000'000'000);
  EXPECT_EQ(parse("train", {"--cache-size", "1.5k"}).bytes("cache-size", 7), 1500);
  EXPECT_EQ(parse("train", {"--cache-size", "0"}).bytes("cache-size", 7), 0);
  EXPECT_EQ(parse("train", {}).bytes("cache-size", 7), 7);
  for (const char *wrong : {"G", "-1", "1GB", "ten", "1e30", "nan"})
    EXPECT_NE(message_of([&] { parse("train", {"--cache-size", wrong}).bytes("cache-size", 7); }).find("a size such as 500M"),
              std::string::npos)
        << wrong;
}

TEST(Options, SomeRepeat) {
  arguments options = parse("train", {"--sweep", "lr=1,2", "--sweep=seed=3"});
  EXPECT_EQ(options.all("sweep"), (std::vector<std::string>{"lr=1,2", "seed=3"}));
  EXPECT_TRUE(options.all("lr").empty());
  EXPECT_DOUBLE_EQ(options.with("lr", "0.5").real("lr", 0, 0, 1), 0.5);
  EXPECT_FALSE(options.given("lr"));
}

TEST(Options, Mistakes) {
  EXPECT_EQ(parse_error("train", {"--weigths", "x"}), "train has no option --weigths; did you mean --weights?");
  EXPECT_EQ(parse_error("train", {"--zzzzzz"}), "train has no option --zzzzzz");
  EXPECT_EQ(parse_error("train", {"--top", "3"}), "train has no option --top; it belongs to predict");
  EXPECT_EQ(parse_error("train", {"--data"}), "option --data needs a value");
  EXPECT_EQ(parse_error("train", {"--data", "--lr", "1"}), "option --data needs a value");
  EXPECT_EQ(parse_error("train", {"--batch="}), "option --batch needs a value");
  EXPECT_EQ(parse_error("train", {"--force=yes"}), "option --force takes no value");
  EXPECT_EQ(parse_error("train", {"--lr", "1", "--lr", "2"}), "option --lr is given twice");
  EXPECT_EQ(parse_error("train", {"data"}), "train takes options only, got 'data'; see train --help");
  EXPECT_EQ(parse_error("train", {"--epoch", "3"}), "train has no option --epoch; did you mean --epochs?"); // no guessing of prefixes
  EXPECT_EQ(message_of([] { find_command("tarin"); }), "no command 'tarin'; did you mean train?; there are train, eval, predict, bench, step, cache, info");
}

TEST(Options, Values) {
  arguments options = parse("train", {"--epochs", "0", "--lr", "1e400", "--exif", "maybe", "--batch", "3x", "--momentum", "nan", "--nesterov", "on",
                                      "--weight-decay", "-1", "--seed", ""});
  EXPECT_EQ(message_of([&] { options.whole("epochs", 1, 1, 9); }), "option --epochs: got '0', expected a whole number from 1 to 9");
  EXPECT_EQ(message_of([&] { options.whole("batch", 1, 1, 9); }), "option --batch: got '3x', expected a whole number from 1 to 9");
  EXPECT_EQ(message_of([&] { options.real("lr", 1, 0, 1); }), "option --lr: got '1e400', expected a number from 0 to 1");
  EXPECT_EQ(message_of([&] { options.real("momentum", 1, 0, 1); }), "option --momentum: got 'nan', expected a number from 0 to 1");
  EXPECT_EQ(message_of([&] { options.real("weight-decay", 1, 0, std::numeric_limits<double>::infinity()); }),
            "option --weight-decay: got '-1', expected a number of at least 0");
  constexpr std::string_view words[] = {"honour", "ignore"};
  EXPECT_EQ(message_of([&] { options.choice("exif", 0, words); }), "option --exif: got 'maybe', expected honour or ignore");
  EXPECT_EQ(message_of([&] { options.required("data"); }), "option --data is missing; see --help");
  EXPECT_EQ(message_of([&] { options.required("seed"); }), "option --seed is empty");
  EXPECT_EQ(message_of([&] { options.text("seed"); }), "option --seed is empty");
  EXPECT_EQ(message_of([&] { options.whole("seed", 1, 1, 9); }), "option --seed is empty");
  EXPECT_EQ(options.text("weights"), std::nullopt);
  EXPECT_TRUE(options.on_off("nesterov", false));
}

TEST(Options, HelpListsEveryOptionOfTheTable) {
  for (const command_row &command : command_table()) {
    std::string help = command_help("trainer", command);
    EXPECT_NE(program_help("trainer").find(command.help), std::string::npos);
    for (const option_row &row : option_table()) {
      std::string name = std::string("  --") + row.name + (*row.argument ? " " : "  ") + row.argument;
      bool listed = help.find(name) != std::string::npos && help.find(row.help) != std::string::npos;
      EXPECT_EQ(listed, (row.commands & command.id) != 0) << command.name << " --" << row.name;
    }
  }
}

} // namespace
