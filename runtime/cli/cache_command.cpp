#include "cli/command.h"

#include "cache/cache_folder.h"
#include "report/format.h"
#include "report/json_text.h"

#include <chrono>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <stdexcept>

namespace resnetc {
namespace {

namespace fs = std::filesystem;

std::string time_of(fs::file_time_type used) {
  auto time = std::chrono::system_clock::to_time_t(
      std::chrono::file_clock::to_sys(used));
  return fmt::format("{:%Y-%m-%d %H:%M}", fmt::localtime(time));
}

int list(const fs::path &folder, bool as_json, console &out) {
  std::vector<cache_summary> caches = list_caches(folder);
  std::int64_t records = 0, bytes = 0;
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  std::vector<std::vector<std::string>> rows{
      {"key", "images", "size", "last used", "compiled for", "precision", "spec"}};
  for (const cache_summary &each : caches) {
    records += each.records;
    bytes += each.bytes;
    json.push_back({{"key", to_hex(each.key)},
                    {"model", each.model},
                    {"spec", each.spec},
                    {"mcpu", each.cpu},
                    {"precision", each.precision},
                    {"holds", each.holds},
                    {"records", each.records},
                    {"bytes", each.bytes},
                    {"used", time_of(each.used)}});
    const bool scales = each.holds == "scales";
    rows.push_back({to_hex(each.key).substr(0, 8),
                    scales ? "-" : format_count(each.records),
                    format_bytes(each.bytes), time_of(each.used), each.cpu,
                    each.precision + (scales ? ", scales" : ""),
                    format_spec(each.spec)});
  }
  if (as_json) {
    out.result(json_text(nlohmann::ordered_json{{"folder", folder.string()},
                                                {"caches", json}}) +
               "\n");
    return 0;
  }
  if (!caches.empty())
    out.result(format_table(rows, {false, true, true, false, false, false, false}));
  out.result(fmt::format("{}: {}, {}\n", folder.string(),
                         format_number_of(records, "record"),
                         format_bytes(bytes)));
  return 0;
}

int verify(const fs::path &folder, bool as_json, console &out) {
  std::vector<cache_file> files = all_files(folder);
  std::int64_t whole = 0, damaged = 0, done = 0, all = 0;
  for (const cache_file &file : files)
    all += file.bytes;
  auto start = std::chrono::steady_clock::now();
  for (const cache_file &file : files) {
    verification result = verify_file(file.path);
    whole += result.whole;
    damaged += result.damaged;
    if (!result.readable)
      out.warn(fmt::format("{}: is no file of records; it is never used",
                           file.path.string()));
    else if (result.damaged > 0)
      out.warn(fmt::format("{}: {} damaged", file.path.string(),
                           format_number_of(result.damaged, "record")));
    damaged += !result.readable;
    done += file.bytes;
    std::chrono::duration<double> passed =
        std::chrono::steady_clock::now() - start;
    double rate = static_cast<double>(done) / passed.count();
    out.progress({"verify", done, all,
                  fmt::format("{} of {}  {} left", format_bytes(done),
                              format_bytes(all),
                              format_duration(
                                  static_cast<double>(all - done) / rate))});
  }
  if (as_json)
    out.result(json_text(nlohmann::ordered_json{{"folder", folder.string()},
                                                {"whole", whole},
                                                {"damaged", damaged}}) +
               "\n");
  else
    out.result(fmt::format("{}: {} whole, {} damaged\n", folder.string(),
                           format_number_of(whole, "record"),
                           format_count(damaged)));
  if (damaged > 0)
    out.say("Damaged records are never used; the next run computes them anew.");
  return damaged > 0;
}

int clear(const fs::path &folder, bool as_json, console &out) {
  std::int64_t bytes = clear_cache(folder);
  if (as_json)
    out.result(json_text(nlohmann::ordered_json{{"folder", folder.string()},
                                                {"bytes", bytes}}) +
               "\n");
  else
    out.result(fmt::format("{}: {} deleted\n", folder.string(),
                           format_bytes(bytes)));
  return 0;
}

} // namespace

int cache_command(const command_context &context) {
  const arguments &options = context.options;
  if (options.positional().size() != 1)
    throw std::runtime_error("cache takes one word: list, verify or clear");
  fs::path folder = options.text("cache-dir").value_or("");
  folder = folder.empty() ? default_cache_folder() : fs::absolute(folder);
  if (folder.empty())
    throw std::runtime_error("neither XDG_CACHE_HOME nor HOME names a folder "
                             "for the cache; give --cache-dir DIR");
  bool as_json = options.given("json");
  const std::string &what = options.positional().front();
  if (what == "list")
    return list(folder, as_json, context.out);
  if (what == "verify")
    return verify(folder, as_json, context.out);
  if (what == "clear")
    return clear(folder, as_json, context.out);
  throw std::runtime_error(fmt::format(
      "cache: got '{}', expected list, verify or clear", what));
}

} // namespace resnetc
