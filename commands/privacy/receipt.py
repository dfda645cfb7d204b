"""What may be asked about receipts: by who forgets, and has signed what it came to (N-8)."""

from __future__ import annotations

from collections.abc import Iterator

from commands.command import Asked, Change, Command, Decision, on
from commands.permission import needs_automaton
from domain.privacy import erasure
from domain.privacy import receipt as rule
from domain.privacy.erasure import ERASURE
from domain.privacy.receipt import BOOK, RECEIPT, Receipt, Receipts, Signature, Signer
from domain.staff.worker import ERASING


class IssueReceipt(Command, topic="receipt.issue", of=RECEIPT, only=BOOK):
    """Close an erasure with its signed receipt, which says what the facts say and follows the last one."""

    receipt: Receipt
    signature: Signature
    signer: Signer

    def decide(self, own: Receipts, asked: Asked) -> Decision:
        needs_automaton(asked, ERASING)
        person = self.receipt.person
        under_way = asked.read(ERASURE, person)
        yield from rule.issue(own, person, under_way, self.receipt, self.signature, self.signer)
        yield from self._completed(under_way)

    def _completed(self, under_way: erasure.Erasure) -> Iterator[Change]:
        told = erasure.complete(under_way, self.receipt.number, rule.digest(self.receipt))
        return on(ERASURE, self.receipt.person, told)
