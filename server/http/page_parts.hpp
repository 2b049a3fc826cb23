#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <server/domain/board.hpp>
#include <server/http/page_words.hpp>

namespace kip::server {

// What the pages of the board have in common: HTML, escaped, without scripts. Pure.

/// The Content-Security-Policy that fits them: their own style, and nothing else.
extern const std::string_view kPagePolicy;

/// Everything around the content: title, style, the same page in the other languages, and that nothing is proven yet.
/// `target` is the page's own path, with "?" or "&" at its end, to which "lang=" is added.
std::string page_frame(std::string_view title, std::string_view target, const PageWords& words, Instant now,
                       std::string_view content);

/// "<span class="state missed">MISSED</span>" with its reason.
std::string state_html(ObligationState state, std::string_view reason, std::string_view detail, const PageWords& words);

/// An instant, with the local time where a limit says which that is.
std::string instant_html(Instant instant, const std::optional<Deadline>& due);

/// "left 2 days 3 h", "late by 45 min", or nothing.
std::string remaining_html(const ObligationView& view, const PageWords& words);

/// "BTC · 99/2025/TT-BTC (2025)"
std::string act_name_html(const ActKey& act);

/// An act's page, as pages of acts link to it: "act?act=BTC%3A99…".
std::string act_page_path(const ActKey& act);

}  // namespace kip::server
