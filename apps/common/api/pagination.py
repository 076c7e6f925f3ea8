from rest_framework.pagination import CursorPagination


class KeysetPagination(CursorPagination):
    """Pages by position in an index, so that page 1,000 costs what page 1 costs.

    Views name an immutable, indexed ``ordering``; ``?page_size=`` goes up to 200.
    """

    page_size = 50
    max_page_size = 200
    page_size_query_param = "page_size"
    ordering: str | tuple[str, ...] = "-pk"
