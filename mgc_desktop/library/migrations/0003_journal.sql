-- The journal: what was written into files, in batches, so that every write can be undone, and a crash be settled.

CREATE TABLE batches (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL, -- write, undo
    undoes INTEGER REFERENCES batches (id), -- the batch that an undo takes back
    origin TEXT NOT NULL, -- window, command line
    policy TEXT NOT NULL, -- JSON: what was asked for
    begun_at REAL NOT NULL, -- s since the epoch
    ended_at REAL -- NULL while it is under way, and after a crash until the next start settles it
) STRICT;

-- One file of a batch. Entered as planned before any file is touched, so that stray copies are found after a crash;
-- pending, with digests and patch, is on the disk before the file is replaced.
CREATE TABLE tag_changes (
    id INTEGER PRIMARY KEY,
    batch_id INTEGER NOT NULL REFERENCES batches (id) ON DELETE CASCADE,
    track_id INTEGER REFERENCES tracks (id) ON DELETE SET NULL,
    path BLOB NOT NULL, -- as the library knows it
    target BLOB NOT NULL DEFAULT x'', -- the file behind it, where the path is a link
    container TEXT NOT NULL DEFAULT '', -- ID3v2.4, Vorbis comment, ...
    before TEXT NOT NULL, -- JSON array: the values of the genre field
    after TEXT NOT NULL,
    state TEXT NOT NULL, -- planned, pending, done, left (on purpose), failed
    reason TEXT NOT NULL DEFAULT '', -- why it was left or failed, in a sentence; or why it was to be written
    old_digest TEXT NOT NULL DEFAULT '', -- of the whole file
    new_digest TEXT NOT NULL DEFAULT '',
    patch BLOB, -- makes the old tag block of the new one
    changed_at REAL -- s since the epoch
) STRICT;

CREATE INDEX tag_changes_by_batch ON tag_changes (batch_id, state);
CREATE INDEX tag_changes_by_track ON tag_changes (track_id);
CREATE INDEX tag_changes_unsettled ON tag_changes (state) WHERE state IN ('planned', 'pending');
CREATE INDEX batches_by_undone ON batches (undoes);
