"""What to do about each "no": one remedy for every code, and for those of the border their cause."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Remedy(NamedTuple):
    """What whoever is told no can do; and why they were, where the sentence that they are told does not say it."""

    remedy: str
    cause: str = ""


AGAIN = "Wait as long as `Retry-After-Ms` says and ask again; a command with the same id."

NOT_THERE = Remedy(
    "Look at the id, and at the worker for whom you ask: with the right to see it they are told of it.",
    "It never was, or the worker may not know of it: the two are answered alike, so that nothing is given away.",
)

MADE_BEFORE = Remedy(
    "Take the thing that is there, or send the request under a new command id to make another one.",
    "Its id follows from the caller and the command id, and under these it was made long ago.",
)

ONE_TOO_MANY = "Take out what is no longer needed, then ask again."

BORDER: Mapping[str, Remedy] = {
    "RequestUnreadable": Remedy(
        cause="What came over the connection is not HTTP/1.1, or its headers are larger than the server takes.",
        remedy="Look whether the port is the one of HTTP and whether TLS is wanted there; send fewer headers.",
    ),
    "NotFound": Remedy(
        cause="The path of the request leads nowhere.",
        remedy="`/openapi.json` lists every path there is.",
    ),
    "MethodNotAllowed": Remedy(
        cause="The path is asked with another method; the header `Allow` names those there are.",
        remedy="Commands and files are sent by POST; questions are asked by POST, and many by GET.",
    ),
    "NotAcceptable": Remedy(
        cause="The header `Accept` names nothing that this answer can be given as.",
        remedy="Accept `application/json`; of a listing also CSV, NDJSON or Parquet, a question `text/event-stream`.",
    ),
    "MediaTypeUnknown": Remedy(
        cause="The header `Content-Type` names something else than what is sent there.",
        remedy="Send `application/json`; a part of a file as `application/octet-stream`.",
    ),
    "PostOnly": Remedy(
        cause="A filter of the question holds what people type, and addresses are logged on their way.",
        remedy="Ask it by POST, with the envelope as the body.",
    ),
    "TooSlow": Remedy(
        cause="The body of the request did not come in time.",
        remedy="Send it again; a command with the same id.",
    ),
    "StreamsTaken": Remedy(
        cause="As many live lists are open as the process keeps, or as one caller or worker may have.",
        remedy="Close those that nobody looks at, or ask the question again from time to time.",
    ),
    "Malformed": Remedy(
        cause="The body is no JSON of the request's schema: a field is missing, unknown, or holds something else. "
        "`errors` names the fields, never what was in them.",
        remedy="Mend the program by the schema: `kartoteka send TOPIC --schema`, discovery, or `/openapi.json`.",
    ),
    "CommandIdExpired": Remedy(
        cause="A UUID of version 7 carries its time, and answers to those are kept for thirty days.",
        remedy="Find out by a question whether it was done; if it was not, send it with a new id.",
    ),
    "SignInRefused": Remedy(
        cause="The login or the password is wrong, the worker does not work here now, or the account is not linked.",
        remedy="Type both again; otherwise `kartoteka sign-in list` shows who may sign in, and `sign-in set` helps.",
    ),
    "SignInThrottled": Remedy(
        cause="Under this login, or from this address, too many attempts were not good.",
        remedy="Wait as long as `Retry-After` says. A browser that signed in before is not kept out by others.",
    ),
    "SessionEnded": Remedy(
        cause="The session's time was over, it was signed out somewhere, or the worker does not work here now.",
        remedy="Sign in again: POST `/v1/session`.",
    ),
    "CsrfMissing": Remedy(
        cause="The cookie came without `X-CSRF-Token`, or from a page of another origin, even if only to ask.",
        remedy="Send what the session was told as `csrf`; behind a proxy set `KARTOTEKA_PUBLIC_URL`.",
    ),
    "PasswordTooWeak": Remedy(
        cause="It is short, well known, or much like the login: `errors` says which.",
        remedy="Choose a longer one; several words will do, and any signs are taken.",
    ),
    "PasswordChangeNeeded": Remedy(
        cause="Whoever operates the service set the password, and so knows it.",
        remedy="Change it: POST `/v1/session/password`.",
    ),
    "ProviderAway": Remedy(
        cause="The provider of OpenID Connect was not reached, or answered otherwise than its standard says.",
        remedy="Try again; where it lasts, the log of the service says what was wrong.",
    ),
    "CallerUnknown": Remedy(
        cause="No credentials came with the request, they have ended, or the callers file names nobody of that name.",
        remedy="Give a token or a key that `kartoteka credentials list` shows, or have one made.",
    ),
    "ActorNotAllowed": Remedy(
        cause="The callers file says for which workers a caller may act, and this worker is none of them.",
        remedy="Ask for a worker of the caller's, or have whoever operates the service add this one.",
    ),
    "ScopeMissing": Remedy(
        cause="The caller's scopes do not cover this request.",
        remedy="Have whoever operates the service give the caller the scope, or use the caller that has it.",
    ),
    "CommandUnknown": Remedy(
        cause="The name in the subject or the path is no request's.",
        remedy="`kartoteka send --list` names all there are.",
    ),
    "QuestionUnknown": Remedy(
        cause="The name in the subject or the path is no question's.",
        remedy="`kartoteka query --list` names all there are.",
    ),
    "ViewAbsent": Remedy(cause="A read model is new, or is being made from the log for the first time.", remedy=AGAIN),
    "ViewBehind": Remedy(
        cause="The read models have not come to `min_position` within the time the question had.",
        remedy=f"{AGAIN} Where it lasts, `kartoteka projections status` tells which model is behind, and why.",
    ),
    "OutOfTime": Remedy(
        cause="The question asks for more than can be found within its deadline.",
        remedy="Ask for less: narrower filters, a smaller `limit`; or give it more time by `deadline_ms`.",
    ),
    "StoreAway": Remedy(cause="Postgres does not answer the service.", remedy=AGAIN),
    "KeyUnavailable": Remedy(
        cause="A key-encryption key is not in the folder of keys, or is just being changed.",
        remedy=f"{AGAIN} Where it lasts, look at the folder of keys: `kartoteka keys show`.",
    ),
    "LookUnkept": Remedy(
        cause="Whoever is shown a contact has looked, and the store did not take the record of it in time.",
        remedy=AGAIN,
    ),
    "PartNotFull": Remedy(
        cause="A number says where a part stands, so all but the last have one size.",
        remedy="Send parts of exactly 524,288 bytes, and say `last` of the last one.",
    ),
    "PartTooLarge": Remedy(
        cause="The part has more than 524,288 bytes.", remedy="Cut the file into parts of that size."
    ),
    "PartUnknown": Remedy(
        cause="The number is beyond the last part.", remedy="Go by `parts` in the first part's answer."
    ),
    "FileTooLarge": Remedy(
        cause="The file is larger than `KARTOTEKA_FILE_BYTES`.",
        remedy="Send a smaller one, or have whoever operates the service raise the setting.",
    ),
    "FileClash": Remedy(
        cause="The id was used for another file, another contact or another content of this part.",
        remedy="Put the file under a new id.",
    ),
    "FileDamaged": Remedy(
        cause="What lies in the store does not have the digest that the fact bears.",
        remedy="Restore the store of files from a backup; until then nothing of the file can be had.",
    ),
    "FileStoreAway": Remedy(cause="The broker's store of files does not answer the service.", remedy=AGAIN),
    "FileRequestUnknown": Remedy(
        cause="The last word of the subject or path is another one.", remedy="Say `put` or `get`."
    ),
    "TooLarge": Remedy(
        cause="The body is larger than one mebibyte.", remedy="Send several requests; a file goes in parts of its own."
    ),
    "Overloaded": Remedy(
        cause="As many requests wait as the service takes (`KARTOTEKA_WAITING`).",
        remedy=f"{AGAIN} Where it lasts, send less at once, or run more processes.",
    ),
    "DeadlinePassed": Remedy(
        cause="The request waited longer than its `deadline_ms`.",
        remedy="Send it again with the same id and a later deadline, if it is still wanted.",
    ),
    "Unavailable": Remedy(
        cause="Postgres went away while the request was stored: it may have been, or not.",
        remedy="Ask again with the same command id until there is an answer: it is done once at most.",
    ),
    "InQuarantine": Remedy(
        cause="The database was restored from a backup, or is another one, and may hold who has been forgotten since.",
        remedy="Whoever operates the service does what `kartoteka restore status` says.",
    ),
    "Draining": Remedy(cause="The process is being stopped.", remedy=AGAIN),
}
"""What is refused before any rule is asked, by code."""

RULES: Mapping[str, Remedy] = {
    # of every request
    "Broken": Remedy(
        "Report it: the service's log says where it broke. A command can be sent again with the same id.",
        "A defect of the service, met by this request.",
    ),
    "CommandIdClash": Remedy(
        "Make a new id for each new request; repeat the old one only word for word.",
        "The id stands in the command log with another body, actor, `happened_at` or `expected_version`.",
    ),
    "Contended": Remedy("Ask once more, with a new id; where it lasts, ask for less at once."),
    "HappenedInFuture": Remedy("Leave `happened_at` out, or set the clock of the machine that made it."),
    "SubjectFenced": Remedy("Stop: nothing about this person can be stored any more."),
    "VersionMoved": Remedy("Read the thing again, decide again, and send the new version with a new id."),
    "LateFactsNotAllowed": Remedy(
        "Send it within five minutes, leave `happened_at` out, or have the right `late-facts` granted."
    ),
    "LevelMissing": Remedy("Have somebody who administers the directory raise the worker's level there."),
    "RightMissing": Remedy(
        "Have the right granted: `worker.grant-right`. CATALOG.md names those that a question takes."
    ),
    "RoleMissing": Remedy("Have a manager of the area, or an area administrator, give the worker the role."),
    "EndPassed": Remedy("Leave the end out and let it end now, or name an instant to come."),
    # staff
    "WorkerUnknown": NOT_THERE,
    "WorkerAlreadyHired": MADE_BEFORE,
    "WorkerNotActive": Remedy("Choose another worker, or reactivate this one: `worker.reactivate`."),
    "WorkerIsForgotten": Remedy("Hire them anew if they are back: the old account is gone for good."),
    "WorkerStillAnswers": Remedy("Name a `successor` in the request, or say `forced`; `responsibilities` lists what."),
    "TooMuchToHandOver": Remedy("Name others for some of it one by one, then deactivate the worker."),
    "OwnSuccessor": Remedy("Name somebody else as successor."),
    "AbsenceOver": Remedy("Plan one that has not ended."),
    "AbsenceWithoutTime": Remedy("Let it end after it begins."),
    "OwnSubstitute": Remedy("Name somebody else, or nobody."),
    "TooManyAbsences": Remedy("End those that will not come about: `worker.end-absence`."),
    "TeamUnknown": NOT_THERE,
    "TeamAlreadyFormed": MADE_BEFORE,
    "LeaderNotInTeam": Remedy("Add the worker to the team first: `team.add-member`."),
    "AreaUnknown": NOT_THERE,
    "AreaAlreadyOpened": MADE_BEFORE,
    "AreaNotOpen": Remedy("Choose another area, or reopen this one: `area.reopen`."),
    "AreaIsDefault": Remedy("Name another default area first: `settings.set-default-area`."),
    "AreaInsideItself": Remedy("Move it to an area that does not lie in it."),
    "AreaTooDeep": Remedy("Move it further up."),
    # clients
    "BookmarkNotYours": Remedy("Send it with the worker whose mark it is as `actor`."),
    "TooManyBookmarks": Remedy(ONE_TOO_MANY),
    "DirectoryUnknown": NOT_THERE,
    "DirectoryAlreadyOpened": MADE_BEFORE,
    "DirectoryNotOpen": Remedy("Choose another directory, or reopen this one: `directory.reopen`."),
    "ContactUnknown": NOT_THERE,
    "ContactAlreadyOpened": MADE_BEFORE,
    "ContactGoesUnderAnother": Remedy("Send it about the contact that stands for it, or separate them."),
    "ContactIsEnding": Remedy("Stop; if it is a mistake, ask the privacy officer who asked for it at once."),
    "ContactIsForgotten": Remedy("Stop: nothing of them is left, and nothing can come back."),
    "ContactIsRestricted": Remedy("Ask a privacy officer to lift the restriction."),
    "LifeCycleNotListed": Remedy("Take one of the list, or add it: `settings.list-life-cycles`."),
    "SalutationNotListed": Remedy("Take one of the list, or add it: `settings.list-salutations`."),
    "RelationNotListed": Remedy("Take one of the list, or add it: `settings.list-relations`."),
    "AddressUnknown": NOT_THERE,
    "TooManyAddresses": Remedy(ONE_TOO_MANY),
    "EmailNotValid": Remedy("Look for a typing error; what is no e-mail address may be kept as a note."),
    "PhoneNotValid": Remedy("Look for a typing error; write it with `+` and the country's code."),
    "PhoneWithoutCountry": Remedy("Write it with `+` and the country's code, or set the place: `settings.set-place`."),
    "FileNotStored": Remedy("Put the contents again, all parts, for this contact; then attach within a day."),
    "FileUnknown": NOT_THERE,
    "TooManyPapers": Remedy(ONE_TOO_MANY),
    "LinkedWithItself": Remedy("Name another contact."),
    "NotAnOrganisation": Remedy("Name a company, or a part of one."),
    "OnlyPartsHaveAWhole": Remedy("Open the contact as a part, or relate the two: `contact.relate`."),
    "OnlyPersonsAreEmployed": Remedy("Relate the two instead: `contact.relate`."),
    "TooManyRelations": Remedy(ONE_TOO_MANY),
    "MergedWithItself": Remedy("Name another contact; it may have been merged into this one already."),
    "TooManyMerged": Remedy("Merge the rest into another contact, or separate some."),
    "TooFewLetters": Remedy("Search for more of the word."),
    "TooManyWords": Remedy("Search for fewer words."),
    "GroupUnknown": NOT_THERE,
    "GroupAlreadyFormed": MADE_BEFORE,
    "GroupNotOpen": Remedy("Choose another group, or reopen this one: `group.reopen`."),
    # company
    "ProcessAreaUnknown": NOT_THERE,
    "ProcessAreaAlreadyListed": MADE_BEFORE,
    "ProcessAreaNotOffered": Remedy("Choose another process area, or list a new one."),
    "ClosingRuleHalved": Remedy("Set both, or neither."),
    "EntryListedTwice": Remedy("Send the list without the repetition."),
    "SeverityListedTwice": Remedy("Send the list without the repetition."),
    "DefaultAreaMissing": Remedy("Name one: `settings.set-default-area`; or name the area in the request."),
    "SeverityNotListed": Remedy("Take one of the list, or add it: `settings.list-severities`."),
    # pricing
    "PlaceMissing": Remedy("Say where the company is: `settings.set-place`."),
    "AmountNotExact": Remedy("Round it to what the currency has: two decimals of EUR, none of JPY."),
    "ProductUnknown": NOT_THERE,
    "ProductAlreadyListed": MADE_BEFORE,
    "ProductNotSold": Remedy("Take the line out, or restore the product: `product.restore`."),
    "UnitNotListed": Remedy("Take one of the list, or add it: `settings.list-units`."),
    "PriceListUnknown": NOT_THERE,
    "PriceListAlreadyOpened": MADE_BEFORE,
    "PricesOverlap": Remedy("End the other price first, or choose other days or another quantity."),
    "TooManyPrices": Remedy("Withdraw prices that hold no longer: `prices.withdraw`."),
    "OrderUnknown": NOT_THERE,
    "OrderAlreadyDrafted": MADE_BEFORE,
    "OrderEmpty": Remedy("Put a line into it: `order.set-line`."),
    "OrderFrozen": Remedy("Cancel the order and draft another one."),
    "OrderLineUnknown": NOT_THERE,
    "OrderStepBack": Remedy("Look where the order stands: the question `order`."),
    "OrderStepSkipped": Remedy("Take the steps in their order; the question `order` tells where it stands."),
    "OrderStepTooEarly": Remedy("Name an instant after the step before it, or leave `happened_at` out."),
    "PriceMissing": Remedy("Give the product a price on a list of the customer's, or the line one of its own."),
    "TooManyLines": Remedy("Make two orders of it."),
    "TotalOther": Remedy("Look at the order again: a price has changed since the total was shown."),
    "TooMuchToExplain": Remedy("Ask for fewer lines at once."),
    # service
    "CalendarUnknown": NOT_THERE,
    "CalendarAlreadyDefined": MADE_BEFORE,
    "TooManyHolidays": Remedy(ONE_TOO_MANY),
    "ContractUnknown": NOT_THERE,
    "ContractAlreadyConcluded": MADE_BEFORE,
    "IncidentTypeUnknown": NOT_THERE,
    "IncidentTypeAlreadyListed": MADE_BEFORE,
    "IncidentTypeNotOffered": Remedy("Choose another incident type, or list a new one."),
    "TicketUnknown": NOT_THERE,
    "TicketAlreadyOpened": MADE_BEFORE,
    "TicketNotOpen": Remedy("Reopen it first: `ticket.reopen`; of a merged one send it about the one that stands."),
    "TicketNotResolved": Remedy("Resolve it first, or close it with a reason."),
    "TicketNotYetOpened": Remedy("Name an instant after the ticket was opened, or leave `happened_at` out."),
    "TicketStillOpen": Remedy("Nothing is to be done."),
    "NobodyNamed": Remedy("Name a worker or a team; to give it back is `ticket.give-back`."),
    "TicketClaimed": Remedy("Talk to whoever has it (`about`); a manager may assign it anew."),
    "TicketNotHeld": Remedy("Only who has it gives it back; a manager may assign it anew."),
    "TicketIsMerged": Remedy("Send it about the ticket that stands for it, or separate them."),
    "TicketMergedIntoItself": Remedy("Name another ticket."),
    "TicketNotMerged": Remedy("Nothing is to be done."),
    "TicketNotSplitOff": Remedy("Name a ticket that was split off."),
    "TicketsOfOthers": Remedy("Link them instead: `ticket.link`."),
    "TicketLinkedToItself": Remedy("Name another ticket."),
    "TooManyLinks": Remedy(ONE_TOO_MANY),
    "NotYetDue": Remedy(
        "Nothing is to be done: the timer asks again when it is due.",
        "Another process of the timer was faster, or what would have come about was averted.",
    ),
    "SenderIsForgotten": Remedy("Stop: who reported it is not to be known any more."),
    # what is reckoned
    "OneThingAsked": Remedy("Name a contact or a ticket, not both and not neither."),
    "NotOwed": Remedy("Ask for another promise; `timeline` of the ticket shows what happened."),
    "NothingSupposed": Remedy("Say what is to be otherwise."),
    "OneThingSupposed": Remedy("Suppose one thing of each; ask twice for two."),
    "OneContractSupposed": Remedy("Name an id or terms, and one of them in the place of each."),
    "InstantAhead": Remedy("Ask for an instant that has passed."),
    # talk and work
    "GatewayUnknown": NOT_THERE,
    "GatewayAlreadyOpened": MADE_BEFORE,
    "GatewayNotOpen": Remedy("Choose another gateway, or reopen this one: `gateway.reopen`."),
    "NoticeUnknown": NOT_THERE,
    "NoticeAlreadyWritten": MADE_BEFORE,
    "NoticeNotMailed": Remedy("Nothing is to be done: only notices that go by e-mail are delivered."),
    # privacy
    "SenderLinked": Remedy("Ask for the contact to be forgotten instead."),
    "ErasureUnknown": NOT_THERE,
    "ErasureReasonNotListed": Remedy("Take one of the list, or add it: `settings.list-erasure-reasons`."),
    "HoldGroundNotListed": Remedy("Take one of the list, or add it: `settings.list-hold-grounds`."),
    "ErasureStepSkipped": Remedy("Nothing is to be done: the saga takes its steps itself; `forget status` shows them."),
    "ErasureObstructed": Remedy("Do away with each of `obstacles`, which `kartoteka forget obstacles` lists."),
    "PersonTooManifold": Remedy("Separate merged contacts first, and forget them one after the other."),
    "ProofNotLapsed": Remedy("Wait until it has, or lift the hold: `hold.lift`."),
    "ReceiptOther": Remedy("Nothing is to be done: the saga makes the receipt anew."),
    "ReceiptOutOfTurn": Remedy("Nothing is to be done: the saga makes the receipt anew."),
}
"""What rules refuse, by code, in the order of the wings."""
