-- Several receipts are one event; among them each has its place. The table is made anew from the events.
ALTER TABLE receipts ADD COLUMN place INTEGER NOT NULL DEFAULT 1;

-- When a rollout was changed last: since when it is paused, where it is.
ALTER TABLE rollouts ADD COLUMN changed INTEGER NOT NULL DEFAULT 0;
