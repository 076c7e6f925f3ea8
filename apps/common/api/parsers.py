"""How bodies are read."""

import json

from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser


class TextParser(JSONParser):
    """JSON of nothing but text: half a surrogate pair (``"\\ud800"``) can neither be stored nor answered.

    Raises ``ParseError``, also for a body that is nested too deep to be read.
    """

    def parse(self, stream, media_type=None, parser_context=None):
        try:
            found = super().parse(stream, media_type=media_type, parser_context=parser_context)
            json.dumps(found, ensure_ascii=False).encode()
        except (UnicodeEncodeError, RecursionError) as error:
            raise ParseError() from error
        return found
