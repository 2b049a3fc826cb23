#pragma once

#include <gtest/gtest.h>

#include <client-updater/update/apply.hpp>
#include <client-updater/update/databases.hpp>
#include <client-updater/update/delivery.hpp>
#include <client-updater/update/enrol.hpp>
#include <client-updater/update/key_rotation.hpp>
#include <client-updater/update/support.hpp>
#include <client-updater/update/updates.hpp>
#include <signing/storage/memory_file_system.hpp>
#include <testing/fixed_world.hpp>
#include <testing/matchers.hpp>

#include "fake_machine.hpp"
#include "fake_vendor.hpp"
#include "memory_databases.hpp"
#include "memory_state_store.hpp"

namespace kip::updater {

inline const Content kOldForms = {
    {"B01-DN/layout.xml", "old layout"}, {"B02-DN.xlsx", "old sheet"}, {"print.xslt", "same"}};
inline const Content kNewForms = {
    {"B01-DN/layout.xml", "new layout"}, {"print.xslt", "same"}, {"thuế/mẫu 01.xml", "new form"}};

/// A vendor and one machine, both in memory.
struct World {
  testing::SimulatedClock clock{"2026-01-01T00:00:00Z"};
  testing::SeededRandom random;
  MemoryFileSystem files;
  FileSystem* files_in_use = &files;  ///< what the updater is given
  MemoryStateStore store;
  MemoryDatabases databases{files_in_use};
  FakeMachine machine{clock};
  FakeVendor vendor{clock.now()};
  Layout layout;
  std::vector<std::string> said;
  Narrator narrator{.say = [this](std::string_view line) { said.emplace_back(line); }};

  explicit World(LayoutKind kind = LayoutKind::versioned) : layout("/kip", kind, {}) {}

  Ports ports() { return {*files_in_use, vendor, store, clock, random, databases, machine, "/etc/hooks.json"}; }

  Result<EnrolResult> enrol() {
    return kip::updater::enrol(ports(), layout.root(), vendor.code, {.label = "PC1 kế toán", .layout = layout.kind()});
  }
  Result<Install> open() { return Install::open(ports(), layout); }
  Result<CheckResult> check() {
    KIP_TRY(Install install, open());
    return kip::updater::check(install, narrator);
  }
  Result<UpdateResult> update(bool again = false) {
    KIP_TRY(Install install, open());
    return kip::updater::update(install, narrator, again);
  }
  Result<RollbackResult> rollback(const std::optional<Version>& to = {}) {
    KIP_TRY(Install install, open());
    return kip::updater::rollback(install, narrator, to);
  }
  Result<ResumeResult> resume(ResumeWay way = ResumeWay::back) {
    KIP_TRY(Install install, open());
    return kip::updater::resume(install, narrator, way);
  }
  Result<AttachResult> attach(const std::string& kind, const std::string& location) {
    KIP_TRY(Install install, open());
    return attach_database(install, narrator, {kind, location});
  }
  Result<DeliveryResult> deliver(Urgency urgency = Urgency::now) {
    KIP_TRY(Install install, open());
    return kip::updater::deliver(install, urgency);
  }

  Result<KeyChange> rotate() {
    KIP_TRY(Install install, open());
    return rotate_key(install);
  }
  Result<std::optional<KeyChange>> finish_rotation() {
    KIP_TRY(Install install, open());
    return finish_key_rotation(install);
  }

  Result<KeptRequest> ask(ServiceKind kind = ServiceKind::remote, const std::string& note = "nó không in") {
    KIP_TRY(Install install, open());
    return ask_for_help(install, {.kind = kind, .grade = 2, .note = note});
  }
  Result<SupportResult> send_requests(bool automatic = true) {
    Ports with = ports();
    with.automatic_support = automatic;
    KIP_TRY(Install install, Install::open(with, layout));
    return kip::updater::send_requests(install);
  }

  void advance(std::chrono::milliseconds by) {
    clock.advance(by);
    vendor.now = clock.now();
  }

  /// "1.0", or nothing where nothing is in use. By the records; the pointer is compared by content().
  std::string in_use() {
    const State state = store.load().value();
    return state.current() == nullptr ? "" : state.current()->target.version.str();
  }

  /// Where programs read.
  std::filesystem::path tree() const { return layout.kind() == LayoutKind::in_place ? layout.app() : layout.pointer(); }

  /// Every file that programs can read.
  Content content() {
    Content out;
    if (files.list_directory(tree())) read_into(out, tree(), "");
    return out;
  }

  /// What was reported on a version, delivered or not.
  std::vector<std::string> receipts_on(std::string_view version) {
    static_cast<void>(deliver());
    return vendor.reported(version);
  }

 private:
  void read_into(Content& out, const std::filesystem::path& directory, const std::string& prefix) {
    for (const std::string& name : files.list_directory(directory).value()) {
      if (name == Layout::kJournalFolder) continue;
      const auto path = directory / name;
      if (files.status(path)->kind == FileKind::directory) {
        read_into(out, path, prefix + name + "/");
      } else {
        out[prefix + name] = read_file(files, path, 1U << 20U).value();
      }
    }
  }
};

/// Enrolled, with version 1.0 in use and its reports delivered; version 1.1 may follow.
inline std::unique_ptr<World> world_with_old_forms(LayoutKind kind = LayoutKind::versioned) {
  auto world = std::make_unique<World>(kind);
  KIP_CHECK(world->enrol().has_value());
  world->vendor.release("1.0", kOldForms);
  KIP_CHECK(world->update().has_value());
  KIP_CHECK(world->deliver()->kept == 0);
  world->advance(std::chrono::hours(1));
  return world;
}

}  // namespace kip::updater
