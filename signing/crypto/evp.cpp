#include "evp.hpp"

#include <array>

#include <openssl/err.h>

namespace kip::evp {

Bio reader(BytesView bytes) {
  return Bio(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())));
}

Bytes contents(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return Bytes(data, static_cast<std::size_t>(size));
}

Unexpected failure(ErrorCode code, std::string_view doing) {
  std::array<char, 160> text{};
  const unsigned long reason = ERR_peek_last_error();
  if (reason != 0) ERR_error_string_n(reason, text.data(), text.size());
  ERR_clear_error();
  std::string message(doing);
  if (reason != 0) message += std::string(" (") + text.data() + ")";
  return fail(code, std::move(message));
}

}  // namespace kip::evp
