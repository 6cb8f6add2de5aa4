/**
 * Long silences of members, written down when they end: who said nothing over so many messages has a row with their
 * word before and their word after. How much somebody had said up to a position is then read off a row or off a near
 * message, and nobody looks for it through a hundred thousand lines of others.
 *
 * A row says all it needs to be true by itself: the one word is number `own - 1` at `since`, the next number `own` at
 * `seq`. So one that is missing costs time and makes nothing wrong. `members.spoke_seq` is where the word number
 * `spoke_own` stands: the last one if that is the member's count, else a node of an older release counted since.
 */
import { type RawBuilder, sql } from 'kysely'

/**
 * Messages between two words of one member from which on their silence is written down. A look for a word passes as
 * many rows at most, about 3 ms; of a thousand who speak in turn one word in three thousand ends such a silence.
 */
export const silenceMin = 8_192

/** All of a group, as its messages say; `at` is a condition on app_id and group_id. */
export function silencesSaid(at: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`SELECT app_id, group_id, sender_id AS user_id, seq, since, own FROM (
      SELECT app_id, group_id, sender_id, seq, own, coalesce(lag(seq) OVER (PARTITION BY sender_id ORDER BY seq), 0) AS since
      FROM messages WHERE ${at} AND countable AND sender_id <> '') t
    WHERE seq - since > ${sql.raw(String(silenceMin))}`
}

/** What is written of silences and is not so: of all apps unless `where` says whose, by `s` a row's app and group. */
export function silencesUntrue(where: RawBuilder<unknown> = sql`true`): RawBuilder<unknown> {
  return sql`SELECT s.app_id, s.group_id, s.user_id, s.seq, s.own FROM silences s
      LEFT JOIN messages m USING (app_id, group_id, seq)
      LEFT JOIN messages b ON b.app_id = s.app_id AND b.group_id = s.group_id AND b.seq = s.since
    WHERE ${where} AND ((s.user_id, s.own, true) IS DISTINCT FROM (m.sender_id, m.own, m.countable)
      OR CASE s.since WHEN 0 THEN s.own <> 1
        ELSE (s.user_id, s.own - 1, true) IS DISTINCT FROM (b.sender_id, b.own, b.countable) END)
    UNION ALL SELECT s.app_id, s.group_id, s.user_id, s.spoke_seq, s.spoke_own FROM members s
      LEFT JOIN messages m ON m.app_id = s.app_id AND m.group_id = s.group_id AND m.seq = s.spoke_seq
    WHERE ${where} AND s.spoke_own > 0 AND (s.user_id, s.spoke_own, true) IS DISTINCT FROM (m.sender_id, m.own, m.countable)`
}
