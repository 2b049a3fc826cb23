#include "delta_plan.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

namespace kip {
namespace {

using Files = std::vector<PackageFile>;

/// Octets of both sides of a patch for several files: who applies it holds both.
constexpr std::uint64_t kMaxGroup = Delta::kMaxPatched;
/// Octets of both sides of any patch, less a KiB for each file of the version: with what a program takes, and with the
/// largest patch, that stays below 64 MB. A file that would need more is carried whole, unless a group may have it.
constexpr std::uint64_t kMaxTogether = 36U << 20U;
constexpr std::uint64_t kOfEachFile = 1U << 10U;
/// The same where that would be too many patches, since many files are made out of one large base.
constexpr std::uint64_t kMaxLargeGroup = 2 * Delta::kMaxPatched;
/// Octets of a patch's base that are there only because of their names: more takes time and gains little.
constexpr std::uint64_t kMaxRelatives = 1U << 20U;

/// "xml"; empty where the name has no dot.
std::string_view ending_of(const PackageFile& file) {
  const std::string_view name = file.path.file_name();
  const auto dot = name.rfind('.');
  return dot == std::string_view::npos ? std::string_view() : name.substr(dot + 1);
}

/// Octets that two paths share at their beginnings and at their ends.
std::size_t likeness(std::string_view a, std::string_view b) {
  const auto head = std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin();
  const auto tail = std::mismatch(a.rbegin(), a.rend(), b.rbegin(), b.rend()).first - a.rbegin();
  return static_cast<std::size_t>(head + tail);
}

/// The files of the base that patches may use.
class Bases {
 public:
  explicit Bases(const Files& files) : files_(files) {
    for (std::size_t place = 0; place < files.size(); ++place) {
      const PackageFile& file = files[place];
      if (file.kind != PackageFileKind::managed || file.size > Delta::kMaxPatched) continue;
      by_name_[file.path.file_name()].push_back(place);
      by_ending_[ending_of(file)].push_back(place);
    }
  }

  /// The one with that path, else the one of that name whose path is most alike.
  std::optional<std::size_t> best_for(const PackageFile& file) const {
    const auto found = by_name_.find(file.path.file_name());
    if (found == by_name_.end()) return std::nullopt;
    const auto rank = [&](std::size_t place) {
      const std::string& path = files_[place].path.str();
      return std::pair(path == file.path.str(), likeness(path, file.path.str()));
    };
    return *std::max_element(found->second.begin(), found->second.end(),
                             [&](std::size_t a, std::size_t b) { return rank(a) < rank(b); });
  }

  const std::vector<std::size_t>& with_ending(std::string_view ending) const {
    static const std::vector<std::size_t> kNone;
    const auto found = by_ending_.find(ending);
    return found == by_ending_.end() ? kNone : found->second;
  }

  std::uint64_t size(std::size_t place) const { return files_[place].size; }

 private:
  const Files& files_;
  std::map<std::string_view, std::vector<std::size_t>> by_name_;
  std::map<std::string_view, std::vector<std::size_t>> by_ending_;
};

/// Puts files together until a patch is full.
class Patches {
 public:
  Patches(const Bases& bases, std::uint64_t max_group) : bases_(bases), max_group_(max_group) {}

  void add(std::size_t place, const PackageFile& file, std::optional<std::size_t> base) {
    const std::uint64_t more = base && !own_.contains(*base) ? bases_.size(*base) : 0;
    const std::uint64_t made = made_ + file.size;
    const std::uint64_t needed = needed_ + more;
    if (made > Delta::kMaxPatched || needed > Delta::kMaxPatched || made + needed > max_group_) close();
    files_.push_back(place);
    made_ += file.size;
    if (!base) {
      endings_.insert(ending_of(file));
    } else if (own_.insert(*base).second) {
      needed_ += bases_.size(*base);
    }
  }

  std::vector<DeltaPatch> finish() {
    close();
    return std::move(done_);
  }

 private:
  void close() {
    if (files_.empty()) return;
    DeltaPatch patch{relatives(), std::move(files_)};
    patch.base.insert(patch.base.end(), own_.begin(), own_.end());
    done_.push_back(std::move(patch));
    files_.clear();
    own_.clear();
    endings_.clear();
    made_ = needed_ = 0;
  }

  /// A new file is often made after an older one of its kind, whose name nobody can guess.
  std::vector<std::size_t> relatives() {
    std::vector<std::size_t> out;
    std::uint64_t room = std::min(kMaxRelatives, Delta::kMaxPatched - needed_);
    for (const std::string_view ending : endings_) {
      for (const std::size_t place : bases_.with_ending(ending)) {
        if (own_.contains(place) || bases_.size(place) > room || relatives_left_ == 0) continue;
        --relatives_left_;
        out.push_back(place);
        room -= bases_.size(place);
      }
    }
    return out;
  }

  const Bases& bases_;
  std::uint64_t max_group_;
  std::vector<DeltaPatch> done_;
  std::vector<std::size_t> files_;
  std::set<std::size_t> own_;
  std::set<std::string_view> endings_;
  std::uint64_t made_ = 0;
  std::uint64_t needed_ = 0;
  std::size_t relatives_left_ = Delta::kMaxBases - PackageManifest::kMaxFiles;
};

std::vector<DeltaPatch> put_together(const Bases& bases, const Files& files, const std::vector<std::size_t>& places,
                                     std::uint64_t max_group) {
  Patches patches(bases, max_group);
  for (const std::size_t place : places)
    patches.add(place, files[place], bases.best_for(files[place]));
  return patches.finish();
}

bool is_too_large(const PackageFile& file, const PackageManifest& from, std::uint64_t most_together) {
  const PackageFile* before = from.find(file.path.str());
  const std::uint64_t base = before == nullptr ? 0 : before->size;
  return file.size > Delta::kMaxPatched || base > Delta::kMaxPatched || file.size + base > most_together;
}

std::uint64_t most_together(std::size_t files) {
  const std::uint64_t taken = kOfEachFile * files;
  return taken + kMaxGroup > kMaxTogether ? kMaxGroup : kMaxTogether - taken;
}

}  // namespace

Delta propose_delta(const PackageManifest& from, const PackageManifest& to, DeltaSubject subject) {
  std::set<std::size_t> copied;
  std::vector<DeltaCopy> moved;
  for (const DeltaCopy& copy : find_copies(from, to)) {
    copied.insert(copy.file);
    if (from.content().files[copy.base].path != to.content().files[copy.file].path) moved.push_back(copy);
  }
  std::vector<std::size_t> patched;
  Delta delta{std::move(subject), {}, std::move(moved), {}};
  const Files& files = to.content().files;
  const std::uint64_t most = most_together(std::max(files.size(), from.content().files.size()));
  for (std::size_t place = 0; place < files.size(); ++place) {
    if (copied.contains(place)) continue;
    const PackageFile& file = files[place];
    if (file.kind == PackageFileKind::editable || is_too_large(file, from, most)) {
      delta.whole.push_back(place);
    } else {
      patched.push_back(place);
    }
  }
  const Bases bases(from.content().files);
  delta.patches = put_together(bases, files, patched, kMaxGroup);
  if (delta.patches.size() > most_patches(from, to)) {
    delta.patches = put_together(bases, files, patched, kMaxLargeGroup);
  }
  return delta;
}

}  // namespace kip
