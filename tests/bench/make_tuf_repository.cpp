// Makes a TUF repository to measure clients with:
//
//   make_tuf_repository FOLDER TARGETS BINS
//
// FOLDER/metadata and FOLDER/targets are what a web server would serve. TARGETS small targets are listed (and not
// there), by the top-level targets where BINS is 0, else in that many hash bins; "big/target.bin" of 1 MiB is there.

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>

#include <signing/crypto/sha256.hpp>
#include <signing/tuf/client.hpp>
#include <signing/tuf/repository.hpp>

namespace kip::tuf {
namespace {

constexpr std::string_view kBig = "big/target.bin";

class Maker {
 public:
  Maker(std::filesystem::path folder, int bins) : folder_(std::move(folder)), bins_(bins) {
    std::filesystem::create_directories(folder_ / "metadata");
  }

  void make(int targets) {
    for (int i = 0; i < targets; ++i) {
      const std::string path = fmt::format("forms/{:04}/form-{:06}.xml", i / 100, i);
      list(path, target_of(path));
    }
    Bytes big(1U << 20U, '\0');
    for (std::size_t i = 0; i < big.size(); ++i)
      big[i] = static_cast<char>((i * 2654435761U) >> 24U);
    const TargetFile file = target_of(big);
    list(std::string(kBig), file);
    write("targets/" + target_location(kBig, file, true), big);
    publish();
  }

 private:
  void list(const std::string& path, const TargetFile& file) { bin_of(path).targets[path] = file; }

  Targets& bin_of(std::string_view path) {
    if (bins_ == 0) return top_;
    const auto first = static_cast<unsigned>(std::stoul(sha256(path).hex().substr(0, 4), nullptr, 16));
    return roles_[bin_name(static_cast<int>(first) * bins_ / kPrefixes)];
  }
  static std::string bin_name(int bin) { return fmt::format("bin-{:03x}", bin); }

  void delegate(const Role& role) {
    top_.delegation_keys.emplace(key_.key_id, Key::of(key_.key.public_key()));
    for (int bin = 0; bin < bins_; ++bin) {
      DelegatedRole delegated{bin_name(bin), role, {}, true, {}};
      for (int prefix = 0; prefix < kPrefixes; prefix += kPrefixes / kListed) {
        if (prefix * bins_ / kPrefixes == bin)
          delegated.path_hash_prefixes.push_back(fmt::format("{:03x}", prefix / (kPrefixes / kListed)));
      }
      top_.delegations.push_back(std::move(delegated));
      roles_[bin_name(bin)];
    }
  }

  void publish() {
    const Role role{{key_.key_id}, 1};
    Root root;
    root.header = header_;
    root.keys.emplace(key_.key_id, Key::of(key_.key.public_key()));
    for (const std::string_view name : {kRoot, kTimestamp, kSnapshot, kTargets})
      root.roles.emplace(name, role);
    sign("1.root.json", to_json(root));
    delegate(role);
    Snapshot snapshot;
    snapshot.header = header_;
    top_.header = header_;
    snapshot.meta["targets.json"] = sign("1.targets.json", to_json(top_));
    for (auto& [name, targets] : roles_) {
      targets.header = header_;
      snapshot.meta[name + ".json"] = sign(fmt::format("1.{}.json", name), to_json(targets));
    }
    Timestamp timestamp;
    timestamp.header = header_;
    timestamp.snapshot = sign("1.snapshot.json", to_json(snapshot));
    sign("timestamp.json", to_json(timestamp));
  }

  MetaFile sign(const std::string& name, const json::Value& body) {
    const Bytes bytes = sign_metadata(body, {&key_}).value();
    write("metadata/" + name, bytes);
    return {1, static_cast<std::int64_t>(bytes.size()), {{"sha256", sha256(bytes).hex()}}};
  }

  void write(const std::string& name, BytesView bytes) {
    std::filesystem::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name, std::ios::binary) << bytes;
  }

  static constexpr int kPrefixes = 65'536;  ///< values of the first two octets of a hash
  static constexpr int kListed = 4096;      ///< prefixes of three digits
  std::filesystem::path folder_;
  int bins_;
  Signer key_ = Signer::of(PrivateKey::generate(KeyType::ed25519).value());
  Header header_{1, parse_instant("2099-01-01T00:00:00Z").value()};
  Targets top_;
  std::map<std::string, Targets> roles_;
};

}  // namespace
}  // namespace kip::tuf

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fputs("usage: make_tuf_repository FOLDER TARGETS BINS\n", stderr);
    return 2;
  }
  kip::tuf::Maker(argv[1], std::atoi(argv[3])).make(std::atoi(argv[2]));
  return 0;
}
