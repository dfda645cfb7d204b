"""What is to go by e-mail, and whether its recipient may know of the ticket still, as it goes out.

What read models tell may be old: so whether it is known what became of a notice is asked of the log, and nothing goes
out before the tickets are shown as they stood when the notice was written.
"""

from __future__ import annotations

from domain.staff.worker import Right
from projections.service.tickets import DESK
from projections.sight import STANDING, clause, holds, open_ticket

WAITING = f"""
SELECT n.notice, n.ticket, t.reference, n.occasion, string_to_array(n.roles, ',') AS roles, n.target,
       n.percent::int AS percent, n.due, n.written_at, n.recipient, coalesce(w.active, false) AS active,
       e.email AS sealed_email
FROM notices_to_mail q JOIN notices n ON n.notice = q.notice JOIN tickets t ON t.ticket = n.ticket
LEFT JOIN access_workers w ON w.worker = n.recipient LEFT JOIN worker_emails e ON e.worker = n.recipient
WHERE q.notice <> ALL (%(besides)s::text[]) AND NOT EXISTS (
    SELECT FROM facts f
    WHERE f.originator_id = 'notice-' || q.notice AND f.topic IN ('notice.delivered', 'notice.not-delivered'))
AND EXISTS (
    SELECT FROM facts f
    WHERE f.originator_id = 'notice-' || q.notice AND f.originator_version = 1 AND f.notification_id <= (
        SELECT position FROM read_models WHERE name = '{DESK.name}' AND state IN ('active', 'paused', 'failed')))
ORDER BY q.written_at, q.notice LIMIT %(most)s
"""
SEES = clause(f"""
answer AS (SELECT {holds(Right.BASIC, Right.HELPDESK)} AND EXISTS (
    SELECT FROM tickets t {STANDING} WHERE t.ticket = %(ticket)s AND {open_ticket()}))
SELECT * FROM answer
""")
