"""One good example of every fact and of every request, all of one small company."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal

from commands.clients.address import AddAddress, ChangeAddress, RemoveAddress
from commands.clients.bookmark import ClearBookmark, PutBookmark
from commands.clients.contact import (
    AttachPriceListToContact,
    ClassifyContact,
    DetachPriceListFromContact,
    MoveContact,
    OpenContact,
    RenameContact,
    SetContactContract,
    SetContactNumbers,
    SetContactResponsible,
)
from commands.clients.directory import (
    CloseDirectory,
    OpenDirectory,
    RenameDirectory,
    ReopenDirectory,
    SetDirectoryRight,
)
from commands.clients.group import (
    AttachPriceListToGroup,
    CloseGroup,
    DetachPriceListFromGroup,
    FormGroup,
    MoveGroup,
    RankGroup,
    RenameGroup,
    ReopenGroup,
    SetGroupContract,
    SetGroupResponsible,
)
from commands.clients.membership import JoinGroup, LeaveGroup
from commands.clients.merge import MergeContact, SeparateContact
from commands.clients.paper import AttachFile, NoteOnContact, RemoveContactNote, RemoveFile
from commands.clients.relation import EmployContact, RelateContact, SetContactPart, UnrelateContact
from commands.command import Command
from commands.company.process_area import (
    ListProcessArea,
    RenameProcessArea,
    RetireProcessArea,
    SetProcessAreaResponsible,
)
from commands.company.responsibility import CheckResponsibilities
from commands.company.settings import (
    ListErasureReasons,
    ListHoldGrounds,
    ListLifeCycles,
    ListRelations,
    ListSalutations,
    ListSeverities,
    ListUnits,
    SetBaseList,
    SetClosingRule,
    SetDefaultArea,
    SetDefaultContract,
    SetFormRule,
    SetHelpdeskProcessArea,
    SetHelpdeskResponsible,
    SetPlace,
    SetProofRetention,
)
from commands.pricing.order import (
    CancelOrder,
    ConfirmOrder,
    DraftOrder,
    EnterOrder,
    Given,
    OfferOrder,
    PlaceOrder,
    RemoveOrderLine,
    RepriceOrder,
    SetOrderLine,
    SettleOrder,
)
from commands.pricing.price import PutPrice, ReplacePrices, WithdrawPrice
from commands.pricing.price_list import OpenPriceList, RankPriceList, RenamePriceList, SetPriceListDays
from commands.pricing.product import ListProduct, RenameProduct, RestoreProduct, RetireProduct
from commands.privacy.erasure import (
    EndProof,
    FenceErasure,
    RecordAcknowledgements,
    RecordDestroyedKeys,
    RecordPurge,
    RepeatErasure,
    RequestErasure,
    TellErasure,
)
from commands.privacy.hold import LiftHold, PlaceHold
from commands.privacy.receipt import IssueReceipt
from commands.privacy.restriction import LiftRestriction, RestrictContact
from commands.service.calendar import AddHolidays, DefineCalendar, RemoveHolidays, RenameCalendar, ReviseCalendar
from commands.service.contract import ConcludeContract, ReviseContract
from commands.service.escalation import CloseUnanswered, EscalateTicket, StateMisses
from commands.service.exchange import LogCall, LogMessage
from commands.service.holding import AssignTicket, ClaimTicket, GiveTicketBack, HandOverTicket, TakeTicket
from commands.service.incident_type import ListIncidentType, RetireIncidentType, SetIncidentTypeContract
from commands.service.joining import MergeTicket, RejoinTicket, SeparateTicket, SplitTicket
from commands.service.link import LinkTicket, UnlinkTicket
from commands.service.opening import OpenTicket
from commands.service.routing import RouteTicket, RouteTicketAgain
from commands.service.ticket import (
    AssessTicket,
    ChangeTicketContract,
    CloseTicket,
    HoldTicket,
    NoteOnTicket,
    ReopenTicket,
    ResolveTicket,
    ResumeTicket,
    RetypeTicket,
    SetTicketCustomer,
    WithdrawAssessment,
)
from commands.staff.area import (
    CloseArea,
    GiveAreaRole,
    MoveArea,
    NameAreaHead,
    OpenArea,
    RenameArea,
    ReopenArea,
    TakeAreaRole,
)
from commands.staff.team import AddTeamMember, DisbandTeam, FormTeam, NameTeamLeader, RemoveTeamMember, RenameTeam
from commands.staff.worker import (
    DeactivateWorker,
    EndAbsence,
    GrantRight,
    HireWorker,
    PlanAbsence,
    ReactivateWorker,
    RenameWorker,
    SetNoticeChannels,
    SetWorkerEmail,
    WithdrawRight,
)
from commands.talk.gateway import (
    CloseGateway,
    OpenGateway,
    RenameGateway,
    ReopenGateway,
    SetGatewayProcessArea,
    SetGatewayResponsible,
)
from commands.work.notice import ConfirmDelivery, ReadNotice, ReportFailure, WriteNotice
from domain.clients.address import AddressAdded, AddressChanged, AddressKind, AddressRemoved, AddressUse
from domain.clients.bookmark import BookmarkCleared, BookmarkSet
from domain.clients.contact import (
    ContactAbsorbed,
    ContactClassified,
    ContactContractSet,
    ContactEndingBegun,
    ContactForgotten,
    ContactKept,
    ContactKind,
    ContactMerged,
    ContactMoved,
    ContactNumbersSet,
    ContactOpened,
    ContactPriceListAttached,
    ContactPriceListDetached,
    ContactReleased,
    ContactRenamed,
    ContactResponsibleSet,
    ContactRestricted,
    ContactRestrictionLifted,
    ContactSeparated,
)
from domain.clients.directory import (
    DirectoryClosed,
    DirectoryOpened,
    DirectoryRenamed,
    DirectoryReopened,
    DirectoryRightSet,
    Level,
)
from domain.clients.group import (
    GroupClosed,
    GroupContractSet,
    GroupFormed,
    GroupKind,
    GroupMoved,
    GroupPriceListAttached,
    GroupPriceListDetached,
    GroupRanked,
    GroupRenamed,
    GroupReopened,
    GroupResponsibleSet,
)
from domain.clients.membership import MemberJoined, MemberLeft
from domain.clients.paper import ContactFileAttached, ContactFileRemoved, ContactNoted, ContactNoteRemoved
from domain.clients.relation import ContactEmployed, ContactPartSet, ContactRelated, ContactUnrelated
from domain.company.process_area import (
    ProcessAreaListed,
    ProcessAreaRenamed,
    ProcessAreaResponsibleSet,
    ProcessAreaRetired,
)
from domain.company.responsibility import Kind, LackFound, Lacking, LackSettled
from domain.company.settings import (
    AfterClosing,
    BaseListSet,
    ClosingRuleSet,
    DefaultAreaSet,
    DefaultContractSet,
    ErasureReasonsListed,
    FormRuleSet,
    HelpdeskProcessAreaSet,
    HelpdeskResponsibleSet,
    HoldGroundsListed,
    LifeCyclesListed,
    PlaceSet,
    ProofRetentionSet,
    RelationsListed,
    SalutationsListed,
    SeveritiesListed,
    UnitsListed,
)
from domain.fact import Event
from domain.personal import Purpose
from domain.pricing.days import Days
from domain.pricing.order import (
    OrderCancelled,
    OrderConfirmed,
    OrderDrafted,
    OrderLine,
    OrderLinePriced,
    OrderLineRemoved,
    OrderLineSet,
    OrderOffered,
    OrderPlaced,
    OrderRepriced,
    OrderSettled,
)
from domain.pricing.price import Band, Price, PriceSet, PriceWithdrawn
from domain.pricing.price_list import PriceListDaysSet, PriceListOpened, PriceListRanked, PriceListRenamed
from domain.pricing.product import ProductListed, ProductRenamed, ProductRestored, ProductRetired
from domain.pricing.winner import Priced, Rejected, Winner
from domain.pricing.winner import Reason as NotWon
from domain.privacy.erasure import (
    AT_ONCE,
    Acknowledged,
    Counted,
    DestroyedKey,
    ErasureAcknowledged,
    ErasureCompleted,
    ErasureFenced,
    ErasureKeysDestroyed,
    ErasureProofLapsed,
    ErasurePurged,
    ErasureRefused,
    ErasureRequested,
    Kept,
    SubjectForgotten,
)
from domain.privacy.hold import HoldLifted, HoldPlaced
from domain.privacy.obstacle import Obstacle, ObstacleKind
from domain.privacy.receipt import FIRST, Receipt, ReceiptIssued, digest
from domain.service.assignment import Ineligible, Result, Source, Step
from domain.service.calendar import CalendarDefined, CalendarRenamed, CalendarRevised, OpeningHours
from domain.service.clock import Outcome
from domain.service.contract import ContractConcluded, ContractRevised, Targets, Terms
from domain.service.escalation import TicketEscalated, TicketEscalationSkipped, Told
from domain.service.exchange import Direction, TicketCallLogged, TicketMessageLogged, Way
from domain.service.holding import (
    TicketAssigned,
    TicketGivenBack,
    TicketHandedOver,
    TicketRouted,
    TicketTeamAssigned,
)
from domain.service.incident_type import IncidentTypeContractSet, IncidentTypeListed, IncidentTypeRetired
from domain.service.joining import (
    Exchanged,
    Said,
    TicketAbsorbed,
    TicketDivided,
    TicketMerged,
    TicketReleased,
    TicketSeparated,
    TicketSplitOff,
)
from domain.service.level import Level as EscalationLevel
from domain.service.level import Recipient
from domain.service.link import LinkKind, TicketLinked, TicketUnlinked
from domain.service.selection import Loser, Reason, Scope
from domain.service.statement import OutcomeCorrected, OutcomeStated
from domain.service.target import Target
from domain.service.ticket import (
    TicketAssessed,
    TicketAssessmentWithdrawn,
    TicketClosed,
    TicketContractChanged,
    TicketContractSelected,
    TicketCustomerSet,
    TicketHeld,
    TicketNoted,
    TicketOpened,
    TicketReopened,
    TicketResolved,
    TicketResumed,
    TicketRetyped,
    TicketStarted,
)
from domain.staff.absence import WorkerAbsenceEnded, WorkerAbsencePlanned
from domain.staff.area import (
    AreaClosed,
    AreaHeadNamed,
    AreaMoved,
    AreaOpened,
    AreaRenamed,
    AreaReopened,
    AreaRoleGiven,
    AreaRoleTaken,
    Role,
)
from domain.staff.team import (
    TeamDisbanded,
    TeamFormed,
    TeamLeaderNamed,
    TeamMemberAdded,
    TeamMemberRemoved,
    TeamRenamed,
)
from domain.staff.worker import (
    SYSTEM,
    Right,
    WorkerDeactivated,
    WorkerEmailSet,
    WorkerForgotten,
    WorkerHired,
    WorkerNoticeChannelsSet,
    WorkerReactivated,
    WorkerRenamed,
    WorkerRightGranted,
    WorkerRightWithdrawn,
)
from domain.talk.gateway import (
    GatewayClosed,
    GatewayKind,
    GatewayOpened,
    GatewayProcessAreaSet,
    GatewayRenamed,
    GatewayReopened,
    GatewayResponsibleSet,
)
from domain.values import (
    AbsenceId,
    AddressId,
    AreaId,
    CalendarId,
    ContactId,
    ContractId,
    DirectoryId,
    FileId,
    GatewayId,
    GroupId,
    IncidentTypeId,
    NoteId,
    NoticeId,
    OrderId,
    PriceListId,
    ProcessAreaId,
    ProductId,
    SubjectId,
    TeamId,
    TicketId,
    WorkerId,
    person,
    team_holder,
    worker_holder,
)
from domain.work.channel import Channel
from domain.work.delivery import MailSetting, NoticeDelivered, NoticeNotDelivered, Undelivered
from domain.work.notice import NoticeSeen, NoticeWithheld, NoticeWritten, Occasion, Withheld

ANNA, BORIS, OLGA = WorkerId("anna"), WorkerId("boris"), WorkerId("olga")
LEAVE, LEAVES, RETURNS = AbsenceId("leave"), datetime(2024, 6, 10, tzinfo=UTC), datetime(2024, 6, 24, tzinfo=UTC)
HOTLINE = TeamId("hotline")
WORKSHOP, OFFICE_FLOOR = AreaId("workshop"), AreaId("office-floor")
CUSTOMERS, SUPPLIERS = DirectoryId("customers"), DirectoryId("suppliers")
MILL, BAKERY = ContactId("mill"), ContactId("bakery")
MILLER, MILL_SHOP = ContactId("miller"), ContactId("mill-shop")
DOOR, MEMO, PLAN = AddressId("door"), NoteId("memo"), FileId("plan")
MILL_SUBJECT, ANNA_SUBJECT = SubjectId("5b1f0c"), SubjectId("77aa01")
VIP, REGULARS = GroupId("vip"), GroupId("regulars")
INVOICING, REPAIRS = ProcessAreaId("invoicing"), ProcessAreaId("repairs")
SUPPORT = GatewayId("support")
OFFICE = CalendarId("office")
GOLD, SILVER = ContractId("gold"), ContractId("silver")
DEFECT = IncidentTypeId("defect")
PUMP, BELT, HOSE = (TicketId(each) for each in ("pump", "belt", "hose"))
BELL = NoticeId("bell")
FLOUR, BRAN = ProductId("flour"), ProductId("bran")
RETAIL, TRADE = PriceListId("retail"), PriceListId("trade")
CART, BREAD = OrderId("cart"), OrderId("bread")
"""What the mill orders, and what the bakery does."""
GRAVE, SLIGHT = "grave", "slight"
SACK, KILO = "sack", "kg"

NINE_TO_FIVE = ((540, 1020),)
OFFICE_HOURS = OpeningHours(zone="UTC", week=(NINE_TO_FIVE,) * 5 + ((), ()))
SUMMER_HOURS = OpeningHours(
    zone="Europe/Kyiv", week=(((480, 720), (780, 960)),) * 5 + ((), ()), holidays=(date(2024, 8, 26),)
)
GOLD_TERMS = Terms(
    calendar=OFFICE,
    general=Targets(first_response_seconds=3_600, resolution_seconds=8 * 3_600),
    not_assessed=Targets(first_response_seconds=7_200, resolution_seconds=16 * 3_600),
    by_severity={GRAVE: Targets(first_response_seconds=1_800, resolution_seconds=4 * 3_600)},
)
WATCHED_TERMS = GOLD_TERMS.model_copy(
    update={
        "levels": (
            EscalationLevel(target=Target.FIRST_RESPONSE, percent=50, recipients=(Recipient(worker_holder(ANNA)),)),
        )
    }
)
"""As gold, with somebody to be told in time."""

HASTY_TERMS = GOLD_TERMS.model_copy(update={"not_assessed": Targets(first_response_seconds=60)})
"""As gold, with a minute to answer."""

SILVER_TERMS = Terms(calendar=OFFICE, general=Targets(resolution_seconds=24 * 3_600))
DUE = datetime(2024, 6, 4, 13, 30, tzinfo=UTC)
WROTE, TEN = datetime(2024, 6, 4, 9, 10, tzinfo=UTC), datetime(2024, 6, 3, 10, tzinfo=UTC)
THIS_YEAR = Days(first=date(2024, 1, 1), last=date(2024, 12, 31))
FEW, MANY = Band(up_to=Decimal(10)), Band(above=Decimal(10), up_to=Decimal("99.5"))
BY_TEN = Price(unit=KILO, band=MANY, days=THIS_YEAR, amount=Decimal("4.50"), per=10)
BY_SACK = Price(unit=SACK, amount=Decimal("12.00"))
SOME_FLOUR = OrderLine(product=FLOUR, quantity=Decimal("20.5"), unit=KILO)
WON = Priced(
    day=date(2024, 6, 3),
    currency="EUR",
    quantity=Decimal("20.5"),
    winner=Winner(price_list=TRADE, priority=5, groups=(VIP,), own=True, price=BY_TEN, net=Decimal("9.23")),
    rejected=(Rejected(price_list=RETAIL, priority=10, base=True, reason=NotWon.LOWER_PRIORITY),),
)

THE_MILL = person("contact", MILL)
THEIR_WISH, LAWSUIT = "their wish", "lawsuit"
ASKED_TO_FORGET = datetime(2020, 1, 6, tzinfo=UTC)
PROVEN_UNTIL, INERT_AT = datetime(2023, 1, 5, tzinfo=UTC), datetime(2020, 3, 6, tzinfo=UTC)
DESTROYED_KEYS = (
    DestroyedKey(subject=MILL_SUBJECT, purpose=Purpose.PROFILE, epoch=1, kek_epoch=2, fingerprint="0a" * 32),
    DestroyedKey(subject=MILL_SUBJECT, purpose=Purpose.CONTENT, epoch=1, kek_epoch=2, fingerprint="0b" * 32),
)
DESTROYED = (Counted(kind="contact.opened name", count=1), Counted(kind="ticket.opened title", count=2))
KEPT = (
    Kept(kind="ticket.message-logged sent", count=3, ground="proof"),
    Kept(kind="ticket.opened", count=2, ground="sla-outcomes"),
)
PURGED = (Counted(kind="contact_names", count=1), Counted(kind="files", count=0))
PROCESSES = (Acknowledged(name="serving", position=40), Acknowledged(name="mailing", position=41))
PROJECTIONS = (Acknowledged(name="client_papers", position=40),)
RECEIPT = Receipt(
    number=1,
    previous=FIRST,
    person=THE_MILL,
    reason=THEIR_WISH,
    requested_at=ASKED_TO_FORGET,
    officer=SYSTEM,
    fenced_at=ASKED_TO_FORGET,
    completed_at=TEN,
    contacts=(MILL,),
    subjects=(MILL_SUBJECT,),
    purposes=AT_ONCE,
    destroyed=DESTROYED,
    kept=KEPT,
    sent_may_quote=True,
    purged=PURGED,
    keys=DESTROYED_KEYS,
    processes=PROCESSES,
    projections=PROJECTIONS,
    backups_inert_at=INERT_AT,
    proof_until=PROVEN_UNTIL,
    former=None,
)
SIGNATURE, SIGNER = "5e" * 64, "7d" * 8

EVENTS: tuple[Event, ...] = (
    WorkerHired(subject=ANNA_SUBJECT, name="Anna Kovalenko"),
    WorkerRenamed(subject=ANNA_SUBJECT, name="Anna Shevchenko"),
    WorkerEmailSet(subject=ANNA_SUBJECT, email="anna@example.com"),
    WorkerNoticeChannelsSet(channels=(Channel.EMAIL,)),
    WorkerRightGranted(right=Right.HELPDESK),
    WorkerRightWithdrawn(right=Right.SALES),
    WorkerDeactivated(),
    WorkerReactivated(),
    WorkerForgotten(),
    WorkerAbsencePlanned(absence=LEAVE, since=LEAVES, until=RETURNS, substitute=ANNA),
    WorkerAbsenceEnded(absence=LEAVE),
    TeamFormed(name="Hotline"),
    TeamRenamed(name="Helpdesk"),
    TeamMemberAdded(worker=ANNA),
    TeamMemberRemoved(worker=BORIS),
    TeamLeaderNamed(worker=ANNA),
    TeamDisbanded(),
    AreaOpened(name="Workshop", parent=OFFICE_FLOOR),
    AreaRoleGiven(holder=worker_holder(ANNA), role=Role.MEMBER),
    AreaRoleTaken(holder=team_holder(HOTLINE), role=Role.READER),
    AreaRenamed(name="Repairs"),
    AreaHeadNamed(worker=BORIS),
    AreaMoved(parent=OFFICE_FLOOR),
    AreaClosed(),
    AreaReopened(),
    DirectoryOpened(name="Customers"),
    DirectoryRightSet(holder=team_holder(HOTLINE), level=Level.EDIT),
    DirectoryRenamed(name="Clients"),
    DirectoryClosed(),
    DirectoryReopened(),
    ContactOpened(
        directory=CUSTOMERS, subject=MILL_SUBJECT, kind=ContactKind.COMPANY, name="Old Mill", reference="C 17/4"
    ),
    ContactRenamed(subject=MILL_SUBJECT, name="New Mill"),
    ContactMoved(origin=CUSTOMERS, directory=SUPPLIERS),
    ContactContractSet(incident_type=DEFECT, contract=GOLD),
    ContactNumbersSet(subject=MILL_SUBJECT, company_number="27082440", vat_number="CZ27082440"),
    ContactClassified(life_cycle="customer", salutation="Dear miller"),
    ContactResponsibleSet(responsible=team_holder(HOTLINE)),
    ContactPriceListAttached(price_list=TRADE),
    ContactPriceListDetached(price_list=TRADE),
    AddressAdded(
        address=DOOR,
        kind=AddressKind.EMAIL,
        use=AddressUse.BILLING,
        subject=MILL_SUBJECT,
        typed="Office@Mill.example",
        normal="office@mill.example",
    ),
    AddressChanged(address=DOOR, subject=MILL_SUBJECT, typed="Desk@Mill.example", normal="desk@mill.example"),
    AddressRemoved(address=DOOR),
    ContactNoted(note=MEMO, subject=MILL_SUBJECT, text="Closed in August.\nRing twice."),
    ContactNoteRemoved(note=MEMO),
    ContactFileAttached(
        file=PLAN,
        subject=MILL_SUBJECT,
        name="The yard.pdf",
        media_type="application/pdf",
        size_bytes=20_480,
        digest="9f" * 32,
    ),
    ContactFileRemoved(file=PLAN),
    ContactEmployed(employer=MILL),
    ContactPartSet(whole=MILL),
    ContactRelated(relation="supplier", other=BAKERY),
    ContactUnrelated(relation="supplier", other=BAKERY),
    ContactMerged(survivor=MILL),
    ContactSeparated(survivor=MILL),
    ContactAbsorbed(contact=BAKERY),
    ContactReleased(contact=BAKERY),
    ContactRestricted(subjects=(MILL_SUBJECT,), ground=LAWSUIT),
    ContactRestrictionLifted(subjects=(MILL_SUBJECT,)),
    ContactEndingBegun(),
    ContactKept(),
    ContactForgotten(),
    BookmarkSet(contact=MILL),
    BookmarkCleared(contact=MILL),
    MemberJoined(group=VIP),
    MemberLeft(group=VIP),
    GroupFormed(directory=CUSTOMERS, kind=GroupKind.CUSTOMERS, name="VIP", rank=1),
    GroupRenamed(name="Very important"),
    GroupRanked(rank=2),
    GroupContractSet(incident_type=None, contract=SILVER),
    GroupMoved(origin=CUSTOMERS, directory=SUPPLIERS),
    GroupClosed(),
    GroupReopened(),
    GroupResponsibleSet(process_area=INVOICING, person=ANNA, team=HOTLINE, area=WORKSHOP),
    GroupPriceListAttached(price_list=TRADE),
    GroupPriceListDetached(price_list=TRADE),
    DefaultAreaSet(area=WORKSHOP),
    DefaultContractSet(contract=SILVER),
    SeveritiesListed(severities=(GRAVE, SLIGHT)),
    HelpdeskResponsibleSet(responsible=ANNA),
    HelpdeskProcessAreaSet(process_area=REPAIRS),
    PlaceSet(zone="Europe/Kyiv", country="UA"),
    LifeCyclesListed(entries=("lead", "customer")),
    SalutationsListed(entries=("Dear miller", "Dear baker")),
    RelationsListed(entries=("supplier", "neighbour")),
    FormRuleSet(reopens=AfterClosing.REOPEN),
    ClosingRuleSet(after_seconds=5 * 8 * 3_600, calendar=OFFICE),
    UnitsListed(entries=(SACK, KILO)),
    BaseListSet(price_list=RETAIL),
    ErasureReasonsListed(entries=(THEIR_WISH, "consent withdrawn")),
    HoldGroundsListed(entries=(LAWSUIT, "tax")),
    ProofRetentionSet(days=1_095),
    ProcessAreaListed(name="Invoicing"),
    ProcessAreaRenamed(name="Invoices"),
    ProcessAreaRetired(),
    ProcessAreaResponsibleSet(responsible=team_holder(HOTLINE)),
    LackFound(
        kind=Kind.GROUP,
        thing=VIP,
        process_area=INVOICING,
        worker=BORIS,
        lacks=(Lacking.AREA, Lacking.DIRECTORY),
    ),
    LackSettled(kind=Kind.GROUP, thing=VIP, process_area=INVOICING, worker=BORIS),
    ProductListed(number="F-25/1", name="Flour", unit=KILO),
    ProductRenamed(name="Wheat flour"),
    ProductRetired(),
    ProductRestored(),
    PriceListOpened(name="Trade", priority=5, currency="EUR", days=THIS_YEAR),
    PriceListRenamed(name="Bakers"),
    PriceListRanked(priority=20),
    PriceListDaysSet(days=Days(last=date(2024, 9, 30))),
    PriceSet(price=BY_TEN),
    PriceWithdrawn(unit=KILO, above=Decimal(10), first=date(2024, 1, 1)),
    OrderDrafted(customer=MILL, currency="EUR", reference="PO 2024/7"),
    OrderLineSet(number=1, line=SOME_FLOUR),
    OrderLineRemoved(number=2),
    OrderLinePriced(number=1, priced=WON),
    OrderOffered(),
    OrderPlaced(),
    OrderConfirmed(total=Decimal("9.23")),
    OrderRepriced(total=Decimal("9.23")),
    OrderSettled(),
    OrderCancelled(),
    CalendarDefined(name="Office", hours=OFFICE_HOURS),
    CalendarRevised(hours=SUMMER_HOURS),
    CalendarRenamed(name="Summer"),
    ContractConcluded(name="Gold", terms=GOLD_TERMS),
    ContractRevised(terms=SILVER_TERMS),
    IncidentTypeListed(name="Defect"),
    IncidentTypeRetired(),
    IncidentTypeContractSet(contract=GOLD),
    GatewayOpened(name="Support", kind=GatewayKind.MAILBOX, process_area=INVOICING),
    GatewayRenamed(name="Helpdesk form"),
    GatewayProcessAreaSet(process_area=REPAIRS),
    GatewayResponsibleSet(responsible=team_holder(HOTLINE)),
    GatewayClosed(),
    GatewayReopened(),
    TicketOpened(
        subject=MILL_SUBJECT,
        reporter=MILL,
        customer=MILL,
        area=WORKSHOP,
        incident_type=DEFECT,
        title="The pump stands still",
        description="Since this morning.\nIt hums, but nothing moves.",
        reference="4711",
        product="P-3 / 200",
    ),
    TicketContractSelected(
        contract=GOLD,
        version=1,
        scope=Scope.GROUP,
        losers=(Loser(contract=SILVER, scope=Scope.MODULE, reason=Reason.LATER_SCOPE),),
    ),
    TicketContractChanged(contract=SILVER, subject=MILL_SUBJECT, reason="Agreed by telephone"),
    TicketCustomerSet(subject=MILL_SUBJECT, reporter=MILLER, customer=MILL),
    TicketRetyped(incident_type=DEFECT),
    TicketAssessed(severity=GRAVE),
    TicketAssessmentWithdrawn(),
    TicketRouted(
        assignee=None,
        steps=(
            Step(source=Source.HELPDESK, candidate=BORIS, result=Result.NOT_ELIGIBLE, reason=Ineligible.NOT_MEMBER),
        ),
    ),
    TicketAssigned(assignee=ANNA),
    TicketTeamAssigned(team=HOTLINE),
    TicketGivenBack(),
    TicketHandedOver(subject=MILL_SUBJECT, note="They know the pump"),
    TicketStarted(),
    TicketHeld(),
    TicketResumed(),
    TicketCallLogged(subject=MILL_SUBJECT, answered=True, note="Will send a picture"),
    TicketMessageLogged(
        subject=MILL_SUBJECT,
        direction=Direction.INCOMING,
        way=Way.EMAIL,
        text="It stands still again.\nPlease call.",
        through=(BELT,),
    ),
    TicketNoted(subject=MILL_SUBJECT, text="Probably the seal"),
    TicketResolved(),
    TicketClosed(reason="duplicate"),
    TicketReopened(),
    TicketLinked(kind=LinkKind.ORDER, thing=CART),
    TicketUnlinked(kind=LinkKind.PRODUCT, thing=FLOUR),
    TicketMerged(survivor=BELT),
    TicketSeparated(survivor=BELT),
    TicketAbsorbed(ticket=BELT, exchanged=(Exchanged(said=Said.WROTE, at=WROTE, through=(HOSE,)),)),
    TicketReleased(ticket=BELT),
    TicketDivided(part=BELT),
    TicketSplitOff(origin=BELT, answered_at=WROTE),
    TicketEscalated(
        target=Target.NEXT_RESPONSE,
        since=WROTE,
        contract=GOLD,
        contract_version=1,
        assignment=2,
        percent=80,
        due=DUE,
        told=(
            Told(worker=ANNA, recipient=Recipient("assignee")),
            Told(worker=OLGA, recipient=Recipient(worker_holder(BORIS)), instead_of=BORIS),
        ),
        channels=(Channel.SYSTEM, Channel.EMAIL),
    ),
    TicketEscalationSkipped(
        target=Target.RESOLUTION,
        since=None,
        contract=GOLD,
        contract_version=1,
        assignment=2,
        percent=50,
        due=DUE,
    ),
    OutcomeStated(
        target=Target.RESOLUTION,
        outcome=Outcome.MET,
        due=DUE,
        contract=GOLD,
        contract_version=1,
        judged_at=datetime(2024, 6, 3, 15, tzinfo=UTC),
        consumed_seconds=5_400,
    ),
    OutcomeCorrected(
        target=Target.RESOLUTION,
        outcome=Outcome.MISSED,
        due=DUE,
        contract=GOLD,
        contract_version=1,
        judged_at=DUE,
        consumed_seconds=30_000,
        replaces=7,
    ),
    NoticeWritten(recipient=ANNA, ticket=PUMP, occasion=Occasion.ASSIGNED, channel=Channel.SYSTEM),
    NoticeSeen(),
    NoticeWithheld(
        recipient=BORIS,
        ticket=PUMP,
        occasion=Occasion.ESCALATED,
        channel=Channel.EMAIL,
        reason=Withheld.UNSEEN,
        roles=(Recipient("area-head"),),
        target=Target.RESOLUTION,
        percent=75,
        due=DUE,
    ),
    NoticeDelivered(),
    NoticeNotDelivered(reason=Undelivered.NOT_CONFIGURED, missing=MailSetting.HOST),
    HoldPlaced(ground=LAWSUIT, until=datetime(2031, 1, 1, tzinfo=UTC)),
    HoldLifted(ground=LAWSUIT),
    ErasureRequested(
        reason=THEIR_WISH,
        contacts=(MILL,),
        subjects=(MILL_SUBJECT,),
        proof_until=PROVEN_UNTIL,
    ),
    ErasureRefused(
        subjects=(MILL_SUBJECT,),
        obstacles=(
            Obstacle(kind=ObstacleKind.OPEN_TICKET, thing=PUMP),
            Obstacle(kind=ObstacleKind.LEGAL_HOLD, ground=LAWSUIT),
            Obstacle(kind=ObstacleKind.PROOF_RETENTION_UNSET),
        ),
    ),
    ErasureFenced(subjects=(MILL_SUBJECT,), purposes=AT_ONCE),
    ErasureProofLapsed(subjects=(MILL_SUBJECT,)),
    ErasureKeysDestroyed(keys=DESTROYED_KEYS, inert_at=INERT_AT),
    ErasurePurged(destroyed=DESTROYED, kept=KEPT, purged=PURGED),
    ErasureAcknowledged(processes=PROCESSES, projections=PROJECTIONS),
    SubjectForgotten(contacts=(MILL,), subjects=(MILL_SUBJECT,), purposes=AT_ONCE),
    ErasureCompleted(number=1, digest=digest(RECEIPT)),
    ReceiptIssued(receipt=RECEIPT, digest=digest(RECEIPT), signature=SIGNATURE, signer=SIGNER),
)

REQUESTS: tuple[Command, ...] = (
    HireWorker(name="Anna Kovalenko"),
    RenameWorker(worker=ANNA, name="Anna Shevchenko"),
    SetWorkerEmail(worker=ANNA, email="anna@example.com"),
    SetNoticeChannels(worker=ANNA, channels=(Channel.EMAIL,)),
    GrantRight(worker=ANNA, right=Right.HELPDESK),
    WithdrawRight(worker=ANNA, right=Right.HELPDESK),
    DeactivateWorker(worker=ANNA),
    ReactivateWorker(worker=ANNA),
    PlanAbsence(worker=BORIS, since=LEAVES, until=RETURNS, substitute=ANNA),
    EndAbsence(worker=BORIS, absence=LEAVE),
    FormTeam(name="Hotline"),
    RenameTeam(team=HOTLINE, name="Helpdesk"),
    AddTeamMember(team=HOTLINE, worker=ANNA),
    RemoveTeamMember(team=HOTLINE, worker=ANNA),
    NameTeamLeader(team=HOTLINE, worker=ANNA),
    DisbandTeam(team=HOTLINE),
    OpenArea(name="Workshop"),
    GiveAreaRole(area=WORKSHOP, holder=worker_holder(ANNA), role=Role.MEMBER),
    TakeAreaRole(area=WORKSHOP, holder=worker_holder(ANNA), role=Role.MEMBER),
    RenameArea(area=WORKSHOP, name="Repairs"),
    NameAreaHead(area=WORKSHOP, worker=BORIS),
    MoveArea(area=WORKSHOP, parent=OFFICE_FLOOR),
    CloseArea(area=OFFICE_FLOOR),
    ReopenArea(area=OFFICE_FLOOR),
    OpenDirectory(name="Customers"),
    RenameDirectory(directory=CUSTOMERS, name="Clients"),
    CloseDirectory(directory=CUSTOMERS),
    ReopenDirectory(directory=CUSTOMERS),
    SetDirectoryRight(directory=CUSTOMERS, holder=team_holder(HOTLINE), level=Level.EDIT),
    OpenContact(directory=CUSTOMERS, kind=ContactKind.COMPANY, name="Old Mill", reference="C 17/4"),
    RenameContact(contact=MILL, name="New Mill"),
    MoveContact(contact=MILL, directory=SUPPLIERS),
    SetContactContract(contact=MILL, incident_type=DEFECT, contract=GOLD),
    SetContactNumbers(contact=MILL, company_number="27082440", vat_number="CZ27082440"),
    ClassifyContact(contact=MILL, life_cycle="customer", salutation="Dear miller"),
    SetContactResponsible(contact=MILL, responsible=team_holder(HOTLINE)),
    AttachPriceListToContact(contact=MILL, price_list=TRADE),
    DetachPriceListFromContact(contact=MILL, price_list=TRADE),
    AddAddress(contact=MILL, kind=AddressKind.EMAIL, use=AddressUse.BILLING, typed="Office@Mill.example"),
    ChangeAddress(contact=MILL, address=DOOR, typed="Desk@Mill.example"),
    RemoveAddress(contact=MILL, address=DOOR),
    NoteOnContact(contact=MILL, text="Closed in August.\nRing twice."),
    RemoveContactNote(contact=MILL, note=MEMO),
    AttachFile(contact=MILL, file=PLAN, name="The yard.pdf", media_type="application/pdf"),
    RemoveFile(contact=MILL, file=PLAN),
    EmployContact(contact=MILLER, employer=MILL),
    SetContactPart(contact=MILL_SHOP, whole=MILL),
    RelateContact(contact=MILL, relation="supplier", other=BAKERY),
    UnrelateContact(contact=MILL, relation="supplier", other=BAKERY),
    MergeContact(contact=BAKERY, survivor=MILL),
    SeparateContact(contact=BAKERY),
    RestrictContact(contact=MILL, ground=LAWSUIT),
    LiftRestriction(contact=MILL),
    PutBookmark(worker=ANNA, contact=MILL),
    ClearBookmark(worker=ANNA, contact=MILL),
    JoinGroup(contact=MILL, group=VIP),
    LeaveGroup(contact=MILL, group=VIP),
    FormGroup(directory=CUSTOMERS, name="VIP", rank=1),
    RenameGroup(group=VIP, name="Very important"),
    RankGroup(group=VIP, rank=2),
    SetGroupContract(group=VIP, contract=SILVER),
    MoveGroup(group=VIP, directory=SUPPLIERS),
    CloseGroup(group=VIP),
    ReopenGroup(group=VIP),
    SetGroupResponsible(group=VIP, process_area=INVOICING, person=ANNA, team=HOTLINE, area=WORKSHOP),
    AttachPriceListToGroup(group=VIP, price_list=TRADE),
    DetachPriceListFromGroup(group=VIP, price_list=TRADE),
    SetDefaultArea(area=WORKSHOP),
    SetDefaultContract(contract=SILVER),
    ListSeverities(severities=(GRAVE, SLIGHT)),
    SetHelpdeskResponsible(responsible=ANNA),
    SetHelpdeskProcessArea(process_area=REPAIRS),
    SetPlace(zone="Europe/Kyiv", country="UA"),
    ListLifeCycles(entries=("lead", "customer")),
    ListSalutations(entries=("Dear miller", "Dear baker")),
    ListRelations(entries=("supplier", "neighbour")),
    SetFormRule(reopens=AfterClosing.REOPEN),
    SetClosingRule(after_seconds=5 * 8 * 3_600, calendar=OFFICE),
    ListUnits(entries=(KILO, SACK)),
    SetBaseList(price_list=TRADE),
    ListErasureReasons(entries=(THEIR_WISH, "consent withdrawn")),
    ListHoldGrounds(entries=(LAWSUIT, "tax")),
    SetProofRetention(days=1_095),
    ListProcessArea(name="Invoicing"),
    RenameProcessArea(process_area=INVOICING, name="Invoices"),
    RetireProcessArea(process_area=INVOICING),
    SetProcessAreaResponsible(process_area=INVOICING, responsible=team_holder(HOTLINE)),
    CheckResponsibilities(),
    ListProduct(number="F-25/1", name="Flour", unit=KILO),
    RenameProduct(product=FLOUR, name="Wheat flour"),
    RetireProduct(product=FLOUR),
    RestoreProduct(product=BRAN),
    OpenPriceList(name="Trade", priority=5, currency="EUR", days=THIS_YEAR),
    RenamePriceList(price_list=TRADE, name="Bakers"),
    RankPriceList(price_list=TRADE, priority=20),
    SetPriceListDays(price_list=TRADE, days=THIS_YEAR),
    PutPrice(price_list=RETAIL, product=FLOUR, price=BY_TEN),
    WithdrawPrice(price_list=RETAIL, product=FLOUR, unit=KILO),
    ReplacePrices(price_list=RETAIL, product=FLOUR, prices=(BY_TEN, BY_SACK)),
    DraftOrder(customer=MILL, currency="EUR", lines=(Given(product=FLOUR, quantity=Decimal("20.5")),)),
    EnterOrder(
        customer=MILL, currency="EUR", reference="PO 2024/7", lines=(Given(product=FLOUR, quantity=Decimal(2)),)
    ),
    SetOrderLine(order=CART, number=1, line=Given(product=FLOUR, quantity=Decimal(3), unit=SACK)),
    RemoveOrderLine(order=CART, number=2),
    OfferOrder(order=CART),
    PlaceOrder(order=CART),
    ConfirmOrder(order=CART),
    RepriceOrder(order=CART),
    SettleOrder(order=CART),
    CancelOrder(order=CART),
    DefineCalendar(name="Office", hours=OFFICE_HOURS),
    ReviseCalendar(calendar=OFFICE, hours=SUMMER_HOURS),
    RenameCalendar(calendar=OFFICE, name="Summer"),
    AddHolidays(calendar=OFFICE, holidays=(date(2024, 8, 26), date(2024, 12, 25))),
    RemoveHolidays(calendar=OFFICE, holidays=(date(2024, 8, 26),)),
    ConcludeContract(name="Gold", terms=GOLD_TERMS),
    ReviseContract(contract=GOLD, terms=SILVER_TERMS),
    ListIncidentType(name="Defect"),
    RetireIncidentType(incident_type=DEFECT),
    SetIncidentTypeContract(incident_type=DEFECT, contract=GOLD),
    OpenGateway(name="Support", process_area=INVOICING),
    RenameGateway(gateway=SUPPORT, name="Helpdesk form"),
    SetGatewayProcessArea(gateway=SUPPORT, process_area=REPAIRS),
    SetGatewayResponsible(gateway=SUPPORT, responsible=team_holder(HOTLINE)),
    CloseGateway(gateway=SUPPORT),
    ReopenGateway(gateway=SUPPORT),
    OpenTicket(
        customer=MILL,
        incident_type=DEFECT,
        area=WORKSHOP,
        title="The pump stands still",
        description="Since this morning.\nIt hums, but nothing moves.",
        product="P-3 / 200",
        reference="4711",
    ),
    ChangeTicketContract(ticket=PUMP, contract=SILVER, reason="Agreed by telephone"),
    AssessTicket(ticket=PUMP, severity=GRAVE),
    WithdrawAssessment(ticket=PUMP),
    RetypeTicket(ticket=PUMP, incident_type=DEFECT),
    SetTicketCustomer(ticket=PUMP, reporter=MILLER, customer=MILL),
    AssignTicket(ticket=PUMP, assignee=BORIS),
    RouteTicket(ticket=PUMP),
    RouteTicketAgain(ticket=PUMP),
    TakeTicket(ticket=PUMP),
    ClaimTicket(ticket=PUMP),
    HandOverTicket(ticket=PUMP, to=team_holder(HOTLINE), note="They know the pump"),
    GiveTicketBack(ticket=PUMP),
    HoldTicket(ticket=PUMP),
    ResumeTicket(ticket=PUMP),
    LogCall(ticket=PUMP, answered=True, note="Will send a picture"),
    LogMessage(ticket=PUMP, direction=Direction.INCOMING, way=Way.EMAIL, text="It stands still again.\nPlease call."),
    NoteOnTicket(ticket=PUMP, text="Probably the seal"),
    ResolveTicket(ticket=PUMP),
    CloseTicket(ticket=PUMP, reason="duplicate"),
    ReopenTicket(ticket=PUMP),
    LinkTicket(ticket=PUMP, kind=LinkKind.CONTACT, thing=MILL),
    UnlinkTicket(ticket=PUMP, kind=LinkKind.CONTACT, thing=MILL),
    MergeTicket(ticket=PUMP, survivor=BELT),
    SeparateTicket(ticket=PUMP),
    SplitTicket(origin=PUMP, title="The hose leaks", description="At the joint."),
    RejoinTicket(ticket=PUMP),
    EscalateTicket(ticket=PUMP, target=Target.FIRST_RESPONSE, assignment=2, percent=50, due=TEN),
    StateMisses(ticket=PUMP, due=TEN),
    CloseUnanswered(ticket=PUMP, due=TEN),
    WriteNotice(recipient=ANNA, ticket=PUMP, occasion=Occasion.ASSIGNED, doer=BORIS),
    ReadNotice(notice=BELL),
    ConfirmDelivery(notice=BELL),
    ReportFailure(notice=BELL, reason=Undelivered.RECIPIENT_REFUSED, status=550),
    PlaceHold(person=THE_MILL, ground=LAWSUIT, until=datetime(2031, 1, 1, tzinfo=UTC)),
    LiftHold(person=THE_MILL, ground=LAWSUIT),
    RequestErasure(person=THE_MILL, reason=THEIR_WISH),
    RepeatErasure(
        person=THE_MILL,
        reason=THEIR_WISH,
        contacts=(MILL,),
        subjects=(MILL_SUBJECT,),
        proof_until=PROVEN_UNTIL,
        former=digest(RECEIPT),
    ),
    FenceErasure(person=THE_MILL),
    RecordDestroyedKeys(person=THE_MILL, keys=DESTROYED_KEYS, inert_at=INERT_AT),
    RecordPurge(person=THE_MILL, destroyed=DESTROYED, kept=KEPT, purged=PURGED),
    RecordAcknowledgements(person=THE_MILL, processes=PROCESSES, projections=PROJECTIONS),
    TellErasure(person=THE_MILL),
    EndProof(person=THE_MILL),
    IssueReceipt(receipt=RECEIPT, signature=SIGNATURE, signer=SIGNER),
)

EVENT: Mapping[str, Event] = {event.topic: event for event in EVENTS}
"""The example of each fact, by its wire name."""

REQUEST: Mapping[str, Command] = {command.topic: command for command in REQUESTS}
"""The example of each request, by its wire name."""
