#include <charconv>
#include <iterator>
#include <limits>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <manifests/evidence/history_text.hpp>

namespace kip {
namespace {

constexpr std::size_t kMaxText = 16U << 20U;
constexpr std::size_t kMaxWords = 1000;

using Words = std::vector<std::string_view>;

Words split(std::string_view line) {
  Words out;
  while (!line.empty() && out.size() < kMaxWords) {
    const auto space = line.find(' ');
    if (space != 0) out.push_back(line.substr(0, space));
    line = space == std::string_view::npos ? std::string_view() : line.substr(space + 1);
  }
  return out;
}

/// Reads the words of one line after the first; the first fault is kept.
class LineReader {
 public:
  explicit LineReader(const Words& words) : words_(words) {}

  bool more() const { return next_ < words_.size(); }
  std::string_view word() {
    if (!more()) fault_ = true;
    return more() ? words_[next_++] : std::string_view();
  }
  std::uint64_t place() { return static_cast<std::uint64_t>(number(word(), 0)); }
  std::optional<std::uint64_t> optional_place() {
    const std::string_view text = word();
    return text == "-" ? std::nullopt : std::optional(static_cast<std::uint64_t>(number(text, 0)));
  }
  Instant time() { return time_of(word()); }
  std::optional<Instant> optional_time() {
    const std::string_view text = word();
    return text == "-" ? std::nullopt : std::optional(time_of(text));
  }
  bool flag(std::string_view name) {
    const bool set = more() && words_[next_] == name;
    if (set) ++next_;
    return set;
  }
  /// "NAME=VALUE"
  std::optional<std::string_view> option(std::string_view name) {
    if (!more() || !words_[next_].starts_with(name) || !words_[next_].substr(name.size()).starts_with('='))
      return std::nullopt;
    return words_[next_++].substr(name.size() + 1);
  }
  Instant time_of(std::string_view text) {
    return Instant(std::chrono::milliseconds(number(text, std::numeric_limits<std::int64_t>::min())));
  }
  std::uint64_t place_of(std::string_view text) { return static_cast<std::uint64_t>(number(text, 0)); }
  bool fault() const { return fault_ || more(); }

 private:
  std::int64_t number(std::string_view text, std::int64_t min) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc() || end != text.data() + text.size() || value < min) fault_ = true;
    return value;
  }

  const Words& words_;
  std::size_t next_ = 1;
  bool fault_ = false;
};

void read_stamp(LineReader& in, ObligationHistory& to) {
  Stamp stamp;
  stamp.authority = in.word();
  stamp.not_before = in.time();
  stamp.not_after = in.time();
  stamp.covers = in.place();
  stamp.recorded = in.optional_place();
  stamp.independent = !in.flag("development");
  to.stamps.push_back(std::move(stamp));
}

void read_install(LineReader& in, ObligationHistory& to) {
  InstallHistory install;
  install.install = in.word();
  install.contradicted = in.flag("contradicted");
  if (const auto place = in.option("retired")) install.retired = in.place_of(*place);
  install.retirement_signed = in.flag("signed");
  if (const auto time = in.option("attested")) install.attested = in.time_of(*time);
  to.installs.push_back(std::move(install));
}

/// False where no install was named before it.
bool read_word(LineReader& in, ObligationHistory& to) {
  if (to.installs.empty()) return false;
  InstalledWord word;
  word.place = in.place();
  const std::string_view kind = in.word();
  word.first = kind == "installed";
  word.claimed = in.time();
  word.basis = in.optional_time();
  word.after_gap = in.flag("gap");
  to.installs.back().words.push_back(word);
  return word.first || kind == "already-installed";
}

/// False for what is no line of a history.
bool read_line(const Words& words, ObligationHistory& to) {
  LineReader in(words);
  const std::string_view kind = words.front();
  bool known = true;
  if (kind == "due") {
    to.due = in.optional_time();
  } else if (kind == "quorum") {
    const std::uint64_t quorum = in.place();
    known = quorum >= 1 && quorum <= 100;
    to.quorum = static_cast<unsigned>(quorum);
  } else if (kind == "stamp") {
    read_stamp(in, to);
  } else if (kind == "head") {
    const std::uint64_t place = in.place();
    to.heads.push_back({place, in.place()});
  } else if (kind == "opened") {
    to.opened = in.place();
  } else if (kind == "part") {
    auto& places = to.published.emplace_back();
    while (in.more())
      places.push_back(in.place());
  } else if (kind == "rollout") {
    const std::uint64_t opened = in.place();
    to.rollout.push_back({opened, in.optional_place()});
  } else if (kind == "install") {
    read_install(in, to);
  } else if (kind == "word") {
    known = read_word(in, to);
  } else {
    known = false;
  }
  return known && !in.fault();
}

std::string time_text(const std::optional<Instant>& time) {
  return time ? std::to_string(time->time_since_epoch().count()) : std::string("-");
}

/// Without what is one customer's own.
ObligationHistory shared_of(ObligationHistory history) {
  history.rollout.clear();
  history.installs.clear();
  return history;
}

std::string place_text(const std::optional<std::uint64_t>& place) {
  return place ? std::to_string(*place) : std::string("-");
}

void write_shared(std::string& out, const ObligationHistory& history) {
  const auto to = std::back_inserter(out);
  fmt::format_to(to, "due {}\nquorum {}\nopened {}\n", time_text(history.due), history.quorum, history.opened);
  for (const Stamp& stamp : history.stamps) {
    fmt::format_to(to, "stamp {} {} {} {} {}{}\n", stamp.authority, time_text(stamp.not_before),
                   time_text(stamp.not_after), stamp.covers, place_text(stamp.recorded),
                   stamp.independent ? "" : " development");
  }
  for (const PrivateHead& head : history.heads)
    fmt::format_to(to, "head {} {}\n", head.place, head.covers);
  for (const std::vector<std::uint64_t>& places : history.published)
    fmt::format_to(to, "part{}{}\n", places.empty() ? "" : " ", fmt::join(places, " "));
}

void write_install(std::string& out, const InstallHistory& install) {
  const auto to = std::back_inserter(out);
  fmt::format_to(to, "install {}{}", install.install, install.contradicted ? " contradicted" : "");
  if (install.retired) fmt::format_to(to, " retired={}", *install.retired);
  if (install.retirement_signed) out += " signed";
  if (install.attested) fmt::format_to(to, " attested={}", time_text(install.attested));
  out += '\n';
  for (const InstalledWord& word : install.words) {
    fmt::format_to(to, "word {} {} {} {}{}\n", word.place, word.first ? "installed" : "already-installed",
                   time_text(word.claimed), time_text(word.basis), word.after_gap ? " gap" : "");
  }
}

}  // namespace

std::string history_text(const NamedHistory& named, Shared shared) {
  const ObligationHistory& history = named.history;
  std::string out = fmt::format("history {}{}\n", named.name, shared == Shared::as_before ? " as-before" : "");
  if (shared == Shared::written) write_shared(out, history);
  for (const RolloutSpan& span : history.rollout)
    out += fmt::format("rollout {} {}\n", span.opened, place_text(span.closed));
  for (const InstallHistory& install : history.installs)
    write_install(out, install);
  return out;
}

Result<std::vector<NamedHistory>> parse_histories(std::string_view text) {
  if (text.size() > kMaxText) return fail(ErrorCode::too_large, "more than 16 MiB of histories");
  std::vector<NamedHistory> out;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto end = text.find('\n');
    const Words words = split(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    if (words.empty() || words.front().starts_with('#')) continue;
    const auto wrong = [&] {
      return fail(ErrorCode::malformed, fmt::format("line {} is no line of a history", number));
    };
    if (words.front() == "history") {
      const bool as_before = words.size() == 3 && words[2] == "as-before";
      if (words.size() != 2 && !(as_before && !out.empty())) return wrong();
      out.push_back({std::string(words[1]), as_before ? shared_of(out.back().history) : ObligationHistory()});
    } else if (out.empty() || !read_line(words, out.back().history)) {
      return wrong();
    }
  }
  return out;
}

std::vector<NamedJudgement> judge_history(const NamedHistory& named) {
  const ObligationHistory& history = named.history;
  std::vector<NamedJudgement> out{{named.name, "published", judge_published(history)}};
  if (!history.rollout.empty()) out.push_back({named.name, "customer", judge_published_to_customer(history)});
  for (const InstallHistory& install : history.installs) {
    if (counts(history, install))
      out.push_back({named.name, "install:" + install.install, judge_installed(history, install)});
  }
  if (!history.installs.empty()) out.push_back({named.name, "installed", judge_all_installed(history)});
  return out;
}

std::string findings_text(const Judgement& judgement) {
  std::vector<std::string_view> findings;
  for (const Finding finding : judgement.findings)
    findings.push_back(to_string(finding));
  return fmt::format("{}", fmt::join(findings, ","));
}

std::string judgement_line(const NamedJudgement& judged) {
  const Judgement& judgement = judged.judgement;
  return fmt::format("{} {} {} {} {} {}", judged.history, judged.subject, to_string(judgement.verdict),
                     time_text(judgement.not_before), time_text(judgement.not_after), findings_text(judgement));
}

}  // namespace kip
