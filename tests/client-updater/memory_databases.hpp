#pragma once

#include <set>

#include <client-updater/update/customer_database.hpp>
#include <signing/storage/atomic_file.hpp>

namespace kip::updater {

/// Databases as text files of the file system that the updater is given, so that the same faults and power cuts reach
/// them: a first line "LEVEL UPDATE", then what scripts have added, each its text. A script "fail" fails. Not
/// thread-safe.
class MemoryDatabases final : public DatabaseEngine {
 public:
  explicit MemoryDatabases(FileSystem*& files) : files_(files) {}

  std::set<std::string> running;      ///< locations that an application has open
  std::set<std::string> on_a_server;  ///< that cannot be restored
  std::set<std::string> failing;      ///< whose commits fail
  std::set<std::string> refusing;     ///< whose migrations fail, but not on a copy
  int rehearsals = 0;

  /// A new one, as the application makes it.
  void create(const std::string& location, const std::string& content) {
    KIP_CHECK(make_directories(*files_, directory_of(location), 0755).has_value());
    write(location, {.rows = content});
    KIP_CHECK(files_->sync_tree("/").has_value());
  }
  /// What an application writes.
  void add(const std::string& location, const std::string& row) {
    Content content = read(location).value();
    content.rows += row;
    write(location, content);
  }
  std::string rows(const std::string& location) { return read(location).value().rows; }

  Result<std::unique_ptr<CustomerDatabase>> open(const AttachedDatabase& which) override {
    if (running.contains(which.location)) return fail(ErrorCode::busy, which.location + " is open elsewhere");
    KIP_TRY_VOID(read(which.location));
    return std::unique_ptr<CustomerDatabase>(std::make_unique<One>(*this, which.location));
  }
  Result<MigrationLevel> level(const AttachedDatabase& which) override {
    KIP_TRY(const Content content, read(which.location));
    return content.level;
  }
  Result<std::chrono::milliseconds> rehearse(const AttachedDatabase& which, const std::vector<MigrationScript>& scripts,
                                             const MigrationStamp& stamp,
                                             const std::filesystem::path& folder) override {
    ++rehearsals;
    KIP_TRY(Content content, read(which.location));
    KIP_TRY_VOID(run(content, scripts, stamp));
    KIP_TRY_VOID(copy_file(*files_, which.location, Links::refuse, folder / "copy", 0600));
    return std::chrono::milliseconds(1200);
  }
  Result<std::string> ask(const AttachedDatabase& which, const std::string&) override {
    KIP_TRY(const Content content, read(which.location));
    return content.rows;
  }

 private:
  struct Content {
    MigrationLevel level = {};
    std::string rows;
  };

  class One final : public CustomerDatabase {
   public:
    One(MemoryDatabases& all, std::string location) : all_(all), location_(std::move(location)) {}

    Result<MigrationLevel> level() override { return all_.level({{}, location_, {}}); }
    bool can_be_restored() const override { return !all_.on_a_server.contains(location_); }
    Result<void> snapshot(const std::filesystem::path& file) override {
      KIP_TRY(const Bytes bytes, read_file(*all_.files_, location_, kMax));
      KIP_TRY(const auto output, all_.files_->open_output(file, OutputMode::create_new, 0600));
      KIP_TRY_VOID(output->write(bytes));
      return output->close();
    }
    Result<void> restore(const std::filesystem::path& file) override {
      return copy_file(*all_.files_, file, Links::refuse, location_, 0600);
    }
    Result<void> migrate(const std::vector<MigrationScript>& scripts, const MigrationStamp& stamp) override {
      if (all_.refusing.contains(location_)) return fail(ErrorCode::conflict, location_ + " refuses");
      KIP_TRY(Content content, all_.read(location_));
      KIP_TRY_VOID(run(content, scripts, stamp));
      pending_ = std::move(content);
      return {};
    }
    Result<void> commit() override {
      if (all_.failing.contains(location_)) return fail(ErrorCode::disk_full, "no room for " + location_);
      return replace_file(*all_.files_, location_, text_of(pending_.value()), 0600);
    }

   private:
    MemoryDatabases& all_;
    std::string location_;
    std::optional<Content> pending_;
  };

  static constexpr std::uint64_t kMax = 1U << 20U;

  static Result<void> run(Content& content, const std::vector<MigrationScript>& scripts, const MigrationStamp& stamp) {
    for (const MigrationScript& script : scripts) {
      if (script.text == "fail") return fail(ErrorCode::conflict, script.name + " fails");
      content.rows += script.text;
      content.level = {script.number, stamp.update};
    }
    return {};
  }
  static std::string text_of(const Content& content) {
    return std::to_string(content.level.number) + " " + content.level.update + "\n" + content.rows;
  }
  Result<Content> read(const std::string& location) {
    KIP_TRY(const Bytes text, read_file(*files_, location, kMax));
    const auto blank = text.find(' ');
    const auto end = text.find('\n');
    if (blank == std::string::npos || end == std::string::npos) return fail(ErrorCode::malformed, "no database");
    return Content{{std::stoll(text.substr(0, blank)), text.substr(blank + 1, end - blank - 1)}, text.substr(end + 1)};
  }
  void write(const std::string& location, const Content& content) {
    KIP_CHECK(replace_file(*files_, location, text_of(content), 0600).has_value());
  }

  FileSystem*& files_;
};

}  // namespace kip::updater
