"""What analysts are shown of products, prices and orders."""

from __future__ import annotations

from domain.pricing.order import Stage
from domain.staff.worker import Right
from projections.access import ACCESS
from projections.analysis.view import DAY, DECIMAL, FLAG, INSTANT, NUMBER, WORD, Shown, View
from projections.clients.group_members import MEMBERSHIPS
from projections.company.responsible import RESPONSIBLE
from projections.pricing.order_overview import COUNTED
from projections.pricing.orders import ORDERED
from projections.pricing.price_list import BASE
from projections.pricing.price_lists import LISTED
from projections.pricing.prices import ASKED_FOR
from projections.pricing.products import ASSORTMENT
from projections.sight import holds, open_directory

ORDERS_SEEN = f"""
    FROM orders o JOIN my_contacts k ON k.contact = o.customer
    WHERE (NOT o.is_offer OR {holds(Right.SALES)})"""

VIEWS = (
    View(
        name="products",
        about="What is sold, or was.",
        key=("product",),
        columns=(
            Shown("product", WORD, "The product.", "p.product"),
            Shown("number", WORD, "Its number in the company.", "p.number"),
            Shown("name", WORD, "What it is called.", "p.name"),
            Shown("unit", WORD, "In what it is counted.", "p.unit"),
            Shown("retired", FLAG, "Whether it is sold no longer.", "p.retired"),
        ),
        rows="FROM products p WHERE true",
        rests_on=(ASSORTMENT,),
        rights=(Right.BASIC, Right.SALES),
    ),
    View(
        name="price_lists",
        about="All price lists.",
        key=("price_list",),
        columns=(
            Shown("price_list", WORD, "The list.", "pl.price_list"),
            Shown("name", WORD, "What it is called.", "pl.name"),
            Shown("priority", NUMBER, "Smaller is tried first.", "pl.priority"),
            Shown("currency", WORD, "In which currency it asks.", "pl.currency"),
            Shown("first", DAY, "Its first day; empty for ever before.", "pl.first"),
            Shown("last", DAY, "Its last day; empty for ever after.", "pl.last"),
            Shown("base", FLAG, "Whether it is what is asked where nothing else is.", BASE),
        ),
        rows="FROM price_lists pl WHERE true",
        rests_on=(LISTED, RESPONSIBLE),
        rights=(Right.SALES,),
    ),
    View(
        name="price_list_holders",
        about="Which groups and contacts have a list, or had it, as far as they are open: [attached, detached).",
        key=("kind", "thing", "price_list", "attached_at"),
        columns=(
            Shown("kind", WORD, "A group, or a contact.", "h.kind"),
            Shown("thing", WORD, "Which.", "h.thing"),
            Shown("price_list", WORD, "The list.", "h.price_list"),
            Shown("attached_at", INSTANT, "From when on.", "h.attached_at"),
            Shown("detached_at", INSTANT, "Until when; empty while it has it.", "h.detached_at"),
        ),
        rows=f"""
            FROM price_list_holders h
            LEFT JOIN groups g ON h.kind = 'group' AND g.group_id = h.thing AND {open_directory("g.directory")}
            LEFT JOIN my_contacts k ON h.kind = 'contact' AND k.contact = h.thing
            WHERE coalesce(g.group_id, k.contact) IS NOT NULL""",
        rests_on=(ACCESS, LISTED, MEMBERSHIPS),
        rights=(Right.SALES,),
    ),
    View(
        name="prices",
        about="What every list asks for every product.",
        key=("price_list", "product", "spot"),
        columns=(
            Shown("price_list", WORD, "The list.", "p.price_list"),
            Shown("product", WORD, "The product.", "p.product"),
            Shown("spot", WORD, "Unit, lower limit and first day as one word.", "p.spot"),
            Shown("unit", WORD, "In what is counted.", "p.unit"),
            Shown("above", DECIMAL, "For quantities above this.", "p.above"),
            Shown("up_to", DECIMAL, "Up to this, and this among them.", "p.up_to"),
            Shown("first", DAY, "From this day on.", "p.first"),
            Shown("last", DAY, "Up to this day.", "p.last"),
            Shown("amount", DECIMAL, "So much is asked, in the currency of the list.", "p.amount"),
            Shown("per", NUMBER, "For so many units.", "p.per"),
        ),
        rows="FROM prices p WHERE true",
        rests_on=(ASKED_FOR,),
        rights=(Right.SALES,),
    ),
    View(
        name="orders",
        about="Orders of contacts that are open to the analyst; offers to whoever sells.",
        key=("order_id",),
        columns=(
            Shown("order_id", WORD, "The order.", "o.order_id"),
            Shown("customer", WORD, "Whose it is.", "o.customer"),
            Shown("currency", WORD, "In which currency.", "o.currency"),
            Shown("reference", WORD, "Its number.", "o.reference"),
            Shown("stage", WORD, "How far it is.", "o.stage"),
            Shown("counted", FLAG, "Whether it counts as ordered in the overview of orders.", f"({COUNTED})"),
            *(
                Shown(f"{step}_at", INSTANT, f"When it became {step}.", f"o.{step}_at")
                for step in (Stage.OFFERED, Stage.PLACED, Stage.CONFIRMED, Stage.SETTLED, Stage.CANCELLED)
            ),
            Shown("draft_at", INSTANT, "When it was begun.", "o.draft_at"),
            Shown("placed_on", DAY, "The day of the placing where the company is.", "o.placed_on"),
            Shown("line_count", NUMBER, "How many lines it has.", "o.line_count"),
            Shown("total", DECIMAL, "What it comes to, if every line has a price.", "o.total"),
        ),
        rows=ORDERS_SEEN,
        rests_on=(ACCESS, ORDERED),
        rights=(Right.BASIC,),
    ),
    View(
        name="order_lines",
        about="The lines of these orders.",
        key=("order_id", "number"),
        columns=(
            Shown("order_id", WORD, "The order.", "l.order_id"),
            Shown("number", NUMBER, "Which line.", "l.number::bigint"),
            Shown("product", WORD, "What.", "l.product"),
            Shown("quantity", DECIMAL, "How much.", "l.quantity"),
            Shown("unit", WORD, "Of what.", "l.unit"),
            Shown("amount", DECIMAL, "What is asked; empty where there is no price, or none yet.", "l.amount"),
            Shown("per", NUMBER, "For so many units.", "l.per"),
            Shown("net", DECIMAL, "What the line comes to, without taxes.", "l.net"),
            Shown(
                "price_list",
                WORD,
                "Which list asks that, for whoever sells.",
                f"CASE WHEN {holds(Right.SALES)} THEN l.price_list END",
            ),
        ),
        rows=ORDERS_SEEN.replace("WHERE", "JOIN order_lines l ON l.order_id = o.order_id WHERE", 1),
        rests_on=(ACCESS, ORDERED),
        rights=(Right.BASIC,),
    ),
)
