#include <manifests/codec/reader.hpp>
#include <signing/tuf/publication_json.hpp>

namespace kip::tuf {
namespace {

constexpr std::size_t kMaxRoots = 256;

Result<Bytes> read_document(const json::Value& value) {
  const std::string* text = value.as_text();
  if (text == nullptr) return fail(ErrorCode::malformed, "a document is base64 text");
  return from_base64(*text);
}

}  // namespace

json::Value to_json(const Publication& publication) {
  json::Object out;
  json::Array roots;
  for (const Bytes& root : publication.roots)
    roots.emplace_back(to_base64(root));
  if (!roots.empty()) out["root"] = std::move(roots);
  if (publication.targets) out["targets"] = to_base64(*publication.targets);
  for (const auto& [role, bytes] : publication.delegated)
    out[role] = to_base64(bytes);
  return out;
}

Result<Publication> read_publication(const json::Value& documents) {
  if (documents.as_object() == nullptr) return fail(ErrorCode::malformed, "documents are a JSON object");
  Publication out;
  for (const auto& [role, value] : *documents.as_object()) {
    if (role == kRoot) {
      json::ObjectReader in(documents, "documents");
      in.array("root", kMaxRoots);
      out.roots = in.each("root", read_document, kMaxRoots);
      KIP_TRY_VOID(in.finish());
      continue;
    }
    KIP_TRY(Bytes bytes, read_document(value));
    if (role == kTargets) {
      out.targets = std::move(bytes);
    } else {
      out.delegated.emplace(role, std::move(bytes));
    }
  }
  return out;
}

}  // namespace kip::tuf
