-- By which labels the vendor counts this install in a rollout, as a JSON array, by the same word as what stands beside it.

ALTER TABLE postponement ADD COLUMN labels TEXT NOT NULL DEFAULT '[]';
