"""A database of the documents' companion, as it was before its migration or after it."""

import sqlite3
from contextlib import closing

OLD = """
CREATE TABLE conversations (id INTEGER PRIMARY KEY, user_id TEXT, session_id TEXT,
 started_at DATETIME, platform TEXT, is_active BOOLEAN, model_used TEXT, mood_board TEXT);
CREATE TABLE messages (id INTEGER PRIMARY KEY, conversation_id INTEGER, role TEXT, content TEXT,
 emotion TEXT, timestamp DATETIME, processing_time REAL, tokens INTEGER);
CREATE TABLE memories (id INTEGER PRIMARY KEY, user_id TEXT, content TEXT, tier TEXT,
 importance REAL, created_at DATETIME, expires_note TEXT);
CREATE TABLE agent_logs (id INTEGER PRIMARY KEY, agent_name TEXT, output TEXT,
 timestamp DATETIME);
INSERT INTO conversations VALUES (7, 'ann', 'uuid-1', '2025-05-01 10:00:00.000000', 'web', 1,
 'ollama', 'blue'), (8, 'bob', NULL, '2025-05-02 10:00:00', NULL, 0, NULL, NULL),
 (9, NULL, 'nobody', '2025-05-02 10:00:00', NULL, 0, NULL, NULL);
INSERT INTO messages VALUES
 (1, 7, 'user', 'Hello!', 'happy', '2025-05-01 10:00:01', NULL, 3),
 (2, 7, 'assistant', 'Hi there!', 'happy', '2025-05-01 10:00:02', 1.2, NULL),
 (3, 7, 'user', 'one', NULL, '2025-05-01 10:00:03', NULL, NULL),
 (4, 7, 'user', 'two; DROP TABLE messages', NULL, '2025-05-01 10:00:04', NULL, NULL),
 (5, 7, 'assistant', 'both', NULL, '2025-05-01 10:00:05', NULL, NULL),
 (6, 8, 'assistant', 'Welcome \U0001f4a5', NULL, '2025-05-02 10:00:01', NULL, NULL),
 (7, 7, 'system', 'be kind', NULL, '2025-05-01 10:00:00', NULL, NULL),
 (8, 99, 'user', 'lost', NULL, '2025-05-01 10:00:00', NULL, NULL),
 (9, 9, 'user', 'whose', NULL, '2025-05-01 10:00:00', NULL, NULL);
INSERT INTO memories VALUES (1, 'ann', 'likes tea', 'permanent', 0.9, '2025-05-01 10:00:02', 'no'),
 (2, 'ann', NULL, 'session', 0.1, '2025-05-01 10:00:02', NULL);
INSERT INTO agent_logs VALUES (1, 'mood', '{"sure": true}', '2025-05-01 10:00:02');
"""
NEW = """
ALTER TABLE messages ADD COLUMN context_embedding TEXT;
ALTER TABLE messages ADD COLUMN agent_outputs TEXT;
ALTER TABLE messages ADD COLUMN memory_context TEXT;
ALTER TABLE messages ADD COLUMN user_feedback REAL;
ALTER TABLE messages ADD COLUMN quality_score REAL;
ALTER TABLE messages ADD COLUMN training_flag BOOLEAN;
ALTER TABLE messages ADD COLUMN voice_pitch REAL;
ALTER TABLE messages ADD COLUMN voice_emotion TEXT;
ALTER TABLE messages ADD COLUMN audio_quality REAL;
ALTER TABLE conversations ADD COLUMN topics_discussed TEXT;
ALTER TABLE conversations ADD COLUMN training_data_exported BOOLEAN;
ALTER TABLE conversations ADD COLUMN ended_at DATETIME;
ALTER TABLE memories ADD COLUMN tags TEXT;
ALTER TABLE memories ADD COLUMN related_memories TEXT;
ALTER TABLE memories ADD COLUMN training_relevance REAL;
ALTER TABLE memories ADD COLUMN verified BOOLEAN;
ALTER TABLE agent_logs ADD COLUMN conversation_id INTEGER;
ALTER TABLE agent_logs ADD COLUMN message_id INTEGER;
ALTER TABLE agent_logs ADD COLUMN confidence_score REAL;
UPDATE messages SET quality_score = 0.8, user_feedback = 4, memory_context = '["likes tea"]',
 agent_outputs = '{"mood": {"of": 1}}', training_flag = 1 WHERE id = 2;
UPDATE messages SET voice_pitch = 180.5, voice_emotion = 'excited', audio_quality = 0.4,
 context_embedding = '[0.1]', user_feedback = 99 WHERE id = 1;
UPDATE conversations SET topics_discussed = '["work", "hobbies"]', training_data_exported = 1,
 ended_at = '2025-05-01 11:00:00' WHERE id = 7;
UPDATE memories SET tags = 'tea, drinks', related_memories = '[2]', training_relevance = 0.9,
 verified = 1 WHERE id = 1;
UPDATE agent_logs SET conversation_id = 7, message_id = 1, confidence_score = 0.7;
"""


def companion(path, *, migrated):
    """Write such a file."""
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(OLD + NEW * migrated)
    return path
