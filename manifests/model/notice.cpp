#include <fmt/format.h>

#include <manifests/codec/choice.hpp>
#include <manifests/codec/reader.hpp>
#include <manifests/codec/reading.hpp>
#include <manifests/model/customer.hpp>
#include <manifests/model/notice.hpp>

namespace kip {
namespace {

constexpr std::size_t kMaxTitle = 1024;

constexpr Choices<NoticeKind, 5> kKinds = {{{NoticeKind::act_registered, "act-registered"},
                                            {NoticeKind::update_ready, "update-ready"},
                                            {NoticeKind::applied, "applied"},
                                            {NoticeKind::failed, "failed"},
                                            {NoticeKind::entitlement_ending, "entitlement-ending"}}};

/// Lets a visitor be written as a list of cases.
template <class... Cases>
struct Visitor : Cases... {
  using Cases::operator()...;
};
template <class... Cases>
Visitor(Cases...) -> Visitor<Cases...>;

void put_day(json::Object& out, const char* name, const std::optional<LegalDate>& day) {
  if (day) out.emplace(name, format_date(*day));
}

Result<InstallState> parse_failure(std::string_view text) {
  KIP_TRY(const InstallState state, parse_install_state(text));
  if (is_failure(state)) return state;
  return fail(ErrorCode::malformed, fmt::format("\"{}\" is no failure of an install", text));
}

Result<Notice> read_act(json::ObjectReader& in, ProductId product) {
  auto act = in.parsed("act", ActKey::parse);
  std::string title = in.optional_text("title", kMaxTitle).value_or(std::string());
  const auto signed_on = in.parsed("signed_on", parse_date);
  const auto effective_on = in.optional_parsed("effective_on", parse_date);
  const auto published_by = in.optional_parsed("published_by", parse_date);
  const auto installed_by = in.optional_parsed("installed_by", parse_date);
  KIP_TRY_VOID(in.finish());
  return Notice{std::move(product),
                ActNotice{*std::move(act), std::move(title), *signed_on, effective_on, published_by, installed_by}};
}

Result<Notice> read_release(json::ObjectReader& in, ProductId product) {
  auto version = in.parsed("version", Version::parse);
  auto acts = json::text_items(in, "acts", ActKey::parse, ReleaseNotice::kMaxActs);
  if (acts.empty()) in.refuse("acts", "is empty");
  const auto installed_by = in.optional_parsed("installed_by", parse_date);
  KIP_TRY_VOID(in.finish());
  return Notice{std::move(product), ReleaseNotice{*std::move(version), std::move(acts), installed_by}};
}

Result<Notice> read_applied(json::ObjectReader& in, ProductId product) {
  auto version = in.parsed("version", Version::parse);
  const auto computers = in.integer("computers", 1, kMaxSeats);
  const auto seats = in.integer("seats", 1, kMaxSeats);
  KIP_TRY_VOID(in.finish());
  return Notice{std::move(product),
                AppliedNotice{*std::move(version), static_cast<int>(computers), static_cast<int>(seats)}};
}

Result<Notice> read_failed(json::ObjectReader& in, ProductId product) {
  auto version = in.parsed("version", Version::parse);
  const auto state = in.parsed("state", parse_failure);
  KIP_TRY_VOID(in.finish());
  return Notice{std::move(product), FailedNotice{*std::move(version), *state}};
}

Result<Notice> read_ending(json::ObjectReader& in, ProductId product) {
  const auto last_day = in.parsed("last_day", parse_date);
  const auto days = in.integer("days", 1, 366);
  KIP_TRY_VOID(in.finish());
  return Notice{std::move(product), EndingNotice{*last_day, static_cast<int>(days)}};
}

}  // namespace

std::string_view to_string(NoticeKind kind) {
  return choice_text(kKinds, kind);
}
Result<NoticeKind> parse_notice_kind(std::string_view text) {
  return parse_choice(kKinds, "a kind of notice", text);
}

bool is_failure(InstallState state) {
  return state == InstallState::failed || state == InstallState::rejected || state == InstallState::rolled_back ||
         state == InstallState::held;
}

NoticeKind Notice::kind() const {
  return kNoticeKinds.at(content.index());
}

std::string Notice::subject() const {
  return std::visit(
      Visitor{[](const ActNotice& one) { return one.act.str(); },
              [](const ReleaseNotice& one) { return one.version.str(); },
              [](const AppliedNotice& one) { return one.version.str(); },
              [](const FailedNotice& one) { return one.version.str(); },
              [](const EndingNotice& one) { return fmt::format("{}/{}", format_date(one.last_day), one.days); }},
      content);
}

json::Value to_json(const Notice& notice) {
  json::Object out{{"kind", to_string(notice.kind())}, {"product", notice.product.str()}};
  std::visit(Visitor{[&](const ActNotice& one) {
                       out.emplace("act", one.act.str());
                       if (!one.title.empty()) out.emplace("title", one.title);
                       put_day(out, "signed_on", one.signed_on);
                       put_day(out, "effective_on", one.effective_on);
                       put_day(out, "published_by", one.published_by);
                       put_day(out, "installed_by", one.installed_by);
                     },
                     [&](const ReleaseNotice& one) {
                       out.emplace("version", one.version.str());
                       json::Array acts;
                       for (const ActKey& act : one.acts)
                         acts.push_back(act.str());
                       out.emplace("acts", std::move(acts));
                       put_day(out, "installed_by", one.installed_by);
                     },
                     [&](const AppliedNotice& one) {
                       out.emplace("version", one.version.str());
                       out.emplace("computers", one.computers);
                       out.emplace("seats", one.seats);
                     },
                     [&](const FailedNotice& one) {
                       out.emplace("version", one.version.str());
                       out.emplace("state", to_string(one.state));
                     },
                     [&](const EndingNotice& one) {
                       put_day(out, "last_day", one.last_day);
                       out.emplace("days", one.days);
                     }},
             notice.content);
  return out;
}

Result<Notice> read_notice(const json::Value& value) {
  json::ObjectReader in(value, "notice");
  const auto kind = in.parsed("kind", parse_notice_kind);
  auto product = in.parsed("product", ProductId::parse);
  if (!kind || !product) {
    KIP_TRY_VOID(in.finish());
    return fail(ErrorCode::internal, "a notice without kind or product");
  }
  switch (*kind) {
    case NoticeKind::act_registered:
      return read_act(in, *std::move(product));
    case NoticeKind::update_ready:
      return read_release(in, *std::move(product));
    case NoticeKind::applied:
      return read_applied(in, *std::move(product));
    case NoticeKind::failed:
      return read_failed(in, *std::move(product));
    case NoticeKind::entitlement_ending:
      return read_ending(in, *std::move(product));
  }
  return fail(ErrorCode::internal, "a notice of no kind");
}

Notice sample_notice(NoticeKind kind) {
  const ProductId product = ProductId::parse("forms").value();
  const Version version = Version::parse("2025.11.1").value();
  const ActKey act = ActKey::create("BTC", "99/2025/TT-BTC", 2025).value();
  const auto day = [](const char* text) { return parse_date(text).value(); };
  switch (kind) {
    case NoticeKind::act_registered:
      return {product, ActNotice{act, "Hướng dẫn chế độ kế toán doanh nghiệp", day("2025-10-27"), day("2026-01-01"),
                                 day("2025-11-03"), day("2025-11-10")}};
    case NoticeKind::update_ready:
      return {product, ReleaseNotice{version, {act}, day("2025-11-10")}};
    case NoticeKind::applied:
      return {product, AppliedNotice{version, 1, 3}};
    case NoticeKind::failed:
      return {product, FailedNotice{version, InstallState::rolled_back}};
    case NoticeKind::entitlement_ending:
      break;
  }
  return {product, EndingNotice{day("2025-12-31"), 30}};
}

}  // namespace kip
