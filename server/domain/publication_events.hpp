#pragma once

#include <vector>

#include <manifests/model/release_published.hpp>
#include <server/domain/recorder.hpp>
#include <server/domain/release_list.hpp>
#include <server/domain/repository_store.hpp>

namespace kip::server {

using Metadata = std::vector<ReleasePublished::File>;

/// The hashes of all metadata by which a client sees what is public.
Metadata metadata_hashes(const tuf::RepositoryFiles& files);

/// Records those releases that have no event yet, and returns them. Errors: those of the recorder.
Result<std::vector<PublicationRecord>> record_releases(UnitOfWork& unit, const Recorder& recorder, const Actor& actor,
                                                       const ReleaseList& list, const Metadata& metadata);

/// Records those rollouts that are not as they were recorded last; whether there were any. Errors: as above.
Result<bool> record_rollouts(UnitOfWork& unit, const Recorder& recorder, const Actor& actor,
                             const std::vector<Rollout>& rollouts);

}  // namespace kip::server
