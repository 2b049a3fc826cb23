-- What the server had acknowledged before it lost it, as after its disk died and an older backup took its place: its word stays
-- here, and the receipts are sent again.

CREATE TABLE lost_acknowledgement (
  incarnation TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  event_index INTEGER NOT NULL,
  acknowledgement BLOB NOT NULL,
  PRIMARY KEY (incarnation, sequence, event_index)
) STRICT;
