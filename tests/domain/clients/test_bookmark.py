"""A mark is set once, cleared once, and there is a bounded number of them."""

from specification import Having, folded, having

from domain.clients.bookmark import (
    BOOKMARK,
    MOST_BOOKMARKS,
    BookmarkCleared,
    Bookmarks,
    BookmarkSet,
    TooManyBookmarks,
    clear,
    set,
)
from domain.values import ContactId
from examples import BAKERY, MILL

MARKED = BookmarkSet(contact=MILL)


def many(number: int) -> Having[Bookmarks]:
    return Having(Bookmarks(frozenset(ContactId(f"c{n}") for n in range(number))))


def test_a_mark_is_set_once_and_cleared_once() -> None:
    having(BOOKMARK).deciding(set, MILL).then(MARKED)
    having(BOOKMARK, MARKED).deciding(set, MILL).then()
    having(BOOKMARK, MARKED).deciding(clear, (MILL,)).then(BookmarkCleared(contact=MILL))
    having(BOOKMARK).deciding(clear, (MILL,)).then()


def test_the_marks_at_all_that_counts_as_one_are_cleared_together() -> None:
    both = (MARKED, BookmarkSet(contact=BAKERY))
    cleared = (BookmarkCleared(contact=MILL), BookmarkCleared(contact=BAKERY))
    having(BOOKMARK, *both).deciding(clear, (MILL, BAKERY)).then(*cleared)
    having(BOOKMARK, *both).deciding(clear, (BAKERY,)).then(cleared[1])
    assert folded(BOOKMARK, *both, cleared[1]).contacts == {MILL}


def test_a_worker_has_five_hundred_at_most() -> None:
    many(MOST_BOOKMARKS - 1).deciding(set, MILL).then(MARKED)
    many(MOST_BOOKMARKS).deciding(set, MILL).refused(TooManyBookmarks)
    many(MOST_BOOKMARKS).deciding(set, ContactId("c7")).then()
