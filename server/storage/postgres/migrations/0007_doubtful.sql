-- Installs about which a person has to decide are looked for twice a minute, and are few.
CREATE INDEX installs_doubtful ON installs (tenant, id) WHERE (standing = 'held' OR disputed <> 0);
