-- Installs whose files lie in one folder, and attempts that go back by themselves.

ALTER TABLE enrolment ADD COLUMN layout TEXT NOT NULL DEFAULT 'versioned' CHECK (layout IN ('versioned', 'in-place'));
ALTER TABLE enrolment ADD COLUMN app_folder TEXT NOT NULL DEFAULT '';

ALTER TABLE attempt RENAME TO attempt_before;

CREATE TABLE attempt (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  move TEXT NOT NULL CHECK (move IN ('install', 'rollback')),
  phase TEXT NOT NULL CHECK (phase IN ('idle', 'downloaded', 'staged', 'applying', 'committed', 'confirmed', 'reverting',
                                       'reverted', 'held')),
  target_version TEXT,
  target_manifest TEXT,
  from_version TEXT,
  from_manifest TEXT,
  failure_state TEXT,
  failure_detail TEXT,
  trials INTEGER NOT NULL CHECK (trials >= 0)
) STRICT;

INSERT INTO attempt SELECT one, move, phase, target_version, target_manifest, from_version, from_manifest,
                           failure_state, failure_detail, 0 FROM attempt_before;

DROP TABLE attempt_before;
