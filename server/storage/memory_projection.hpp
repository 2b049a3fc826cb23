#pragma once

// Inside server/storage only: tables of the projection in memory that are asked for more than a key.

#include "memory_table.hpp"

namespace kip::server {

class MemoryInstallations final : public MemoryTable<InstallationTable, InstallationKey, InstallationRecord> {
 public:
  Result<std::vector<InstallationRecord>> of(const InstallId& install) override {
    return matching([&](const InstallationRecord& installation) { return installation.install == install; });
  }

  Result<bool> has_version(const Version& version) override {
    return !matching([&](const InstallationRecord& one) { return one.version.str() == version.str(); }).empty();
  }
};

class MemoryProgress final : public MemoryTable<ProgressTable, ProgressKey, ProgressRecord> {
 public:
  Result<std::vector<ProgressRecord>> of(const ProductId& product, const Version& version) override {
    return matching([&](const ProgressRecord& one) { return one.product == product && one.version == version; });
  }
};

class MemoryDeferrals final : public MemoryTable<DeferralTable, InstallationKey, DeferralRecord> {
 public:
  Result<std::vector<DeferralRecord>> of(const InstallId& install) override {
    return matching([&](const DeferralRecord& deferral) { return deferral.install == install; });
  }
};

class MemoryObligations final : public MemoryTable<ObligationTable, std::int64_t, ObligationRecord> {
 public:
  Result<std::vector<ObligationRecord>> of(const ActKey& act) override {
    return matching([&](const ObligationRecord& obligation) { return obligation.act == act; });
  }
};

class MemoryRows final : public MemoryTable<RowTable, RowKey, RowRecord> {
 public:
  Result<Timed> timed(std::int64_t number, const std::optional<Instant>& due) override {
    Timed out;
    for (const RowRecord& row : matching([&](const RowRecord& one) { return one.number == number && one.counts(); })) {
      if (row.completed_at) {
        out.last_completed = out.last_completed ? std::max(*out.last_completed, *row.completed_at) : *row.completed_at;
        if (due && *row.completed_at >= *due) ++out.late;
      }
      const bool in_time = due && row.completed_at && *row.completed_at < *due;
      if (due && !in_time && row.deferred_at && *row.deferred_at < *due) ++out.delayed;
    }
    return out;
  }
};

class MemoryInstalls final : public MemoryTable<InstallTable, InstallId, InstallRecord> {
 public:
  Result<std::vector<InstallRecord>> admitted_by(const Sha256Digest& secret) override {
    return matching([&](const InstallRecord& install) { return install.code == secret; });
  }

  Result<std::vector<InstallRecord>> of(const CustomerKey& customer) override {
    return matching([&](const InstallRecord& install) {
      return CustomerKey{install.customer, install.product} == customer;
    });
  }

  Result<std::vector<InstallRecord>> bearing(const PublicKey& key) override {
    return matching([&](const InstallRecord& install) { return install.key.usable() == key; });
  }

  Result<std::vector<InstallRecord>> with(const ProductId& product) override {
    return matching([&](const InstallRecord& install) { return install.product == product; });
  }

  Result<std::vector<InstallRecord>> doubtful() override {
    return matching(
        [](const InstallRecord& install) { return install.standing == Standing::held || install.disputed; });
  }
};

class MemoryReceipts final : public MemoryTable<ReceiptTable, ReceiptKey, ReceiptRecord> {
 public:
  Result<std::vector<ReceiptRecord>> between(const InstallId& install, std::string_view incarnation, std::int64_t first,
                                             std::int64_t last) override {
    return matching([&](const ReceiptRecord& receipt) {
      return receipt.key.install == install && receipt.key.incarnation == incarnation &&
             receipt.key.sequence >= first && receipt.key.sequence <= last;
    });
  }

  Result<std::vector<ReceiptRecord>> of(const InstallId& install) override {
    auto out = matching([&](const ReceiptRecord& receipt) { return receipt.key.install == install; });
    std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) {
      return std::pair(a.event_index, a.place) < std::pair(b.event_index, b.place);
    });
    return out;
  }
};

class MemoryNotices final : public MemoryTable<NoticeTable, NoticeId, NoticeRecord> {
 public:
  Result<std::optional<NoticeRecord>> about(const NoticeSubject& subject) override {
    const auto found = matching([&](const NoticeRecord& record) { return subject_of(record) == subject; });
    return found.empty() ? std::optional<NoticeRecord>() : std::optional<NoticeRecord>(found.front());
  }

  Result<std::vector<NoticeRecord>> page(const NoticeFilter& filter, const std::optional<NoticeId>& after,
                                         std::size_t limit) override {
    auto out =
        matching([&](const NoticeRecord& record) { return (!after || *after < record.id) && matches(filter, record); });
    if (out.size() > limit) out.erase(out.begin() + static_cast<std::ptrdiff_t>(limit), out.end());
    return out;
  }

  Result<std::int64_t> last_cause() override {
    std::int64_t out = 0;
    for (const NoticeRecord& record : matching([](const NoticeRecord&) { return true; }))
      out = std::max(out, record.cause);
    return out;
  }
};

class MemoryServices final : public MemoryTable<ServiceTable, std::int64_t, ServiceRecord> {
 public:
  Result<std::optional<ServiceRecord>> by_id(const RequestId& id) override {
    auto found = matching([&](const ServiceRecord& record) { return record.request.facts().id == id; });
    return found.empty() ? std::optional<ServiceRecord>() : std::optional(std::move(found.front()));
  }

  Result<std::vector<ServiceRecord>> of(const CustomerKey& customer) override {
    return matching([&](const ServiceRecord& record) {
      const ServiceFacts& facts = record.request.facts();
      return CustomerKey{facts.customer, facts.product} == customer;
    });
  }

  Result<std::vector<ServiceRecord>> open() override {
    return matching([](const ServiceRecord& record) { return record.request.is_open(); });
  }

  Result<std::int64_t> open_of(const InstallId& install) override {
    return static_cast<std::int64_t>(matching([&](const ServiceRecord& record) {
                                       return record.request.is_open() && record.request.facts().install == install;
                                     }).size());
  }

  Result<std::int64_t> last_number() override {
    const auto all = matching([](const ServiceRecord&) { return true; });
    return all.empty() ? 0 : all.back().number();
  }
};

class MemoryInspections final : public MemoryTable<InspectionTable, std::int64_t, InspectionRecord> {
 public:
  Result<std::vector<InspectionRecord>> of(const CustomerKey& customer) override {
    return matching([&](const InspectionRecord& record) {
      return CustomerKey{record.customer, record.product} == customer;
    });
  }
};

}  // namespace kip::server
