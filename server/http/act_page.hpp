#pragma once

#include <string>
#include <vector>

#include <manifests/model/act_history.hpp>
#include <server/domain/board.hpp>
#include <server/http/page_words.hpp>

namespace kip::server {

/// An act with what is owed under it.
struct ActOnPage {
  Act act;
  ActHistory history;
  std::vector<BoardEntry> obligations;  ///< with their customers
};

/// One act as an HTML page that prints well: its dates and who confirmed them, and for each obligation the limit with
/// its explanation, what is published and installed, who is missing and whom to phone. Pure.
std::string act_page(const ActOnPage& shown, const PageWords& words, Instant now);

}  // namespace kip::server
